"""What the write path takes from the read path."""

from libc.stdint cimport uint8_t

from zarr_c._native._memory cimport zc_worker
from zarr_c._native._status cimport zc_error, zc_status
from zarr_c._plan cimport zc_plan
from zarr_c.storage._store cimport zc_session

cdef zc_status read_chunk(
    const zc_plan *plan, zc_session *session, zc_worker *worker, uint8_t *dst, zc_error *err
) noexcept nogil
