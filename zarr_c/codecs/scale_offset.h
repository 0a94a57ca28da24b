/* SPDX-License-Identifier: MIT
 * (x - offset) * scale and back, exact in integers. Private to zarr_c.
 */
#ifndef ZARR_C_SCALE_OFFSET_H
#define ZARR_C_SCALE_OFFSET_H

#include "loops.h"

/* Worked out in twice the width, so that nothing overflows; returns whether all results fit.
 * Unsigned, a difference below 0 wraps, and its product with a scale does not come down again to
 * what fits: 2**128 - (2**64 - 1)**2 > 2**64. */
#define ZC_DEFINE_EXACT(T, WIDE)                                                              \
    ZC_CLONES static int zc_shift_##T(void *dst, const void *src, size_t n,                   \
                                      const void *offset, const void *scale)                  \
    {                                                                                         \
        zc_##T *restrict d = (zc_##T *)dst;                                                   \
        const zc_##T *restrict s = (const zc_##T *)src;                                       \
        const WIDE by = *(const zc_##T *)offset, times = *(const zc_##T *)scale;              \
        int wrong = 0;                                                                        \
        for (size_t i = 0; i < n; i++) {                                                      \
            const WIDE x = ((WIDE)s[i] - by) * times;                                         \
            d[i] = (zc_##T)x;                                                                 \
            wrong |= (WIDE)d[i] != x;                                                         \
        }                                                                                     \
        return !wrong;                                                                        \
    }                                                                                         \
    ZC_CLONES static int zc_unshift_##T(void *dst, const void *src, size_t n,                 \
                                        const void *offset, const void *scale)                \
    {                                                                                         \
        zc_##T *restrict d = (zc_##T *)dst;                                                   \
        const zc_##T *restrict s = (const zc_##T *)src;                                       \
        const WIDE by = *(const zc_##T *)offset, times = *(const zc_##T *)scale;              \
        int wrong = 0;                                                                        \
        for (size_t i = 0; i < n; i++) {                                                      \
            const WIDE quotient = (WIDE)s[i] / times, x = quotient + by;                      \
            d[i] = (zc_##T)x;                                                                 \
            wrong |= (WIDE)d[i] != x || quotient * times != (WIDE)s[i];                       \
        }                                                                                     \
        return !wrong;                                                                        \
    }
#define ZC_DEFINE_INEXACT(T)                                                                  \
    ZC_CLONES static int zc_shift_##T(void *dst, const void *src, size_t n,                   \
                                      const void *offset, const void *scale)                  \
    {                                                                                         \
        zc_##T *restrict d = (zc_##T *)dst;                                                   \
        const zc_##T *restrict s = (const zc_##T *)src;                                       \
        const zc_##T by = *(const zc_##T *)offset, times = *(const zc_##T *)scale;            \
        for (size_t i = 0; i < n; i++) {                                                      \
            d[i] = (s[i] - by) * times;                                                       \
        }                                                                                     \
        return 1;                                                                             \
    }                                                                                         \
    ZC_CLONES static int zc_unshift_##T(void *dst, const void *src, size_t n,                 \
                                        const void *offset, const void *scale)                \
    {                                                                                         \
        zc_##T *restrict d = (zc_##T *)dst;                                                   \
        const zc_##T *restrict s = (const zc_##T *)src;                                       \
        const zc_##T by = *(const zc_##T *)offset, times = *(const zc_##T *)scale;            \
        for (size_t i = 0; i < n; i++) {                                                      \
            d[i] = s[i] / times + by;                                                         \
        }                                                                                     \
        return 1;                                                                             \
    }
ZC_DEFINE_EXACT(i1, int32_t)
ZC_DEFINE_EXACT(u1, int32_t)
ZC_DEFINE_EXACT(i2, int64_t)
ZC_DEFINE_EXACT(u2, int64_t)
ZC_DEFINE_EXACT(i4, int64_t)
ZC_DEFINE_EXACT(u4, uint64_t)
ZC_DEFINE_EXACT(i8, __int128)
ZC_DEFINE_EXACT(u8, unsigned __int128)
ZC_DEFINE_INEXACT(f4)
ZC_DEFINE_INEXACT(f8)

typedef int (*zc_shifting)(void *dst, const void *src, size_t n, const void *offset,
                           const void *scale);
#define ZC_ALL(F) {F##_i1, F##_u1, F##_i2, F##_u2, F##_i4, F##_u4, F##_i8, F##_u8, F##_f4, F##_f8}
static const zc_shifting zc_shift[10] = ZC_ALL(zc_shift);
static const zc_shifting zc_unshift[10] = ZC_ALL(zc_unshift);

#endif
