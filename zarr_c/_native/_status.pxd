"""The C vocabulary of ``include/zarr_c/status.h`` and the one bridge to Python exceptions."""

from libc.stdint cimport int64_t

cdef extern from "zarr_c/status.h" nogil:
    ctypedef enum zc_status:
        ZC_OK
        ZC_ABSENT
        ZC_EXISTS
        ZC_MEMORY
        ZC_SYSTEM
        ZC_CORRUPT
        ZC_CODEC
        ZC_UNSAFE_KEY
        ZC_LIMIT
        ZC_PYTHON

    ctypedef struct zc_error:
        zc_status code
        int os_error
        int64_t expected
        int64_t found
        const char *what
        void *exception
        char key[256]

    void zc_error_clear(zc_error *err)
    zc_status zc_fail(zc_error *err, zc_status code, const char *what, int64_t expected,
                      int64_t found)
    zc_status zc_fail_os(zc_error *err, const char *what, int os_error)
    void zc_error_key(zc_error *err, const char *key)

cdef zc_status hold_exception(zc_error *err) noexcept
cdef zc_status look_for_signals(zc_error *err) noexcept nogil
cdef int raise_status(zc_error *err) except -1
