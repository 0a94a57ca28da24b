"""Points along some axes of an array, grouped by the chunks that hold them."""

from libc.stdint cimport uint32_t

from zarr_c._native._memory cimport zc_buffer
from zarr_c.indexing._copy cimport ZC_NDIM
from zarr_c.indexing._grid cimport zc_axis, zc_points, zc_region

cdef class PointTable:
    cdef zc_points points, inner
    cdef int axis[ZC_NDIM]
    cdef zc_buffer block[8]
    cdef void *room(self, int block, Py_ssize_t nbytes) except NULL
    cdef Py_ssize_t *numbers(self, int block, Py_ssize_t n) except NULL
    cdef int forget(self, int block) noexcept

cdef PointTable group_points(
    tuple axes, tuple coordinates, const zc_region *region, const Py_ssize_t *inner_chunk,
    int threads,
)
