"""``sharding_indexed``: what an index says, and shards as one stage of a chain.

The read and write paths go into a shard themselves wherever they can; the stage here takes and
gives whole shards, for those that lie inside other codecs or other shards (Zarr v3 core,
"Sharding codec").
"""

from libc.string cimport memcpy, memset

from zarr_c._native._memory cimport zc_buffer, zc_extend, zc_reserve, worker_give, worker_take
from zarr_c._native._status cimport ZC_ABSENT, ZC_CORRUPT, ZC_OK, zc_fail
from zarr_c.codecs._chain cimport (
    Stage, ZC_SIZE_UNKNOWN, chain_decode, chain_encode, zc_codec,
)
from zarr_c.indexing._elements cimport (
    ZC_BYTES, ZC_PLAIN, ZC_STRING, all_slots_equal, zc_kind, zc_slot_item,
)
from zarr_c.indexing._copy cimport all_equal, copy_strided, fill_strided, swap_words

cdef uint64_t MISSING = <uint64_t>-1


cdef class Shard:
    """What has to be known of an array's shards to find the inner chunks in them.

    Parameters
    ----------
    counts : tuple of int
        Inner chunks along each axis of a shard.
    steps : tuple of int
        Entries of the index from one inner chunk to the next along each axis.
    chain : Chain
        Of an inner chunk.
    index_chain : Chain
        Of the index; its size is fixed.
    index_at_start : bool
    """

    def __cinit__(
        self, tuple counts, tuple steps, Chain chain, Chain index_chain, bint index_at_start
    ):
        cdef int i
        self.counts, self.steps = counts, steps
        self.chain, self.index_chain = chain, index_chain
        self.c.ndim, self.c.entries = len(counts), 1
        for i in range(self.c.ndim):
            self.c.count[i], self.c.step[i] = counts[i], steps[i]
            self.c.entries *= self.c.count[i]
        self.c.chain, self.c.index_chain = &chain.table, &index_chain.table
        self.c.index_size = index_chain.table.limit[index_chain.table.count]
        self.c.index_at_start = self.index_at_start = index_at_start


cdef zc_status shard_entry(
    const zc_shard *shard, const uint64_t *index, size_t entry, size_t size,
    size_t *offset, size_t *nbytes, zc_error *err,
) noexcept nogil:
    """Where an inner chunk lies in a shard of `size` bytes; ZC_ABSENT if it is missing."""
    cdef uint64_t first = index[2 * entry]
    cdef uint64_t n = index[2 * entry + 1]
    if first == MISSING and n == MISSING:
        return ZC_ABSENT
    if n == 0 or n > shard.chain.most:
        return zc_fail(err, ZC_CORRUPT, "the index of the shard gives an inner chunk a size "
                       "that it cannot have", shard.chain.most, n)
    if first > size or n > size - first:
        return zc_fail(err, ZC_CORRUPT, "the index of the shard puts an inner chunk outside "
                       "of it", size, <uint64_t>(first + n))
    offset[0], nbytes[0] = first, n
    return ZC_OK


cdef zc_status shard_index_decode(
    const zc_shard *shard, zc_worker *worker, const uint8_t *src, uint64_t *index,
    zc_error *err,
) noexcept nogil:
    """Decode an index out of its `index_size` bytes."""
    cdef const uint8_t *decoded
    if chain_decode(shard.index_chain, worker, src, shard.index_size, NULL, &decoded,
                    err) != ZC_OK:
        return err.code
    memcpy(index, decoded, 16 * shard.entries)
    return ZC_OK


cdef zc_status shard_begin(
    const zc_shard *shard, zc_buffer *dst, zc_error *err
) noexcept nogil:
    """Make `dst` a shard without inner chunks, which are to be put behind its `size`."""
    dst.size = 0
    if zc_extend(dst, shard.index_size, err) != ZC_OK:
        return err.code
    if shard.index_at_start:
        dst.size = shard.index_size
    return ZC_OK


cdef zc_status shard_finish(
    const zc_shard *shard, zc_worker *worker, const uint64_t *index, zc_buffer *dst,
    zc_error *err,
) noexcept nogil:
    """Put the index into a shard that has all its inner chunks."""
    cdef const uint8_t *encoded
    cdef size_t n
    if chain_encode(shard.index_chain, worker, <const uint8_t *>index, &encoded, &n,
                    err) != ZC_OK:
        return err.code
    if shard.index_at_start:
        memcpy(dst.data, encoded, n)
        return ZC_OK
    if zc_extend(dst, n, err) != ZC_OK:
        return err.code
    memcpy(dst.data + dst.size, encoded, n)
    dst.size += n
    return ZC_OK


cdef struct State:
    zc_shard shard
    Py_ssize_t chunk[ZC_NDIM]    # of an inner chunk: its shape ...
    Py_ssize_t inner[ZC_NDIM]    # ... its strides by itself ...
    Py_ssize_t outer[ZC_NDIM]    # ... and in the shard
    size_t itemsize
    size_t word
    const char *fill
    zc_kind kind
    zc_slot_item fill_slot       # of elements without a fixed size


cdef size_t bound(const zc_codec *codec, size_t n) noexcept nogil:
    cdef const zc_shard *shard = &(<const State *>codec.state).shard
    cdef size_t each = shard.chain.limit[shard.chain.count]
    if each > (ZC_SIZE_UNKNOWN // 4 - shard.index_size) // shard.entries:
        return ZC_SIZE_UNKNOWN // 4
    return shard.index_size + shard.entries * each


cdef size_t place(const State *state, size_t entry) noexcept nogil:
    """Where the inner chunk of an entry begins in the decoded shard, in bytes."""
    cdef size_t at = 0
    cdef size_t i
    cdef int axis
    for axis in range(state.shard.ndim - 1, -1, -1):
        i = entry % state.shard.count[axis]
        entry //= state.shard.count[axis]
        at += i * state.chunk[axis] * state.outer[axis]
    return at


cdef zc_status keep_slots(
    zc_slot_item *slot, size_t count, zc_buffer *memory, zc_error *err
) noexcept nogil:
    """Copy what slots point to behind what `memory` holds; they become offsets in it."""
    cdef size_t i
    for i in range(count):
        if zc_extend(memory, slot[i].size, err) != ZC_OK:
            return err.code
        if slot[i].size:
            memcpy(memory.data + memory.size, slot[i].data, slot[i].size)
        slot[i].data = <const uint8_t *>memory.size
        memory.size += slot[i].size
    return ZC_OK


cdef zc_status decode_inner(
    const State *state, zc_worker *worker, const uint8_t *src, size_t n, uint8_t *to,
    zc_buffer *memory, zc_error *err,
) noexcept nogil:
    """Decode an inner chunk to its place in the decoded shard."""
    cdef const zc_shard *shard = &state.shard
    cdef const uint8_t *decoded
    if chain_decode(shard.chain, worker, src, n, NULL, &decoded, err) != ZC_OK:
        return err.code
    if state.word > 1:
        if decoded == src:   # these bytes are not ours to swap
            if zc_reserve(&worker.buffer[3], n, err) != ZC_OK:
                return err.code
            memcpy(worker.buffer[3].data, src, n)
            decoded = worker.buffer[3].data
        swap_words(<char *>decoded, shard.chain.limit[0], state.word)
    if state.kind != ZC_PLAIN and keep_slots(
            <zc_slot_item *>decoded, shard.chain.limit[0] // state.itemsize, memory,
            err) != ZC_OK:
        return err.code
    copy_strided(<char *>to, state.outer, <const char *>decoded, state.inner, state.chunk,
                 shard.ndim, state.itemsize)
    return ZC_OK


cdef zc_status decode_all(
    const State *state, zc_worker *worker, const uint8_t *src, size_t n, uint8_t *dst,
    zc_buffer *memory, const char *fill, zc_error *err,
) noexcept nogil:
    cdef const zc_shard *shard = &state.shard
    cdef uint64_t *index
    cdef size_t entry, offset, size
    cdef zc_status status
    if n < shard.index_size:
        return zc_fail(err, ZC_CORRUPT, "the shard is shorter than its index",
                       shard.index_size, n)
    if zc_reserve(&worker.buffer[5], 16 * shard.entries, err) != ZC_OK:
        return err.code
    index = <uint64_t *>worker.buffer[5].data
    offset = 0 if shard.index_at_start else n - shard.index_size
    if shard_index_decode(shard, worker, src + offset, index, err) != ZC_OK:
        return err.code
    for entry in range(shard.entries):
        status = shard_entry(shard, index, entry, n, &offset, &size, err)
        if status == ZC_OK:
            status = decode_inner(state, worker, src + offset, size, dst + place(state, entry),
                                  memory, err)
        elif status == ZC_ABSENT:
            fill_strided(<char *>dst + place(state, entry), state.outer, state.chunk,
                         shard.ndim, fill, state.itemsize)
            status = ZC_OK
        if status != ZC_OK:
            return status
    return ZC_OK


cdef zc_status decode(
    const zc_codec *codec, zc_worker *worker, const uint8_t *src, size_t n, zc_buffer *dst,
    size_t limit, zc_error *err,
) noexcept nogil:
    cdef const State *state = <const State *>codec.state
    cdef zc_buffer *memory = &worker.buffer[6]
    cdef zc_worker *own   # the buffers of `worker` hold `src` and `dst`
    cdef zc_slot_item fill = state.fill_slot
    cdef zc_status status
    cdef size_t i
    if zc_reserve(dst, limit, err) != ZC_OK:
        return err.code
    own = worker_take(err)
    if own == NULL:
        return err.code
    if state.kind == ZC_PLAIN:
        status = decode_all(state, own, src, n, dst.data, NULL, state.fill, err)
    else:   # slots are offsets until the memory that they point to does not move any more
        memory.size = 0
        status = keep_slots(&fill, 1, memory, err)
        if status == ZC_OK:
            status = decode_all(state, own, src, n, dst.data, memory, <char *>&fill, err)
        for i in range(limit // sizeof(zc_slot_item) if status == ZC_OK else 0):
            (<zc_slot_item *>dst.data)[i].data = (
                memory.data + <size_t>(<zc_slot_item *>dst.data)[i].data)
    worker_give(own)
    dst.size = limit
    return status


cdef bint is_fill(const State *state, const char *chunk) noexcept nogil:
    cdef size_t nbytes = state.shard.chain.limit[0]
    if state.kind == ZC_PLAIN:
        return all_equal(chunk, nbytes, state.fill, state.itemsize)
    return all_slots_equal(state.kind, chunk, nbytes // state.itemsize,
                           <const char *>&state.fill_slot)


cdef zc_status encode_inner(
    const State *state, zc_worker *worker, const uint8_t *src, uint64_t *entry, zc_buffer *dst,
    zc_error *err,
) noexcept nogil:
    """Append an inner chunk to a shard, unless it holds nothing but fill value."""
    cdef const zc_shard *shard = &state.shard
    cdef size_t nbytes = shard.chain.limit[0]
    cdef const uint8_t *encoded
    cdef size_t n
    if zc_reserve(&worker.buffer[3], nbytes, err) != ZC_OK:
        return err.code
    copy_strided(<char *>worker.buffer[3].data, state.inner, <const char *>src, state.outer,
                 state.chunk, shard.ndim, state.itemsize)
    entry[0] = entry[1] = MISSING
    if is_fill(state, <char *>worker.buffer[3].data):
        return ZC_OK
    if state.word > 1:
        swap_words(<char *>worker.buffer[3].data, nbytes, state.word)
    if chain_encode(shard.chain, worker, worker.buffer[3].data, &encoded, &n, err) != ZC_OK:
        return err.code
    if zc_extend(dst, n, err) != ZC_OK:
        return err.code
    memcpy(dst.data + dst.size, encoded, n)
    entry[0], entry[1] = dst.size, n
    dst.size += n
    return ZC_OK


cdef zc_status encode_all(
    const State *state, zc_worker *worker, const uint8_t *src, zc_buffer *dst, zc_error *err
) noexcept nogil:
    cdef const zc_shard *shard = &state.shard
    cdef uint64_t *index
    cdef size_t entry
    if zc_reserve(&worker.buffer[5], 16 * shard.entries, err) != ZC_OK:
        return err.code
    index = <uint64_t *>worker.buffer[5].data
    if shard_begin(shard, dst, err) != ZC_OK:
        return err.code
    for entry in range(shard.entries):
        if encode_inner(state, worker, src + place(state, entry), index + 2 * entry, dst,
                        err) != ZC_OK:
            return err.code
    return shard_finish(shard, worker, index, dst, err)


cdef zc_status encode(
    const zc_codec *codec, zc_worker *worker, const uint8_t *src, size_t n, zc_buffer *dst,
    zc_error *err,
) noexcept nogil:
    cdef zc_worker *own = worker_take(err)
    cdef zc_status status
    if own == NULL:
        return err.code
    status = encode_all(<const State *>codec.state, own, src, dst, err)
    worker_give(own)
    return status


cdef class ShardStage(Stage):
    """Whole shards as one stage, on one thread.

    Parameters
    ----------
    shard : Shard
        Of the decoded shard's axes; its `steps` are those of C order.
    chunk_shape : tuple of int
        Of an inner chunk.
    axes : tuple of int
        The axes of a decoded inner chunk in memory, outermost first.
    itemsize, word : int
        Bytes of an element, and of the words to swap in it; 1 for none.
    fill : bytes
        One element: what a missing inner chunk holds.
    kind : {"string", "bytes"}, optional
        What elements without a fixed size are.
    """
    cdef readonly Shard shard
    cdef readonly tuple chunk_shape, axes
    cdef readonly size_t word
    cdef bytes fill
    cdef State state

    @property
    def shareable(self):
        return self.shard.chain.shareable and self.shard.index_chain.shareable

    def __cinit__(
        self, Shard shard, tuple chunk_shape, tuple axes, size_t itemsize, size_t word,
        bytes fill, str kind=None,
    ):
        cdef Py_ssize_t stride = itemsize
        cdef int i
        memset(&self.state, 0, sizeof(self.state))
        self.shard, self.chunk_shape, self.axes, self.fill = shard, chunk_shape, axes, fill
        self.state.shard, self.state.fill = shard.c, self.fill
        self.state.itemsize, self.state.word, self.word = itemsize, word, word
        if kind is not None:
            self.state.kind = ZC_STRING if kind == "string" else ZC_BYTES
            self.state.fill_slot.data, self.state.fill_slot.size = self.fill, len(self.fill)
        for i in range(len(chunk_shape)):
            self.state.chunk[i] = chunk_shape[i]
        for i in reversed(axes):
            self.state.inner[i] = stride
            stride *= chunk_shape[i]
        stride = itemsize
        for i in reversed(range(len(chunk_shape))):
            self.state.outer[i] = stride
            stride *= chunk_shape[i] * shard.counts[i]
        self.table.state = &self.state
        self.table.bound, self.table.encode, self.table.decode = bound, encode, decode
