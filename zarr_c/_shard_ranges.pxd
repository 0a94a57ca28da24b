"""What is selected of a window of shards, as ranges of them."""

from libc.stddef cimport size_t
from libc.stdint cimport int64_t, uint64_t

from zarr_c._chunk_cache cimport zc_kept, zc_name
from zarr_c._native._memory cimport zc_worker
from zarr_c._native._status cimport zc_error, zc_status
from zarr_c._plan cimport zc_plan
from zarr_c._shard_indexes cimport zc_index
from zarr_c.codecs._shard cimport zc_shard
from zarr_c.indexing._grid cimport zc_part, zc_region
from zarr_c.storage._store cimport zc_session

# An inner chunk that is selected.
cdef struct Item:
    size_t offset     # in the shard; ZC_SIZE_UNKNOWN if it is missing
    size_t nbytes
    Py_ssize_t part   # its number in the shard's region
    zc_kept *kept     # it is in the cache: nothing is fetched; NULL elsewhere

# What one worker does: inner chunks that one request fetches, or missing ones.
cdef struct Span:
    Py_ssize_t shard
    size_t first, count   # items; none for a shard that is absent or wanted as a whole
    size_t offset, nbytes

cdef struct Target:
    const zc_shard *shard   # how inner chunks lie in it
    void *owner             # keeps that alive
    zc_index *index
    bint absent, whole
    bint recalled     # the index was kept from an earlier call
    bint fetches      # some of its ranges are fetched
    bint served       # all that is selected came out of the cache
    uint64_t stamp    # of its object, before anything of it was opened
    zc_name name      # in the cache, of inner chunks but for their number

cdef struct Window:
    const zc_plan *plan
    const zc_region *objects
    zc_session *session
    char *base
    Py_ssize_t first, shards
    Target *target
    Item *item
    size_t items, room
    Span *span
    Py_ssize_t spans, span_room
    size_t longest    # span
    size_t work       # decoded bytes of all inner chunks that are touched
    int64_t stale     # shards that were replaced meanwhile
    bint entire       # each shard is read by one request

cdef int inner_region(
    const Window *window, Py_ssize_t shard, zc_part *part, zc_region *region
) noexcept nogil
cdef zc_status locate(
    const zc_plan *plan, const zc_shard *shard, const zc_index *index, size_t size,
    const zc_region *region, Item *item, zc_error *err,
) noexcept nogil
cdef zc_status find_served(
    Window *window, Target *target, const zc_region *region, const zc_part *shard,
    zc_worker *worker, uint64_t *version, zc_error *err,
) noexcept nogil
cdef void find_kept(
    const zc_plan *plan, const Target *target, uint64_t version, const zc_region *region,
    Item *item,
) noexcept nogil
cdef void release_items(Window *window) noexcept nogil
cdef zc_status plan_window(Window *window, zc_error *err) noexcept nogil
