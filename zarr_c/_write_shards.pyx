"""The write path where chunks lie in shards: (read) -> gather -> encode -> index -> put.

A shard is made anew and put as a whole. If the selection covers it, what is stored is not even
read; otherwise inner chunks that are not selected are copied as they are, not decoded, under
the lock of the shard. Workers take a shard each; where there are fewer shards than that
would keep busy, they encode the inner chunks of one shard together.
"""

from libc.stddef cimport size_t
from libc.stdint cimport uint8_t, uint64_t
from libc.stdlib cimport calloc, free
from libc.string cimport memcpy, memset

from zarr_c._native._file_locks cimport file_lock, file_unlock
from zarr_c._native._locks cimport object_hash, object_lock, object_unlock
from zarr_c._native._memory cimport (
    zc_buffer, zc_extend, zc_reserve, zc_worker, worker_give, worker_take,
)
from zarr_c._native._pool cimport pool_run
from zarr_c._native._status cimport (
    ZC_ABSENT, ZC_MEMORY, ZC_OK, raise_status, zc_error, zc_error_clear, zc_error_key, zc_fail,
    zc_status,
)
from zarr_c._gather cimport contiguous, gather, is_empty
from zarr_c._plan cimport let_go, plan_key, shard_of, zc_plan
from zarr_c._regions cimport shard_number, shard_region
from zarr_c._scatter cimport decode_chunk
from zarr_c._shard_indexes cimport index_drop, index_of, index_release, zc_index
from zarr_c.codecs._chain cimport chain_encode
from zarr_c.codecs._shard cimport shard_begin, shard_entry, shard_finish, zc_shard
from zarr_c.indexing._copy cimport fill_items, swap_words
from zarr_c.indexing._grid cimport region_part, zc_part
from zarr_c.storage._store cimport object_bytes, zc_object, zc_session

from zarr_c._native.threads import call_concurrency

cdef uint64_t MISSING = <uint64_t>-1
cdef size_t SMALL = 256 << 10   # as in the read path

cdef enum:
    GROUPS = 4   # of inner chunks for each thread that works on one shard

cdef struct Call:
    const zc_plan *plan
    const zc_region *objects
    zc_session *session
    const char *base
    int threads         # that work on one shard together; 1 where each has its own
    int groups
    zc_buffer *group    # what each made, where there are several

# A shard that is being made.
cdef struct Update:
    const Call *call
    const zc_shard *shard  # how inner chunks lie in it
    zc_part part           # the shard's
    zc_region region       # of the inner chunks in it
    const char *base
    const uint8_t *old     # the stored shard, NULL if there is none or all of it is replaced
    zc_index *old_index
    Py_ssize_t *selected   # for each entry 1 + the number of its part, 0 if it is not selected
    uint64_t *index        # what is made


cdef zc_status old_entry(
    const Update *update, size_t entry, const uint8_t **data, size_t *n, zc_error *err
) noexcept nogil:
    """The stored bytes of an inner chunk; ZC_ABSENT if there are none."""
    cdef size_t offset
    cdef zc_status status
    if update.old == NULL:
        return ZC_ABSENT
    status = shard_entry(update.shard, update.old_index.entry, entry,
                         update.old_index.size, &offset, n, err)
    if status == ZC_OK:
        data[0] = update.old + offset
    return status


cdef zc_status compose(
    const Update *update, zc_worker *worker, size_t entry, const uint8_t **chunk, zc_error *err
) noexcept nogil:
    """Make the new content of a selected inner chunk; `chunk` is set to where it is."""
    cdef const zc_plan *plan = update.call.plan
    cdef const uint8_t *data = NULL
    cdef uint8_t *memory
    cdef zc_part part
    cdef zc_status status
    cdef size_t n
    region_part(&update.region, update.selected[entry] - 1, &part)
    if part.full and contiguous(plan, &update.region):
        chunk[0] = <const uint8_t *>update.base + part.out_offset
        return ZC_OK
    if zc_reserve(&worker.buffer[3], plan.nbytes, err) != ZC_OK:
        return err.code
    memory = worker.buffer[3].data
    if not part.full:
        status = ZC_ABSENT
        if not part.covers:
            status = old_entry(update, entry, &data, &n, err)
        if status == ZC_OK:
            status = decode_chunk(plan, worker, data, n, memory, chunk, err)
        elif status == ZC_ABSENT:
            fill_items(<char *>memory, plan.nbytes, plan.fill, plan.itemsize)
            status = ZC_OK
        if status != ZC_OK:
            return status
    status = gather(plan, &update.region, update.base, &part, worker, memory, err)
    chunk[0] = memory
    return status


cdef zc_status encode_entry(
    const Update *update, zc_worker *worker, size_t entry, const uint8_t **data, size_t *n,
    zc_error *err,
) noexcept nogil:
    """What is to be stored of an inner chunk; ZC_ABSENT if that is nothing."""
    cdef const zc_plan *plan = update.call.plan
    cdef const uint8_t *chunk = NULL
    if update.selected[entry] == 0:
        return old_entry(update, entry, data, n, err)
    if compose(update, worker, entry, &chunk, err) != ZC_OK:
        return err.code
    if is_empty(plan, chunk):
        return ZC_ABSENT
    if plan.word > 1:   # such a chunk is always in a buffer of ours
        swap_words(<char *>chunk, plan.nbytes, plan.word)
    return chain_encode(plan.chain, worker, chunk, data, n, err)


cdef zc_status encode_entries(
    const Update *update, zc_worker *worker, size_t start, size_t stop, zc_buffer *out,
    zc_error *err,
) noexcept nogil:
    """Append some inner chunks to `out` and put into the index where they lie in it."""
    cdef const uint8_t *data = NULL
    cdef zc_status status
    cdef size_t entry
    cdef size_t n = 0
    for entry in range(start, stop):
        update.index[2 * entry] = update.index[2 * entry + 1] = MISSING
        status = encode_entry(update, worker, entry, &data, &n, err)
        if status == ZC_ABSENT:
            continue
        if status != ZC_OK or zc_extend(out, n, err) != ZC_OK:
            return err.code
        memcpy(out.data + out.size, data, n)
        update.index[2 * entry], update.index[2 * entry + 1] = out.size, n
        out.size += n
    return ZC_OK


# ---- many workers on one shard


cdef zc_status encode_group(void *context, Py_ssize_t number, zc_error *err) noexcept nogil:
    """Encode some of a shard's inner chunks: a job for the pool."""
    cdef const Update *update = <const Update *>context
    cdef const Call *call = update.call
    cdef size_t entries = update.shard.entries
    cdef zc_worker *worker = worker_take(err)
    cdef zc_status status
    if worker == NULL:
        return err.code
    call.group[number].size = 0
    status = encode_entries(update, worker, entries * number // call.groups,
                            entries * (number + 1) // call.groups, &call.group[number], err)
    worker_give(worker)
    return status


cdef zc_status encode_groups(Update *update, zc_buffer *out, zc_error *err) noexcept nogil:
    """Encode all inner chunks on many workers, and append what each has made."""
    cdef const Call *call = update.call
    cdef size_t entries = update.shard.entries
    cdef size_t total = 0
    cdef size_t entry
    cdef int i
    if pool_run(encode_group, update, call.groups, call.threads, err) != ZC_OK:
        return err.code
    for i in range(call.groups):
        total += call.group[i].size
    if zc_extend(out, total, err) != ZC_OK:
        return err.code
    for i in range(call.groups):
        for entry in range(entries * i // call.groups, entries * (i + 1) // call.groups):
            if update.index[2 * entry + 1] != MISSING:
                update.index[2 * entry] += out.size
        if call.group[i].size:
            memcpy(out.data + out.size, call.group[i].data, call.group[i].size)
        out.size += call.group[i].size
    return ZC_OK


# ---- one shard


cdef zc_status load_old(
    Update *update, zc_worker *worker, zc_object *obj, zc_error *err
) noexcept nogil:
    """Read the shard that is stored; ZC_ABSENT if there is none."""
    cdef const Call *call = update.call
    cdef zc_status status
    status = call.session.store.open(call.session, <char *>worker.key.data, obj, err)
    if status != ZC_OK:
        return status
    update.old_index = index_of(update.shard, call.session, worker, obj, err)
    if (update.old_index == NULL
            or object_bytes(call.session, obj, &worker.buffer[0], &update.old, err) != ZC_OK):
        call.session.store.close(obj)
        update.old = NULL
        return err.code
    return ZC_OK


cdef zc_status make_shard(Update *update, zc_worker *worker, zc_error *err) noexcept nogil:
    """Put the new shard into the worker's buffer for it; of size 0 if nothing is in it."""
    cdef const zc_shard *shard = update.shard
    cdef zc_buffer *out = &worker.buffer[4]
    cdef zc_status status
    cdef size_t head
    if shard_begin(shard, out, err) != ZC_OK:
        return err.code
    head = out.size
    if update.call.groups > 1:
        status = encode_groups(update, out, err)
    else:
        status = encode_entries(update, worker, 0, shard.entries, out, err)
    if status != ZC_OK:
        return status
    if out.size == head:
        out.size = 0
        return ZC_OK
    return shard_finish(shard, worker, update.index, out, err)


cdef zc_status replace_shard(Update *update, zc_worker *worker, zc_error *err) noexcept nogil:
    """Read what has to stay, make the new shard, and put it in place of the old one."""
    cdef const Call *call = update.call
    cdef const char *key = <const char *>worker.key.data
    cdef zc_status status = ZC_OK
    cdef zc_object obj
    if not update.part.covers:
        status = load_old(update, worker, &obj, err)
        if status != ZC_OK and status != ZC_ABSENT:
            return status
    status = make_shard(update, worker, err)
    if update.old != NULL:
        call.session.store.close(&obj)
    if status != ZC_OK:
        return status
    if worker.buffer[4].size == 0:
        status = call.session.store.erase(call.session, key, err)
        return ZC_OK if status == ZC_ABSENT else status
    return call.session.store.put(call.session, key, worker.buffer[4].data,
                                  worker.buffer[4].size, False, err)


cdef void find_selected(Update *update) noexcept nogil:
    cdef zc_part part
    cdef Py_ssize_t i
    for i in range(update.region.chunks):
        region_part(&update.region, i, &part)
        update.selected[shard_number(update.shard, part.coord)] = i + 1


cdef zc_status locked_update(Update *update, zc_worker *worker, zc_error *err) noexcept nogil:
    cdef const Call *call = update.call
    cdef size_t entries = update.shard.entries
    cdef const char *key = <const char *>worker.key.data
    cdef uint64_t hashed = object_hash(call.session.identity, key)
    cdef zc_status status
    update.index = <uint64_t *>calloc(entries, 16 + sizeof(Py_ssize_t))
    if update.index == NULL:
        return zc_fail(err, ZC_MEMORY, "out of memory for the index of a shard", -1,
                       16 * entries)
    update.selected = <Py_ssize_t *>(update.index + 2 * entries)
    find_selected(update)
    status = object_lock(hashed, err)
    if status == ZC_OK:
        status = file_lock(call.plan.locks, key + call.plan.prefix_size, err)
        if status == ZC_OK:
            status = replace_shard(update, worker, err)
            file_unlock(call.plan.locks, key + call.plan.prefix_size)
        object_unlock(hashed)
    index_drop(call.plan.indexes, object_hash(0, key))
    index_release(update.old_index)
    free(update.index)
    return status


cdef zc_status update_shard(
    const Call *call, zc_worker *worker, Py_ssize_t number, zc_error *err
) noexcept nogil:
    cdef Update update
    cdef zc_status status
    cdef void *owner
    memset(&update, 0, sizeof(update))
    update.call = call
    region_part(call.objects, number, &update.part)
    shard_region(call.plan, call.objects, &update.part, &update.region)
    update.base = call.base + update.part.out_offset
    if plan_key(call.plan, update.part.coord, &worker.key, err) != ZC_OK:
        return err.code
    update.shard = shard_of(call.plan, &update.part, &owner, err)
    if update.shard == NULL:
        return err.code
    status = locked_update(&update, worker, err)
    let_go(&owner)
    return status


cdef zc_status write_shard(void *context, Py_ssize_t number, zc_error *err) noexcept nogil:
    """Write one shard: a job for the pool."""
    cdef zc_worker *worker = worker_take(err)
    cdef zc_status status
    if worker == NULL:
        return err.code
    status = update_shard(<const Call *>context, worker, number, err)
    if status != ZC_OK:
        zc_error_key(err, <char *>worker.key.data)
    worker_give(worker)
    return status


cdef zc_status write_together(Call *call, zc_error *err) noexcept nogil:
    """One shard after another, each by all threads."""
    cdef zc_status status = ZC_OK
    cdef Py_ssize_t i
    cdef int j
    call.group = <zc_buffer *>calloc(call.groups, sizeof(zc_buffer))
    if call.group == NULL:
        return zc_fail(err, ZC_MEMORY, "out of memory for a shard", -1, -1)
    for i in range(call.objects.chunks):
        status = write_shard(call, i, err)
        if status != ZC_OK:
            break
    for j in range(call.groups):
        free(call.group[j].data)
    free(call.group)
    return status


cdef int run_shards(
    Plan plan, const zc_region *objects, const char *base, int threads
) except -1:
    """Write every shard of a region."""
    cdef size_t entries = plan.c.shard.entries
    cdef size_t nbytes = entries * plan.c.nbytes
    cdef zc_session session
    cdef zc_error err
    cdef zc_error ignored
    cdef zc_status status
    cdef Call call
    cdef bint together
    cdef Py_ssize_t enough = 2 if plan.c.store.concurrency else 2 * threads
    memset(&call, 0, sizeof(call))
    if not plan.c.store.concurrency and objects.chunks * nbytes <= SMALL:
        threads = 1
    together = threads > 1 and objects.chunks < enough and entries > 1
    call.threads = threads if together else 1
    call.groups = min(<size_t>(GROUPS * threads), entries) if together else 1
    if plan.c.store.concurrency:
        threads = call_concurrency(plan.c.store.concurrency, threads, nbytes)
    zc_error_clear(&err)
    zc_error_clear(&ignored)
    call.plan, call.objects, call.session, call.base = &plan.c, objects, &session, base
    with nogil:
        status = plan.c.store.begin(plan.c.store, &session, True, &err)
        if status == ZC_OK:
            if together:
                status = write_together(&call, &err)
            else:
                status = pool_run(write_shard, &call, objects.chunks, threads, &err)
            if status == ZC_OK:
                status = plan.c.store.end(&session, True, &err)
            else:
                plan.c.store.end(&session, False, &ignored)
    if status != ZC_OK:
        raise_status(&err)
    return 0
