"""CRC-32C (Castagnoli): four little-endian bytes after the data, or before it (numcodecs)."""

from libc.stddef cimport size_t
from libc.stdint cimport uint8_t, uint32_t
from libc.string cimport memcpy

from zarr_c._native._memory cimport zc_buffer, zc_reserve, zc_worker
from zarr_c._native._status cimport ZC_CORRUPT, ZC_OK, zc_error, zc_fail, zc_status
from zarr_c.codecs._chain cimport Stage, zc_codec

cdef extern from "crc32c.h" nogil:
    uint32_t zc_crc32c(const uint8_t *data, size_t n)


cdef uint32_t stored(const uint8_t *at) noexcept nogil:
    return at[0] | at[1] << 8 | at[2] << 16 | <uint32_t>at[3] << 24


cdef size_t bound(const zc_codec *codec, size_t n) noexcept nogil:
    return n + 4


cdef zc_status encode(
    const zc_codec *codec, zc_worker *worker, const uint8_t *src, size_t n, zc_buffer *dst,
    zc_error *err,
) noexcept nogil:
    cdef bint first = (<bint *>codec.state)[0]
    cdef uint32_t sum = zc_crc32c(src, n)
    cdef uint8_t *at
    cdef int i
    if zc_reserve(dst, n + 4, err) != ZC_OK:
        return err.code
    if n:
        memcpy(dst.data + (4 if first else 0), src, n)
    at = dst.data if first else dst.data + n
    for i in range(4):
        at[i] = <uint8_t>(sum >> (8 * i))
    dst.size = n + 4
    return ZC_OK


cdef zc_status decode(
    const zc_codec *codec, zc_worker *worker, const uint8_t *src, size_t n, zc_buffer *dst,
    size_t limit, zc_error *err,
) noexcept nogil:
    cdef bint first = (<bint *>codec.state)[0]
    cdef uint32_t sum
    if n < 4 or n - 4 > limit:
        return zc_fail(err, ZC_CORRUPT, "wrong number of bytes before a crc32c", limit + 4, n)
    sum = stored(src if first else src + n - 4)
    if first:
        src += 4
    n -= 4
    if zc_crc32c(src, n) != sum:
        return zc_fail(err, ZC_CORRUPT, "crc32c does not match", sum, zc_crc32c(src, n))
    if zc_reserve(dst, n, err) != ZC_OK:
        return err.code
    if n:
        memcpy(dst.data, src, n)
    dst.size = n
    return ZC_OK


cdef class Crc32cStage(Stage):
    """A checksum that is always verified.

    Parameters
    ----------
    first : bool
        Whether the checksum stands before the data (``location: "start"`` in numcodecs).
    """
    cdef bint first

    def __cinit__(self, bint first=False):
        self.first = first
        self.table.state = &self.first
        self.table.bound, self.table.encode, self.table.decode = bound, encode, decode


def crc32c(const uint8_t[::1] data not None):
    """CRC-32C of some bytes.

    Parameters
    ----------
    data : bytes-like

    Returns
    -------
    int
    """
    cdef size_t n = data.shape[0]
    cdef uint32_t sum
    with nogil:
        sum = zc_crc32c(&data[0] if n else NULL, n)
    return sum
