"""Selections bound to a plan and to the caller's array: regions, of objects and in a shard."""

from cpython.bytearray cimport PyByteArray_AS_STRING

from zarr_c.indexing._grid cimport region_set, zc_axis, zc_points, zc_span
from zarr_c.indexing._points cimport PointTable, group_points

from zarr_c.errors import ArrayIndexError


cdef void bind_axis(
    const zc_plan *plan, zc_region *region, int i, Py_ssize_t start, Py_ssize_t step,
    Py_ssize_t count, Py_ssize_t stride, char **base,
) noexcept nogil:
    """Bind a slice to the caller's array, in which its elements are `stride` bytes apart.

    A negative step becomes a positive one from the low end, with the array walked backwards.
    """
    cdef zc_axis *axis = &region.axis[i]
    axis.chunk, axis.extent = plan.chunk[i], plan.shape[i]
    if plan.shard != NULL:
        axis.chunk *= plan.shard.count[i]
    axis.piece, axis.run, axis.listed = NULL, NULL, False
    axis.start, axis.step, axis.count, axis.out_stride = start, step, count, stride
    if step < 0:
        base[0] += (count - 1) * stride
        axis.start, axis.step, axis.out_stride = start + (count - 1) * step, -step, -stride


cdef int begin_region(
    const zc_plan *plan, object array, zc_region *region, char **base
) except -1:
    base[0] = <char *><size_t>array.__array_interface__["data"][0]
    region.ndim, region.kind, region.descr = plan.ndim, plan.kind, <void *>array.dtype
    region.groups, region.spans = 0, 0
    return 0


cdef list plan_region(
    Plan self, const zc_basic *basic, object array, zc_region *region, char **base
):
    """Bind a selection to the caller's array, whose axes are those that were not dropped.

    The region is of objects: of shards where there are any. `base` is set to the element of the
    array that holds the region's first. What is returned lives as long as the region is used.
    """
    cdef const zc_plan *plan = &self.c
    cdef Py_ssize_t stride
    cdef int i
    cdef int axis = 0
    cdef tuple strides = array.strides
    cdef list owners = None
    begin_region(plan, array, region, base)
    for i in range(plan.ndim):
        stride = 0
        if not basic.dropped[i]:
            stride = strides[axis]
            axis += 1
        bind_axis(plan, region, i, basic.start[i], basic.step[i], basic.count[i], stride, base)
    if self.runs is not None:
        owners = self.runs.cut(region)
    return counted(region, owners)


cdef list counted(zc_region *region, list owners):
    if region_set(region) < 0:
        raise ArrayIndexError("the selection touches more chunks than an address can count")
    return owners


cdef list plan_selection(
    Plan self, object selection, object array, list spans, int threads, zc_region *region,
    char **base,
):
    """`plan_region` of a `Selection`, bound to an array of its flat shape.

    `spans` are those of fields, as (first byte in an element, first byte in one of the array,
    number of bytes); none for whole elements.
    """
    cdef const zc_plan *plan = &self.c
    cdef const Py_ssize_t *inner_chunk = self.c.chunk if plan.shard != NULL else NULL
    cdef list owners = []
    cdef PointTable table
    cdef int i
    strides = dict(zip(selection.axes, array.strides, strict=True))
    begin_region(plan, array, region, base)
    for i, found in enumerate(selection.slices):
        start, step, count = (0, 1, 0) if found is None else found
        bind_axis(plan, region, i, start, step, count, strides.get(i, 0), base)
        region.axis[i].listed = found is None
    if self.runs is not None:
        owners = self.runs.cut(region)
    for i, group in enumerate(selection.points):
        table = group_points(group.axes, group.coordinates, region, inner_chunk, threads)
        region.points[i] = table.points
        region.points[i].out_stride = strides[~i]
        region.groups += 1
        owners.append(table)
    if spans:
        owners.append(bind_spans(spans, region))
    return counted(region, owners)


cdef bytearray bind_spans(list spans, zc_region *region):
    cdef bytearray memory = bytearray(len(spans) * sizeof(zc_span))
    cdef zc_span *span = <zc_span *>PyByteArray_AS_STRING(memory)
    cdef int i
    for i, (stored, out, nbytes) in enumerate(spans):
        span[i].stored, span[i].out, span[i].nbytes = stored, out, nbytes
    region.span, region.spans = span, len(spans)
    return memory


cdef int shard_region(
    const zc_plan *plan, const zc_region *objects, const zc_part *part, zc_region *region,
) noexcept nogil:
    """The region of inner chunks that lies in one shard, as if the array began with it.

    Its base is at the part's offset.
    """
    cdef const zc_axis *axis
    cdef int i
    region.ndim, region.kind, region.descr = plan.ndim, objects.kind, objects.descr
    region.groups, region.spans, region.span = objects.groups, objects.spans, objects.span
    for i in range(objects.groups):
        shard_points(&objects.points[i], part.group[i], &region.points[i])
    for i in range(plan.ndim):
        axis = &objects.axis[i]
        region.axis[i] = axis[0]
        region.axis[i].piece, region.axis[i].run = NULL, NULL
        region.axis[i].start, region.axis[i].count = part.lo[i], part.count[i]
        region.axis[i].chunk = plan.chunk[i]
        region.axis[i].extent = axis.extent - part.begin[i]
    return region_set(region)


cdef void shard_points(
    const zc_points *objects, Py_ssize_t shard, zc_points *points
) noexcept nogil:
    """Points of the inner chunks of one shard."""
    cdef Py_ssize_t first = objects.first[shard]
    points[0] = objects.inner[0]
    points.chunks = objects.first[shard + 1] - first
    points.coord += first * points.ndim
    points.first += first
    points.out_stride = objects.out_stride


cdef size_t shard_number(const zc_shard *shard, const Py_ssize_t *chunk) noexcept nogil:
    """Number in the index of the inner chunk at some coordinates within its shard."""
    cdef size_t entry = 0
    cdef int i
    for i in range(shard.ndim):
        entry += chunk[i] * shard.step[i]
    return entry
