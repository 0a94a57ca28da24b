"""Elements without a fixed size: strings, bytes and objects.

In a decoded chunk such an element is a slot of 16 bytes, which says where its bytes are, so
that everything that moves elements around works on slots as on numbers. Only here, where
elements enter and leave the caller's array, are they turned into what NumPy has: packed strings
without the GIL, Python objects with it.
"""

from cpython.bytes cimport (
    PyBytes_AS_STRING, PyBytes_CheckExact, PyBytes_FromStringAndSize, PyBytes_GET_SIZE,
)
from cpython.object cimport PyObject, PyObject_RichCompareBool, Py_EQ
from cpython.ref cimport Py_INCREF, Py_XDECREF
from libc.string cimport memcmp, memcpy, memset

from zarr_c._native._status cimport ZC_CORRUPT, ZC_MEMORY, ZC_OK, hold_exception, zc_fail
from zarr_c.indexing._copy cimport ZC_NDIM

# Declared here, as NumPy's own declarations fit one version of NumPy each.
cdef extern from "numpy/arrayobject.h":
    int import_array "_import_array" () except -1

cdef extern from "numpy/arrayobject.h" nogil:
    ctypedef struct npy_packed_static_string:
        pass
    ctypedef struct npy_static_string:
        size_t size
        const char *buf
    ctypedef struct npy_string_allocator:
        pass
    ctypedef struct PyArray_StringDTypeObject:
        pass
    npy_string_allocator *NpyString_acquire_allocator(const PyArray_StringDTypeObject *descr)
    void NpyString_release_allocator(npy_string_allocator *allocator)
    int NpyString_load(npy_string_allocator *allocator,
                       const npy_packed_static_string *packed, npy_static_string *unpacked)
    int NpyString_pack(npy_string_allocator *allocator, npy_packed_static_string *packed,
                       const char *buf, size_t size)


import_array()

# All elements of a block, in C order.
cdef struct Walk:
    int ndim
    const Py_ssize_t *shape
    const Py_ssize_t *dst_strides
    const Py_ssize_t *src_strides
    Py_ssize_t index[ZC_NDIM]
    char *dst
    const char *src


cdef bint start(
    Walk *walk, char *dst, const Py_ssize_t *dst_strides, const char *src,
    const Py_ssize_t *src_strides, const Py_ssize_t *shape, int ndim,
) noexcept nogil:
    """Stand at the first element; False if there is none."""
    cdef int i
    walk.ndim, walk.shape, walk.dst, walk.src = ndim, shape, dst, src
    walk.dst_strides, walk.src_strides = dst_strides, src_strides
    for i in range(ndim):
        walk.index[i] = 0
        if shape[i] == 0:
            return False
    return True


cdef bint forward(Walk *walk) noexcept nogil:
    """Go to the next element; False behind the last one."""
    cdef int i = walk.ndim - 1
    while i >= 0:
        walk.index[i] += 1
        walk.dst += walk.dst_strides[i]
        walk.src += walk.src_strides[i]
        if walk.index[i] < walk.shape[i]:
            return True
        walk.dst -= walk.index[i] * walk.dst_strides[i]
        walk.src -= walk.index[i] * walk.src_strides[i]
        walk.index[i] = 0
        i -= 1
    return False


# ---- out of a decoded chunk


cdef zc_status slots_out(
    zc_kind kind, void *descr, char *dst, const Py_ssize_t *dst_strides, const char *src,
    const Py_ssize_t *src_strides, const Py_ssize_t *shape, int ndim, zc_error *err,
) noexcept nogil:
    """Turn slots into elements of the caller's array, whose NumPy dtype is `descr`."""
    cdef Walk walk
    if not start(&walk, dst, dst_strides, src, src_strides, shape, ndim):
        return ZC_OK
    if kind == ZC_STRING:
        return strings_out(&walk, descr, err)
    with gil:
        return objects_out(&walk, kind, err)


cdef zc_status strings_out(Walk *walk, void *descr, zc_error *err) noexcept nogil:
    cdef npy_string_allocator *allocator
    cdef const zc_slot_item *slot
    cdef int failed = 0
    allocator = NpyString_acquire_allocator(<PyArray_StringDTypeObject *>descr)
    while True:
        slot = <const zc_slot_item *>walk.src
        failed = NpyString_pack(allocator, <npy_packed_static_string *>walk.dst,
                                <const char *>slot.data, slot.size)
        if failed or not forward(walk):
            break
    NpyString_release_allocator(allocator)
    if failed:
        return zc_fail(err, ZC_MEMORY, "out of memory for strings", -1, -1)
    return ZC_OK


cdef zc_status objects_out(Walk *walk, zc_kind kind, zc_error *err) noexcept:
    cdef const zc_slot_item *slot
    cdef void *old
    try:
        while True:
            slot = <const zc_slot_item *>walk.src
            if kind == ZC_BYTES:
                value = PyBytes_FromStringAndSize(<const char *>slot.data, slot.size)
            else:
                value = <object><void *>slot.data
            Py_INCREF(value)
            old = (<void **>walk.dst)[0]
            (<void **>walk.dst)[0] = <void *>value
            Py_XDECREF(<PyObject *>old)
            if not forward(walk):
                return ZC_OK
    except BaseException:
        return hold_exception(err)


# ---- into a decoded chunk


cdef zc_status slots_measure(
    zc_kind kind, void *descr, const char *src, const Py_ssize_t *src_strides,
    const Py_ssize_t *shape, int ndim, size_t *total, zc_error *err,
) noexcept nogil:
    """Add up the bytes that `slots_in` needs memory for."""
    cdef Py_ssize_t still[ZC_NDIM]
    cdef Walk walk
    memset(still, 0, sizeof(still))
    if kind == ZC_OBJECT:   # these are only pointed to
        return ZC_OK
    if not start(&walk, NULL, still, src, src_strides, shape, ndim):
        return ZC_OK
    if kind == ZC_STRING:
        strings_measure(&walk, descr, total)
        return ZC_OK
    with gil:
        return bytes_measure(&walk, total, err)


cdef void strings_measure(Walk *walk, void *descr, size_t *total) noexcept nogil:
    cdef npy_string_allocator *allocator
    cdef npy_static_string text
    allocator = NpyString_acquire_allocator(<PyArray_StringDTypeObject *>descr)
    while True:
        text.size, text.buf = 0, NULL
        NpyString_load(allocator, <const npy_packed_static_string *>walk.src, &text)
        total[0] += text.size
        if not forward(walk):
            break
    NpyString_release_allocator(allocator)


cdef zc_status bytes_measure(Walk *walk, size_t *total, zc_error *err) noexcept:
    try:
        while True:
            value = held(walk.src)
            if not PyBytes_CheckExact(value):
                raise TypeError(f"value: expected bytes, found {type(value).__name__}")
            total[0] += PyBytes_GET_SIZE(value)
            if not forward(walk):
                return ZC_OK
    except BaseException:
        return hold_exception(err)


cdef zc_status slots_in(
    zc_kind kind, void *descr, char *dst, const Py_ssize_t *dst_strides, const char *src,
    const Py_ssize_t *src_strides, const Py_ssize_t *shape, int ndim, zc_buffer *memory,
    zc_error *err,
) noexcept nogil:
    """Turn elements of the caller's array into slots, whose bytes are put behind `memory`.

    That has room for what `slots_measure` found, as slots point into it.
    """
    cdef Walk walk
    if not start(&walk, dst, dst_strides, src, src_strides, shape, ndim):
        return ZC_OK
    if kind == ZC_STRING:
        return strings_in(&walk, descr, memory, err)
    with gil:
        return objects_in(&walk, kind, memory, err)


cdef zc_status put_slot(
    char *dst, const void *data, size_t n, zc_buffer *memory, zc_error *err
) noexcept nogil:
    cdef zc_slot_item *slot = <zc_slot_item *>dst
    if n > memory.capacity - memory.size:   # somebody makes strings longer meanwhile
        return zc_fail(err, ZC_CORRUPT, "the value is changed while it is written",
                       memory.capacity, memory.size + n)
    slot.data, slot.size = memory.data + memory.size, n
    if n:
        memcpy(memory.data + memory.size, data, n)
    memory.size += n
    return ZC_OK


cdef zc_status strings_in(
    Walk *walk, void *descr, zc_buffer *memory, zc_error *err
) noexcept nogil:
    cdef npy_string_allocator *allocator
    cdef npy_static_string text
    cdef zc_status status = ZC_OK
    allocator = NpyString_acquire_allocator(<PyArray_StringDTypeObject *>descr)
    while status == ZC_OK:
        text.size, text.buf = 0, NULL
        NpyString_load(allocator, <const npy_packed_static_string *>walk.src, &text)
        status = put_slot(walk.dst, text.buf, text.size, memory, err)
        if not forward(walk):
            break
    NpyString_release_allocator(allocator)
    return status


cdef inline object held(const char *src):
    """The object in an element; NumPy lets nothing stand for None."""
    cdef void *value = (<void **>src)[0]
    return None if value == NULL else <object>value


cdef zc_status objects_in(
    Walk *walk, zc_kind kind, zc_buffer *memory, zc_error *err
) noexcept:
    """The same of bytes; any other object is only pointed to, as the array holds it."""
    cdef zc_slot_item *slot
    try:
        while True:
            value = held(walk.src)
            if kind != ZC_BYTES:
                slot = <zc_slot_item *>walk.dst
                slot.data, slot.size = <const uint8_t *><void *>value, 0
            elif not PyBytes_CheckExact(value):
                raise TypeError(f"value: expected bytes, found {type(value).__name__}")
            elif put_slot(walk.dst, PyBytes_AS_STRING(value), PyBytes_GET_SIZE(value), memory,
                          err) != ZC_OK:
                return err.code
            if not forward(walk):
                return ZC_OK
    except BaseException:
        return hold_exception(err)


# ---- compared


cdef bint all_slots_equal(
    zc_kind kind, const char *slots, size_t n, const char *item
) noexcept nogil:
    """Whether all slots hold what one does."""
    cdef const zc_slot_item *slot = <const zc_slot_item *>slots
    cdef const zc_slot_item *one = <const zc_slot_item *>item
    cdef size_t i
    if kind == ZC_OBJECT:
        with gil:
            return all_objects_equal(slot, n, one)
    for i in range(n):
        if slot[i].size != one.size:
            return False
        if one.size and memcmp(slot[i].data, one.data, one.size) != 0:
            return False
    return True


cdef bint all_objects_equal(
    const zc_slot_item *slot, size_t n, const zc_slot_item *one
) noexcept:
    """Objects that cannot be compared are not equal."""
    cdef size_t i
    value = <object><void *>one.data
    for i in range(n):
        found = <object><void *>slot[i].data
        if found is not value:
            try:
                if type(found) is not type(value) or not PyObject_RichCompareBool(
                        found, value, Py_EQ):
                    return False
            except Exception:
                return False
    return True
