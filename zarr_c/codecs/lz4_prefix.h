/* The start of an LZ4 block, decoded no further than it is wanted.
 *
 * The library's own partial decoding copies its last match byte by byte, and a stream of equal bytes
 * is one match: the start of 128 KiB of zeros took 80 us by it and takes 2 by this. (Block format:
 * lz4_Block_format.md of the LZ4 project.)
 */
#ifndef ZARR_C_LZ4_PREFIX_H
#define ZARR_C_LZ4_PREFIX_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

#define ZC_LZ4_SLACK 32 /* bytes behind both buffers that may be read and written */

/* A length whose four bits in the token were full goes on in bytes; 0 where the input ends. */
static inline int zc_lz4_length(const uint8_t **in, const uint8_t *end, size_t *length)
{
    unsigned more;

    do {
        if (*in >= end) {
            return 0;
        }
        more = *(*in)++;
        *length += more;
    } while (more == 255);
    return 1;
}

/* Copy `n` bytes from `offset` bytes before `out`, which repeat where they overlap. */
static inline void zc_lz4_match(uint8_t *out, size_t offset, size_t n)
{
    /* the smallest multiple of an offset that is 8 or more */
    static const uint8_t wide[8] = {0, 8, 8, 9, 8, 10, 12, 14};
    /* times this, so many bytes are repeated up to 8 */
    static const uint64_t again[8] = {
        0, 0x0101010101010101, 0x0001000100010001, 0x0001000001000001,
        0x0000000100000001, 0x0000010000000001, 0x0001000000000001, 0x0100000000000001};
    uint8_t *end = out + n;
    uint64_t word;

    if (offset < 8) {
        memcpy(&word, out - offset, 8);
        word = (word & (((uint64_t)1 << 8 * offset) - 1)) * again[offset];
        memcpy(out, &word, 8);
        out += 8;
        offset = wide[offset];
    }
    if (end - out > 64) { /* what is there already doubles with each copy */
        for (; (size_t)(end - out) > offset; offset *= 2) {
            memcpy(out, out - offset, offset);
            out += offset;
        }
        memcpy(out, out - offset, (size_t)(end - out));
        return;
    }
    for (; out < end; out += 8) {
        memcpy(out, out - offset, 8);
    }
}

/* Decode the first `want` of the `length` bytes of a block, of which no more than
 * `want + want / 255 + 16` bytes have to be there. Both buffers have ZC_LZ4_SLACK bytes behind them.
 *
 * Returns 0 for a damaged block. Of a block that is wanted to its end, all is checked; else the
 * rest is not looked at. */
static inline int zc_lz4_prefix(
    const uint8_t *in, size_t n, uint8_t *out, size_t length, size_t want)
{
    const uint8_t *end = in + n, *first = out, *stop = out + want;
    size_t run, offset;
    unsigned token;

    while (out < stop) {
        if (in >= end) {
            return 0;
        }
        token = *in++;
        run = token >> 4;
        if (run == 15 && !zc_lz4_length(&in, end, &run)) {
            return 0;
        }
        if (run > length - (size_t)(out - first)) {
            return 0;
        }
        if (run > (size_t)(stop - out)) { /* the input may end with what is wanted */
            run = (size_t)(stop - out);
        }
        if (run > (size_t)(end - in)) {
            return 0;
        }
        if (run <= 16) { /* what is copied too much is overwritten, or lies in the slack */
            memcpy(out, in, 16);
        } else {
            memcpy(out, in, run);
        }
        in += run;
        out += run;
        if (out >= stop || end - in < 2) { /* the last literals have no match */
            break;
        }
        offset = in[0] | (size_t)in[1] << 8;
        in += 2;
        run = (token & 15) + 4;
        if (offset - 1 >= (size_t)(out - first)) {
            return 0;
        }
        if (run < 19 && offset >= 8 && run <= length - (size_t)(out - first)) {
            memcpy(out, out - offset, 8);
            memcpy(out + 8, out + 8 - offset, 8);
            memcpy(out + 16, out + 16 - offset, 2);
            out += run;
            continue;
        }
        if (run == 19 && !zc_lz4_length(&in, end, &run)) {
            return 0;
        }
        if (run > length - (size_t)(out - first)) {
            return 0;
        }
        /* a long run may go on far beyond what is wanted */
        zc_lz4_match(out, offset, run < (size_t)(stop - out) ? run : (size_t)(stop - out));
        out += run;
    }
    return out >= stop && (want < length || in == end);
}

#endif
