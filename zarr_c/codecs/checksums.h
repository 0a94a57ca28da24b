/* SPDX-License-Identifier: MIT
 * The checksums of HDF5 that numcodecs has: Fletcher-32 and Bob Jenkins' lookup3. Private to
 * zarr_c.
 */
#ifndef ZARR_C_CHECKSUMS_H
#define ZARR_C_CHECKSUMS_H

#include "loops.h"

static inline uint32_t zc_big(const uint8_t *at)
{
    return (uint32_t)at[0] << 8 | at[1];
}

/* Sums of one block in columns, which vectors add beside each other. Word i of n counts n - i
 * times in the second sum; 128 rows stay below 2**32. */
#define ZC_COLUMNS 16
#define ZC_ROWS 128
#define ZC_FLETCHER_BLOCK (ZC_COLUMNS * ZC_ROWS)
ZC_CLONES static void zc_fletcher_block(const uint8_t *data, uint64_t *sum, uint64_t *weighted)
{
    const zc_u2 *word = (const zc_u2 *)data;
    uint32_t one[ZC_COLUMNS] = {0}, two[ZC_COLUMNS] = {0};

    for (int row = 0; row < ZC_ROWS; row++, word += ZC_COLUMNS) {
        for (int i = 0; i < ZC_COLUMNS; i++) {
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
            one[i] += (uint16_t)(word[i] << 8 | word[i] >> 8);
#else
            one[i] += word[i];
#endif
            two[i] += one[i];
        }
    }
    *sum = *weighted = 0;
    for (int i = 0; i < ZC_COLUMNS; i++) {
        *sum += one[i];
        *weighted += (uint64_t)ZC_COLUMNS * two[i] - (uint64_t)i * one[i];
    }
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

    for (; n >= 2 * ZC_FLETCHER_BLOCK; n -= 2 * ZC_FLETCHER_BLOCK) {
        uint64_t sum, weighted;
        zc_fletcher_block(data, &sum, &weighted);
        two = zc_fletcher_fold(two + ZC_FLETCHER_BLOCK * one + weighted);
        one = zc_fletcher_fold(one + sum);
        data += 2 * ZC_FLETCHER_BLOCK;
    }
    for (; n >= 2; n -= 2, data += 2) {
        one += zc_big(data);
        two += one;
    }
    one = zc_fletcher_fold(one);
    two = zc_fletcher_fold(two);
    if (n > 0) {
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
