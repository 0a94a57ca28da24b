/* SPDX-License-Identifier: MIT
 * Small C pieces that Cython cannot spell: initialisers, atomics, openat2. Private to zarr_c.
 */
#ifndef ZARR_C_NATIVE_H
#define ZARR_C_NATIVE_H

#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>
#if defined(__linux__)
#include <sys/syscall.h>
#endif

static inline pthread_mutex_t zc_mutex_initializer(void)
{
    pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
    return mutex;
}

static inline pthread_cond_t zc_cond_initializer(void)
{
    pthread_cond_t cond = PTHREAD_COND_INITIALIZER;
    return cond;
}

static inline int64_t zc_fetch_add(int64_t *value, int64_t n)
{
    return __atomic_fetch_add(value, n, __ATOMIC_ACQ_REL);
}

static inline int64_t zc_load(const int64_t *value)
{
    return __atomic_load_n(value, __ATOMIC_ACQUIRE);
}

static inline void zc_store_release(int64_t *value, int64_t n)
{
    __atomic_store_n(value, n, __ATOMIC_RELEASE);
}

static inline int64_t zc_now_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

/* The same to a few milliseconds, for a fifth of the time (5 ns). */
static inline int64_t zc_about_now_ns(void)
{
#ifdef CLOCK_MONOTONIC_COARSE
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC_COARSE, &now);
    return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
#else
    return zc_now_ns();
#endif
}

/* The time in some nanoseconds, as waits have it. */
static inline struct timespec zc_time_in(int64_t ns)
{
    struct timespec until;
    clock_gettime(CLOCK_REALTIME, &until);
    ns += until.tv_nsec;
    until.tv_sec += ns / 1000000000;
    until.tv_nsec = ns % 1000000000;
    return until;
}

/* Wait for a condition, but no longer than some nanoseconds. */
static inline void zc_cond_wait_for(pthread_cond_t *cond, pthread_mutex_t *mutex, int64_t ns)
{
    struct timespec until = zc_time_in(ns);
    pthread_cond_timedwait(cond, mutex, &until);
}

static inline void zc_sleep(int64_t ns)
{
    struct timespec pause = {ns / 1000000000, ns % 1000000000};
    nanosleep(&pause, NULL);
}

/* Lock a mutex, but wait no longer than some nanoseconds: 0, or EBUSY or ETIMEDOUT. */
static inline int zc_mutex_lock_for(pthread_mutex_t *mutex, int64_t ns)
{
    int status = pthread_mutex_trylock(mutex);
    if (status == EBUSY) {
#if defined(__APPLE__) /* has no better way */
        (void)ns;
        zc_sleep(1000000);
        status = pthread_mutex_trylock(mutex);
#else
        struct timespec until = zc_time_in(ns);
        status = pthread_mutex_timedlock(mutex, &until);
#endif
    }
    return status;
}

/* Open `path` below `dirfd` and nowhere else: the kernel refuses "..", absolute names and symbolic
 * links that lead out (errno EXDEV). Where it has no openat2 (errno ENOSYS), no symbolic link below
 * the root is followed at its last step, which is the part that O_NOFOLLOW can promise. */
static inline int zc_open_beneath(int dirfd, const char *path, int flags, int mode)
{
#if defined(SYS_openat2)
    struct { uint64_t flags, mode, resolve; } how = {(uint64_t)flags | O_CLOEXEC, (uint64_t)mode, 0x08};
    static int missing = 0;
    if (!missing) {
        long fd;
        do {
            fd = syscall(SYS_openat2, dirfd, path, &how, sizeof how);
        } while (fd < 0 && (errno == EINTR || errno == EAGAIN));
        if (fd >= 0 || (errno != ENOSYS && errno != EPERM)) {
            return (int)fd;
        }
        missing = 1;
    }
#endif
    return openat(dirfd, path, flags | O_CLOEXEC | O_NOFOLLOW, mode);
}

/* Files are replaced by renaming new ones, so that another content is another inode or time. */
static inline uint64_t zc_file_version(const struct stat *info)
{
#if defined(__APPLE__)
    uint64_t ns = (uint64_t)info->st_mtimespec.tv_nsec, s = (uint64_t)info->st_mtimespec.tv_sec;
#else
    uint64_t ns = (uint64_t)info->st_mtim.tv_nsec, s = (uint64_t)info->st_mtim.tv_sec;
#endif
    uint64_t version = (uint64_t)info->st_ino * 0x9e3779b97f4a7c15u;
    version = (version ^ (version >> 29) ^ s) * 0xbf58476d1ce4e5b9u;
    version = (version ^ (version >> 32) ^ ns) * 0x94d049bb133111ebu;
    return (version ^ (version >> 31) ^ (uint64_t)info->st_size) | 1;
}

/* rename(2) that fails with EEXIST where there is a file of the new name. */
static inline int zc_rename_exclusive(int dirfd, const char *old, const char *new_)
{
#if defined(__linux__) && defined(SYS_renameat2)
    return (int)syscall(SYS_renameat2, dirfd, old, dirfd, new_, 1 /* RENAME_NOREPLACE */);
#elif defined(__APPLE__)
    return renameatx_np(dirfd, old, dirfd, new_, RENAME_EXCL);
#else
    (void)dirfd; (void)old; (void)new_;
    errno = ENOTSUP;
    return -1;
#endif
}

/* Lock one byte of a file for the open file description: not flock, which knows no bytes, nor
 * F_SETLK, whose locks are lost when any descriptor of the file is closed. Others that have it are
 * waited for, or the error is EAGAIN. */
static inline int zc_lock_byte(int fd, int64_t offset, int lock, int wait)
{
#if defined(F_OFD_SETLKW)
    struct flock byte;
    memset(&byte, 0, sizeof byte);
    byte.l_type = lock ? F_WRLCK : F_UNLCK;
    byte.l_whence = SEEK_SET;
    byte.l_start = offset;
    byte.l_len = 1;
    return fcntl(fd, wait ? F_OFD_SETLKW : F_OFD_SETLK, &byte);
#else
    (void)fd; (void)offset; (void)lock; (void)wait;
    errno = ENOTSUP;
    return -1;
#endif
}

/* Let the descriptor `fd` be that of another open file, in one step. */
static inline int zc_exchange_fd(int other, int fd)
{
#if defined(__linux__)
    return dup3(other, fd, O_CLOEXEC);
#else
    int result = dup2(other, fd);
    fcntl(fd, F_SETFD, FD_CLOEXEC);
    return result;
#endif
}

/* Make everything written below `fd` durable: one call for all objects of a commit. */
static inline int zc_sync_all(int fd)
{
#if defined(__linux__)
    return syncfs(fd);
#else
    (void)fd;
    sync();
    return 0;
#endif
}

#endif
