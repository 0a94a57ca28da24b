"""Selections mean what they mean to NumPy, or to zarr-python where that has its own rules."""

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from selections import (
    apply,
    basic,
    bracketed,
    coordinates,
    fancy,
    inner,
    masks,
    numbered,
    orthogonal,
    outer,
    shapes,
    slices,
)

from zarr_c.errors import (
    ArrayIndexError,
    BoundsCheckError,
    BroadcastError,
    VindexInvalidSelectionError,
)
from zarr_c.indexing import parsing
from zarr_c.metadata.chunk_grid import RegularGrid
from zarr_c.metadata.rectilinear import RectilinearGrid

settings.register_profile("parsing", max_examples=150, deadline=None)
many = settings.get_profile("parsing")


def check(found, expected, shape):
    """A selection selects what NumPy has found in `numbered`, and knows about itself."""
    assert apply(numbered(shape), found).tolist() == np.asarray(expected).tolist()
    assert found.shape == np.shape(expected)
    assert np.prod(found.flat_shape) == np.prod(found.shape)
    selected = {axis for axis, item in enumerate(found.slices) if item is not None}
    grouped = [axis for points in found.points for axis in points.axes]
    assert sorted([*selected, *grouped]) == list(range(len(shape)))
    assert all(list(points.axes) == sorted(points.axes) for points in found.points)


@given(st.data(), shapes())
@many
def test_basic(data, shape):
    selection = data.draw(basic(shape))
    expected = numbered(shape)[selection]
    for parse in (
        parsing.parse_basic,
        parsing.parse_index,
        parsing.parse_orthogonal,
    ):
        found = parse(selection, shape)
        check(found, expected, shape)
        plain = not isinstance(expected, np.ndarray)
        assert found.scalar == (plain or (not shape and None not in np.atleast_1d(selection)))


@given(st.data(), shapes(shortest=0))
@many
def test_orthogonal(data, shape):
    assume(0 not in shape)
    selection = data.draw(orthogonal(shape))
    found = parsing.parse_orthogonal(selection, shape)
    check(found, outer(numbered(shape), selection), shape)


@given(st.data(), shapes())
@many
def test_open_meshes_are_products(data, shape):
    arrays = [data.draw(st.lists(st.integers(-n, n - 1), max_size=5)) for n in shape]
    selection = np.ix_(*(np.array(item, int) for item in arrays))
    expected = numbered(shape)[selection]
    for parse in (parsing.parse_orthogonal, parsing.parse_index, parsing.parse_vectorized):
        if shape or parse is not parsing.parse_vectorized:
            found = parse(selection, shape)
            check(found, expected, shape)
            assert all(len(points.axes) == 1 for points in found.points)


@given(st.data(), shapes(least=1))
@many
def test_coordinates(data, shape):
    selection = data.draw(coordinates(shape))
    expected = numbered(shape)[selection]
    for parse in (
        parsing.parse_coordinates,
        parsing.parse_index,
        parsing.parse_vectorized,
    ):
        found = parse(selection, shape)
        check(found, expected, shape)
        assert found.scalar == (not isinstance(expected, np.ndarray))


@given(st.data(), shapes(least=1))
@many
def test_points_with_slices(data, shape):
    items = list(data.draw(coordinates(shape)))
    for axis in data.draw(st.sets(st.integers(1, len(shape)), max_size=len(shape) - 1)):
        items[axis - 1] = data.draw(slices(shape[axis - 1]))
    assume(not all(isinstance(item, slice) for item in items))
    if data.draw(st.booleans()) and isinstance(items[-1], slice):
        items.pop()  # which stands for all of the axis
    found = parsing.parse_vectorized(tuple(items), shape)
    check(found, inner(numbered(shape), items), shape)


@given(st.data(), shapes())
@many
def test_whatever_numpy_takes(data, shape):
    selection = data.draw(st.one_of(fancy(shape), orthogonal(shape)))
    try:
        expected = bracketed(numbered(shape), selection)
    except IndexError:
        with pytest.raises(BroadcastError):
            parsing.parse_index(selection, shape)
    else:
        check(parsing.parse_index(selection, shape), expected, shape)


@given(st.data(), shapes(least=1, shortest=0))
@many
def test_masks(data, shape):
    mask = data.draw(masks(shape))
    expected = numbered(shape)[mask]
    for given_mask in (mask, (mask,)):
        check(parsing.parse_mask(given_mask, shape), expected, shape)
        check(parsing.parse_vectorized(given_mask, shape), expected, shape)
        check(parsing.parse_index(given_mask, shape), expected, shape)
    if mask.size:
        check(parsing.parse_mask(mask.tolist(), shape), expected, shape)


def blocks_of(lengths, extent, item):
    """The elements in the chunks that NumPy selects from the numbers of all chunks."""
    owner = np.repeat(np.arange(len(lengths)), lengths)[:extent]
    selected = np.atleast_1d(np.arange(owner.max(initial=-1) + 1)[item])
    return np.flatnonzero(np.isin(owner, selected))


@given(st.data(), st.lists(st.lists(st.integers(1, 4), min_size=1, max_size=5), max_size=4))
@many
def test_blocks(data, lengths):
    shape = tuple(data.draw(st.integers(1, sum(axis))) for axis in lengths)
    if data.draw(st.booleans()):
        grid = RegularGrid(tuple(axis[0] for axis in lengths))
        lengths = [[axis[0]] * 20 for axis in lengths]
    else:
        grid = RectilinearGrid(tuple(_runs(axis) for axis in lengths))
    counts = grid.grid_shape(shape)
    bound = st.integers(-6, 6) | st.none()
    one = st.builds(slice, bound, bound, st.sampled_from([1, None]))
    items = tuple(data.draw(st.one_of(one, st.integers(-n, n - 1))) for n in counts)
    parts = [blocks_of(*axis) for axis in zip(lengths, shape, items, strict=True)]
    found = parsing.parse_blocks(items, shape, grid)
    check(found, numbered(shape)[np.ix_(*parts)] if shape else numbered(shape), shape)
    assert not found.points


def _runs(lengths):
    runs = []
    for n in lengths:
        if runs and runs[-1][0] == n:
            runs[-1] = (n, runs[-1][1] + 1)
        else:
            runs.append((n, 1))
    return tuple(runs)


@pytest.mark.parametrize(
    ("item", "expected"),
    [
        ([3, 4, 5], (3, 1, 3)),
        ([9, 6, 3, 0], (9, -3, 4)),
        (range(1, 10, 2), (1, 2, 5)),
        ([-1], (9, 1, 1)),
        ([], (0, 1, 0)),
        (np.ones(10, bool), (0, 1, 10)),
        (np.zeros(10, bool), (0, 1, 0)),
        (np.arange(10) % 3 == 1, (1, 3, 3)),
    ],
)
def test_regular_lists_are_slices(item, expected):
    for parse in (parsing.parse_orthogonal, parsing.parse_index, parsing.parse_vectorized):
        found = parse(item, (10,))
        assert found.slices == (expected,)
        assert not found.points


@pytest.mark.parametrize("item", [[3, 3], [1, 2, 4], [0, 2, 1, 3]])
def test_others_are_points(item):
    found = parsing.parse_orthogonal(item, (10,))
    assert found.slices == (None,)
    assert found.points[0].coordinates[0].tolist() == item


def test_a_mask_that_is_all_true_is_slices():
    found = parsing.parse_mask(np.ones((3, 4), bool), (3, 4))
    assert found.slices == ((0, 1, 3), (0, 1, 4))
    assert found.shape == (12,)


def test_coordinates_are_not_copied_when_they_need_not_be():
    points = np.array([5, 3, 4, 3])
    found = parsing.parse_coordinates(points, (10,))
    assert np.shares_memory(found.points[0].coordinates[0], points)


M = np.ones((4, 5), bool)


@pytest.mark.parametrize(
    ("parse", "selection", "error", "message"),
    [
        ("index", [4], BoundsCheckError, "index 4 is out of bounds for axis 0 with size 4"),
        ("index", ([0], [-6]), BoundsCheckError, "index -6 .* axis 1 with size 5"),
        ("index", np.array([2**63], "u8"), BoundsCheckError, "index 9223372036854775808 is"),
        ("index", [2**63], BoundsCheckError, "index 9223372036854775808 is"),
        ("index", [2**80], ArrayIndexError, "found .1208925819614629174706176. of type list"),
        ("index", [1.0], ArrayIndexError, r"found \[1.0\] of type list"),
        ("index", np.array([1.0]), ArrayIndexError, "found an array of float64"),
        ("index", np.array([], float), ArrayIndexError, "found an array of float64"),
        ("index", np.array([1], object), ArrayIndexError, "found an array of object"),
        ("index", [[0, 1], [2]], ArrayIndexError, r"found \[\[0, 1\], \[2\]\] of type list"),
        ("index", True, ArrayIndexError, "found True of type bool"),
        ("index", np.array(True), ArrayIndexError, "found array.True. of type ndarray"),
        ("index", [None], ArrayIndexError, r"found \[None\] of type list"),
        ("index", ([0], [0], [0]), ArrayIndexError, "expected at most 2, found 3"),
        ("index", (M, 0), ArrayIndexError, "expected at most 2, found 3"),
        ("index", (..., [0], ...), ArrayIndexError, "at most one Ellipsis, found 2"),
        ("index", M[:3], ArrayIndexError, "index for axis 0: expected 4 booleans, found 3"),
        ("index", (0, M[0, :3]), ArrayIndexError, "axis 1: expected 5 booleans, found 3"),
        ("index", ([0, 1], [0, 1, 2]), BroadcastError, r"found shapes \(2,\), \(3,\)"),
        ("basic", [0], ArrayIndexError, r"expected integers, slices.* found \[0\]"),
        ("basic", (0, M[0]), ArrayIndexError, "of type ndarray"),
        ("orthogonal", np.zeros((2, 2), int), ArrayIndexError, r"with one axis.*\(2, 2\)"),
        ("orthogonal", M, ArrayIndexError, "arrays with one axis"),
        ("orthogonal", (slice(None), 5), BoundsCheckError, "axis 1"),
        ("orthogonal", slice(0, 3, 0), ValueError, "step cannot be zero"),
        ("coordinates", [0], ArrayIndexError, "for each of 2 axes, found an array of int64"),
        ("coordinates", ([0], slice(3)), ArrayIndexError, "found .*slice"),
        ("coordinates", M, ArrayIndexError, "found an array of bool"),
        ("coordinates", ([0, 1], [0, 1, 2]), BroadcastError, "broadcast together"),
        ("mask", M.T, ArrayIndexError, r"shape \(4, 5\), found bool of shape \(5, 4\)"),
        ("mask", M.astype(int), ArrayIndexError, "expected booleans of .* found int64"),
        ("vectorized", ..., VindexInvalidSelectionError, "expected integers along some axes"),
        ("vectorized", ([0], None), VindexInvalidSelectionError, "found .* newaxis"),
        ("vectorized", (M[:, 0], 0), VindexInvalidSelectionError, "found an array of bool"),
        ("vectorized", 1.5, VindexInvalidSelectionError, "found 1.5 of type float"),
        ("vectorized", ([0], [0], [0]), VindexInvalidSelectionError, "too many indices"),
        ("vectorized", ([0], [5]), BoundsCheckError, "axis 1 with size 5"),
        ("vectorized", ([0, 1], [0, 1, 2]), BroadcastError, "broadcast together"),
    ],
)
def test_what_cannot_be_selected(parse, selection, error, message):
    with pytest.raises(error, match=message) as caught:
        getattr(parsing, f"parse_{parse}")(selection, (4, 5))
    assert type(caught.value) is error


@pytest.mark.parametrize(
    ("selection", "error", "message"),
    [
        (2, BoundsCheckError, "index 2 is out of bounds for axis 0 with size 2"),
        (slice(0, 2, 2), ArrayIndexError, "slices of step 1, found slice"),
        ([0, 1], ArrayIndexError, "found an array of int64"),
        (None, ArrayIndexError, "found newaxis"),
        (1.5, ArrayIndexError, "found 1.5 of type float"),
        ((0, 0, 0), ArrayIndexError, "expected at most 2, found 3"),
    ],
)
def test_what_blocks_cannot_be_selected(selection, error, message):
    with pytest.raises(error, match=message):
        parsing.parse_blocks(selection, (4, 5), RegularGrid((2, 3)))
