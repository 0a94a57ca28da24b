"""What is wanted of a block of a Blosc frame, out of its LZ4 streams."""

from libc.stddef cimport size_t
from libc.stdint cimport uint8_t, uint32_t

from zarr_c._native._memory cimport zc_worker
from zarr_c._native._status cimport zc_error, zc_status
from zarr_c.codecs._chain cimport zc_source, zc_span

cdef enum:
    HEADER = 16        # bytes of a Blosc1 frame
    MEMCPYED = 0x2     # flags of a frame: stored without compression
    BITSHUFFLED = 0x4

cdef inline uint32_t little(const uint8_t *at) noexcept nogil:
    return at[0] | at[1] << 8 | at[2] << 16 | <uint32_t>at[3] << 24

cdef struct zc_frame:
    int version, flags
    uint32_t typesize, nbytes, blocksize, cbytes, blocks

# The start of a frame, and of the rest what has been read, at its place.
cdef struct zc_fetched:
    zc_source *source
    uint8_t *data
    size_t have         # bytes from the start on
    size_t start, stop  # what was read last

cdef zc_status need(zc_fetched *frame, size_t at, size_t n, zc_error *err) noexcept nogil
cdef bint wanted_of(
    const zc_frame *frame, const zc_span *items, uint32_t block, zc_span *part
) noexcept nogil
cdef zc_status fetch_block(
    zc_fetched *fetched, const zc_frame *frame, uint32_t block, zc_error *err
) noexcept nogil
cdef bint has_streams(const zc_frame *frame, uint32_t block) noexcept nogil
cdef bint is_sound(const uint8_t *src, const zc_frame *frame, uint32_t block) noexcept nogil
cdef bint has_bytes(const zc_frame *frame) noexcept nogil
cdef bint decode_bytes(const uint8_t *src, const zc_frame *frame, uint8_t *dst) noexcept nogil
cdef zc_status decode_streams(
    zc_worker *worker, zc_fetched *fetched, const zc_frame *frame, uint32_t block,
    const zc_span *part, uint8_t *dst, zc_error *err,
) noexcept nogil
