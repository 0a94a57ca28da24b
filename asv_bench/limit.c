/* The time that system calls and codec calls alone take: what no Zarr library can beat.

   limit WORK CODEC LEVEL THREADS REPEATS Z Y X CZ CY CX SOURCE [TARGET]

   WORK      read      every chunk file of SOURCE into one array in memory that was never touched
             write     every chunk of that array into new files of TARGET, under their final names
             replace   the same through a temporary file and a rename
             element   four bytes of one chunk file of SOURCE
   CODEC     none, zstd, gzip (read only) or blosc (lz4, shuffle)
   Z Y X     shape of the array of float32, CZ CY CX of a chunk; chunk files are SOURCE/c/i/j/k

   Prints the median of REPEATS in seconds. It knows no metadata and checks nothing but errors.
   Built twice, because the two Blosc libraries define the same names: with -DBLOSC1 for the Blosc
   frames that Zarr means, without it for everything else. */

#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#ifdef BLOSC1
#include <blosc.h>
#else
#include <blosc2.h>
#endif

#define ITEM 4
#define PIECE (256 * 1024) /* raw chunks pass through a piece of this size that stays in cache */
#define HUGE_PAGE (2u << 20)

/* libblosc2.a holds zstd and zlib-ng but its wheel has no headers of theirs. */
size_t ZSTD_compressCCtx(void *, void *, size_t, const void *, size_t, int);
size_t ZSTD_decompressDCtx(void *, void *, size_t, const void *, size_t);
void *ZSTD_createCCtx(void);
void *ZSTD_createDCtx(void);
unsigned ZSTD_isError(size_t);

typedef struct {
    const uint8_t *next_in;
    uint32_t avail_in;
    size_t total_in;
    uint8_t *next_out;
    uint32_t avail_out;
    size_t total_out;
    const char *msg;
    void *state, *zalloc, *zfree, *opaque;
    int data_type;
    uint32_t adler;
    unsigned long reserved;
} gzip_stream;
int zng_inflateInit2(gzip_stream *, int);
int zng_inflateReset(gzip_stream *);
int zng_inflate(gzip_stream *, int);

enum { NONE, ZSTD, GZIP, BLOSC };
static const char *const CODECS[] = {"none", "zstd", "gzip", "blosc", NULL};
enum { READ, WRITE, REPLACE, ELEMENT };
static const char *const WORKS[] = {"read", "write", "replace", "element", NULL};

static int work, codec, level, threads, repeats;
static size_t shape[3], chunk[3], grid[3], chunk_bytes, array_bytes;
static const char *source, *target;
static uint8_t *array;

static char root[4096]; /* of the files to write: a new folder for each repetition */

typedef struct {
    uint8_t *decoded, *encoded;
    size_t capacity;
    void *decoder, *encoder;
    gzip_stream gzip;
} scratch;

static scratch scratches[64]; /* one per thread, warm after the first repetition */
static void (*job)(scratch *, size_t);
static atomic_size_t next_chunk;

static void
die(const char *what)
{
    fprintf(stderr, "limit: %s: %s\n", what, errno ? strerror(errno) : "failed");
    exit(1);
}

static int
choose(const char *word, const char *const *words)
{
    for (int i = 0; words[i]; i++)
        if (!strcmp(word, words[i])) return i;
    die(word);
    return -1;
}

static uint8_t *
new_array(size_t size)
{
    /* As NumPy does: fresh memory, huge pages where the kernel has them. */
    uint8_t *p = mmap(NULL, size + HUGE_PAGE, PROT_READ | PROT_WRITE,
                      MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (p == MAP_FAILED) die("mmap");
    p += HUGE_PAGE - (uintptr_t)p % HUGE_PAGE;
    madvise(p, size, MADV_HUGEPAGE);
    return p;
}

static void
new_scratch(scratch *s)
{
    s->capacity = chunk_bytes + chunk_bytes / 8 + 1024;
    s->decoded = malloc(s->capacity > PIECE ? s->capacity : PIECE);
    s->encoded = malloc(s->capacity);
#ifndef BLOSC1
    s->encoder = ZSTD_createCCtx();
    s->decoder = ZSTD_createDCtx();
    if (codec == GZIP && zng_inflateInit2(&s->gzip, 31)) die("inflateInit2");
    if (codec == BLOSC) {
        blosc2_dparams one_thread = BLOSC2_DPARAMS_DEFAULTS;
        s->decoder = blosc2_create_dctx(one_thread);
    }
#endif
}

static void
decode(scratch *s, size_t size, uint8_t *out)
{
    size_t got = 0;
#ifdef BLOSC1
    got = (size_t)blosc_decompress_ctx(s->encoded, out, chunk_bytes, 1);
#else
    if (codec == ZSTD) {
        got = ZSTD_decompressDCtx(s->decoder, out, chunk_bytes, s->encoded, size);
    }
    else if (codec == BLOSC) {
        got = (size_t)blosc2_decompress_ctx(s->decoder, s->encoded, (int32_t)size, out,
                                            (int32_t)chunk_bytes);
    }
    else {
        zng_inflateReset(&s->gzip);
        s->gzip.next_in = s->encoded;
        s->gzip.avail_in = (uint32_t)size;
        s->gzip.next_out = out;
        s->gzip.avail_out = (uint32_t)chunk_bytes;
        if (zng_inflate(&s->gzip, 4) == 1) got = chunk_bytes - s->gzip.avail_out;
    }
#endif
    if (got != chunk_bytes) die("decode");
}

static size_t
encode(scratch *s)
{
#ifdef BLOSC1
    int got = blosc_compress_ctx(level, 1, ITEM, chunk_bytes, s->decoded, s->encoded,
                                 s->capacity, "lz4", 0, 1);
    if (got <= 0) die("encode");
    return (size_t)got;
#else
    size_t got = ZSTD_compressCCtx(s->encoder, s->encoded, s->capacity, s->decoded,
                                   chunk_bytes, level);
    if (codec != ZSTD || ZSTD_isError(got)) die("encode");
    return got;
#endif
}

static void
chunk_path(char *path, const char *folder, size_t index)
{
    sprintf(path, "%s/c/%zu/%zu/%zu", folder, index / (grid[1] * grid[2]),
            index / grid[2] % grid[1], index % grid[2]);
}

/* Where row `row` of a chunk lies in the array. Chunks divide the array evenly. */
static uint8_t *
row_address(size_t index, size_t row)
{
    size_t z = index / (grid[1] * grid[2]) * chunk[0] + row / chunk[1];
    size_t y = index / grid[2] % grid[1] * chunk[1] + row % chunk[1];
    size_t x = index % grid[2] * chunk[2];
    return array + ((z * shape[1] + y) * shape[2] + x) * ITEM;
}

static int
contiguous(void)
{
    return chunk[1] == shape[1] && chunk[2] == shape[2];
}

static void
copy_rows(size_t index, size_t first, size_t count, uint8_t *rows, int into_array)
{
    size_t row_bytes = chunk[2] * ITEM;
    for (size_t i = 0; i < count; i++, rows += row_bytes) {
        uint8_t *place = row_address(index, first + i);
        memcpy(into_array ? place : rows, into_array ? rows : place, row_bytes);
    }
}

static void
read_exactly(int file, uint8_t *out, size_t size, size_t offset)
{
    if (pread(file, out, size, (off_t)offset) != (ssize_t)size) die("pread");
}

static void
read_chunk(scratch *s, size_t index)
{
    char path[4096];
    struct stat status;
    size_t rows = chunk[0] * chunk[1], row_bytes = chunk[2] * ITEM;
    chunk_path(path, source, index);
    int file = open(path, O_RDONLY | O_CLOEXEC);
    if (file < 0) die(path);
    if (codec != NONE) {
        if (fstat(file, &status) || (size_t)status.st_size > s->capacity) die(path);
        read_exactly(file, s->encoded, (size_t)status.st_size, 0);
        decode(s, (size_t)status.st_size, contiguous() ? row_address(index, 0) : s->decoded);
        if (!contiguous()) copy_rows(index, 0, rows, s->decoded, 1);
    }
    else if (contiguous()) {
        read_exactly(file, row_address(index, 0), chunk_bytes, 0);
    }
    else {
        size_t step = PIECE / row_bytes;
        for (size_t row = 0; row < rows; row += step) {
            size_t count = rows - row < step ? rows - row : step;
            read_exactly(file, s->decoded, count * row_bytes, row * row_bytes);
            copy_rows(index, row, count, s->decoded, 1);
        }
    }
    close(file);
}

static int
create(const char *path)
{
    char parent[4096];
    int file = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
    if (file >= 0 || errno != ENOENT) return file;
    strcpy(parent, path);
    for (char *slash = parent + strlen(target); slash; slash = strchr(slash + 1, '/')) {
        *slash = 0;
        mkdir(parent, 0777);
        *slash = '/';
    }
    errno = 0;
    return open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
}

static void
write_chunk(scratch *s, size_t index)
{
    char path[4096], temporary[4104];
    uint8_t *rows = contiguous() ? row_address(index, 0) : s->decoded;
    size_t size = chunk_bytes;
    if (!contiguous() || codec != NONE) {
        rows = s->decoded;
        copy_rows(index, 0, chunk[0] * chunk[1], rows, 0);
    }
    if (codec != NONE) {
        size = encode(s);
        rows = s->encoded;
    }
    chunk_path(path, root, index);
    sprintf(temporary, work == REPLACE ? "%s.tmp" : "%s", path);
    int file = create(temporary);
    if (file < 0 || write(file, rows, size) != (ssize_t)size || close(file)) die(temporary);
    if (work == REPLACE && rename(temporary, path)) die(path);
}

static void *
worker(void *own)
{
    size_t index;
    while ((index = atomic_fetch_add(&next_chunk, 1)) < grid[0] * grid[1] * grid[2])
        job(own, index);
    return NULL;
}

static void
for_each_chunk(void (*each)(scratch *, size_t))
{
    pthread_t ids[64];
    job = each;
    next_chunk = 0;
    for (int i = 1; i < threads; i++)
        if (pthread_create(&ids[i], NULL, worker, &scratches[i])) die("pthread_create");
    worker(&scratches[0]);
    for (int i = 1; i < threads; i++) pthread_join(ids[i], NULL);
}

static void
read_element(void)
{
    char path[4096];
    uint8_t element[ITEM];
    chunk_path(path, source, 0);
    int file = open(path, O_RDONLY | O_CLOEXEC);
    if (file < 0) die(path);
    read_exactly(file, element, ITEM, ITEM);
    close(file);
}

static double
now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static double
once(void)
{
    double start = now();
    if (work == READ) {
        array = new_array(array_bytes);
        for_each_chunk(read_chunk);
    }
    else if (work == ELEMENT) {
        for (int i = 0; i < 1000; i++) read_element();
        return (now() - start) / 1000;
    }
    else {
        for_each_chunk(write_chunk);
    }
    double seconds = now() - start;
    if (work == READ) munmap(array, array_bytes);
    return seconds;
}

static int
ascending(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static void
parse(int argc, char **argv)
{
    if (argc < 13) die("usage: see the top of limit.c");
    work = choose(argv[1], WORKS);
    codec = choose(argv[2], CODECS);
    level = atoi(argv[3]);
    threads = atoi(argv[4]);
    repeats = atoi(argv[5]);
    array_bytes = chunk_bytes = ITEM;
    for (int i = 0; i < 3; i++) {
        shape[i] = strtoull(argv[6 + i], NULL, 10);
        chunk[i] = strtoull(argv[9 + i], NULL, 10);
        if (!chunk[i] || shape[i] % chunk[i]) die("chunks must divide the shape");
        grid[i] = shape[i] / chunk[i];
        array_bytes *= shape[i];
        chunk_bytes *= chunk[i];
    }
    source = argv[12];
    target = argc > 13 ? argv[13] : NULL;
    if (threads < 1 || threads > 64 || repeats < 1 || repeats > 99) die("threads or repeats");
    if ((work == WRITE || work == REPLACE) && !target) die("a write needs a TARGET");
}

int
main(int argc, char **argv)
{
    double seconds[99];
    parse(argc, argv);
#ifndef BLOSC1
    blosc2_init();
#endif
    for (int i = 0; i < threads; i++) new_scratch(&scratches[i]);
    if (work == WRITE || work == REPLACE) {
        array = new_array(array_bytes);
        for_each_chunk(read_chunk);
    }
    for (int i = -1; i < repeats; i++) { /* the first one warms scratch memory and is not counted */
        snprintf(root, sizeof root - 1, "%s/%d", target ? target : "", i + 1);
        double taken = once();
        if (i >= 0) seconds[i] = taken;
    }
    qsort(seconds, (size_t)repeats, sizeof *seconds, ascending);
    printf("%.9f\n", seconds[repeats / 2]);
    return 0;
}
