"""Any store written in Python, as the workers see it: each call takes the GIL for its time.

Taking the GIL from a busy thread costs a switch between threads, so it is taken once for an
object: what a closed object held is given back when the next one is opened.
"""

from cpython.bytes cimport PyBytes_FromStringAndSize
from cpython.memoryview cimport PyMemoryView_FromObject
from cpython.ref cimport Py_DECREF, Py_INCREF
from libc.stdint cimport int64_t, uint8_t, uint64_t
from libc.stdlib cimport free, malloc

from zarr_c._native._locks cimport directory_identity
from zarr_c._native._status cimport (
    ZC_ABSENT, ZC_EXISTS, ZC_MEMORY, ZC_OK, hold_exception, zc_error, zc_fail, zc_status,
)
from zarr_c.storage._store cimport (
    NativeStore, lent_read, lent_view, zc_object, zc_session, zc_store,
)

cdef extern from "zarr_c/codec.h":
    size_t ZC_SIZE_UNKNOWN

cdef extern from *:
    """
    /* Let this thread keep its Python state: making a state for each call, and deleting it
     * after, is dear and needs a lock of the interpreter. */
    static void keep_thread_state(void)
    {
        static __thread int kept = 0;
        if (!kept) {
            kept = 1;
            (void)PyGILState_Ensure();
        }
    }
    """
    void keep_thread_state()
    Py_buffer *PyMemoryView_GET_BUFFER(object)
    void *atomic_exchange "__atomic_exchange_n" (void **at, void *value, int order) nogil
    void *atomic_load "__atomic_load_n" (void **at, int order) nogil
    bint atomic_compare "__atomic_compare_exchange_n" (
        void **at, void **expected, void *value, bint weak, int order, int otherwise) nogil
    int __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE

# What an open object holds on to.
cdef struct Holder:
    void *view     # a memoryview
    State *state
    Holder *next

cdef struct State:
    void *store
    uint64_t identity
    void *closed   # the `Holder`s that are to be given back


cdef zc_status begin(
    zc_store *store, zc_session *session, bint writing, zc_error *err
) noexcept nogil:
    session.store = store
    session.dirfd = -1
    session.identity = (<State *>store.state).identity
    return ZC_OK


cdef zc_status end(zc_session *session, bint writing, zc_error *err) noexcept nogil:
    cdef State *state = <State *>session.store.state
    if atomic_load(&state.closed, __ATOMIC_ACQUIRE) != NULL:
        with gil:
            give_back(state)
    return ZC_OK


cdef void give_back(State *state) noexcept:
    cdef Holder *holder = <Holder *>atomic_exchange(&state.closed, NULL, __ATOMIC_ACQUIRE)
    cdef Holder *rest
    while holder != NULL:
        rest = holder.next
        Py_DECREF(<object>holder.view)
        free(holder)
        holder = rest


cdef object store_of(const zc_session *session):
    keep_thread_state()
    return <object>(<State *>session.store.state).store


cdef str decoded(const char *key):
    return key.decode("utf-8", "surrogateescape")


cdef zc_status open_object(
    zc_session *session, const char *key, zc_object *obj, zc_error *err
) noexcept with gil:
    cdef State *state = <State *>session.store.state
    try:
        give_back(state)
        value = store_of(session)._get_buffer(decoded(key))
        if value is None:
            return ZC_ABSENT
        obj.version = 0
        return lend(state, value, obj, err)
    except BaseException:
        return hold_exception(err)


cdef zc_status open_part(
    zc_session *session, const char *key, int64_t offset, size_t n, zc_object *obj,
    zc_error *err,
) noexcept with gil:
    cdef State *state = <State *>session.store.state
    try:
        give_back(state)
        found = store_of(session)._get_part(decoded(key), offset, n)
        if found is None:
            return ZC_ABSENT
        value, size, version = found
        if lend(state, value, obj, err) != ZC_OK:
            return err.code
        obj.size = ZC_SIZE_UNKNOWN if size is None else size
        obj.data_offset = offset if offset >= 0 else obj.size - obj.data_size
        obj.version = 0 if version is None else <uint64_t>hash(version) | 1
    except BaseException:
        return hold_exception(err)


cdef zc_status lend(
    State *state, object value, zc_object *obj, zc_error *err
) except *:
    """Let an object lend the memory of a buffer."""
    cdef object view = PyMemoryView_FromObject(value)
    cdef Py_buffer *buffer = PyMemoryView_GET_BUFFER(view)
    cdef Holder *holder = <Holder *>malloc(sizeof(Holder))
    if holder == NULL:
        return zc_fail(err, ZC_MEMORY, "out of memory for an object", -1, -1)
    Py_INCREF(view)
    holder.view, holder.state = <void *>view, state
    obj.owner, obj.data = holder, <const uint8_t *>buffer.buf
    obj.data_offset, obj.data_size = 0, buffer.len
    obj.size = buffer.len
    return ZC_OK


cdef void close_object(zc_object *obj) noexcept nogil:
    cdef Holder *holder = <Holder *>obj.owner
    cdef void *first = atomic_load(&holder.state.closed, __ATOMIC_ACQUIRE)
    while True:
        holder.next = <Holder *>first
        if atomic_compare(&holder.state.closed, &first, holder, False, __ATOMIC_ACQ_REL,
                          __ATOMIC_ACQUIRE):
            return


cdef zc_status put(
    zc_session *session, const char *key, const uint8_t *data, size_t n, bint exclusive,
    zc_error *err,
) noexcept with gil:
    try:
        value = PyBytes_FromStringAndSize(<const char *>data, n)
        if exclusive and not store_of(session)._set_if_absent(decoded(key), value):
            return ZC_EXISTS
        if not exclusive:
            store_of(session)._set(decoded(key), value)
    except BaseException:
        return hold_exception(err)
    return ZC_OK


cdef zc_status erase(zc_session *session, const char *key, zc_error *err) noexcept with gil:
    try:
        store_of(session)._discard(decoded(key))
    except BaseException:
        return hold_exception(err)
    return ZC_OK


cdef class PythonStore(NativeStore):
    """Adapter from a Python `Store` to the table of functions that the workers call.

    Parameters
    ----------
    store : Store
        Its ``_get_buffer``, ``_set`` and ``_discard`` are called, from any thread.
    identity : int
        Equal for stores over the same objects.
    concurrency : int
        As of `Store._concurrency`.
    parts : bool
        Whether ``_get_part`` costs less than ``_get_buffer``.
    part_sizes : bool
        Whether it tells the size of the whole object.
    """
    cdef object store
    cdef State state

    def __cinit__(
        self, store, identity, concurrency=0, bint parts=False, bint part_sizes=False
    ):
        self.store = store
        self.state.store = <void *>store
        self.state.identity = identity
        self.state.closed = NULL
        self.table.state = &self.state
        self.table.concurrency = concurrency
        self.table.begin, self.table.end = begin, end
        self.table.open, self.table.view = open_object, lent_view
        self.table.read, self.table.close = lent_read, close_object
        self.table.put, self.table.erase = put, erase
        if parts:
            self.table.open_part, self.table.part_sizes = open_part, part_sizes

    def __dealloc__(self):
        give_back(&self.state)


def place_identity(place):
    """Identity of a store at a place in a larger one, such as a prefix in a bucket.

    One object has one lock, whichever store it is reached through.

    Parameters
    ----------
    place : str
        What names the larger store, and the path in it, without a slash at its end.

    Returns
    -------
    int
    """
    cdef bytes name = place.encode("utf-8", "surrogateescape")
    return directory_identity(name)
