"""``vlen-utf8`` and ``vlen-bytes``: from slots to bytes and back.

A count, then each element behind its length, all numbers of four little-endian bytes. Decoded
slots point into memory of the worker's, where the encoded bytes are kept.
"""

from libc.stddef cimport size_t
from libc.stdint cimport uint8_t, uint32_t, uint64_t
from libc.string cimport memcpy

from zarr_c._native._memory cimport zc_buffer, zc_reserve, zc_worker
from zarr_c._native._status cimport ZC_CODEC, ZC_CORRUPT, ZC_OK, zc_error, zc_fail, zc_status
from zarr_c.codecs._chain cimport Stage, zc_codec
from zarr_c.indexing._elements cimport zc_slot_item

cdef struct Elements:
    bint text
    size_t most   # bytes of a chunk


cdef size_t bound(const zc_codec *codec, size_t n) noexcept nogil:
    return (<const Elements *>codec.state).most


cdef void put_number(uint8_t *at, size_t number) noexcept nogil:
    cdef int i
    for i in range(4):
        at[i] = <uint8_t>(number >> (8 * i))


cdef size_t get_number(const uint8_t *at) noexcept nogil:
    return at[0] | at[1] << 8 | at[2] << 16 | <size_t>at[3] << 24


cdef zc_status encode(
    const zc_codec *codec, zc_worker *worker, const uint8_t *src, size_t n, zc_buffer *dst,
    zc_error *err,
) noexcept nogil:
    cdef const zc_slot_item *slot = <const zc_slot_item *>src
    cdef size_t count = n // sizeof(zc_slot_item)
    cdef size_t most = (<const Elements *>codec.state).most
    cdef size_t total = 4
    cdef uint8_t *at
    cdef size_t i
    for i in range(count):
        total += 4 + slot[i].size
    if total > most or count > <uint32_t>-1:
        return zc_fail(err, ZC_CODEC, "more bytes of elements than one chunk may have", most,
                       total)
    if zc_reserve(dst, total, err) != ZC_OK:
        return err.code
    put_number(dst.data, count)
    at = dst.data + 4
    for i in range(count):
        put_number(at, slot[i].size)
        if slot[i].size:
            memcpy(at + 4, slot[i].data, slot[i].size)
        at += 4 + slot[i].size
    dst.size = total
    return ZC_OK


cdef zc_status decode(
    const zc_codec *codec, zc_worker *worker, const uint8_t *src, size_t n, zc_buffer *dst,
    size_t limit, zc_error *err,
) noexcept nogil:
    cdef const Elements *elements = <const Elements *>codec.state
    cdef size_t count = limit // sizeof(zc_slot_item)
    cdef zc_slot_item *slot
    cdef const uint8_t *at
    cdef const uint8_t *stop
    cdef size_t i, size
    if n < 4 or get_number(src) != count:
        return zc_fail(err, ZC_CORRUPT, "wrong number of elements for its chunk", count,
                       get_number(src) if n >= 4 else -1)
    if n > elements.most or count > (n - 4) // 4:   # before memory is taken for the slots
        return zc_fail(err, ZC_CORRUPT, "too few bytes for the lengths of its elements",
                       4 * count + 4, n)
    if zc_reserve(&worker.buffer[6], n, err) != ZC_OK or zc_reserve(dst, limit, err) != ZC_OK:
        return err.code
    memcpy(worker.buffer[6].data, src, n)
    at, stop = worker.buffer[6].data + 4, worker.buffer[6].data + n
    slot = <zc_slot_item *>dst.data
    for i in range(count):
        if stop - at < 4:
            return zc_fail(err, ZC_CORRUPT, "the chunk ends before its elements do", count, i)
        size = get_number(at)
        at += 4
        if size > <size_t>(stop - at):
            return zc_fail(err, ZC_CORRUPT, "an element is longer than what is left of its "
                           "chunk", stop - at, size)
        if elements.text and not is_utf8(at, size):
            return zc_fail(err, ZC_CORRUPT, "a string is not valid UTF-8", -1, -1)
        slot[i].data, slot[i].size = at, size
        at += size
    if at != stop:
        return zc_fail(err, ZC_CORRUPT, "bytes are left after the last element", 0, stop - at)
    dst.size = limit
    return ZC_OK


cdef bint is_utf8(const uint8_t *at, size_t n) noexcept nogil:
    """Whether bytes are UTF-8 (RFC 3629: no surrogates, nothing overlong)."""
    cdef uint64_t word
    cdef size_t i = 0
    cdef size_t more
    cdef uint8_t low, high
    while i < n:
        if at[i] < 0x80:
            i += 1
            while n - i >= 8:   # most strings are ASCII
                memcpy(&word, at + i, 8)
                if word & <uint64_t>0x8080808080808080:
                    break
                i += 8
            continue
        low, high = 0x80, 0xBF   # of the second byte
        if 0xC2 <= at[i] <= 0xDF:
            more = 1
        elif 0xE0 <= at[i] <= 0xEF:
            more = 2
            low = 0xA0 if at[i] == 0xE0 else 0x80
            high = 0x9F if at[i] == 0xED else 0xBF
        elif 0xF0 <= at[i] <= 0xF4:
            more = 3
            low = 0x90 if at[i] == 0xF0 else 0x80
            high = 0x8F if at[i] == 0xF4 else 0xBF
        else:
            return False
        if n - i <= more or not low <= at[i + 1] <= high:
            return False
        for more in range(more, 1, -1):
            if at[i + more] & 0xC0 != 0x80:
                return False
        i += 2 if at[i] < 0xE0 else 3 if at[i] < 0xF0 else 4
    return True


cdef class VlenStage(Stage):
    """Elements of any length, each behind its length.

    Parameters
    ----------
    text : bool
        Whether decoded elements must be UTF-8.
    most : int
        Bytes of an encoded chunk, more of which are neither read nor written.
    """
    cdef Elements elements

    def __cinit__(self, bint text, size_t most):
        self.elements.text, self.elements.most = text, most
        self.table.state = &self.elements
        self.table.bound, self.table.encode, self.table.decode = bound, encode, decode
