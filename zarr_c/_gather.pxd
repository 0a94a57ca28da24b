"""From the caller's array to the elements of one chunk, as they lie in it when decoded."""

from libc.stdint cimport uint8_t

from zarr_c._native._memory cimport zc_worker
from zarr_c._native._status cimport zc_error, zc_status
from zarr_c._plan cimport zc_plan
from zarr_c.indexing._grid cimport zc_part, zc_region

cdef bint contiguous(const zc_plan *plan, const zc_region *region) noexcept nogil
cdef zc_status gather(
    const zc_plan *plan, const zc_region *region, const char *base, const zc_part *part,
    zc_worker *worker, uint8_t *chunk, zc_error *err,
) noexcept nogil
cdef bint is_empty(const zc_plan *plan, const uint8_t *chunk) noexcept nogil
