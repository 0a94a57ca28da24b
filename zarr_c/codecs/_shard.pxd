"""Shards: what an index says, and shards as one stage of a chain."""

from libc.stddef cimport size_t
from libc.stdint cimport uint8_t, uint64_t

from zarr_c._native._memory cimport zc_buffer, zc_worker
from zarr_c._native._status cimport zc_error, zc_status
from zarr_c.codecs._chain cimport Chain, zc_chain
from zarr_c.indexing._copy cimport ZC_NDIM

cdef struct zc_shard:
    int ndim
    Py_ssize_t count[ZC_NDIM]   # inner chunks along each axis
    Py_ssize_t step[ZC_NDIM]    # entries from one to the next along each axis
    size_t entries              # inner chunks of a shard
    size_t index_size           # bytes of the encoded index
    bint index_at_start
    const zc_chain *index_chain
    const zc_chain *chain       # of an inner chunk

cdef class Shard:
    cdef zc_shard c
    cdef readonly Chain chain, index_chain
    cdef readonly tuple counts, steps
    cdef readonly bint index_at_start

cdef zc_status shard_entry(
    const zc_shard *shard, const uint64_t *index, size_t entry, size_t size,
    size_t *offset, size_t *nbytes, zc_error *err,
) noexcept nogil
cdef zc_status shard_index_decode(
    const zc_shard *shard, zc_worker *worker, const uint8_t *src, uint64_t *index,
    zc_error *err,
) noexcept nogil
cdef zc_status shard_begin(
    const zc_shard *shard, zc_buffer *dst, zc_error *err
) noexcept nogil
cdef zc_status shard_finish(
    const zc_shard *shard, zc_worker *worker, const uint64_t *index, zc_buffer *dst,
    zc_error *err,
) noexcept nogil
