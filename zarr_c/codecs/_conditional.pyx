"""``conditional``: a header of bits says which stages of a chain a chunk went through."""

from libc.stddef cimport size_t
from libc.stdint cimport uint8_t, uint32_t
from libc.string cimport memcpy, memset

from zarr_c._native._memory cimport (
    zc_buffer, zc_reserve, zc_worker, worker_give, worker_take,
)
from zarr_c._native._status cimport (
    ZC_CORRUPT, ZC_OK, zc_error, zc_fail, zc_status,
)
from zarr_c.codecs._chain cimport Chain, Stage, ZC_STAGES, stage_bound, zc_chain, zc_codec

cdef struct State:
    const zc_chain *chain   # its limits mean nothing, since stages are left out
    size_t header           # bytes


cdef size_t bound(const zc_codec *codec, size_t n) noexcept nogil:
    """Of what anybody may write; what is written here has at most `n` bytes and the header."""
    cdef const State *state = <const State *>codec.state
    cdef int i
    for i in range(state.chain.count):
        n = max(n, stage_bound(state.chain.stage[i], n))
    return n + state.header


cdef bint applied(const uint8_t *header, size_t i) noexcept nogil:
    return header[i // 8] >> (i % 8) & 1


cdef zc_status copy(
    const uint8_t *src, size_t n, zc_buffer *dst, size_t limit, zc_error *err
) noexcept nogil:
    if n > limit:
        return zc_fail(err, ZC_CORRUPT, "too many bytes behind the header of conditional",
                       limit, n)
    if zc_reserve(dst, n, err) != ZC_OK:
        return err.code
    if n:
        memcpy(dst.data, src, n)
    dst.size = n
    return ZC_OK


cdef zc_status decode_applied(
    const State *state, zc_worker *own, const uint8_t *header, const uint8_t *src, size_t n,
    zc_buffer *dst, size_t limit, zc_error *err,
) noexcept nogil:
    cdef const zc_chain *chain = state.chain
    cdef size_t most[ZC_STAGES]   # bytes that each may decode to
    cdef zc_buffer *out
    cdef int first = -1
    cdef int turn = 1
    cdef int i
    for i in range(chain.count):
        if applied(header, i):
            first = i if first < 0 else first
            most[i] = limit
            limit = stage_bound(chain.stage[i], limit)
    if first < 0:
        return copy(src, n, dst, limit, err)
    for i in range(chain.count - 1, first - 1, -1):
        if not applied(header, i):
            continue
        out = dst if i == first else &own.buffer[turn]
        turn = 3 - turn
        if chain.stage[i].decode(chain.stage[i], own, src, n, out, most[i], err) != ZC_OK:
            return err.code
        src, n = out.data, out.size
    return ZC_OK


cdef zc_status decode(
    const zc_codec *codec, zc_worker *worker, const uint8_t *src, size_t n, zc_buffer *dst,
    size_t limit, zc_error *err,
) noexcept nogil:
    cdef const State *state = <const State *>codec.state
    cdef zc_worker *own   # the buffers of `worker` hold `src` and `dst`
    cdef zc_status status
    cdef size_t i
    if n < state.header:
        return zc_fail(err, ZC_CORRUPT, "shorter than the header of conditional",
                       state.header, n)
    for i in range(state.chain.count, 8 * state.header):
        if applied(src, i):
            return zc_fail(err, ZC_CORRUPT, "the header of conditional names a codec that "
                           "there is not", state.chain.count, i + 1)
    own = worker_take(err)
    if own == NULL:
        return err.code
    status = decode_applied(state, own, src, src + state.header, n - state.header, dst, limit,
                            err)
    worker_give(own)
    return status


cdef zc_buffer *unused(
    zc_worker *own, const zc_buffer *last, const zc_buffer *smallest
) noexcept nogil:
    """One of three buffers that is neither of two."""
    cdef zc_buffer *buffer = &own.buffer[1]
    while buffer == last or buffer == smallest:
        buffer += 1
    return buffer


cdef zc_status encode_smallest(
    const State *state, zc_worker *own, const uint8_t *src, size_t n, zc_buffer *dst,
    zc_error *err,
) noexcept nogil:
    """Try one stage after another, and keep the smallest that came out on the way."""
    cdef const zc_codec *stage
    cdef zc_buffer *last = NULL       # with all stages so far that did not make it larger
    cdef zc_buffer *smallest = NULL
    cdef zc_buffer *out
    cdef const uint8_t *data = src
    cdef size_t size = n
    cdef size_t least = n
    cdef uint32_t tried = 0
    cdef uint32_t mask = 0
    cdef size_t i
    for i in range(<size_t>state.chain.count):
        stage, out = state.chain.stage[i], unused(own, last, smallest)
        if stage.encode(stage, own, data, size, out, err) != ZC_OK:
            return err.code
        if out.size > size:
            continue
        last, data, size = out, out.data, out.size
        tried |= <uint32_t>1 << i
        if size < least:
            smallest, least, mask = last, size, tried
    if zc_reserve(dst, state.header + least, err) != ZC_OK:
        return err.code
    memset(dst.data, 0, state.header)
    for i in range(min(state.header, sizeof(mask))):
        dst.data[i] = <uint8_t>(mask >> (8 * i))
    if least:
        memcpy(dst.data + state.header, src if smallest == NULL else smallest.data, least)
    dst.size = state.header + least
    return ZC_OK


cdef zc_status encode(
    const zc_codec *codec, zc_worker *worker, const uint8_t *src, size_t n, zc_buffer *dst,
    zc_error *err,
) noexcept nogil:
    cdef zc_worker *own = worker_take(err)
    cdef zc_status status
    if own == NULL:
        return err.code
    status = encode_smallest(<const State *>codec.state, own, src, n, dst, err)
    worker_give(own)
    return status


cdef class ConditionalStage(Stage):
    """A chain of which each chunk goes through some stages, on a worker of its own.

    Parameters
    ----------
    chain : Chain
        Of any size: its stages are what matters.
    header : int
        Bytes of the header, with a bit at least for each stage.
    """
    cdef Chain chain
    cdef State state

    @property
    def shareable(self):
        return self.chain.shareable

    def __cinit__(self, Chain chain, size_t header):
        self.chain = chain
        self.state.chain, self.state.header = &chain.table, header
        self.table.state = &self.state
        self.table.bound, self.table.encode, self.table.decode = bound, encode, decode
