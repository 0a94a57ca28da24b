"""Striped locks: one writer at a time per stored object; stamps, which tell what was written.

Two objects may share a stripe; that costs a wait and never a lost update. The mutexes are
recursive because a store written in Python may write another array from inside a write.
"""

from libc.stdint cimport int64_t

from zarr_c._native._posix cimport (
    PTHREAD_MUTEX_RECURSIVE, pthread_atfork, pthread_mutex_init, pthread_mutex_t,
    pthread_mutex_unlock, pthread_mutexattr_init, pthread_mutexattr_settype,
    pthread_mutexattr_t, zc_fetch_add, zc_load, zc_mutex_lock_for,
)
from zarr_c._native._pool cimport pool_check
from zarr_c._native._status cimport ZC_OK

cdef enum:
    STRIPES = 1024
    STAMPS = 1 << 16   # so many that few objects share one
    WAIT = 50_000_000  # nanoseconds between looks for a signal

cdef pthread_mutex_t stripe[STRIPES]
cdef int64_t written[STAMPS]
cdef int64_t all_written = 0


cdef uint64_t BASIS = <uint64_t>0xcbf29ce484222325


cdef inline uint64_t fnv(uint64_t hashed, const char *text) noexcept nogil:
    while text[0] != 0:
        hashed = (hashed ^ <unsigned char>text[0]) * <uint64_t>0x100000001b3
        text += 1
    return hashed


cdef uint64_t object_hash(uint64_t seed, const char *key) noexcept nogil:
    """FNV-1a of a store's identity and a key."""
    cdef uint64_t hashed = fnv(seed ^ BASIS, key)
    return hashed ^ (hashed >> 29)


cdef uint64_t directory_identity(const char *path) noexcept nogil:
    """Identity of a store in a directory: one file has one hash, whichever root its key has."""
    return fnv(fnv(BASIS, path), b"/") ^ BASIS


cdef zc_status lock_mutex(pthread_mutex_t *mutex, zc_error *err) noexcept nogil:
    """Wait for a mutex; anything but ZC_OK, without it, if the call is not to go on."""
    while zc_mutex_lock_for(mutex, WAIT) != 0:
        if pool_check(err) != ZC_OK:
            return err.code
    return ZC_OK


cdef zc_status object_lock(uint64_t hashed, zc_error *err) noexcept nogil:
    return lock_mutex(&stripe[hashed % STRIPES], err)


cdef void object_unlock(uint64_t hashed) noexcept nogil:
    zc_fetch_add(&written[hashed % STAMPS], 1)
    pthread_mutex_unlock(&stripe[hashed % STRIPES])


cdef uint64_t object_stamp(uint64_t hashed) noexcept nogil:
    """Another number after each time that this process has written an object."""
    return <uint64_t>(zc_load(&written[hashed % STAMPS]) + zc_load(&all_written))


def note_written(uint64_t identity, str key):
    """Say that an object was written, or deleted, by another way than the write path.

    Parameters
    ----------
    identity : int
        Of its store.
    key : str
    """
    cdef bytes name = key.encode("utf-8", "surrogateescape")
    zc_fetch_add(&written[object_hash(identity, name) % STAMPS], 1)


def note_all_written():
    """Say that many objects were written, moved or deleted, nobody knows which."""
    zc_fetch_add(&all_written, 1)


cdef void init_recursive(pthread_mutex_t *mutexes, int count) noexcept nogil:
    """Make mutexes that the thread which has locked one may lock again."""
    cdef pthread_mutexattr_t recursive
    cdef int i
    pthread_mutexattr_init(&recursive)
    pthread_mutexattr_settype(&recursive, PTHREAD_MUTEX_RECURSIVE)
    for i in range(count):
        pthread_mutex_init(&mutexes[i], &recursive)


cdef void make_locks() noexcept nogil:
    init_recursive(stripe, STRIPES)


make_locks()
# Whoever held a lock in the parent does not exist in the child.
pthread_atfork(NULL, NULL, make_locks)
