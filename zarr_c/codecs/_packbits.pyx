"""Elements as some of their bits: packbits, of zarr-extensions and of numcodecs."""

from libc.stddef cimport size_t
from libc.stdint cimport uint8_t

from zarr_c._native._memory cimport zc_buffer, zc_reserve, zc_worker
from zarr_c._native._status cimport ZC_CODEC, ZC_CORRUPT, ZC_OK, zc_error, zc_fail, zc_status
from zarr_c.codecs._chain cimport Stage, zc_codec

cdef extern from "packbits.h" nogil:
    ctypedef struct zc_bits:
        unsigned size, first, count
        int is_signed

    void zc_pack_truth(uint8_t *dst, const uint8_t *src, size_t n, int high)
    void zc_unpack_truth(uint8_t *dst, const uint8_t *src, size_t n, int high)
    void zc_pack(const zc_bits *bits, uint8_t *dst, const uint8_t *src, size_t n)
    void zc_unpack(const zc_bits *bits, uint8_t *dst, const uint8_t *src, size_t n)

cdef enum Padding:
    NONE, FIRST, LAST

cdef struct State:
    zc_bits bits
    bint truth         # truth values, which have loops of their own ...
    bint high          # ... with the first in the highest bit
    Padding padding    # where a byte says how many bits of the last one are unused


cdef size_t packed(const State *state, size_t n) noexcept nogil:
    """Bytes of the bits of `n` bytes."""
    cdef size_t count = n // state.bits.size
    # eight components fill whole bytes, so nothing overflows
    return count // 8 * state.bits.count + (count % 8 * state.bits.count + 7) // 8


cdef uint8_t unused(const State *state, size_t n) noexcept nogil:
    cdef size_t over = n // state.bits.size % 8 * state.bits.count % 8
    return <uint8_t>(8 - over if over else 0)


cdef size_t bound(const zc_codec *codec, size_t n) noexcept nogil:
    cdef const State *state = <const State *>codec.state
    return packed(state, n) + (1 if state.padding != NONE else 0)


cdef zc_status encode(
    const zc_codec *codec, zc_worker *worker, const uint8_t *src, size_t n, zc_buffer *dst,
    zc_error *err,
) noexcept nogil:
    cdef const State *state = <const State *>codec.state
    cdef size_t size = bound(codec, n)
    cdef uint8_t *out
    if n % state.bits.size:
        return zc_fail(err, ZC_CODEC, "packbits got part of an element", -1, n)
    if zc_reserve(dst, size, err) != ZC_OK:
        return err.code
    out = dst.data + (1 if state.padding == FIRST else 0)
    if state.truth:
        zc_pack_truth(out, src, n, state.high)
    else:
        zc_pack(&state.bits, out, src, n // state.bits.size)
    if state.padding != NONE:
        dst.data[0 if state.padding == FIRST else size - 1] = unused(state, n)
    dst.size = size
    return ZC_OK


cdef zc_status check_unused(
    const State *state, const uint8_t *src, size_t n, size_t decoded, zc_error *err
) noexcept nogil:
    cdef uint8_t found
    if state.padding != NONE:
        found = src[0 if state.padding == FIRST else n - 1]
        if found != unused(state, decoded):
            return zc_fail(err, ZC_CORRUPT, "packbits with the wrong number of unused bits",
                           unused(state, decoded), found)
    return ZC_OK


cdef zc_status decode(
    const zc_codec *codec, zc_worker *worker, const uint8_t *src, size_t n, zc_buffer *dst,
    size_t limit, zc_error *err,
) noexcept nogil:
    cdef const State *state = <const State *>codec.state
    cdef size_t decoded = limit
    # After a filter whose result has no fixed size, only the bits say how many there are.
    if state.high and 1 < n < bound(codec, limit):
        decoded = 8 * (n - 1) - (src[0] & 7)
    if n != bound(codec, decoded):
        return zc_fail(err, ZC_CORRUPT, "wrong number of bytes for packbits",
                       bound(codec, limit), n)
    if check_unused(state, src, n, decoded, err) != ZC_OK:
        return err.code
    if zc_reserve(dst, decoded, err) != ZC_OK:
        return err.code
    if state.padding == FIRST:
        src += 1
    if state.truth:
        zc_unpack_truth(dst.data, src, decoded, state.high)
    else:
        zc_unpack(&state.bits, dst.data, src, decoded // state.bits.size)
    dst.size = decoded
    return ZC_OK


cdef class BitsStage(Stage):
    """That of numcodecs: truth values, highest bit first, behind the number of unused bits."""
    cdef State state

    def __cinit__(self, *args, **kwargs):
        self.state.bits = zc_bits(1, 0, 1, False)
        self.state.truth, self.state.high, self.state.padding = True, True, FIRST
        self.table.state = &self.state
        self.table.bound, self.table.encode, self.table.decode = bound, encode, decode


cdef class PackBitsStage(BitsStage):
    """The ``packbits`` of zarr-extensions: lowest bit first.

    Parameters
    ----------
    size : {1, 2, 4, 8}
        Bytes of a component in memory.
    first, last : int
        The first and the last of its bits that are stored.
    signed : bool
        Whether the last one is a sign, to be repeated above it.
    truth : bool
        Whether components are truth values.
    padding : {"none", "first_byte", "last_byte"}
        Where a byte says how many bits of the last one are unused.
    """

    def __init__(
        self, unsigned size, unsigned first, unsigned last, bint signed, bint truth,
        str padding,
    ):
        if size not in (1, 2, 4, 8) or not first <= last < 8 * size:
            raise ValueError(f"size, first, last: expected bits, found {(size, first, last)}")
        self.state.bits = zc_bits(size, first, last - first + 1, signed)
        self.state.truth, self.state.high = truth, False
        self.state.padding = (
            FIRST if padding == "first_byte" else LAST if padding == "last_byte" else NONE)
