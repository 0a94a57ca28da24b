"""An array's metadata compiled into C, once, at open."""

from libc.stddef cimport size_t
from libc.stdint cimport uint8_t

from zarr_c._native._file_locks cimport FileLocks, zc_file_locks
from zarr_c._native._memory cimport zc_buffer
from zarr_c._native._status cimport zc_error, zc_status
from zarr_c._chunk_cache cimport DecodedChunks, zc_caching
from zarr_c.codecs._chain cimport Chain, zc_chain
from zarr_c._shard_indexes cimport ShardIndexes, zc_indexes
from zarr_c.codecs._shard cimport Shard, zc_shard
from zarr_c.indexing._copy cimport ZC_NDIM
from zarr_c.indexing._elements cimport zc_kind, zc_slot_item
from zarr_c.indexing._grid cimport Runs, zc_part
from zarr_c.storage._store cimport NativeStore, zc_store

# A plan is about chunks; those inside a shard where there are shards.
cdef struct zc_plan:
    int ndim
    Py_ssize_t shape[ZC_NDIM]
    Py_ssize_t chunk[ZC_NDIM]
    const zc_shard *shard        # NULL where each chunk is an object
    zc_indexes *indexes          # of shards, kept between calls
    size_t max_gap, max_bytes    # of ranges that become one request
    Py_ssize_t stride[ZC_NDIM]   # bytes between neighbours in a decoded chunk
    size_t itemsize
    size_t nbytes                # of a decoded chunk
    size_t word                  # swap the bytes of words of this size; 1 for none
    const char *fill             # one element
    zc_kind kind                 # of elements; slots, if they have no fixed size
    const zc_chain *chain
    zc_store *store
    const char *prefix           # of every key, such as "path/to/array/c/"
    size_t prefix_size
    char separator
    const char *suffix           # of every key
    size_t suffix_size
    void *encoder                # makes what follows the prefix in Python; NULL if need not be
    const zc_caching *caching    # NULL where no decoded chunks are kept
    zc_file_locks *locks         # between processes; NULL for none
    bint write_empty
    bint read_missing
    bint varied                  # objects differ in shape; what is said here is of the largest
    int axes[ZC_NDIM]            # in the order in which a decoded chunk has them, if so
    void *variants               # compiles a plan for a shape; NULL if the chain fits them all

# The plan of one object, and whatever it needs to stay alive: an object in Python.
cdef struct zc_variant:
    zc_plan plan
    zc_chain chain
    void *owner

cdef class Plan:
    cdef zc_plan c
    cdef readonly Chain chain
    cdef readonly NativeStore store
    cdef readonly Shard shard
    cdef ShardIndexes indexes
    cdef Runs runs
    cdef FileLocks locks
    cdef object encoder
    cdef readonly object variants
    cdef bytes fill, prefix, suffix
    cdef object fill_object
    cdef zc_slot_item fill_slot
    cdef DecodedChunks chunks
    cdef zc_caching caching

cdef zc_status plan_key(
    const zc_plan *plan, const Py_ssize_t *coord, zc_buffer *key, zc_error *err
) noexcept nogil
cdef zc_status plan_of(
    const zc_plan **plan, const zc_part *part, zc_variant *variant, zc_error *err
) noexcept nogil
cdef const zc_shard *shard_of(
    const zc_plan *plan, const zc_part *part, void **owner, zc_error *err
) noexcept nogil
cdef void let_go(void **owner) noexcept nogil
