"""Zstandard (RFC 8878), with one compression and one decompression context per worker."""

from libc.stddef cimport size_t
from libc.stdint cimport uint8_t

from zarr_c._native._memory cimport zc_buffer, zc_reserve, zc_slot, zc_worker, zc_worker_slot
from zarr_c._native._status cimport (
    ZC_CODEC, ZC_CORRUPT, ZC_MEMORY, ZC_OK, zc_error, zc_fail, zc_status,
)
from zarr_c.codecs._chain cimport Stage, zc_codec

# Stable functions of zstd 1.5, whose header the wheel that carries the library does not have.
cdef extern from *:
    """
    typedef struct ZSTD_CCtx_s ZSTD_CCtx;
    typedef struct ZSTD_DCtx_s ZSTD_DCtx;
    ZSTD_CCtx *ZSTD_createCCtx(void);
    size_t ZSTD_freeCCtx(ZSTD_CCtx *);
    ZSTD_DCtx *ZSTD_createDCtx(void);
    size_t ZSTD_freeDCtx(ZSTD_DCtx *);
    size_t ZSTD_CCtx_setParameter(ZSTD_CCtx *, int, int);
    size_t ZSTD_compress2(ZSTD_CCtx *, void *, size_t, const void *, size_t);
    size_t ZSTD_decompressDCtx(ZSTD_DCtx *, void *, size_t, const void *, size_t);
    size_t ZSTD_compressBound(size_t);
    unsigned ZSTD_isError(size_t);
    int ZSTD_getErrorCode(size_t);
    unsigned long long ZSTD_findDecompressedSize(const void *, size_t);
    unsigned long long ZSTD_decompressBound(const void *, size_t);
    enum { ZC_ZSTD_LEVEL = 100, ZC_ZSTD_CHECKSUM = 201, ZC_ZSTD_TOO_SMALL = 70 };
    """
    ctypedef struct ZSTD_CCtx:
        pass
    ctypedef struct ZSTD_DCtx:
        pass
    ZSTD_CCtx *ZSTD_createCCtx() nogil
    size_t ZSTD_freeCCtx(ZSTD_CCtx *) nogil
    ZSTD_DCtx *ZSTD_createDCtx() nogil
    size_t ZSTD_freeDCtx(ZSTD_DCtx *) nogil
    size_t ZSTD_CCtx_setParameter(ZSTD_CCtx *, int, int) nogil
    size_t ZSTD_compress2(ZSTD_CCtx *, void *, size_t, const void *, size_t) nogil
    size_t ZSTD_decompressDCtx(ZSTD_DCtx *, void *, size_t, const void *, size_t) nogil
    size_t ZSTD_compressBound(size_t) nogil
    unsigned ZSTD_isError(size_t) nogil
    int ZSTD_getErrorCode(size_t) nogil
    unsigned long long ZSTD_findDecompressedSize(const void *, size_t) nogil
    unsigned long long ZSTD_decompressBound(const void *, size_t) nogil
    int ZC_ZSTD_LEVEL, ZC_ZSTD_CHECKSUM, ZC_ZSTD_TOO_SMALL

cdef struct Settings:
    int level
    int checksum

# Addresses that name the worker's slots.
cdef char compressor, decompressor


cdef void free_compressor(void *context) noexcept nogil:
    ZSTD_freeCCtx(<ZSTD_CCtx *>context)


cdef void free_decompressor(void *context) noexcept nogil:
    ZSTD_freeDCtx(<ZSTD_DCtx *>context)


cdef size_t bound(const zc_codec *codec, size_t n) noexcept nogil:
    return ZSTD_compressBound(n)


cdef zc_status encode(
    const zc_codec *codec, zc_worker *worker, const uint8_t *src, size_t n, zc_buffer *dst,
    zc_error *err,
) noexcept nogil:
    cdef Settings *settings = <Settings *>codec.state
    cdef zc_slot *slot = zc_worker_slot(worker, &compressor)
    if slot.value == NULL:
        slot.value, slot.destroy = ZSTD_createCCtx(), free_compressor
        if slot.value == NULL:
            return zc_fail(err, ZC_MEMORY, "out of memory for zstd", -1, -1)
    if zc_reserve(dst, ZSTD_compressBound(n), err) != ZC_OK:
        return err.code
    ZSTD_CCtx_setParameter(<ZSTD_CCtx *>slot.value, ZC_ZSTD_LEVEL, settings.level)
    ZSTD_CCtx_setParameter(<ZSTD_CCtx *>slot.value, ZC_ZSTD_CHECKSUM, settings.checksum)
    dst.size = ZSTD_compress2(<ZSTD_CCtx *>slot.value, dst.data, dst.capacity, src, n)
    if ZSTD_isError(dst.size):
        return zc_fail(err, ZC_CODEC, "zstd cannot compress", -1, ZSTD_getErrorCode(dst.size))
    return ZC_OK


cdef zc_status decode(
    const zc_codec *codec, zc_worker *worker, const uint8_t *src, size_t n, zc_buffer *dst,
    size_t limit, zc_error *err,
) noexcept nogil:
    cdef zc_slot *slot = zc_worker_slot(worker, &decompressor)
    cdef unsigned long long size = limit
    if slot.value == NULL:
        slot.value, slot.destroy = ZSTD_createDCtx(), free_decompressor
        if slot.value == NULL:
            return zc_fail(err, ZC_MEMORY, "out of memory for zstd", -1, -1)
    if not dst.fixed:
        # Where frames tell their size, only that much memory is taken; of others, what their
        # blocks can have. Errors are numbers far above any limit.
        size = ZSTD_findDecompressedSize(src, n)
        if size > limit:
            size = min(<unsigned long long>limit, ZSTD_decompressBound(src, n))
    if zc_reserve(dst, size, err) != ZC_OK:
        return err.code
    dst.size = ZSTD_decompressDCtx(<ZSTD_DCtx *>slot.value, dst.data, size, src, n)
    if ZSTD_isError(dst.size):
        if ZSTD_getErrorCode(dst.size) == ZC_ZSTD_TOO_SMALL:
            return zc_fail(err, ZC_CORRUPT,
                           "zstd data decodes to more bytes than its chunk has", limit, -1)
        return zc_fail(err, ZC_CORRUPT, "damaged zstd data", -1, -1)
    return ZC_OK


cdef class ZstdStage(Stage):
    """Zstandard frames.

    Parameters
    ----------
    level : int
        From -131072 to 22; 0 is the library's default, 3.
    checksum : bool
        Whether each frame ends with a checksum; one that is there is always verified.
    """
    cdef Settings settings

    def __cinit__(self, int level, bint checksum):
        self.settings.level, self.settings.checksum = level, checksum
        self.table.state = &self.settings
        self.table.bound, self.table.encode, self.table.decode = bound, encode, decode
