"""Filters that work element by element: delta, fixedscaleoffset and bitround."""

from libc.stddef cimport size_t
from libc.stdint cimport uint8_t, uint64_t
from libc.string cimport memcpy

from zarr_c._native._memory cimport zc_buffer, zc_reserve, zc_worker
from zarr_c._native._status cimport ZC_CODEC, ZC_CORRUPT, ZC_OK, zc_error, zc_fail, zc_status
from zarr_c.codecs._chain cimport Stage, zc_codec

cdef extern from "filters.h" nogil:
    enum:
        ZC_F8

    ctypedef struct zc_elements:
        unsigned char given, worked, made
        unsigned char given_swapped, made_swapped

    ctypedef struct zc_scaling:
        double offset, scale

    ctypedef struct zc_rounding:
        unsigned keep, bits
        uint64_t most

    ctypedef void (*zc_step)(const void *state, void *carry, void *dst, const void *src,
                             size_t n) noexcept nogil
    const unsigned char zc_sizes[10]
    const zc_step zc_difference[10]
    const zc_step zc_sum[10]
    const zc_step zc_round[10]
    const zc_step zc_round_integer[10]
    void zc_scale_f4(const void *, void *, void *, const void *, size_t) noexcept nogil
    void zc_scale_f8(const void *, void *, void *, const void *, size_t) noexcept nogil
    void zc_unscale_f4(const void *, void *, void *, const void *, size_t) noexcept nogil
    void zc_unscale_f8(const void *, void *, void *, const void *, size_t) noexcept nogil
    uint64_t zc_sum_start(int type)
    void zc_run(const zc_elements *types, zc_step step, const void *state, void *carry,
                uint8_t *dst, const uint8_t *src, size_t n)

cdef union Setting:
    zc_scaling scaling
    zc_rounding rounding

cdef struct State:
    zc_elements encode, decode
    zc_step encode_step, decode_step   # NULL where nothing changes
    uint64_t encode_carry, decode_carry
    Setting setting


cdef size_t bound(const zc_codec *codec, size_t n) noexcept nogil:
    cdef const zc_elements *types = &(<const State *>codec.state).encode
    return n // zc_sizes[types.given] * zc_sizes[types.made]


cdef zc_status run(
    const State *state, const zc_elements *types, zc_step step, uint64_t carry,
    const uint8_t *src, size_t n, zc_buffer *dst, zc_error *err,
) noexcept nogil:
    cdef size_t count = n // zc_sizes[types.given]
    if zc_reserve(dst, count * zc_sizes[types.made], err) != ZC_OK:
        return err.code
    dst.size = count * zc_sizes[types.made]
    if count and step != NULL:
        zc_run(types, step, &state.setting, &carry, dst.data, src, count)
    elif count:
        memcpy(dst.data, src, n)
    return ZC_OK


cdef zc_status encode(
    const zc_codec *codec, zc_worker *worker, const uint8_t *src, size_t n, zc_buffer *dst,
    zc_error *err,
) noexcept nogil:
    cdef const State *state = <const State *>codec.state
    if n % zc_sizes[state.encode.given]:
        return zc_fail(err, ZC_CODEC, "a filter got part of an element", -1, n)
    return run(state, &state.encode, state.encode_step, state.encode_carry, src, n, dst, err)


cdef zc_status decode(
    const zc_codec *codec, zc_worker *worker, const uint8_t *src, size_t n, zc_buffer *dst,
    size_t limit, zc_error *err,
) noexcept nogil:
    cdef const State *state = <const State *>codec.state
    cdef const zc_elements *types = &state.decode
    cdef size_t size = zc_sizes[types.given], count = limit // zc_sizes[types.made]
    if n % size or n // size > count:
        return zc_fail(err, ZC_CORRUPT, "wrong number of bytes for its chunk", count * size, n)
    return run(state, types, state.decode_step, state.decode_carry, src, n, dst, err)


cdef class FilterStage(Stage):
    """What every filter here is: elements of one type in, as many of one type out.

    Types are given as `numbers.number` says them, and whether their byte order is the one that
    this machine does not have.
    """
    cdef State state

    def __cinit__(self, *args, **kwargs):
        self.table.state = &self.state
        self.table.bound, self.table.encode, self.table.decode = bound, encode, decode


cdef class DeltaStage(FilterStage):
    """Differences of neighbours on the way in, their running sum on the way back.

    Parameters
    ----------
    decoded, encoded : int
        Types of elements.
    decoded_swapped, encoded_swapped : bool
        Whether they have the other byte order.
    """

    def __init__(self, int decoded, int encoded, bint decoded_swapped, bint encoded_swapped):
        self.state.encode = zc_elements(
            decoded, decoded, encoded, decoded_swapped, encoded_swapped)
        self.state.decode = zc_elements(
            encoded, decoded, decoded, encoded_swapped, decoded_swapped)
        self.state.encode_step, self.state.decode_step = zc_difference[decoded], zc_sum[decoded]
        self.state.decode_carry = zc_sum_start(decoded)


cdef class ScaleStage(FilterStage):
    """``round((x - offset) * scale)`` on the way in, ``x / scale + offset`` on the way back.

    Parameters
    ----------
    decoded, encoded : int
        Types of elements; `decoded` is a float, in which numbers are worked on. What is read as
        integers is worked on in double precision, as NumPy does.
    decoded_swapped, encoded_swapped : bool
        Whether they have the other byte order.
    offset, scale : float
    """

    def __init__(
        self, int decoded, int encoded, bint decoded_swapped, bint encoded_swapped,
        double offset, double scale,
    ):
        cdef int back = encoded if encoded >= ZC_F8 - 1 else ZC_F8
        self.state.encode = zc_elements(
            decoded, decoded, encoded, decoded_swapped, encoded_swapped)
        self.state.decode = zc_elements(
            encoded, back, decoded, encoded_swapped, decoded_swapped)
        self.state.encode_step = zc_scale_f8 if decoded == ZC_F8 else zc_scale_f4
        self.state.decode_step = zc_unscale_f8 if back == ZC_F8 else zc_unscale_f4
        self.state.setting.scaling = zc_scaling(offset, scale)


cdef class RoundStage(FilterStage):
    """Rounds the significand of every word; nothing changes on the way back.

    Parameters
    ----------
    word : int
        Type of the words, an unsigned integer.
    swapped : bool
        Whether they have the other byte order.
    keep : int
        Bits to keep.
    bits : int
        Bits of a float's significand; 0 for integers, of which the highest bits stay.
    most : int
        The largest magnitude that is not NaN.
    """

    def __init__(
        self, int word, bint swapped, unsigned keep, unsigned bits=0, uint64_t most=<uint64_t>-1
    ):
        self.state.encode = zc_elements(word, word, word, swapped, swapped)
        self.state.decode = self.state.encode
        self.state.setting.rounding = zc_rounding(keep, bits, most)
        if bits == 0:
            self.state.encode_step = zc_round_integer[word]
        elif keep < bits:
            self.state.encode_step = zc_round[word]
