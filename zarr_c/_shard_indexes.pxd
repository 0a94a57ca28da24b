"""Indexes of stored shards, kept from call to call."""

from libc.stddef cimport size_t
from libc.stdint cimport int64_t, uint64_t

from zarr_c._native._memory cimport zc_worker
from zarr_c._native._status cimport zc_error, zc_status
from zarr_c.codecs._shard cimport zc_shard
from zarr_c.storage._store cimport zc_object, zc_session

cdef enum:
    ZC_INDEX_SLOTS = 256

# The decoded index of one shard, counted by those who hold it; two numbers for each entry.
cdef struct zc_index:
    int64_t holders
    uint64_t hashed     # of the key
    uint64_t version    # of the object, 0 where nobody knows
    size_t size         # of the object, ZC_SIZE_UNKNOWN where nobody knows
    size_t nbytes
    uint64_t *entry

cdef struct zc_indexes:
    zc_index *slot[ZC_INDEX_SLOTS]
    size_t nbytes

cdef class ShardIndexes:
    cdef zc_indexes c

cdef zc_index *index_find(zc_indexes *indexes, uint64_t hashed) noexcept nogil
cdef void index_keep(zc_indexes *indexes, zc_index *index) noexcept nogil
cdef void index_drop(zc_indexes *indexes, uint64_t hashed) noexcept nogil
cdef void index_release(zc_index *index) noexcept nogil
cdef zc_index *index_load(
    const zc_shard *shard, zc_session *session, zc_worker *worker, const char *key,
    zc_error *err,
) noexcept nogil
cdef zc_index *index_of(
    const zc_shard *shard, zc_session *session, zc_worker *worker, zc_object *obj,
    zc_error *err,
) noexcept nogil
