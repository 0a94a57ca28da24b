/* Counts what a process asks the C library for: bytes that memcpy and memmove move, and
   allocations. Preloaded it stands before the library's own functions (glibc on Linux).

   Moves of a size known to the compiler are inlined and not counted, nor are loops that copy. */

#include <stddef.h>
#include <stdint.h>

#if __has_include(<valgrind/callgrind.h>)
#include <valgrind/callgrind.h>
#else
#define CALLGRIND_START_INSTRUMENTATION
#define CALLGRIND_ZERO_STATS
#define CALLGRIND_DUMP_STATS
#define CALLGRIND_STOP_INSTRUMENTATION
#endif

extern void *__libc_malloc(size_t);
extern void *__libc_calloc(size_t, size_t);
extern void *__libc_realloc(void *, size_t);
extern void *__libc_memalign(size_t, size_t);

static uint64_t copied, allocations;

static void count(uint64_t *counter, uint64_t n)
{
    __atomic_fetch_add(counter, n, __ATOMIC_RELAXED);
}

/* Bytes are volatile, so that the compiler makes no call of memcpy out of a loop. */
static void *move(void *to, const void *from, size_t n, int down)
{
    volatile unsigned char *d = to;
    const volatile unsigned char *s = from;
    count(&copied, n);
    for (size_t i = 0; i < n; i++) {
        size_t at = down ? n - 1 - i : i;
        d[at] = s[at];
    }
    return to;
}

void *memcpy(void *restrict to, const void *restrict from, size_t n)
{
    return move(to, from, n, 0);
}

void *memmove(void *to, const void *from, size_t n)
{
    return move(to, from, n, (uintptr_t)to - (uintptr_t)from < n);
}

void *malloc(size_t size)
{
    count(&allocations, 1);
    return __libc_malloc(size);
}

void *calloc(size_t n, size_t size)
{
    count(&allocations, 1);
    return __libc_calloc(n, size);
}

void *realloc(void *old, size_t size)
{
    count(&allocations, 1);
    return __libc_realloc(old, size);
}

void *memalign(size_t alignment, size_t size)
{
    count(&allocations, 1);
    return __libc_memalign(alignment, size);
}

void *aligned_alloc(size_t alignment, size_t size)
{
    return memalign(alignment, size);
}

int posix_memalign(void **to, size_t alignment, size_t size)
{
    *to = memalign(alignment, size);
    return *to == NULL ? 12 /* ENOMEM */ : 0;
}

/* Under callgrind: counts instructions between these two, and writes them into a file of its own. */
void zc_bench_begin(void)
{
    CALLGRIND_START_INSTRUMENTATION;
    CALLGRIND_ZERO_STATS;
}

void zc_bench_end(void)
{
    CALLGRIND_DUMP_STATS;
    CALLGRIND_STOP_INSTRUMENTATION;
}

uint64_t zc_bench_copied(void)
{
    return copied;
}

uint64_t zc_bench_allocations(void)
{
    return allocations;
}
