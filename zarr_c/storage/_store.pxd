"""What a store is to the workers: a table of functions that they call without the GIL."""

from libc.stddef cimport size_t
from libc.stdint cimport int64_t, uint8_t, uint64_t

from zarr_c._native._memory cimport zc_buffer, zc_worker
from zarr_c._native._status cimport zc_error, zc_status

# One call of the user's (a region read or written) on one store.
cdef struct zc_session:
    zc_store *store
    int dirfd             # LocalStore: the root, or -1 while it does not exist
    uint64_t identity     # equal for sessions on the same place, for the locks

# One stored object that is open for reading.
cdef struct zc_object:
    int fd
    size_t size           # ZC_SIZE_UNKNOWN where a part was asked for and nobody said
    uint64_t version      # another number for another content; 0 where nobody knows
    const uint8_t *data   # the mapped or lent part of the object
    size_t data_offset
    size_t data_size
    void *owner           # what keeps `data` alive

cdef struct zc_store:
    void *state
    int concurrency   # requests worth having under way at once; 0: one a core, -1: see config
    # `writing` makes the root where there is none.
    zc_status (*begin)(zc_store *store, zc_session *session, bint writing,
                       zc_error *err) noexcept nogil
    zc_status (*end)(zc_session *session, bint writing, zc_error *err) noexcept nogil
    # ZC_ABSENT, without an error set, when there is no such object.
    zc_status (*open)(zc_session *session, const char *key, zc_object *obj,
                      zc_error *err) noexcept nogil
    # The same when nothing but `n` bytes from `offset` on, below 0 counted from the end, will
    # be asked for: they are all that `obj.data` holds. NULL where that costs no less.
    zc_status (*open_part)(zc_session *session, const char *key, int64_t offset, size_t n,
                           zc_object *obj, zc_error *err) noexcept nogil
    bint part_sizes   # whether `open_part` tells the size of the whole object
    # Memory that holds bytes [offset, offset + n) until the next call; NULL: `read` them.
    const uint8_t *(*view)(zc_session *session, zc_object *obj, size_t offset,
                           size_t n) noexcept nogil
    zc_status (*read)(zc_object *obj, size_t offset, void *dst, size_t n,
                      zc_error *err) noexcept nogil
    void (*close)(zc_object *obj) noexcept nogil
    # Replace the object as a whole or not at all. `exclusive`: ZC_EXISTS when there is one.
    zc_status (*put)(zc_session *session, const char *key, const uint8_t *data, size_t n,
                     bint exclusive, zc_error *err) noexcept nogil
    # ZC_ABSENT when there was none.
    zc_status (*erase)(zc_session *session, const char *key, zc_error *err) noexcept nogil

cdef class NativeStore:
    """Owner of a `zc_store`; what a Python store hands to the engine."""
    cdef zc_store table

cdef zc_status object_bytes(
    zc_session *session, zc_object *obj, zc_buffer *buffer, const uint8_t **data, zc_error *err
) noexcept nogil

# For stores that lend an object's memory, or that of a part, while it is open.
cdef const uint8_t *lent_view(
    zc_session *session, zc_object *obj, size_t offset, size_t n
) noexcept nogil
cdef zc_status lent_read(
    zc_object *obj, size_t offset, void *dst, size_t n, zc_error *err
) noexcept nogil
