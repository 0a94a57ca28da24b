"""Basic selections: integers, slices, Ellipsis and newaxis, with NumPy's rules for each."""

from cpython.long cimport PyLong_CheckExact
from cpython.slice cimport PySlice_AdjustIndices, PySlice_Unpack

import operator

from zarr_c.errors import ArrayIndexError, BoundsCheckError

cdef object index = operator.index


def is_basic(selection):
    """Whether a selection is one that NumPy calls basic.

    Parameters
    ----------
    selection : object
        What stood between the brackets.

    Returns
    -------
    bool
        True for integers, slices, Ellipsis, newaxis and tuples of these.
    """
    if not isinstance(selection, tuple):
        return is_basic_item(selection)
    for item in selection:
        if not is_basic_item(item):
            return False
    return True


cdef bint is_basic_item(object item):
    if PyLong_CheckExact(item) or isinstance(item, slice) or item is Ellipsis or item is None:
        return True
    if isinstance(item, bool) or hasattr(item, "dtype") and item.dtype == bool:
        return False
    if getattr(item, "ndim", 0) != 0:
        return False
    return hasattr(item, "__index__")


cdef int set_integer(object item, int axis, Py_ssize_t extent, zc_basic *out) except -1:
    cdef Py_ssize_t i
    try:
        i = index(item)
    except OverflowError:
        raise BoundsCheckError(
            f"index {item} is out of bounds for axis {axis} with size {extent}"
        ) from None
    if i < -extent or i >= extent:
        raise BoundsCheckError(f"index {i} is out of bounds for axis {axis} with size {extent}")
    out.start[axis] = i + extent if i < 0 else i
    out.step[axis] = out.count[axis] = 1
    out.dropped[axis] = True
    return 0


cdef int set_slice(object item, int axis, Py_ssize_t extent, zc_basic *out) except -1:
    cdef Py_ssize_t start, stop, step
    PySlice_Unpack(item, &start, &stop, &step)   # raises for a step of zero
    out.count[axis] = PySlice_AdjustIndices(extent, &start, &stop, step)
    out.start[axis] = start if out.count[axis] else 0
    # One element has no direction; a huge step must not overflow what is computed from it.
    out.step[axis] = step if out.count[axis] > 1 else 1
    out.dropped[axis] = False
    return 0


cdef int refuse(object item) except -1:
    raise ArrayIndexError(
        f"selection: expected integers, slices, Ellipsis and newaxis, found {item!r} "
        f"of type {type(item).__name__}"
    )


cdef int parse_basic(object selection, tuple shape, zc_basic *out) except -1:
    """Normalise a basic selection on an array of `shape`; ArrayIndexError if it is not one."""
    cdef tuple items = selection if isinstance(selection, tuple) else (selection,)
    cdef int ndim = len(shape)
    cdef int axis = 0
    cdef int given = 0
    cdef int ellipses = 0
    cdef int i
    out.ndim = ndim
    out.newaxes = 0
    for item in items:
        if item is Ellipsis:
            ellipses += 1
        elif item is None:
            out.newaxes += 1
        else:
            given += 1
    if ellipses > 1:
        raise ArrayIndexError(f"selection: expected at most one Ellipsis, found {ellipses}")
    if given > ndim:
        raise ArrayIndexError(
            f"too many indices for array: expected at most {ndim}, found {given}"
        )
    for item in items:
        if item is Ellipsis:
            for _ in range(ndim - given):
                set_slice(slice(None), axis, shape[axis], out)
                axis += 1
        elif item is None:
            continue
        elif isinstance(item, slice):
            set_slice(item, axis, shape[axis], out)
            axis += 1
        elif PyLong_CheckExact(item) or is_basic_item(item):
            set_integer(item, axis, shape[axis], out)
            axis += 1
        else:
            refuse(item)
    while axis < ndim:
        set_slice(slice(None), axis, shape[axis], out)
        axis += 1
    out.scalar = not ellipses and not out.newaxes
    for i in range(ndim):
        if not out.dropped[i]:
            out.scalar = False
    return 0


cdef tuple result_shape(const zc_basic *basic):
    """Shape of what a selection gives, before newaxis."""
    cdef int i
    return tuple([basic.count[i] for i in range(basic.ndim) if not basic.dropped[i]])


def new_axes(selection, result_ndim):
    """Index that puts the newaxis of a selection into its result.

    Parameters
    ----------
    selection : object
        A basic selection.
    result_ndim : int
        Number of axes of the result before newaxis.

    Returns
    -------
    tuple
        What to index the result with: slices and None.
    """
    items = selection if isinstance(selection, tuple) else (selection,)
    kept = sum(1 for item in items if isinstance(item, slice))
    out = []
    for item in items:
        if item is None:
            out.append(None)
        elif item is Ellipsis:
            out.extend([slice(None)] * (result_ndim - kept))
        elif isinstance(item, slice):
            out.append(slice(None))
    return tuple(out)


def normalize(selection, tuple shape):
    """Normalise a basic selection: the door to the kernel for tests.

    Parameters
    ----------
    selection : object
        Integers, slices, Ellipsis and newaxis.
    shape : tuple of int
        Shape of the array.

    Returns
    -------
    list of tuple
        ``(start, step, count, dropped)`` for each axis.

    Raises
    ------
    ArrayIndexError
        If the selection is not basic or has too many items.
    BoundsCheckError
        If an integer is out of bounds.
    """
    cdef zc_basic basic
    cdef int i
    parse_basic(selection, shape, &basic)
    return [
        (basic.start[i], basic.step[i], basic.count[i], bool(basic.dropped[i]))
        for i in range(basic.ndim)
    ]
