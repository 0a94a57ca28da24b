"""One chunk as a whole: fetched and decoded, or as it was kept by an earlier read."""

from zarr_c._chunk_cache cimport (
    cache_find, cache_keep, cache_takes, kept_make, kept_release,
)
from zarr_c._native._locks cimport object_hash, object_stamp
from zarr_c._native._status cimport ZC_CORRUPT, ZC_MEMORY, ZC_OK, zc_fail
from zarr_c._scatter cimport copy_out, decode_chunk
from zarr_c.storage._store cimport object_bytes


cdef zc_status fetch_chunk(
    const zc_plan *plan, zc_session *session, zc_worker *worker, zc_object *obj, uint8_t *dst,
    const uint8_t **decoded, zc_error *err,
) noexcept nogil:
    """Fetch and decode a whole chunk into `dst`, or where that is NULL to `decoded`."""
    cdef const uint8_t *data
    if obj.size > plan.chain.most:
        return zc_fail(err, ZC_CORRUPT, "larger than any encoding of its chunk",
                       plan.chain.most, obj.size)
    if object_bytes(session, obj, &worker.buffer[0], &data, err) != ZC_OK:
        return err.code
    return decode_chunk(plan, worker, data, obj.size, dst, decoded, err)


cdef bint keeps(const zc_plan *plan) noexcept nogil:
    """Whether decoded chunks are kept."""
    return plan.caching != NULL and cache_takes(plan.caching.chunks, plan.nbytes)


cdef uint64_t stamp_of(const zc_plan *plan, const char *key) noexcept nogil:
    """To be asked for before an object is opened."""
    return object_stamp(object_hash(plan.caching.identity, key))


cdef zc_name name_of(const zc_plan *plan, const char *key, uint64_t number) noexcept nogil:
    """What a chunk is called in the cache; `number` is that of an inner chunk."""
    cdef zc_name name
    cdef uint64_t shape = 0
    cdef int i
    if plan.varied:   # what is stored under one key may have another shape by now
        for i in range(plan.ndim):
            shape = (shape ^ <uint64_t>plan.chunk[i]) * <uint64_t>0x100000001b3
    name.object = object_hash(plan.caching.identity, key)
    name.decoded = object_hash(name.object ^ plan.caching.decoding ^ shape, key)
    name.number = number
    return name


cdef zc_kept *make(
    const zc_plan *plan, const zc_name *name, uint64_t stamp, uint64_t version
) noexcept nogil:
    cdef zc_kept *kept = kept_make(plan.nbytes)
    if kept != NULL:
        kept.name, kept.stamp, kept.version = name[0], stamp, version
        kept.array = object_hash(plan.caching.identity, plan.prefix)
    return kept


cdef zc_status read_kept(
    const zc_plan *plan, zc_session *session, zc_worker *worker, const Scatter *scatter,
    zc_error *err,
) noexcept nogil:
    """Read what is selected of the chunk whose key is in ``worker.key`` through the cache.

    Returns ZC_ABSENT, without an error set, when there is no such object.
    """
    cdef const char *key = <const char *>worker.key.data
    cdef zc_name name = name_of(plan, key, 0)
    cdef uint64_t stamp = stamp_of(plan, key)
    cdef bint validates = plan.caching.validates
    cdef zc_kept *kept
    cdef zc_object obj
    cdef zc_status status = ZC_OK
    if not validates:
        kept = cache_find(plan.caching.chunks, &name, stamp, 0)
        if kept != NULL:
            status = copy_out(plan, scatter, kept.data, err)
            kept_release(kept)
            return status
    status = session.store.open(session, key, &obj, err)
    if status != ZC_OK:
        return status
    kept = NULL
    if validates:
        kept = cache_find(plan.caching.chunks, &name, stamp, obj.version)
    if kept == NULL:
        kept = fetch_kept(plan, session, worker, &name, stamp, &obj, err)
    session.store.close(&obj)
    if kept == NULL:
        return err.code
    status = copy_out(plan, scatter, kept.data, err)
    kept_release(kept)
    return status


cdef zc_kept *fetch_kept(
    const zc_plan *plan, zc_session *session, zc_worker *worker, const zc_name *name,
    uint64_t stamp, zc_object *obj, zc_error *err,
) noexcept nogil:
    """Fetch a chunk, decode it and keep it; NULL with ``err.code`` set if that fails."""
    cdef const uint8_t *decoded
    cdef zc_kept *kept = make(plan, name, stamp, obj.version)
    if kept == NULL:
        zc_fail(err, ZC_MEMORY, "out of memory for a chunk", -1, plan.nbytes)
        return NULL
    if fetch_chunk(plan, session, worker, obj, kept.data, &decoded, err) != ZC_OK:
        kept_release(kept)
        return NULL
    cache_keep(plan.caching.chunks, kept)
    return kept


cdef zc_status decode_kept(
    const zc_plan *plan, zc_worker *worker, const zc_name *name, uint64_t stamp,
    uint64_t version, const uint8_t *data, size_t n, const Scatter *scatter, zc_error *err,
) noexcept nogil:
    """Decode a chunk, whose stored bytes are in memory, keep it, and copy what is selected."""
    cdef const uint8_t *decoded
    cdef zc_status status
    cdef zc_kept *kept = make(plan, name, stamp, version)
    if kept == NULL:
        return zc_fail(err, ZC_MEMORY, "out of memory for a chunk", -1, plan.nbytes)
    status = decode_chunk(plan, worker, data, n, kept.data, &decoded, err)
    if status == ZC_OK:
        cache_keep(plan.caching.chunks, kept)
        status = copy_out(plan, scatter, kept.data, err)
    kept_release(kept)
    return status
