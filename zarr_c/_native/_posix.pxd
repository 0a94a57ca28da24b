"""Bare declarations of the POSIX calls in use."""

from libc.stddef cimport size_t
from libc.stdint cimport int64_t
from posix.types cimport off_t

cdef extern from "native.h" nogil:
    ctypedef struct pthread_mutex_t:
        pass
    ctypedef struct pthread_cond_t:
        pass
    ctypedef struct pthread_attr_t:
        pass
    ctypedef struct pthread_mutexattr_t:
        pass
    ctypedef unsigned long pthread_t
    ctypedef struct sigset_t:
        pass

    pthread_mutex_t PTHREAD_MUTEX_INITIALIZER_VALUE "zc_mutex_initializer" ()
    pthread_cond_t PTHREAD_COND_INITIALIZER_VALUE "zc_cond_initializer" ()
    int PTHREAD_MUTEX_RECURSIVE
    int SIG_SETMASK
    int pthread_mutex_init(pthread_mutex_t *, const pthread_mutexattr_t *)
    int pthread_mutex_lock(pthread_mutex_t *)
    int pthread_mutex_unlock(pthread_mutex_t *)
    int pthread_mutexattr_init(pthread_mutexattr_t *)
    int pthread_mutexattr_settype(pthread_mutexattr_t *, int)
    int pthread_cond_wait(pthread_cond_t *, pthread_mutex_t *)
    int pthread_cond_broadcast(pthread_cond_t *)
    int pthread_cond_signal(pthread_cond_t *)
    int pthread_create(pthread_t *, const pthread_attr_t *, void *(*)(void *) noexcept nogil,
                       void *)
    int pthread_detach(pthread_t)
    int pthread_atfork(void (*)() noexcept nogil, void (*)() noexcept nogil,
                       void (*)() noexcept nogil)
    int pthread_sigmask(int, const sigset_t *, sigset_t *)
    int sigfillset(sigset_t *)

    int64_t zc_fetch_add(int64_t *value, int64_t n)
    int64_t zc_load(const int64_t *value)
    void zc_store_release(int64_t *value, int64_t n)
    int64_t zc_now_ns()
    int64_t zc_about_now_ns()
    void zc_cond_wait_for(pthread_cond_t *, pthread_mutex_t *, int64_t ns)
    int zc_open_beneath(int dirfd, const char *path, int flags, int mode)
    int zc_rename_exclusive(int dirfd, const char *old, const char *new_)
    int zc_sync_all(int fd)
    int zc_lock_byte(int fd, int64_t offset, int lock, int wait)
    int zc_mutex_lock_for(pthread_mutex_t *, int64_t ns)
    void zc_sleep(int64_t ns)
    int zc_exchange_fd(int other, int fd)

    ssize_t pread(int fd, void *data, size_t n, off_t offset)
