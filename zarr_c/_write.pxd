"""The whole write path."""

from zarr_c._plan cimport Plan
from zarr_c.indexing._grid cimport zc_region

cdef int write_region(
    Plan plan, const zc_region *region, const char *base, int threads
) except -1
