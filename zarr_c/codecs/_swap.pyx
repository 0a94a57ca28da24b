"""The other byte order where it cannot be swapped on the way: after filters, or in records."""

from libc.stddef cimport size_t
from libc.stdint cimport uint8_t
from libc.string cimport memcpy

from cpython.mem cimport PyMem_Free, PyMem_Malloc

from zarr_c._native._memory cimport zc_buffer, zc_reserve, zc_worker
from zarr_c._native._status cimport ZC_CORRUPT, ZC_OK, zc_error, zc_fail, zc_status
from zarr_c.codecs._chain cimport Stage, zc_codec

cdef struct Words:
    size_t offset, size, count

cdef struct State:
    size_t itemsize
    int runs
    Words *run


cdef size_t bound(const zc_codec *codec, size_t n) noexcept nogil:
    return n


cdef void reverse(uint8_t *at, const uint8_t *src, size_t size) noexcept nogil:
    cdef size_t i
    for i in range(size):
        at[i] = src[size - 1 - i]


cdef zc_status swap(
    const State *state, const uint8_t *src, size_t n, zc_buffer *dst, zc_error *err
) noexcept nogil:
    """Copy elements with the bytes of each of their words reversed."""
    cdef const Words *run
    cdef size_t item, at
    cdef int j
    if zc_reserve(dst, n, err) != ZC_OK:
        return err.code
    if n:
        memcpy(dst.data, src, n)
    for item in range(n // state.itemsize):
        for j in range(state.runs):
            run = &state.run[j]
            at = item * state.itemsize + run.offset
            for _ in range(run.count):
                reverse(dst.data + at, src + at, run.size)
                at += run.size
    dst.size = n
    return ZC_OK


cdef zc_status encode(
    const zc_codec *codec, zc_worker *worker, const uint8_t *src, size_t n, zc_buffer *dst,
    zc_error *err,
) noexcept nogil:
    return swap(<const State *>codec.state, src, n, dst, err)


cdef zc_status decode(
    const zc_codec *codec, zc_worker *worker, const uint8_t *src, size_t n, zc_buffer *dst,
    size_t limit, zc_error *err,
) noexcept nogil:
    if n != limit:
        return zc_fail(err, ZC_CORRUPT, "wrong number of bytes for its chunk", limit, n)
    return swap(<const State *>codec.state, src, n, dst, err)


cdef class SwapStage(Stage):
    """Reverses the bytes of every word of every element.

    Parameters
    ----------
    itemsize : int
        Bytes of an element.
    words : tuple of (offset, size, count)
        Runs of words in an element, as of `DataType.words`.
    """
    cdef State state

    def __cinit__(self, size_t itemsize, tuple words):
        self.state.itemsize, self.state.runs = itemsize, len(words)
        self.state.run = <Words *>PyMem_Malloc(len(words) * sizeof(Words))
        if self.state.run == NULL:
            raise MemoryError("for the words of a data type")
        for i, (offset, size, count) in enumerate(words):
            if offset + size * count > itemsize:
                raise ValueError(f"words: expected them in {itemsize} bytes, found {words}")
            self.state.run[i] = Words(offset, size, count)
        self.table.state = &self.state
        self.table.bound, self.table.encode, self.table.decode = bound, encode, decode

    def __dealloc__(self):
        PyMem_Free(self.state.run)
