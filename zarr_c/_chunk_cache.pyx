"""Decoded chunks, kept from read to read: a hash table whose oldest entries make room.

An entry is used as long as this process has written nothing to its object, which the stamp
tells, and where opening an object tells its version, as long as that is the same.
"""

from libc.stdlib cimport calloc, free, malloc

from zarr_c._native._posix cimport (
    PTHREAD_MUTEX_INITIALIZER_VALUE, pthread_atfork, pthread_mutex_lock, pthread_mutex_t,
    pthread_mutex_unlock, zc_fetch_add,
)

cdef enum:
    HEADER = 128        # bytes of an entry before its data, which is aligned like this
    FIRST_BUCKETS = 64

assert sizeof(zc_kept) <= HEADER

# One lock for all, so that it can be held across fork(); it is held for a few instructions.
cdef pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER_VALUE()


cdef void before_fork() noexcept nogil:
    pthread_mutex_lock(&lock)


cdef void after_fork() noexcept nogil:
    pthread_mutex_unlock(&lock)


pthread_atfork(before_fork, after_fork, after_fork)


cdef class DecodedChunks:
    """The entries of one cache.

    Parameters
    ----------
    limit : int
        Most bytes that they may take, with what each needs beside its data.
    """

    def __cinit__(self, size_t limit):
        self.c.limit, self.c.buckets = limit, FIRST_BUCKETS
        self.c.bucket = <zc_kept **>calloc(FIRST_BUCKETS, sizeof(zc_kept *))
        if self.c.bucket == NULL:
            raise MemoryError("out of memory for a cache of chunks")

    def __dealloc__(self):
        if self.c.bucket != NULL:
            self.clear()
            free(self.c.bucket)

    def clear(self):
        """Remove every entry; nothing is counted."""
        with nogil:
            remove(&self.c, True, 0)

    def counts(self):
        """What has been counted, as one moment has it.

        Returns
        -------
        tuple of int
            Hits, misses, evictions, invalidations, entries, and their bytes.
        """
        pthread_mutex_lock(&lock)
        found = self.c
        pthread_mutex_unlock(&lock)
        return (found.hits, found.misses, found.evictions, found.invalidations, found.entries,
                found.nbytes)


# ---- the table; the caller has the lock


cdef zc_kept **link_of(zc_chunks *chunks, const zc_name *name) noexcept nogil:
    """The link that points to an entry, or the NULL where it would be put."""
    cdef uint64_t mixed = (name.decoded + name.number) * <uint64_t>0x9E3779B97F4A7C15
    cdef zc_kept **link = &chunks.bucket[(mixed >> 32) & (chunks.buckets - 1)]
    while link[0] != NULL and (
            link[0].name.decoded != name.decoded or link[0].name.number != name.number
            or link[0].name.object != name.object):
        link = &link[0].next
    return link


cdef void age(zc_chunks *chunks, zc_kept *kept) noexcept nogil:
    """Take an entry out of the order of use."""
    if kept.newer != NULL:
        kept.newer.older = kept.older
    else:
        chunks.newest = kept.older
    if kept.older != NULL:
        kept.older.newer = kept.newer
    else:
        chunks.oldest = kept.newer


cdef void renew(zc_chunks *chunks, zc_kept *kept) noexcept nogil:
    """Put an entry at the front of the order of use."""
    kept.newer, kept.older = NULL, chunks.newest
    if chunks.newest != NULL:
        chunks.newest.newer = kept
    else:
        chunks.oldest = kept
    chunks.newest = kept


cdef void take_out(zc_chunks *chunks, zc_kept **link, zc_kept **gone) noexcept nogil:
    """Move an entry to a list of those to be released when the lock is open."""
    cdef zc_kept *kept = link[0]
    link[0] = kept.next
    age(chunks, kept)
    chunks.entries -= 1
    chunks.nbytes -= kept.size
    kept.next, gone[0] = gone[0], kept


cdef void grow(zc_chunks *chunks) noexcept nogil:
    """Double the buckets; without memory for it the table only gets slower."""
    cdef zc_kept **fresh = <zc_kept **>calloc(2 * chunks.buckets, sizeof(zc_kept *))
    cdef zc_kept **link
    cdef zc_kept *kept = chunks.oldest
    if fresh == NULL:
        return
    free(chunks.bucket)
    chunks.bucket, chunks.buckets = fresh, 2 * chunks.buckets
    while kept != NULL:
        kept.next = NULL
        link = link_of(chunks, &kept.name)
        link[0] = kept
        kept = kept.newer


cdef bint is_valid(const zc_kept *kept, uint64_t stamp, uint64_t version) noexcept nogil:
    return kept.stamp == stamp and (version == 0 or kept.version == version)


# ---- what the read path calls


cdef bint cache_takes(const zc_chunks *chunks, size_t nbytes) noexcept nogil:
    """Whether chunks of a size can be kept at all."""
    return chunks.limit >= HEADER and nbytes <= chunks.limit - HEADER


cdef bint cache_has(
    zc_chunks *chunks, const zc_name *name, uint64_t stamp, uint64_t version
) noexcept nogil:
    """Whether `cache_find` would find a chunk; nothing is counted."""
    cdef zc_kept *kept
    cdef bint found
    pthread_mutex_lock(&lock)
    kept = link_of(chunks, name)[0]
    found = kept != NULL and is_valid(kept, stamp, version)
    pthread_mutex_unlock(&lock)
    return found


cdef zc_kept *cache_find(
    zc_chunks *chunks, const zc_name *name, uint64_t stamp, uint64_t version
) noexcept nogil:
    """A chunk, held for the caller, or NULL; one of another stamp or version is dropped.

    A version of 0 fits all.
    """
    cdef zc_kept *gone = NULL
    cdef zc_kept *kept
    cdef zc_kept **link
    pthread_mutex_lock(&lock)
    link = link_of(chunks, name)
    kept = link[0]
    if kept != NULL and not is_valid(kept, stamp, version):
        take_out(chunks, link, &gone)
        chunks.invalidations += 1
        kept = NULL
    if kept != NULL:
        zc_fetch_add(&kept.holders, 1)
        age(chunks, kept)
        renew(chunks, kept)
        chunks.hits += 1
    else:
        chunks.misses += 1
    pthread_mutex_unlock(&lock)
    kept_release(gone)
    return kept


cdef zc_kept *kept_make(size_t nbytes) noexcept nogil:
    """An entry that the caller holds, fills and keeps; NULL if there is no memory for it."""
    cdef zc_kept *kept = <zc_kept *>malloc(HEADER + nbytes)
    if kept != NULL:
        kept.next, kept.holders, kept.size = NULL, 1, HEADER + nbytes
        kept.data = <uint8_t *>kept + HEADER
    return kept


cdef void cache_keep(zc_chunks *chunks, zc_kept *kept) noexcept nogil:
    """Keep an entry, which the caller goes on holding, in place of one of the same name."""
    cdef zc_kept *gone = NULL
    cdef zc_kept **link
    pthread_mutex_lock(&lock)
    link = link_of(chunks, &kept.name)
    if link[0] != NULL:
        take_out(chunks, link, &gone)
    while chunks.nbytes + kept.size > chunks.limit:
        take_out(chunks, link_of(chunks, &chunks.oldest.name), &gone)
        chunks.evictions += 1
    if chunks.entries >= chunks.buckets:
        grow(chunks)
    link = link_of(chunks, &kept.name)
    zc_fetch_add(&kept.holders, 1)
    kept.next, link[0] = NULL, kept
    renew(chunks, kept)
    chunks.entries += 1
    chunks.nbytes += kept.size
    pthread_mutex_unlock(&lock)
    release_all(gone)


cdef void kept_release(zc_kept *kept) noexcept nogil:
    if kept != NULL and zc_fetch_add(&kept.holders, -1) == 1:
        free(kept)


cdef void release_all(zc_kept *gone) noexcept nogil:
    cdef zc_kept *rest
    while gone != NULL:
        rest = gone.next
        kept_release(gone)
        gone = rest


cdef void cache_forget(zc_chunks *chunks, uint64_t array) noexcept nogil:
    """Drop all chunks of an array."""
    remove(chunks, False, array)


cdef void remove(zc_chunks *chunks, bint every, uint64_t array) noexcept nogil:
    cdef zc_kept *gone = NULL
    cdef zc_kept *kept
    cdef zc_kept *rest
    pthread_mutex_lock(&lock)
    kept = chunks.oldest
    while kept != NULL:
        rest = kept.newer
        if every or kept.array == array:
            take_out(chunks, link_of(chunks, &kept.name), &gone)
            chunks.invalidations += not every
        kept = rest
    pthread_mutex_unlock(&lock)
    release_all(gone)
