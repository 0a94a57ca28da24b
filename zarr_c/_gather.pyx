"""From the caller's array to the elements of one chunk, as they lie in it when decoded."""

from zarr_c._native._status cimport ZC_OK
from zarr_c.indexing._copy cimport ZC_NDIM, all_equal, copy_strided
from zarr_c.indexing._elements cimport ZC_PLAIN, all_slots_equal, slots_in


cdef bint contiguous(const zc_plan *plan, const zc_region *region) noexcept nogil:
    """Whether a whole chunk lies in the caller's array as it does in a decoded chunk."""
    cdef int i
    if plan.word > 1 or plan.kind != ZC_PLAIN:
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
    cdef Py_ssize_t src[ZC_NDIM]
    cdef Py_ssize_t dst[ZC_NDIM]
    cdef int i
    for i in range(plan.ndim):
        src[i] = region.axis[i].out_stride
        dst[i] = plan.stride[i] * region.axis[i].step
        chunk += part.lo[i] * plan.stride[i]
    if plan.kind != ZC_PLAIN:
        return slots_in(plan.kind, region.descr, <char *>chunk, dst, base + part.out_offset,
                        src, part.count, plan.ndim, &worker.buffer[7], err)
    copy_strided(<char *>chunk, dst, base + part.out_offset, src, part.count, plan.ndim,
                 plan.itemsize)
    return ZC_OK


cdef bint is_empty(const zc_plan *plan, const uint8_t *chunk) noexcept nogil:
    """Whether a chunk need not be stored, as it holds nothing but fill value."""
    if plan.write_empty:
        return False
    if plan.kind != ZC_PLAIN:
        return all_slots_equal(plan.kind, <const char *>chunk, plan.nbytes // plan.itemsize,
                               plan.fill)
    return all_equal(<const char *>chunk, plan.nbytes, plan.fill, plan.itemsize)
