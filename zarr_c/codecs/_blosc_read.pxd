"""Reading Blosc frames."""

from libc.stddef cimport size_t
from libc.stdint cimport uint8_t

from zarr_c._native._memory cimport zc_buffer, zc_worker
from zarr_c._native._status cimport zc_error, zc_status
from zarr_c.codecs._chain cimport zc_codec, zc_source, zc_span

cdef zc_status blosc_decode(
    const zc_codec *codec, zc_worker *worker, const uint8_t *src, size_t n, zc_buffer *dst,
    size_t limit, zc_error *err,
) noexcept nogil
cdef zc_status blosc_decode_part(
    const zc_codec *codec, zc_worker *worker, zc_source *source, size_t n,
    const zc_span *span, zc_buffer *dst, zc_error *err,
) noexcept nogil
