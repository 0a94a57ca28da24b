"""The whole write path: for each chunk of a selection, (read) -> gather -> encode -> put.

`write_part` is one chunk and the place to start reading. A chunk that the selection covers is
written without being read, so a damaged one is healed; any other is read, changed and written
under the lock of its object, so that no two threads lose each other's update.
"""

from libc.stddef cimport size_t
from libc.stdint cimport uint8_t, uint64_t

from zarr_c._native._file_locks cimport file_lock, file_unlock
from zarr_c._native._locks cimport object_hash, object_lock, object_unlock
from zarr_c._native._memory cimport zc_reserve, zc_worker, worker_give, worker_take
from zarr_c._native._pool cimport pool_run
from zarr_c._native._status cimport (
    ZC_ABSENT, ZC_OK, raise_status, zc_error, zc_error_clear, zc_error_key, zc_status,
)
from zarr_c._gather cimport contiguous, gather, is_empty
from zarr_c._plan cimport Plan, let_go, plan_key, plan_of, zc_plan, zc_variant
from zarr_c._regions cimport plan_region
from zarr_c._read cimport read_chunk
from zarr_c._write_shards cimport run_shards
from zarr_c.codecs._chain cimport chain_encode
from zarr_c.indexing._basic cimport parse_basic, result_shape, zc_basic
from zarr_c.indexing._copy cimport fill_items, swap_words
from zarr_c.indexing._elements cimport ZC_OBJECT
from zarr_c.indexing._grid cimport region_part, zc_part, zc_region
from zarr_c.storage._store cimport zc_session

import numpy as np

from zarr_c._native.threads import call_concurrency
from zarr_c.elements import as_elements
from zarr_c.indexing._basic import new_axes

# As in the read path; what is changed of a chunk does not matter, it is written as a whole.
cdef size_t SMALL = 256 << 10


cdef struct Call:
    const zc_plan *plan
    const zc_region *region
    zc_session *session
    const char *base


cdef zc_status compose(
    Call *call, zc_worker *worker, const zc_part *part, const uint8_t **chunk, zc_error *err
) noexcept nogil:
    """Make the new content of a chunk; `chunk` is set to where it is."""
    cdef const zc_plan *plan = call.plan
    cdef uint8_t *memory
    if part.full and contiguous(plan, call.region):
        chunk[0] = <const uint8_t *>call.base + part.out_offset
        return ZC_OK
    if zc_reserve(&worker.buffer[3], plan.nbytes, err) != ZC_OK:
        return err.code
    memory = worker.buffer[3].data
    if not part.covers:
        if read_chunk(plan, call.session, worker, memory, err) != ZC_OK:
            return err.code
    elif not part.full:   # an edge chunk is padded with fill value
        fill_items(<char *>memory, plan.nbytes, plan.fill, plan.itemsize)
    chunk[0] = memory
    return gather(plan, call.region, call.base, part, worker, memory, err)


cdef zc_status store_chunk(
    Call *call, zc_worker *worker, const uint8_t *chunk, zc_error *err
) noexcept nogil:
    """Encode a chunk and put it, or erase it when it holds nothing but fill value."""
    cdef const zc_plan *plan = call.plan
    cdef const char *key = <const char *>worker.key.data
    cdef zc_status status
    cdef size_t n
    if is_empty(plan, chunk):
        status = call.session.store.erase(call.session, key, err)
        return ZC_OK if status == ZC_ABSENT else status
    if plan.word > 1:   # such a chunk is always in a buffer of ours
        swap_words(<char *>chunk, plan.nbytes, plan.word)
    if chain_encode(plan.chain, worker, chunk, &chunk, &n, err) != ZC_OK:
        return err.code
    return call.session.store.put(call.session, key, chunk, n, False, err)


cdef zc_status replace_chunk(
    Call *call, zc_worker *worker, const zc_part *part, zc_error *err
) noexcept nogil:
    """Make and store the new content of the chunk whose key is in ``worker.key``."""
    cdef const uint8_t *chunk = NULL
    cdef const char *key = <const char *>worker.key.data
    cdef uint64_t hashed = object_hash(call.session.identity, key)
    cdef zc_status status
    if object_lock(hashed, err) != ZC_OK:
        return err.code
    status = file_lock(call.plan.locks, key + call.plan.prefix_size, err)
    if status == ZC_OK:
        status = compose(call, worker, part, &chunk, err)
        if status == ZC_OK:
            status = store_chunk(call, worker, chunk, err)
        file_unlock(call.plan.locks, key + call.plan.prefix_size)
    object_unlock(hashed)
    return status


cdef zc_status write_part(void *context, Py_ssize_t index, zc_error *err) noexcept nogil:
    """Write chunk number `index` of a call: the job that the pool runs."""
    cdef Call call = (<Call *>context)[0]   # with the plan of this chunk
    cdef zc_worker *worker = worker_take(err)
    cdef zc_variant variant
    cdef zc_part part
    cdef zc_status status
    if worker == NULL:
        return err.code
    region_part(call.region, index, &part)
    status = plan_key(call.plan, part.coord, &worker.key, err)
    if status == ZC_OK:
        status = plan_of(&call.plan, &part, &variant, err)
        if status == ZC_OK:
            status = replace_chunk(&call, worker, &part, err)
        let_go(&variant.owner)
    if status != ZC_OK:
        zc_error_key(err, <char *>worker.key.data)
    worker_give(worker)
    return status


cdef int write_region(
    Plan plan, const zc_region *region, const char *base, int threads
) except -1:
    """Write every chunk of a region, on the calling thread or on the pool."""
    cdef zc_session session
    cdef zc_error err
    cdef zc_error ignored
    cdef zc_status status
    cdef Call call
    if plan.c.shard != NULL:
        return run_shards(plan, region, base, threads)
    if plan.c.store.concurrency:
        threads = call_concurrency(plan.c.store.concurrency, threads, plan.c.nbytes)
    elif region.chunks * plan.c.nbytes <= SMALL:
        threads = 1
    zc_error_clear(&err)
    zc_error_clear(&ignored)
    call.plan, call.region, call.session, call.base = &plan.c, region, &session, base
    with nogil:
        status = plan.c.store.begin(plan.c.store, &session, True, &err)
        if status == ZC_OK:
            status = pool_run(write_part, &call, region.chunks, threads, &err)
            if status == ZC_OK:
                status = plan.c.store.end(&session, True, &err)
            else:
                plan.c.store.end(&session, False, &ignored)
    if status != ZC_OK:
        raise_status(&err)
    return 0


def write(Plan plan not None, tuple shape, selection, int threads, data_type, value):
    """Write to a basic selection.

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
    value : array-like
        What to write, broadcast to the selection; cast as `as_elements` says.

    Raises
    ------
    IndexError
        If the selection does not fit the array.
    ValueError
        If `value` cannot be broadcast to the selection.
    TypeError, OverflowError
        If `value` cannot be cast to it.
    """
    cdef zc_basic basic
    cdef zc_region region
    cdef char *base
    parse_basic(selection, shape, &basic)
    target = result_shape(&basic)
    if plan.c.kind == ZC_OBJECT:
        value = held_objects(value, data_type, target)
    else:
        value = as_elements(value, data_type)
    if basic.newaxes or value.shape != target:
        index = new_axes(selection, len(target)) if basic.newaxes else None
        value = broadcast(value, target, index)
    if value.size:
        owners = plan_region(plan, &basic, value, &region, &base)
        write_region(plan, &region, base, threads)
        del owners


def held_objects(value, data_type, tuple shape):
    """An array of objects of our own: the caller's may let go of some while we have them."""
    if shape == ():   # whatever it is, it is the element
        held = np.empty((), object)
        held[()] = value
        return held
    return as_elements(value, data_type).copy()


def broadcast(value, tuple shape, index):
    """Broadcast as NumPy does on assignment: leading axes of length one may be left over.

    `index` puts the newaxis of the selection into `shape`; None where it has none.
    """
    target = shape
    if index is not None:
        target = np.broadcast_to(np.empty((), "b"), shape)[index].shape
    while value.ndim > len(target) and value.shape[0] == 1:
        value = value.reshape(value.shape[1:])   # value[0] may be a scalar, of native order
    try:
        value = np.broadcast_to(value, target)
    except ValueError:
        raise ValueError(
            f"value: cannot broadcast shape {value.shape} to the selection's shape {target}"
        ) from None
    if index is not None:
        value = value.reshape(shape)
    return value
