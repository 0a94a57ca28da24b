"""What is wanted of a block of a Blosc frame, out of its LZ4 streams.

A byte-shuffled block is a stream for each byte of an element. A stream is decoded up to the
last element that is wanted, one that is stored as it is (the low bytes of measured floats are)
is read only where the elements lie, and only wanted elements are put together from them.
"""

from libc.stddef cimport size_t
from libc.stdint cimport int32_t, uint8_t, uint32_t
from libc.string cimport memcpy

from zarr_c._native._memory cimport zc_reserve, zc_worker
from zarr_c._native._status cimport ZC_CORRUPT, ZC_OK, zc_error, zc_fail, zc_status
from zarr_c.codecs._chain cimport zc_span

cdef extern from "lz4_prefix.h" nogil:
    size_t ZC_LZ4_SLACK
    bint zc_lz4_prefix(const uint8_t *src, size_t n, uint8_t *dst, size_t length, size_t want)

# A stable function of LZ4 1.10, which is in the same library without its header.
cdef extern from *:
    """
    int LZ4_decompress_safe(const char *, char *, int, int);
    """
    int LZ4_decompress_safe(const char *, char *, int, int) nogil

cdef enum:
    SHUFFLED = 0x1     # more flags of a frame
    RESERVED = 0x8
    UNSPLIT = 0x10
    LZ4_FORMAT = 1     # in the upper three bits of the flags
    SPLIT = 128        # fewer elements than these are in one stream
    # A read of its own costs what copying this many bytes does.
    STREWN = 8192
    # The library decodes whole streams at 1.3 times our speed (exponents of floats: 52 us to
    # 70), so it is as fast as we are where three quarters of a stream are wanted.
    MOST_OF_4 = 3
    # A stream this much shorter than its content is one long run: we are twice as fast in it.
    RUN_SHARE = 16


cdef zc_status need(zc_fetched *frame, size_t at, size_t n, zc_error *err) noexcept nogil:
    """See to it that `n` bytes of a frame are in memory."""
    if at + n <= frame.have or (frame.start <= at and at + n <= frame.stop):
        return ZC_OK
    frame.start, frame.stop = at, at + n
    return frame.source.read(frame.source, at, frame.data + at, n, err)


cdef bint wanted_of(
    const zc_frame *frame, const zc_span *items, uint32_t block, zc_span *part
) noexcept nogil:
    """Which elements of a block are wanted, counted from its first one; whether any are."""
    cdef size_t length = frame.blocksize // frame.typesize
    cdef size_t begin = block * length
    cdef size_t end = min(begin + length, items.stop)
    cdef size_t first = items.start
    cdef size_t last
    if end <= first:
        return False
    if begin > first:   # the run that reaches into the block, or the first one in it
        first += (begin - first) // items.period * items.period
        if first + items.run <= begin:
            first += items.period
    if first >= end:
        return False
    last = first + (end - 1 - first) // items.period * items.period
    part.run, part.period = items.run, items.period
    part.stop = min(last + items.run, end) - begin
    if first < begin:   # a run that is cut has its own length
        part.run -= begin - first
        first = begin
        if part.stop > part.run:
            part.run, part.period = part.stop, part.stop
    part.start = first - begin
    return True


cdef zc_status fetch_block(
    zc_fetched *fetched, const zc_frame *frame, uint32_t block, zc_error *err
) noexcept nogil:
    """Read one encoded block to its place."""
    cdef size_t start = little(fetched.data + HEADER + 4 * <size_t>block)
    cdef size_t stop = frame.cbytes
    cdef size_t other
    cdef uint32_t i
    if start < HEADER + 4 * <size_t>frame.blocks or start >= frame.cbytes:
        return zc_fail(err, ZC_CORRUPT, "blosc block outside its frame", frame.cbytes, start)
    for i in range(frame.blocks):   # blocks may lie in any order
        other = little(fetched.data + HEADER + 4 * <size_t>i)
        if start < other < stop:
            stop = other
    return need(fetched, start, stop - start, err)


cdef bint is_split(const zc_frame *frame, uint32_t block) noexcept nogil:
    """Whether a block is one stream for each byte of an element."""
    return (
        not frame.flags & UNSPLIT
        and frame.typesize <= 16
        and frame.blocksize // frame.typesize >= SPLIT
        # a shorter last block is never split
        and (block + 1) * <size_t>frame.blocksize <= frame.nbytes
    )


cdef bint has_streams(const zc_frame *frame, uint32_t block) noexcept nogil:
    """Whether a block is byte-shuffled LZ4 in one stream per byte of an element."""
    return (
        frame.version == 2
        and frame.flags >> 5 == LZ4_FORMAT
        and frame.flags & (SHUFFLED | BITSHUFFLED) == SHUFFLED
        and frame.typesize > 1
        and frame.blocksize % frame.typesize == 0
        and is_split(frame, block)
    )


cdef bint is_sound(
    const uint8_t *src, const zc_frame *frame, uint32_t block
) noexcept nogil:
    """Whether the streams of a block have lengths and lie within their frame.

    c-blosc2 takes a length of zero or less for a run of one byte, as in frames of its own,
    where c-blosc 1 finds damage, and reads a last stream that is longer than the frame.
    """
    cdef size_t at = little(src + HEADER + 4 * <size_t>block)
    cdef uint32_t _
    cdef int32_t size
    for _ in range(frame.typesize if is_split(frame, block) else 1):
        if at + 4 > frame.cbytes:
            return False
        size = <int32_t>little(src + at)
        at += 4
        if size <= 0 or <size_t>size > frame.cbytes - at:
            return False
        at += <size_t>size
    return True


cdef bint has_bytes(const zc_frame *frame) noexcept nogil:
    """Whether a frame is LZ4 of elements of one byte that are said to be shuffled.

    c-blosc2 does shuffle them, to where they were: 64 KiB in 62 us, of which LZ4 takes 24.
    """
    return (
        frame.version == 2
        and frame.flags >> 5 == LZ4_FORMAT
        and frame.flags & (SHUFFLED | MEMCPYED | BITSHUFFLED | RESERVED) == SHUFFLED
        and frame.typesize == 1
    )


cdef bint decode_bytes(const uint8_t *src, const zc_frame *frame, uint8_t *dst) noexcept nogil:
    """Decode a frame that `has_bytes`: each block is one stream behind its length."""
    cdef size_t at, size, length
    cdef size_t done = 0
    cdef uint32_t block
    for block in range(frame.blocks):
        length = min(frame.blocksize, frame.nbytes - done)
        at = little(src + HEADER + 4 * <size_t>block)
        if at < HEADER + 4 * <size_t>frame.blocks or at + 4 > frame.cbytes:
            return False
        size = little(src + at)
        at += 4
        if size > frame.cbytes - at:
            return False
        if size == length:
            memcpy(dst + done, src + at, length)
        elif LZ4_decompress_safe(<const char *>src + at, <char *>dst + done, <int>size,
                                 <int>length) != <int>length:
            return False
        done += length
    return True


cdef zc_status decode_stream(
    zc_fetched *fetched, size_t at, size_t size, uint8_t *dst, size_t length, size_t want,
    zc_error *err,
) noexcept nogil:
    """Decode at least `want` bytes of the LZ4 stream of `length` that lies at `at`."""
    cdef bint whole = want * 4 >= length * MOST_OF_4 and size * RUN_SHARE > length
    cdef const uint8_t *src = fetched.data + at
    cdef bint sound
    if not whole:   # no start is longer encoded than that
        size = min(size, want + want // 255 + 16)
    # with it comes the length of the next stream
    if need(fetched, at, min(size + 4, fetched.source.size - at), err) != ZC_OK:
        return err.code
    if whole:
        sound = LZ4_decompress_safe(<const char *>src, <char *>dst, <int>size,
                                    <int>length) == <int>length
    else:
        sound = zc_lz4_prefix(src, size, dst, length, want)
    if not sound:
        return zc_fail(err, ZC_CORRUPT, "damaged blosc data", -1, -1)
    return ZC_OK


cdef zc_status fetch_stored(
    zc_fetched *fetched, size_t at, const zc_span *part, zc_error *err
) noexcept nogil:
    """Read what is wanted of a stream that is stored as it is to its place."""
    cdef size_t i = part.start
    if part.period < STREWN:
        return need(fetched, at + i, part.stop - i, err)
    while i < part.stop:
        if need(fetched, at + i, min(part.run, part.stop - i), err) != ZC_OK:
            return err.code
        i += part.period
    return ZC_OK


cdef void put_together(
    const uint8_t *stream, const zc_span *part, size_t typesize, uint8_t *dst
) noexcept nogil:
    """One byte of each wanted element; `dst` is that byte of the first one."""
    cdef size_t at = part.start
    cdef size_t i
    while at < part.stop:
        for i in range(at, min(at + part.run, part.stop)):
            dst[(i - part.start) * typesize] = stream[i]
        at += part.period


cdef zc_status decode_streams(
    zc_worker *worker, zc_fetched *fetched, const zc_frame *frame, uint32_t block,
    const zc_span *part, uint8_t *dst, zc_error *err,
) noexcept nogil:
    """Put the elements `part` of a block to `dst`, where the first of them goes."""
    cdef size_t length = frame.blocksize // frame.typesize   # of a decoded stream
    cdef size_t at = little(fetched.data + HEADER + 4 * <size_t>block)
    cdef const uint8_t *stream
    cdef zc_status status
    cdef size_t size
    cdef uint32_t byte
    if zc_reserve(&worker.buffer[2], length + ZC_LZ4_SLACK, err) != ZC_OK:
        return err.code
    for byte in range(frame.typesize):
        if at + 4 > frame.cbytes:
            return zc_fail(err, ZC_CORRUPT, "blosc stream outside its frame", length, at)
        if need(fetched, at, 4, err) != ZC_OK:
            return err.code
        size = little(fetched.data + at)
        at += 4
        if size == 0 or size > length or at + size > frame.cbytes:
            return zc_fail(err, ZC_CORRUPT, "blosc stream outside its frame", length, size)
        if size == length:
            stream = fetched.data + at
            status = fetch_stored(fetched, at, part, err)
        else:
            stream = worker.buffer[2].data
            status = decode_stream(fetched, at, size, worker.buffer[2].data, length, part.stop,
                                   err)
        if status != ZC_OK:
            return status
        put_together(stream, part, frame.typesize, dst + byte)
        at += size
    return ZC_OK
