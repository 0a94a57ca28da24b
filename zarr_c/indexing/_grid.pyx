"""A basic selection on a grid of chunks: which chunks, and which part of each.

All arithmetic is per axis and nothing is allocated, so that chunk number *i* of a selection
costs the same in an array of ten chunks and in one of ten million. Where chunks differ in
length (`Runs`), a selection is cut into one piece for each run of equal ones that it touches,
and within a piece the arithmetic is the same.
"""

from cpython.bytearray cimport PyByteArray_AS_STRING


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

    An axis that has been cut is counted already. Returns -1 when the number does not fit an
    address.
    """
    cdef zc_axis *axis
    cdef int i
    region.chunks = 1
    for i in range(region.ndim):
        axis = &region.axis[i]
        if axis.piece == NULL:
            axis_set(axis)
        if axis.chunks and region.chunks > (<Py_ssize_t>1 << 62) // axis.chunks:
            return -1
        region.chunks *= axis.chunks
    return 0


cdef inline Py_ssize_t axis_part(
    const zc_axis *axis, Py_ssize_t nth, int i, zc_part *part
) noexcept nogil:
    """Describe the nth touched chunk along axis `i`; returns the selected elements before."""
    cdef Py_ssize_t begin, skip, inside
    if axis.step > axis.chunk:
        part.coord[i] = (axis.start + nth * axis.step) // axis.chunk
    else:
        part.coord[i] = axis.first + nth
    begin = part.begin[i] = part.coord[i] * axis.chunk
    skip = 0 if begin <= axis.start else (begin - axis.start + axis.step - 1) // axis.step
    part.lo[i] = axis.start + skip * axis.step - begin
    part.count[i] = min(axis.count - skip, (axis.chunk - 1 - part.lo[i]) // axis.step + 1)
    part.chunk[i] = axis.chunk
    inside = min(axis.chunk, axis.extent - begin)
    if part.count[i] != inside:
        part.covers = False
    if part.count[i] != axis.chunk:
        part.full = False
    return skip


cdef Py_ssize_t piece_part(
    const zc_axis *axis, Py_ssize_t nth, int i, zc_part *part
) noexcept nogil:
    """`axis_part` of an axis that has been cut."""
    cdef const zc_piece *piece
    cdef Py_ssize_t low = 0
    cdef Py_ssize_t high = axis.pieces - 1
    cdef Py_ssize_t middle, skip
    while low < high:   # the last piece that does not begin after the part
        middle = (low + high + 1) // 2
        if axis.piece[middle].parts <= nth:
            low = middle
        else:
            high = middle - 1
    piece = &axis.piece[low]
    skip = axis_part(&piece.axis, nth - piece.parts, i, part)
    part.coord[i] += piece.coord
    part.begin[i] += piece.begin
    return piece.elements + skip


cdef void region_part(const zc_region *region, Py_ssize_t index, zc_part *part) noexcept nogil:
    """Describe what chunk number `index` (in C order) of a region has to do with it."""
    cdef const zc_axis *axis
    cdef Py_ssize_t nth, skip
    cdef int i
    part.out_offset = 0
    part.covers = part.full = True
    for i in range(region.ndim - 1, -1, -1):
        axis = &region.axis[i]
        nth = index % axis.chunks
        index //= axis.chunks
        if axis.piece == NULL:
            skip = axis_part(axis, nth, i, part)
        else:
            skip = piece_part(axis, nth, i, part)
        part.out_offset += skip * axis.out_stride


# ---- chunks that differ in length


cdef class Runs:
    """Lengths of chunks along axes on which they differ.

    Parameters
    ----------
    axes : iterable of (list of (int, int) or None)
        For each axis the length of the chunks in each run and their number; None where all
        have one length.
    """

    def __cinit__(self, axes):
        cdef zc_run *run
        cdef bytearray memory
        cdef Py_ssize_t i, k
        axes = list(axes)
        if len(axes) > ZC_NDIM:
            raise ValueError(f"axes: expected at most {ZC_NDIM}, found {len(axes)}")
        self.memory = []
        for i, runs in enumerate(axes):
            self.run[i], self.runs[i] = NULL, 0
            if runs is None:
                continue
            memory = bytearray(len(runs) * sizeof(zc_run))
            self.memory.append(memory)
            run = <zc_run *>PyByteArray_AS_STRING(memory)
            start = coord = 0
            for k, (length, count) in enumerate(runs):
                run[k].start, run[k].chunk, run[k].coord = start, length, coord
                start, coord = start + length * count, coord + count
            self.run[i], self.runs[i] = run, len(runs)

    cdef list cut(self, zc_region *region):
        """Cut the axes of a region; what is returned has to live as long as it is used."""
        cdef const zc_run *run
        cdef zc_axis *axis
        cdef Py_ssize_t first, last
        cdef bytearray memory
        cdef list owners = []
        cdef int i
        for i in range(region.ndim):
            axis, run = &region.axis[i], self.run[i]
            if run == NULL or axis.count == 0:
                continue
            first = find_run(run, self.runs[i], axis.start)
            last = find_run(run, self.runs[i], axis.start + (axis.count - 1) * axis.step)
            memory = bytearray((last - first + 1) * sizeof(zc_piece))
            owners.append(memory)
            cut_axis(axis, run + first, last - first + 1,
                     <zc_piece *>PyByteArray_AS_STRING(memory))
        return owners


cdef Py_ssize_t find_run(const zc_run *run, Py_ssize_t runs, Py_ssize_t element) noexcept nogil:
    """The run that holds an element."""
    cdef Py_ssize_t low = 0
    cdef Py_ssize_t high = runs - 1
    cdef Py_ssize_t middle
    while low < high:
        middle = (low + high + 1) // 2
        if run[middle].start <= element:
            low = middle
        else:
            high = middle - 1
    return low


cdef void cut_axis(
    zc_axis *axis, const zc_run *run, Py_ssize_t runs, zc_piece *piece
) noexcept nogil:
    """Cut a selection that begins in the first and ends in the last of these runs."""
    cdef Py_ssize_t element = axis.start
    cdef Py_ssize_t elements = 0
    cdef Py_ssize_t parts = 0
    cdef Py_ssize_t left = axis.count
    cdef Py_ssize_t i
    cdef zc_piece *p
    axis.piece, axis.pieces = piece, 0
    for i in range(runs):
        if i + 1 < runs and run[i + 1].start <= element:   # a long step leaves runs out
            continue
        p = &piece[axis.pieces]
        axis.pieces += 1
        p.coord, p.begin, p.parts, p.elements = run[i].coord, run[i].start, parts, elements
        p.axis = axis[0]
        p.axis.piece = NULL
        p.axis.start, p.axis.chunk = element - run[i].start, run[i].chunk
        p.axis.extent, p.axis.count = axis.extent - run[i].start, left
        if i + 1 < runs:
            p.axis.count = min(left, (run[i + 1].start - 1 - element) // axis.step + 1)
        axis_set(&p.axis)
        parts += p.axis.chunks
        elements += p.axis.count
        left -= p.axis.count
        if left:
            element += p.axis.count * axis.step
    axis.chunks = parts


def parts(shape, chunk_shape, starts, steps, counts, runs=None):
    """List what each chunk of a region has to do with it: the door to the kernel for tests.

    Parameters
    ----------
    shape, chunk_shape, starts, steps, counts : tuple of int
        One number per axis; steps are at least 1.
    runs : iterable, optional
        What `Runs` takes, where chunks differ in length.

    Returns
    -------
    list of tuple
        ``(chunk coordinates, first element in the chunk, number of elements, covers, first
        element of the chunk, shape of the chunk)`` of each.
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
        region.axis[j].piece = NULL
    owners = None if runs is None else Runs(runs).cut(&region)
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
            tuple([part.begin[j] for j in range(region.ndim)]),
            tuple([part.chunk[j] for j in range(region.ndim)]),
        ))
    del owners
    return found
