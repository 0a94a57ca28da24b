"""The read path where chunks lie in shards: indexes -> ranges -> fetch -> decode -> scatter.

Shards are read a window at a time. First the indexes of its shards are found, in what is kept
or by a request each; then the inner chunks that are selected become ranges, neighbours as one;
then each range is fetched, and its inner chunks are decoded, by one worker. So one inner chunk
of a shard costs two requests, and one when the index is kept. Of a shard that is wanted as a
whole, a store far away is asked once; so is every store for one that others replace between
two requests.
"""

from libc.stddef cimport size_t
from libc.stdint cimport uint8_t, uint64_t
from libc.stdlib cimport calloc, free

from zarr_c._chunk_cache cimport kept_release, zc_name
from zarr_c._fetch cimport decode_kept, keeps
from zarr_c._native._locks cimport object_hash
from zarr_c._native._memory cimport zc_reserve, zc_worker, worker_give, worker_take
from zarr_c._native._pool cimport pool_run
from zarr_c._native._posix cimport zc_fetch_add
from zarr_c._native._status cimport (
    ZC_ABSENT, ZC_OK, raise_status, zc_error, zc_error_clear,
    zc_error_key, zc_fail, zc_status,
)
from zarr_c._plan cimport let_go, plan_key, shard_of, zc_plan
from zarr_c._regions cimport shard_number
from zarr_c._scatter cimport Scatter, copy_out, decode_out, fill_out, is_raw, set_scatter
from zarr_c._shard_indexes cimport (
    index_drop, index_find, index_keep, index_load, index_of, index_release, zc_index,
)
from zarr_c._shard_ranges cimport (
    Item, Span, Target, Window, find_kept, find_served, inner_region, locate, plan_window,
    release_items,
)
from zarr_c.codecs._shard cimport zc_shard
from zarr_c.indexing._grid cimport region_part, zc_part
from zarr_c.storage._store cimport zc_object, zc_session

from zarr_c._native.threads import call_concurrency
from zarr_c.errors import ChunkNotFoundError

cdef size_t SMALL = 256 << 10   # as in the read path
cdef enum:
    WINDOW = 1024            # shards at once, if ...
    WINDOW_INDEX = 16 << 20  # ... their indexes have no more bytes than this
    ATTEMPTS = 4             # of a window whose shards are replaced between two requests

cdef bint takes_whole(
    const zc_plan *plan, const zc_shard *shard, const zc_region *region
) noexcept nogil:
    """Whether one request for a whole shard beats one for its index and one for the rest."""
    return (plan.store.concurrency != 0 and 2 * <size_t>region.chunks >= shard.entries
            and shard.entries * plan.nbytes <= plan.max_bytes)


cdef zc_status find_index(void *context, Py_ssize_t shard, zc_error *err) noexcept nogil:
    """Find the index of a shard of the window: a job for the pool."""
    cdef Window *window = <Window *>context
    cdef const zc_plan *plan = window.plan
    cdef Target *target = &window.target[shard]
    cdef zc_worker *worker = worker_take(err)
    cdef zc_region region
    cdef zc_part part
    cdef zc_status status
    cdef uint64_t hashed
    cdef uint64_t version = 0
    if worker == NULL:
        return err.code
    inner_region(window, shard, &part, &region)
    status = plan_key(plan, part.coord, &worker.key, err)
    if status == ZC_OK:
        target.shard = shard_of(plan, &part, &target.owner, err)
        status = err.code if target.shard == NULL else ZC_OK
    if status == ZC_OK and keeps(plan):
        status = find_served(window, target, &region, &part, worker, &version, err)
    if status == ZC_OK and not target.served:
        hashed = object_hash(0, <char *>worker.key.data)
        target.index = NULL if window.entire else index_find(plan.indexes, hashed)
        if target.index != NULL and version and target.index.version != version:
            index_release(target.index)
            target.index = NULL
        target.recalled, target.fetches = target.index != NULL and not version, False
        target.whole = window.entire or (
            target.index == NULL and takes_whole(plan, target.shard, &region))
        if target.index == NULL and not target.whole:
            target.index = index_load(target.shard, window.session, worker,
                                      <char *>worker.key.data, err)
            if target.index != NULL:
                target.index.hashed = hashed
                index_keep(plan.indexes, target.index)
            elif err.code == ZC_ABSENT:
                target.absent = True
                status = absent(window, err)
            else:
                status = err.code
    if status != ZC_OK:
        zc_error_key(err, <char *>worker.key.data)
    worker_give(worker)
    return status


cdef zc_status absent(const Window *window, zc_error *err) noexcept nogil:
    """A shard that is not there, which may be forbidden."""
    err.code = ZC_OK
    return ZC_OK if window.plan.read_missing else zc_fail(err, ZC_ABSENT, "absent", -1, -1)


# ---- ranges are fetched and decoded


cdef struct Job:
    const zc_plan *plan
    zc_session *session
    zc_worker *worker
    const Target *target
    const zc_shard *shard
    zc_region region     # of the inner chunks in the shard
    char *base


cdef zc_status place_item(
    Job *job, const Item *item, const uint8_t *data, uint64_t version, zc_error *err
) noexcept nogil:
    """Decode an inner chunk, or rows of one, into the caller's array."""
    cdef Scatter scatter
    cdef zc_name name
    cdef zc_part part
    region_part(&job.region, item.part, &part)
    set_scatter(job.plan, &job.region, job.base, &part, &scatter)
    if item.kept != NULL:
        return copy_out(job.plan, &scatter, item.kept.data, err)
    if item.nbytes == 0:
        return fill_out(job.plan, &scatter, err)
    if is_raw(job.plan):
        return copy_out(job.plan, &scatter, data - scatter.start, err)
    if keeps(job.plan):
        name = job.target.name
        name.number = shard_number(job.shard, part.coord)
        return decode_kept(job.plan, job.worker, &name, job.target.stamp, version, data,
                           item.nbytes, &scatter, err)
    return decode_out(job.plan, job.worker, data, item.nbytes, &scatter, err)


cdef zc_status fetch(
    Job *job, zc_object *obj, size_t offset, size_t n, const uint8_t **data, zc_error *err
) noexcept nogil:
    """A range of an open object, lent by the store or in the worker's first buffer."""
    data[0] = job.session.store.view(job.session, obj, offset, n)
    if data[0] != NULL:
        return ZC_OK
    if zc_reserve(&job.worker.buffer[0], n, err) != ZC_OK:
        return err.code
    data[0] = job.worker.buffer[0].data
    return job.session.store.read(obj, offset, job.worker.buffer[0].data, n, err)


cdef zc_status open_current(
    Window *window, Job *job, const zc_index *index, size_t offset, size_t n, zc_object *obj,
    zc_error *err,
) noexcept nogil:
    """Open a range of a shard if it is the one that the index is of.

    Otherwise the window is read anew, and ZC_ABSENT is returned.
    """
    cdef const char *key = <const char *>job.worker.key.data
    cdef zc_status status
    if job.session.store.open_part != NULL:
        status = job.session.store.open_part(job.session, key, offset, n, obj, err)
    else:
        status = job.session.store.open(job.session, key, obj, err)
    if status == ZC_OK and obj.version != index.version:
        job.session.store.close(obj)
        status = ZC_ABSENT
    if status == ZC_ABSENT:
        index_drop(window.plan.indexes, index.hashed)
        zc_fetch_add(&window.stale, 1)
    return status


cdef zc_status read_range(
    Window *window, Job *job, const Span *span, zc_error *err
) noexcept nogil:
    cdef zc_index *index = window.target[span.shard].index
    cdef const uint8_t *data = NULL
    cdef const Item *item
    cdef zc_object obj
    cdef zc_status status
    cdef size_t i
    status = open_current(window, job, index, span.offset, span.nbytes, &obj, err)
    if status != ZC_OK:
        return ZC_OK if status == ZC_ABSENT else status
    status = fetch(job, &obj, span.offset, span.nbytes, &data, err)
    for i in range(span.count):
        if status == ZC_OK:
            item = &window.item[span.first + i]
            status = place_item(job, item, data + (item.offset - span.offset), index.version,
                                err)
    job.session.store.close(&obj)
    return status


cdef zc_status read_whole(
    Window *window, Job *job, const zc_part *shard, zc_error *err
) noexcept nogil:
    """Read a shard by one request."""
    cdef const uint8_t *data
    cdef zc_index *index
    cdef zc_object obj
    cdef zc_status status
    cdef Item item
    item.kept = NULL
    status = job.session.store.open(job.session, <const char *>job.worker.key.data, &obj, err)
    if status == ZC_ABSENT:
        status = absent(window, err)
        return fill_shard(window, job, shard, err) if status == ZC_OK else status
    if status != ZC_OK:
        return status
    index = index_of(job.shard, job.session, job.worker, &obj, err)
    status = err.code if index == NULL else fetch(job, &obj, 0, obj.size, &data, err)
    for item.part in range(job.region.chunks):
        if status == ZC_OK:
            status = locate(job.plan, job.shard, index, obj.size, &job.region, &item, err)
        if status == ZC_OK and item.nbytes and keeps(job.plan):
            find_kept(job.plan, job.target, obj.version, &job.region, &item)
        if status == ZC_OK:
            status = place_item(job, &item, data + item.offset if item.nbytes else NULL,
                                obj.version, err)
            kept_release(item.kept)
            item.kept = NULL
    index_release(index)
    job.session.store.close(&obj)
    return status


cdef zc_status fill_shard(
    const Window *window, Job *job, const zc_part *part, zc_error *err
) noexcept nogil:
    """What is selected of an absent shard."""
    cdef Scatter scatter
    set_scatter(job.plan, window.objects, window.base, part, &scatter)
    return fill_out(job.plan, &scatter, err)


cdef zc_status fill_missing(
    Window *window, Job *job, const Span *span, zc_error *err
) noexcept nogil:
    """Fill what an index says is missing, and copy what was kept."""
    cdef const Target *target = job.target
    cdef zc_status status = ZC_OK
    cdef zc_object obj
    cdef size_t i
    if target.recalled and not target.fetches:   # nothing else tells whether it still holds
        status = open_current(window, job, target.index, 0, 1, &obj, err)
        if status != ZC_OK:
            return ZC_OK if status == ZC_ABSENT else status
        job.session.store.close(&obj)
    for i in range(span.count):
        if status == ZC_OK:
            status = place_item(job, &window.item[span.first + i], NULL, 0, err)
    return status


cdef zc_status read_span(void *context, Py_ssize_t number, zc_error *err) noexcept nogil:
    """Do one span: a job for the pool."""
    cdef Window *window = <Window *>context
    cdef const Span *span = &window.span[number]
    cdef const Target *target = &window.target[span.shard]
    cdef zc_status status = ZC_OK
    cdef zc_part part
    cdef Job job
    job.plan, job.session, job.worker = window.plan, window.session, worker_take(err)
    if job.worker == NULL:
        return err.code
    inner_region(window, span.shard, &part, &job.region)
    job.target, job.shard = target, target.shard
    job.base = window.base + part.out_offset
    status = plan_key(window.plan, part.coord, &job.worker.key, err)
    if status != ZC_OK:
        pass
    elif target.whole:
        status = read_whole(window, &job, &part, err)
    elif target.absent:
        status = fill_shard(window, &job, &part, err)
    elif span.nbytes:
        status = read_range(window, &job, span, err)
    else:
        status = fill_missing(window, &job, span, err)
    if status != ZC_OK:
        zc_error_key(err, <char *>job.worker.key.data)
    worker_give(job.worker)
    return status


# ---- windows


cdef void release_targets(Window *window) noexcept nogil:
    cdef Py_ssize_t i
    release_items(window)
    for i in range(window.shards):
        index_release(window.target[i].index)
        let_go(&window.target[i].owner)
        window.target[i].index = NULL
        window.target[i].absent = window.target[i].whole = window.target[i].served = False


cdef zc_status read_window(Window *window, int threads, zc_error *err) except *:
    """Read the shards of one window."""
    cdef int fetching = threads
    cdef int concurrency = window.plan.store.concurrency
    cdef zc_status status
    if concurrency:
        fetching = call_concurrency(concurrency, threads, window.plan.shard.index_size)
    with nogil:
        status = pool_run(find_index, window, window.shards, fetching, err)
        if status == ZC_OK:
            status = plan_window(window, err)
    if status == ZC_OK:
        fetching = threads
        if concurrency:
            fetching = call_concurrency(concurrency, threads, window.longest)
        elif window.work <= SMALL:
            fetching = 1
        with nogil:
            status = pool_run(read_span, window, window.spans, fetching, err)
    release_targets(window)
    return status


cdef zc_status read_windows(Window *window, int threads, zc_error *err) except *:
    cdef Py_ssize_t most = window.shards
    cdef zc_status status = ZC_OK
    cdef int attempt
    while window.first < window.objects.chunks:
        window.shards = min(most, window.objects.chunks - window.first)
        for attempt in range(ATTEMPTS):
            window.stale, window.entire = 0, attempt == ATTEMPTS - 1
            status = read_window(window, threads, err)
            if status != ZC_OK or window.stale == 0:
                break
        if status != ZC_OK:
            break
        window.first += window.shards
    return status


cdef int run_shards(Plan plan, const zc_region *objects, char *base, int threads) except -1:
    """Read what is selected of every shard of a region."""
    cdef zc_session session
    cdef zc_error err
    cdef zc_status status
    cdef Window window
    zc_error_clear(&err)
    window.plan, window.objects, window.session = &plan.c, objects, &session
    window.base, window.first = base, 0
    window.shards = WINDOW_INDEX // (16 * plan.c.shard.entries)
    window.shards = min(max(window.shards, 1), <Py_ssize_t>WINDOW, objects.chunks)
    window.item, window.span, window.room, window.span_room = NULL, NULL, 0, 0
    window.items = 0
    window.target = <Target *>calloc(window.shards, sizeof(Target))
    if window.target == NULL:
        raise MemoryError("for the indexes of shards")
    try:
        with nogil:
            status = plan.c.store.begin(plan.c.store, &session, False, &err)
        if status == ZC_OK:
            try:
                status = read_windows(&window, threads, &err)
            finally:
                with nogil:
                    plan.c.store.end(&session, False, &err)
    finally:
        free(window.target)
        free(window.item)
        free(window.span)
    if status == ZC_ABSENT:
        shard = f"shard {err.key.decode(errors='replace')!r}"
        raise ChunkNotFoundError(f"{shard} is absent and array.read_missing_chunks is false")
    if status != ZC_OK:
        raise_status(&err)
    return 0
