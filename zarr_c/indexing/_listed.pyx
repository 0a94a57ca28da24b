"""Copies between a decoded chunk and the caller's array where points are listed.

A block is a product of strided axes and of lists of points, walked in the order in which the
chunk has them in memory. What is strided at its end is one strided copy; a list at its end is a
loop over single elements.
"""

from libc.string cimport memcpy

from zarr_c._native._status cimport ZC_OK
from zarr_c.indexing._copy cimport copy_strided
from zarr_c.indexing._elements cimport (
    ZC_BYTES, ZC_OBJECT, ZC_PLAIN, slots_in, slots_measure, slots_out,
)
from zarr_c.indexing._grid cimport zc_points

cdef extern from *:
    """
    /* Elements of users' arrays may lie anywhere, hence memcpy. */
    #define ZC_ROW(T) \
        static inline void zc_row_##T(char *dst, const Py_ssize_t *to, Py_ssize_t by, \
                                      const char *src, const Py_ssize_t *from, \
                                      Py_ssize_t each, Py_ssize_t n) { \
            for (Py_ssize_t i = 0; i < n; i++) { \
                T x; \
                memcpy(&x, src + from[i] * each, sizeof x); \
                memcpy(dst + to[i] * by, &x, sizeof x); \
            } \
        }
    ZC_ROW(uint8_t) ZC_ROW(uint16_t) ZC_ROW(uint32_t) ZC_ROW(uint64_t)
    """
    void zc_row_uint8_t(char *dst, const Py_ssize_t *to, Py_ssize_t by, const char *src,
                        const Py_ssize_t *source, Py_ssize_t each, Py_ssize_t n) nogil
    void zc_row_uint16_t(char *dst, const Py_ssize_t *to, Py_ssize_t by, const char *src,
                         const Py_ssize_t *source, Py_ssize_t each, Py_ssize_t n) nogil
    void zc_row_uint32_t(char *dst, const Py_ssize_t *to, Py_ssize_t by, const char *src,
                         const Py_ssize_t *source, Py_ssize_t each, Py_ssize_t n) nogil
    void zc_row_uint64_t(char *dst, const Py_ssize_t *to, Py_ssize_t by, const char *src,
                         const Py_ssize_t *source, Py_ssize_t each, Py_ssize_t n) nogil


# ---- blocks


cdef void set_points(
    const zc_points *points, Py_ssize_t chunk, const Py_ssize_t *extent,
    const Py_ssize_t *stride, zc_dim *dim,
) noexcept nogil:
    """The axis of a block for what one chunk, or one shard, holds of a group of points."""
    cdef int last = points.axis[points.ndim - 1]
    cdef Py_ssize_t first = points.first[chunk]
    cdef Py_ssize_t stop = points.first[chunk + 1]
    cdef int i
    if points.inner != NULL:
        first, stop = points.inner.first[first], points.inner.first[stop]
    dim.count, dim.order, dim.within = stop - first, points.order + first, points.within + first
    dim.stored, dim.out = stride[last], points.out_stride
    dim.ndim, dim.axis, dim.extent, dim.stride = 1, points.axis, extent, stride
    for i in range(points.ndim - 1):
        if stride[points.axis[i]] != stride[points.axis[i + 1]] * extent[points.axis[i + 1]]:
            dim.ndim = points.ndim


cdef Py_ssize_t stored_offset(const zc_dim *dim, Py_ssize_t k) noexcept nogil:
    """Bytes from the beginning of a chunk to a point."""
    cdef Py_ssize_t within, offset
    cdef int i, axis
    if dim.within == NULL:
        return k * dim.stored
    within = dim.within[k]
    if dim.ndim == 1:
        return within * dim.stored
    offset = 0
    for i in range(dim.ndim - 1, -1, -1):
        axis = dim.axis[i]
        offset += within % dim.extent[axis] * dim.stride[axis]
        within //= dim.extent[axis]
    return offset


cdef Py_ssize_t out_offset(const zc_dim *dim, Py_ssize_t k) noexcept nogil:
    return (k if dim.order == NULL else dim.order[k]) * dim.out


cdef void list_bounds(
    const zc_region *region, const zc_part *part, const Py_ssize_t *extent,
    const Py_ssize_t *stride, size_t *start, size_t *stop,
) noexcept nogil:
    """Add what points add to the first and the last byte that is selected of a chunk."""
    cdef Py_ssize_t low, high, offset, k
    cdef zc_dim dim
    cdef int i
    for i in range(region.groups):
        set_points(&region.points[i], part.group[i], extent, stride, &dim)
        low = high = stored_offset(&dim, 0)
        for k in range(1, dim.count):
            offset = stored_offset(&dim, k)
            low, high = min(low, offset), max(high, offset)
        start[0] += low
        stop[0] += high


cdef void put_dim(zc_block *block, const zc_dim *dim) noexcept nogil:
    """Insert an axis behind those with longer strides."""
    cdef int j = block.ndim
    while j > 0 and block.dim[j - 1].stored < dim.stored:
        block.dim[j] = block.dim[j - 1]
        j -= 1
    block.dim[j] = dim[0]
    block.ndim += 1


cdef void set_block(
    const zc_region *region, const zc_part *part, const Py_ssize_t *extent,
    const Py_ssize_t *stride, size_t itemsize, int ndim, const Py_ssize_t *shape,
    const Py_ssize_t *stored, const Py_ssize_t *out, zc_block *block,
) noexcept nogil:
    """The block of a part: its points, and `ndim` strided axes.

    `extent` and `stride` are those of the chunk, along each axis of the array.
    """
    cdef zc_dim dim
    cdef int i
    block.kind, block.descr, block.ndim, block.memory = region.kind, region.descr, 0, NULL
    block.total = 0
    block.spans, block.span = region.spans, region.span
    if region.spans == 0:
        block.spans, block.span = 1, &block.whole
        block.whole.stored, block.whole.out, block.whole.nbytes = 0, 0, itemsize
    dim.order, dim.within, dim.ndim = NULL, NULL, 1
    for i in range(ndim):
        dim.count, dim.stored, dim.out = shape[i], stored[i], out[i]
        put_dim(block, &dim)
    for i in range(region.groups):
        set_points(&region.points[i], part.group[i], extent, stride, &dim)
        put_dim(block, &dim)
    block.leaf = block.ndim
    while block.leaf > 0 and block.dim[block.leaf - 1].within == NULL:
        block.leaf -= 1
    for i in range(block.leaf, block.ndim):
        block.shape[i - block.leaf] = block.dim[i].count
        block.stored[i - block.leaf] = block.dim[i].stored
        block.out[i - block.leaf] = block.dim[i].out


cdef void stand_still(zc_block *block) noexcept nogil:
    """Take one element for all those of the chunk."""
    cdef int i
    for i in range(block.ndim):
        block.dim[i].stored, block.dim[i].ndim, block.stored[i] = 0, 1, 0


# ---- copies


cdef void copy_row(const zc_dim *dim, char *dst, const Py_ssize_t *to, Py_ssize_t by,
                   const char *src, const Py_ssize_t *source, Py_ssize_t each,
                   size_t nbytes) noexcept nogil:
    """Copy single elements, between numbers times a stride on both sides."""
    cdef Py_ssize_t k
    if nbytes == 4:
        zc_row_uint32_t(dst, to, by, src, source, each, dim.count)
    elif nbytes == 8:
        zc_row_uint64_t(dst, to, by, src, source, each, dim.count)
    elif nbytes == 2:
        zc_row_uint16_t(dst, to, by, src, source, each, dim.count)
    elif nbytes == 1:
        zc_row_uint8_t(dst, to, by, src, source, each, dim.count)
    else:
        for k in range(dim.count):
            memcpy(dst + to[k] * by, src + source[k] * each, nbytes)


cdef zc_status copy_leaf(
    zc_block *block, char *chunk, char *out, zc_error *err
) noexcept nogil:
    """Copy what is strided at the end of a block."""
    cdef int ndim = block.ndim - block.leaf
    cdef const zc_span *span
    cdef int i
    if block.kind != ZC_PLAIN:
        if block.direction == ZC_OUT:
            return slots_out(block.kind, block.descr, out, block.out, chunk, block.stored,
                             block.shape, ndim, err)
        if block.direction == ZC_IN:
            return slots_in(block.kind, block.descr, chunk, block.stored, out, block.out,
                            block.shape, ndim, block.memory, err)
        return slots_measure(block.kind, block.descr, out, block.out, block.shape, ndim,
                             &block.total, err)
    for i in range(block.spans):
        span = &block.span[i]
        if block.direction == ZC_OUT:
            copy_strided(out + span.out, block.out, chunk + span.stored, block.stored,
                         block.shape, ndim, span.nbytes)
        else:
            copy_strided(chunk + span.stored, block.stored, out + span.out, block.out,
                         block.shape, ndim, span.nbytes)
    return ZC_OK


cdef void copy_points(
    zc_block *block, const zc_dim *dim, char *chunk, char *out
) noexcept nogil:
    """Copy a list at the end of a block, of elements that need only a stride."""
    cdef const zc_span *span
    cdef int i
    for i in range(block.spans):
        span = &block.span[i]
        if block.direction == ZC_OUT:
            copy_row(dim, out + span.out, dim.order, dim.out, chunk + span.stored, dim.within,
                     dim.stored, span.nbytes)
        else:
            copy_row(dim, chunk + span.stored, dim.within, dim.stored, out + span.out,
                     dim.order, dim.out, span.nbytes)


cdef zc_status walk(
    zc_block *block, int depth, char *chunk, char *out, zc_error *err
) noexcept nogil:
    cdef const zc_dim *dim = &block.dim[depth]
    cdef Py_ssize_t k
    if depth == block.leaf:
        return copy_leaf(block, chunk, out, err)
    if depth == block.ndim - 1 and block.kind == ZC_PLAIN and dim.ndim == 1:
        copy_points(block, dim, chunk, out)
        return ZC_OK
    for k in range(dim.count):
        if walk(block, depth + 1, chunk + stored_offset(dim, k), out + out_offset(dim, k),
                err) != ZC_OK:
            return err.code
    return ZC_OK


cdef zc_status copy_listed(
    zc_block *block, char *chunk, char *out, zc_error *err
) noexcept nogil:
    """Copy a block; `chunk` and `out` are where its offsets begin."""
    if block.kind == ZC_OBJECT or block.kind == ZC_BYTES:
        with gil:   # once, not for every element
            return walk(block, 0, chunk, out, err)
    return walk(block, 0, chunk, out, err)
