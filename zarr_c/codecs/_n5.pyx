"""``n5_default``: chunks as blocks of N5, whose headers say what shape they have."""

from libc.stddef cimport size_t
from libc.stdint cimport uint8_t, uint32_t
from libc.string cimport memcpy

from zarr_c._native._memory cimport (
    zc_buffer, zc_reserve, zc_worker, worker_give, worker_take,
)
from zarr_c._native._status cimport (
    ZC_CORRUPT, ZC_OK, zc_error, zc_fail, zc_status,
)
from zarr_c.codecs._chain cimport (
    Chain, Stage, chain_decode, chain_encode, zc_chain, zc_codec,
)
from zarr_c.indexing._copy cimport ZC_NDIM, copy_strided, fill_items, swap_words

cdef struct State:
    const zc_chain *chain         # of the elements; for the largest block
    int ndim
    size_t itemsize, header, nbytes
    Py_ssize_t shape[ZC_NDIM]     # of the chunk
    Py_ssize_t strides[ZC_NDIM]   # in C order
    const char *fill              # as it is stored
    bint swapped


cdef size_t bound(const zc_codec *codec, size_t n) noexcept nogil:
    cdef const State *state = <const State *>codec.state
    return state.header + state.chain.limit[state.chain.count]


cdef uint32_t big(const uint8_t *at, int n) noexcept nogil:
    """A big-endian number of `n` bytes."""
    cdef uint32_t number = 0
    cdef int i
    for i in range(n):
        number = number << 8 | at[i]
    return number


cdef void put_big(uint8_t *at, uint32_t number, int n) noexcept nogil:
    cdef int i
    for i in range(n):
        at[i] = <uint8_t>(number >> (8 * (n - 1 - i)))


cdef void block_strides(
    const State *state, const Py_ssize_t *shape, Py_ssize_t *strides
) noexcept nogil:
    """Strides of a block: its first axis varies fastest."""
    cdef Py_ssize_t stride = state.itemsize
    cdef int i
    for i in range(state.ndim):
        strides[i] = stride
        stride *= shape[i]


cdef zc_status parse(
    const State *state, const uint8_t *src, size_t n, Py_ssize_t *shape, size_t *nbytes,
    zc_error *err,
) noexcept nogil:
    """Shape and size of the elements of a block, out of its header."""
    cdef size_t most = state.chain.limit[0]
    cdef uint32_t length
    cdef int i
    if n < state.header:
        return zc_fail(err, ZC_CORRUPT, "shorter than the header of an N5 block",
                       state.header, n)
    if big(src, 2) != 0:
        return zc_fail(err, ZC_CORRUPT, "the N5 block is not in the default mode", 0,
                       big(src, 2))
    if big(src + 2, 2) != <uint32_t>state.ndim:
        return zc_fail(err, ZC_CORRUPT, "the N5 block has another number of dimensions",
                       state.ndim, big(src + 2, 2))
    nbytes[0] = state.itemsize
    for i in range(state.ndim):
        length = big(src + 4 + 4 * i, 4)
        if length == 0 or nbytes[0] > most // length:
            return zc_fail(err, ZC_CORRUPT, "the N5 block has a shape that it cannot have",
                           state.shape[i], length)
        shape[i] = length
        nbytes[0] *= length
    return ZC_OK


cdef zc_status decode_block(
    const State *state, zc_worker *own, const uint8_t *src, size_t n, zc_buffer *dst,
    zc_error *err,
) noexcept nogil:
    cdef zc_chain chain = state.chain[0]
    cdef Py_ssize_t shape[ZC_NDIM]
    cdef Py_ssize_t strides[ZC_NDIM]
    cdef const uint8_t *decoded
    cdef bint smaller = False
    cdef int i
    if parse(state, src, n, shape, &chain.limit[0], err) != ZC_OK:
        return err.code
    chain.most = n   # how long a chunk may be has been looked at
    if (chain_decode(&chain, own, src + state.header, n - state.header, NULL, &decoded, err)
            != ZC_OK or zc_reserve(dst, state.nbytes, err) != ZC_OK):
        return err.code
    block_strides(state, shape, strides)
    for i in range(state.ndim):
        smaller = smaller or shape[i] < state.shape[i]
        shape[i] = min(shape[i], state.shape[i])
    if smaller:
        fill_items(<char *>dst.data, state.nbytes, state.fill, state.itemsize)
    copy_strided(<char *>dst.data, state.strides, <const char *>decoded, strides, shape,
                 state.ndim, state.itemsize)
    if state.swapped:
        swap_words(<char *>dst.data, state.nbytes, state.itemsize)
    dst.size = state.nbytes
    return ZC_OK


cdef zc_status decode(
    const zc_codec *codec, zc_worker *worker, const uint8_t *src, size_t n, zc_buffer *dst,
    size_t limit, zc_error *err,
) noexcept nogil:
    cdef zc_worker *own = worker_take(err)   # the buffers of `worker` hold `src` and `dst`
    cdef zc_status status
    if own == NULL:
        return err.code
    status = decode_block(<const State *>codec.state, own, src, n, dst, err)
    worker_give(own)
    return status


cdef zc_status encode_block(
    const State *state, zc_worker *own, const uint8_t *src, zc_buffer *dst, zc_error *err
) noexcept nogil:
    cdef zc_chain chain = state.chain[0]
    cdef Py_ssize_t strides[ZC_NDIM]
    cdef zc_buffer *block = &own.buffer[3]
    cdef const uint8_t *encoded
    cdef size_t n
    cdef int i
    if zc_reserve(block, state.nbytes, err) != ZC_OK:
        return err.code
    block_strides(state, state.shape, strides)
    copy_strided(<char *>block.data, strides, <const char *>src, state.strides, state.shape,
                 state.ndim, state.itemsize)
    if state.swapped:
        swap_words(<char *>block.data, state.nbytes, state.itemsize)
    chain.limit[0] = state.nbytes
    if (chain_encode(&chain, own, block.data, &encoded, &n, err) != ZC_OK
            or zc_reserve(dst, state.header + n, err) != ZC_OK):
        return err.code
    put_big(dst.data, 0, 2)
    put_big(dst.data + 2, state.ndim, 2)
    for i in range(state.ndim):
        put_big(dst.data + 4 + 4 * i, state.shape[i], 4)
    memcpy(dst.data + state.header, encoded, n)
    dst.size = state.header + n
    return ZC_OK


cdef zc_status encode(
    const zc_codec *codec, zc_worker *worker, const uint8_t *src, size_t n, zc_buffer *dst,
    zc_error *err,
) noexcept nogil:
    cdef zc_worker *own = worker_take(err)
    cdef zc_status status
    if own == NULL:
        return err.code
    status = encode_block(<const State *>codec.state, own, src, dst, err)
    worker_give(own)
    return status


cdef class N5Stage(Stage):
    """Blocks of N5 in its default mode, on a worker of their own.

    Parameters
    ----------
    chain : Chain
        What the elements go through behind the header; of the size of the largest block.
    shape : tuple of int
        Of a decoded chunk.
    fill : bytes
        One element as it is stored: what a block lacks.
    swapped : bool
        Whether stored elements have another byte order than this machine.
    """
    cdef Chain chain
    cdef bytes fill
    cdef State state

    @property
    def shareable(self):
        return self.chain.shareable

    def __cinit__(self, Chain chain, tuple shape, bytes fill, bint swapped):
        cdef size_t stride = len(fill)
        cdef int i
        self.chain, self.fill = chain, fill
        self.state.chain, self.state.fill, self.state.swapped = &chain.table, fill, swapped
        self.state.ndim, self.state.itemsize = len(shape), len(fill)
        self.state.header = 4 + 4 * len(shape)
        for i in reversed(range(len(shape))):
            self.state.shape[i], self.state.strides[i] = shape[i], stride
            stride *= shape[i]
        self.state.nbytes = stride
        self.table.state = &self.state
        self.table.bound, self.table.encode, self.table.decode = bound, encode, decode
