"""What a store is to the workers, and the doors through which Python uses the same table."""

from cpython.bytes cimport PyBytes_AS_STRING, PyBytes_FromStringAndSize
from libc.errno cimport EISDIR
from libc.stdint cimport int64_t
from libc.string cimport memcpy

from zarr_c._native._memory cimport zc_reserve
from zarr_c._native._status cimport (
    ZC_ABSENT, ZC_CORRUPT, ZC_EXISTS, ZC_OK, ZC_SYSTEM, raise_status, zc_error_clear,
    zc_error_key, zc_fail,
)


cdef zc_status object_bytes(
    zc_session *session, zc_object *obj, zc_buffer *buffer, const uint8_t **data, zc_error *err
) noexcept nogil:
    """All bytes of an open object: lent by the store where it can, else read into `buffer`."""
    cdef zc_status status
    data[0] = session.store.view(session, obj, 0, obj.size)
    if data[0] != NULL:
        return ZC_OK
    status = zc_reserve(buffer, obj.size, err)
    if status != ZC_OK:
        return status
    data[0] = buffer.data
    return session.store.read(obj, 0, buffer.data, obj.size, err)


cdef const uint8_t *lent_view(
    zc_session *session, zc_object *obj, size_t offset, size_t n
) noexcept nogil:
    """`view` of a store that lends objects."""
    cdef size_t at = offset - obj.data_offset   # far too large where it begins before
    return obj.data + at if at <= obj.data_size and n <= obj.data_size - at else NULL


cdef zc_status lent_read(
    zc_object *obj, size_t offset, void *dst, size_t n, zc_error *err
) noexcept nogil:
    """`read` of a store that lends objects."""
    cdef size_t at = offset - obj.data_offset
    if at > obj.data_size or n > obj.data_size - at:
        return zc_fail(err, ZC_CORRUPT, "the object ends too early", offset + n, obj.size)
    if n:
        memcpy(dst, obj.data + at, n)
    return ZC_OK


cdef bint is_directory(const zc_error *err) noexcept nogil:
    """A directory is no object to `get` and `size`; in a chunk's place it is damage."""
    return err.code == ZC_SYSTEM and err.os_error == EISDIR


cdef class NativeStore:
    """Owner of a `zc_store`; what a Python store hands to the engine.

    The methods take keys that have been checked: they are what ``LocalStore`` and
    ``MemoryStore`` are made of, not an interface for users.
    """

    def get(self, key, start=0, length=None):
        """Bytes of an object, or part of them; None when there is no such object.

        A negative `start` counts from the end of the object.
        """
        cdef bytes name = key.encode("utf-8", "surrogateescape")
        cdef const char *path = name
        cdef int64_t first = start
        cdef size_t offset
        cdef size_t n = 0
        cdef size_t wanted = <size_t>-1 if length is None else length
        cdef zc_session session
        cdef zc_object obj
        cdef zc_error err
        cdef zc_status status
        cdef char *to
        zc_error_clear(&err)
        with nogil:
            status = self.table.begin(&self.table, &session, False, &err)
            if status == ZC_OK:
                status = self.table.open(&session, path, &obj, &err)
        if status == ZC_OK:
            if first < 0:
                first = max(<int64_t>obj.size + first, 0)
            offset = min(<size_t>first, obj.size)
            n = min(wanted, obj.size - offset)
            try:
                value = PyBytes_FromStringAndSize(NULL, n)
                to = PyBytes_AS_STRING(value)
                with nogil:
                    status = self.table.read(&obj, offset, to, n, &err)
            finally:
                self.table.close(&obj)
                self.table.end(&session, False, &err)
            if status == ZC_OK:
                return value
        else:
            self.table.end(&session, False, &err)
            if status == ZC_ABSENT or is_directory(&err):
                return None
        zc_error_key(&err, path)
        raise_status(&err)

    def size(self, key):
        """Number of bytes of an object, or None when there is no such object."""
        cdef bytes name = key.encode("utf-8", "surrogateescape")
        cdef const char *path = name
        cdef zc_session session
        cdef zc_object obj
        cdef zc_error err
        cdef zc_status status
        zc_error_clear(&err)
        with nogil:
            status = self.table.begin(&self.table, &session, False, &err)
            if status == ZC_OK:
                status = self.table.open(&session, path, &obj, &err)
                if status == ZC_OK:
                    self.table.close(&obj)
                self.table.end(&session, False, &err)
        if status == ZC_OK:
            return obj.size
        if status == ZC_ABSENT or is_directory(&err):
            return None
        zc_error_key(&err, path)
        raise_status(&err)

    def exists(self, key):
        """Whether there is such an object."""
        return self.size(key) is not None

    def put(self, key, const uint8_t[::1] data, bint exclusive=False):
        """Replace an object as a whole or not at all; False if `exclusive` and there is one."""
        cdef bytes name = key.encode("utf-8", "surrogateescape")
        cdef const char *path = name
        cdef const uint8_t *first = &data[0] if data.shape[0] else NULL
        cdef size_t n = data.shape[0]
        cdef zc_session session
        cdef zc_error err
        cdef zc_status status
        zc_error_clear(&err)
        with nogil:
            status = self.table.begin(&self.table, &session, True, &err)
            if status == ZC_OK:
                status = self.table.put(&session, path, first, n, exclusive, &err)
                if status == ZC_OK:
                    status = self.table.end(&session, True, &err)
                else:
                    self.table.end(&session, False, &err)
        if status != ZC_OK and status != ZC_EXISTS:
            zc_error_key(&err, path)
            raise_status(&err)
        return status == ZC_OK

    def delete(self, key):
        """Remove an object; False when there was none."""
        cdef bytes name = key.encode("utf-8", "surrogateescape")
        cdef const char *path = name
        cdef zc_session session
        cdef zc_error err
        cdef zc_status status
        zc_error_clear(&err)
        with nogil:
            status = self.table.begin(&self.table, &session, False, &err)
            if status == ZC_OK:
                status = self.table.erase(&session, path, &err)
                if status == ZC_OK:
                    status = self.table.end(&session, True, &err)
                else:
                    self.table.end(&session, False, &err)
        if status == ZC_OK or status == ZC_ABSENT or is_directory(&err):
            return status == ZC_OK
        zc_error_key(&err, path)
        raise_status(&err)
