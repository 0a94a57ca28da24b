"""Names of files and directories that a power failure must not take away.

A file's `fsync` says nothing of its name, which is in its directory, nor a directory's of its
own (fsync(2)).
"""

from libc.errno cimport EEXIST, EINTR, ENAMETOOLONG, errno
from libc.stdio cimport snprintf
from libc.stdint cimport int64_t, uint8_t, uint64_t
from libc.string cimport memcpy, strchr, strlen, strrchr

from zarr_c._native._posix cimport zc_load, zc_open_beneath, zc_store_release
from zarr_c._native._status cimport ZC_OK, zc_error, zc_fail_os, zc_status

cdef extern from "native.h" nogil:
    int c_open "open" (const char *path, int flags, ...)
    int c_close "close" (int fd)
    int fsync(int fd)
    int mkdirat(int dirfd, const char *path, int mode)
    int O_RDONLY, O_DIRECTORY, O_CLOEXEC

cdef enum:
    NAME = 4352      # PATH_MAX and a temporary name


cdef int sync_fd(int fd) noexcept nogil:
    cdef int result = fsync(fd)
    while result != 0 and errno == EINTR:
        result = fsync(fd)
    return result


cdef zc_status sync_path(
    int dirfd, const char *path, int flags, zc_error *err
) noexcept nogil:
    """Force a file, or a directory's list of names, below `dirfd` to the disk."""
    cdef zc_status status = ZC_OK
    cdef int fd = zc_open_beneath(dirfd, path, O_RDONLY | flags, 0)
    if fd < 0:
        return zc_fail_os(err, "cannot open to sync", errno)
    if sync_fd(fd) != 0:
        status = zc_fail_os(err, "cannot sync", errno)
    c_close(fd)
    return status


cdef uint64_t path_hash(const char *path, size_t n) noexcept nogil:
    cdef uint64_t h = <uint64_t>0xcbf29ce484222325   # FNV-1a
    cdef size_t i
    for i in range(n):
        h = (h ^ <uint8_t>path[i]) * <uint64_t>0x100000001b3
    return h | 1


cdef void forget_name(DurableNames *names, const char *path, size_t n) noexcept nogil:
    """To be called when a directory was made."""
    cdef uint64_t h = path_hash(path, n)
    zc_store_release(<int64_t *>&names.hashes[h % DIRECTORIES], 0)


cdef size_t parent(const char *key, size_t n) noexcept nogil:
    """The length of the directory above one of `n` characters, both with their last slash."""
    n -= 1
    while n > 0 and key[n - 1] != b"/":
        n -= 1
    return n


cdef zc_status sync_names(
    DurableNames *names, int dirfd, const char *key, size_t directory, zc_error *err
) noexcept nogil:
    """Force the name of an object to the disk, and those of its directories.

    The first `directory` characters of the key name the directory. Whoever made it may not have
    forced its name to the disk yet, so a store does that itself for each directory that it
    writes into, and remembers that it did.
    """
    cdef char path[NAME]
    cdef size_t n = directory
    cdef uint64_t h
    cdef zc_status status
    while True:
        snprintf(path, NAME, "%.*s.", <int>n, key)
        status = sync_path(dirfd, path, O_DIRECTORY, err)
        if status != ZC_OK:
            return status
        h = path_hash(key, n)
        if n == 0 or zc_load(<int64_t *>&names.hashes[h % DIRECTORIES]) == <int64_t>h:
            break
        n = parent(key, n)
    while directory > n:
        h = path_hash(key, directory)
        zc_store_release(<int64_t *>&names.hashes[h % DIRECTORIES], <int64_t>h)
        directory = parent(key, directory)
    return ZC_OK


cdef int make_root(const char *root, bint durable) noexcept nogil:
    """Make a directory and those above it; the error of the last that was not to be made.

    The caller finds out whether the directory is there: the error may be of one above it that
    is there and may not be written to.
    """
    cdef int failed = 0
    cdef char path[NAME]
    cdef char *slash
    cdef size_t n = strlen(root)
    if n >= NAME:
        return ENAMETOOLONG
    memcpy(path, root, n + 1)
    slash = strchr(path + 1, b"/")
    while True:
        if slash != NULL:
            slash[0] = 0
        if mkdirat(-1, path, 0o777) != 0:   # the path is absolute
            failed = failed if errno == EEXIST else errno
        elif durable:
            sync_parent(path)
        if slash == NULL:
            return failed
        slash[0] = b"/"
        slash = strchr(slash + 1, b"/")


cdef void sync_parent(char *path) noexcept nogil:
    """Force the name of a directory that was made to the disk, where its parent can be read."""
    cdef char *slash = strrchr(path, b"/")
    cdef char after = slash[1]
    cdef int fd
    slash[1] = 0
    fd = c_open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    slash[1] = after
    if fd >= 0:
        sync_fd(fd)
        c_close(fd)
