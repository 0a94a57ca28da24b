"""From the stored bytes of one chunk to what is selected of it in the caller's array.

Where the whole chunk is selected and contiguous there, it is decoded straight into place; where
little of it is selected, a codec that can decode a part is asked to.
"""

from libc.string cimport memcpy, memset

from zarr_c._native._memory cimport zc_reserve
from zarr_c._native._status cimport ZC_ABSENT, ZC_CORRUPT, ZC_OK, zc_fail
from zarr_c.codecs._chain cimport chain_decode, zc_codec, zc_span
from zarr_c.indexing._copy cimport copy_strided, fill_strided, swap_words
from zarr_c.indexing._elements cimport ZC_PLAIN, slots_out
from zarr_c.indexing._listed cimport (
    ZC_OUT, copy_listed, list_bounds, set_block, stand_still, zc_block,
)

cdef struct MemorySource:
    zc_source source
    const uint8_t *data


cdef void set_scatter(
    const zc_plan *plan, const zc_region *region, char *base, const zc_part *part,
    Scatter *scatter,
) noexcept nogil:
    """Axes outermost first as the chunk has them in memory, those of one element left out."""
    cdef Py_ssize_t stride
    cdef int i, j
    scatter.ndim, scatter.start, scatter.stop = 0, 0, plan.itemsize
    # as numbers: who only asks which bytes are selected has no array, and NULL to add to
    scatter.to, scatter.full = <char *>(<size_t>base + <size_t>part.out_offset), part.full
    scatter.region, scatter.part = region, part
    scatter.listed = region.groups != 0 or region.spans != 0
    for i in range(plan.ndim):
        if region.axis[i].listed:
            continue
        scatter.start += part.lo[i] * plan.stride[i]
        if part.count[i] == 1:
            continue
        stride = plan.stride[i] * region.axis[i].step
        scatter.stop += (part.count[i] - 1) * stride
        j = scatter.ndim
        while j > 0 and scatter.src[j - 1] < stride:
            scatter.shape[j] = scatter.shape[j - 1]
            scatter.src[j], scatter.dst[j] = scatter.src[j - 1], scatter.dst[j - 1]
            j -= 1
        scatter.shape[j], scatter.src[j] = part.count[i], stride
        scatter.dst[j] = region.axis[i].out_stride
        scatter.ndim += 1
    scatter.stop += scatter.start
    scatter.base = scatter.start
    if region.groups:
        list_bounds(region, part, plan.chunk, plan.stride, &scatter.start, &scatter.stop)
    scatter.direct = plan.kind == ZC_PLAIN and is_one_run(scatter, plan.itemsize)


cdef bint is_one_run(const Scatter *scatter, size_t itemsize) noexcept nogil:
    """Whether the selection is one run of bytes in both, in the same order."""
    cdef Py_ssize_t run = itemsize
    cdef int i
    if scatter.listed:
        return False
    for i in range(scatter.ndim - 1, -1, -1):
        if scatter.dst[i] != run or scatter.src[i] != run:
            return False
        run *= scatter.shape[i]
    return True


cdef void drop_axis(Scatter *scatter, size_t itemsize) noexcept nogil:
    """Remove the outermost axis, which has one element."""
    cdef int i
    scatter.ndim -= 1
    for i in range(scatter.ndim):
        scatter.shape[i] = scatter.shape[i + 1]
        scatter.src[i], scatter.dst[i] = scatter.src[i + 1], scatter.dst[i + 1]
    scatter.direct = is_one_run(scatter, itemsize)


cdef zc_status copy_out(
    const zc_plan *plan, const Scatter *scatter, const uint8_t *chunk, zc_error *err
) noexcept nogil:
    """Scatter from the bytes of a whole chunk (or where they would start)."""
    if scatter.listed:
        return listed_out(plan, scatter, <char *>chunk + scatter.base, False, err)
    if plan.kind != ZC_PLAIN:
        return slots_out(plan.kind, scatter.region.descr, scatter.to, scatter.dst,
                         <const char *>chunk + scatter.start, scatter.src, scatter.shape,
                         scatter.ndim, err)
    copy_strided(scatter.to, scatter.dst, <const char *>chunk + scatter.start, scatter.src,
                 scatter.shape, scatter.ndim, plan.itemsize)
    return ZC_OK


cdef void listed_block(
    const zc_plan *plan, const Scatter *scatter, zc_block *block
) noexcept nogil:
    set_block(scatter.region, scatter.part, plan.chunk, plan.stride, plan.itemsize,
              scatter.ndim, scatter.shape, scatter.src, scatter.dst, block)
    block.direction = ZC_OUT


cdef zc_status listed_out(
    const zc_plan *plan, const Scatter *scatter, char *chunk, bint fill, zc_error *err
) noexcept nogil:
    """`copy_out` of points or fields, or of one element for all of them."""
    cdef zc_block block
    listed_block(plan, scatter, &block)
    if fill:
        stand_still(&block)
    return copy_listed(&block, chunk, scatter.to, err)


cdef zc_status fill_out(
    const zc_plan *plan, const Scatter *scatter, zc_error *err
) noexcept nogil:
    """What is selected of an absent chunk."""
    cdef Py_ssize_t still[ZC_NDIM]
    if scatter.listed:
        return listed_out(plan, scatter, <char *>plan.fill, True, err)
    if plan.kind != ZC_PLAIN:
        memset(still, 0, sizeof(still))
        return slots_out(plan.kind, scatter.region.descr, scatter.to, scatter.dst, plan.fill,
                         still, scatter.shape, scatter.ndim, err)
    fill_strided(scatter.to, scatter.dst, scatter.shape, scatter.ndim, plan.fill,
                 plan.itemsize)
    return ZC_OK


cdef bint is_raw(const zc_plan *plan) noexcept nogil:
    """Whether chunks are stored as they are in memory."""
    return plan.chain.count == 0 and plan.word == 1


cdef zc_status decode_chunk(
    const zc_plan *plan, zc_worker *worker, const uint8_t *data, size_t n, uint8_t *dst,
    const uint8_t **decoded, zc_error *err,
) noexcept nogil:
    """Decode a whole chunk into `dst`, or where that is NULL to `decoded`."""
    if chain_decode(plan.chain, worker, data, n, dst, decoded, err) != ZC_OK:
        return err.code
    if plan.chain.count == 0 and (dst != NULL or plan.word > 1):
        if dst == NULL:   # the stored bytes may not be ours to swap
            if zc_reserve(&worker.buffer[1], plan.nbytes, err) != ZC_OK:
                return err.code
            dst = worker.buffer[1].data
        memcpy(dst, data, plan.nbytes)
        decoded[0] = dst
    if plan.word > 1:
        swap_words(<char *>decoded[0], plan.nbytes, plan.word)
    return ZC_OK


cdef void set_span(const Scatter *scatter, size_t itemsize, zc_span *span) noexcept nogil:
    """What is selected of a chunk, as runs of bytes at one distance that hold it."""
    cdef size_t inner = itemsize   # bytes from the first to the last element of the inner axes
    cdef bint even
    cdef int i, j
    span.start, span.stop = scatter.start, scatter.stop
    span.run = span.period = scatter.stop - scatter.start
    if scatter.listed:
        return
    for i in range(scatter.ndim - 1, -1, -1):
        even = True   # the runs go on at their distance where an outer axis takes its next step
        for j in range(i):
            even = even and scatter.src[j] % scatter.src[i] == 0
        if even and inner * span.period < span.run * <size_t>scatter.src[i]:
            span.run, span.period = inner, scatter.src[i]
        inner += (scatter.shape[i] - 1) * scatter.src[i]


cdef zc_status decode_part(
    const zc_plan *plan, zc_worker *worker, zc_source *source, const Scatter *scatter,
    zc_error *err,
) noexcept nogil:
    """Decode only where the selection lies; ZC_ABSENT when the codec has to see it all."""
    cdef const zc_codec *codec
    cdef zc_status status
    cdef zc_span span
    if plan.chain.count != 1:
        return ZC_ABSENT
    codec = plan.chain.stage[0]
    if codec.decode_part == NULL:
        return ZC_ABSENT
    set_span(scatter, plan.itemsize, &span)
    status = codec.decode_part(codec, worker, source, plan.nbytes, &span, &worker.buffer[1],
                               err)
    if status == ZC_OK:
        if plan.word > 1:
            swap_words(<char *>worker.buffer[1].data, scatter.stop - scatter.start, plan.word)
        return copy_out(plan, scatter, worker.buffer[1].data - scatter.start, err)
    return status


cdef zc_status memory_read(
    zc_source *source, size_t offset, void *dst, size_t n, zc_error *err
) noexcept nogil:
    if offset > source.size or n > source.size - offset:
        return zc_fail(err, ZC_CORRUPT, "the chunk ends too early", offset + n, source.size)
    if n:
        memcpy(dst, (<MemorySource *>source).data + offset, n)
    return ZC_OK


cdef zc_status decode_out(
    const zc_plan *plan, zc_worker *worker, const uint8_t *data, size_t n,
    const Scatter *scatter, zc_error *err,
) noexcept nogil:
    """Decode what is selected of a chunk, all of whose stored bytes are in memory."""
    cdef const uint8_t *decoded
    cdef MemorySource source
    cdef zc_status status
    if scatter.full and scatter.direct:
        return decode_chunk(plan, worker, data, n, <uint8_t *>scatter.to, &decoded, err)
    source.source.size, source.source.read, source.data = n, memory_read, data
    status = decode_part(plan, worker, &source.source, scatter, err)
    if status == ZC_ABSENT:
        status = decode_chunk(plan, worker, data, n, NULL, &decoded, err)
        if status == ZC_OK:
            status = copy_out(plan, scatter, decoded, err)
    return status
