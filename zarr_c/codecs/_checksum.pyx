"""Checksums: four little-endian bytes before the data or after it."""

from libc.stddef cimport size_t
from libc.stdint cimport uint8_t, uint32_t
from libc.string cimport memcpy

from zarr_c._native._memory cimport zc_buffer, zc_reserve, zc_worker
from zarr_c._native._status cimport ZC_CORRUPT, ZC_OK, zc_error, zc_fail, zc_status
from zarr_c.codecs._chain cimport Stage, zc_codec

cdef extern from "crc32c.h" nogil:
    uint32_t zc_crc32c(const uint8_t *data, size_t n)

cdef extern from "checksums.h" nogil:
    uint32_t zc_fletcher32(const uint8_t *data, size_t n)
    uint32_t zc_lookup3(const uint8_t *data, size_t n, uint32_t initial)
    uint32_t zc_little(const uint8_t *at)

# Stable functions of zlib-ng 2, whose header the wheel that carries the library does not have.
cdef extern from *:
    """
    uint32_t zng_crc32_z(uint32_t, const uint8_t *, size_t);
    uint32_t zng_adler32_z(uint32_t, const uint8_t *, size_t);
    """
    uint32_t zng_crc32_z(uint32_t, const uint8_t *, size_t) nogil
    uint32_t zng_adler32_z(uint32_t, const uint8_t *, size_t) nogil

ctypedef uint32_t (*Function)(const uint8_t *data, size_t n, uint32_t initial) noexcept nogil


cdef uint32_t crc32c_of(const uint8_t *data, size_t n, uint32_t initial) noexcept nogil:
    return zc_crc32c(data, n)


cdef uint32_t crc32_of(const uint8_t *data, size_t n, uint32_t initial) noexcept nogil:
    return zng_crc32_z(0, data, n) if n else 0


cdef uint32_t adler32_of(const uint8_t *data, size_t n, uint32_t initial) noexcept nogil:
    return zng_adler32_z(1, data, n) if n else 1


cdef uint32_t fletcher32_of(const uint8_t *data, size_t n, uint32_t initial) noexcept nogil:
    return zc_fletcher32(data, n)


cdef uint32_t lookup3_of(const uint8_t *data, size_t n, uint32_t initial) noexcept nogil:
    return zc_lookup3(data, n, initial)


cdef struct State:
    Function function
    const char *mismatch
    uint32_t initial
    bint first, verified


cdef size_t bound(const zc_codec *codec, size_t n) noexcept nogil:
    return n + 4


cdef zc_status encode(
    const zc_codec *codec, zc_worker *worker, const uint8_t *src, size_t n, zc_buffer *dst,
    zc_error *err,
) noexcept nogil:
    cdef const State *state = <const State *>codec.state
    cdef uint32_t sum = state.function(src, n, state.initial)
    cdef uint8_t *at
    cdef int i
    if zc_reserve(dst, n + 4, err) != ZC_OK:
        return err.code
    if n:
        memcpy(dst.data + (4 if state.first else 0), src, n)
    at = dst.data if state.first else dst.data + n
    for i in range(4):
        at[i] = <uint8_t>(sum >> (8 * i))
    dst.size = n + 4
    return ZC_OK


cdef zc_status decode(
    const zc_codec *codec, zc_worker *worker, const uint8_t *src, size_t n, zc_buffer *dst,
    size_t limit, zc_error *err,
) noexcept nogil:
    cdef const State *state = <const State *>codec.state
    cdef uint32_t stored, found
    if n < 4 or n - 4 > limit:
        return zc_fail(err, ZC_CORRUPT, "wrong number of bytes for a checksum", limit + 4, n)
    stored = zc_little(src if state.first else src + n - 4)
    if state.first:
        src += 4
    n -= 4
    if state.verified:
        found = state.function(src, n, state.initial)
        if found != stored:
            return zc_fail(err, ZC_CORRUPT, state.mismatch, stored, found)
    if zc_reserve(dst, n, err) != ZC_OK:
        return err.code
    if n:
        memcpy(dst.data, src, n)
    dst.size = n
    return ZC_OK


cdef class ChecksumStage(Stage):
    """A checksum over all bytes.

    Parameters
    ----------
    kind : {"crc32c", "crc32", "adler32", "fletcher32", "jenkins_lookup3"}
    first : bool
        Whether it stands before the data.
    verified : bool
        Whether reading compares it.
    initial : int
        What lookup3 starts from.
    """
    cdef State state

    def __cinit__(self, str kind, bint first=False, bint verified=True, uint32_t initial=0):
        if kind == "crc32c":
            self.set(crc32c_of, b"crc32c does not match")
        elif kind == "crc32":
            self.set(crc32_of, b"crc32 does not match")
        elif kind == "adler32":
            self.set(adler32_of, b"adler32 does not match")
        elif kind == "fletcher32":
            self.set(fletcher32_of, b"fletcher32 does not match")
        elif kind == "jenkins_lookup3":
            self.set(lookup3_of, b"jenkins_lookup3 does not match")
        else:
            raise ValueError(f"kind: expected a checksum, found {kind!r}")
        self.state.initial, self.state.first, self.state.verified = initial, first, verified
        self.table.state = &self.state
        self.table.bound, self.table.encode, self.table.decode = bound, encode, decode

    cdef void set(self, Function function, const char *mismatch) noexcept:
        self.state.function, self.state.mismatch = function, mismatch


def crc32c(const uint8_t[::1] data not None):
    """CRC-32C of some bytes.

    Parameters
    ----------
    data : bytes-like

    Returns
    -------
    int
    """
    cdef size_t n = data.shape[0]
    cdef uint32_t sum
    with nogil:
        sum = zc_crc32c(&data[0] if n else NULL, n)
    return sum
