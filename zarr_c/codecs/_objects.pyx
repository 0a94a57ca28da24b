"""Objects of Zarr v2 that a codec of numcodecs stores: slots that point to Python objects."""

from cpython.memoryview cimport PyMemoryView_FromMemory
from cpython.ref cimport Py_DECREF, Py_INCREF
from libc.stddef cimport size_t
from libc.stdint cimport uint8_t
from libc.string cimport memcpy

import numpy as np

from zarr_c._native._memory cimport zc_buffer, zc_reserve, zc_slot, zc_worker, zc_worker_slot
from zarr_c._native._status cimport (
    ZC_CODEC, ZC_CORRUPT, ZC_OK, hold_exception, zc_error, zc_fail, zc_status,
)
from zarr_c.codecs._chain cimport Stage, zc_codec
from zarr_c.errors import ChunkCorruptError
from zarr_c.indexing._elements cimport zc_slot_item

cdef extern from "Python.h":
    int PyBUF_READ

# Their data begin with a number of elements, for which they would take memory at once.
_COUNTED = frozenset(("vlen-array",))


cdef size_t bound(const zc_codec *codec, size_t n) noexcept nogil:
    return (<ObjectStage>codec.state).most


cdef void let_go(void *value) noexcept with gil:
    Py_DECREF(<object>value)


cdef zc_status encode(
    const zc_codec *codec, zc_worker *worker, const uint8_t *src, size_t n, zc_buffer *dst,
    zc_error *err,
) noexcept with gil:
    cdef ObjectStage stage = <ObjectStage>codec.state
    cdef const zc_slot_item *slot = <const zc_slot_item *>src
    cdef const uint8_t[::1] flat
    cdef Py_ssize_t i
    try:
        objects = np.empty(n // sizeof(zc_slot_item), object)
        for i in range(objects.size):
            objects[i] = <object><void *>slot[i].data
        value = stage.codec.encode(objects.reshape(stage.shape, order=stage.order))
        flat = np.frombuffer(value, np.uint8)
        if <size_t>flat.shape[0] > stage.most:
            return zc_fail(err, ZC_CODEC, "more bytes of elements than one chunk may have",
                           stage.most, flat.shape[0])
        if zc_reserve(dst, flat.shape[0], err) != ZC_OK:
            return err.code
        if flat.shape[0]:
            memcpy(dst.data, &flat[0], flat.shape[0])
        dst.size = flat.shape[0]
        return ZC_OK
    except BaseException:
        return hold_exception(err)


cdef zc_status decode(
    const zc_codec *codec, zc_worker *worker, const uint8_t *src, size_t n, zc_buffer *dst,
    size_t limit, zc_error *err,
) noexcept with gil:
    cdef ObjectStage stage = <ObjectStage>codec.state
    cdef Py_ssize_t count = limit // sizeof(zc_slot_item)
    cdef zc_slot_item *slot
    cdef zc_slot *kept
    cdef Py_ssize_t i
    try:
        data = np.frombuffer(PyMemoryView_FromMemory(<char *>src, n, PyBUF_READ), np.uint8)
        if stage.codec.codec_id in _COUNTED and n >= 4:
            claimed = int.from_bytes(data[:4], "little")
            if claimed != count:
                return zc_fail(err, ZC_CORRUPT, "wrong number of elements for its chunk",
                               count, claimed)
        try:
            value = np.asarray(stage.codec.decode(data))
        except Exception as cause:
            raise ChunkCorruptError(
                f"codec {stage.codec.codec_id!r} cannot decode: {cause}"
            ) from cause
        if value.size != count:
            return zc_fail(err, ZC_CORRUPT, "wrong number of elements for its chunk", count,
                           value.size)
        if zc_reserve(dst, limit, err) != ZC_OK:
            return err.code
        # A codec that knows shapes gives them back; any other has seen memory order.
        order = stage.order if value.shape == stage.shape else "C"
        objects = value.astype(object).reshape(-1, order=order)
        slot = <zc_slot_item *>dst.data
        for i in range(count):   # an item access makes no new object here
            item = objects[i]
            slot[i].data, slot[i].size = <const uint8_t *><void *>item, 0
        kept = zc_worker_slot(worker, codec)
        if kept.value != NULL:
            let_go(kept.value)
        Py_INCREF(objects)
        kept.value, kept.destroy = <void *>objects, let_go
        dst.size = limit
        return ZC_OK
    except BaseException:
        return hold_exception(err)


cdef class ObjectStage(Stage):
    """The codec that turns the objects of a chunk into bytes, first in its chain.

    Parameters
    ----------
    codec : numcodecs.abc.Codec
    shape : tuple of int
        Of a chunk.
    order : {"C", "F"}
        Memory order of a chunk.
    most : int
        Bytes of an encoded chunk.
    """
    cdef object codec
    cdef tuple shape
    cdef str order
    cdef size_t most
    shareable = False

    def __cinit__(self, codec, tuple shape, str order, size_t most):
        self.codec, self.shape, self.order, self.most = codec, shape, order, most
        self.table.state = <void *>self
        self.table.bound, self.table.encode, self.table.decode = bound, encode, decode
