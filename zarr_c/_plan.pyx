"""An array's metadata compiled into C, once, at open.

After this a read or write is arithmetic, I/O and codecs; no Python object stands for a chunk.
"""

from libc.string cimport memcpy, strlen

from zarr_c._native._memory cimport zc_reserve
from zarr_c._native._status cimport ZC_OK
from zarr_c.indexing._elements cimport ZC_BYTES, ZC_OBJECT, ZC_PLAIN, ZC_STRING
from zarr_c.indexing._grid cimport region_set, zc_axis

from zarr_c.errors import ArrayIndexError, MetadataValidationError


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
    prefix, separator, scalar_key : str
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

    Raises
    ------
    MetadataValidationError
        If the array has more axes than NumPy allows.
    """

    def __cinit__(
        self, tuple shape, tuple chunk_shape, size_t itemsize, tuple axes, size_t word,
        fill, Chain chain, NativeStore store, str prefix, str separator, str scalar_key,
        bint write_empty, bint read_missing, Shard shard=None, size_t max_gap=0,
        size_t max_bytes=0, str kind=None,
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
        self.scalar_key = scalar_key.encode("ascii")
        self.c.ndim = len(shape)
        self.c.itemsize, self.c.word = itemsize, word
        for i in range(self.c.ndim):
            self.c.shape[i], self.c.chunk[i] = shape[i], chunk_shape[i]
        for i in reversed(axes):
            self.c.stride[i] = stride
            stride *= self.c.chunk[i]
        self.c.nbytes = stride
        self.c.chain, self.c.store = &chain.table, &store.table
        self.c.prefix, self.c.prefix_size = self.prefix, len(self.prefix)
        self.c.separator, self.c.scalar_key = ord(separator), self.scalar_key
        self.c.write_empty, self.c.read_missing = write_empty, read_missing
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
        buffer.data, buffer.capacity, buffer.fixed = memory, sizeof(memory), 1
        for i in range(self.c.ndim):
            coord[i] = coords[i]
        if plan_key(&self.c, coord, &buffer, &err) != ZC_OK:
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
    cdef char *at
    cdef int i
    if plan.prefix_size + 24 * <size_t>plan.ndim + 8 > key.capacity:
        if zc_reserve(key, plan.prefix_size + 24 * <size_t>plan.ndim + 8, err) != ZC_OK:
            return err.code
    at = <char *>key.data
    memcpy(at, plan.prefix, plan.prefix_size)
    at += plan.prefix_size
    if plan.ndim == 0:
        memcpy(at, plan.scalar_key, strlen(plan.scalar_key) + 1)
        return ZC_OK
    for i in range(plan.ndim):
        if i:
            at[0] = plan.separator
            at += 1
        at += put_number(at, coord[i])
    at[0] = 0
    return ZC_OK


cdef int plan_region(
    const zc_plan *plan, const zc_basic *basic, object array, zc_region *region, char **base
) except -1:
    """Bind a selection to the caller's array, whose axes are those that were not dropped.

    The region is of objects: of shards where there are any. A negative step becomes a positive
    one from the low end, with the array walked backwards. `base` is set to the element of the
    array that holds the region's first.
    """
    cdef int i
    cdef int axis = 0
    cdef tuple strides = array.strides
    base[0] = <char *><size_t>array.__array_interface__["data"][0]
    region.ndim, region.kind, region.descr = plan.ndim, plan.kind, <void *>array.dtype
    for i in range(plan.ndim):
        region.axis[i].chunk, region.axis[i].extent = plan.chunk[i], plan.shape[i]
        if plan.shard != NULL:
            region.axis[i].chunk *= plan.shard.count[i]
        region.axis[i].start, region.axis[i].count = basic.start[i], basic.count[i]
        region.axis[i].step = basic.step[i]
        region.axis[i].out_stride = 0
        if not basic.dropped[i]:
            region.axis[i].out_stride = strides[axis]
            axis += 1
        if basic.step[i] < 0:
            base[0] += (basic.count[i] - 1) * region.axis[i].out_stride
            region.axis[i].start += (basic.count[i] - 1) * basic.step[i]
            region.axis[i].step = -basic.step[i]
            region.axis[i].out_stride = -region.axis[i].out_stride
    if region_set(region) < 0:
        raise ArrayIndexError("the selection touches more chunks than an address can count")
    return 0


cdef int shard_region(
    const zc_plan *plan, const zc_region *objects, const zc_part *part, zc_region *region,
) noexcept nogil:
    """The region of inner chunks that lies in one shard; its base is at the part's offset."""
    cdef const zc_axis *axis
    cdef int i
    region.ndim, region.kind, region.descr = plan.ndim, objects.kind, objects.descr
    for i in range(plan.ndim):
        axis = &objects.axis[i]
        region.axis[i] = axis[0]
        region.axis[i].start = part.coord[i] * axis.chunk + part.lo[i]
        region.axis[i].count, region.axis[i].chunk = part.count[i], plan.chunk[i]
    return region_set(region)


cdef size_t shard_number(
    const zc_plan *plan, const Py_ssize_t *shard, const Py_ssize_t *chunk
) noexcept nogil:
    """Number in the index of the inner chunk at some chunk coordinates."""
    cdef size_t entry = 0
    cdef int i
    for i in range(plan.ndim):
        entry += (chunk[i] - shard[i] * plan.shard.count[i]) * plan.shard.step[i]
    return entry
