/* SPDX-License-Identifier: MIT
 * What a codec is to the workers: a table of functions from bytes to bytes that run without the GIL.
 */
#ifndef ZARR_C_CODEC_H
#define ZARR_C_CODEC_H

#include <stddef.h>
#include <stdlib.h>
#if defined(__linux__)
#include <sys/mman.h>
#endif

#include "zarr_c/status.h"

#define ZC_CODEC_ABI 2
#define ZC_SIZE_UNKNOWN SIZE_MAX

/* Memory that is reused: it grows and never shrinks, unless `fixed`, when it is somebody else's. */
typedef struct {
    uint8_t *data;
    size_t size;      /* bytes in use */
    size_t capacity;  /* bytes that may be used */
    int fixed;
} zc_buffer;

#define ZC_HUGE_PAGE ((size_t)1 << 21)

/* Make room for `n` bytes; what was in a buffer that has to grow is lost. */
static inline zc_status zc_reserve(zc_buffer *buffer, size_t n, zc_error *err)
{
    size_t align = 64, room;
    void *fresh = NULL;

    if (n <= buffer->capacity) {
        return ZC_OK;
    }
    if (buffer->fixed) {
        return zc_fail(err, ZC_CORRUPT, "decodes to more bytes than the chunk has",
                       (int64_t)buffer->capacity, (int64_t)n);
    }
    if (n > SIZE_MAX / 2 - ZC_HUGE_PAGE) {
        return zc_fail(err, ZC_MEMORY, "buffer too large", -1, -1);
    }
    room = n + 64; /* decoders may read a little past the end of their input */
    if (room >= ZC_HUGE_PAGE) {
        align = ZC_HUGE_PAGE; /* of the address only: a rounded size would waste up to half */
    }
    room = (room + 4095) / 4096 * 4096;
    if (posix_memalign(&fresh, align, room) != 0) {
        return zc_fail(err, ZC_MEMORY, "out of memory for a chunk buffer", -1, (int64_t)n);
    }
#if defined(__linux__) && defined(MADV_HUGEPAGE)
    if (align == ZC_HUGE_PAGE) {
        madvise(fresh, room, MADV_HUGEPAGE);
    }
#endif
    free(buffer->data);
    buffer->data = (uint8_t *)fresh;
    buffer->capacity = room - 64;
    return ZC_OK;
}

/* Make room for `n` bytes behind those in use, which stay. */
static inline zc_status zc_extend(zc_buffer *buffer, size_t n, zc_error *err)
{
    size_t room = buffer->capacity;
    zc_buffer larger = {NULL, 0, 0, 0};

    if (n <= room - buffer->size) {
        return ZC_OK;
    }
    if (buffer->fixed) {
        return zc_fail(err, ZC_CORRUPT, "decodes to more bytes than the chunk has",
                       (int64_t)buffer->capacity, (int64_t)n);
    }
    if (n > SIZE_MAX / 4 - buffer->size) {
        return zc_fail(err, ZC_MEMORY, "buffer too large", -1, -1);
    }
    n += buffer->size;
    if (zc_reserve(&larger, n > room + room / 2 ? n : room + room / 2, err) != ZC_OK) {
        return err->code;
    }
    if (buffer->size != 0) {
        memcpy(larger.data, buffer->data, buffer->size);
    }
    larger.size = buffer->size;
    free(buffer->data);
    *buffer = larger;
    return ZC_OK;
}

/* Something a codec keeps from call to call on one worker, such as a compression context. */
typedef struct {
    const void *owner;
    void *value;
    void (*destroy)(void *value);
} zc_slot;

#define ZC_WORKER_BUFFERS 8
#define ZC_WORKER_SLOTS 16

/* What one thread needs while it works on one chunk; taken from a free list and put back. */
typedef struct zc_worker {
    /* encoded bytes, two to ping-pong, chunk being updated, shard being made, its index,
     * what the slots of strings point to: in a decoded chunk, and in one being updated */
    zc_buffer buffer[ZC_WORKER_BUFFERS];
    zc_buffer key;
    zc_slot slot[ZC_WORKER_SLOTS];
    unsigned next_slot;
    struct zc_worker *next;
} zc_worker;

/* The slot of `owner` (any address that is the codec's own); its value is NULL when it is new. */
static inline zc_slot *zc_worker_slot(zc_worker *worker, const void *owner)
{
    zc_slot *slot;
    unsigned i;

    for (i = 0; i < ZC_WORKER_SLOTS; i++) {
        if (worker->slot[i].owner == owner) {
            return &worker->slot[i];
        }
    }
    slot = &worker->slot[worker->next_slot++ % ZC_WORKER_SLOTS];
    if (slot->value != NULL) {
        slot->destroy(slot->value);
    }
    slot->owner = owner;
    slot->value = NULL;
    slot->destroy = NULL;
    return slot;
}

/* Encoded bytes that are read where they are needed. */
typedef struct zc_source zc_source;
struct zc_source {
    size_t size;
    zc_status (*read)(zc_source *source, size_t offset, void *dst, size_t n, zc_error *err);
};

/* What is wanted of decoded bytes: the first `run` of each `period` bytes of [start, stop). */
typedef struct {
    size_t start, stop, run, period;
} zc_span;

/* A codec from bytes to bytes. Codecs from array to array or to bytes are the same: they get the
 * elements of one chunk, in C order and native byte order, and know shape and type by their state.
 *
 * Several threads call one codec at the same time, on workers of their own and without the GIL: it
 * must not change its state, nor touch a Python object without taking the GIL. `src` and `dst`
 * never overlap, and `src` may lie at any address. What goes wrong is returned from `zc_fail`:
 * ZC_CODEC for what cannot be encoded, ZC_CORRUPT for stored bytes that cannot be decoded,
 * ZC_MEMORY. Stored bytes may be anything: check them before they reach an index or an allocation.
 *
 * Another package gives a codec to zarr_c in a PyCapsule named "zarr_c.codec" around a pointer to
 * this table (see docs/codecs.md). `abi` is compared first, so that one built with the headers of
 * another version is refused.
 */
typedef struct zc_codec zc_codec;
struct zc_codec {
    uint32_t abi;  /* ZC_CODEC_ABI */
    void *state;   /* the codec's own: its parameters */
    /* Most bytes that `n` bytes can encode to, or ZC_SIZE_UNKNOWN. */
    size_t (*bound)(const zc_codec *codec, size_t n);
    /* Fill `dst`: reserve (`zc_reserve`), write, set its size. */
    zc_status (*encode)(const zc_codec *codec, zc_worker *worker, const uint8_t *src, size_t n,
                        zc_buffer *dst, zc_error *err);
    /* The same way back; more than `limit` bytes is an error before memory is taken. */
    zc_status (*decode)(const zc_codec *codec, zc_worker *worker, const uint8_t *src, size_t n,
                        zc_buffer *dst, size_t limit, zc_error *err);
    /* Decode what is wanted out of `n` bytes, reading no more than that needs; NULL if it cannot.
     * Byte span->start goes to dst->data; between what is wanted there may be anything. */
    zc_status (*decode_part)(const zc_codec *codec, zc_worker *worker, zc_source *source, size_t n,
                             const zc_span *span, zc_buffer *dst, zc_error *err);
};

#endif
