"""What a `Selection` selects, in plain NumPy; selections of every kind, for property tests."""

import numpy as np
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays, basic_indices

INDEX_TYPES = ("i1", "i4", "i8", ">i4", "u1", "u8")


def apply(array, selection):
    """The twin of the kernel: index with one open array for each axis, then reshape."""
    return array[_index(selection, array.ndim)].reshape(selection.shape)


def assign(array, selection, value):
    """The twin of the kernel for writing; `value` has the shape of the selection."""
    array[_index(selection, array.ndim)] = value.reshape(selection.flat_shape)


def _index(selection, ndim):
    index = [None] * ndim
    flat = selection.axes
    for axis, found in enumerate(selection.slices):
        if found is not None:
            start, step, count = found
            where = flat.index(axis) if axis in flat else None
            index[axis] = _open(start + step * np.arange(count), where, len(flat))
    for k, points in enumerate(selection.points):
        for axis, coordinates in zip(points.axes, points.coordinates, strict=True):
            assert coordinates.dtype == np.int64
            assert coordinates.flags.c_contiguous
            assert coordinates.ndim == 1
            index[axis] = _open(coordinates, flat.index(~k), len(flat))
    return tuple(index)


def _open(coordinates, where, ndim):
    """Coordinates along axis `where` of `ndim`; one that is dropped has none of its own."""
    shape = [1] * ndim
    if where is not None:
        shape[where] = len(coordinates)
    return coordinates.reshape(shape)


def numbered(shape):
    """An array in which each element is another."""
    return np.arange(int(np.prod(shape))).reshape(shape)


# ---- strategies


def shapes(least=0, most=5, shortest=1):
    return st.lists(st.integers(shortest, 6), min_size=least, max_size=most).map(tuple)


def slices(extent):
    bound = st.one_of(st.none(), st.integers(-extent - 2, extent + 2))
    step = st.one_of(st.none(), st.integers(-extent - 1, extent + 1).filter(bool))
    return st.builds(slice, bound, bound, step)


def integers(extent):
    return st.integers(-extent, extent - 1)


def integer_arrays(extent, shape):
    """Arrays of integers of many types, or lists; unsorted, repeated, negative."""
    if extent == 0:
        shape = (0, *shape[1:])
    values = arrays(np.int64, shape, elements=st.integers(-extent, max(extent - 1, -extent)))
    return st.builds(_typed, values, st.just(extent), st.sampled_from([*INDEX_TYPES, list]))


def _typed(values, extent, dtype):
    if dtype is list:
        return values.tolist() if values.size else values
    if np.dtype(dtype).kind == "u":
        values = np.where(values < 0, values + extent, values)
    return values.astype(dtype)


def progressions(extent):
    """Lists that are slices in disguise."""
    return slices(extent).map(lambda item: list(range(*item.indices(extent))))


def masks(shape):
    return st.one_of(arrays(bool, shape), st.just(np.ones(shape, bool)))


def flat_arrays(extent):
    return st.one_of(
        st.integers(0, 7).flatmap(lambda n: integer_arrays(extent, (n,))),
        progressions(extent),
        masks((extent,)),
        masks((extent,)).map(np.ndarray.tolist),
    )


@st.composite
def around(draw, items, ellipsis=True, newaxis=True):
    """Replace slices that select all by an Ellipsis, and put newaxis in between."""
    items = list(items)
    if ellipsis and draw(st.booleans()):
        start = draw(st.integers(0, len(items)))
        stop = start
        while stop < len(items) and isinstance(items[stop], slice):
            stop += 1
        items[start:stop] = [...]
    for _ in range(draw(st.integers(0, 2)) if newaxis else 0):
        items.insert(draw(st.integers(0, len(items))), None)
    return tuple(items)


@st.composite
def orthogonal(draw, shape, **options):
    """Integers, slices and arrays with one axis, in any mix."""
    items = [draw(st.one_of(integers(n), slices(n), flat_arrays(n))) for n in shape]
    return draw(around(items, **options))


@st.composite
def coordinates(draw, shape):
    """Integers and arrays that broadcast together, one for each axis."""
    joint = draw(array_shapes(min_dims=0, max_dims=3, min_side=0, max_side=4))
    items = []
    for n in shape:
        kept = draw(st.integers(0, len(joint)))
        part = tuple(draw(st.sampled_from([1, m])) for m in joint[kept:])
        items.append(draw(st.one_of(integers(n), integer_arrays(n, part))))
    return tuple(items)


@st.composite
def fancy(draw, shape):
    """Whatever NumPy takes: slices, integers, arrays that broadcast together, masks."""
    if draw(st.booleans()):
        items = [
            draw(slices(n)) if draw(st.booleans()) else item
            for n, item in zip(shape, draw(coordinates(shape)), strict=True)
        ]
    else:  # a mask of some axes among integers and slices
        first = draw(st.integers(0, len(shape)))
        last = draw(st.integers(first, len(shape)))
        items = [draw(st.one_of(integers(n), slices(n))) for n in shape]
        if first < last:
            items[first:last] = [draw(masks(shape[first:last]))]
    return draw(around(items))


def basic(shape):
    return basic_indices(shape, min_dims=0, max_dims=8, allow_newaxis=True)


# ---- oracles


def outer(array, selection):
    """Index with NumPy by one item after the other, so each along its own axis."""
    items = selection if isinstance(selection, tuple) else (selection,)
    axis = 0
    for i, item in enumerate(items):
        if item is Ellipsis:
            axis = array.ndim - sum(later is not None for later in items[i + 1 :])
            continue
        array = array[(slice(None),) * axis + (item,)]
        axis += item is None or isinstance(item, slice) or np.ndim(item) == 1
    return array


def inner(array, selection):
    """Index with NumPy so that the axes of the points come first, also where they would not."""
    items = [*selection, *[slice(None)] * (array.ndim - len(selection))]
    points = [i for i, item in enumerate(items) if not isinstance(item, slice)]
    rest = [i for i in range(array.ndim) if i not in points]
    moved = array.transpose(points + rest)
    return moved[tuple(items[i] for i in points + rest)]


def bracketed(array, selection):
    """What ``[]`` gives: what NumPy does, but where zarr-python has rules of its own."""
    items = selection if isinstance(selection, tuple) else (selection,)
    given = [np.asarray(item) for item in items if isinstance(item, list | np.ndarray)]
    given = [item for item in given if item.ndim]  # the others are integers
    flat = all(item.ndim == 1 for item in given)
    some = any(item.dtype == bool for item in given)
    if flat and (len(given) == 1 or (some and len(given) == len(items) == array.ndim)):
        return outer(array, selection)
    return array[selection]
