"""Zstandard (RFC 8878), with one compression and one decompression context per worker.

Where only the beginning of a chunk is wanted, its blocks are decoded one by one up to there.
"""

from libc.stddef cimport size_t
from libc.stdint cimport uint8_t
from libc.string cimport memmove

from zarr_c._native._memory cimport zc_buffer, zc_reserve, zc_slot, zc_worker, zc_worker_slot
from zarr_c._native._status cimport (
    ZC_ABSENT, ZC_CODEC, ZC_CORRUPT, ZC_MEMORY, ZC_OK, zc_error, zc_fail, zc_status,
)
from zarr_c.codecs._chain cimport Stage, zc_codec, zc_source, zc_span

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
    size_t ZSTD_decompressBegin(ZSTD_DCtx *);
    size_t ZSTD_nextSrcSizeToDecompress(ZSTD_DCtx *);
    size_t ZSTD_decompressContinue(ZSTD_DCtx *, void *, size_t, const void *, size_t);
    enum { ZC_ZSTD_LEVEL = 100, ZC_ZSTD_CHECKSUM = 201, ZC_ZSTD_TOO_SMALL = 70,
           ZC_ZSTD_CHECKSUM_WRONG = 22, ZC_ZSTD_SIZE_WRONG = 72 };
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
    size_t ZSTD_decompressBegin(ZSTD_DCtx *) nogil
    size_t ZSTD_nextSrcSizeToDecompress(ZSTD_DCtx *) nogil
    size_t ZSTD_decompressContinue(ZSTD_DCtx *, void *, size_t, const void *, size_t) nogil
    int ZC_ZSTD_LEVEL, ZC_ZSTD_CHECKSUM, ZC_ZSTD_TOO_SMALL
    int ZC_ZSTD_CHECKSUM_WRONG, ZC_ZSTD_SIZE_WRONG

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


cdef ZSTD_DCtx *decompression(zc_worker *worker, zc_error *err) noexcept nogil:
    """The worker's context; NULL without memory for one."""
    cdef zc_slot *slot = zc_worker_slot(worker, &decompressor)
    if slot.value == NULL:
        slot.value, slot.destroy = ZSTD_createDCtx(), free_decompressor
        if slot.value == NULL:
            zc_fail(err, ZC_MEMORY, "out of memory for zstd", -1, -1)
    return <ZSTD_DCtx *>slot.value


cdef zc_status decode(
    const zc_codec *codec, zc_worker *worker, const uint8_t *src, size_t n, zc_buffer *dst,
    size_t limit, zc_error *err,
) noexcept nogil:
    cdef ZSTD_DCtx *context = decompression(worker, err)
    cdef unsigned long long size = limit
    if context == NULL:
        return err.code
    if not dst.fixed:
        # Where frames tell their size, only that much memory is taken; of others, what their
        # blocks can have. Errors are numbers far above any limit.
        size = ZSTD_findDecompressedSize(src, n)
        if size > limit:
            size = min(<unsigned long long>limit, ZSTD_decompressBound(src, n))
    if zc_reserve(dst, size, err) != ZC_OK:
        return err.code
    dst.size = ZSTD_decompressDCtx(context, dst.data, size, src, n)
    if size < limit and ZSTD_getErrorCode(dst.size) == ZC_ZSTD_TOO_SMALL:
        # The library lets a block of one repeated byte pass that is larger than blocks may be.
        if zc_reserve(dst, limit, err) != ZC_OK:
            return err.code
        dst.size = ZSTD_decompressDCtx(context, dst.data, limit, src, n)
    if ZSTD_isError(dst.size):
        if ZSTD_getErrorCode(dst.size) == ZC_ZSTD_TOO_SMALL:
            return zc_fail(err, ZC_CORRUPT,
                           "zstd data decodes to more bytes than its chunk has", limit, -1)
        if ZSTD_getErrorCode(dst.size) == ZC_ZSTD_SIZE_WRONG:
            return zc_fail(err, ZC_CORRUPT, "damaged zstd data: it ends too early", -1, -1)
        if ZSTD_getErrorCode(dst.size) == ZC_ZSTD_CHECKSUM_WRONG:
            return zc_fail(err, ZC_CORRUPT, "damaged zstd data: its checksum does not match",
                           -1, -1)
        return zc_fail(err, ZC_CORRUPT, "damaged zstd data", -1, -1)
    return ZC_OK


# ---- the beginning of a chunk

cdef enum:
    BLOCK = 128 << 10    # most bytes of a decoded block
    HEAD = 18            # most bytes of the header of a frame
    AHEAD = 64 << 10     # fetched at once


# A frame whose bytes are fetched as they are needed.
cdef struct Fetched:
    zc_source *source
    uint8_t *data
    size_t have


cdef zc_status need(Fetched *frame, size_t stop, zc_error *err) noexcept nogil:
    """Have the bytes before `stop`; ZC_ABSENT if the object ends before."""
    cdef size_t n
    if stop <= frame.have:
        return ZC_OK
    if stop > frame.source.size:
        return ZC_ABSENT
    n = min(max(stop, frame.have + AHEAD), frame.source.size) - frame.have
    if frame.source.read(frame.source, frame.have, frame.data + frame.have, n, err) != ZC_OK:
        return err.code
    frame.have += n
    return ZC_OK


cdef size_t header_size(const uint8_t *data, size_t n) noexcept nogil:
    """Bytes of the header of a frame that decodes to `n` bytes; 0 if it is anything else.

    Frames with a checksum are decoded whole, so that it is verified.
    """
    cdef uint8_t descriptor = data[4]
    cdef int single = descriptor >> 5 & 1
    cdef size_t at = 6 - single
    cdef size_t width = 1 << (descriptor >> 6)
    cdef size_t size = 0
    cdef size_t i
    if data[0] != 0x28 or data[1] != 0xB5 or data[2] != 0x2F or data[3] != 0xFD:
        return 0
    if descriptor & 0x0F or width == 1 and not single:   # checksum, dictionary, no size
        return 0
    for i in range(width):
        size |= <size_t>data[at + i] << 8 * i
    if width == 2:
        size += 256
    return at + width if size == n else 0


cdef bint ends_well(zc_source *source, size_t at, zc_error *err) noexcept nogil:
    """Whether the blocks of a frame end where the object does."""
    cdef uint8_t head[3]
    cdef size_t block
    while True:
        if source.size - at < 3 or source.read(source, at, head, 3, err) != ZC_OK:
            return False
        block = (head[0] | <size_t>head[1] << 8 | <size_t>head[2] << 16) >> 3
        if head[0] >> 1 & 3 == 1:   # one byte, repeated
            block = 1
        at += 3
        if block > source.size - at:
            return False
        at += block
        if head[0] & 1:
            return at == source.size


cdef zc_status decode_part(
    const zc_codec *codec, zc_worker *worker, zc_source *source, size_t n,
    const zc_span *span, zc_buffer *dst, zc_error *err,
) noexcept nogil:
    """Decode the blocks up to the last wanted; ZC_ABSENT where all is better decoded at once.

    That is also who says what is wrong with a damaged one.
    """
    cdef ZSTD_DCtx *context
    cdef size_t done = 0
    cdef size_t at = 0
    cdef size_t head, size, got
    cdef zc_status status
    cdef Fetched frame
    if span.stop + BLOCK > n or source.size < HEAD:
        return ZC_ABSENT
    context = decompression(worker, err)
    if context == NULL:
        return err.code
    if (zc_reserve(&worker.buffer[2], source.size, err) != ZC_OK
            or zc_reserve(dst, n, err) != ZC_OK):
        return err.code
    frame.source, frame.data, frame.have = source, worker.buffer[2].data, 0
    status = need(&frame, HEAD, err)
    if status != ZC_OK:
        return status
    head = header_size(frame.data, n)
    if head == 0 or not ends_well(source, head, err) or ZSTD_isError(
            ZSTD_decompressBegin(context)):
        return ZC_ABSENT
    while done < span.stop:
        size = ZSTD_nextSrcSizeToDecompress(context)
        if size == 0:
            return ZC_ABSENT
        status = need(&frame, at + size, err)
        if status != ZC_OK:
            return status
        got = ZSTD_decompressContinue(context, dst.data + done, n - done,
                                      frame.data + at, size)
        if ZSTD_isError(got):
            return ZC_ABSENT
        at += size
        done += got
    if span.start:
        memmove(dst.data, dst.data + span.start, span.stop - span.start)
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
        self.table.decode_part = decode_part
