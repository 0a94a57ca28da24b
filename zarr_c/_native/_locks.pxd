"""Striped locks: one writer at a time per stored object."""

from libc.stdint cimport uint64_t

from zarr_c._native._posix cimport pthread_mutex_t

cdef uint64_t object_hash(uint64_t seed, const char *key) noexcept nogil
cdef uint64_t directory_identity(const char *path) noexcept nogil
cdef void object_lock(uint64_t hashed) noexcept nogil
cdef void object_unlock(uint64_t hashed) noexcept nogil
cdef void init_recursive(pthread_mutex_t *mutexes, int count) noexcept nogil
cdef uint64_t object_stamp(uint64_t hashed) noexcept nogil
