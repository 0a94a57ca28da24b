"""Any store written in Python, as the workers see it: each call takes the GIL for its time."""

from cpython.bytes cimport PyBytes_AS_STRING, PyBytes_FromStringAndSize, PyBytes_GET_SIZE
from cpython.ref cimport Py_DECREF, Py_INCREF
from libc.stdint cimport uint8_t, uint64_t

from zarr_c._native._locks cimport directory_identity
from zarr_c._native._status cimport (
    ZC_ABSENT, ZC_EXISTS, ZC_OK, hold_exception, zc_error, zc_status,
)
from zarr_c.storage._store cimport (
    NativeStore, lent_read, lent_view, zc_object, zc_session, zc_store,
)

cdef struct State:
    void *store
    uint64_t identity


cdef zc_status begin(
    zc_store *store, zc_session *session, bint writing, zc_error *err
) noexcept nogil:
    session.store = store
    session.dirfd = -1
    session.identity = (<State *>store.state).identity
    return ZC_OK


cdef zc_status end(zc_session *session, bint writing, zc_error *err) noexcept nogil:
    return ZC_OK


cdef object store_of(const zc_session *session):
    return <object>(<State *>session.store.state).store


cdef str decoded(const char *key):
    return key.decode("utf-8", "surrogateescape")


cdef zc_status open_object(
    zc_session *session, const char *key, zc_object *obj, zc_error *err
) noexcept with gil:
    try:
        value = store_of(session)._get(decoded(key))
        if value is None:
            return ZC_ABSENT
        if not isinstance(value, bytes):
            value = bytes(value)
    except BaseException:
        return hold_exception(err)
    Py_INCREF(value)
    obj.owner = <void *>value
    obj.data = <const uint8_t *>PyBytes_AS_STRING(value)
    obj.size = PyBytes_GET_SIZE(value)
    return ZC_OK


cdef void close_object(zc_object *obj) noexcept with gil:
    Py_DECREF(<object>obj.owner)


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
        Its ``_get``, ``_set`` and ``_discard`` are called, from any thread.
    identity : int
        Equal for stores over the same objects.
    concurrency : int
        As of `Store._concurrency`.
    """
    cdef object store
    cdef State state

    def __cinit__(self, store, identity, concurrency=0):
        self.store = store
        self.state.store = <void *>store
        self.state.identity = identity
        self.table.state = &self.state
        self.table.concurrency = concurrency
        self.table.begin, self.table.end = begin, end
        self.table.open, self.table.view = open_object, lent_view
        self.table.read, self.table.close = lent_read, close_object
        self.table.put, self.table.erase = put, erase


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
