"""A basic selection on a regular grid: which chunks, and which part of each.

All arithmetic is per axis and nothing is allocated, so that chunk number *i* of a selection
costs the same in an array of ten chunks and in one of ten million.
"""


cdef inline void axis_set(zc_axis *axis) noexcept nogil:
    cdef Py_ssize_t last
    if axis.count == 0:
        axis.first = axis.chunks = 0
        return
    axis.first = axis.start // axis.chunk
    last = (axis.start + (axis.count - 1) * axis.step) // axis.chunk
    # With a step longer than a chunk no two elements share one, and chunks between are skipped.
    axis.chunks = axis.count if axis.step > axis.chunk else last - axis.first + 1


cdef int region_set(zc_region *region) noexcept nogil:
    """Count the chunks of a region, whose start, step, count, chunk and extent are given.

    Returns -1 when their number does not fit an address.
    """
    cdef zc_axis *axis
    cdef int i
    region.chunks = 1
    for i in range(region.ndim):
        axis = &region.axis[i]
        axis_set(axis)
        if axis.chunks and region.chunks > (<Py_ssize_t>1 << 62) // axis.chunks:
            return -1
        region.chunks *= axis.chunks
    return 0


cdef void region_part(const zc_region *region, Py_ssize_t index, zc_part *part) noexcept nogil:
    """Describe what chunk number `index` (in C order) of a region has to do with it."""
    cdef const zc_axis *axis
    cdef Py_ssize_t nth, begin, skip, inside
    cdef int i
    part.out_offset = 0
    part.covers = part.full = True
    for i in range(region.ndim - 1, -1, -1):
        axis = &region.axis[i]
        nth = index % axis.chunks
        index //= axis.chunks
        if axis.step > axis.chunk:
            part.coord[i] = (axis.start + nth * axis.step) // axis.chunk
        else:
            part.coord[i] = axis.first + nth
        begin = part.coord[i] * axis.chunk
        skip = 0 if begin <= axis.start else (begin - axis.start + axis.step - 1) // axis.step
        part.lo[i] = axis.start + skip * axis.step - begin
        part.count[i] = min(axis.count - skip, (axis.chunk - 1 - part.lo[i]) // axis.step + 1)
        part.out_offset += skip * axis.out_stride
        inside = min(axis.chunk, axis.extent - begin)
        if part.count[i] != inside:
            part.covers = False
        if part.count[i] != axis.chunk:
            part.full = False


def parts(shape, chunk_shape, starts, steps, counts):
    """List what each chunk of a region has to do with it: the door to the kernel for tests.

    Parameters
    ----------
    shape, chunk_shape, starts, steps, counts : tuple of int
        One number per axis; steps are at least 1.

    Returns
    -------
    list of tuple
        ``(chunk coordinates, first element in the chunk, number of elements, covers)`` of each.
    """
    cdef zc_region region
    cdef zc_part part
    cdef Py_ssize_t i
    cdef int j
    region.ndim = len(shape)
    for j in range(region.ndim):
        region.axis[j].start, region.axis[j].step = starts[j], steps[j]
        region.axis[j].count, region.axis[j].chunk = counts[j], chunk_shape[j]
        region.axis[j].extent, region.axis[j].out_stride = shape[j], 0
    if region_set(&region) < 0:
        raise OverflowError(
            f"a selection of {counts} touches more chunks than an address can count"
        )
    found = []
    for i in range(region.chunks):
        region_part(&region, i, &part)
        found.append((
            tuple([part.coord[j] for j in range(region.ndim)]),
            tuple([part.lo[j] for j in range(region.ndim)]),
            tuple([part.count[j] for j in range(region.ndim)]),
            bool(part.covers),
        ))
    return found
