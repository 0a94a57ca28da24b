"""Workers: reusable buffers and codec contexts, one set per chunk job."""

from libc.stddef cimport size_t
from libc.stdint cimport uint8_t

from zarr_c._native._status cimport zc_error, zc_status

cdef extern from "zarr_c/codec.h" nogil:
    ctypedef struct zc_buffer:
        uint8_t *data
        size_t size
        size_t capacity
        int fixed

    ctypedef struct zc_slot:
        const void *owner
        void *value
        void (*destroy)(void *value) noexcept nogil

    ctypedef struct zc_worker:
        zc_buffer buffer[8]
        zc_buffer key
        zc_slot slot[16]
        zc_worker *next

    int ZC_WORKER_BUFFERS
    int ZC_WORKER_SLOTS
    zc_status zc_reserve(zc_buffer *buffer, size_t n, zc_error *err)
    zc_status zc_extend(zc_buffer *buffer, size_t n, zc_error *err)
    zc_slot *zc_worker_slot(zc_worker *worker, const void *owner)

cdef zc_worker *worker_take(zc_error *err) noexcept nogil
cdef void worker_give(zc_worker *worker) noexcept nogil
