/* Stands before the C library's file calls in a child process of a test (LD_PRELOAD): fails, cuts
   short or records those on files below one directory, or kills the process at them. faults.py
   has the Python side. Linux and glibc. */

#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <sys/uio.h>
#include <unistd.h>

enum { NONE, FAIL, FAIL_ON, KILL, SHORT };
enum { FILES = 1 << 16 };

static char root[PATH_MAX];
static unsigned char mine[FILES]; /* descriptors of files below the root */
static char wanted[16];           /* the call to meet, or any */
static int action, code, log_fd = -1;
static long nth, met;
static pthread_mutex_t in_order = PTHREAD_MUTEX_INITIALIZER;

#define REAL(name) \
    static __typeof__(name) *real; \
    if (real == NULL) \
        real = (__typeof__(name) *)dlsym(RTLD_NEXT, #name)

static int is_mine(int fd)
{
    return fd >= 0 && fd < FILES && mine[fd];
}

static int is_below(int dirfd, const char *path)
{
    size_t n = strlen(root);
    if (n == 0)
        return 0;
    if (path[0] != '/')
        return is_mine(dirfd);
    return strncmp(path, root, n) == 0 && (path[n] == 0 || path[n] == '/');
}

static void full_path(int dirfd, const char *path, char *full)
{
    char link[64];
    ssize_t n = 0;
    if (path[0] != '/') {
        snprintf(link, sizeof link, "/proc/self/fd/%d", dirfd);
        n = readlink(link, full, PATH_MAX - 2);
        if (n < 0)
            n = 0;
        full[n++] = '/';
    }
    snprintf(full + n, PATH_MAX - n, "%s", path);
}

/* One more call: whether it has to fail. Kills the process where that is asked for. */
static int meets(const char *call, int below)
{
    long number;
    if (action == NONE || action == SHORT || !below || (wanted[0] && strcmp(wanted, call) != 0))
        return 0;
    number = __atomic_add_fetch(&met, 1, __ATOMIC_RELAXED);
    if (number < nth || (number > nth && action != FAIL_ON))
        return 0;
    if (action == KILL)
        syscall(SYS_kill, getpid(), SIGKILL);
    errno = code;
    return 1;
}

/* Half of the transfers are interrupted, the others are short. */
static int interrupted(size_t *n)
{
    static long turn;
    if (action != SHORT || *n == 0)
        return 0;
    if (__atomic_add_fetch(&turn, 1, __ATOMIC_RELAXED) % 2) {
        errno = EINTR;
        return 1;
    }
    *n = (*n + 2) / 3;
    return 0;
}

static void note(const char *format, ...) __attribute__((format(printf, 1, 2)));

static void note(const char *format, ...)
{
    char line[3 * PATH_MAX];
    va_list args;
    int n, before = errno;
    if (log_fd < 0)
        return;
    va_start(args, format);
    n = vsnprintf(line, sizeof line, format, args);
    va_end(args);
    if (syscall(SYS_write, log_fd, line, (size_t)n) != n)
        _exit(90);
    errno = before;
}

static void note_data(int fd, off_t at, const void *data, ssize_t n)
{
    if (log_fd < 0 || n <= 0)
        return;
    note("write\t%d\t%lld\t%zd\n", fd, (long long)at, n);
    if (syscall(SYS_write, log_fd, data, (size_t)n) != n)
        _exit(90);
}

/* ---- what faults.py calls */

void zc_faults_below(const char *directory)
{
    snprintf(root, sizeof root, "%s", directory);
}

void zc_faults_arm(const char *call, long number, int act, int error)
{
    snprintf(wanted, sizeof wanted, "%s", call);
    nth = number, met = 0, code = error, action = act;
}

long zc_faults_disarm(void)
{
    action = NONE;
    return met;
}

void zc_faults_record(const char *file)
{
    log_fd = (int)syscall(SYS_openat, AT_FDCWD, file, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
}

void zc_faults_mark(const char *text)
{
    pthread_mutex_lock(&in_order);
    note("mark\t%s\n", text);
    pthread_mutex_unlock(&in_order);
}

/* ---- opening and closing */

static int opened(int fd, int dirfd, const char *path, int flags, int below)
{
    char full[PATH_MAX];
    if (fd >= 0 && fd < FILES) {
        mine[fd] = below;
        if (below && log_fd >= 0) {
            full_path(dirfd, path, full);
            note("open\t%d\t%s\t%d\n", fd, full, flags);
        }
    }
    return fd;
}

static int open_at(int dirfd, const char *path, int flags, mode_t mode)
{
    int below = is_below(dirfd, path), fd;
    if (meets("open", below))
        return -1;
    pthread_mutex_lock(&in_order);
    fd = (int)syscall(SYS_openat, dirfd, path, flags, mode);
    opened(fd, dirfd, path, flags, below);
    pthread_mutex_unlock(&in_order);
    return fd;
}

#define OPEN(name, before, dirfd) \
    int name(before const char *path, int flags, ...) \
    { \
        va_list args; \
        mode_t mode; \
        va_start(args, flags); \
        mode = (flags & (O_CREAT | O_TMPFILE)) ? va_arg(args, mode_t) : 0; \
        va_end(args); \
        return open_at(dirfd, path, flags, mode); \
    }
#define NOTHING
#define AND ,
OPEN(open, NOTHING, AT_FDCWD)
OPEN(open64, NOTHING, AT_FDCWD)
OPEN(openat, int at AND, at)
OPEN(openat64, int at AND, at)

static int rename_at(int from, const char *old, int to, const char *new_, int flags);

/* openat2 and renameat2 have no function of their own here. */
long syscall(long number, ...)
{
    REAL(syscall);
    va_list args;
    long a[6];
    va_start(args, number);
    for (int i = 0; i < 6; i++)
        a[i] = va_arg(args, long);
    va_end(args);
    if (number == SYS_openat2) {
        int dirfd = (int)a[0], below = is_below(dirfd, (const char *)a[1]);
        long fd;
        if (meets("open", below))
            return -1;
        pthread_mutex_lock(&in_order);
        fd = real(number, a[0], a[1], a[2], a[3]);
        opened((int)fd, dirfd, (const char *)a[1], (int)*(uint64_t *)a[2], below);
        pthread_mutex_unlock(&in_order);
        return fd;
    }
    if (number == SYS_renameat2)
        return rename_at((int)a[0], (const char *)a[1], (int)a[2], (const char *)a[3], (int)a[4]);
    return real(number, a[0], a[1], a[2], a[3], a[4], a[5]);
}

int close(int fd)
{
    int below = is_mine(fd), fails = meets("close", below), error = errno;
    pthread_mutex_lock(&in_order);
    if (below) {
        note("close\t%d\n", fd);
        mine[fd] = 0;
    }
    int result = (int)syscall(SYS_close, fd);
    pthread_mutex_unlock(&in_order);
    if (fails) {
        errno = error;
        return -1;
    }
    return result;
}

/* ---- data */

ssize_t read(int fd, void *data, size_t n)
{
    if (is_mine(fd) && (meets("read", 1) || interrupted(&n)))
        return -1;
    return syscall(SYS_read, fd, data, n);
}

static ssize_t read_at(int fd, void *data, size_t n, off_t at)
{
    if (is_mine(fd) && (meets("read", 1) || interrupted(&n)))
        return -1;
    return syscall(SYS_pread64, fd, data, n, at);
}

ssize_t pread(int fd, void *data, size_t n, off_t at)
{
    return read_at(fd, data, n, at);
}

ssize_t pread64(int fd, void *data, size_t n, off_t at)
{
    return read_at(fd, data, n, at);
}

ssize_t write(int fd, const void *data, size_t n)
{
    ssize_t done;
    if (!is_mine(fd))
        return syscall(SYS_write, fd, data, n);
    if (action == KILL && n > 1 && met + 1 == nth && (!wanted[0] || strcmp(wanted, "write") == 0))
        syscall(SYS_write, fd, data, n / 2); /* half of it is written when the process dies */
    if (meets("write", 1) || interrupted(&n))
        return -1;
    pthread_mutex_lock(&in_order);
    done = syscall(SYS_write, fd, data, n);
    note_data(fd, lseek(fd, 0, SEEK_CUR) - (done > 0 ? done : 0), data, done);
    pthread_mutex_unlock(&in_order);
    return done;
}

static ssize_t write_at(int fd, const void *data, size_t n, off_t at)
{
    ssize_t done;
    if (is_mine(fd) && (meets("write", 1) || interrupted(&n)))
        return -1;
    pthread_mutex_lock(&in_order);
    done = syscall(SYS_pwrite64, fd, data, n, at);
    if (is_mine(fd))
        note_data(fd, at, data, done);
    pthread_mutex_unlock(&in_order);
    return done;
}

ssize_t pwrite(int fd, const void *data, size_t n, off_t at)
{
    return write_at(fd, data, n, at);
}

ssize_t pwrite64(int fd, const void *data, size_t n, off_t at)
{
    return write_at(fd, data, n, at);
}

static int truncated(int fd, off_t size)
{
    if (meets("write", is_mine(fd)))
        return -1;
    pthread_mutex_lock(&in_order);
    int result = (int)syscall(SYS_ftruncate, fd, size);
    if (result == 0 && is_mine(fd))
        note("truncate\t%d\t%lld\n", fd, (long long)size);
    pthread_mutex_unlock(&in_order);
    return result;
}

int ftruncate(int fd, off_t size)
{
    return truncated(fd, size);
}

int ftruncate64(int fd, off_t size)
{
    return truncated(fd, size);
}

/* ---- durability: what is recorded counts, so nothing waits for a disk */

static int synced(const char *call, int fd)
{
    if (!is_mine(fd))
        return 0;
    if (meets(call, 1))
        return -1;
    pthread_mutex_lock(&in_order);
    note("%s\t%d\n", call, fd);
    pthread_mutex_unlock(&in_order);
    return 0;
}

int fsync(int fd)
{
    return synced("fsync", fd);
}

int fdatasync(int fd)
{
    return synced("fsync", fd);
}

int syncfs(int fd)
{
    return synced("syncfs", fd);
}

/* ---- names */

static int named(const char *call, int result, int from, const char *old, int to, const char *new_)
{
    char first[PATH_MAX], second[PATH_MAX];
    if (result == 0 && log_fd >= 0 && is_below(from, old)) {
        full_path(from, old, first);
        if (new_ == NULL)
            note("%s\t%s\n", call, first);
        else {
            full_path(to, new_, second);
            note("%s\t%s\t%s\n", call, first, second);
        }
    }
    return result;
}

static int rename_at(int from, const char *old, int to, const char *new_, int flags)
{
    if (meets("rename", is_below(from, old)))
        return -1;
    pthread_mutex_lock(&in_order);
    int result = (int)({ REAL(syscall); real(SYS_renameat2, from, old, to, new_, flags); });
    named("rename", result, from, old, to, new_);
    pthread_mutex_unlock(&in_order);
    return result;
}

int renameat(int from, const char *old, int to, const char *new_)
{
    return rename_at(from, old, to, new_, 0);
}

int rename(const char *old, const char *new_)
{
    return rename_at(AT_FDCWD, old, AT_FDCWD, new_, 0);
}

int linkat(int from, const char *old, int to, const char *new_, int flags)
{
    if (meets("link", is_below(from, old)))
        return -1;
    pthread_mutex_lock(&in_order);
    int result = (int)syscall(SYS_linkat, from, old, to, new_, flags);
    named("link", result, from, old, to, new_);
    pthread_mutex_unlock(&in_order);
    return result;
}

int link(const char *old, const char *new_)
{
    return linkat(AT_FDCWD, old, AT_FDCWD, new_, 0);
}

int unlinkat(int dirfd, const char *path, int flags)
{
    if (meets("unlink", is_below(dirfd, path)))
        return -1;
    pthread_mutex_lock(&in_order);
    int result = (int)syscall(SYS_unlinkat, dirfd, path, flags);
    named(flags & AT_REMOVEDIR ? "rmdir" : "unlink", result, dirfd, path, 0, NULL);
    pthread_mutex_unlock(&in_order);
    return result;
}

int unlink(const char *path)
{
    return unlinkat(AT_FDCWD, path, 0);
}

int rmdir(const char *path)
{
    return unlinkat(AT_FDCWD, path, AT_REMOVEDIR);
}

int mkdirat(int dirfd, const char *path, mode_t mode)
{
    if (meets("mkdir", is_below(dirfd, path)))
        return -1;
    pthread_mutex_lock(&in_order);
    int result = (int)syscall(SYS_mkdirat, dirfd, path, mode);
    named("mkdir", result, dirfd, path, 0, NULL);
    pthread_mutex_unlock(&in_order);
    return result;
}

int mkdir(const char *path, mode_t mode)
{
    return mkdirat(AT_FDCWD, path, mode);
}
