"""Bytes of elements by their place in the element (numcodecs' shuffle)."""

from libc.stddef cimport size_t
from libc.stdint cimport uint8_t

from zarr_c._native._memory cimport zc_buffer, zc_reserve, zc_worker
from zarr_c._native._status cimport ZC_CODEC, ZC_CORRUPT, ZC_OK, zc_error, zc_fail, zc_status
from zarr_c.codecs._chain cimport Stage, zc_codec

cdef extern from "shuffle.h" nogil:
    void zc_shuffle(uint8_t *dst, const uint8_t *src, size_t count, size_t size)
    void zc_unshuffle(uint8_t *dst, const uint8_t *src, size_t count, size_t size)


cdef size_t bound(const zc_codec *codec, size_t n) noexcept nogil:
    return n


cdef zc_status encode(
    const zc_codec *codec, zc_worker *worker, const uint8_t *src, size_t n, zc_buffer *dst,
    zc_error *err,
) noexcept nogil:
    cdef size_t size = (<size_t *>codec.state)[0]
    if n % size:
        return zc_fail(err, ZC_CODEC, "shuffle got part of an element", -1, n)
    if zc_reserve(dst, n, err) != ZC_OK:
        return err.code
    zc_shuffle(dst.data, src, n // size, size)
    dst.size = n
    return ZC_OK


cdef zc_status decode(
    const zc_codec *codec, zc_worker *worker, const uint8_t *src, size_t n, zc_buffer *dst,
    size_t limit, zc_error *err,
) noexcept nogil:
    cdef size_t size = (<size_t *>codec.state)[0]
    if n % size or n > limit:
        return zc_fail(err, ZC_CORRUPT, "wrong number of bytes for shuffle", limit, n)
    if zc_reserve(dst, n, err) != ZC_OK:
        return err.code
    zc_unshuffle(dst.data, src, n // size, size)
    dst.size = n
    return ZC_OK


cdef class ShuffleStage(Stage):
    """Reorders bytes.

    Parameters
    ----------
    size : int
        Bytes of an element, at least 1.
    """
    cdef size_t size

    def __cinit__(self, size_t size):
        if size == 0:
            raise ValueError("size: expected at least 1, found 0")
        self.size = size
        self.table.state = &self.size
        self.table.bound, self.table.encode, self.table.decode = bound, encode, decode
