"""What a power failure must not take away; see ``_durable.pyx``."""

from libc.stddef cimport size_t
from libc.stdint cimport uint64_t

from zarr_c._native._status cimport zc_error, zc_status

cdef enum:
    DIRECTORIES = 1024

# Hashes of the latest directories whose names, and those above, are on the disk.
cdef struct DurableNames:
    uint64_t hashes[DIRECTORIES]

cdef int sync_fd(int fd) noexcept nogil
cdef zc_status sync_path(int dirfd, const char *path, int flags, zc_error *err) noexcept nogil
cdef void forget_name(DurableNames *names, const char *path, size_t n) noexcept nogil
cdef zc_status sync_names(
    DurableNames *names, int dirfd, const char *key, size_t directory, zc_error *err
) noexcept nogil
cdef int make_root(const char *root, bint durable) noexcept nogil
