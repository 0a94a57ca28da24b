"""Basic selections: integers, slices, Ellipsis and newaxis."""

from zarr_c.indexing._copy cimport ZC_NDIM

cdef struct zc_basic:
    int ndim                     # axes of the array
    Py_ssize_t start[ZC_NDIM]    # as NumPy means it: a negative step starts at the high end
    Py_ssize_t step[ZC_NDIM]
    Py_ssize_t count[ZC_NDIM]
    bint dropped[ZC_NDIM]        # the axis was given an integer
    int newaxes                  # how many newaxis were given
    bint scalar                  # integers on every axis and nothing else: NumPy gives a scalar

cdef int parse_basic(object selection, tuple shape, zc_basic *out) except -1
cdef tuple result_shape(const zc_basic *basic)
