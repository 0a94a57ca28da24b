"""What the write path hands over where chunks lie in shards."""

from zarr_c._plan cimport Plan
from zarr_c.indexing._grid cimport zc_region

cdef int run_shards(
    Plan plan, const zc_region *objects, const char *base, int threads
) except -1
