"""Objects in host memory: a hash table whose values are lent to the workers without a copy.

Directories are entries too, with keys that end with a slash, and know what lies in them; so a
listing costs what it lists, whatever else the store holds.

A value is counted by those who hold it: the table and every reader under way. Replacing an
object swaps the pointer, so a reader keeps the bytes that it opened.
"""

from libc.stdint cimport int64_t, uint8_t, uint64_t
from libc.stdlib cimport calloc, free
from libc.string cimport memcpy, memset, strlen, strncmp

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
    Entry *next       # in its bucket
    uint64_t hashed
    Value *value      # NULL for a directory
    Entry *above      # the directory that it lies in, with its neighbours there
    Entry *before
    Entry *after
    Entry *first      # of a directory: what lies in it, which is something always
    char *key

cdef struct Table:
    Entry **bucket
    size_t buckets    # a power of two
    size_t filled     # entries, directories included
    size_t entries    # objects
    size_t nbytes     # of all values
    size_t limit      # that they may not pass
    uint64_t identity
    Entry top         # the directory of all
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


cdef uint64_t hash_of(const char *key, size_t n) noexcept nogil:
    """FNV-1a of the first `n` characters of a key."""
    cdef uint64_t hashed = <uint64_t>0xcbf29ce484222325
    cdef size_t i
    for i in range(n):
        hashed = (hashed ^ <unsigned char>key[i]) * <uint64_t>0x100000001b3
    return hashed ^ (hashed >> 29)


cdef Entry **find(Table *table, const char *key, size_t n, uint64_t hashed) noexcept nogil:
    """The link that points to the entry of a key, or the NULL where it would be put."""
    cdef Entry **link = &table.bucket[hashed & (table.buckets - 1)]
    while link[0] != NULL and (link[0].hashed != hashed or strncmp(link[0].key, key, n) != 0
                               or link[0].key[n] != 0):
        link = &link[0].next
    return link


cdef Entry *directory(Table *table, const char *key, size_t n) noexcept nogil:
    """The entry of a directory, whose key ends with a slash or is empty; NULL without one."""
    return &table.top if n == 0 else find(table, key, n, hash_of(key, n))[0]


cdef Entry *add(Table *table, const char *key, size_t n) noexcept nogil:
    """Make the entry of a key that has none, and directories for it; NULL without memory."""
    cdef Entry *entry = <Entry *>calloc(1, sizeof(Entry) + n + 1)
    cdef Entry **link
    cdef size_t head = n - 1   # a slash at its end is a directory's own
    if entry == NULL:
        return NULL
    while head > 0 and key[head - 1] != b"/":
        head -= 1
    entry.hashed, entry.key = hash_of(key, n), <char *>(entry + 1)
    memcpy(entry.key, key, n)
    entry.above = directory(table, key, head)
    if entry.above == NULL:
        entry.above = add(table, key, head)
        if entry.above == NULL:
            free(entry)
            return NULL
    entry.after = entry.above.first
    if entry.after != NULL:
        entry.after.before = entry
    entry.above.first = entry
    link = &table.bucket[entry.hashed & (table.buckets - 1)]
    entry.next, link[0] = link[0], entry
    table.filled += 1
    if table.filled > table.buckets:
        grow(table)
    return entry


cdef void remove(Table *table, Entry *entry) noexcept nogil:
    """Take out an entry, and the directories that hold nothing without it."""
    cdef Entry *above
    cdef Entry **link
    while entry != &table.top and entry.first == NULL:
        link = &table.bucket[entry.hashed & (table.buckets - 1)]
        while link[0] != entry:
            link = &link[0].next
        link[0] = entry.next
        table.filled -= 1
        above = entry.above
        if entry.after != NULL:
            entry.after.before = entry.before
        if entry.before != NULL:
            entry.before.after = entry.after
        else:
            above.first = entry.after
        free(entry)
        entry = above


cdef Entry *following(Entry *entry, const Entry *top) noexcept nogil:
    """The entry after another one among all that lie below a directory; NULL at the end."""
    if entry.first != NULL:
        return entry.first
    while entry != top and entry.after == NULL:
        entry = entry.above
    return NULL if entry == top else entry.after


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
    cdef size_t n = strlen(key)
    cdef uint64_t hashed = hash_of(key, n)
    cdef Entry *entry
    cdef Value *value = NULL
    pthread_mutex_lock(table.lock)
    entry = find(table, key, n, hashed)[0]
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


cdef zc_status replace(
    Table *table, const char *key, Value *value, bint exclusive, Value **old, zc_error *err
) noexcept nogil:
    """Put a value in the place of the one that a key has, whose holder the caller becomes."""
    cdef size_t length = strlen(key)
    cdef Entry *entry = find(table, key, length, hash_of(key, length))[0]
    cdef size_t nbytes = table.nbytes + value.size
    if entry != NULL:
        if exclusive:
            return ZC_EXISTS
        nbytes -= entry.value.size
    if nbytes > table.limit:
        return zc_fail(err, ZC_MEMORY, "the store would pass its limit of bytes", table.limit,
                       nbytes)
    if entry == NULL:
        entry = add(table, key, length)
        if entry == NULL:
            return zc_fail(err, ZC_MEMORY, "out of memory for a key", -1, -1)
        table.entries += 1
    old[0], entry.value, table.nbytes = entry.value, value, nbytes
    return ZC_OK


cdef zc_status put(
    zc_session *session, const char *key, const uint8_t *data, size_t n, bint exclusive,
    zc_error *err,
) noexcept nogil:
    cdef Table *table = <Table *>session.store.state
    cdef Value *value = make_value(data, n, err)
    cdef Value *old = NULL
    cdef zc_status status
    if value == NULL:
        return err.code
    pthread_mutex_lock(table.lock)
    status = replace(table, key, value, exclusive, &old, err)
    pthread_mutex_unlock(table.lock)
    release(old if status == ZC_OK else value)
    return status


cdef zc_status erase(zc_session *session, const char *key, zc_error *err) noexcept nogil:
    cdef Table *table = <Table *>session.store.state
    cdef size_t n = strlen(key)
    cdef uint64_t hashed = hash_of(key, n)
    cdef Value *value = NULL
    cdef Entry *entry
    pthread_mutex_lock(table.lock)
    entry = find(table, key, n, hashed)[0]
    if entry != NULL:
        value = entry.value
        table.entries -= 1
        table.nbytes -= value.size
        remove(table, entry)
    pthread_mutex_unlock(table.lock)
    if value == NULL:
        return ZC_ABSENT
    release(value)
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
        self.objects.entries = self.objects.filled = self.objects.nbytes = 0
        self.objects.top.first = NULL
        pthread_mutex_unlock(self.objects.lock)
        while all != NULL:
            rest = all.next
            release(all.value)
            free(all)
            all = rest

    def keys(self, str prefix="", bint deep=True):
        """Every key below a directory, in no particular order.

        If not `deep`, those directly in it, of directories too, which end with a slash.
        """
        cdef bytes head = f"{prefix}/".encode("utf-8", "surrogateescape") if prefix else b""
        cdef Entry *top
        cdef Entry *entry
        cdef list found = []
        # Keys are decoded under the lock: no Python code can run between.
        pthread_mutex_lock(self.objects.lock)
        try:
            top = directory(&self.objects, head, len(head))
            entry = NULL if top == NULL else top.first
            while entry != NULL:
                if entry.value != NULL or not deep:
                    found.append((<bytes>entry.key).decode("utf-8", "surrogateescape"))
                entry = following(entry, top) if deep else entry.after
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
