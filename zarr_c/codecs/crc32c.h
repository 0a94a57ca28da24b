/* SPDX-License-Identifier: MIT
 * CRC-32C with the processor's instruction where it has one, else eight tables. Private to zarr_c.
 */
#ifndef ZARR_C_CRC32C_H
#define ZARR_C_CRC32C_H

#include <pthread.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

static uint32_t zc_crc32c_table[8][256];
static pthread_once_t zc_crc32c_once = PTHREAD_ONCE_INIT;

static void zc_crc32c_make_tables(void)
{
    uint32_t i, j, sum;

    for (i = 0; i < 256; i++) {
        sum = i;
        for (j = 0; j < 8; j++) {
            sum = (sum >> 1) ^ (0x82F63B78u & (0u - (sum & 1)));
        }
        zc_crc32c_table[0][i] = sum;
    }
    for (j = 1; j < 8; j++) {
        for (i = 0; i < 256; i++) {
            sum = zc_crc32c_table[j - 1][i];
            zc_crc32c_table[j][i] = zc_crc32c_table[0][sum & 255] ^ (sum >> 8);
        }
    }
}

static uint32_t zc_crc32c_portable(uint32_t sum, const uint8_t *data, size_t n)
{
    pthread_once(&zc_crc32c_once, zc_crc32c_make_tables);
    while (n >= 8) {
        uint32_t low = sum ^ (data[0] | data[1] << 8 | data[2] << 16 | (uint32_t)data[3] << 24);
        sum = zc_crc32c_table[7][low & 255] ^ zc_crc32c_table[6][low >> 8 & 255]
            ^ zc_crc32c_table[5][low >> 16 & 255] ^ zc_crc32c_table[4][low >> 24]
            ^ zc_crc32c_table[3][data[4]] ^ zc_crc32c_table[2][data[5]]
            ^ zc_crc32c_table[1][data[6]] ^ zc_crc32c_table[0][data[7]];
        data += 8;
        n -= 8;
    }
    while (n--) {
        sum = zc_crc32c_table[0][(sum ^ *data++) & 255] ^ (sum >> 8);
    }
    return sum;
}

#if defined(__x86_64__) && (defined(__GNUC__) || defined(__clang__))
#if defined(__clang__) && __clang_major__ >= 14
__attribute__((target("sse4.2,crc32")))
#else
__attribute__((target("sse4.2")))
#endif
static uint32_t zc_crc32c_sse42(uint32_t sum, const uint8_t *data, size_t n)
{
    uint64_t word, wide = sum;

    while (n >= 8) {
        memcpy(&word, data, 8);
        wide = __builtin_ia32_crc32di(wide, word);
        data += 8;
        n -= 8;
    }
    sum = (uint32_t)wide;
    while (n--) {
        sum = __builtin_ia32_crc32qi(sum, *data++);
    }
    return sum;
}
#endif

static inline uint32_t zc_crc32c(const uint8_t *data, size_t n)
{
#if defined(__x86_64__) && (defined(__GNUC__) || defined(__clang__))
    if (__builtin_cpu_supports("sse4.2")) {
        return ~zc_crc32c_sse42(~0u, data, n);
    }
#endif
    return ~zc_crc32c_portable(~0u, data, n);
}

#endif
