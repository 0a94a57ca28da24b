"""The chunks that hold points, found and put in order.

Chunks are counted in a table of all that there are, or, where that would be larger than the
list of points, in a hash table of those met so far: the cost is that of the points, not of the
grid. (A million points in 10,240 chunks took 65 ms by the hash table, and by the other, on two
cores, 12.)
"""

from libc.stdint cimport uint64_t
from libc.stdlib cimport calloc, free, malloc, qsort, realloc

from zarr_c._native._pool cimport pool_run
from zarr_c._native._status cimport ZC_ABSENT, ZC_MEMORY, ZC_OK, zc_fail
from zarr_c.indexing._grid cimport find_run

cdef enum:
    SLICE = 50_000   # points that are worth a thread of their own: a millisecond
    SLICES = 16


# ---- along one axis


cdef Py_ssize_t longest_chunk(const zc_axis *axis) noexcept nogil:
    cdef Py_ssize_t longest = axis.chunk
    cdef Py_ssize_t i
    if axis.run != NULL:
        for i in range(axis.runs):
            longest = max(longest, axis.run[i].chunk)
    return longest


cdef void set_lengths(Lengths *lengths, const zc_axis *axis, Py_ssize_t inner) noexcept nogil:
    """How chunks, and inner chunks of a length that is not 0, lie along an axis."""
    cdef const zc_run *last
    lengths.extent, lengths.chunk, lengths.inner = axis.extent, axis.chunk, inner
    lengths.run, lengths.runs, lengths.shift, lengths.inners = axis.run, axis.runs, -1, 1
    lengths.chunks = (axis.extent + axis.chunk - 1) // axis.chunk
    if axis.run != NULL:
        last = &axis.run[axis.runs - 1]
        lengths.chunks = last.coord + (axis.extent - last.start + last.chunk - 1) // last.chunk
    elif axis.chunk & (axis.chunk - 1) == 0:
        lengths.shift = 0
        while <Py_ssize_t>1 << lengths.shift < axis.chunk:
            lengths.shift += 1
    if inner:
        lengths.inners = (longest_chunk(axis) + inner - 1) // inner


cdef inline void locate(const Lengths *lengths, Py_ssize_t c, Place *place) noexcept nogil:
    """Find the chunk, and the inner chunk, that hold an element."""
    cdef const zc_run *run
    place.length, place.inner = lengths.chunk, 0
    if lengths.shift >= 0:
        place.coord, place.rest = c >> lengths.shift, c & (lengths.chunk - 1)
    elif lengths.run == NULL:
        place.coord = c // lengths.chunk
        place.rest = c - place.coord * lengths.chunk
    else:
        run = &lengths.run[find_run(lengths.run, lengths.runs, c)]
        place.coord, place.length = (c - run.start) // run.chunk, run.chunk
        place.rest = c - run.start - place.coord * run.chunk
        place.coord += run.coord
    if lengths.inner:
        place.inner, place.length = place.rest // lengths.inner, lengths.inner
        place.rest -= place.inner * lengths.inner


# ---- in a hash table


cdef void go_to(Grouping *g, int i, Py_ssize_t element) noexcept nogil:
    """Stand in the chunk that holds an element along one axis."""
    cdef Place place
    locate(&g.lengths[i], element, &place)
    g.name[i] = place.coord
    if g.width > g.ndim:
        g.name[g.ndim + i] = place.inner
    g.begin[i], g.length[i] = element - place.rest, place.length


cdef inline uint64_t hash_name(const Py_ssize_t *name, int width) noexcept nogil:
    cdef uint64_t h = 0
    cdef int i
    for i in range(width):
        h = (h ^ <uint64_t>name[i]) * <uint64_t>0x9E3779B97F4A7C15
        h ^= h >> 29
    return h


cdef bint same_name(const Py_ssize_t *a, const Py_ssize_t *b, int width) noexcept nogil:
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
    if room >= <Py_ssize_t>1 << 31:   # numbers of records have 32 bits
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
                if c < 0 or c >= g.lengths[i].extent:
                    return p
                go_to(g, i, c)
                moved = True
            within = within * g.length[i] + (c - g.begin[i])
        if moved and find_record(g) < 0:
            return -2
        g.group[p], g.within[p] = g.last, within
        g.record[g.last * size + g.width + 2] += 1
    return -1


# ---- in a table of all chunks


cdef void count_cells(Grouping *g) noexcept nogil:
    """Count all chunks, unless they are many more than the points."""
    cdef Py_ssize_t most = min(2 * g.n + 1024, <Py_ssize_t>0xffffffff)
    cdef int i
    g.cells = 1
    for i in range(g.ndim):
        if g.lengths[i].chunks > most // g.cells:
            g.cells = 0
            return
        g.cells *= max(g.lengths[i].chunks, 1)
    for i in range(g.ndim):
        if g.lengths[i].inners > most // g.cells:
            g.cells = 0
            return
        g.cells *= g.lengths[i].inners


cdef zc_status find_cells(void *context, Py_ssize_t number, zc_error *err) noexcept nogil:
    """Find the cell of every point of a slice: a job for the pool."""
    cdef Grouping *g = <Grouping *>context
    cdef Py_ssize_t *cells = g.cell + number * g.cells
    cdef const Lengths *lengths
    cdef Py_ssize_t p, c, cell, inner, within
    cdef Place place
    cdef int i
    for p in range(g.n * number // g.slices, g.n * (number + 1) // g.slices):
        cell = inner = within = 0
        for i in range(g.ndim):
            lengths = &g.lengths[i]
            c = g.coordinate[i][p]
            if <size_t>c >= <size_t>lengths.extent:
                return out_of_bounds(err, p)
            locate(lengths, c, &place)
            cell = cell * lengths.chunks + place.coord
            inner = inner * lengths.inners + place.inner
            within = within * place.length + place.rest
        if g.width > g.ndim:
            for i in range(g.ndim):
                cell *= g.lengths[i].inners
            cell += inner
        g.group[p], g.within[p] = <uint32_t>cell, within
        cells[cell] += 1
    return ZC_OK


cdef void add_slices(Grouping *g, Py_ssize_t *total) noexcept nogil:
    """Add up what the slices have of each cell."""
    cdef Py_ssize_t cell
    cdef int i
    for cell in range(g.cells):
        total[cell] = 0
        for i in range(g.slices):
            total[cell] += g.cell[i * g.cells + cell]


cdef int list_cells(Grouping *g) noexcept nogil:
    """Make a record of each chunk that holds points; -1 if there is no memory for them."""
    cdef Py_ssize_t size = g.width + 3
    cdef Py_ssize_t *total = <Py_ssize_t *>malloc(g.cells * sizeof(Py_ssize_t))
    cdef Py_ssize_t *record
    cdef Py_ssize_t cell
    if total == NULL:
        return -1
    add_slices(g, total)
    for cell in range(g.cells):
        g.records += total[cell] != 0
    record = g.record = <Py_ssize_t *>malloc(max(g.records, 1) * size * sizeof(Py_ssize_t))
    if record != NULL:
        for cell in range(g.cells):
            if total[cell]:
                set_record(g, cell, total[cell], record)
                record += size
    free(total)
    return -1 if g.record == NULL else 0


cdef void set_record(
    const Grouping *g, Py_ssize_t cell, Py_ssize_t count, Py_ssize_t *record
) noexcept nogil:
    cdef Py_ssize_t rest = cell
    cdef int i
    record[0], record[1 + g.width], record[2 + g.width] = g.width, cell, count
    for i in range(g.width - 1, g.ndim - 1, -1):
        record[1 + i] = rest % g.lengths[i - g.ndim].inners
        rest //= g.lengths[i - g.ndim].inners
    for i in range(g.ndim - 1, -1, -1):
        record[1 + i] = rest % g.lengths[i].chunks
        rest //= g.lengths[i].chunks


# ---- in order


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


cdef zc_status find_groups(Grouping *g, int threads, zc_error *err) noexcept nogil:
    """Find the chunks, in order; ZC_ABSENT for a point that is out of bounds."""
    cdef Py_ssize_t found
    g.slices = 1
    count_cells(g)
    if g.cells == 0:
        found = find_chunks(g)
        if found < -1:
            return no_memory(err)
        if found >= 0:
            return out_of_bounds(err, found)
        sort_records(g)
        g.cells = g.records
        g.cell = <Py_ssize_t *>calloc(max(g.records, 1), sizeof(Py_ssize_t))
        return ZC_OK if g.cell != NULL else no_memory(err)
    g.slices = <int>max(1, min(threads, SLICES, g.n // SLICE, (2 * g.n + 1024) // g.cells))
    g.cell = <Py_ssize_t *>calloc(g.slices * g.cells, sizeof(Py_ssize_t))
    if g.cell == NULL:
        return no_memory(err)
    if pool_run(find_cells, g, g.slices, threads, err) != ZC_OK:
        return err.code
    return ZC_OK if list_cells(g) == 0 else no_memory(err)


cdef zc_status out_of_bounds(zc_error *err, Py_ssize_t point) noexcept nogil:
    return zc_fail(err, ZC_ABSENT, "a point is out of bounds", point, -1)


cdef zc_status no_memory(zc_error *err) noexcept nogil:
    return zc_fail(err, ZC_MEMORY, "out of memory for the chunks of points", -1, -1)


cdef zc_status put_slice(void *context, Py_ssize_t number, zc_error *err) noexcept nogil:
    """Put the points of a slice behind the others of their chunks: a job for the pool."""
    cdef Grouping *g = <Grouping *>context
    cdef Py_ssize_t *next = g.cell + number * g.cells
    cdef Py_ssize_t p, at
    for p in range(g.n * number // g.slices, g.n * (number + 1) // g.slices):
        at = next[g.group[p]]
        next[g.group[p]] = at + 1
        g.order[at], g.sorted_within[at] = p, g.within[p]
    return ZC_OK


cdef zc_status put_points(
    Grouping *g, const Py_ssize_t *first, int threads, zc_error *err
) noexcept nogil:
    """Put all points in order; those of record number i begin at ``first[i]``."""
    cdef Py_ssize_t size = g.width + 3
    cdef Py_ssize_t i, at, count
    cdef Py_ssize_t *next
    for i in range(g.records):
        at, next = first[i], g.cell + g.record[i * size + 1 + g.width]
        for _ in range(g.slices):
            count, next[0] = next[0], at
            at += count
            next += g.cells
    return pool_run(put_slice, g, g.slices, threads, err)
