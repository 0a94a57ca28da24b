"""A codec chain compiled for the workers: byte stages run one after another in two buffers.

Buffer 0 of a worker holds what was fetched; the stages go to and fro between buffers 1 and 2;
the last one decodes straight into the caller's memory where that is contiguous.
"""

from libc.string cimport memset

from zarr_c._native._memory cimport worker_give, worker_take
from zarr_c._native._pool cimport pool_check
from zarr_c._native._status cimport (
    ZC_CORRUPT, ZC_OK, raise_status, zc_error_clear, zc_fail,
)

from zarr_c.errors import MetadataValidationError

# What a stage without a known bound may blow its input up to before it counts as damage:
# numcodecs' widest filter, `astype` from 1 to 16 bytes, and room for a header.
cdef size_t UNKNOWN_FACTOR = 16
cdef size_t UNKNOWN_EXTRA = 1 << 20


cdef class Stage:
    """Owner of a `zc_codec`; each native codec has a subclass.

    Attributes
    ----------
    shareable : bool
        Whether arrays may share it; not if it runs what a program made, which may keep state.
    """
    shareable = True

    def __cinit__(self):
        self.table.abi = ZC_CODEC_ABI


cdef class Chain:
    """The byte stages of one array, with the most bytes that each may give.

    Parameters
    ----------
    stages : iterable of Stage
        In the order of encoding.
    nbytes : int
        Bytes of a decoded chunk.

    Raises
    ------
    MetadataValidationError
        If there are more than 16 stages.
    """

    def __cinit__(self, stages, size_t nbytes):
        cdef Stage stage
        self.stages = tuple(stages)
        if len(self.stages) > ZC_STAGES:
            raise MetadataValidationError(
                f"codecs: expected at most {ZC_STAGES} stages, found {len(self.stages)}"
            )
        self.table.count = len(self.stages)
        for i, stage in enumerate(self.stages):
            self.table.stage[i] = &stage.table
        chain_resize(&self.table, nbytes)

    @property
    def shareable(self):
        """Whether arrays may share it: all stages."""
        return all([stage.shareable for stage in self.stages])

    def encode(self, const uint8_t[::1] data not None):
        """Encode one chunk's bytes: the door to the kernel for tests."""
        cdef zc_worker *worker
        cdef const uint8_t *encoded = NULL
        cdef size_t n = 0
        cdef zc_error err
        cdef zc_status status
        zc_error_clear(&err)
        if <size_t>data.shape[0] != self.table.limit[0]:
            raise ValueError(
                f"data: expected {self.table.limit[0]} bytes, found {data.shape[0]}"
            )
        worker = worker_take(&err)
        if worker == NULL:
            raise_status(&err)
        with nogil:
            status = chain_encode(&self.table, worker, &data[0], &encoded, &n, &err)
        try:
            if status != ZC_OK:
                raise_status(&err)
            return bytes(encoded[:n])
        finally:
            worker_give(worker)

    def decode(self, const uint8_t[::1] data not None):
        """Decode one chunk's bytes: the door to the kernel for tests."""
        cdef zc_worker *worker
        cdef const uint8_t *decoded = NULL
        cdef const uint8_t *first = &data[0] if data.shape[0] else NULL
        cdef size_t n = data.shape[0]
        cdef zc_error err
        cdef zc_status status
        zc_error_clear(&err)
        worker = worker_take(&err)
        if worker == NULL:
            raise_status(&err)
        with nogil:
            status = chain_decode(&self.table, worker, first, n, NULL, &decoded, &err)
        try:
            if status != ZC_OK:
                raise_status(&err)
            return bytes(decoded[:self.table.limit[0]])
        finally:
            worker_give(worker)


cdef size_t saturate(size_t n, size_t factor, size_t extra) noexcept nogil:
    cdef size_t most = (<size_t>-1) // 4
    return most if n > (most - extra) // factor else n * factor + extra


cdef size_t stage_bound(const zc_codec *codec, size_t n) noexcept nogil:
    """Most bytes that a stage may make of `n`, also where it does not know itself."""
    cdef size_t bound = codec.bound(codec, n)
    if bound == ZC_SIZE_UNKNOWN:
        return saturate(n, UNKNOWN_FACTOR, UNKNOWN_EXTRA)
    return bound


cdef void chain_resize(zc_chain *chain, size_t nbytes) noexcept nogil:
    """Make a chain that of chunks of `nbytes` decoded bytes."""
    cdef int i
    chain.limit[0] = chain.most = nbytes
    for i in range(chain.count):
        chain.limit[i + 1] = stage_bound(chain.stage[i], chain.limit[i])
    if chain.count:   # other encoders may need a little more than ours
        chain.most = saturate(chain.limit[chain.count], 2, 65536)


cdef zc_status chain_decode(
    const zc_chain *chain, zc_worker *worker, const uint8_t *src, size_t n, uint8_t *dst,
    const uint8_t **decoded, zc_error *err,
) noexcept nogil:
    """Decode `n` stored bytes into `dst`, or where `dst` is NULL into a buffer of the worker's.

    `decoded` is set to where the bytes are: with an empty chain and no `dst`, that is `src`.
    """
    cdef zc_buffer target
    cdef zc_buffer *out
    cdef zc_status status
    cdef int i
    if pool_check(err) != ZC_OK:
        return err.code
    if n > chain.most:
        return zc_fail(err, ZC_CORRUPT, "larger than any encoding of its chunk", chain.most, n)
    for i in range(chain.count - 1, -1, -1):
        if i == 0 and dst != NULL:
            memset(&target, 0, sizeof(target))
            target.data, target.capacity, target.fixed = dst, chain.limit[0], 1
            out = &target
        else:
            out = &worker.buffer[1 + (i & 1)]
        status = chain.stage[i].decode(chain.stage[i], worker, src, n, out, chain.limit[i], err)
        if status != ZC_OK:
            return status
        src, n = out.data, out.size
    if n != chain.limit[0]:
        return zc_fail(err, ZC_CORRUPT, "wrong number of bytes for its chunk",
                       chain.limit[0], n)
    decoded[0] = src
    return ZC_OK


cdef zc_status chain_encode(
    const zc_chain *chain, zc_worker *worker, const uint8_t *src,
    const uint8_t **encoded, size_t *n, zc_error *err,
) noexcept nogil:
    """Encode a chunk into a buffer of the worker's; with an empty chain the result is `src`."""
    cdef zc_buffer *out
    cdef zc_status status
    cdef int i
    if pool_check(err) != ZC_OK:
        return err.code
    n[0] = chain.limit[0]
    for i in range(chain.count):
        out = &worker.buffer[1 + (i & 1)]
        status = chain.stage[i].encode(chain.stage[i], worker, src, n[0], out, err)
        if status != ZC_OK:
            return status
        src, n[0] = out.data, out.size
    encoded[0] = src
    return ZC_OK
