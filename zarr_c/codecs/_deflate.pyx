"""gzip (RFC 1952) and zlib (RFC 1950): ISA-L deflates up to level 5 and inflates, else zlib-ng.

For 2 MiB of float32, one core, milliseconds and bytes: zlib-ng's level 5 28 and 1,296,488,
libdeflate's 29 and 1,274,216, ISA-L's level 3 8.5 and 1,317,998, CPython's zlib level 5 over
100 and 1,327,196. ISA-L's 3 is smaller than zlib's 5 and three times faster than all others, so
levels 1 to 5 mean it, and zlib-ng does what asks for more. isal is called through its Python
functions, which release the GIL while they work.

It also inflates 2 MiB in 4.5 ms where zlib-ng takes 5.7. zlib-ng reads what ISA-L does not take
as one whole stream: several members, padding, damage, whose errors it words.
"""

from cpython.bytes cimport PyBytes_AS_STRING, PyBytes_GET_SIZE
from cpython.memoryview cimport PyMemoryView_FromMemory
from libc.stddef cimport size_t
from libc.stdint cimport uint8_t, uint32_t
from libc.stdlib cimport calloc, free
from libc.string cimport memcpy, strcmp

from zarr_c._native._memory cimport (
    zc_buffer, zc_extend, zc_reserve, zc_slot, zc_worker, zc_worker_slot,
)
from zarr_c._native._status cimport (
    ZC_CODEC, ZC_CORRUPT, ZC_MEMORY, ZC_OK, hold_exception, zc_error, zc_fail, zc_status,
)
from zarr_c.codecs._chain cimport Stage, zc_codec

cdef extern from "Python.h":
    int PyBUF_READ

# The stable interface of zlib-ng 2, whose header is not in the wheel that carries the library.
cdef extern from *:
    """
    typedef struct {
        const uint8_t *next_in;
        uint32_t avail_in;
        size_t total_in;
        uint8_t *next_out;
        uint32_t avail_out;
        size_t total_out;
        const char *msg;
        void *state;
        void *zalloc;
        void *zfree;
        void *opaque;
        int data_type;
        uint32_t adler;
        unsigned long reserved;
    } zng_stream;
    int32_t zng_inflateInit2(zng_stream *, int32_t);
    int32_t zng_inflateReset2(zng_stream *, int32_t);
    int32_t zng_inflate(zng_stream *, int32_t);
    int32_t zng_inflateEnd(zng_stream *);
    int32_t zng_deflateInit2(zng_stream *, int32_t, int32_t, int32_t, int32_t, int32_t);
    int32_t zng_deflateReset(zng_stream *);
    int32_t zng_deflate(zng_stream *, int32_t);
    int32_t zng_deflateEnd(zng_stream *);
    enum {
        ZC_Z_FINISH = 4, ZC_Z_OK = 0, ZC_Z_STREAM_END = 1, ZC_Z_DEFLATED = 8,
        ZC_Z_BUF_ERROR = -5
    };
    """
    ctypedef struct zng_stream:
        const uint8_t *next_in
        uint32_t avail_in
        const char *msg
        uint8_t *next_out
        uint32_t avail_out
    int zng_inflateInit2(zng_stream *, int) nogil
    int zng_inflateReset2(zng_stream *, int) nogil
    int zng_inflate(zng_stream *, int) nogil
    int zng_inflateEnd(zng_stream *) nogil
    int zng_deflateInit2(zng_stream *, int, int, int, int, int) nogil
    int zng_deflate(zng_stream *, int) nogil
    int zng_deflateEnd(zng_stream *) nogil
    int ZC_Z_FINISH, ZC_Z_OK, ZC_Z_STREAM_END, ZC_Z_DEFLATED, ZC_Z_BUF_ERROR

cdef struct Settings:
    int level
    int window    # zlib's windowBits: 31 for gzip, 15 for zlib
    bint isal       # deflates
    bint inflates   # isal is there

cdef enum:
    EITHER = 47          # windowBits that tell gzip from zlib by the header
    PIECE = 1 << 30      # zlib counts what is available in 32 bits
    LEAST = 1 << 20      # of a buffer that grows
    # constants of isal.igzip_lib
    ISAL_GZIP = 1
    ISAL_ZLIB = 3
    ISAL_PIECE = 1 << 18   # ms for 2 MiB: 4.85 by 16 KiB, 4.67 by 256 KiB, 4.62 at once
    # 4 MiB in chunks of 2, 8, 16, 64 KiB: 10.8, 5.6, 4.7, 4.2 ms, zlib-ng 9.1, 6.2, 5.7, 5.5
    ISAL_LEAST = 1 << 13

cdef char inflater
cdef object isal_compress = None
cdef object isal_inflater = None
cdef object isal_error = None


cdef bint inflate_isal(
    const uint8_t *src, size_t n, zc_buffer *dst, size_t limit
) noexcept with gil:
    """Whether ISA-L read all of `src` as one stream of at most `limit` bytes, now in `dst`.

    By pieces that stay in the cache, so that no second chunk is in memory.
    """
    cdef size_t length
    dst.size = 0
    try:
        stream = isal_inflater(ISAL_GZIP if src[0] == 0x1F else ISAL_ZLIB)
        given = PyMemoryView_FromMemory(<char *>src, n, PyBUF_READ)
        while not stream.eof:
            # one byte more than the chunk has shows that the stream is too long
            piece = stream.decompress(given, min(<size_t>ISAL_PIECE, limit - dst.size + 1))
            length = PyBytes_GET_SIZE(piece)
            if length > limit - dst.size or (length == 0 and not stream.eof):
                return False
            memcpy(dst.data + dst.size, PyBytes_AS_STRING(piece), length)
            dst.size += length
            given = b""
        return not stream.unused_data
    except (isal_error, MemoryError):
        return False


cdef void free_inflater(void *stream) noexcept nogil:
    zng_inflateEnd(<zng_stream *>stream)
    free(stream)


cdef size_t bound(const zc_codec *codec, size_t n) noexcept nogil:
    return n + n // 8 + 4096   # stored blocks and headers of either library


cdef zc_status encode_isal(
    const zc_codec *codec, const uint8_t *src, size_t n, zc_buffer *dst, zc_error *err
) noexcept with gil:
    cdef Settings *settings = <Settings *>codec.state
    try:
        view = PyMemoryView_FromMemory(<char *>src, n, PyBUF_READ)
        result = isal_compress(view, 3, settings.window)
    except BaseException:
        return hold_exception(err)
    if zc_reserve(dst, PyBytes_GET_SIZE(result), err) != ZC_OK:
        return err.code
    dst.size = PyBytes_GET_SIZE(result)
    memcpy(dst.data, PyBytes_AS_STRING(result), dst.size)
    return ZC_OK


cdef zc_status encode(
    const zc_codec *codec, zc_worker *worker, const uint8_t *src, size_t n, zc_buffer *dst,
    zc_error *err,
) noexcept nogil:
    cdef Settings *settings = <Settings *>codec.state
    cdef zng_stream *stream
    cdef const uint8_t *stop = src + n
    cdef size_t left, room
    cdef int code = ZC_Z_OK
    if settings.isal:
        return encode_isal(codec, src, n, dst, err)
    if zc_reserve(dst, bound(codec, n), err) != ZC_OK:
        return err.code
    stream = <zng_stream *>calloc(1, sizeof(zng_stream))
    if stream == NULL or zng_deflateInit2(
            stream, settings.level, ZC_Z_DEFLATED, settings.window, 8, 0) != ZC_Z_OK:
        free(stream)
        return zc_fail(err, ZC_MEMORY, "out of memory for deflate", -1, -1)
    stream.next_in, stream.next_out = src, dst.data
    while code == ZC_Z_OK:
        left, room = stop - stream.next_in, dst.data + dst.capacity - stream.next_out
        stream.avail_in = <uint32_t>min(<size_t>PIECE, left)
        stream.avail_out = <uint32_t>min(<size_t>PIECE, room)
        code = zng_deflate(stream, ZC_Z_FINISH if left <= <size_t>PIECE else 0)
    dst.size = stream.next_out - dst.data
    zng_deflateEnd(stream)
    free(stream)
    if code != ZC_Z_STREAM_END:
        return zc_fail(err, ZC_CODEC, "deflate cannot compress", -1, -code)
    return ZC_OK


cdef zng_stream *take_inflater(zc_worker *worker) noexcept nogil:
    cdef zc_slot *slot = zc_worker_slot(worker, &inflater)
    if slot.value == NULL:
        slot.value, slot.destroy = calloc(1, sizeof(zng_stream)), free_inflater
        if slot.value != NULL and zng_inflateInit2(<zng_stream *>slot.value, EITHER) != ZC_Z_OK:
            free(slot.value)
            slot.value = NULL
    elif zng_inflateReset2(<zng_stream *>slot.value, EITHER) != ZC_Z_OK:
        return NULL
    return <zng_stream *>slot.value


cdef zc_status inflate_member(
    zng_stream *stream, const uint8_t *stop, zc_buffer *dst, size_t limit, zc_error *err
) noexcept nogil:
    """Inflate one gzip member or zlib stream behind the `dst.size` bytes that are there."""
    cdef uint8_t spare
    cdef uint32_t given
    cdef size_t room
    cdef int code = ZC_Z_OK
    while code == ZC_Z_OK:
        if dst.size == dst.capacity and dst.size < limit:
            if zc_extend(dst, min(limit - dst.size, dst.size + <size_t>LEAST), err) != ZC_OK:
                return err.code
        room = min(limit, dst.capacity) - dst.size
        # When the chunk is full the stream must end without one more byte.
        stream.next_out = dst.data + dst.size if room else &spare
        given = stream.avail_out = <uint32_t>min(<size_t>PIECE, room) if room else 1
        stream.avail_in = <uint32_t>min(PIECE, stop - stream.next_in)
        code = zng_inflate(stream, 0)
        if room:
            dst.size += given - stream.avail_out
        elif stream.avail_out == 0:
            return zc_fail(err, ZC_CORRUPT,
                           "deflated data decodes to more bytes than its chunk has",
                           limit, limit + 1)
    if code != ZC_Z_STREAM_END:
        if stream.msg != NULL and strcmp(stream.msg, "incorrect data check") == 0:
            return zc_fail(err, ZC_CORRUPT,
                           "damaged or cut deflated data: its checksum does not match", -1, -1)
        if code == ZC_Z_OK or code == ZC_Z_BUF_ERROR:   # it would take more
            return zc_fail(err, ZC_CORRUPT,
                           "damaged or cut deflated data: it ends too early", -1, -1)
        return zc_fail(err, ZC_CORRUPT, "damaged or cut deflated data", -1, -1)
    return ZC_OK


cdef zc_status decode(
    const zc_codec *codec, zc_worker *worker, const uint8_t *src, size_t n, zc_buffer *dst,
    size_t limit, zc_error *err,
) noexcept nogil:
    """Inflate all members; zero bytes may follow each, anything else is damage."""
    cdef Settings *settings = <Settings *>codec.state
    cdef zng_stream *stream
    cdef const uint8_t *stop = src + n
    cdef size_t room = limit
    if limit > <size_t>PIECE and not dst.fixed:   # strings, whose size nobody knows
        room = min(limit, LEAST + 4 * n)
    if zc_reserve(dst, room, err) != ZC_OK:
        return err.code
    if settings.inflates and n and <size_t>ISAL_LEAST <= room == limit:
        if inflate_isal(src, n, dst, limit):
            return ZC_OK
    stream = take_inflater(worker)
    if stream == NULL:
        return zc_fail(err, ZC_MEMORY, "out of memory for inflate", -1, -1)
    dst.size = 0
    stream.next_in = src
    while True:
        if inflate_member(stream, stop, dst, limit, err) != ZC_OK:
            return err.code
        src = stream.next_in
        while src < stop and src[0] == 0:
            src += 1
        if src == stop:
            return ZC_OK
        if src[0] != 0x1F or zng_inflateReset2(stream, 31) != ZC_Z_OK:
            return zc_fail(err, ZC_CORRUPT, "rubbish after deflated data", -1, stop - src)
        stream.next_in = src


cdef class DeflateStage(Stage):
    """gzip members or zlib streams; reading accepts both, whichever was asked for.

    Parameters
    ----------
    level : int
        From 0 to 9, or -1 for the library's default.
    gzip : bool
        Whether to write gzip rather than zlib.
    """
    cdef Settings settings

    def __cinit__(self, int level, bint gzip):
        global isal_compress, isal_inflater, isal_error
        if isal_compress is None:
            try:
                from isal.igzip_lib import IgzipDecompressor as isal_inflater
                from isal.igzip_lib import error as isal_error
                from isal.isal_zlib import compress as isal_compress
            except ImportError:   # not built for this platform: zlib-ng does all
                isal_compress = isal_inflater = False
        self.settings.level = level
        self.settings.window = 31 if gzip else 15
        self.settings.inflates = isal_compress is not False
        self.settings.isal = self.settings.inflates and 1 <= level <= 5
        self.table.state = &self.settings
        self.table.bound, self.table.encode, self.table.decode = bound, encode, decode
