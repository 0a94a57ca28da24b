"""Codecs that exist only in Python, such as any of numcodecs: a stage that takes the GIL."""

from cpython.memoryview cimport PyMemoryView_FromMemory
from libc.stddef cimport size_t
from libc.stdint cimport uint8_t
from libc.string cimport memcpy

from math import prod

import numpy as np

from zarr_c._native._memory cimport zc_buffer, zc_reserve, zc_worker
from zarr_c._native._status cimport (
    ZC_CORRUPT, ZC_OK, hold_exception, zc_error, zc_fail, zc_status,
)
from zarr_c.codecs._chain cimport Stage, ZC_SIZE_UNKNOWN, zc_codec
from zarr_c.errors import ChunkCorruptError, CodecError

cdef extern from "Python.h":
    int PyBUF_READ


cdef struct State:
    void *stage             # the `PythonStage`
    size_t encoded_nbytes   # where it is known


cdef size_t bound(const zc_codec *codec, size_t n) noexcept nogil:
    return ZC_SIZE_UNKNOWN


cdef size_t encoded_bound(const zc_codec *codec, size_t n) noexcept nogil:
    return (<State *>codec.state).encoded_nbytes


cdef object as_array(object result):
    """What a codec returned, as an array; NumPy makes one byte of b"" and refuses no string."""
    if isinstance(result, (bytes, bytearray)):
        return np.frombuffer(result, np.uint8)
    if isinstance(result, str):
        raise CodecError("expected bytes or numbers, found a string")
    return np.asarray(result)


cdef zc_status keep(object result, zc_buffer *dst, zc_error *err) except *:
    """Copy what a codec returned into `dst`, in the order it has in memory."""
    cdef const uint8_t[::1] flat
    cdef object array = as_array(result)
    if array.dtype == object:
        raise CodecError(f"expected bytes or numbers, found objects ({type(result).__name__})")
    if not (array.flags.c_contiguous or array.flags.f_contiguous):
        array = np.ascontiguousarray(array)
    if array.nbytes == 0:
        dst.size = 0
        return ZC_OK
    flat = array.reshape(-1, order="A").view(np.uint8)
    if zc_reserve(dst, flat.shape[0], err) != ZC_OK:
        return err.code
    memcpy(dst.data, &flat[0], flat.shape[0])
    dst.size = flat.shape[0]
    return ZC_OK


cdef zc_status encode(
    const zc_codec *codec, zc_worker *worker, const uint8_t *src, size_t n, zc_buffer *dst,
    zc_error *err,
) noexcept with gil:
    cdef PythonStage stage = <PythonStage>(<State *>codec.state).stage
    try:
        value = np.frombuffer(PyMemoryView_FromMemory(<char *>src, n, PyBUF_READ), np.uint8)
        if stage.dtype is not None:
            value = value.view(stage.dtype).reshape(stage.shape, order=stage.order)
        for one in stage.codecs:
            value = one.encode(value)
        return keep(value, dst, err)
    except BaseException:
        return hold_exception(err)


cdef zc_status decode(
    const zc_codec *codec, zc_worker *worker, const uint8_t *src, size_t n, zc_buffer *dst,
    size_t limit, zc_error *err,
) noexcept with gil:
    cdef PythonStage stage = <PythonStage>(<State *>codec.state).stage
    try:
        value = np.frombuffer(PyMemoryView_FromMemory(<char *>src, n, PyBUF_READ), np.uint8)
        if stage.encoded_dtype is not None:
            if n != stage.state.encoded_nbytes:
                return zc_fail(err, ZC_CORRUPT, "wrong number of bytes for its chunk",
                               stage.state.encoded_nbytes, n)
            value = value.view(stage.encoded_dtype).reshape(stage.encoded_shape)
        for one in reversed(stage.codecs):
            try:
                if stage.bounded:
                    value = one.decode_bounded(value, limit)
                else:
                    value = one.decode(value)
            except Exception as cause:
                name = getattr(one, "name", getattr(one, "codec_id", type(one).__name__))
                raise ChunkCorruptError(f"codec {name!r} cannot decode: {cause}") from cause
        value = as_array(value)
        if not dst.fixed and value.nbytes > limit:
            return zc_fail(err, ZC_CORRUPT, "decodes to more bytes than its chunk has",
                           limit, value.nbytes)
        return keep(value, dst, err)
    except BaseException:
        return hold_exception(err)


cdef class PythonStage(Stage):
    """Neighbouring Python codecs of a chain, run one after another on arrays.

    Parameters
    ----------
    codecs : iterable
        Objects with ``encode`` and ``decode`` (of numcodecs or ours), in the order of encoding.
    dtype : numpy.dtype, optional
        What the first one takes; None for bytes.
    shape : tuple of int
        Shape in which the first one gets the chunk, with `dtype`.
    order : {"C", "F"}
        Memory order of that shape.
    encoded_dtype, encoded_shape : numpy.dtype, tuple of int, optional
        What the last one makes, and takes to decode; bytes without them.
    bounded : bool
        Whether the codec, a single one, has ``decode_bounded(data, most bytes to return)``.
    """
    cdef tuple codecs
    cdef object dtype
    cdef tuple shape
    cdef str order
    cdef object encoded_dtype
    cdef tuple encoded_shape
    cdef bint bounded
    cdef State state
    shareable = False

    def __cinit__(
        self, codecs, dtype=None, tuple shape=(-1,), str order="C", encoded_dtype=None,
        tuple encoded_shape=(-1,), bint bounded=False,
    ):
        self.codecs = tuple(codecs)
        self.dtype, self.shape, self.order = dtype, shape, order
        self.encoded_dtype, self.encoded_shape = encoded_dtype, encoded_shape
        self.bounded = bounded
        self.state.stage = <void *>self
        self.table.state = &self.state
        self.table.bound, self.table.encode, self.table.decode = bound, encode, decode
        if encoded_dtype is not None:
            self.state.encoded_nbytes = prod(encoded_shape) * encoded_dtype.itemsize
            self.table.bound = encoded_bound
