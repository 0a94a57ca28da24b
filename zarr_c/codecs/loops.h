/* SPDX-License-Identifier: MIT
 * Loops over stored elements: types that may lie anywhere, and a second version of a loop for wide
 * vectors. Private to zarr_c.
 */
#ifndef ZARR_C_LOOPS_H
#define ZARR_C_LOOPS_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

/* One version for wide vectors and one for any machine, chosen when the module is loaded. */
#if defined(__x86_64__) && defined(__linux__) && defined(__GLIBC__) && defined(__GNUC__) \
    && !defined(__clang__) && !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
#define ZC_CLONES __attribute__((target_clones("avx2", "default")))
#else
#define ZC_CLONES
#endif

/* Stored elements may lie at any address. */
#define ZC_LOOSE __attribute__((aligned(1), may_alias))
typedef int8_t ZC_LOOSE zc_i1;
typedef uint8_t ZC_LOOSE zc_u1;
typedef int16_t ZC_LOOSE zc_i2;
typedef uint16_t ZC_LOOSE zc_u2;
typedef int32_t ZC_LOOSE zc_i4;
typedef uint32_t ZC_LOOSE zc_u4;
typedef int64_t ZC_LOOSE zc_i8;
typedef uint64_t ZC_LOOSE zc_u8;
typedef float ZC_LOOSE zc_f4;
typedef double ZC_LOOSE zc_f8;

#endif
