"""A selection on a grid of chunks: which chunks, and which part of each.

Along an axis it is a slice, or points that `_points` has grouped by chunk. All arithmetic is
per axis and nothing is allocated, so that chunk number *i* of a selection costs the same in an
array of ten chunks and in one of ten million. Where chunks differ in length (`Runs`), a slice
is cut into one piece for each run of equal ones that it touches, and within a piece the
arithmetic is the same.
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
        if axis.listed:
            continue
        if axis.piece == NULL:
            axis_set(axis)
        if times(&region.chunks, axis.chunks) < 0:
            return -1
    for i in range(region.groups):
        if times(&region.chunks, region.points[i].chunks) < 0:
            return -1
    return 0


cdef inline int times(Py_ssize_t *product, Py_ssize_t n) noexcept nogil:
    if n and product[0] > (<Py_ssize_t>1 << 62) // n:
        return -1
    product[0] *= n
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
    part.covers = part.full = region.spans == 0 and region.groups == 0
    for i in range(region.groups - 1, -1, -1):
        part.group[i] = index % region.points[i].chunks
        index //= region.points[i].chunks
        group_part(region, i, part)
    for i in range(region.ndim - 1, -1, -1):
        axis = &region.axis[i]
        if axis.listed:
            continue
        nth = index % axis.chunks
        index //= axis.chunks
        if axis.piece == NULL:
            skip = axis_part(axis, nth, i, part)
        else:
            skip = piece_part(axis, nth, i, part)
        part.out_offset += skip * axis.out_stride


cdef void group_part(const zc_region *region, int group, zc_part *part) noexcept nogil:
    """Describe, along the axes of a group of points, a chunk that holds some."""
    cdef const zc_points *points = &region.points[group]
    cdef const Py_ssize_t *coord = points.coord + part.group[group] * points.ndim
    cdef const zc_axis *axis
    cdef const zc_run *run
    cdef int i, k
    for k in range(points.ndim):
        i = points.axis[k]
        axis = &region.axis[i]
        part.coord[i], part.lo[i], part.count[i] = coord[k], 0, 0
        part.begin[i], part.chunk[i] = coord[k] * axis.chunk, axis.chunk
        if axis.run != NULL:
            run = run_of(axis.run, axis.runs, coord[k])
            part.begin[i] = run.start + (coord[k] - run.coord) * run.chunk
            part.chunk[i] = run.chunk


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
            if run != NULL and axis.listed:
                axis.run, axis.runs = run, self.runs[i]
            if run == NULL or axis.listed or axis.count == 0:
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


cdef const zc_run *run_of(const zc_run *run, Py_ssize_t runs, Py_ssize_t coord) noexcept nogil:
    """The run that a chunk is of."""
    cdef Py_ssize_t low = 0
    cdef Py_ssize_t high = runs - 1
    cdef Py_ssize_t middle
    while low < high:
        middle = (low + high + 1) // 2
        if run[middle].coord <= coord:
            low = middle
        else:
            high = middle - 1
    return &run[low]


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
    region.ndim, region.groups, region.spans = len(shape), 0, 0
    for j in range(region.ndim):
        region.axis[j].listed = False
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
