"""Strided copies, fills and comparisons of n-dimensional blocks."""

from libc.stddef cimport size_t

cdef enum:
    ZC_NDIM = 64   # as many axes as NumPy allows

cdef void copy_strided(
    char *dst, const Py_ssize_t *dst_strides, const char *src, const Py_ssize_t *src_strides,
    const Py_ssize_t *shape, int ndim, size_t itemsize,
) noexcept nogil
cdef void fill_strided(
    char *dst, const Py_ssize_t *strides, const Py_ssize_t *shape, int ndim,
    const char *item, size_t itemsize,
) noexcept nogil
cdef void fill_items(char *dst, size_t nbytes, const char *item, size_t itemsize) noexcept nogil
cdef bint all_equal(
    const char *data, size_t nbytes, const char *item, size_t itemsize
) noexcept nogil
cdef void swap_words(char *data, size_t nbytes, size_t word) noexcept nogil
