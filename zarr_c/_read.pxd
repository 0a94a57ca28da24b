"""The whole read path."""

from libc.stddef cimport size_t
from libc.stdint cimport uint8_t

from zarr_c._native._memory cimport zc_worker
from zarr_c._native._status cimport zc_error, zc_status
from zarr_c._plan cimport Plan, zc_plan
from zarr_c.indexing._grid cimport zc_region
from zarr_c.storage._store cimport zc_session

cdef zc_status read_chunk(
    const zc_plan *plan, zc_session *session, zc_worker *worker, uint8_t *dst, zc_error *err
) noexcept nogil
cdef int read_region(
    Plan plan, const zc_region *region, char *base, size_t nbytes, int threads
) except -1
