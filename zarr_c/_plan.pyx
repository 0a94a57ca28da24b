"""An array's metadata compiled into C, once, at open.

After this a read or write is arithmetic, I/O and codecs; no Python object stands for a chunk.
Where chunks differ in shape, each has a plan of its own (`plan_of`): made on the stack if the
codecs fit all shapes, else compiled once for each shape.
"""

from cpython.ref cimport Py_INCREF, Py_XDECREF, PyObject
from libc.stdint cimport uint64_t
from libc.string cimport memcpy

from zarr_c._chunk_cache cimport cache_forget
from zarr_c._native._locks cimport object_hash
from zarr_c._native._memory cimport zc_reserve
from zarr_c._native._status cimport (
    ZC_OK, ZC_PYTHON, hold_exception, raise_status, zc_error_clear,
)
from zarr_c.codecs._chain cimport chain_resize
from zarr_c.indexing._elements cimport ZC_BYTES, ZC_OBJECT, ZC_PLAIN, ZC_STRING

from zarr_c.errors import MetadataValidationError


KINDS = {"string": ZC_STRING, "bytes": ZC_BYTES, "object": ZC_OBJECT}


cdef class Plan:
    """What the read and write paths need to know of an array, in C.

    Parameters
    ----------
    shape : tuple of int
    chunk_shape : tuple of int
        Of a chunk; of an inner chunk, where there are shards.
    itemsize : int
        Bytes of an element.
    axes : tuple of int
        The axes in the order in which a decoded chunk has them in memory, outermost first.
    word : int
        Size of the words whose bytes are to be swapped, 1 for none.
    fill : bytes or object
        One element: what an absent chunk holds.
    chain : Chain
    store : NativeStore
    prefix, separator, suffix : str
        How chunk keys are made.
    write_empty, read_missing : bool
        Whether chunks of nothing but fill are stored; whether absent ones may be read.
    shard : Shard, optional
        How chunks lie in shards.
    max_gap, max_bytes : int
        Ranges of a shard become one request if no more than `max_gap` bytes lie between them
        and it has no more than `max_bytes`.
    kind : {"string", "bytes", "object"}, optional
        What elements without a fixed size are.
    encoder : callable, optional
        Makes what follows the prefix in the key of a chunk out of its coordinates, where
        numbers between separators are not enough.
    runs : Runs, optional
        Lengths of objects, where they differ; all else is about the largest then.
    variants : callable, optional
        Gives the plan of an object out of its shape, where its codecs do not fit all shapes.
    locks : FileLocks, optional
        What writers of an object lock; without any, threads wait for each other and processes
        do not.

    Raises
    ------
    MetadataValidationError
        If the array has more axes than NumPy allows.
    """

    def __cinit__(
        self, tuple shape, tuple chunk_shape, size_t itemsize, tuple axes, size_t word,
        fill, Chain chain, NativeStore store, str prefix, str separator, str suffix,
        bint write_empty, bint read_missing, Shard shard=None, size_t max_gap=0,
        size_t max_bytes=0, str kind=None, encoder=None, Runs runs=None, variants=None,
        FileLocks locks=None,
    ):
        cdef int i
        cdef Py_ssize_t stride = itemsize
        if len(shape) > ZC_NDIM:
            raise MetadataValidationError(
                f"shape: expected at most {ZC_NDIM} axes, found {len(shape)}"
            )
        self.chain, self.store = chain, store
        self._set_fill(kind, fill)
        self.prefix = prefix.encode("utf-8", "surrogateescape")
        self.suffix = suffix.encode("utf-8", "surrogateescape")
        self.encoder, self.runs, self.variants = encoder, runs, variants
        self.c.ndim = len(shape)
        self.c.itemsize, self.c.word = itemsize, word
        for i in range(self.c.ndim):
            self.c.shape[i], self.c.chunk[i] = shape[i], chunk_shape[i]
        for i, axis in enumerate(axes):
            self.c.axes[i] = axis
        for i in reversed(axes):
            self.c.stride[i] = stride
            stride *= self.c.chunk[i]
        self.c.nbytes = stride
        self.c.chain, self.c.store = &chain.table, &store.table
        self.c.prefix, self.c.prefix_size = self.prefix, len(self.prefix)
        self.c.suffix, self.c.suffix_size = self.suffix, len(self.suffix)
        self.c.separator = ord(separator)
        self.c.encoder = NULL if encoder is None else <void *>encoder
        self.c.varied = runs is not None
        self.c.variants = NULL if variants is None else <void *>variants
        self.c.write_empty, self.c.read_missing = write_empty, read_missing
        self.locks = locks
        self.c.locks = NULL if locks is None else &locks.c
        self.shard, self.c.max_gap, self.c.max_bytes = shard, max_gap, max_bytes
        if shard is not None:
            self.indexes = ShardIndexes()
            self.c.shard, self.c.indexes = &shard.c, &self.indexes.c

    def _set_fill(self, str kind, fill):
        if kind is None:
            self.fill, self.c.kind = fill, ZC_PLAIN
            self.c.fill = self.fill
            return
        self.c.kind = KINDS[kind]
        if kind == "object":
            self.fill_object = fill
            self.fill_slot.data, self.fill_slot.size = <const uint8_t *><void *>fill, 0
        else:
            self.fill = fill
            self.fill_slot.data, self.fill_slot.size = self.fill, len(fill)
        self.c.fill = <const char *>&self.fill_slot

    def keep_chunks(
        self, DecodedChunks chunks not None, uint64_t identity, uint64_t decoding,
        bint validates,
    ):
        """Keep decoded chunks, unless that is no use.

        It is none for elements without a fixed size, whose bytes lie elsewhere, and for chunks
        that are stored as they are in memory, if they are near or parts of shards.

        Parameters
        ----------
        chunks : DecodedChunks
            Where.
        identity : int
            Of the store.
        decoding : int
            Equal for arrays whose chunks are decoded alike.
        validates : bool
            Whether opening an object tells its version and costs no request.
        """
        cdef bint raw = self.c.chain.count == 0 and self.c.word == 1
        if self.c.kind != ZC_PLAIN or raw and (validates or self.shard is not None):
            return
        self.chunks = chunks
        self.caching.chunks, self.caching.identity = &chunks.c, identity
        self.caching.decoding, self.caching.validates = decoding, validates
        self.c.caching = &self.caching

    def forget_chunks(self):
        """Drop the chunks that are kept of this array."""
        if self.c.caching != NULL:
            cache_forget(self.caching.chunks, object_hash(self.caching.identity, self.c.prefix))

    def key(self, tuple coords):
        """Key of the chunk at some chunk coordinates: the door to the kernel for tests.

        Parameters
        ----------
        coords : tuple of int

        Returns
        -------
        str
        """
        cdef Py_ssize_t coord[ZC_NDIM]
        cdef zc_buffer buffer
        cdef zc_error err
        cdef uint8_t memory[8192]
        cdef int i
        zc_error_clear(&err)
        buffer.data, buffer.capacity, buffer.fixed = memory, sizeof(memory), 1
        for i in range(self.c.ndim):
            coord[i] = coords[i]
        if plan_key(&self.c, coord, &buffer, &err) != ZC_OK:
            if err.code == ZC_PYTHON:
                raise_status(&err)
            raise MemoryError("the key is too long")
        return (<char *>buffer.data).decode("utf-8", "surrogateescape")


cdef inline size_t put_number(char *at, Py_ssize_t number) noexcept nogil:
    """Write a number in decimal, ten times as fast as ``snprintf``; returns how many digits."""
    cdef char digits[20]
    cdef size_t n = 0
    cdef size_t i
    while True:
        digits[n] = <char>(48 + number % 10)
        n += 1
        number //= 10
        if number == 0:
            break
    for i in range(n):
        at[i] = digits[n - 1 - i]
    return n


cdef zc_status plan_key(
    const zc_plan *plan, const Py_ssize_t *coord, zc_buffer *key, zc_error *err
) noexcept nogil:
    """Write the key of an object, ended by a zero byte, into `key`."""
    cdef size_t room = plan.prefix_size + 24 * <size_t>plan.ndim + plan.suffix_size + 8
    cdef char *at
    cdef int i
    if plan.encoder != NULL:
        return encoded_key(plan, coord, key, err)
    if room > key.capacity and zc_reserve(key, room, err) != ZC_OK:
        return err.code
    at = <char *>key.data
    memcpy(at, plan.prefix, plan.prefix_size)
    at += plan.prefix_size
    for i in range(plan.ndim):
        if i:
            at[0] = plan.separator
            at += 1
        at += put_number(at, coord[i])
    memcpy(at, plan.suffix, plan.suffix_size + 1)
    return ZC_OK


cdef zc_status encoded_key(
    const zc_plan *plan, const Py_ssize_t *coord, zc_buffer *key, zc_error *err
) noexcept with gil:
    """`plan_key` where keys are made in Python."""
    cdef bytes made
    cdef size_t size
    cdef int i
    try:
        made = (<object>plan.encoder)(tuple([coord[i] for i in range(plan.ndim)])).encode()
        size = len(made) + 1   # with the zero byte that ends it
        if zc_reserve(key, plan.prefix_size + size, err) != ZC_OK:
            return err.code
        memcpy(key.data, plan.prefix, plan.prefix_size)
        memcpy(key.data + plan.prefix_size, <char *>made, size)
        return ZC_OK
    except BaseException:
        return hold_exception(err)


# ---- objects that differ in shape


cdef zc_status plan_of(
    const zc_plan **plan, const zc_part *part, zc_variant *variant, zc_error *err
) noexcept nogil:
    """Put the plan of the object that a part is about into `plan`, where objects differ.

    It may lie in `variant`, whose owner is to be let go after its last use.
    """
    cdef zc_plan *own = &variant.plan
    cdef Py_ssize_t stride
    cdef int i, axis
    variant.owner = NULL
    if not plan[0].varied:
        return ZC_OK
    if plan[0].variants != NULL:
        plan[0] = compiled(plan[0], part, &variant.owner, err)
        return ZC_OK if plan[0] != NULL else err.code
    own[0] = plan[0][0]
    variant.chain = own.chain[0]
    stride = own.itemsize
    for i in range(own.ndim - 1, -1, -1):
        axis = own.axes[i]
        own.chunk[axis], own.stride[axis] = part.chunk[axis], stride
        stride *= part.chunk[axis]
    own.nbytes = stride
    chain_resize(&variant.chain, stride)
    own.chain = &variant.chain
    plan[0] = own
    return ZC_OK


cdef const zc_plan *compiled(
    const zc_plan *plan, const zc_part *part, void **owner, zc_error *err
) noexcept with gil:
    """The plan of objects of a part's shape, compiled in Python; NULL if that fails."""
    cdef Plan found
    cdef int i
    try:
        found = (<object>plan.variants)(tuple([part.chunk[i] for i in range(plan.ndim)]))
        Py_INCREF(found)
        owner[0] = <void *>found
        return &found.c
    except BaseException:
        hold_exception(err)
        return NULL


cdef const zc_shard *shard_of(
    const zc_plan *plan, const zc_part *part, void **owner, zc_error *err
) noexcept nogil:
    """How chunks lie in the shard that a part is about; NULL if that cannot be compiled.

    The owner is to be let go after its last use.
    """
    owner[0] = NULL
    if plan.varied:
        plan = compiled(plan, part, owner, err)
        if plan == NULL:
            return NULL
    return plan.shard


cdef void let_go(void **owner) noexcept nogil:
    """Give back what kept a plan alive."""
    if owner[0] != NULL:
        with gil:
            Py_XDECREF(<PyObject *>owner[0])
        owner[0] = NULL
