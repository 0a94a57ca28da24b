"""The whole read path: for each chunk of a selection, open -> fetch -> decode -> scatter.

`read_part` is one chunk and the place to start reading. Bytes move once where they can: stored
bytes without codecs go straight into the caller's array, a chunk that is contiguous there is
decoded straight into it, and everything else passes through a worker's buffer that is still in
cache.
"""

from libc.stddef cimport size_t
from libc.stdint cimport uint8_t

from zarr_c._fetch cimport fetch_chunk, keeps, read_kept
from zarr_c._native._memory cimport zc_reserve, zc_worker, worker_give, worker_take
from zarr_c._native._pool cimport pool_run
from zarr_c._native._status cimport (
    ZC_ABSENT, ZC_CORRUPT, ZC_OK, raise_status, zc_error, zc_error_clear,
    zc_error_key, zc_fail, zc_status,
)
from zarr_c._plan cimport Plan, let_go, plan_key, plan_of, zc_plan, zc_variant
from zarr_c._regions cimport plan_region
from zarr_c._read_shards cimport run_shards
from zarr_c._scatter cimport (
    Scatter, copy_out, decode_part, drop_axis, fill_out, is_raw, listed_block,
    set_scatter,
)
from zarr_c.codecs._chain cimport zc_source
from zarr_c.indexing._basic cimport parse_basic, result_shape, zc_basic
from zarr_c.indexing._copy cimport fill_items
from zarr_c.indexing._elements cimport ZC_PLAIN
from zarr_c.indexing._grid cimport region_part, zc_part, zc_region
from zarr_c.indexing._listed cimport out_offset, stored_offset, zc_block
from zarr_c.storage._store cimport zc_object, zc_session

import numpy as np

from zarr_c._native.threads import call_concurrency
from zarr_c.errors import ChunkNotFoundError
from zarr_c.indexing._basic import new_axes

# Calls with less work than this stay on the calling thread: handing some to a parked thread and
# waiting for it takes 20-60 us here, in which one thread copies or decodes about 256 KiB.
cdef size_t SMALL = 256 << 10
# A read of its own costs what copying this many bytes does: a plane across the rows of 32
# chunks of 2 MiB, 512 bytes of each 64 KiB, took 11 ms in pieces and 1.0 by rows.
cdef size_t STREWN = 16 << 10
# Stored bytes without codecs are scattered in pieces that stay in the second-level cache.
cdef size_t PIECE = 256 << 10

cdef struct Call:
    const zc_plan *plan
    const zc_region *region
    zc_session *session
    char *base

cdef struct ObjectSource:
    zc_source source
    zc_object *obj
    zc_session *session


cdef zc_status fetch_span(
    Call *call, zc_worker *worker, zc_object *obj, const Scatter *scatter, zc_error *err
) noexcept nogil:
    """Copy a selection out of an object without codecs, in one read or from lent memory."""
    cdef size_t n = scatter.stop - scatter.start
    cdef const uint8_t *data = call.session.store.view(call.session, obj, scatter.start, n)
    if data == NULL:
        if scatter.direct:
            return call.session.store.read(obj, scatter.start, scatter.to, n, err)
        if zc_reserve(&worker.buffer[1], n, err) != ZC_OK:
            return err.code
        data = worker.buffer[1].data
        if call.session.store.read(obj, scatter.start, worker.buffer[1].data, n, err) != ZC_OK:
            return err.code
    return copy_out(call.plan, scatter, data - scatter.start, err)


cdef zc_status fetch_points(
    Call *call, zc_object *obj, const Scatter *scatter, zc_error *err
) noexcept nogil:
    """Read single elements of an object without codecs, each by a read of its own."""
    cdef size_t itemsize = call.plan.itemsize
    cdef zc_block block
    cdef Py_ssize_t k
    listed_block(call.plan, scatter, &block)
    for k in range(block.dim[0].count):
        if call.session.store.read(
                obj, scatter.base + stored_offset(&block.dim[0], k),
                scatter.to + out_offset(&block.dim[0], k), itemsize, err) != ZC_OK:
            return err.code
    return ZC_OK


cdef bint are_strewn(Call *call, zc_object *obj, const Scatter *scatter) noexcept nogil:
    """Whether points lie so far apart that reading what is between them would not pay."""
    cdef const zc_region *region = scatter.region
    cdef size_t n = scatter.stop - scatter.start
    cdef Py_ssize_t chunk
    if region.groups != 1 or region.spans or scatter.ndim or call.plan.kind != ZC_PLAIN:
        return False
    chunk = scatter.part.group[0]
    chunk = region.points[0].first[chunk + 1] - region.points[0].first[chunk]
    return (call.plan.store.concurrency == 0 and n > chunk * STREWN
            and call.session.store.view(call.session, obj, scatter.start, n) == NULL)


cdef zc_status fetch_pieces(
    Call *call, zc_worker *worker, zc_object *obj, Scatter *scatter, zc_error *err
) noexcept nogil:
    """Split a selection along its outermost axis until its pieces fit the cache."""
    cdef Scatter piece
    cdef Py_ssize_t i = 0
    cdef Py_ssize_t many = 1
    cdef size_t inner
    if scatter.listed and are_strewn(call, obj, scatter):
        return fetch_points(call, obj, scatter, err)
    if scatter.direct or scatter.ndim == 0 or scatter.stop - scatter.start <= PIECE:
        return fetch_span(call, worker, obj, scatter, err)
    inner = scatter.stop - scatter.start - (scatter.shape[0] - 1) * scatter.src[0]
    if inner > <size_t>scatter.src[0]:   # pieces would overlap, as points lie across the axis
        return fetch_span(call, worker, obj, scatter, err)
    if inner < PIECE and scatter.src[0] - inner <= STREWN:
        many += (PIECE - inner) // scatter.src[0]
    while i < scatter.shape[0]:
        piece = scatter[0]
        piece.shape[0] = min(many, scatter.shape[0] - i)
        piece.start = scatter.start + i * scatter.src[0]
        piece.base = scatter.base + i * scatter.src[0]
        piece.stop = piece.start + inner + (piece.shape[0] - 1) * scatter.src[0]
        piece.to = scatter.to + i * scatter.dst[0]
        if piece.shape[0] == 1:
            drop_axis(&piece, call.plan.itemsize)
        if fetch_pieces(call, worker, obj, &piece, err) != ZC_OK:
            return err.code
        i += many
    return ZC_OK


cdef zc_status object_source_read(
    zc_source *source, size_t offset, void *dst, size_t n, zc_error *err
) noexcept nogil:
    cdef ObjectSource *self = <ObjectSource *>source
    if offset > source.size or n > source.size - offset:
        return zc_fail(err, ZC_CORRUPT, "the object ends too early", offset + n, source.size)
    return self.session.store.read(self.obj, offset, dst, n, err)


cdef zc_status fetch_part(
    Call *call, zc_worker *worker, zc_object *obj, const Scatter *scatter, zc_error *err
) noexcept nogil:
    """Fetch and decode only where the selection lies; ZC_ABSENT when that cannot be."""
    cdef ObjectSource source
    source.source.size, source.source.read = obj.size, object_source_read
    source.obj, source.session = obj, call.session
    return decode_part(call.plan, worker, &source.source, scatter, err)


cdef zc_status read_chunk(
    const zc_plan *plan, zc_session *session, zc_worker *worker, uint8_t *dst, zc_error *err
) noexcept nogil:
    """Read the chunk whose key is in ``worker.key`` into `dst`; an absent one is fill value."""
    cdef const uint8_t *decoded
    cdef zc_object obj
    cdef zc_status status
    status = session.store.open(session, <char *>worker.key.data, &obj, err)
    if status == ZC_ABSENT:
        fill_items(<char *>dst, plan.nbytes, plan.fill, plan.itemsize)
        return ZC_OK
    if status == ZC_OK:
        status = fetch_chunk(plan, session, worker, &obj, dst, &decoded, err)
        session.store.close(&obj)
    return status


cdef zc_status read_object(
    Call *call, zc_worker *worker, zc_object *obj, Scatter *scatter, zc_error *err
) noexcept nogil:
    """Move what is selected of one stored chunk into the caller's array."""
    cdef const zc_plan *plan = call.plan
    cdef const uint8_t *decoded
    cdef zc_status status
    if is_raw(plan):
        if obj.size != plan.nbytes:
            return zc_fail(err, ZC_CORRUPT, "wrong number of bytes for its chunk",
                           plan.nbytes, obj.size)
        return fetch_pieces(call, worker, obj, scatter, err)
    if scatter.full and scatter.direct:
        return fetch_chunk(plan, call.session, worker, obj, <uint8_t *>scatter.to, &decoded,
                           err)
    status = fetch_part(call, worker, obj, scatter, err)
    if status == ZC_ABSENT:
        status = fetch_chunk(plan, call.session, worker, obj, NULL, &decoded, err)
        if status == ZC_OK:
            status = copy_out(plan, scatter, decoded, err)
    return status


cdef zc_status open_for(
    Call *call, const char *key, const Scatter *scatter, zc_object *obj, zc_error *err
) noexcept nogil:
    """Open a stored chunk, and of one without codecs only what is selected where that pays."""
    cdef const zc_plan *plan = call.plan
    cdef size_t n = scatter.stop - scatter.start
    if not (plan.store.part_sizes and is_raw(plan) and n * 4 <= plan.nbytes):
        return plan.store.open(call.session, key, obj, err)
    return plan.store.open_part(call.session, key, scatter.start, n, obj, err)


cdef zc_status read_open(
    Call *call, zc_worker *worker, zc_object *obj, Scatter *scatter, zc_error *err
) noexcept nogil:
    cdef zc_status status = read_object(call, worker, obj, scatter, err)
    call.session.store.close(obj)
    return status


cdef zc_status read_stored(
    Call *call, zc_worker *worker, Scatter *scatter, zc_error *err
) noexcept nogil:
    """Read what is selected of the chunk whose key is in ``worker.key``."""
    cdef zc_object obj
    cdef zc_status status
    if keeps(call.plan):
        status = read_kept(call.plan, call.session, worker, scatter, err)
    else:
        status = open_for(call, <char *>worker.key.data, scatter, &obj, err)
        if status == ZC_OK:
            return read_open(call, worker, &obj, scatter, err)
    if status == ZC_ABSENT and call.plan.read_missing:
        status = fill_out(call.plan, scatter, err)
    elif status == ZC_ABSENT:
        zc_fail(err, ZC_ABSENT, "absent", -1, -1)
    return status


cdef zc_status read_part(void *context, Py_ssize_t index, zc_error *err) noexcept nogil:
    """Read chunk number `index` of a call: the job that the pool runs."""
    cdef Call call = (<Call *>context)[0]   # with the plan of this chunk
    cdef zc_worker *worker = worker_take(err)
    cdef zc_variant variant
    cdef Scatter scatter
    cdef zc_part part
    cdef zc_status status
    if worker == NULL:
        return err.code
    region_part(call.region, index, &part)
    status = plan_key(call.plan, part.coord, &worker.key, err)
    if status == ZC_OK:
        status = plan_of(&call.plan, &part, &variant, err)
        if status == ZC_OK:
            set_scatter(call.plan, call.region, call.base, &part, &scatter)
            status = read_stored(&call, worker, &scatter, err)
        let_go(&variant.owner)
    if status != ZC_OK:
        zc_error_key(err, <char *>worker.key.data)
    worker_give(worker)
    return status


cdef int read_region(
    Plan plan, const zc_region *region, char *base, size_t nbytes, int threads
) except -1:
    """Read every chunk of a region, on the calling thread or on the pool."""
    cdef zc_session session
    cdef zc_error err
    cdef zc_status status
    cdef Call call
    if plan.c.shard != NULL:
        return run_shards(plan, region, base, threads)
    if plan.c.chain.count:   # a codec works on whole chunks, however little is selected
        nbytes = max(nbytes, region.chunks * plan.c.nbytes)
    if plan.c.store.concurrency:
        threads = call_concurrency(plan.c.store.concurrency, threads, plan.c.nbytes)
    elif nbytes <= SMALL:
        threads = 1
    zc_error_clear(&err)
    call.plan, call.region, call.session, call.base = &plan.c, region, &session, base
    with nogil:
        status = plan.c.store.begin(plan.c.store, &session, False, &err)
        if status == ZC_OK:
            status = pool_run(read_part, &call, region.chunks, threads, &err)
            plan.c.store.end(&session, False, &err)
    if status == ZC_ABSENT:
        chunk = f"chunk {err.key.decode(errors='replace')!r}"
        raise ChunkNotFoundError(f"{chunk} is absent and array.read_missing_chunks is false")
    if status != ZC_OK:
        raise_status(&err)
    return 0


def read(
    Plan plan not None, tuple shape, selection, int threads, data_type, str order, out=None
):
    """Read a basic selection.

    Parameters
    ----------
    plan : Plan
    shape : tuple of int
        Shape of the array.
    selection : object
        Integers, slices, Ellipsis and newaxis.
    threads : int
        Most threads to use.
    data_type : DataType
        Data type of the array.
    order : {"C", "F"}
        Memory order of a new result.
    out : numpy.ndarray, optional
        Where to put the result: writable, of the result's shape and data type, with any
        strides.

    Returns
    -------
    numpy.ndarray or scalar
        `out` itself where it was given.

    Raises
    ------
    IndexError
        If the selection does not fit the array.
    ValueError, TypeError
        If `out` does not fit the result.
    ChunkCorruptError
        If a stored chunk is damaged.
    """
    cdef zc_basic basic
    cdef zc_region region
    cdef char *base
    dtype = data_type.dtype
    parse_basic(selection, shape, &basic)
    result = out
    if out is None:
        result = np.empty(result_shape(&basic), dtype, order)
    elif basic.newaxes:
        raise TypeError("out: cannot be given together with newaxis in the selection")
    else:
        check_out(out, result_shape(&basic), dtype)
    if result.size:
        owners = plan_region(plan, &basic, result, &region, &base)
        read_region(plan, &region, base, result.nbytes, threads)
        del owners
        if data_type.needs_normalizing:
            data_type.normalize(result)
    if out is None:
        if basic.newaxes:
            return result[new_axes(selection, result.ndim)]
        if basic.scalar or not shape:
            return result[()]
    return result


def check_out(out, tuple shape, dtype):
    """Refuse an `out` that cannot take a result of `shape` and `dtype`."""
    if not isinstance(out, np.ndarray):
        raise TypeError(f"out: expected a numpy.ndarray, found {type(out).__name__}")
    if out.shape != shape:
        raise ValueError(f"out: expected shape {shape}, found {out.shape}")
    if out.dtype != dtype:
        raise TypeError(f"out: expected data type {dtype}, found {out.dtype}")
    if not out.flags.writeable:
        raise ValueError("out: expected a writable array, found a read-only one")
