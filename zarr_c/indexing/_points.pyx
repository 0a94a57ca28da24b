"""Points along some axes of an array, grouped by the chunks that hold them.

Every point is looked at twice: once to find its chunk, in a hash table of those met so far, and
once to put it behind the other points of that chunk. So a chunk is decoded once however the
points are strewn, points of one chunk keep their order (of two values for one element the last
one stays), and the cost is that of the points, not of the chunks that there are.
"""

from libc.stdint cimport uint64_t
from libc.stdlib cimport calloc, free, malloc, qsort, realloc

from zarr_c.indexing._grid cimport find_run, zc_run

from zarr_c.errors import BoundsCheckError

# A chunk is named by its coordinates, behind which there are those of the inner chunk in its
# shard. A record is the width of its name, the name, the order in which it was met, and its
# number of points.
cdef struct Grouping:
    int ndim, width
    Py_ssize_t n
    const Py_ssize_t *coordinate[ZC_NDIM]
    const zc_axis *axis[ZC_NDIM]
    Py_ssize_t inner[ZC_NDIM]     # length of an inner chunk, 0 where there are no shards
    Py_ssize_t *record
    Py_ssize_t records, room
    uint32_t *table               # numbers of records, from 1; 0 for nothing
    size_t mask
    uint32_t *group               # the record of each point
    Py_ssize_t *within
    # the chunk that was met last
    Py_ssize_t name[2 * ZC_NDIM]
    Py_ssize_t begin[ZC_NDIM]
    Py_ssize_t length[ZC_NDIM]
    uint32_t last


cdef void go_to(Grouping *g, int i, Py_ssize_t element) noexcept nogil:
    """Stand in the chunk that holds an element along one axis."""
    cdef const zc_axis *axis = g.axis[i]
    cdef const zc_run *run
    cdef Py_ssize_t base = 0
    cdef Py_ssize_t coord = 0
    cdef Py_ssize_t chunk = axis.chunk
    if axis.run != NULL:
        run = &axis.run[find_run(axis.run, axis.runs, element)]
        base, coord, chunk = run.start, run.coord, run.chunk
    g.name[i] = (element - base) // chunk
    base += g.name[i] * chunk
    g.name[i] += coord
    if g.inner[i]:
        chunk = g.inner[i]
        g.name[g.ndim + i] = (element - base) // chunk
        base += g.name[g.ndim + i] * chunk
    g.begin[i], g.length[i] = base, chunk


cdef inline uint64_t hash_name(const Py_ssize_t *name, int width) noexcept nogil:
    cdef uint64_t h = 0
    cdef int i
    for i in range(width):
        h = (h ^ <uint64_t>name[i]) * <uint64_t>0x9E3779B97F4A7C15
        h ^= h >> 29
    return h


cdef inline bint same_name(const Py_ssize_t *a, const Py_ssize_t *b, int width) noexcept nogil:
    cdef int i
    for i in range(width):
        if a[i] != b[i]:
            return False
    return True


cdef int grow(Grouping *g) noexcept nogil:
    """Make room for twice as many records; -1 if there is no memory for it."""
    cdef Py_ssize_t size = g.width + 3
    cdef Py_ssize_t room = 2 * g.room + 64
    cdef Py_ssize_t *record
    cdef Py_ssize_t i
    cdef size_t slots = 64
    cdef size_t at
    while slots < <size_t>(2 * room):
        slots *= 2
    if room >= <Py_ssize_t>1 << 31:
        return -1
    record = <Py_ssize_t *>realloc(g.record, room * size * sizeof(Py_ssize_t))
    if record == NULL:
        return -1
    g.record, g.room = record, room
    free(g.table)
    g.table, g.mask = <uint32_t *>calloc(slots, sizeof(uint32_t)), slots - 1
    if g.table == NULL:
        return -1
    for i in range(g.records):
        at = hash_name(record + i * size + 1, g.width) & g.mask
        while g.table[at]:
            at = (at + 1) & g.mask
        g.table[at] = <uint32_t>i + 1
    return 0


cdef int find_record(Grouping *g) noexcept nogil:
    """Set `last` to the record of the chunk in which we stand; -1 without memory."""
    cdef Py_ssize_t size = g.width + 3
    cdef Py_ssize_t *record
    cdef size_t at
    cdef int i
    if g.records == g.room and grow(g) < 0:
        return -1
    at = hash_name(g.name, g.width) & g.mask
    while g.table[at]:
        if same_name(g.record + (g.table[at] - 1) * size + 1, g.name, g.width):
            g.last = g.table[at] - 1
            return 0
        at = (at + 1) & g.mask
    g.last = <uint32_t>g.records
    g.records += 1
    g.table[at] = g.last + 1
    record = g.record + g.last * size
    record[0] = g.width
    for i in range(g.width):
        record[1 + i] = g.name[i]
    record[1 + g.width], record[2 + g.width] = g.last, 0
    return 0


cdef Py_ssize_t find_chunks(Grouping *g) noexcept nogil:
    """Find the chunk of every point; the number of the first that is out of bounds, else -1.

    -2 if there is no memory.
    """
    cdef Py_ssize_t size = g.width + 3
    cdef Py_ssize_t p, c, within
    cdef bint moved
    cdef int i
    for i in range(g.ndim):   # in no chunk
        g.begin[i] = g.length[i] = 0
    for p in range(g.n):
        moved, within = False, 0
        for i in range(g.ndim):
            c = g.coordinate[i][p]
            if c < g.begin[i] or c - g.begin[i] >= g.length[i]:
                if c < 0 or c >= g.axis[i].extent:
                    return p
                go_to(g, i, c)
                moved = True
            within = within * g.length[i] + (c - g.begin[i])
        if moved and find_record(g) < 0:
            return -2
        g.group[p], g.within[p] = g.last, within
        g.record[g.last * size + g.width + 2] += 1
    return -1


cdef int by_name(const void *a, const void *b) noexcept nogil:
    cdef const Py_ssize_t *x = <const Py_ssize_t *>a
    cdef const Py_ssize_t *y = <const Py_ssize_t *>b
    cdef Py_ssize_t i
    for i in range(1, x[0] + 1):
        if x[i] != y[i]:
            return 1 if x[i] > y[i] else -1
    return 0


cdef void sort_records(Grouping *g) noexcept nogil:
    cdef Py_ssize_t size = g.width + 3
    cdef Py_ssize_t i
    for i in range(1, g.records):   # points in order find their chunks in order
        if by_name(g.record + (i - 1) * size, g.record + i * size) > 0:
            qsort(g.record, g.records, size * sizeof(Py_ssize_t), by_name)
            return


cdef void put_points(
    Grouping *g, Py_ssize_t *next, Py_ssize_t *order, Py_ssize_t *within
) noexcept nogil:
    """Put every point behind the others of its chunk; `next` is where, by record as met."""
    cdef Py_ssize_t p, at
    for p in range(g.n):
        at = next[g.group[p]]
        next[g.group[p]] = at + 1
        order[at], within[at] = p, g.within[p]


cdef class PointTable:
    """The memory of points, and what a region needs to know of them."""

    def __dealloc__(self):
        cdef int i
        for i in range(6):
            free(self.block[i])

    cdef Py_ssize_t *room(self, int block, Py_ssize_t numbers) except NULL:
        self.block[block] = <Py_ssize_t *>malloc(max(numbers, 1) * sizeof(Py_ssize_t))
        if self.block[block] == NULL:
            raise MemoryError(f"for a selection of {numbers} points")
        return self.block[block]


cdef int index_records(PointTable self, Grouping *g, Py_ssize_t *next) except -1:
    """Set where the points of each chunk begin; of shards, where the inner chunks do too."""
    cdef Py_ssize_t size = g.width + 3
    cdef int last = g.ndim if g.width > g.ndim else 0   # where the name of the chunk begins
    cdef Py_ssize_t *coord = self.room(0, g.records * g.ndim)
    cdef Py_ssize_t *first = self.room(1, g.records + 1)
    cdef Py_ssize_t *shard_coord = NULL
    cdef Py_ssize_t *shard_first = NULL
    cdef const Py_ssize_t *record
    cdef Py_ssize_t shards = 0
    cdef Py_ssize_t points = 0
    cdef Py_ssize_t i
    cdef int k
    if last:
        shard_coord, shard_first = self.room(2, g.records * g.ndim), self.room(3, g.records + 1)
    for i in range(g.records):
        record = g.record + i * size
        first[i] = next[record[1 + g.width]] = points
        points += record[2 + g.width]
        for k in range(g.ndim):
            coord[i * g.ndim + k] = record[1 + last + k]
        if last and (i == 0 or not same_name(record + 1, record - size + 1, g.ndim)):
            shard_first[shards] = i
            for k in range(g.ndim):
                shard_coord[shards * g.ndim + k] = record[1 + k]
            shards += 1
    first[g.records] = points
    self.points.coord, self.points.first, self.points.chunks = coord, first, g.records
    if last:
        shard_first[shards] = g.records
        self.inner = self.points
        self.points.inner, self.points.chunks = &self.inner, shards
        self.points.coord, self.points.first = shard_coord, shard_first
    return 0


cdef PointTable group_points(
    tuple axes, tuple coordinates, const zc_region *region, const Py_ssize_t *inner_chunk
):
    """Group points by the chunks of a region's axes, or by inner chunks of this length.

    Raises
    ------
    BoundsCheckError
        If a coordinate lies outside its axis.
    """
    cdef PointTable self = PointTable()
    cdef Grouping g
    cdef Py_ssize_t *next = NULL
    cdef Py_ssize_t wrong
    cdef Py_ssize_t *order
    cdef Py_ssize_t *within
    cdef int i
    g.ndim = len(axes)
    g.width = g.ndim if inner_chunk == NULL else 2 * g.ndim
    g.n = len(coordinates[0])
    g.record, g.table, g.records, g.room, g.last = NULL, NULL, 0, 0, 0
    for i in range(g.ndim):
        check_coordinates(coordinates[i], g.n)
        g.coordinate[i] = <const Py_ssize_t *><size_t>(
            coordinates[i].__array_interface__["data"][0])
        g.axis[i] = &region.axis[<int>axes[i]]
        g.inner[i] = 0 if inner_chunk == NULL else inner_chunk[<int>axes[i]]
        self.axis[i] = axes[i]
    self.points.ndim, self.points.axis, self.points.inner = g.ndim, self.axis, NULL
    g.group = <uint32_t *>malloc(max(g.n, 1) * sizeof(uint32_t))
    g.within = <Py_ssize_t *>malloc(max(g.n, 1) * sizeof(Py_ssize_t))
    try:
        if g.group == NULL or g.within == NULL:
            raise MemoryError(f"for a selection of {g.n} points")
        with nogil:
            wrong = find_chunks(&g)
        if wrong == -2:
            raise MemoryError(f"for the chunks of {g.n} points")
        if wrong >= 0:
            raise out_of_bounds(axes, coordinates, region, wrong)
        next = <Py_ssize_t *>malloc(max(g.records, 1) * sizeof(Py_ssize_t))
        if next == NULL:
            raise MemoryError(f"for the chunks of {g.n} points")
        order, within = self.room(4, g.n), self.room(5, g.n)
        self.points.order, self.points.within = order, within
        with nogil:
            sort_records(&g)
        index_records(self, &g, next)
        with nogil:
            put_points(&g, next, order, within)
    finally:
        free(g.record)
        free(g.table)
        free(g.group)
        free(g.within)
        free(next)
    return self


cdef int check_coordinates(along, Py_ssize_t n) except -1:
    """What is read as numbers of C has to be that."""
    if along.dtype != "int64" or along.shape != (n,) or not along.flags.c_contiguous:
        raise TypeError(
            f"coordinates: expected {n} contiguous int64, found {along.shape} of {along.dtype}"
        )
    return 0


cdef object out_of_bounds(
    tuple axes, tuple coordinates, const zc_region *region, Py_ssize_t point
):
    cdef Py_ssize_t extent = 0
    for axis, along in zip(axes, coordinates, strict=True):
        extent = region.axis[<int>axis].extent
        if not 0 <= along[point] < extent:
            break
    return BoundsCheckError(
        f"index {along[point]} is out of bounds for axis {axis} with size {extent}"
    )


def grouped(shape, chunk_shape, coordinates, inner_shape=None):
    """List the chunks that hold points, and which: the door to the kernel for tests.

    Parameters
    ----------
    shape, chunk_shape : tuple of int
        One number per axis.
    coordinates : tuple of numpy.ndarray
        Of each axis, ``int64`` and contiguous.
    inner_shape : tuple of int, optional
        Of inner chunks, where the chunks are shards.

    Returns
    -------
    list of tuple
        ``(chunk coordinates, points, number of each within the chunk)`` of each chunk; where
        there are inner chunks, of these, behind the coordinates of their shard.
    """
    cdef zc_region region
    cdef Py_ssize_t inner[ZC_NDIM]
    cdef PointTable table
    cdef const zc_points *points
    cdef Py_ssize_t shard, i, p
    cdef int k, ndim = len(shape)
    region.ndim = ndim
    for k in range(ndim):
        region.axis[k].extent, region.axis[k].chunk = shape[k], chunk_shape[k]
        region.axis[k].run = NULL
        if inner_shape is not None:
            inner[k] = inner_shape[k]
    table = group_points(tuple(range(ndim)), tuple(coordinates), &region,
                         NULL if inner_shape is None else inner)
    found = []
    for shard in range(table.points.chunks):
        chunks, outer = [shard], ()
        points = &table.points
        if inner_shape is not None:
            chunks = range(points.first[shard], points.first[shard + 1])
            outer = tuple([points.coord[shard * ndim + k] for k in range(ndim)])
            points = points.inner
        for i in chunks:
            coord = tuple([points.coord[i * ndim + k] for k in range(ndim)])
            which = [points.order[p] for p in range(points.first[i], points.first[i + 1])]
            numbers = [points.within[p] for p in range(points.first[i], points.first[i + 1])]
            found.append((outer + coord, which, numbers))
    return found
