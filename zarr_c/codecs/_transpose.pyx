"""A transpose that is not the first codec of its chain; the first one costs strides only."""

from libc.stddef cimport size_t
from libc.stdint cimport uint8_t

from zarr_c._native._memory cimport zc_buffer, zc_reserve, zc_worker
from zarr_c._native._status cimport ZC_CORRUPT, ZC_OK, zc_error, zc_fail, zc_status
from zarr_c.codecs._chain cimport Stage, zc_codec
from zarr_c.indexing._copy cimport ZC_NDIM, copy_strided

cdef struct State:
    int ndim
    size_t itemsize
    Py_ssize_t shape[ZC_NDIM]     # of the decoded chunk
    Py_ssize_t decoded[ZC_NDIM]   # strides of its axes in the decoded chunk ...
    Py_ssize_t encoded[ZC_NDIM]   # ... and in the encoded one


cdef size_t bound(const zc_codec *codec, size_t n) noexcept nogil:
    return n


cdef zc_status encode(
    const zc_codec *codec, zc_worker *worker, const uint8_t *src, size_t n, zc_buffer *dst,
    zc_error *err,
) noexcept nogil:
    cdef const State *state = <const State *>codec.state
    if zc_reserve(dst, n, err) != ZC_OK:
        return err.code
    copy_strided(<char *>dst.data, state.encoded, <const char *>src, state.decoded,
                 state.shape, state.ndim, state.itemsize)
    dst.size = n
    return ZC_OK


cdef zc_status decode(
    const zc_codec *codec, zc_worker *worker, const uint8_t *src, size_t n, zc_buffer *dst,
    size_t limit, zc_error *err,
) noexcept nogil:
    cdef const State *state = <const State *>codec.state
    if n != limit:
        return zc_fail(err, ZC_CORRUPT, "wrong number of bytes for its chunk", limit, n)
    if zc_reserve(dst, n, err) != ZC_OK:
        return err.code
    copy_strided(<char *>dst.data, state.decoded, <const char *>src, state.encoded,
                 state.shape, state.ndim, state.itemsize)
    dst.size = n
    return ZC_OK


cdef class TransposeStage(Stage):
    """Permutes the axes of a chunk in memory.

    Parameters
    ----------
    shape : tuple of int
        Of the decoded chunk.
    order : tuple of int
        Axis *i* of the encoded chunk is axis ``order[i]`` of the decoded one.
    itemsize : int
        Bytes of an element.
    """
    cdef State state

    def __cinit__(self, tuple shape, tuple order, size_t itemsize):
        cdef Py_ssize_t stride = itemsize
        cdef int i
        self.state.ndim, self.state.itemsize = len(shape), itemsize
        for i in reversed(range(len(shape))):
            self.state.shape[i], self.state.decoded[i] = shape[i], stride
            stride *= shape[i]
        stride = itemsize
        for i in reversed(order):
            self.state.encoded[i] = stride
            stride *= shape[i]
        self.table.state = &self.state
        self.table.bound, self.table.encode, self.table.decode = bound, encode, decode
