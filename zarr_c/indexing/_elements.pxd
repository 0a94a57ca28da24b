"""Elements without a fixed size: strings, bytes and objects."""

from libc.stddef cimport size_t
from libc.stdint cimport uint8_t

from zarr_c._native._memory cimport zc_buffer
from zarr_c._native._status cimport zc_error, zc_status

# What the elements of an array are, in the caller's memory.
cdef enum zc_kind:
    ZC_PLAIN     # a fixed number of bytes
    ZC_STRING    # NumPy's StringDType
    ZC_BYTES     # pointers to Python's bytes
    ZC_OBJECT    # pointers to any Python objects

# An element in a decoded chunk: where its bytes are, or a Python object that somebody holds.
cdef struct zc_slot_item:
    const uint8_t *data
    size_t size

cdef zc_status slots_out(
    zc_kind kind, void *descr, char *dst, const Py_ssize_t *dst_strides, const char *src,
    const Py_ssize_t *src_strides, const Py_ssize_t *shape, int ndim, zc_error *err,
) noexcept nogil
cdef zc_status slots_measure(
    zc_kind kind, void *descr, const char *src, const Py_ssize_t *src_strides,
    const Py_ssize_t *shape, int ndim, size_t *total, zc_error *err,
) noexcept nogil
cdef zc_status slots_in(
    zc_kind kind, void *descr, char *dst, const Py_ssize_t *dst_strides, const char *src,
    const Py_ssize_t *src_strides, const Py_ssize_t *shape, int ndim, zc_buffer *memory,
    zc_error *err,
) noexcept nogil
cdef bint all_slots_equal(
    zc_kind kind, const char *slots, size_t n, const char *item
) noexcept nogil
