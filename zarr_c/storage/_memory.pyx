"""Objects in host memory: a hash table whose values are lent to the workers without a copy.

A value is counted by those who hold it: the table and every reader under way. Replacing an
object swaps the pointer, so a reader keeps the bytes that it opened.
"""

from libc.stdint cimport int64_t, uint8_t, uint64_t
from libc.stdlib cimport calloc, free
from libc.string cimport memcpy, memset, strcmp, strlen

from zarr_c._native._locks cimport object_hash
from zarr_c._native._memory cimport zc_buffer, zc_reserve
from zarr_c._native._posix cimport (
    PTHREAD_MUTEX_INITIALIZER_VALUE, pthread_atfork, pthread_mutex_lock, pthread_mutex_t,
    pthread_mutex_unlock, zc_fetch_add,
)
from zarr_c._native._status cimport (
    ZC_ABSENT, ZC_EXISTS, ZC_MEMORY, ZC_OK, zc_error, zc_fail, zc_status,
)
from zarr_c.storage._store cimport (
    NativeStore, lent_read, lent_view, zc_object, zc_session, zc_store,
)

cdef struct Value:
    int64_t holders
    uint64_t version
    size_t size
    uint8_t *data

cdef struct Entry:
    Entry *next
    uint64_t hashed
    Value *value
    char *key

cdef struct Table:
    Entry **bucket
    size_t buckets    # a power of two
    size_t entries
    size_t nbytes     # of all values
    size_t limit      # that they may not pass
    uint64_t identity
    pthread_mutex_t *lock

cdef enum:
    LOCKS = 64

# Tables share a few locks, so that all of them can be held across fork().
cdef pthread_mutex_t table_lock[LOCKS]
cdef int64_t tables = 0
cdef int64_t values = 0   # made so far


cdef void make_locks() noexcept nogil:
    cdef int i
    for i in range(LOCKS):
        table_lock[i] = PTHREAD_MUTEX_INITIALIZER_VALUE()


cdef void before_fork() noexcept nogil:
    cdef int i
    for i in range(LOCKS):
        pthread_mutex_lock(&table_lock[i])


cdef void after_fork() noexcept nogil:
    cdef int i
    for i in range(LOCKS):
        pthread_mutex_unlock(&table_lock[i])


make_locks()
pthread_atfork(before_fork, after_fork, after_fork)


cdef void release(Value *value) noexcept nogil:
    if value != NULL and zc_fetch_add(&value.holders, -1) == 1:
        free(value.data)
        free(value)


cdef Value *make_value(const uint8_t *data, size_t n, zc_error *err) noexcept nogil:
    cdef Value *value = <Value *>calloc(1, sizeof(Value))
    cdef zc_buffer memory
    memset(&memory, 0, sizeof(memory))
    if value == NULL or zc_reserve(&memory, n, err) != ZC_OK:
        free(value)
        zc_fail(err, ZC_MEMORY, "out of memory for an object", -1, n)
        return NULL
    value.holders = 1
    value.version = <uint64_t>zc_fetch_add(&values, 1) + 1
    value.size = n
    value.data = memory.data
    if n:
        memcpy(value.data, data, n)
    return value


cdef Entry **find(Table *table, const char *key, uint64_t hashed) noexcept nogil:
    """The link that points to the entry of `key`, or the NULL where it would be put."""
    cdef Entry **link = &table.bucket[hashed & (table.buckets - 1)]
    while link[0] != NULL and (link[0].hashed != hashed or strcmp(link[0].key, key) != 0):
        link = &link[0].next
    return link


cdef void grow(Table *table) noexcept nogil:
    """Double the buckets; without memory for it the table only gets slower."""
    cdef size_t buckets = 2 * table.buckets
    cdef Entry **fresh = <Entry **>calloc(buckets, sizeof(Entry *))
    cdef Entry *entry
    cdef Entry *rest
    cdef size_t i
    if fresh == NULL:
        return
    for i in range(table.buckets):
        entry = table.bucket[i]
        while entry != NULL:
            rest = entry.next
            entry.next = fresh[entry.hashed & (buckets - 1)]
            fresh[entry.hashed & (buckets - 1)] = entry
            entry = rest
    free(table.bucket)
    table.bucket, table.buckets = fresh, buckets


cdef zc_status begin(
    zc_store *store, zc_session *session, bint writing, zc_error *err
) noexcept nogil:
    session.store = store
    session.dirfd = -1
    session.identity = (<Table *>store.state).identity
    return ZC_OK


cdef zc_status end(zc_session *session, bint writing, zc_error *err) noexcept nogil:
    return ZC_OK


cdef zc_status open_object(
    zc_session *session, const char *key, zc_object *obj, zc_error *err
) noexcept nogil:
    cdef Table *table = <Table *>session.store.state
    cdef uint64_t hashed = object_hash(0, key)
    cdef Entry *entry
    cdef Value *value = NULL
    pthread_mutex_lock(table.lock)
    entry = find(table, key, hashed)[0]
    if entry != NULL:
        value = entry.value
        zc_fetch_add(&value.holders, 1)
    pthread_mutex_unlock(table.lock)
    if value == NULL:
        return ZC_ABSENT
    obj.owner = value
    obj.size, obj.data, obj.version = value.size, value.data, value.version
    obj.data_offset, obj.data_size = 0, value.size
    return ZC_OK


cdef void close_object(zc_object *obj) noexcept nogil:
    release(<Value *>obj.owner)


cdef Entry *make_entry(const char *key, uint64_t hashed) noexcept nogil:
    cdef size_t n = strlen(key) + 1
    cdef Entry *entry = <Entry *>calloc(1, sizeof(Entry) + n)
    if entry != NULL:
        entry.hashed = hashed
        entry.key = <char *>(entry + 1)
        memcpy(entry.key, key, n)
    return entry


cdef zc_status put(
    zc_session *session, const char *key, const uint8_t *data, size_t n, bint exclusive,
    zc_error *err,
) noexcept nogil:
    cdef Table *table = <Table *>session.store.state
    cdef uint64_t hashed = object_hash(0, key)
    cdef Value *value = make_value(data, n, err)
    cdef Value *old = NULL
    cdef Entry **link
    if value == NULL:
        return err.code
    pthread_mutex_lock(table.lock)
    link = find(table, key, hashed)
    if link[0] != NULL:
        old = link[0].value
    if table.nbytes - (0 if old == NULL else old.size) + n > table.limit:
        pthread_mutex_unlock(table.lock)
        release(value)
        return zc_fail(err, ZC_MEMORY, "the store would pass its limit of bytes", table.limit,
                       table.nbytes - (0 if old == NULL else old.size) + n)
    if old == NULL:
        link[0] = make_entry(key, hashed)
        if link[0] == NULL:
            pthread_mutex_unlock(table.lock)
            release(value)
            return zc_fail(err, ZC_MEMORY, "out of memory for a key", -1, -1)
        table.entries += 1
    elif exclusive:
        pthread_mutex_unlock(table.lock)
        release(value)
        return ZC_EXISTS
    else:
        table.nbytes -= old.size
    link[0].value = value
    table.nbytes += n
    if table.entries > table.buckets:
        grow(table)
    pthread_mutex_unlock(table.lock)
    release(old)
    return ZC_OK


cdef zc_status erase(zc_session *session, const char *key, zc_error *err) noexcept nogil:
    cdef Table *table = <Table *>session.store.state
    cdef Entry **link
    cdef Entry *entry
    pthread_mutex_lock(table.lock)
    link = find(table, key, object_hash(0, key))
    entry = link[0]
    if entry != NULL:
        link[0] = entry.next
        table.entries -= 1
        table.nbytes -= entry.value.size
    pthread_mutex_unlock(table.lock)
    if entry == NULL:
        return ZC_ABSENT
    release(entry.value)
    free(entry)
    return ZC_OK


cdef class MemoryObjects(NativeStore):
    """A table of objects in host memory, as the workers see it.

    Parameters
    ----------
    limit : int
        Most bytes that all values together may have.
    """
    cdef Table objects

    def __cinit__(self, size_t limit=<size_t>-1):
        cdef int64_t number = zc_fetch_add(&tables, 1)
        self.objects.buckets = 64
        self.objects.limit = limit
        self.objects.bucket = <Entry **>calloc(self.objects.buckets, sizeof(Entry *))
        if self.objects.bucket == NULL:
            raise MemoryError("out of memory for a MemoryStore")
        self.objects.lock = &table_lock[number % LOCKS]
        self.objects.identity = <uint64_t>number * <uint64_t>0x9E3779B97F4A7C15
        self.table.state = &self.objects
        self.table.begin, self.table.end = begin, end
        self.table.open, self.table.view = open_object, lent_view
        self.table.read, self.table.close = lent_read, close_object
        self.table.put, self.table.erase = put, erase

    def __dealloc__(self):
        if self.objects.bucket != NULL:
            self.clear()
            free(self.objects.bucket)

    def clear(self):
        """Remove every object."""
        cdef Entry *entry
        cdef Entry *rest
        cdef Entry *all = NULL
        cdef size_t i
        pthread_mutex_lock(self.objects.lock)
        for i in range(self.objects.buckets):
            entry = self.objects.bucket[i]
            while entry != NULL:
                rest = entry.next
                entry.next = all
                all = entry
                entry = rest
            self.objects.bucket[i] = NULL
        self.objects.entries = self.objects.nbytes = 0
        pthread_mutex_unlock(self.objects.lock)
        while all != NULL:
            rest = all.next
            release(all.value)
            free(all)
            all = rest

    def keys(self):
        """Every key, in no particular order."""
        cdef Entry *entry
        cdef size_t i
        cdef list found = []
        # Entries are copied under the lock and decoded under it too: no Python code can run
        # between.
        pthread_mutex_lock(self.objects.lock)
        try:
            for i in range(self.objects.buckets):
                entry = self.objects.bucket[i]
                while entry != NULL:
                    found.append((<bytes>entry.key).decode("utf-8", "surrogateescape"))
                    entry = entry.next
        finally:
            pthread_mutex_unlock(self.objects.lock)
        return found

    def __len__(self):
        return self.objects.entries

    @property
    def identity(self):
        """What tells this table from others, for the locks."""
        return self.objects.identity

    @property
    def nbytes(self):
        """Bytes of all objects together."""
        return self.objects.nbytes
