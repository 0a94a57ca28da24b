"""One chunk as a whole: fetched and decoded, or as it was kept."""

from libc.stddef cimport size_t
from libc.stdint cimport uint8_t, uint64_t

from zarr_c._chunk_cache cimport zc_kept, zc_name
from zarr_c._native._memory cimport zc_worker
from zarr_c._native._status cimport zc_error, zc_status
from zarr_c._plan cimport zc_plan
from zarr_c._scatter cimport Scatter
from zarr_c.storage._store cimport zc_object, zc_session

cdef zc_status fetch_chunk(
    const zc_plan *plan, zc_session *session, zc_worker *worker, zc_object *obj, uint8_t *dst,
    const uint8_t **decoded, zc_error *err,
) noexcept nogil
cdef bint keeps(const zc_plan *plan) noexcept nogil
cdef uint64_t stamp_of(const zc_plan *plan, const char *key) noexcept nogil
cdef zc_name name_of(const zc_plan *plan, const char *key, uint64_t number) noexcept nogil
cdef zc_status read_kept(
    const zc_plan *plan, zc_session *session, zc_worker *worker, const Scatter *scatter,
    zc_error *err,
) noexcept nogil
cdef zc_status decode_kept(
    const zc_plan *plan, zc_worker *worker, const zc_name *name, uint64_t stamp,
    uint64_t version, const uint8_t *data, size_t n, const Scatter *scatter, zc_error *err,
) noexcept nogil
