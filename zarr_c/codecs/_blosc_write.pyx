"""Writing Blosc frames of version 1, by c-blosc's lock-free context call."""

from libc.stddef cimport size_t
from libc.stdint cimport uint8_t

from zarr_c._native._memory cimport zc_buffer, zc_reserve, zc_worker
from zarr_c._native._status cimport (
    ZC_ABSENT, ZC_CODEC, ZC_CORRUPT, ZC_OK, zc_error, zc_fail, zc_status,
)
from zarr_c.codecs._blosc_read cimport blosc_decode, blosc_decode_part
from zarr_c.codecs._chain cimport Stage, zc_codec

cdef extern from "blosc.h" nogil:
    int BLOSC_MAX_OVERHEAD
    int BLOSC_MAX_BUFFERSIZE
    int blosc_compress_ctx(int clevel, int doshuffle, size_t typesize, size_t nbytes,
                           const void *src, void *dest, size_t destsize, const char *compressor,
                           size_t blocksize, int numinternalthreads)
    int blosc_decompress_ctx(const void *src, void *dest, size_t destsize,
                             int numinternalthreads)

MAX_NBYTES = BLOSC_MAX_BUFFERSIZE

cdef struct Settings:
    const char *cname
    int clevel
    int shuffle
    size_t typesize
    size_t blocksize


cdef size_t bound(const zc_codec *codec, size_t n) noexcept nogil:
    return n + BLOSC_MAX_OVERHEAD


cdef zc_status encode(
    const zc_codec *codec, zc_worker *worker, const uint8_t *src, size_t n, zc_buffer *dst,
    zc_error *err,
) noexcept nogil:
    cdef Settings *settings = <Settings *>codec.state
    cdef int wrote
    if zc_reserve(dst, n + BLOSC_MAX_OVERHEAD, err) != ZC_OK:
        return err.code
    wrote = blosc_compress_ctx(settings.clevel, settings.shuffle, settings.typesize, n, src,
                               dst.data, n + BLOSC_MAX_OVERHEAD, settings.cname,
                               settings.blocksize, 1)
    if wrote <= 0:
        return zc_fail(err, ZC_CODEC, "blosc cannot compress", -1, -wrote)
    dst.size = wrote
    return ZC_OK


cdef zc_status decode(
    const zc_codec *codec, zc_worker *worker, const uint8_t *src, size_t n, zc_buffer *dst,
    size_t limit, zc_error *err,
) noexcept nogil:
    cdef zc_status status = blosc_decode(codec, worker, src, n, dst, limit, err)
    if status != ZC_ABSENT:
        return status
    if blosc_decompress_ctx(src, dst.data, dst.size, 1) != <int>dst.size:
        return zc_fail(err, ZC_CORRUPT, "damaged blosc data", -1, -1)
    return ZC_OK


cdef class BloscStage(Stage):
    """Blosc frames.

    Parameters
    ----------
    cname : str
        One of blosclz, lz4, lz4hc, zlib, zstd.
    clevel : int
        From 0 to 9.
    shuffle : int
        0 for none, 1 for bytes, 2 for bits.
    typesize : int
        Bytes of an element, from 1 to 255.
    blocksize : int
        Bytes of a block, 0 to let the library choose.
    """
    cdef Settings settings
    cdef bytes cname

    def __cinit__(self, str cname, int clevel, int shuffle, size_t typesize, size_t blocksize):
        self.cname = cname.encode("ascii")
        self.settings.cname = self.cname
        self.settings.clevel, self.settings.shuffle = clevel, shuffle
        self.settings.typesize, self.settings.blocksize = typesize, blocksize
        self.table.state = &self.settings
        self.table.bound, self.table.encode, self.table.decode = bound, encode, decode
        self.table.decode_part = blosc_decode_part
