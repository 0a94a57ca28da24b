/* SPDX-License-Identifier: MIT
 * The checksums of HDF5 that numcodecs has: Fletcher-32 and Bob Jenkins' lookup3. Private to
 * zarr_c.
 */
#ifndef ZARR_C_CHECKSUMS_H
#define ZARR_C_CHECKSUMS_H

#include "loops.h"

/* Sums of one block, of which 32 bits can hold the larger: 256 * 257 / 2 * 65535 < 2**32. */
#define ZC_FLETCHER_BLOCK 256
ZC_CLONES static void zc_fletcher_block(const uint8_t *data, size_t words, uint32_t *sum,
                                        uint32_t *weighted)
{
    const zc_u2 *word = (const zc_u2 *)data;
    uint32_t one = 0, two = 0;

    for (uint32_t i = 0; i < words; i++) {
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
        const uint32_t x = __builtin_bswap16(word[i]);
#else
        const uint32_t x = word[i];
#endif
        one += x;
        two += ((uint32_t)words - i) * x;
    }
    *sum = one;
    *weighted = two;
}

/* Modulo 65535, where only nothing but zeros gives 0. */
static inline uint64_t zc_fletcher_fold(uint64_t x)
{
    return x ? (x - 1) % 65535 + 1 : 0;
}

/* Big-endian words; a last odd byte is the high one of its word. */
static uint32_t zc_fletcher32(const uint8_t *data, size_t n)
{
    uint64_t one = 0, two = 0;

    for (size_t words = n / 2, count; words > 0; words -= count, data += 2 * count) {
        uint32_t sum, weighted;
        count = words < ZC_FLETCHER_BLOCK ? words : ZC_FLETCHER_BLOCK;
        zc_fletcher_block(data, count, &sum, &weighted);
        two = zc_fletcher_fold(two + count * one + weighted);
        one = zc_fletcher_fold(one + sum);
    }
    if (n % 2) {
        one = zc_fletcher_fold(one + ((uint32_t)data[0] << 8));
        two = zc_fletcher_fold(two + one);
    }
    return (uint32_t)(two << 16 | one);
}

#define ZC_ROTATE(x, k) ((x) << (k) | (x) >> (32 - (k)))

static inline uint32_t zc_little(const uint8_t *at)
{
    return at[0] | at[1] << 8 | at[2] << 16 | (uint32_t)at[3] << 24;
}

static uint32_t zc_lookup3(const uint8_t *data, size_t n, uint32_t initial)
{
    uint32_t a = 0xdeadbeef + (uint32_t)n + initial, b = a, c = a;
    uint8_t last[12] = {0};

    for (; n > 12; n -= 12, data += 12) {
        a += zc_little(data);
        b += zc_little(data + 4);
        c += zc_little(data + 8);
        a = (a - c) ^ ZC_ROTATE(c, 4), c += b;
        b = (b - a) ^ ZC_ROTATE(a, 6), a += c;
        c = (c - b) ^ ZC_ROTATE(b, 8), b += a;
        a = (a - c) ^ ZC_ROTATE(c, 16), c += b;
        b = (b - a) ^ ZC_ROTATE(a, 19), a += c;
        c = (c - b) ^ ZC_ROTATE(b, 4), b += a;
    }
    if (n == 0) {
        return c;
    }
    memcpy(last, data, n);
    a += zc_little(last);
    b += zc_little(last + 4);
    c += zc_little(last + 8);
    c = (c ^ b) - ZC_ROTATE(b, 14);
    a = (a ^ c) - ZC_ROTATE(c, 11);
    b = (b ^ a) - ZC_ROTATE(a, 25);
    c = (c ^ b) - ZC_ROTATE(b, 16);
    a = (a ^ c) - ZC_ROTATE(c, 4);
    b = (b ^ a) - ZC_ROTATE(a, 14);
    return (c ^ b) - ZC_ROTATE(b, 24);
}

#endif
