"""Selections bound to a plan and to the caller's array."""

from libc.stddef cimport size_t

from zarr_c._plan cimport Plan, zc_plan
from zarr_c.codecs._shard cimport zc_shard
from zarr_c.indexing._basic cimport zc_basic
from zarr_c.indexing._grid cimport zc_part, zc_region

cdef int shard_region(
    const zc_plan *plan, const zc_region *objects, const zc_part *part, zc_region *region,
) noexcept nogil
cdef size_t shard_number(const zc_shard *shard, const Py_ssize_t *chunk) noexcept nogil
cdef list plan_region(
    Plan plan, const zc_basic *basic, object array, zc_region *region, char **base
)
cdef list plan_selection(
    Plan plan, object selection, object array, list spans, int threads, zc_region *region,
    char **base,
)
