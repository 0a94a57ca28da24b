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
from zarr_c.codecs._blosc_streams cimport (
    BITSHUFFLED, HEADER, MEMCPYED, decode_bytes, decode_streams, fetch_block, has_bytes,
    has_streams, is_sound, little, need, wanted_of, zc_fetched, zc_frame,
)
from zarr_c.codecs._chain cimport zc_codec, zc_source, zc_span

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

cdef enum:
    EXTENDED = 0x5     # both shuffle flags: a Blosc2 header follows
    PART_SHARE = 4     # below this share of a chunk, single blocks are decoded
    FIRST_READ = 4096  # holds the header and the block offsets of all but huge frames

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


cdef int decode_blosc2(const uint8_t *src, const zc_frame *frame, uint8_t *dst) noexcept nogil:
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


cdef zc_status read_header(
    const uint8_t *src, size_t n, size_t limit, zc_frame *frame, zc_error *err
) noexcept nogil:
    """Check everything in a header that the library would trust."""
    if n < HEADER:
        return zc_fail(err, ZC_CORRUPT, "too few bytes for a blosc header", HEADER, n)
    frame.version, frame.flags, frame.typesize = src[0], src[2], src[3]
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


cdef bint is_plain(const zc_frame *frame) noexcept nogil:
    """Whether a frame has no streams of Blosc1: it is stored as it is, or of Blosc2."""
    return frame.flags & EXTENDED == EXTENDED or frame.flags & MEMCPYED


cdef bint is_odd(const zc_frame *frame) noexcept nogil:
    """Whether c-blosc2 would lose bytes: bits shuffled in blocks of broken elements."""
    if not frame.flags & BITSHUFFLED or is_plain(frame):
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
    cdef zc_frame frame
    cdef uint32_t block
    cdef int got
    if read_header(src, n, limit, &frame, err) != ZC_OK:
        return err.code
    if zc_reserve(dst, frame.nbytes, err) != ZC_OK:
        return err.code
    dst.size = frame.nbytes
    for block in range(0 if is_plain(&frame) else frame.blocks):
        if not is_sound(src, &frame, block):
            return zc_fail(err, ZC_CORRUPT, "damaged blosc data", -1, -1)
    if is_odd(&frame):
        return ZC_ABSENT
    if frame.flags & EXTENDED == EXTENDED:
        got = decode_blosc2(src, &frame, dst.data)
    elif has_bytes(&frame):
        got = <int>frame.nbytes if decode_bytes(src, &frame, dst.data) else -1
    else:
        context = take_context(worker, err)
        if context == NULL:
            return err.code
        got = blosc2_decompress_ctx(context, src, frame.cbytes, dst.data, frame.nbytes)
    if got < 0 or <uint32_t>got != frame.nbytes:
        return zc_fail(err, ZC_CORRUPT, "damaged blosc data", -1, -1)
    return ZC_OK


cdef zc_status decode_blocks(
    zc_worker *worker, zc_fetched *fetched, const zc_frame *frame, const zc_span *items,
    uint8_t *dst, zc_error *err,
) noexcept nogil:
    """Put the elements `items` to `dst`, where the first of them goes, from their blocks."""
    cdef uint32_t block = <uint32_t>(items.start * frame.typesize // frame.blocksize)
    cdef size_t length = frame.blocksize // frame.typesize
    cdef blosc2_context *context
    cdef zc_span part
    cdef uint8_t *to
    while block * length < items.stop:
        if wanted_of(frame, items, block, &part):
            to = dst + (block * length + part.start - items.start) * frame.typesize
            if has_streams(frame, block):
                if decode_streams(worker, fetched, frame, block, &part, to, err) != ZC_OK:
                    return err.code
            else:
                if fetch_block(fetched, frame, block, err) != ZC_OK:
                    return err.code
                if not is_sound(fetched.data, frame, block):
                    return zc_fail(err, ZC_CORRUPT, "damaged blosc data", -1, -1)
                context = take_context(worker, err)
                if context == NULL:
                    return err.code
                if not get_items(context, fetched.data, frame, block * length + part.start,
                                 part.stop - part.start, to):
                    return zc_fail(err, ZC_CORRUPT, "damaged blosc data", -1, -1)
        block += 1
    return ZC_OK


cdef bint get_items(
    blosc2_context *context, const uint8_t *buffer, const zc_frame *frame,
    size_t item, size_t items, uint8_t *dst,
) noexcept nogil:
    # c-blosc2 4 takes as many elements as a block has for a whole block, wherever they begin.
    if items > 1 and items * frame.typesize == frame.blocksize:
        return (get_items(context, buffer, frame, item, items - 1, dst)
                and get_items(context, buffer, frame, item + items - 1, 1,
                              dst + (items - 1) * frame.typesize))
    return blosc2_getitem_ctx(context, buffer, frame.cbytes, <int>item, <int>items,
                              dst, <int32_t>(items * frame.typesize)) >= 0


cdef void count_items(
    const zc_frame *frame, const zc_span *span, zc_span *items
) noexcept nogil:
    """A span in elements of the frame, of which single bytes may be wanted."""
    cdef size_t size = frame.typesize
    items.start = span.start // size
    items.stop = (span.stop + size - 1) // size
    items.run = items.period = items.stop - items.start
    if span.start % size == 0 and span.run % size == 0 and span.period % size == 0:
        items.run, items.period = span.run // size, span.period // size


cdef bint pays(const zc_frame *frame, const zc_span *span) noexcept nogil:
    """Whether decoding single blocks is less work than decoding all of them."""
    cdef size_t length = span.stop - span.start
    if has_streams(frame, 0):
        length = length // span.period * span.run
    return length <= frame.nbytes // PART_SHARE


cdef zc_status blosc_decode_part(
    const zc_codec *codec, zc_worker *worker, zc_source *source, size_t n,
    const zc_span *span, zc_buffer *dst, zc_error *err,
) noexcept nogil:
    """Decode what is wanted of a chunk of `n` bytes, fetching only the blocks that hold it.

    ZC_ABSENT when the frame is of a kind that is decoded whole, or that pays.
    """
    cdef zc_fetched fetched
    cdef zc_span items
    cdef zc_frame frame
    if (span.stop - span.start) // span.period * span.run > n // PART_SHARE:
        return ZC_ABSENT
    # not in the first buffer, which may be where the source has its bytes
    if zc_reserve(&worker.buffer[3], source.size, err) != ZC_OK:
        return err.code
    fetched.source, fetched.data = source, worker.buffer[3].data
    fetched.have = fetched.start = fetched.stop = 0
    if need(&fetched, 0, min(source.size, <size_t>FIRST_READ), err) != ZC_OK:
        return err.code
    fetched.have = min(source.size, <size_t>FIRST_READ)
    # The header is checked against the length of the object, of which the start is here.
    if read_header(fetched.data, source.size, n, &frame, err) != ZC_OK:
        return err.code
    if frame.flags & EXTENDED == EXTENDED or frame.nbytes != n or is_odd(&frame):
        return ZC_ABSENT
    count_items(&frame, span, &items)
    if (frame.blocksize % frame.typesize or items.stop * frame.typesize > n
            or not pays(&frame, span)):
        return ZC_ABSENT
    if zc_reserve(dst, (items.stop - items.start) * frame.typesize, err) != ZC_OK:
        return err.code
    if frame.flags & MEMCPYED:
        return source.read(source, HEADER + span.start, dst.data, span.stop - span.start, err)
    if need(&fetched, 0, HEADER + 4 * <size_t>frame.blocks, err) != ZC_OK:
        return err.code
    fetched.have = max(fetched.have, HEADER + 4 * <size_t>frame.blocks)
    if decode_blocks(worker, &fetched, &frame, &items, dst.data, err) != ZC_OK:
        return err.code
    return shift(dst, span.start - items.start * frame.typesize, span.stop - span.start)


cdef zc_status shift(zc_buffer *dst, size_t by, size_t n) noexcept nogil:
    """Move what was asked for to the start of `dst`, when elements do not begin there."""
    if by:
        memmove(dst.data, dst.data + by, n)
    return ZC_OK


blosc2_init()   # chooses the shuffle routines; not safe to leave to the first worker
