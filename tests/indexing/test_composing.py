"""Selections of selections: chains of them give what NumPy gives one after the other."""

from math import prod

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from selections import apply

from zarr_c.indexing.composing import compose, transpose, whole
from zarr_c.indexing.selection import Points, Selection


@st.composite
def slices(draw, extent):
    count = draw(st.integers(0, extent))
    if count < 2:
        return (draw(st.integers(0, extent - 1)) if count else 0, 1, count)
    step = draw(st.integers(1, (extent - 1) // (count - 1)))
    start = draw(st.integers(0, extent - 1 - step * (count - 1)))
    return (
        (start + step * (count - 1), -step, count)
        if draw(st.booleans())
        else (start, step, count)
    )


@st.composite
def selections(draw, shape):
    """Of a shape: slices, elements and groups of points, in any order, with new axes."""
    kinds = [draw(st.sampled_from(["slice", "slice", "element", 0, 1])) for _ in shape]
    found, axes, points = [], [], []
    for axis, (extent, kind) in enumerate(zip(shape, kinds, strict=True)):
        if kind == "element" and extent:
            found.append((draw(st.integers(0, extent - 1)), 1, 1))
        elif isinstance(kind, int):
            found.append(None)
        else:
            found.append(draw(slices(extent)) if extent else (0, 1, 0))
            axes.append(axis)
    dims = {axis: (found[axis][2],) for axis in axes}
    for group in sorted({kind for kind in kinds if isinstance(kind, int)}):
        own = tuple(axis for axis, kind in enumerate(kinds) if kind == group)
        most = min((3, *(3 * shape[axis] for axis in own)))
        form = tuple(draw(st.lists(st.integers(0, most), max_size=2)))
        if not all(shape[axis] for axis in own) and prod(form):
            form = (0,)
        each = [draw(arrays(prod(form), shape[axis])) for axis in own]
        dims[~len(points)] = form
        axes.append(~len(points))
        points.append(Points(own, tuple(each)))
    axes = draw(st.permutations(axes))
    lengths = [n for axis in axes for n in dims[axis]]
    for _ in range(draw(st.integers(0, 1))):
        lengths.insert(draw(st.integers(0, len(lengths))), 1)
    if draw(st.integers(0, 7)) == 0:  # as a mask of everything
        first = draw(st.integers(0, len(lengths)))
        last = draw(st.integers(first, len(lengths)))
        lengths[first:last] = [prod(lengths[first:last])]
    return Selection(tuple(found), tuple(points), tuple(axes), tuple(lengths))


def arrays(n, extent):
    numbers = st.integers(0, max(extent - 1, 0))
    return st.lists(numbers, min_size=n, max_size=n).map(lambda a: np.array(a, np.int64))


def checked(view, elements, expected):
    assert view.shape == expected.shape
    if expected.size:
        read = apply(elements, view.selection)
        assert read.shape == view.selection.shape
        np.testing.assert_array_equal(view.present(read), expected)


@settings(max_examples=300, deadline=None)
@given(st.data())
def test_chains_give_what_numpy_gives(data):
    shape = tuple(data.draw(st.lists(st.integers(1, 7), min_size=0, max_size=4)))
    elements = np.arange(prod(shape)).reshape(shape)
    view, expected = whole(shape), elements
    for _ in range(data.draw(st.integers(1, 4))):
        if data.draw(st.integers(0, 3)) == 0:
            order = tuple(data.draw(st.permutations(range(len(view.shape)))))
            view, expected = transpose(view, order), expected.transpose(order)
        selection = data.draw(selections(view.shape))
        view, expected = compose(view, selection), apply(expected, selection)
        checked(view, elements, expected)


@settings(max_examples=150, deadline=None)
@given(st.data())
def test_what_is_placed_is_where_it_was_apply(data):
    shape = tuple(data.draw(st.lists(st.integers(1, 7), min_size=0, max_size=4)))
    view, where = whole(shape), np.arange(prod(shape)).reshape(shape)
    for _ in range(data.draw(st.integers(1, 3))):
        selection = data.draw(selections(view.shape))
        view, where = compose(view, selection), apply(where, selection)
    if where.size == 0:
        return
    value = np.arange(where.size).reshape(where.shape)
    expected = {int(at): int(item) for at, item in zip(where.flat, value.flat, strict=True)}
    numbers = apply(np.arange(prod(shape)).reshape(shape), view.selection)
    placed = view.place(value)
    assert placed.shape == view.selection.shape
    found = {}
    for at, item in zip(numbers.flat, placed.flat, strict=True):
        found.setdefault(int(at), set()).add(int(item))
    assert found.keys() == expected.keys()
    for at, items in found.items():
        assert items <= {int(i) for i in value[where == at]}
        assert len(items) > 1 or items == {expected[at]}


@pytest.mark.parametrize("shape", [(), (1,), (1, 1)])
def test_an_axis_without_an_axis_of_the_array_may_be_repeated(shape):
    elements = np.arange(prod(shape)).reshape(shape)
    every = tuple((0, 1, n) for n in shape)
    new = Selection(every, (), tuple(range(len(shape))), (1, *shape))
    again = Selection(
        (None, *every),
        (Points((0,), (np.zeros(3, np.int64),)),),
        (~0, *range(1, len(shape) + 1)),
        (3, *shape),
    )
    checked(compose(compose(whole(shape), new), again), elements, elements[None][[0, 0, 0]])


def test_slices_of_slices_are_arithmetic():
    huge = (1 << 60,)
    view = compose(whole(huge), Selection(((10, 3, 1 << 50),), (), (0,), (1 << 50,)))
    view = compose(view, Selection((((1 << 50) - 1, -5, 100),), (), (0,), (100,)))
    assert view.selection.slices == ((10 + 3 * ((1 << 50) - 1), -15, 100),)
    assert view.selection.points == ()


def test_points_of_different_groups_become_one_group():
    elements = np.arange(30).reshape(5, 6)
    apart = Selection(
        (None, None),
        (
            Points((0,), (np.array([4, 0, 2]),)),
            Points((1,), (np.array([5, 1]),)),
        ),
        (~0, ~1),
        (3, 2),
    )
    together = Selection(
        (None, None),
        (Points((0, 1), (np.array([0, 2, 2]), np.array([1, 1, 0]))),),
        (~0,),
        (3,),
    )
    view = compose(compose(whole((5, 6)), apart), together)
    assert [points.axes for points in view.selection.points] == [(0, 1)]
    checked(view, elements, elements[[4, 2, 2], [1, 1, 5]])


def test_an_element_of_points_is_an_element_of_the_array():
    pairs = Selection(
        (None, (0, 1, 4), None),
        (Points((0, 2), (np.array([3, 1]), np.array([0, 5]))),),
        (~0, 1),
        (2, 4),
    )
    element = Selection(((1, 1, 1), (3, -1, 4)), (), (1,), (4,))
    view = compose(compose(whole((5, 4, 6)), pairs), element)
    assert view.selection.slices == ((1, 1, 1), (3, -1, 4), (5, 1, 1))
    assert view.selection.points == ()
    elements = np.arange(120).reshape(5, 4, 6)
    checked(view, elements, elements[1, ::-1, 5])
