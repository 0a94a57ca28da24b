/* SPDX-License-Identifier: MIT
 * Elements as some of their bits. Private to zarr_c.
 */
#ifndef ZARR_C_PACKBITS_H
#define ZARR_C_PACKBITS_H

#if defined(__SSE2__)
#include <emmintrin.h>
#endif

#include "loops.h"

#define ZC_LOW7 0x7f7f7f7f7f7f7f7fULL
#define ZC_ONES 0x0101010101010101ULL

static inline uint64_t zc_eight(const uint8_t *at)
{
    uint64_t x;

    memcpy(&x, at, 8);
#if __BYTE_ORDER__ != __ORDER_LITTLE_ENDIAN__
    x = __builtin_bswap64(x);
#endif
    return x;
}

/* Bytes that are not 0, as ones. */
static inline uint64_t zc_truth(uint64_t x)
{
    return (((x & ZC_LOW7) + ZC_LOW7) | x) >> 7 & ZC_ONES;
}

static inline uint8_t zc_pack_eight(const uint8_t *at, int high)
{
    /* a multiplication brings the eight bits beside each other */
    return (uint8_t)(zc_truth(zc_eight(at))
                     * (high ? 0x8040201008040201ULL : 0x0102040810204080ULL) >> 56);
}

/* Truth values as bits, the first in the highest bit of a byte (NumPy's packbits) or the lowest. */
static void zc_pack_truth(uint8_t *dst, const uint8_t *src, size_t n, int high)
{
    uint8_t last[8] = {0};

#if defined(__SSE2__)
    for (; n >= 16; n -= 16, src += 16, dst += 2) {
        __m128i x = _mm_loadu_si128((const __m128i *)src);
        if (high) {
            x = _mm_set_epi64x((int64_t)__builtin_bswap64(zc_eight(src + 8)),
                               (int64_t)__builtin_bswap64(zc_eight(src)));
        }
        const int zeros = _mm_movemask_epi8(_mm_cmpeq_epi8(x, _mm_setzero_si128()));
        *(zc_u2 *)dst = (uint16_t)~zeros;
    }
#endif
    for (; n >= 8; n -= 8, src += 8) {
        *dst++ = zc_pack_eight(src, high);
    }
    if (n > 0) {
        memcpy(last, src, n);
        *dst = zc_pack_eight(last, high);
    }
}

static void zc_unpack_truth(uint8_t *dst, const uint8_t *src, size_t n, int high)
{
    uint8_t table[256][8];

    for (int byte = 0; byte < 256; byte++) {
        for (int bit = 0; bit < 8; bit++) {
            table[byte][bit] = byte >> (high ? 7 - bit : bit) & 1;
        }
    }
    for (; n >= 8; n -= 8, dst += 8) {
        memcpy(dst, table[*src++], 8);
    }
    if (n > 0) {
        memcpy(dst, table[*src], n);
    }
}

typedef struct {
    unsigned size;         /* bytes of a component in memory: 1, 2, 4 or 8 */
    unsigned first, count; /* bits that are kept, from the lowest */
    int is_signed;         /* the highest of them is repeated above */
} zc_bits;

static inline uint64_t zc_load(const uint8_t *at, unsigned size)
{
    switch (size) {
    case 1: return *at;
    case 2: return *(const zc_u2 *)at;
    case 4: return *(const zc_u4 *)at;
    default: return *(const zc_u8 *)at;
    }
}

static inline void zc_store(uint8_t *at, unsigned size, uint64_t x)
{
    switch (size) {
    case 1: *at = (uint8_t)x; break;
    case 2: *(zc_u2 *)at = (uint16_t)x; break;
    case 4: *(zc_u4 *)at = (uint32_t)x; break;
    default: *(zc_u8 *)at = x; break;
    }
}

static inline uint64_t zc_mask(unsigned count)
{
    return ~(uint64_t)0 >> (64 - count);
}

/* `n` components one behind the other, lowest bit first; never more than 32 bits at a time. */
static void zc_pack(const zc_bits *bits, uint8_t *dst, const uint8_t *src, size_t n)
{
    uint64_t held = 0;
    unsigned filled = 0;

    for (; n > 0; n--, src += bits->size) {
        uint64_t x = zc_load(src, bits->size) >> bits->first & zc_mask(bits->count);
        for (unsigned left = bits->count, part; left > 0; left -= part, x >>= part) {
            part = left < 32 ? left : 32;
            held |= (x & zc_mask(part)) << filled;
            for (filled += part; filled >= 8; filled -= 8, held >>= 8) {
                *dst++ = (uint8_t)held;
            }
        }
    }
    if (filled > 0) {
        *dst = (uint8_t)held;
    }
}

static void zc_unpack(const zc_bits *bits, uint8_t *dst, const uint8_t *src, size_t n)
{
    const uint64_t top = (uint64_t)1 << (bits->count - 1);
    uint64_t held = 0;
    unsigned filled = 0;

    for (; n > 0; n--, dst += bits->size) {
        uint64_t x = 0;
        for (unsigned got = 0, part; got < bits->count; got += part) {
            part = bits->count - got < 32 ? bits->count - got : 32;
            for (; filled < part; filled += 8) {
                held |= (uint64_t)*src++ << filled;
            }
            x |= (held & zc_mask(part)) << got;
            held >>= part;
            filled -= part;
        }
        if (bits->is_signed) {
            x = (x ^ top) - top;
        }
        zc_store(dst, bits->size, x << bits->first);
    }
}

#endif
