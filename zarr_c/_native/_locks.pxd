"""Striped locks: one writer at a time per stored object."""

from libc.stdint cimport uint64_t

from zarr_c._native._posix cimport pthread_mutex_t
from zarr_c._native._status cimport zc_error, zc_status

cdef uint64_t object_hash(uint64_t seed, const char *key) noexcept nogil
cdef uint64_t directory_identity(const char *path) noexcept nogil
cdef zc_status object_lock(uint64_t hashed, zc_error *err) noexcept nogil
cdef void object_unlock(uint64_t hashed) noexcept nogil
cdef zc_status lock_mutex(pthread_mutex_t *mutex, zc_error *err) noexcept nogil
cdef void init_recursive(pthread_mutex_t *mutexes, int count) noexcept nogil
cdef uint64_t object_stamp(uint64_t hashed) noexcept nogil
