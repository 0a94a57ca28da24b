"""The worker pool: run many jobs of one call on parked threads."""

from zarr_c._native._status cimport zc_error, zc_status

ctypedef zc_status (*zc_job)(void *context, Py_ssize_t index, zc_error *err) noexcept nogil

cdef zc_status pool_run(
    zc_job job, void *context, Py_ssize_t count, int threads, zc_error *err
) noexcept nogil
cdef zc_status pool_check(zc_error *err) noexcept nogil
cdef bint pool_worker() noexcept nogil
