"""Locks between processes: one writer at a time per stored object."""

from libc.stdint cimport int64_t

from zarr_c._native._posix cimport pthread_mutex_t
from zarr_c._native._status cimport zc_error, zc_status

cdef struct zc_file_locks:
    const char *root
    const char *name        # of the lock file, below the root
    const char *path        # the two, for errors
    int64_t fd              # -1 before the first lock of this process
    pthread_mutex_t opening
    zc_file_locks *next     # among all there are
    zc_file_locks *previous

cdef class FileLocks:
    cdef zc_file_locks c
    cdef bytes root, name, path
    cdef object __weakref__

# `key` is that of the object within its array. Both do nothing where `locks` is NULL.
cdef zc_status file_lock(zc_file_locks *locks, const char *key, zc_error *err) noexcept nogil
cdef void file_unlock(zc_file_locks *locks, const char *key) noexcept nogil
