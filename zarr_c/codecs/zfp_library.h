/* SPDX-License-Identifier: MIT
 * The stable functions of zfp 1.0, whose header the wheel that carries the library does not have,
 * and small integers as zfp takes them. Private to zarr_c.
 */
#ifndef ZARR_C_ZFP_H
#define ZARR_C_ZFP_H

#include "loops.h"

typedef struct zfp_stream zfp_stream;
typedef struct zfp_field zfp_field;
typedef struct bitstream bitstream;
enum { ZC_ZFP_INT32 = 1, ZC_ZFP_INT64 = 2, ZC_ZFP_FLOAT = 3, ZC_ZFP_DOUBLE = 4,
       ZC_ZFP_HEADER = 7 };
zfp_stream *zfp_stream_open(bitstream *);
void zfp_stream_close(zfp_stream *);
void zfp_stream_set_bit_stream(zfp_stream *, bitstream *);
void zfp_stream_rewind(zfp_stream *);
void zfp_stream_set_reversible(zfp_stream *);
double zfp_stream_set_rate(zfp_stream *, double, int, unsigned, int);
unsigned zfp_stream_set_precision(zfp_stream *, unsigned);
double zfp_stream_set_accuracy(zfp_stream *, double);
int zfp_stream_set_params(zfp_stream *, unsigned, unsigned, unsigned, int);
size_t zfp_stream_maximum_size(const zfp_stream *, const zfp_field *);
zfp_field *zfp_field_alloc(void);
void zfp_field_free(zfp_field *);
void zfp_field_set_pointer(zfp_field *, void *);
int zfp_field_set_type(zfp_field *, int);
int zfp_field_type(const zfp_field *);
size_t zfp_field_size(const zfp_field *, size_t *);
unsigned zfp_field_dimensionality(const zfp_field *);
void zfp_field_set_size_1d(zfp_field *, size_t);
void zfp_field_set_size_2d(zfp_field *, size_t, size_t);
void zfp_field_set_size_3d(zfp_field *, size_t, size_t, size_t);
void zfp_field_set_size_4d(zfp_field *, size_t, size_t, size_t, size_t);
size_t zfp_compress(zfp_stream *, const zfp_field *);
size_t zfp_decompress(zfp_stream *, zfp_field *);
size_t zfp_write_header(zfp_stream *, const zfp_field *, unsigned);
size_t zfp_read_header(zfp_stream *, zfp_field *, unsigned);
bitstream *stream_open(void *, size_t);
void stream_close(bitstream *);

/* The types in memory. zfp takes integers of 32 and 64 bits, of which it wants two bits free. */
enum zc_zfp_type {
    ZC_ZFP_I1, ZC_ZFP_U1, ZC_ZFP_I2, ZC_ZFP_U2, ZC_ZFP_I4, ZC_ZFP_U4, ZC_ZFP_I8, ZC_ZFP_U8,
    ZC_ZFP_F4, ZC_ZFP_F8
};

static inline int zc_zfp_scalar(int type)
{
    switch (type) {
    case ZC_ZFP_F8: return ZC_ZFP_DOUBLE;
    case ZC_ZFP_F4: return ZC_ZFP_FLOAT;
    case ZC_ZFP_I8:
    case ZC_ZFP_U8: return ZC_ZFP_INT64;
    default: return ZC_ZFP_INT32;
    }
}

static inline size_t zc_zfp_size(int type)
{
    static const unsigned char size[] = {1, 1, 2, 2, 4, 4, 8, 8, 4, 8};
    return size[type];
}

/* Bytes of an element as zfp sees it. */
static inline size_t zc_zfp_wide(int type)
{
    return zc_zfp_size(type) < 4 ? 4 : zc_zfp_size(type);
}

#define ZC_PROMOTE(T, MIDDLE, SHIFT)                                                          \
    for (size_t i = 0; i < n; i++) {                                                          \
        ((int32_t *)dst)[i] = ((int32_t)((const zc_##T *)src)[i] - MIDDLE) * (1 << SHIFT);    \
    }
#define ZC_DEMOTE(T, MIDDLE, SHIFT, LOW, HIGH)                                                \
    for (size_t i = 0; i < n; i++) {                                                          \
        const int32_t x = (((const int32_t *)src)[i] >> SHIFT) + MIDDLE;                      \
        ((zc_##T *)dst)[i] = (zc_##T)(x < LOW ? LOW : x > HIGH ? HIGH : x);                   \
    }
#define ZC_ANY_HIGH(T, BIT)                                                                   \
    for (size_t i = 0; i < n; i++) {                                                          \
        high |= ((const zc_##T *)src)[i] >> BIT;                                              \
    }
#define ZC_CLAMP(T)                                                                           \
    for (size_t i = 0; i < n; i++) {                                                          \
        ((zc_##T *)src)[i] = ((zc_##T *)src)[i] < 0 ? 0 : ((zc_##T *)src)[i];                 \
    }

/* Elements as zfp takes them; 0 if one has no place there. */
static int zc_zfp_promote(int type, void *dst, const void *src, size_t n)
{
    uint64_t high = 0;

    switch (type) {
    case ZC_ZFP_I1: ZC_PROMOTE(i1, 0, 23) return 1;
    case ZC_ZFP_U1: ZC_PROMOTE(u1, 0x80, 23) return 1;
    case ZC_ZFP_I2: ZC_PROMOTE(i2, 0, 15) return 1;
    case ZC_ZFP_U2: ZC_PROMOTE(u2, 0x8000, 15) return 1;
    case ZC_ZFP_U4: ZC_ANY_HIGH(u4, 31) break;
    case ZC_ZFP_U8: ZC_ANY_HIGH(u8, 63) break;
    }
    memcpy(dst, src, n * zc_zfp_size(type));
    return high == 0;
}

/* Elements back from what zfp makes of them, which may lie a little out of their range. */
static void zc_zfp_demote(int type, void *dst, void *src, size_t n)
{
    switch (type) {
    case ZC_ZFP_I1: ZC_DEMOTE(i1, 0, 23, -0x80, 0x7F) return;
    case ZC_ZFP_U1: ZC_DEMOTE(u1, 0x80, 23, 0, 0xFF) return;
    case ZC_ZFP_I2: ZC_DEMOTE(i2, 0, 15, -0x8000, 0x7FFF) return;
    case ZC_ZFP_U2: ZC_DEMOTE(u2, 0x8000, 15, 0, 0xFFFF) return;
    case ZC_ZFP_U4: ZC_CLAMP(i4) break;
    case ZC_ZFP_U8: ZC_CLAMP(i8) break;
    }
    memcpy(dst, src, n * zc_zfp_size(type));
}

#endif
