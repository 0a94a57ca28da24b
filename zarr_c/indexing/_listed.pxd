"""Copies between a decoded chunk and the caller's array where points are listed."""

from libc.stddef cimport size_t

from zarr_c._native._memory cimport zc_buffer
from zarr_c._native._status cimport zc_error, zc_status
from zarr_c.indexing._copy cimport ZC_NDIM
from zarr_c.indexing._elements cimport zc_kind
from zarr_c.indexing._grid cimport zc_part, zc_region, zc_span

# One axis of a block: a stride, or points.
cdef struct zc_dim:
    Py_ssize_t count
    Py_ssize_t stored, out         # strides in bytes; `stored` of the numbers of points
    const Py_ssize_t *order        # which of the caller's points; NULL for a stride
    const Py_ssize_t *within       # their numbers in the chunk ...
    int ndim                       # ... that take more than a stride to become bytes if above 1
    const int *axis
    const Py_ssize_t *extent       # of the chunk along each axis of the array
    const Py_ssize_t *stride

cdef enum zc_direction:
    ZC_OUT       # of a chunk, into the caller's array
    ZC_IN        # into a chunk
    ZC_MEASURE   # the bytes that elements without a fixed size take

cdef struct zc_block:
    zc_direction direction
    zc_kind kind
    void *descr
    int ndim
    zc_dim dim[ZC_NDIM]            # outermost first, as the chunk has them in memory
    int leaf                       # what is behind this is one strided copy
    Py_ssize_t shape[ZC_NDIM]
    Py_ssize_t stored[ZC_NDIM]
    Py_ssize_t out[ZC_NDIM]
    int spans
    const zc_span *span
    zc_span whole
    zc_buffer *memory
    size_t total

cdef void list_bounds(
    const zc_region *region, const zc_part *part, const Py_ssize_t *extent,
    const Py_ssize_t *stride, size_t *start, size_t *stop,
) noexcept nogil
cdef void set_block(
    const zc_region *region, const zc_part *part, const Py_ssize_t *extent,
    const Py_ssize_t *stride, size_t itemsize, int ndim, const Py_ssize_t *shape,
    const Py_ssize_t *stored, const Py_ssize_t *out, zc_block *block,
) noexcept nogil
cdef void stand_still(zc_block *block) noexcept nogil
cdef zc_status copy_listed(
    zc_block *block, char *chunk, char *out, zc_error *err
) noexcept nogil
cdef Py_ssize_t stored_offset(const zc_dim *dim, Py_ssize_t k) noexcept nogil
cdef Py_ssize_t out_offset(const zc_dim *dim, Py_ssize_t k) noexcept nogil
