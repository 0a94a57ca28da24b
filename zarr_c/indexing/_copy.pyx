"""Strided copies, fills and comparisons of n-dimensional blocks.

A block is first simplified (axes of one element dropped, axes sorted so that the destination is
walked in memory order, axes that continue each other merged), so that the innermost loop is a
``memcpy`` of the longest contiguous run wherever there is one.
"""

from libc.stdint cimport uint16_t, uint32_t, uint64_t
from libc.string cimport memcmp, memcpy, memset

cdef struct Block:
    int ndim
    Py_ssize_t shape[ZC_NDIM]
    Py_ssize_t dst[ZC_NDIM]
    Py_ssize_t src[ZC_NDIM]

cdef extern from *:
    """
    static inline uint16_t zc_bswap16(uint16_t x) { return __builtin_bswap16(x); }
    static inline uint32_t zc_bswap32(uint32_t x) { return __builtin_bswap32(x); }
    static inline uint64_t zc_bswap64(uint64_t x) { return __builtin_bswap64(x); }
    /* Unaligned loads and stores: user arrays may be packed. */
    #define ZC_MOVE(T) static inline void zc_move_##T(char *d, const char *s) { T x; \
        __builtin_memcpy(&x, s, sizeof x); __builtin_memcpy(d, &x, sizeof x); }
    ZC_MOVE(uint16_t) ZC_MOVE(uint32_t) ZC_MOVE(uint64_t)
    """
    uint16_t zc_bswap16(uint16_t x) nogil
    uint32_t zc_bswap32(uint32_t x) nogil
    uint64_t zc_bswap64(uint64_t x) nogil
    void zc_move_uint16_t(char *d, const char *s) nogil
    void zc_move_uint32_t(char *d, const char *s) nogil
    void zc_move_uint64_t(char *d, const char *s) nogil

# Side of the square tiles in which two axes are exchanged: of 8, 16, 32 and 64, 32 was the
# fastest for 4-byte items in a 128^3 block (see asv_bench/benchmarks/copy_.py).
cdef enum:
    TILE = 32


cdef inline Py_ssize_t magnitude(Py_ssize_t x) noexcept nogil:
    return -x if x < 0 else x


cdef bint simplify(
    Block *block, const Py_ssize_t *dst, const Py_ssize_t *src, const Py_ssize_t *shape,
    int ndim,
) noexcept nogil:
    """Fill `block` with the same copy in fewer, longer axes; False if nothing is to copy."""
    cdef int i, j
    cdef int n = 0
    for i in range(ndim):
        if shape[i] == 0:
            return False
        if shape[i] == 1:
            continue
        j = n
        while j > 0 and magnitude(block.dst[j - 1]) < magnitude(dst[i]):
            block.shape[j] = block.shape[j - 1]
            block.dst[j] = block.dst[j - 1]
            block.src[j] = block.src[j - 1]
            j -= 1
        block.shape[j], block.dst[j], block.src[j] = shape[i], dst[i], src[i]
        n += 1
    j = 0
    for i in range(1, n):
        if (block.dst[j] == block.dst[i] * block.shape[i]
                and block.src[j] == block.src[i] * block.shape[i]):
            block.shape[j] *= block.shape[i]
        else:
            j += 1
            block.shape[j] = block.shape[i]
        block.dst[j], block.src[j] = block.dst[i], block.src[i]
    block.ndim = j + 1 if n else 0
    return True


cdef void copy_row(
    char *dst, Py_ssize_t dst_stride, const char *src, Py_ssize_t src_stride,
    Py_ssize_t n, size_t itemsize,
) noexcept nogil:
    cdef Py_ssize_t i
    if itemsize == 4:
        for i in range(n):
            zc_move_uint32_t(dst + i * dst_stride, src + i * src_stride)
    elif itemsize == 8:
        for i in range(n):
            zc_move_uint64_t(dst + i * dst_stride, src + i * src_stride)
    elif itemsize == 2:
        for i in range(n):
            zc_move_uint16_t(dst + i * dst_stride, src + i * src_stride)
    elif itemsize == 1:
        for i in range(n):
            dst[i * dst_stride] = src[i * src_stride]
    else:
        for i in range(n):
            memcpy(dst + i * dst_stride, src + i * src_stride, itemsize)


cdef void copy_tiled(
    char *dst, const char *src, const Block *block, int a, int b, size_t itemsize
) noexcept nogil:
    """Copy axes `a` and `b` (innermost) in square tiles, so that both sides stay in cache."""
    cdef Py_ssize_t i = 0
    cdef Py_ssize_t j, k
    while i < block.shape[a]:
        j = 0
        while j < block.shape[b]:
            for k in range(i, min(i + TILE, block.shape[a])):
                copy_row(dst + k * block.dst[a] + j * block.dst[b], block.dst[b],
                         src + k * block.src[a] + j * block.src[b], block.src[b],
                         min(<Py_ssize_t>TILE, block.shape[b] - j), itemsize)
            j += TILE
        i += TILE


cdef int tile_axis(const Block *block, size_t itemsize) noexcept nogil:
    """The axis along which the source is contiguous if it is not the innermost one, else -1."""
    cdef int i
    cdef int best = block.ndim - 1
    if magnitude(block.src[best]) <= <Py_ssize_t>itemsize:
        return -1
    for i in range(block.ndim - 1):
        if 0 < magnitude(block.src[i]) < magnitude(block.src[best]):
            best = i
    return best if best != block.ndim - 1 else -1


cdef void copy_block(char *dst, const char *src, Block *block, size_t itemsize) noexcept nogil:
    cdef Py_ssize_t index[ZC_NDIM]
    cdef int last = block.ndim - 1
    cdef int tile = tile_axis(block, itemsize)
    cdef bint run = (block.dst[last] == <Py_ssize_t>itemsize
                     and block.src[last] == <Py_ssize_t>itemsize)
    cdef size_t length = block.shape[last] * itemsize
    cdef int i
    for i in range(last):
        index[i] = 0
    while True:
        if run:
            memcpy(dst, src, length)
        elif tile >= 0:
            copy_tiled(dst, src, block, tile, last, itemsize)
        else:
            copy_row(dst, block.dst[last], src, block.src[last], block.shape[last], itemsize)
        i = last - 1
        while i >= 0:
            if i != tile:
                index[i] += 1
                dst += block.dst[i]
                src += block.src[i]
                if index[i] < block.shape[i]:
                    break
                dst -= block.dst[i] * block.shape[i]
                src -= block.src[i] * block.shape[i]
                index[i] = 0
            i -= 1
        if i < 0:
            return


cdef void copy_strided(
    char *dst, const Py_ssize_t *dst_strides, const char *src, const Py_ssize_t *src_strides,
    const Py_ssize_t *shape, int ndim, size_t itemsize,
) noexcept nogil:
    """Copy a block of `shape` elements of `itemsize` bytes between layouts, given in bytes."""
    cdef Block block
    if not simplify(&block, dst_strides, src_strides, shape, ndim):
        return
    if block.ndim == 0:
        memcpy(dst, src, itemsize)
    else:
        copy_block(dst, src, &block, itemsize)


cdef void fill_items(
    char *dst, size_t nbytes, const char *item, size_t itemsize
) noexcept nogil:
    """Fill contiguous memory with one item, by doubling what is already there."""
    cdef size_t block = itemsize
    cdef size_t done, n
    if nbytes == 0:
        return
    if all_equal(item, itemsize, item, 1):
        memset(dst, item[0], nbytes)
        return
    memcpy(dst, item, itemsize)
    while block < nbytes and block < 16384:   # the source stays in the first-level cache
        n = min(block, nbytes - block)
        memcpy(dst + block, dst, n)
        block += n
    done = block
    while done < nbytes:
        n = min(block, nbytes - done)
        memcpy(dst + done, dst, n)
        done += n


cdef void fill_strided(
    char *dst, const Py_ssize_t *strides, const Py_ssize_t *shape, int ndim,
    const char *item, size_t itemsize,
) noexcept nogil:
    """Set every element of a strided block to one item."""
    cdef Py_ssize_t none[ZC_NDIM]
    cdef Block block
    cdef int last
    memset(none, 0, sizeof(none))
    if not simplify(&block, strides, none, shape, ndim):
        return
    if block.ndim == 0:
        memcpy(dst, item, itemsize)
        return
    last = block.ndim - 1
    if block.dst[last] == <Py_ssize_t>itemsize:
        fill_rows(dst, &block, item, itemsize)
    else:
        copy_block(dst, item, &block, itemsize)


cdef void fill_rows(char *dst, Block *block, const char *item, size_t itemsize) noexcept nogil:
    """Fill a block whose innermost axis is contiguous: a row by doubling, others from it."""
    cdef Block rows = block[0]
    cdef int last = block.ndim - 1
    fill_items(dst, block.shape[last] * itemsize, item, itemsize)
    if last == 0:
        return
    rows.src[last] = itemsize
    copy_block(dst, dst, &rows, itemsize)


cdef bint all_equal(
    const char *data, size_t nbytes, const char *item, size_t itemsize
) noexcept nogil:
    """Whether contiguous memory holds nothing but `item`, compared bit by bit."""
    if nbytes == 0:
        return True
    # The first item decides for most chunks; the rest equals it exactly when the memory equals
    # itself moved by one item.
    if memcmp(data, item, itemsize) != 0:
        return False
    return memcmp(data, data + itemsize, nbytes - itemsize) == 0


cdef void swap_words(char *data, size_t nbytes, size_t word) noexcept nogil:
    """Reverse the bytes of every word of 2, 4 or 8 bytes in place."""
    cdef size_t i = 0
    cdef uint16_t w2
    cdef uint32_t w4
    cdef uint64_t w8
    if word == 2:
        while i < nbytes:
            memcpy(&w2, data + i, 2)
            w2 = zc_bswap16(w2)
            memcpy(data + i, &w2, 2)
            i += 2
    elif word == 4:
        while i < nbytes:
            memcpy(&w4, data + i, 4)
            w4 = zc_bswap32(w4)
            memcpy(data + i, &w4, 4)
            i += 4
    elif word == 8:
        while i < nbytes:
            memcpy(&w8, data + i, 8)
            w8 = zc_bswap64(w8)
            memcpy(data + i, &w8, 8)
            i += 8


def copy_into(dst not None, src not None):
    """Copy an array into another of the same shape and item size, whatever their strides.

    The door to the kernel for tests and benchmarks.

    Parameters
    ----------
    dst, src : numpy.ndarray
        Arrays of equal shape and item size, which may not overlap.

    Raises
    ------
    ValueError
        If the shapes or item sizes differ.
    """
    cdef Py_ssize_t dst_strides[ZC_NDIM]
    cdef Py_ssize_t src_strides[ZC_NDIM]
    cdef Py_ssize_t shape[ZC_NDIM]
    cdef int ndim = dst.ndim
    cdef int i
    cdef size_t itemsize = dst.itemsize
    cdef char *to = <char *><size_t>dst.ctypes.data
    cdef char *start = <char *><size_t>src.ctypes.data
    if dst.shape != src.shape or dst.itemsize != src.itemsize:
        raise ValueError(
            f"src: expected shape {dst.shape} and item size {dst.itemsize}, "
            f"found {src.shape} and {src.itemsize}"
        )
    for i in range(ndim):
        dst_strides[i], src_strides[i], shape[i] = dst.strides[i], src.strides[i], dst.shape[i]
    with nogil:
        copy_strided(to, dst_strides, start, src_strides, shape, ndim, itemsize)


def fill(dst not None, bytes item not None):
    """Set every element of a NumPy array, whatever its strides, to the bytes of one item.

    Raises
    ------
    ValueError
        If `item` has another size than an element.
    """
    cdef Py_ssize_t strides[ZC_NDIM]
    cdef Py_ssize_t shape[ZC_NDIM]
    cdef int ndim = dst.ndim
    cdef int i
    cdef size_t itemsize = dst.itemsize
    cdef char *to = <char *><size_t>dst.ctypes.data
    cdef const char *pattern = item
    if len(item) != dst.itemsize:
        raise ValueError(f"item: expected {dst.itemsize} bytes, found {len(item)}")
    for i in range(ndim):
        strides[i], shape[i] = dst.strides[i], dst.shape[i]
    with nogil:
        fill_strided(to, strides, shape, ndim, pattern, itemsize)
