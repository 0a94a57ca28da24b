"""Reading Blosc frames, whole or by the blocks that are needed, with c-blosc2's contexts.

Writing is in ``_blosc_write``: c-blosc2 cannot write frames that c-blosc 1 and numcodecs
accept, and the two libraries define the same symbols, so each has a module of its own.
"""

from libc.stddef cimport size_t
from libc.stdint cimport int32_t, uint8_t, uint32_t
from libc.string cimport memmove, memset

from zarr_c._native._memory cimport zc_buffer, zc_reserve, zc_slot, zc_worker, zc_worker_slot
from zarr_c._native._status cimport (
    ZC_ABSENT, ZC_CORRUPT, ZC_MEMORY, ZC_OK, zc_error, zc_fail, zc_status,
)
from zarr_c.codecs._chain cimport zc_codec, zc_source

cdef extern from "blosc2.h" nogil:
    """
    static inline blosc2_context *zc_blosc2_context(void)
    {
        blosc2_dparams parameters = BLOSC2_DPARAMS_DEFAULTS;
        parameters.nthreads = 1;   /* the worker pool is the only source of threads */
        return blosc2_create_dctx(parameters);
    }
    """
    ctypedef struct blosc2_context:
        pass
    blosc2_context *zc_blosc2_context()
    void blosc2_init()
    void blosc2_free_ctx(blosc2_context *context)
    int blosc2_decompress_ctx(blosc2_context *context, const void *src, int32_t srcsize,
                              void *dest, int32_t destsize)
    int blosc2_getitem_ctx(blosc2_context *context, const void *src, int32_t srcsize,
                           int start, int nitems, void *dest, int32_t destsize)

# A stable function of LZ4 1.10, which is in the same library without its header.
cdef extern from *:
    """
    int LZ4_decompress_safe_partial(const char *, char *, int, int, int);
    """
    int LZ4_decompress_safe_partial(const char *, char *, int, int, int) nogil

cdef enum:
    SHUFFLED = 0x1     # flags of a frame
    UNSPLIT = 0x10
    LZ4_FORMAT = 1     # in the upper three bits of the flags
    HEADER = 16        # of a Blosc1 frame
    MEMCPYED = 0x2     # flag: stored without compression
    BITSHUFFLED = 0x4
    EXTENDED = 0x5     # both shuffle flags: a Blosc2 header follows
    PART_SHARE = 4     # below this share of a chunk, single blocks are decoded
    FIRST_READ = 4096  # holds the header and the block offsets of all but huge frames
    # Elements of up to this share of a block are taken out of its streams one by one; for more,
    # the library's loop over the whole block is faster.
    STREAM_SHARE = 16

cdef struct Frame:
    int flags
    uint32_t typesize, nbytes, blocksize, cbytes, blocks

cdef char decompressor


cdef void free_decompressor(void *context) noexcept nogil:
    blosc2_free_ctx(<blosc2_context *>context)


cdef blosc2_context *take_context(zc_worker *worker, zc_error *err) noexcept nogil:
    cdef zc_slot *slot = zc_worker_slot(worker, &decompressor)
    if slot.value == NULL:
        slot.value, slot.destroy = zc_blosc2_context(), free_decompressor
        if slot.value == NULL:
            zc_fail(err, ZC_MEMORY, "out of memory for blosc", -1, -1)
    return <blosc2_context *>slot.value


cdef int decode_blosc2(const uint8_t *src, const Frame *frame, uint8_t *dst) noexcept nogil:
    """Decode a Blosc2 frame, in a context of its own: the next frame would inherit its filters,
    and over zeros, as it may say that its content is whatever lies there."""
    cdef blosc2_context *context = zc_blosc2_context()
    cdef int got
    if context == NULL:
        return -1
    memset(dst, 0, frame.nbytes)
    got = blosc2_decompress_ctx(context, src, frame.cbytes, dst, frame.nbytes)
    blosc2_free_ctx(context)
    return got


cdef uint32_t little(const uint8_t *at) noexcept nogil:
    return at[0] | at[1] << 8 | at[2] << 16 | <uint32_t>at[3] << 24


cdef zc_status read_header(
    const uint8_t *src, size_t n, size_t limit, Frame *frame, zc_error *err
) noexcept nogil:
    """Check everything in a header that the library would trust."""
    if n < HEADER:
        return zc_fail(err, ZC_CORRUPT, "too few bytes for a blosc header", HEADER, n)
    frame.flags, frame.typesize = src[2], src[3]
    frame.nbytes, frame.blocksize = little(src + 4), little(src + 8)
    frame.cbytes = little(src + 12)
    if src[0] == 0 or src[0] > 5 or frame.typesize == 0:
        return zc_fail(err, ZC_CORRUPT, "not a blosc frame", -1, src[0])
    if frame.nbytes > limit:
        return zc_fail(err, ZC_CORRUPT, "blosc data decodes to more bytes than its chunk has",
                       limit, frame.nbytes)
    if frame.cbytes < HEADER or frame.cbytes > n:
        return zc_fail(err, ZC_CORRUPT, "blosc frame of another length than stored",
                       frame.cbytes, n)
    if frame.nbytes and (frame.blocksize == 0 or frame.blocksize > frame.nbytes):
        return zc_fail(err, ZC_CORRUPT, "blosc block longer than its chunk",
                       frame.nbytes, frame.blocksize)
    frame.blocks = 0
    if frame.nbytes:
        frame.blocks = (frame.nbytes + frame.blocksize - 1) // frame.blocksize
    if frame.flags & EXTENDED == EXTENDED:
        return ZC_OK
    if frame.flags & MEMCPYED:
        if frame.cbytes != frame.nbytes + HEADER:
            return zc_fail(err, ZC_CORRUPT, "stored blosc frame of the wrong length",
                           frame.nbytes + HEADER, frame.cbytes)
    elif HEADER + 4 * <size_t>frame.blocks > frame.cbytes:
        return zc_fail(err, ZC_CORRUPT, "blosc frame too short for its blocks",
                       HEADER + 4 * <size_t>frame.blocks, frame.cbytes)
    return ZC_OK


cdef bint is_odd(const Frame *frame) noexcept nogil:
    """Whether c-blosc2 would lose bytes: bits shuffled in blocks of broken elements."""
    if not frame.flags & BITSHUFFLED or frame.flags & EXTENDED == EXTENDED:
        return False
    if frame.flags & MEMCPYED:
        return False
    return frame.nbytes % frame.typesize != 0 or frame.blocksize % frame.typesize != 0


cdef zc_status blosc_decode(
    const zc_codec *codec, zc_worker *worker, const uint8_t *src, size_t n, zc_buffer *dst,
    size_t limit, zc_error *err,
) noexcept nogil:
    """Decode one frame.

    ZC_ABSENT for one that only c-blosc 1 decodes right: it is checked, and there is room for
    the `dst.size` bytes that it has.
    """
    cdef blosc2_context *context
    cdef Frame frame
    cdef int got
    if read_header(src, n, limit, &frame, err) != ZC_OK:
        return err.code
    if zc_reserve(dst, frame.nbytes, err) != ZC_OK:
        return err.code
    dst.size = frame.nbytes
    if is_odd(&frame):
        return ZC_ABSENT
    if frame.flags & EXTENDED == EXTENDED:
        got = decode_blosc2(src, &frame, dst.data)
    else:
        context = take_context(worker, err)
        if context == NULL:
            return err.code
        got = blosc2_decompress_ctx(context, src, frame.cbytes, dst.data, frame.nbytes)
    if got < 0 or <uint32_t>got != frame.nbytes:
        return zc_fail(err, ZC_CORRUPT, "damaged blosc data", -1, -1)
    return ZC_OK


cdef zc_status fetch_block(
    zc_source *source, const Frame *frame, uint8_t *buffer, uint32_t block, size_t have,
    zc_error *err
) noexcept nogil:
    """Read one encoded block to its place in `buffer`, whose first `have` bytes are there."""
    cdef size_t start = little(buffer + HEADER + 4 * <size_t>block)
    cdef size_t stop = frame.cbytes
    cdef size_t other
    cdef uint32_t i
    if start < HEADER + 4 * <size_t>frame.blocks or start >= frame.cbytes:
        return zc_fail(err, ZC_CORRUPT, "blosc block outside its frame", frame.cbytes, start)
    for i in range(frame.blocks):   # blocks may lie in any order
        other = little(buffer + HEADER + 4 * <size_t>i)
        if start < other < stop:
            stop = other
    if stop <= have:
        return ZC_OK
    return source.read(source, start, buffer + start, stop - start, err)


cdef bint has_lz4_streams(
    const uint8_t *header, const Frame *frame, uint32_t block
) noexcept nogil:
    """Whether a block is byte-shuffled LZ4 in one stream per byte of an element."""
    return (
        header[0] == 2
        and frame.flags >> 5 == LZ4_FORMAT
        and frame.flags & (SHUFFLED | BITSHUFFLED | UNSPLIT) == SHUFFLED
        and 1 < frame.typesize <= 16
        and frame.blocksize // frame.typesize >= 128
        and frame.blocksize % frame.typesize == 0
        # a shorter last block is never split
        and (block + 1) * <size_t>frame.blocksize <= frame.nbytes
    )


cdef zc_status decode_streams(
    zc_worker *worker, zc_source *source, const Frame *frame, size_t at,
    size_t first, size_t last, uint8_t *dst, zc_error *err,
) noexcept nogil:
    """Decode elements [first, last) of the block whose streams begin at `at`.

    A stream is decoded only up to the last element, and one that is stored as it is (the low
    bytes of measured floats are) is read only where the elements lie.
    """
    cdef size_t length = frame.blocksize // frame.typesize   # of a decoded stream
    cdef uint8_t *stream
    cdef uint8_t head[4]
    cdef size_t size, i
    cdef uint32_t byte
    if zc_reserve(&worker.buffer[2], length, err) != ZC_OK:
        return err.code
    stream = worker.buffer[2].data
    for byte in range(frame.typesize):
        if source.read(source, at, head, 4, err) != ZC_OK:
            return err.code
        size = little(head)
        at += 4
        if size == 0 or size > length or at + size > frame.cbytes:
            return zc_fail(err, ZC_CORRUPT, "blosc stream outside its frame", length, size)
        if size == length:
            if source.read(source, at + first, stream + first, last - first, err) != ZC_OK:
                return err.code
        else:
            if source.read(source, at, worker.buffer[3].data, size, err) != ZC_OK:
                return err.code
            if LZ4_decompress_safe_partial(<const char *>worker.buffer[3].data, <char *>stream,
                                           <int>size, <int>last, <int>length) < <int>last:
                return zc_fail(err, ZC_CORRUPT, "damaged blosc data", -1, -1)
        for i in range(first, last):
            dst[(i - first) * frame.typesize + byte] = stream[i]
        at += size
    return ZC_OK


cdef zc_status decode_blocks(
    zc_worker *worker, zc_source *source, const Frame *frame, uint8_t *buffer, size_t have,
    size_t item, size_t items, uint8_t *dst, zc_error *err,
) noexcept nogil:
    """Decode elements from whole blocks of a frame whose first `have` bytes are in `buffer`."""
    cdef uint32_t first = <uint32_t>(item * frame.typesize // frame.blocksize)
    cdef uint32_t last = <uint32_t>(((item + items) * frame.typesize - 1) // frame.blocksize)
    cdef size_t inside = item - first * <size_t>frame.blocksize // frame.typesize
    cdef blosc2_context *context
    cdef uint32_t block
    if (has_lz4_streams(buffer, frame, first)
            and (inside + items) * frame.typesize <= frame.blocksize
            and items * frame.typesize <= frame.blocksize // STREAM_SHARE):
        return decode_streams(worker, source, frame,
                              little(buffer + HEADER + 4 * <size_t>first),
                              inside, inside + items, dst, err)
    for block in range(first, last + 1):
        if fetch_block(source, frame, buffer, block, have, err) != ZC_OK:
            return err.code
    context = take_context(worker, err)
    if context == NULL:
        return err.code
    if not get_items(context, buffer, frame, item, items, dst):
        return zc_fail(err, ZC_CORRUPT, "damaged blosc data", -1, -1)
    return ZC_OK


cdef bint get_items(
    blosc2_context *context, const uint8_t *buffer, const Frame *frame,
    size_t item, size_t items, uint8_t *dst,
) noexcept nogil:
    # c-blosc2 4 takes as many elements as a block has for a whole block, wherever they begin.
    if items > 1 and items * frame.typesize == frame.blocksize:
        return (get_items(context, buffer, frame, item, items - 1, dst)
                and get_items(context, buffer, frame, item + items - 1, 1,
                              dst + (items - 1) * frame.typesize))
    return blosc2_getitem_ctx(context, buffer, frame.cbytes, <int>item, <int>items,
                              dst, <int32_t>(items * frame.typesize)) >= 0


cdef zc_status blosc_decode_part(
    const zc_codec *codec, zc_worker *worker, zc_source *source, size_t n,
    size_t start, size_t stop, zc_buffer *dst, zc_error *err,
) noexcept nogil:
    """Decode bytes [start, stop) of a chunk of `n` bytes, fetching only the blocks they lie in.

    ZC_ABSENT when the frame is of a kind that is decoded whole, or that pays.
    """
    cdef uint8_t *buffer
    cdef size_t have = min(source.size, <size_t>FIRST_READ)
    cdef size_t table, item, items
    cdef Frame frame
    if (stop - start) * PART_SHARE > n:
        return ZC_ABSENT
    # not in the first buffer, which may be where the source has its bytes
    if zc_reserve(&worker.buffer[3], source.size, err) != ZC_OK:
        return err.code
    buffer = worker.buffer[3].data
    if source.read(source, 0, buffer, have, err) != ZC_OK:
        return err.code
    # The header is checked against the length of the object, of which the start is here.
    if read_header(buffer, source.size, n, &frame, err) != ZC_OK:
        return err.code
    item = start // frame.typesize
    items = (stop + frame.typesize - 1) // frame.typesize - item
    if (frame.flags & EXTENDED == EXTENDED or frame.nbytes != n or is_odd(&frame)
            or (item + items) * frame.typesize > n):
        return ZC_ABSENT
    if zc_reserve(dst, items * frame.typesize, err) != ZC_OK:
        return err.code
    if frame.flags & MEMCPYED:
        return source.read(source, HEADER + start, dst.data, stop - start, err)
    table = HEADER + 4 * <size_t>frame.blocks
    if table > have:
        if source.read(source, have, buffer + have, table - have, err) != ZC_OK:
            return err.code
        have = table
    if decode_blocks(worker, source, &frame, buffer, have, item, items, dst.data, err) != ZC_OK:
        return err.code
    return shift(dst, start - item * frame.typesize, stop - start)


cdef zc_status shift(zc_buffer *dst, size_t by, size_t n) noexcept nogil:
    """Move what was asked for to the start of `dst`, when elements do not begin there."""
    if by:
        memmove(dst.data, dst.data + by, n)
    return ZC_OK


blosc2_init()   # chooses the shuffle routines; not safe to leave to the first worker
