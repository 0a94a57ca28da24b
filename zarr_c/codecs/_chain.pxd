"""A codec chain compiled for the workers."""

from libc.stddef cimport size_t
from libc.stdint cimport uint8_t, uint32_t

from zarr_c._native._memory cimport zc_buffer, zc_worker
from zarr_c._native._status cimport zc_error, zc_status

cdef extern from "zarr_c/codec.h" nogil:
    size_t ZC_SIZE_UNKNOWN
    int ZC_CODEC_ABI

    ctypedef struct zc_source:
        size_t size
        zc_status (*read)(zc_source *source, size_t offset, void *dst, size_t n,
                          zc_error *err) noexcept nogil

    ctypedef struct zc_span:
        size_t start, stop, run, period

    ctypedef struct zc_codec:
        uint32_t abi
        void *state
        size_t (*bound)(const zc_codec *codec, size_t n) noexcept nogil
        zc_status (*encode)(const zc_codec *codec, zc_worker *worker, const uint8_t *src,
                            size_t n, zc_buffer *dst, zc_error *err) noexcept nogil
        zc_status (*decode)(const zc_codec *codec, zc_worker *worker, const uint8_t *src,
                            size_t n, zc_buffer *dst, size_t limit,
                            zc_error *err) noexcept nogil
        zc_status (*decode_part)(const zc_codec *codec, zc_worker *worker, zc_source *source,
                                 size_t n, const zc_span *span, zc_buffer *dst,
                                 zc_error *err) noexcept nogil

cdef enum:
    ZC_STAGES = 16

cdef struct zc_chain:
    int count
    const zc_codec *stage[ZC_STAGES]
    size_t limit[ZC_STAGES + 1]   # most bytes after so many stages; the first is exact
    size_t most                   # a larger stored object cannot be a chunk

cdef class Stage:
    """Owner of a `zc_codec`."""
    cdef zc_codec table

cdef class Chain:
    cdef zc_chain table
    cdef readonly tuple stages

cdef void chain_resize(zc_chain *chain, size_t nbytes) noexcept nogil
cdef size_t stage_bound(const zc_codec *codec, size_t n) noexcept nogil
cdef zc_status chain_decode(
    const zc_chain *chain, zc_worker *worker, const uint8_t *src, size_t n, uint8_t *dst,
    const uint8_t **decoded, zc_error *err,
) noexcept nogil
cdef zc_status chain_encode(
    const zc_chain *chain, zc_worker *worker, const uint8_t *src,
    const uint8_t **encoded, size_t *n, zc_error *err,
) noexcept nogil
