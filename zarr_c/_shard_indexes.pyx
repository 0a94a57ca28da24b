"""Indexes of stored shards, kept from call to call.

An index is used again as long as the object has the version that it had; what a store cannot
tell the version of is kept for one call only. Each key has one slot, which it shares with the
keys of the same hash.
"""

from libc.stdint cimport uint8_t
from libc.stdlib cimport calloc, free

from zarr_c._native._memory cimport zc_reserve
from zarr_c._native._posix cimport (
    PTHREAD_MUTEX_INITIALIZER_VALUE, pthread_atfork, pthread_mutex_lock, pthread_mutex_t,
    pthread_mutex_unlock, zc_fetch_add,
)
from zarr_c._native._status cimport ZC_CORRUPT, ZC_MEMORY, ZC_OK, zc_fail
from zarr_c.codecs._chain cimport ZC_SIZE_UNKNOWN
from zarr_c.codecs._shard cimport shard_index_decode

# Of one open array: 256 indexes of 4096 inner chunks each.
cdef size_t MAX_NBYTES = 16 << 20

# One lock for all, so that it can be held across fork(); it is held for a few instructions.
cdef pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER_VALUE()


cdef void before_fork() noexcept nogil:
    pthread_mutex_lock(&lock)


cdef void after_fork() noexcept nogil:
    pthread_mutex_unlock(&lock)


pthread_atfork(before_fork, after_fork, after_fork)


cdef class ShardIndexes:
    """The indexes that one open array keeps."""

    def __dealloc__(self):
        empty(&self.c)


cdef void empty(zc_indexes *indexes) noexcept nogil:
    cdef int i
    for i in range(ZC_INDEX_SLOTS):
        index_release(indexes.slot[i])
        indexes.slot[i] = NULL
    indexes.nbytes = 0


cdef zc_index *index_find(zc_indexes *indexes, uint64_t hashed) noexcept nogil:
    """The index kept for a key, held for the caller, or NULL."""
    cdef zc_index *found
    pthread_mutex_lock(&lock)
    found = indexes.slot[hashed % ZC_INDEX_SLOTS]
    if found != NULL and found.hashed == hashed:
        zc_fetch_add(&found.holders, 1)
    else:
        found = NULL
    pthread_mutex_unlock(&lock)
    return found


cdef void index_keep(zc_indexes *indexes, zc_index *index) noexcept nogil:
    """Keep an index if its version is known; the caller goes on holding it."""
    cdef zc_index *old
    if index.version == 0 or index.nbytes > MAX_NBYTES:
        return
    pthread_mutex_lock(&lock)
    if indexes.nbytes + index.nbytes > MAX_NBYTES:
        empty(indexes)
    old = indexes.slot[index.hashed % ZC_INDEX_SLOTS]
    if old != NULL:
        indexes.nbytes -= old.nbytes
    zc_fetch_add(&index.holders, 1)
    indexes.slot[index.hashed % ZC_INDEX_SLOTS] = index
    indexes.nbytes += index.nbytes
    pthread_mutex_unlock(&lock)
    index_release(old)


cdef void index_drop(zc_indexes *indexes, uint64_t hashed) noexcept nogil:
    """Forget the index of a key, whose object is another one now."""
    cdef zc_index *old
    pthread_mutex_lock(&lock)
    old = indexes.slot[hashed % ZC_INDEX_SLOTS]
    if old != NULL and old.hashed == hashed:
        indexes.slot[hashed % ZC_INDEX_SLOTS] = NULL
        indexes.nbytes -= old.nbytes
    else:
        old = NULL
    pthread_mutex_unlock(&lock)
    index_release(old)


cdef void index_release(zc_index *index) noexcept nogil:
    if index != NULL and zc_fetch_add(&index.holders, -1) == 1:
        free(index)


cdef zc_index *index_load(
    const zc_shard *shard, zc_session *session, zc_worker *worker, const char *key,
    zc_error *err,
) noexcept nogil:
    """Read the index of a stored shard; NULL with ``err.code`` set, to ZC_ABSENT if it is."""
    cdef int64_t at = 0 if shard.index_at_start else -<int64_t>shard.index_size
    cdef zc_index *index
    cdef zc_object obj
    cdef zc_status status
    if session.store.open_part != NULL:
        status = session.store.open_part(session, key, at, shard.index_size, &obj, err)
    else:
        status = session.store.open(session, key, &obj, err)
    if status != ZC_OK:
        err.code = status
        return NULL
    index = index_of(shard, session, worker, &obj, err)
    session.store.close(&obj)
    return index


cdef zc_index *index_of(
    const zc_shard *shard, zc_session *session, zc_worker *worker, zc_object *obj,
    zc_error *err,
) noexcept nogil:
    """Read the index out of a shard that is open, as a whole or where its index is."""
    cdef size_t n = shard.index_size
    cdef size_t offset
    cdef const uint8_t *data
    cdef zc_index *index
    if obj.size < n or obj.size == ZC_SIZE_UNKNOWN and obj.data_size < n:
        zc_fail(err, ZC_CORRUPT, "the shard is shorter than its index", n,
                obj.size if obj.size < n else obj.data_size)
        return NULL
    offset = 0 if shard.index_at_start else obj.size - n
    data = session.store.view(session, obj, offset, n)
    if data == NULL:
        if zc_reserve(&worker.buffer[0], n, err) != ZC_OK:
            return NULL
        data = worker.buffer[0].data
        if session.store.read(obj, offset, worker.buffer[0].data, n, err) != ZC_OK:
            return NULL
    index = <zc_index *>calloc(1, sizeof(zc_index) + 16 * shard.entries)
    if index == NULL:
        zc_fail(err, ZC_MEMORY, "out of memory for the index of a shard", -1,
                16 * shard.entries)
        return NULL
    index.holders, index.version, index.size = 1, obj.version, obj.size
    index.nbytes, index.entry = 16 * shard.entries, <uint64_t *>(index + 1)
    if shard_index_decode(shard, worker, data, index.entry, err) != ZC_OK:
        free(index)
        return NULL
    return index
