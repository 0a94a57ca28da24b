"""Decoded chunks, kept from read to read."""

from libc.stddef cimport size_t
from libc.stdint cimport int64_t, uint8_t, uint64_t

# Which chunk, by two hashes that are independent of each other.
cdef struct zc_name:
    uint64_t object   # of where its object is, as for the locks
    uint64_t decoded  # of the same and of how it is decoded
    uint64_t number   # of an inner chunk in its shard

# A decoded chunk, counted by those who hold it.
cdef struct zc_kept:
    zc_kept *next     # of the same bucket
    zc_kept *newer
    zc_kept *older
    int64_t holders
    zc_name name
    uint64_t array    # that it belongs to
    uint64_t stamp    # what this process had written before its object was opened
    uint64_t version  # of its object, 0 where nobody knows
    size_t size       # bytes of all this
    uint8_t *data

cdef struct zc_chunks:
    zc_kept **bucket
    size_t buckets    # a power of two
    size_t entries
    size_t nbytes     # of all entries
    size_t limit      # that they do not pass
    zc_kept *newest
    zc_kept *oldest
    int64_t hits, misses, evictions, invalidations

# What a plan knows of its cache.
cdef struct zc_caching:
    zc_chunks *chunks
    uint64_t identity   # of the store
    uint64_t decoding   # equal for arrays whose chunks are decoded alike
    bint validates      # whether opening an object tells its version and costs no request

cdef class DecodedChunks:
    cdef zc_chunks c

cdef bint cache_takes(const zc_chunks *chunks, size_t nbytes) noexcept nogil
cdef bint cache_has(
    zc_chunks *chunks, const zc_name *name, uint64_t stamp, uint64_t version
) noexcept nogil
cdef zc_kept *cache_find(
    zc_chunks *chunks, const zc_name *name, uint64_t stamp, uint64_t version
) noexcept nogil
cdef zc_kept *kept_make(size_t nbytes) noexcept nogil
cdef void cache_keep(zc_chunks *chunks, zc_kept *kept) noexcept nogil
cdef void kept_release(zc_kept *kept) noexcept nogil
cdef void cache_forget(zc_chunks *chunks, uint64_t array) noexcept nogil
