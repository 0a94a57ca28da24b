"""LZ4 as numcodecs frames it: the decoded size in 4 little-endian bytes, then one block."""

from libc.stddef cimport size_t
from libc.stdint cimport uint8_t
from libc.stdlib cimport calloc, free

from zarr_c._native._memory cimport zc_buffer, zc_reserve, zc_slot, zc_worker, zc_worker_slot
from zarr_c._native._status cimport (
    ZC_CODEC, ZC_CORRUPT, ZC_MEMORY, ZC_OK, zc_error, zc_fail, zc_status,
)
from zarr_c.codecs._chain cimport Stage, zc_codec

# Stable functions of LZ4 1.10, whose header the wheel that carries the library does not have.
cdef extern from *:
    """
    int LZ4_compressBound(int);
    int LZ4_sizeofState(void);
    int LZ4_compress_fast_extState(void *, const char *, char *, int, int, int);
    int LZ4_decompress_safe(const char *, char *, int, int);
    """
    int LZ4_compressBound(int) nogil
    int LZ4_sizeofState() nogil
    int LZ4_compress_fast_extState(void *, const char *, char *, int, int, int) nogil
    int LZ4_decompress_safe(const char *, char *, int, int) nogil

cdef size_t MOST = 0x7E000000   # LZ4_MAX_INPUT_SIZE
cdef char state_slot


cdef size_t bound(const zc_codec *codec, size_t n) noexcept nogil:
    return n + n // 255 + 20


cdef zc_status encode(
    const zc_codec *codec, zc_worker *worker, const uint8_t *src, size_t n, zc_buffer *dst,
    zc_error *err,
) noexcept nogil:
    cdef int acceleration = (<int *>codec.state)[0]
    cdef zc_slot *slot = zc_worker_slot(worker, &state_slot)
    cdef int i, wrote
    if n > MOST:
        return zc_fail(err, ZC_CODEC, "lz4 takes no more bytes in one block", MOST, n)
    if slot.value == NULL:
        slot.value, slot.destroy = calloc(1, LZ4_sizeofState()), free
        if slot.value == NULL:
            return zc_fail(err, ZC_MEMORY, "out of memory for lz4", -1, -1)
    if zc_reserve(dst, 4 + <size_t>LZ4_compressBound(<int>n), err) != ZC_OK:
        return err.code
    for i in range(4):
        dst.data[i] = <uint8_t>(n >> (8 * i))
    wrote = LZ4_compress_fast_extState(slot.value, <const char *>src, <char *>dst.data + 4,
                                       <int>n, LZ4_compressBound(<int>n), acceleration)
    if wrote <= 0:
        return zc_fail(err, ZC_CODEC, "lz4 cannot compress", -1, -1)
    dst.size = 4 + wrote
    return ZC_OK


cdef zc_status decode(
    const zc_codec *codec, zc_worker *worker, const uint8_t *src, size_t n, zc_buffer *dst,
    size_t limit, zc_error *err,
) noexcept nogil:
    cdef size_t size
    cdef int wrote
    if n < 4 or n - 4 > <size_t>0x7FFFFFFF:   # lengths are ints
        return zc_fail(err, ZC_CORRUPT, "not an lz4 chunk: too few or too many bytes", 4, n)
    size = src[0] | src[1] << 8 | src[2] << 16 | <size_t>src[3] << 24
    if size > limit:
        return zc_fail(err, ZC_CORRUPT,
                       "lz4 data decodes to more bytes than its chunk has", limit, size)
    if zc_reserve(dst, size, err) != ZC_OK:
        return err.code
    wrote = LZ4_decompress_safe(<const char *>src + 4, <char *>dst.data, <int>(n - 4),
                                <int>size)
    if wrote < 0 or <size_t>wrote != size:
        return zc_fail(err, ZC_CORRUPT, "damaged lz4 data", -1, -1)
    dst.size = size
    return ZC_OK


cdef class Lz4Stage(Stage):
    """LZ4 blocks.

    Parameters
    ----------
    acceleration : int
        1 for the best ratio; larger is faster.
    """
    cdef int acceleration

    def __cinit__(self, int acceleration):
        self.acceleration = acceleration
        self.table.state = &self.acceleration
        self.table.bound, self.table.encode, self.table.decode = bound, encode, decode
