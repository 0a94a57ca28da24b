/* SPDX-License-Identifier: MIT
 * Loops over the elements of a chunk: casts, byte order, and filters in pieces that stay in the
 * first cache. Private to zarr_c.
 */
#ifndef ZARR_C_ELEMENTS_H
#define ZARR_C_ELEMENTS_H

#include "loops.h"

/* In the order of `NUMBERS` in `numbers.py`. */
#define ZC_EACH_NUMBER(X, ...)                                                                \
    X(__VA_ARGS__, i1) X(__VA_ARGS__, u1) X(__VA_ARGS__, i2) X(__VA_ARGS__, u2)               \
    X(__VA_ARGS__, i4) X(__VA_ARGS__, u4) X(__VA_ARGS__, i8) X(__VA_ARGS__, u8)               \
    X(__VA_ARGS__, f4) X(__VA_ARGS__, f8)
enum { ZC_F4 = 8, ZC_F8 = 9, ZC_NUMBERS = 10 };

typedef void (*zc_cast)(void *dst, const void *src, size_t n);

#define ZC_DEFINE_CAST(T, A)                                                                  \
    ZC_CLONES static void zc_cast_##T##_##A(void *dst, const void *src, size_t n)             \
    {                                                                                         \
        zc_##A *restrict d = (zc_##A *)dst;                                                   \
        const zc_##T *restrict s = (const zc_##T *)src;                                       \
        for (size_t i = 0; i < n; i++) {                                                      \
            d[i] = (zc_##A)s[i];                                                              \
        }                                                                                     \
    }
#define ZC_NAME_CAST(T, A) zc_cast_##T##_##A,
#define ZC_EACH_CAST(X)                                                                       \
    ZC_EACH_NUMBER(X, i1) ZC_EACH_NUMBER(X, u1) ZC_EACH_NUMBER(X, i2) ZC_EACH_NUMBER(X, u2)   \
    ZC_EACH_NUMBER(X, i4) ZC_EACH_NUMBER(X, u4) ZC_EACH_NUMBER(X, i8) ZC_EACH_NUMBER(X, u8)   \
    ZC_EACH_NUMBER(X, f4) ZC_EACH_NUMBER(X, f8)

ZC_EACH_CAST(ZC_DEFINE_CAST)
static const zc_cast zc_casts[ZC_NUMBERS * ZC_NUMBERS] = {ZC_EACH_CAST(ZC_NAME_CAST)};
static const unsigned char zc_sizes[ZC_NUMBERS] = {1, 1, 2, 2, 4, 4, 8, 8, 4, 8};

#define ZC_DEFINE_SWAP(W, SWAP)                                                               \
    ZC_CLONES static void zc_swap_##W(void *dst, const void *src, size_t n)                   \
    {                                                                                         \
        zc_##W *d = (zc_##W *)dst;                                                            \
        const zc_##W *s = (const zc_##W *)src;                                                \
        for (size_t i = 0; i < n; i++) {                                                      \
            d[i] = SWAP(s[i]);                                                                \
        }                                                                                     \
    }
ZC_DEFINE_SWAP(u2, __builtin_bswap16)
ZC_DEFINE_SWAP(u4, __builtin_bswap32)
ZC_DEFINE_SWAP(u8, __builtin_bswap64)

/* The other byte order; `dst` may be `src`. */
static inline void zc_swap(void *dst, const void *src, size_t n, size_t size)
{
    if (size == 2) {
        zc_swap_u2(dst, src, n);
    } else if (size == 4) {
        zc_swap_u4(dst, src, n);
    } else if (size == 8) {
        zc_swap_u8(dst, src, n);
    } else if (dst != src) {
        memcpy(dst, src, n * size);
    }
}

/* What is done with the elements of a piece, all of one type, after those before it. */
typedef void (*zc_step)(const void *state, void *carry, void *dst, const void *src, size_t n);

/* How elements are given, worked on and made. */
typedef struct {
    unsigned char given, worked, made;      /* index of each type */
    unsigned char given_swapped, made_swapped;
} zc_elements;

#define ZC_PIECE 1024

/* Run a step on `n` elements: from `given` to `worked` before it, to `made` after it. */
static void zc_run(const zc_elements *types, zc_step step, const void *state, void *carry,
                   uint8_t *dst, const uint8_t *src, size_t n)
{
    uint64_t one[ZC_PIECE], two[ZC_PIECE];
    const size_t given = zc_sizes[types->given], made = zc_sizes[types->made];
    const int cast = types->made != types->worked;

    for (size_t count; n > 0; n -= count, src += count * given, dst += count * made) {
        const void *at = src;

        count = n < ZC_PIECE ? n : ZC_PIECE;
        if (types->given_swapped) {
            zc_swap(one, at, count, given);
            at = one;
        }
        if (types->given != types->worked) {
            zc_casts[types->given * ZC_NUMBERS + types->worked](two, at, count);
            at = two;
        }
        if (cast) {
            void *out = at == one ? two : one;
            step(state, carry, out, at, count);
            zc_casts[types->worked * ZC_NUMBERS + types->made](dst, out, count);
        } else {
            step(state, carry, dst, at, count);
        }
        if (types->made_swapped) {
            zc_swap(dst, dst, count, made);
        }
    }
}

#endif
