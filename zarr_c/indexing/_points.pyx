"""Points along some axes of an array, grouped by the chunks that hold them.

Every point is looked at twice: once to find its chunk (`_grouping`), and once to put it behind
the other points of that chunk. So a chunk is decoded once however the points are strewn, and
points of one chunk keep their order: of two values for one element the last one stays.
"""

from libc.stdlib cimport free

from zarr_c._native._memory cimport zc_reserve
from zarr_c._native._status cimport (
    ZC_ABSENT, ZC_OK, raise_status, zc_error, zc_error_clear, zc_status,
)
from zarr_c.indexing._grouping cimport (
    Grouping, find_groups, put_points, same_name, set_lengths,
)

from zarr_c.errors import BoundsCheckError


cdef class PointTable:
    """The memory of points, and what a region needs to know of them."""

    def __dealloc__(self):
        cdef int i
        for i in range(8):
            free(self.block[i].data)

    cdef void *room(self, int block, Py_ssize_t nbytes) except NULL:
        """Memory that lives as long as this; of huge pages, where it is large."""
        cdef zc_error err
        zc_error_clear(&err)
        if zc_reserve(&self.block[block], max(nbytes, 1), &err) != ZC_OK:
            raise MemoryError(f"{nbytes} bytes for a selection of points")
        return self.block[block].data

    cdef Py_ssize_t *numbers(self, int block, Py_ssize_t n) except NULL:
        return <Py_ssize_t *>self.room(block, n * sizeof(Py_ssize_t))

    cdef int forget(self, int block) noexcept:
        free(self.block[block].data)
        self.block[block].data, self.block[block].capacity = NULL, 0
        return 0


cdef const Py_ssize_t *index_records(PointTable self, Grouping *g) except NULL:
    """Set where the points of each chunk begin, which is returned; of shards, their chunks."""
    cdef Py_ssize_t size = g.width + 3
    cdef int last = g.ndim if g.width > g.ndim else 0   # where the name of the chunk begins
    cdef Py_ssize_t *coord = self.numbers(0, g.records * g.ndim)
    cdef Py_ssize_t *first = self.numbers(1, g.records + 1)
    cdef Py_ssize_t *shard_coord = NULL
    cdef Py_ssize_t *shard_first = NULL
    cdef const Py_ssize_t *record
    cdef Py_ssize_t shards = 0
    cdef Py_ssize_t points = 0
    cdef Py_ssize_t i
    cdef int k
    if last:
        shard_coord = self.numbers(2, g.records * g.ndim)
        shard_first = self.numbers(3, g.records + 1)
    for i in range(g.records):
        record = g.record + i * size
        first[i] = points
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
    return first


cdef PointTable group_points(
    tuple axes, tuple coordinates, const zc_region *region, const Py_ssize_t *inner_chunk,
    int threads,
):
    """Group points by the chunks of a region's axes, or by inner chunks of this length.

    Raises
    ------
    BoundsCheckError
        If a coordinate lies outside its axis.
    """
    cdef PointTable self = PointTable()
    cdef Grouping g
    cdef const Py_ssize_t *first
    cdef zc_status status
    cdef zc_error err
    cdef int i, axis
    zc_error_clear(&err)
    g.ndim = len(axes)
    g.width = g.ndim if inner_chunk == NULL else 2 * g.ndim
    g.n = len(coordinates[0])
    g.record, g.table, g.cell, g.records, g.room, g.last = NULL, NULL, NULL, 0, 0, 0
    for i in range(g.ndim):
        check_coordinates(coordinates[i], g.n)
        g.coordinate[i] = <const Py_ssize_t *><size_t>(
            coordinates[i].__array_interface__["data"][0])
        axis = self.axis[i] = axes[i]
        set_lengths(&g.lengths[i], &region.axis[axis],
                    0 if inner_chunk == NULL else inner_chunk[axis])
    self.points.ndim, self.points.axis, self.points.inner = g.ndim, self.axis, NULL
    g.group = <uint32_t *>self.room(6, g.n * sizeof(uint32_t))
    g.within = self.numbers(7, g.n)
    g.order, g.sorted_within = self.numbers(4, g.n), self.numbers(5, g.n)
    self.points.order, self.points.within = g.order, g.sorted_within
    try:
        with nogil:
            status = find_groups(&g, threads, &err)
        if status == ZC_ABSENT:
            raise out_of_bounds(axes, coordinates, region, err.expected)
        if status == ZC_OK:
            first = index_records(self, &g)
            with nogil:
                status = put_points(&g, first, threads, &err)
        if status != ZC_OK:
            raise_status(&err)
    finally:
        free(g.record)
        free(g.table)
        free(g.cell)
    self.forget(6)
    self.forget(7)
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


def grouped(shape, chunk_shape, coordinates, inner_shape=None, int threads=1):
    """List the chunks that hold points, and which: the door to the kernel for tests.

    Parameters
    ----------
    shape, chunk_shape : tuple of int
        One number per axis.
    coordinates : tuple of numpy.ndarray
        Of each axis, ``int64`` and contiguous.
    inner_shape : tuple of int, optional
        Of inner chunks, where the chunks are shards.
    threads : int, default 1
        Most threads to use.

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
                         NULL if inner_shape is None else inner, threads)
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
