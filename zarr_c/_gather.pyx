"""From the caller's array to the elements of one chunk, as they lie in it when decoded."""

from zarr_c._native._memory cimport zc_buffer, zc_reserve
from zarr_c._native._status cimport ZC_OK
from zarr_c.indexing._copy cimport ZC_NDIM, all_equal, copy_strided
from zarr_c.indexing._elements cimport ZC_PLAIN, all_slots_equal, slots_in, slots_measure
from zarr_c.indexing._listed cimport (
    ZC_IN, ZC_MEASURE, copy_listed, set_block, zc_block,
)


cdef bint contiguous(const zc_plan *plan, const zc_region *region) noexcept nogil:
    """Whether a whole chunk lies in the caller's array as it does in a decoded chunk."""
    cdef int i
    if plan.word > 1 or plan.kind != ZC_PLAIN or region.groups or region.spans:
        return False
    for i in range(plan.ndim):
        if plan.chunk[i] > 1 and region.axis[i].out_stride != plan.stride[i]:
            return False
    return True


cdef zc_status gather(
    const zc_plan *plan, const zc_region *region, const char *base, const zc_part *part,
    zc_worker *worker, uint8_t *chunk, zc_error *err,
) noexcept nogil:
    """Copy the caller's elements to where they belong in a decoded chunk."""
    cdef Py_ssize_t shape[ZC_NDIM]
    cdef Py_ssize_t src[ZC_NDIM]
    cdef Py_ssize_t dst[ZC_NDIM]
    cdef zc_buffer *memory = &worker.buffer[7]   # of elements without a fixed size
    cdef size_t total = 0
    cdef int ndim = 0
    cdef int i
    base += part.out_offset
    for i in range(plan.ndim):
        if region.axis[i].listed:
            continue
        shape[ndim], src[ndim] = part.count[i], region.axis[i].out_stride
        dst[ndim] = plan.stride[i] * region.axis[i].step
        chunk += part.lo[i] * plan.stride[i]
        ndim += 1
    if region.groups or region.spans:
        return gather_listed(plan, region, <char *>base, part, memory, <char *>chunk, ndim,
                             shape, dst, src, err)
    if plan.kind == ZC_PLAIN:
        copy_strided(<char *>chunk, dst, base, src, shape, ndim, plan.itemsize)
        return ZC_OK
    if slots_measure(plan.kind, region.descr, base, src, shape, ndim, &total, err) != ZC_OK:
        return err.code
    memory.size = 0
    if zc_reserve(memory, total, err) != ZC_OK:
        return err.code
    return slots_in(plan.kind, region.descr, <char *>chunk, dst, base, src, shape, ndim,
                    memory, err)


cdef zc_status gather_listed(
    const zc_plan *plan, const zc_region *region, char *base, const zc_part *part,
    zc_buffer *memory, char *chunk, int ndim, const Py_ssize_t *shape, const Py_ssize_t *dst,
    const Py_ssize_t *src, zc_error *err,
) noexcept nogil:
    """`gather` of points, or of some fields of each element."""
    cdef zc_block block
    set_block(region, part, plan.chunk, plan.stride, plan.itemsize, ndim, shape, dst, src,
              &block)
    if plan.kind != ZC_PLAIN:
        block.direction = ZC_MEASURE
        if copy_listed(&block, chunk, base, err) != ZC_OK:
            return err.code
        memory.size = 0
        if zc_reserve(memory, block.total, err) != ZC_OK:
            return err.code
    block.direction, block.memory = ZC_IN, memory
    return copy_listed(&block, chunk, base, err)


cdef bint is_empty(const zc_plan *plan, const uint8_t *chunk) noexcept nogil:
    """Whether a chunk need not be stored, as it holds nothing but fill value."""
    if plan.write_empty:
        return False
    if plan.kind != ZC_PLAIN:
        return all_slots_equal(plan.kind, <const char *>chunk, plan.nbytes // plan.itemsize,
                               plan.fill)
    return all_equal(<const char *>chunk, plan.nbytes, plan.fill, plan.itemsize)
