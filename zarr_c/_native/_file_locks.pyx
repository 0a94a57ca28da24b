"""Locks between processes: one writer at a time per stored object, where one asks for it.

The lock of an object is a byte of an empty file, locked for the open file description
(fcntl(2), "Open file description locks"): the system takes it back when its process ends,
however it ends. Two objects may share a byte; that costs a wait and never a lost update. The
threads of a process share the open file, which so keeps none of them apart: each byte has a
mutex besides.
"""

from libc.errno cimport EACCES, EAGAIN, EINTR, EINVAL, ENOLCK, ENOSYS, EOPNOTSUPP, errno

from zarr_c._native._locks cimport init_recursive, lock_mutex, object_hash
from zarr_c._native._posix cimport (
    pthread_atfork, pthread_mutex_init, pthread_mutex_lock, pthread_mutex_unlock,
    zc_exchange_fd, zc_load, zc_lock_byte, zc_open_beneath, zc_sleep, zc_store_release,
)
from zarr_c._native._pool cimport pool_check, pool_worker
from zarr_c._native._status cimport ZC_OK, look_for_signals, zc_error_key, zc_fail_os

import os
from weakref import WeakValueDictionary

cdef extern from "native.h" nogil:
    struct stat_t "stat":
        int st_nlink
    int c_open "open" (const char *path, int flags, ...)
    int c_close "close" (int fd)
    int fstat(int fd, stat_t *info)
    int O_RDONLY, O_RDWR, O_CREAT, O_DIRECTORY, O_CLOEXEC
    int ENOTSUP

cdef enum:
    BYTES = 1024
    # Nanoseconds. Three processes of two threads that write parts of the same eight chunks of
    # 1 MiB take 0.99 of the time that they take with waits of the system (2026-11-28).
    FIRST_PAUSE = 50_000
    LAST_PAUSE = 5_000_000

cdef pthread_mutex_t turn[BYTES]
cdef zc_file_locks *first = NULL   # changed with the GIL only


cdef zc_status failure(
    const zc_file_locks *locks, const char *what, int error, zc_error *err
) noexcept nogil:
    zc_fail_os(err, what, error)
    zc_error_key(err, locks.path)
    return err.code


cdef int open_file(const zc_file_locks *locks, zc_error *err) noexcept nogil:
    """A descriptor of the lock file, which is made if it is absent; -1 with `err` set."""
    cdef int fd = -1
    cdef int root = c_open(locks.root, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    if root >= 0:
        fd = zc_open_beneath(root, locks.name, O_RDWR | O_CREAT, 0o666)
    if fd < 0:
        failure(locks, "cannot open the file of locks", errno, err)
    if root >= 0:
        c_close(root)
    return fd


cdef bint is_gone(int fd) noexcept nogil:
    """Whether an open file has been removed: then others lock another one."""
    cdef stat_t info
    return fstat(fd, &info) == 0 and info.st_nlink == 0


cdef zc_status ensure_open(zc_file_locks *locks, zc_error *err) noexcept nogil:
    """Open the lock file, or another one in its place if it has been removed."""
    cdef int fd
    cdef int open
    pthread_mutex_lock(&locks.opening)
    open = <int>zc_load(&locks.fd)
    if open < 0:
        zc_store_release(&locks.fd, open_file(locks, err))
    elif is_gone(open):
        # Other threads may be about to use the number of the descriptor, so it stays.
        fd = open_file(locks, err)
        if fd >= 0:
            if zc_exchange_fd(fd, open) < 0:
                failure(locks, "cannot open the file of locks", errno, err)
            c_close(fd)
    pthread_mutex_unlock(&locks.opening)
    return err.code


cdef zc_status lock_byte(zc_file_locks *locks, int byte, zc_error *err) noexcept nogil:
    """Wait for a byte; a signal such as Ctrl-C ends that.

    It interrupts the wait of the thread that made the call, and not those of the pool's
    workers, which therefore ask again and again.
    """
    cdef bint asks = pool_worker()
    cdef int64_t pause = FIRST_PAUSE
    cdef int fd
    while True:
        fd = <int>zc_load(&locks.fd)
        if fd >= 0:
            if zc_lock_byte(fd, byte, True, not asks) != 0:
                if asks and errno in (EAGAIN, EACCES):
                    zc_sleep(pause)
                    pause = min(2 * pause, <int64_t>LAST_PAUSE)
                    if pool_check(err) != ZC_OK:
                        return err.code
                    continue
                if errno != EINTR:
                    break
                if look_for_signals(err) != ZC_OK:
                    return err.code
                continue
            if not is_gone(fd):
                return ZC_OK
            zc_lock_byte(fd, byte, False, False)   # it was removed, perhaps while we waited
        if ensure_open(locks, err) != ZC_OK:
            return err.code
    if errno in (ENOSYS, ENOTSUP, EOPNOTSUPP, ENOLCK, EINVAL):
        return failure(locks, "the file system has no locks between processes; let each "
                       "process write whole units, by `write_region`", errno, err)
    return failure(locks, "cannot lock", errno, err)


cdef zc_status file_lock(
    zc_file_locks *locks, const char *key, zc_error *err
) noexcept nogil:
    cdef int byte
    if locks == NULL:
        return ZC_OK
    byte = object_hash(0, key) % BYTES
    if lock_mutex(&turn[byte], err) != ZC_OK:
        return err.code
    if lock_byte(locks, byte, err) != ZC_OK:
        pthread_mutex_unlock(&turn[byte])
    return err.code


cdef void file_unlock(zc_file_locks *locks, const char *key) noexcept nogil:
    cdef int byte
    if locks != NULL:
        byte = object_hash(0, key) % BYTES
        zc_lock_byte(<int>zc_load(&locks.fd), byte, False, False)
        pthread_mutex_unlock(&turn[byte])


cdef class FileLocks:
    """The locks of a lock file, which the first of them opens, and makes if it is absent.

    Parameters
    ----------
    root : str
        A directory.
    name : str
        Of the file, below the root: no symbolic link leads out of it.
    """

    def __cinit__(self, root, name):
        global first
        self.root, self.name = os.fsencode(root), os.fsencode(name)
        self.path = os.path.join(self.root, self.name)
        self.c.root, self.c.name, self.c.path = self.root, self.name, self.path
        self.c.fd = -1
        pthread_mutex_init(&self.c.opening, NULL)
        self.c.next, self.c.previous = first, NULL
        if first != NULL:
            first.previous = &self.c
        first = &self.c

    def __dealloc__(self):
        global first
        if self.c.next != NULL:
            self.c.next.previous = self.c.previous
        if self.c.previous != NULL:
            self.c.previous.next = self.c.next
        elif first == &self.c:
            first = self.c.next
        if self.c.fd >= 0:
            c_close(<int>self.c.fd)


shared = WeakValueDictionary()


def file_locks(str root, str name):
    """The locks of a lock file: one object for all arrays of this process.

    Parameters
    ----------
    root, name
        As of `FileLocks`.

    Returns
    -------
    FileLocks
    """
    found = shared.get((root, name))
    if found is None:
        found = shared[root, name] = FileLocks(root, name)
    return found


cdef void begin_child() noexcept nogil:
    """The open files are the parent's, with their locks; its threads do not exist here."""
    cdef zc_file_locks *locks = first
    init_recursive(turn, BYTES)
    while locks != NULL:
        pthread_mutex_init(&locks.opening, NULL)
        if locks.fd >= 0:
            c_close(<int>locks.fd)
            locks.fd = -1
        locks = locks.next


init_recursive(turn, BYTES)
pthread_atfork(NULL, NULL, begin_child)
