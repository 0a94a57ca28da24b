"""Objects as files below one directory.

Every path is opened relative to the root and below it (`zc_open_beneath`), so that no key and
no symbolic link can lead out. An object is written to a temporary file in the directory where
it will stand and renamed, so that a reader sees the old bytes or the new ones. Reads use
``pread``; mapping is for those who ask for it, because a file that another program cuts short
kills a process that has it mapped.
"""

from libc.errno cimport (
    EEXIST, EINTR, EIO, EISDIR, ELOOP, ENAMETOOLONG, ENOENT, ENOTDIR, EXDEV, errno,
)
from libc.stdint cimport int64_t, uint8_t, uint64_t
from libc.stdio cimport snprintf
from libc.string cimport memcpy, memset, strchr, strlen, strncmp, strrchr

from zarr_c._native._locks cimport directory_identity
from zarr_c._native._pool cimport pool_check
from zarr_c._native._posix cimport (
    pread, zc_fetch_add, zc_load, zc_open_beneath, zc_rename_exclusive, zc_store_release,
    zc_sync_all,
)
from zarr_c._native._status cimport (
    ZC_ABSENT, ZC_CORRUPT, ZC_EXISTS, ZC_OK, ZC_UNSAFE_KEY, raise_status, zc_error,
    zc_error_clear, zc_error_key, zc_fail, zc_fail_os, zc_status,
)
from zarr_c.storage._durable cimport (
    DurableNames, forget_name, make_root, sync_fd, sync_names, sync_path,
)
from zarr_c.storage._store cimport NativeStore, zc_object, zc_session, zc_store

import os

from zarr_c.storage.keys import TEMPORARY_PREFIX

cdef extern from "native.h" nogil:
    """
    #include <stdio.h>
    #include <stdlib.h>
    #include <sys/mman.h>
    #include <limits.h>
    #ifndef O_PATH
    #define O_PATH O_RDONLY
    #endif
    """
    int linkat(int olddir, const char *old, int newdir, const char *new_, int flags)
    struct stat_t "stat":
        int st_mode
        int64_t st_size
    int c_open "open" (const char *path, int flags, ...)
    int c_close "close" (int fd)
    int fstat(int fd, stat_t *info)
    uint64_t zc_file_version(const stat_t *info)
    int S_ISDIR(int mode)
    int S_ISREG(int mode)
    ssize_t c_write "write" (int fd, const void *data, size_t n)
    int mkdirat(int dirfd, const char *path, int mode)
    int renameat(int olddir, const char *old, int newdir, const char *new)
    int unlinkat(int dirfd, const char *path, int flags)
    char *realpath(const char *path, char *resolved)
    ssize_t readlinkat(int dirfd, const char *path, char *target, size_t n)
    void *mmap(void *addr, size_t n, int prot, int flags, int fd, int64_t offset)
    int munmap(void *addr, size_t n)
    void *MAP_FAILED
    int O_RDONLY, O_WRONLY, O_CREAT, O_EXCL, O_DIRECTORY, O_CLOEXEC, O_NONBLOCK, O_PATH
    int PROT_READ, MAP_SHARED
    int PATH_MAX

cdef enum:
    NAME = 4352      # PATH_MAX and a temporary name
    PAGE = 65536     # windows start at a multiple of the largest page size in use
    PIECE = 64 << 20  # read or written between two looks for signals
    # Mapping a file costs about what reading 64 KiB does, so smaller objects are read.
    MAP_LEAST = 65536

# Listings leave these names out; a key may not use one.
cdef bytes _prefix = TEMPORARY_PREFIX.encode()
cdef const char *TEMPORARY = _prefix
cdef int64_t serial = 0
cdef uint64_t TOKEN = int.from_bytes(os.urandom(8), "little")   # of this process, among hosts

cdef enum Durability:
    NONE, COMMIT, WRITE

cdef struct Local:
    char *root
    int durability
    size_t map_size   # 0: never map
    uint64_t token    # makes temporary names differ between hosts
    int64_t identity    # of the root, where it really is; 0 until something is written
    DurableNames names   # where `durability` is WRITE


cdef zc_status root_error(
    const char *what, const Local *local, int error, zc_error *err
) noexcept nogil:
    zc_fail_os(err, what, error)
    zc_error_key(err, local.root)
    return err.code


cdef zc_status begin(
    zc_store *store, zc_session *session, bint writing, zc_error *err
) noexcept nogil:
    cdef Local *local = <Local *>store.state
    cdef char path[NAME]
    cdef int failed
    session.store = store
    session.dirfd = c_open(local.root, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    if session.dirfd < 0 and errno == ENOENT and writing:
        failed = make_root(local.root, local.durability == WRITE)
        session.dirfd = c_open(local.root, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        if session.dirfd < 0 and failed:
            return root_error("cannot make the root of the store", local, failed, err)
    if session.dirfd < 0:
        if errno == ENOENT and not writing:
            session.identity = 0
            return ZC_OK
        return root_error("cannot open the root of the store", local, errno, err)
    session.identity = <uint64_t>zc_load(&local.identity)
    if writing and session.identity == 0:   # only writers lock
        if realpath(local.root, path) == NULL:
            root_error("cannot resolve the root of the store", local, errno, err)
            c_close(session.dirfd)
            session.dirfd = -1
            return err.code
        session.identity = directory_identity(path)
        zc_store_release(&local.identity, <int64_t>session.identity)
    return ZC_OK


cdef zc_status end(zc_session *session, bint writing, zc_error *err) noexcept nogil:
    cdef zc_status status = ZC_OK
    if session.dirfd >= 0:
        if writing and (<Local *>session.store.state).durability == COMMIT:
            if zc_sync_all(session.dirfd) != 0:
                status = root_error(
                    "cannot make the writes durable", <Local *>session.store.state, errno, err
                )
        c_close(session.dirfd)
        session.dirfd = -1
    return status


cdef zc_status path_error(const char *what, zc_error *err) noexcept nogil:
    if errno == EXDEV or errno == ELOOP:
        return zc_fail(err, ZC_UNSAFE_KEY, "the path leads out of its store", -1, -1)
    return zc_fail_os(err, what, errno)


cdef zc_status open_object(
    zc_session *session, const char *key, zc_object *obj, zc_error *err
) noexcept nogil:
    cdef stat_t info
    cdef char target
    if session.dirfd < 0:
        return ZC_ABSENT
    # O_NONBLOCK: a named pipe in the place of an object must not block.
    obj.fd = zc_open_beneath(session.dirfd, key, O_RDONLY | O_NONBLOCK, 0)
    if obj.fd < 0:
        if errno == ENOENT or errno == ENOTDIR or errno == ENAMETOOLONG:
            if readlinkat(session.dirfd, key, &target, 1) >= 0:
                return zc_fail(err, ZC_CORRUPT, "a symbolic link that leads nowhere", -1, -1)
            return ZC_ABSENT
        return path_error("cannot open", err)
    if fstat(obj.fd, &info) != 0:
        zc_fail_os(err, "cannot stat", errno)
        c_close(obj.fd)
        return err.code
    if S_ISDIR(info.st_mode):
        c_close(obj.fd)
        return zc_fail_os(err, "cannot open", EISDIR)
    if not S_ISREG(info.st_mode):
        c_close(obj.fd)
        return zc_fail(err, ZC_CORRUPT, "not a regular file", -1, -1)
    obj.size = info.st_size
    obj.version = zc_file_version(&info)
    obj.data = NULL
    return ZC_OK


cdef const uint8_t *view(
    zc_session *session, zc_object *obj, size_t offset, size_t n
) noexcept nogil:
    cdef size_t window = (<Local *>session.store.state).map_size
    cdef size_t start, length
    cdef void *address
    if window == 0 or obj.size < <size_t>MAP_LEAST or offset + n > obj.size:
        return NULL
    if obj.data != NULL:
        if offset >= obj.data_offset and offset + n <= obj.data_offset + obj.data_size:
            return obj.data + (offset - obj.data_offset)
        munmap(<void *>obj.data, obj.data_size)
        obj.data = NULL
    start = offset // <size_t>PAGE * <size_t>PAGE
    length = min(max(window, <size_t>PAGE), obj.size - start)
    if offset + n > start + length:
        return NULL
    address = mmap(NULL, length, PROT_READ, MAP_SHARED, obj.fd, start)
    if address == MAP_FAILED:
        return NULL
    obj.data, obj.data_offset, obj.data_size = <const uint8_t *>address, start, length
    return obj.data + (offset - start)


cdef zc_status read(
    zc_object *obj, size_t offset, void *dst, size_t n, zc_error *err
) noexcept nogil:
    cdef ssize_t got
    cdef size_t done = 0
    while done < n:
        got = pread(obj.fd, <char *>dst + done, min(n - done, <size_t>PIECE), offset + done)
        if got < 0:
            if errno == EINTR:
                continue
            return zc_fail_os(err, "cannot read", errno)
        if got == 0:
            return zc_fail(err, ZC_CORRUPT, "the file ends too early",
                           offset + n, offset + done)
        done += got
        if done < n and pool_check(err) != ZC_OK:
            return err.code
    return ZC_OK


cdef void close_object(zc_object *obj) noexcept nogil:
    if obj.data != NULL:
        munmap(<void *>obj.data, obj.data_size)
    c_close(obj.fd)


cdef const char *base_name(const char *key) noexcept nogil:
    cdef const char *slash = strrchr(key, b"/")
    return key if slash == NULL else slash + 1


cdef bint has_temporary(const char *key) noexcept nogil:
    """Whether any name in a key is one of temporary files."""
    cdef size_t n = strlen(TEMPORARY)
    while strncmp(key, TEMPORARY, n) != 0:
        key = strchr(key, b"/")
        if key == NULL:
            return False
        key += 1
    return True


cdef zc_status make_parents(zc_session *session, const char *key, zc_error *err) noexcept nogil:
    """Make the directories of a key, each below the root."""
    cdef Local *local = <Local *>session.store.state
    cdef char path[NAME]
    cdef char *slash
    cdef int fd
    cdef size_t n = strlen(key)
    memcpy(path, key, n + 1)
    slash = strchr(path, b"/")
    while slash != NULL:
        slash[0] = 0
        fd = zc_open_beneath(session.dirfd, path, O_PATH | O_DIRECTORY, 0)
        if fd >= 0:
            c_close(fd)
        elif errno != ENOENT:
            return path_error("cannot enter a directory", err)
        elif mkdirat(session.dirfd, path, 0o777) == 0:
            forget_name(&local.names, key, slash - path + 1)
        elif errno != EEXIST:
            return zc_fail_os(err, "cannot make a directory", errno)
        slash[0] = b"/"
        slash = strchr(slash + 1, b"/")
    return ZC_OK


cdef int open_temporary(
    zc_session *session, const char *key, char *path, zc_error *err
) noexcept nogil:
    """Open a new temporary file beside a key; its path goes to `path`. -1 with `err` set."""
    cdef Local *local = <Local *>session.store.state
    cdef int directory = <int>(base_name(key) - key)
    cdef bint made = False
    cdef int fd
    while True:
        snprintf(path, NAME, "%.*s%s%016llx-%lld", directory, key, TEMPORARY,
                 <unsigned long long>local.token, <long long>zc_fetch_add(&serial, 1))
        fd = zc_open_beneath(session.dirfd, path, O_WRONLY | O_CREAT | O_EXCL, 0o666)
        if fd >= 0:
            return fd
        if errno == ENOENT and not made:
            made = True
            if make_parents(session, key, err) != ZC_OK:
                return -1
        elif errno != EEXIST:
            path_error("cannot create", err)
            return -1


cdef zc_status write_all(int fd, const uint8_t *data, size_t n, zc_error *err) noexcept nogil:
    cdef ssize_t wrote
    while n > 0:
        wrote = c_write(fd, data, min(n, <size_t>PIECE))
        if wrote <= 0:
            if wrote < 0 and errno == EINTR:
                continue
            return zc_fail_os(err, "cannot write", errno if wrote < 0 else EIO)
        data += wrote
        n -= wrote
        if n > 0 and pool_check(err) != ZC_OK:
            return err.code
    return ZC_OK


cdef zc_status into_place(
    zc_session *session, const char *path, const char *key, bint exclusive, zc_error *err
) noexcept nogil:
    """Give a temporary file its name, which replaces what has it unless `exclusive`."""
    cdef zc_status status
    if not exclusive:
        if (<Local *>session.store.state).durability == COMMIT:
            if zc_rename_exclusive(session.dirfd, path, key) == 0:
                return ZC_OK
            # The end of the call is too late for what replaces an object that is durable.
            status = sync_path(session.dirfd, path, 0, err)
            if status != ZC_OK:
                return status
        if renameat(session.dirfd, path, session.dirfd, key) != 0:
            return zc_fail_os(err, "cannot rename into place", errno)
        return ZC_OK
    # A link is exclusive on network file systems too; some others have none.
    if linkat(session.dirfd, path, session.dirfd, key, 0) == 0:
        unlinkat(session.dirfd, path, 0)
        return ZC_OK
    if errno != EEXIST and zc_rename_exclusive(session.dirfd, path, key) == 0:
        return ZC_OK
    return ZC_EXISTS if errno == EEXIST else zc_fail_os(err, "cannot link into place", errno)


cdef zc_status put(
    zc_session *session, const char *key, const uint8_t *data, size_t n, bint exclusive,
    zc_error *err,
) noexcept nogil:
    cdef Local *local = <Local *>session.store.state
    cdef bint durable = local.durability == WRITE
    cdef char path[NAME]
    cdef zc_status status
    cdef int fd
    if strlen(key) >= <size_t>PATH_MAX:
        return zc_fail_os(err, "cannot create", ENAMETOOLONG)
    if has_temporary(key):
        return zc_fail(err, ZC_UNSAFE_KEY, "the name is one of temporary files", -1, -1)
    fd = open_temporary(session, key, path, err)
    if fd < 0:
        return err.code
    status = write_all(fd, data, n, err)
    if status == ZC_OK and durable and sync_fd(fd) != 0:
        status = zc_fail_os(err, "cannot sync", errno)
    # Network file systems report a failed write here.
    if c_close(fd) != 0 and status == ZC_OK:
        status = zc_fail_os(err, "cannot close", errno)
    if status == ZC_OK:
        status = into_place(session, path, key, exclusive, err)
    if status != ZC_OK:
        unlinkat(session.dirfd, path, 0)
        return status
    if not durable:
        return ZC_OK
    return sync_names(&local.names, session.dirfd, key, base_name(key) - key, err)


cdef zc_status erase(zc_session *session, const char *key, zc_error *err) noexcept nogil:
    cdef char path[NAME]
    cdef int directory = <int>(base_name(key) - key)
    cdef int fd
    cdef zc_status status = ZC_OK
    if session.dirfd < 0 or strlen(key) >= <size_t>PATH_MAX:
        return ZC_ABSENT
    # The directory is opened first, because unlinkat alone would follow links out of the root.
    snprintf(path, NAME, "%.*s.", directory, key)
    fd = zc_open_beneath(session.dirfd, path, O_RDONLY | O_DIRECTORY, 0)
    if fd < 0:
        if errno == ENOENT or errno == ENOTDIR:
            return ZC_ABSENT
        return path_error("cannot enter", err)
    if unlinkat(fd, base_name(key), 0) != 0:
        status = ZC_ABSENT if errno == ENOENT else zc_fail_os(err, "cannot remove", errno)
    elif (<Local *>session.store.state).durability == WRITE and sync_fd(fd) != 0:
        status = zc_fail_os(err, "cannot sync a directory", errno)
    c_close(fd)
    return status


cdef class LocalFiles(NativeStore):
    """Files below `root`, as the workers see them.

    Parameters
    ----------
    root : str
        Absolute path of the directory; it need not exist until something is written.
    durability : {"none", "commit", "write"}
        When data is forced to disk: never; once at the end of each call; after each object.
    map_size : int
        Largest part of a file that is mapped at once, in bytes; 0 to never map.
    """
    cdef Local local
    cdef bytes root_bytes

    def __cinit__(self, root, durability="none", map_size=0):
        self.root_bytes = os.fsencode(root)
        self.local.root = self.root_bytes
        self.local.durability = {"none": NONE, "commit": COMMIT, "write": WRITE}[durability]
        self.local.map_size = map_size
        self.local.token = TOKEN
        self.table.state = &self.local
        self.table.begin, self.table.end = begin, end
        self.table.open, self.table.view = open_object, view
        self.table.read, self.table.close = read, close_object
        self.table.put, self.table.erase = put, erase

    def sync(self):
        """Force what was changed below the root to the disk, unless durability is "none"."""
        cdef zc_session session
        cdef zc_error err
        cdef zc_status status
        if self.local.durability == NONE:
            return
        memset(&self.local.names, 0, sizeof(DurableNames))   # directories may be gone
        zc_error_clear(&err)
        with nogil:
            status = begin(&self.table, &session, False, &err)
            if session.dirfd >= 0 and zc_sync_all(session.dirfd) != 0:
                status = root_error(
                    "cannot make the changes durable", &self.local, errno, &err
                )
            end(&session, False, &err)
        if status != ZC_OK:
            raise_status(&err)
