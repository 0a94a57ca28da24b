/* SPDX-License-Identifier: MIT
 * What the filters of numcodecs and `bitround` do with the elements of a piece. Private to zarr_c.
 */
#ifndef ZARR_C_FILTERS_H
#define ZARR_C_FILTERS_H

#include <math.h>

#include "elements.h"

/* ---- delta: `carry` holds the last element of the piece before; unsigned integers wrap */

#define ZC_DEFINE_DELTA(T)                                                                    \
    ZC_CLONES static void zc_difference_##T(const void *state, void *carry, void *dst,        \
                                            const void *src, size_t n)                        \
    {                                                                                         \
        zc_##T *restrict d = (zc_##T *)dst;                                                   \
        const zc_##T *restrict s = (const zc_##T *)src;                                       \
        (void)state;                                                                          \
        d[0] = s[0] - *(zc_##T *)carry;                                                       \
        for (size_t i = 1; i < n; i++) {                                                      \
            d[i] = s[i] - s[i - 1];                                                           \
        }                                                                                     \
        *(zc_##T *)carry = s[n - 1];                                                          \
    }                                                                                         \
    static void zc_sum_##T(const void *state, void *carry, void *dst, const void *src,        \
                           size_t n)                                                          \
    {                                                                                         \
        zc_##T *restrict d = (zc_##T *)dst;                                                   \
        const zc_##T *restrict s = (const zc_##T *)src;                                       \
        zc_##T sum = *(zc_##T *)carry;                                                        \
        (void)state;                                                                          \
        for (size_t i = 0; i < n; i++) {                                                      \
            sum += s[i];                                                                      \
            d[i] = sum;                                                                       \
        }                                                                                     \
        *(zc_##T *)carry = sum;                                                               \
    }
ZC_DEFINE_DELTA(u1)
ZC_DEFINE_DELTA(u2)
ZC_DEFINE_DELTA(u4)
ZC_DEFINE_DELTA(u8)
ZC_DEFINE_DELTA(f4)
ZC_DEFINE_DELTA(f8)

#define ZC_INTEGERS(F) F##_u1, F##_u1, F##_u2, F##_u2, F##_u4, F##_u4, F##_u8, F##_u8
static const zc_step zc_difference[ZC_NUMBERS] = {
    ZC_INTEGERS(zc_difference), zc_difference_f4, zc_difference_f8};
static const zc_step zc_sum[ZC_NUMBERS] = {ZC_INTEGERS(zc_sum), zc_sum_f4, zc_sum_f8};

/* What a running sum starts from: -0.0 for floats, which leaves the first element as it is. */
static inline uint64_t zc_sum_start(int type)
{
    uint64_t carry = 0;

    if (type == ZC_F4) {
        *(zc_f4 *)&carry = -0.0f;
    } else if (type == ZC_F8) {
        *(zc_f8 *)&carry = -0.0;
    }
    return carry;
}

/* ---- fixedscaleoffset */

typedef struct {
    double offset, scale;
} zc_scaling;

#define ZC_DEFINE_SCALE(T, RINT)                                                              \
    ZC_CLONES static void zc_scale_##T(const void *state, void *carry, void *dst,             \
                                       const void *src, size_t n)                             \
    {                                                                                         \
        zc_##T *restrict d = (zc_##T *)dst;                                                   \
        const zc_##T *restrict s = (const zc_##T *)src;                                       \
        const zc_##T offset = (zc_##T)((const zc_scaling *)state)->offset;                    \
        const zc_##T scale = (zc_##T)((const zc_scaling *)state)->scale;                      \
        (void)carry;                                                                          \
        for (size_t i = 0; i < n; i++) {                                                      \
            d[i] = RINT((s[i] - offset) * scale);                                             \
        }                                                                                     \
    }                                                                                         \
    ZC_CLONES static void zc_unscale_##T(const void *state, void *carry, void *dst,           \
                                         const void *src, size_t n)                           \
    {                                                                                         \
        zc_##T *restrict d = (zc_##T *)dst;                                                   \
        const zc_##T *restrict s = (const zc_##T *)src;                                       \
        const zc_##T offset = (zc_##T)((const zc_scaling *)state)->offset;                    \
        const zc_##T scale = (zc_##T)((const zc_scaling *)state)->scale;                      \
        (void)carry;                                                                          \
        for (size_t i = 0; i < n; i++) {                                                      \
            d[i] = s[i] / scale + offset;                                                     \
        }                                                                                     \
    }
ZC_DEFINE_SCALE(f4, rintf)
ZC_DEFINE_SCALE(f8, rint)

/* ---- bitround */

typedef struct {
    unsigned keep;   /* bits of the significand that stay */
    unsigned bits;   /* bits that it has; 0 for integers, where the highest set bit counts */
    uint64_t most;   /* larger magnitudes are NaN and stay so */
} zc_rounding;

/* Round half to even. A carry out of the significand is the next power of two, as it should be. */
#define ZC_DEFINE_ROUND(T, BITS)                                                              \
    ZC_CLONES static void zc_round_##T(const void *state, void *carry, void *dst,             \
                                       const void *src, size_t n)                             \
    {                                                                                         \
        zc_##T *restrict d = (zc_##T *)dst;                                                   \
        const zc_##T *restrict s = (const zc_##T *)src;                                       \
        const zc_rounding *rounding = (const zc_rounding *)state;                             \
        const unsigned drop = rounding->bits - rounding->keep;                                \
        const zc_##T half = (zc_##T)(((uint64_t)1 << (drop - 1)) - 1);                        \
        const zc_##T mask = (zc_##T)(~(uint64_t)0 << drop);                                   \
        const zc_##T quiet = (zc_##T)((uint64_t)1 << (rounding->bits - 1));                   \
        const zc_##T most = (zc_##T)rounding->most;                                           \
        const zc_##T magnitude = (zc_##T)(~(uint64_t)0 >> (65 - BITS));                       \
        (void)carry;                                                                          \
        for (size_t i = 0; i < n; i++) {                                                      \
            const zc_##T x = s[i];                                                            \
            const zc_##T rounded = (zc_##T)(x + ((x >> drop) & 1) + half) & mask;             \
            d[i] = (x & magnitude) > most ? (zc_##T)((x & mask) | quiet) : rounded;           \
        }                                                                                     \
    }                                                                                         \
    static void zc_round_integer_##T(const void *state, void *carry, void *dst,               \
                                     const void *src, size_t n)                               \
    {                                                                                         \
        zc_##T *restrict d = (zc_##T *)dst;                                                   \
        const zc_##T *restrict s = (const zc_##T *)src;                                       \
        const unsigned keep = ((const zc_rounding *)state)->keep;                             \
        (void)carry;                                                                          \
        for (size_t i = 0; i < n; i++) {                                                      \
            const uint64_t x = s[i];                                                          \
            const unsigned bits = x ? 64 - (unsigned)__builtin_clzll(x) : 0;                  \
            uint64_t rounded = x;                                                             \
            if (bits > keep) {                                                                \
                const unsigned drop = bits - keep;                                            \
                const uint64_t most = ~(uint64_t)0 >> (64 - BITS);                            \
                const uint64_t add = ((x >> drop) & 1) + (((uint64_t)1 << (drop - 1)) - 1);   \
                rounded = (x > most - add ? most : x + add) & (~(uint64_t)0 << drop);         \
            }                                                                                 \
            d[i] = (zc_##T)rounded;                                                           \
        }                                                                                     \
    }
ZC_DEFINE_ROUND(u1, 8)
ZC_DEFINE_ROUND(u2, 16)
ZC_DEFINE_ROUND(u4, 32)
ZC_DEFINE_ROUND(u8, 64)

static const zc_step zc_round[ZC_NUMBERS] = {ZC_INTEGERS(zc_round), NULL, NULL};
static const zc_step zc_round_integer[ZC_NUMBERS] = {ZC_INTEGERS(zc_round_integer), NULL, NULL};

#endif
