"""Basic selections mean what they mean to NumPy."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import basic_indices

from zarr_c.errors import ArrayIndexError, BoundsCheckError
from zarr_c.indexing._basic import is_basic, new_axes, normalize

bounds = st.one_of(st.none(), st.integers(-14, 14), st.sampled_from([-(2**80), 2**80]))
slices = st.builds(slice, bounds, bounds, bounds.filter(lambda step: step != 0))


def expand(selection, shape):
    """The indices that the normalised selection stands for, as an array of flat positions."""
    axes = [
        start + step * np.arange(count) for start, step, count, _ in normalize(selection, shape)
    ]
    flat = np.arange(int(np.prod(shape))).reshape(shape)
    dropped = tuple(i for i, axis in enumerate(normalize(selection, shape)) if axis[3])
    return flat[np.ix_(*axes)].squeeze(axis=dropped) if axes else flat


@given(st.data())
@settings(max_examples=150, deadline=None)
def test_it_selects_what_numpy_selects(data):
    shape = tuple(data.draw(st.lists(st.integers(1, 7), max_size=4)))
    selection = data.draw(basic_indices(shape, min_dims=0, max_dims=8, allow_newaxis=True))
    expected = np.arange(int(np.prod(shape))).reshape(shape)[selection]
    assert is_basic(selection)
    found = expand(selection, shape)
    assert np.array_equal(found[new_axes(selection, found.ndim)], expected)


@given(st.integers(0, 9), slices)
@settings(max_examples=150, deadline=None)
def test_any_slice_of_one_axis(length, item):
    """Starts, stops and steps far outside the axis are clipped, never overflow."""
    expected = np.arange(length)[item]
    ((start, step, count, dropped),) = normalize(item, (length,))
    assert count == expected.size
    assert not dropped
    assert np.array_equal(start + step * np.arange(count), expected)


def test_numbers_that_are_no_int():
    assert normalize((np.int16(-1), np.uint8(2)), (5, 5)) == [(4, 1, 1, True), (2, 1, 1, True)]
    assert normalize(np.array(3), (5,)) == [(3, 1, 1, True)]


@pytest.mark.parametrize(
    ("selection", "shape", "error", "message"),
    [
        (5, (5,), BoundsCheckError, "index 5 is out of bounds for axis 0 with size 5"),
        (-6, (5,), BoundsCheckError, "index -6 is out of bounds for axis 0 with size 5"),
        ((0, 2**80), (5, 5), BoundsCheckError, "out of bounds for axis 1 with size 5"),
        (0, (0,), BoundsCheckError, "size 0"),
        ((0, 0), (5,), ArrayIndexError, "expected at most 1, found 2"),
        (0, (), ArrayIndexError, "expected at most 0, found 1"),
        ((..., 0, ...), (5, 5), ArrayIndexError, "at most one Ellipsis, found 2"),
        (1.0, (5,), ArrayIndexError, "found 1.0 of type float"),
        ("x", (5,), ArrayIndexError, "found 'x' of type str"),
        (True, (5,), ArrayIndexError, "of type bool"),
        (np.True_, (5,), ArrayIndexError, "of type bool"),
        ([0, 1], (5,), ArrayIndexError, "of type list"),
        (np.array([0, 1]), (5,), ArrayIndexError, "of type ndarray"),
        (slice(None, None, 0), (5,), ValueError, "step cannot be zero"),
        (slice(0.5), (5,), TypeError, "slice indices must be integers"),
    ],
)
def test_what_cannot_be_selected(selection, shape, error, message):
    with pytest.raises(error, match=message):
        normalize(selection, shape)


@pytest.mark.parametrize("selection", [[0], np.array([0]), True, 1.5, "x", ([0], 1)])
def test_what_is_not_basic(selection):
    assert not is_basic(selection)
