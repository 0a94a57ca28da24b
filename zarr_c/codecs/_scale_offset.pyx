"""``scale_offset``: arithmetic in the type of the elements, exact or an error in integers."""

from libc.stddef cimport size_t
from libc.stdint cimport uint8_t
from libc.string cimport memcpy

from zarr_c._native._memory cimport zc_buffer, zc_reserve, zc_worker
from zarr_c._native._status cimport ZC_CODEC, ZC_CORRUPT, ZC_OK, zc_error, zc_fail, zc_status
from zarr_c.codecs._chain cimport Stage, zc_codec

cdef extern from "scale_offset.h" nogil:
    ctypedef int (*zc_shifting)(void *dst, const void *src, size_t n, const void *offset,
                                const void *scale) noexcept nogil
    const zc_shifting zc_shift[10]
    const zc_shifting zc_unshift[10]

cdef struct State:
    int type
    size_t size
    uint8_t offset[8]
    uint8_t scale[8]


cdef size_t bound(const zc_codec *codec, size_t n) noexcept nogil:
    return n


cdef zc_status encode(
    const zc_codec *codec, zc_worker *worker, const uint8_t *src, size_t n, zc_buffer *dst,
    zc_error *err,
) noexcept nogil:
    cdef const State *state = <const State *>codec.state
    if n % state.size:
        return zc_fail(err, ZC_CODEC, "scale_offset got part of an element", -1, n)
    if zc_reserve(dst, n, err) != ZC_OK:
        return err.code
    dst.size = n
    if not zc_shift[state.type](dst.data, src, n // state.size, state.offset, state.scale):
        return zc_fail(err, ZC_CODEC, "scale_offset leaves the range of the data type", -1, -1)
    return ZC_OK


cdef zc_status decode(
    const zc_codec *codec, zc_worker *worker, const uint8_t *src, size_t n, zc_buffer *dst,
    size_t limit, zc_error *err,
) noexcept nogil:
    cdef const State *state = <const State *>codec.state
    if n != limit:
        return zc_fail(err, ZC_CORRUPT, "wrong number of bytes for scale_offset", limit, n)
    if zc_reserve(dst, n, err) != ZC_OK:
        return err.code
    dst.size = n
    if not zc_unshift[state.type](dst.data, src, n // state.size, state.offset, state.scale):
        return zc_fail(err, ZC_CORRUPT, "no multiple of scale, or out of the data type's range",
                       -1, -1)
    return ZC_OK


cdef class ScaleOffsetStage(Stage):
    """``(x - offset) * scale`` on the way in, ``x / scale + offset`` on the way back.

    Parameters
    ----------
    number : int
        Type of the elements, as of `element_types.number`.
    offset, scale : bytes
        One element each; `scale` is not 0.
    """
    cdef State state

    def __cinit__(self, int number, const uint8_t[::1] offset, const uint8_t[::1] scale):
        cdef size_t size = offset.shape[0]
        if not 0 <= number < 10 or size not in (1, 2, 4, 8) or <size_t>scale.shape[0] != size:
            raise ValueError(f"offset, scale: expected elements, found {size} bytes")
        if not any(scale):
            raise ValueError("scale: expected other than 0")
        self.state.type, self.state.size = number, size
        memcpy(self.state.offset, &offset[0], size)
        memcpy(self.state.scale, &scale[0], size)
        self.table.state = &self.state
        self.table.bound, self.table.encode, self.table.decode = bound, encode, decode
