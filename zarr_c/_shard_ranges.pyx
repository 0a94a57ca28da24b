"""What is selected of a window of shards, as ranges of them: inner chunks that lie next to each
other, or nearly so, are fetched together.
"""

from libc.stdlib cimport qsort, realloc

from zarr_c._chunk_cache cimport cache_find, cache_has, kept_release, zc_chunks
from zarr_c._fetch cimport keeps, name_of, stamp_of
from zarr_c._native._memory cimport zc_worker, worker_give, worker_take
from zarr_c._native._status cimport (
    ZC_ABSENT, ZC_CORRUPT, ZC_MEMORY, ZC_OK, zc_error_clear, zc_error_key, zc_fail,
)
from zarr_c._plan cimport plan_key
from zarr_c._regions cimport shard_number, shard_region
from zarr_c._scatter cimport Scatter, copy_out, is_raw, set_scatter
from zarr_c.codecs._chain cimport ZC_SIZE_UNKNOWN
from zarr_c.codecs._shard cimport shard_entry
from zarr_c.indexing._grid cimport region_part
from zarr_c.storage._store cimport zc_object

# Ranges of a store on this machine: a request costs what copying 16 KiB does, and a range that
# stays in the second-level cache is decoded out of it.
cdef size_t NEAR_GAP = 16 << 10
cdef size_t NEAR_BYTES = 256 << 10


cdef int inner_region(
    const Window *window, Py_ssize_t shard, zc_part *part, zc_region *region
) noexcept nogil:
    region_part(window.objects, window.first + shard, part)
    return shard_region(window.plan, window.objects, part, region)


cdef int by_offset(const void *a, const void *b) noexcept nogil:
    cdef size_t x = (<const Item *>a).offset
    cdef size_t y = (<const Item *>b).offset
    return (x > y) - (x < y)


cdef zc_status locate(
    const zc_plan *plan, const zc_shard *shard, const zc_index *index, size_t size,
    const zc_region *region, Item *item, zc_error *err,
) noexcept nogil:
    """Where the inner chunk lies that is number ``item.part`` of those selected of a shard."""
    cdef Scatter scatter
    cdef zc_part part
    cdef zc_status status
    region_part(region, item.part, &part)
    status = shard_entry(shard, index.entry, shard_number(shard, part.coord), size,
                         &item.offset, &item.nbytes, err)
    if status == ZC_ABSENT:
        item.offset, item.nbytes = ZC_SIZE_UNKNOWN, 0
        return ZC_OK
    if status == ZC_OK and is_raw(plan):   # rows of it will do
        if item.nbytes != plan.nbytes:
            return zc_fail(err, ZC_CORRUPT, "wrong number of bytes for its chunk", plan.nbytes,
                           item.nbytes)
        set_scatter(plan, region, NULL, &part, &scatter)
        item.offset += scatter.start
        item.nbytes = scatter.stop - scatter.start
    return status


cdef zc_status plan_items(
    Window *window, const Target *target, const zc_region *region, zc_error *err
) noexcept nogil:
    """Append the inner chunks that are selected of a shard, in the order in which they lie."""
    cdef size_t items = window.items + region.chunks
    cdef Item *item
    cdef Py_ssize_t i
    if items > window.room:
        item = <Item *>realloc(window.item, 2 * items * sizeof(Item))
        if item == NULL:
            return zc_fail(err, ZC_MEMORY, "out of memory for the inner chunks of shards", -1,
                           items)
        window.item, window.room = item, 2 * items
    item = window.item + window.items
    for i in range(region.chunks):
        item[i].part, item[i].kept = i, NULL
        if locate(window.plan, target.shard, target.index, target.index.size, region, &item[i],
                  err) != ZC_OK:
            return err.code
    for i in range(region.chunks):
        if item[i].nbytes and keeps(window.plan):
            find_kept(window.plan, target, target.index.version, region, &item[i])
    qsort(item, region.chunks, sizeof(Item), by_offset)
    return ZC_OK


cdef void find_kept(
    const zc_plan *plan, const Target *target, uint64_t version, const zc_region *region,
    Item *item,
) noexcept nogil:
    """Look into the cache for an inner chunk; of one that is there nothing is fetched."""
    cdef zc_name name = target.name
    cdef zc_part part
    region_part(region, item.part, &part)
    name.number = shard_number(target.shard, part.coord)
    item.kept = cache_find(plan.caching.chunks, &name, target.stamp, version)
    if item.kept != NULL:
        item.offset, item.nbytes = ZC_SIZE_UNKNOWN, 0


cdef zc_status find_served(
    Window *window, Target *target, const zc_region *region, const zc_part *shard,
    zc_worker *worker, uint64_t *version, zc_error *err,
) noexcept nogil:
    """Take what is selected of a shard out of the cache if all of it is there.

    `version` is set to that of the shard where opening it tells.
    """
    cdef const zc_plan *plan = window.plan
    cdef const char *key = <const char *>worker.key.data
    cdef zc_object obj
    cdef zc_status status
    target.name, target.stamp = name_of(plan, key, 0), stamp_of(plan, key)
    if plan.caching.validates:
        status = plan.store.open(window.session, key, &obj, err)
        if status != ZC_OK:
            return ZC_OK if status == ZC_ABSENT else status
        version[0] = obj.version
        plan.store.close(&obj)
    return serve(window, target, region, window.base + shard.out_offset, version[0], err)


cdef zc_status serve(
    Window *window, Target *target, const zc_region *region, char *base, uint64_t version,
    zc_error *err,
) noexcept nogil:
    cdef zc_chunks *chunks = window.plan.caching.chunks
    cdef zc_name name = target.name
    cdef zc_kept *kept
    cdef Scatter scatter
    cdef zc_part part
    cdef zc_status status
    cdef Py_ssize_t i
    for i in range(region.chunks):   # first a look, which counts nothing
        region_part(region, i, &part)
        name.number = shard_number(target.shard, part.coord)
        if not cache_has(chunks, &name, target.stamp, version):
            return ZC_OK
    for i in range(region.chunks):
        region_part(region, i, &part)
        name.number = shard_number(target.shard, part.coord)
        kept = cache_find(chunks, &name, target.stamp, version)
        if kept == NULL:
            return ZC_OK
        set_scatter(window.plan, region, base, &part, &scatter)
        status = copy_out(window.plan, &scatter, kept.data, err)
        kept_release(kept)
        if status != ZC_OK:
            return status
    target.served = True
    return ZC_OK


cdef void release_items(Window *window) noexcept nogil:
    """Give back what came out of the cache."""
    cdef size_t i
    for i in range(window.items):
        kept_release(window.item[i].kept)
    window.items = 0


cdef Span *add_span(Window *window, Py_ssize_t shard, zc_error *err) noexcept nogil:
    cdef Span *span
    cdef Span *more
    if window.spans == window.span_room:
        more = <Span *>realloc(window.span, (2 * window.span_room + 16) * sizeof(Span))
        if more == NULL:
            zc_fail(err, ZC_MEMORY, "out of memory for the ranges of a shard", -1, -1)
            return NULL
        window.span, window.span_room = more, 2 * window.span_room + 16
    span = &window.span[window.spans]
    span.shard, span.first, span.count, span.offset, span.nbytes = shard, window.items, 0, 0, 0
    window.spans += 1
    return span


cdef zc_status plan_spans(
    Window *window, Py_ssize_t shard, size_t count, size_t gap, size_t most, zc_error *err
) noexcept nogil:
    """Put neighbours together, of the last `count` items."""
    cdef Span *span = NULL
    cdef Item *item
    cdef size_t stop = 0
    cdef size_t i
    for i in range(window.items - count, window.items):
        item = &window.item[i]
        if (span == NULL or (item.nbytes == 0) != (span.nbytes == 0)
                or item.offset > stop and item.offset - stop > gap
                or item.offset + item.nbytes > stop
                and item.offset + item.nbytes - span.offset > most):
            span = add_span(window, shard, err)
            if span == NULL:
                return err.code
            span.first, span.offset, stop = i, item.offset, item.offset
        span.count += 1
        if item.nbytes:
            window.target[shard].fetches = True
            stop = max(stop, item.offset + item.nbytes)
            span.nbytes = stop - span.offset
            window.longest = max(window.longest, span.nbytes)
        elif span.count == 256:   # many workers fill what is missing
            span = NULL
    return ZC_OK


cdef zc_status plan_window(Window *window, zc_error *err) noexcept nogil:
    """Turn what is selected into spans."""
    cdef const zc_plan *plan = window.plan
    cdef bint near = plan.store.concurrency == 0
    cdef size_t gap = NEAR_GAP if near else plan.max_gap
    cdef size_t most = NEAR_BYTES if near else plan.max_bytes
    cdef zc_region region
    cdef zc_part part
    cdef Target *target
    cdef Py_ssize_t shard
    window.items, window.spans, window.longest, window.work = 0, 0, 0, 0
    for shard in range(window.shards):
        target = &window.target[shard]
        inner_region(window, shard, &part, &region)
        window.work += region.chunks * plan.nbytes
        if target.served:
            continue
        if target.index == NULL:
            if add_span(window, shard, err) == NULL:
                return err.code
            if target.whole:
                window.longest = max(window.longest, target.shard.entries * plan.nbytes)
            continue
        if plan_items(window, target, &region, err) != ZC_OK:
            name_shard(window, shard, err)
            return err.code
        window.items += region.chunks
        if plan_spans(window, shard, region.chunks, gap, most, err) != ZC_OK:
            return err.code
    return ZC_OK


cdef void name_shard(const Window *window, Py_ssize_t shard, zc_error *err) noexcept nogil:
    """Name the shard that an error is about."""
    cdef zc_worker *worker
    cdef zc_error ignored
    cdef zc_part part
    zc_error_clear(&ignored)
    worker = worker_take(&ignored)
    if worker == NULL:
        return
    region_part(window.objects, window.first + shard, &part)
    if plan_key(window.plan, part.coord, &worker.key, &ignored) == ZC_OK:
        zc_error_key(err, <char *>worker.key.data)
    worker_give(worker)
