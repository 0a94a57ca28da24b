/* SPDX-License-Identifier: MIT
 * The bytes of elements by their place in the element (numcodecs' shuffle). Private to zarr_c.
 */
#ifndef ZARR_C_SHUFFLE_H
#define ZARR_C_SHUFFLE_H

#include "loops.h"

/* The sizes of numbers have loops that the compiler can unroll into vectors. */
#define ZC_DEFINE_SHUFFLE(SIZE)                                                               \
    ZC_CLONES static void zc_shuffle_##SIZE(uint8_t *restrict dst, const uint8_t *restrict src, \
                                            size_t count)                                     \
    {                                                                                         \
        for (size_t i = 0; i < count; i++) {                                                  \
            for (size_t j = 0; j < SIZE; j++) {                                               \
                dst[j * count + i] = src[i * SIZE + j];                                       \
            }                                                                                 \
        }                                                                                     \
    }                                                                                         \
    ZC_CLONES static void zc_unshuffle_##SIZE(uint8_t *restrict dst,                          \
                                              const uint8_t *restrict src, size_t count)      \
    {                                                                                         \
        for (size_t i = 0; i < count; i++) {                                                  \
            for (size_t j = 0; j < SIZE; j++) {                                               \
                dst[i * SIZE + j] = src[j * count + i];                                       \
            }                                                                                 \
        }                                                                                     \
    }
ZC_DEFINE_SHUFFLE(2)
ZC_DEFINE_SHUFFLE(4)
ZC_DEFINE_SHUFFLE(8)

static void zc_shuffle(uint8_t *dst, const uint8_t *src, size_t count, size_t size)
{
    switch (size) {
    case 2: zc_shuffle_2(dst, src, count); return;
    case 4: zc_shuffle_4(dst, src, count); return;
    case 8: zc_shuffle_8(dst, src, count); return;
    }
    for (size_t i = 0; i < count; i++) {
        for (size_t j = 0; j < size; j++) {
            dst[j * count + i] = *src++;
        }
    }
}

static void zc_unshuffle(uint8_t *dst, const uint8_t *src, size_t count, size_t size)
{
    switch (size) {
    case 2: zc_unshuffle_2(dst, src, count); return;
    case 4: zc_unshuffle_4(dst, src, count); return;
    case 8: zc_unshuffle_8(dst, src, count); return;
    }
    for (size_t i = 0; i < count; i++) {
        for (size_t j = 0; j < size; j++) {
            *dst++ = src[j * count + i];
        }
    }
}

#endif
