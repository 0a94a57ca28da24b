"""From the stored bytes of one chunk to what is selected of it in the caller's array."""

from libc.stddef cimport size_t
from libc.stdint cimport uint8_t

from zarr_c._native._memory cimport zc_worker
from zarr_c._native._status cimport zc_error, zc_status
from zarr_c._plan cimport zc_plan
from zarr_c.codecs._chain cimport zc_source
from zarr_c.indexing._copy cimport ZC_NDIM
from zarr_c.indexing._grid cimport zc_part, zc_region
from zarr_c.indexing._listed cimport zc_block

# What is selected of one chunk, as a strided copy from its bytes to the caller's.
cdef struct Scatter:
    int ndim
    Py_ssize_t shape[ZC_NDIM]
    Py_ssize_t src[ZC_NDIM]   # strides in the chunk
    Py_ssize_t dst[ZC_NDIM]   # strides in the caller's array
    size_t start, stop        # the bytes of the chunk that hold the selection
    size_t base               # where what is strided begins in the chunk
    char *to
    bint direct               # the selection is one run of bytes in both, in the same order
    bint full                 # the whole chunk is selected
    const zc_region *region
    const zc_part *part
    bint listed               # points are selected beside, or some fields of each element

cdef void set_scatter(
    const zc_plan *plan, const zc_region *region, char *base, const zc_part *part,
    Scatter *scatter,
) noexcept nogil
cdef void listed_block(
    const zc_plan *plan, const Scatter *scatter, zc_block *block
) noexcept nogil
cdef void drop_axis(Scatter *scatter, size_t itemsize) noexcept nogil
cdef zc_status copy_out(
    const zc_plan *plan, const Scatter *scatter, const uint8_t *chunk, zc_error *err
) noexcept nogil
cdef zc_status fill_out(
    const zc_plan *plan, const Scatter *scatter, zc_error *err
) noexcept nogil
cdef bint is_raw(const zc_plan *plan) noexcept nogil
cdef zc_status decode_chunk(
    const zc_plan *plan, zc_worker *worker, const uint8_t *data, size_t n, uint8_t *dst,
    const uint8_t **decoded, zc_error *err,
) noexcept nogil
cdef zc_status decode_part(
    const zc_plan *plan, zc_worker *worker, zc_source *source, const Scatter *scatter,
    zc_error *err,
) noexcept nogil
cdef zc_status decode_out(
    const zc_plan *plan, zc_worker *worker, const uint8_t *data, size_t n,
    const Scatter *scatter, zc_error *err,
) noexcept nogil
