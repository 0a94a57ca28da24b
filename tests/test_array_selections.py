"""Every way to select of an array reads and writes what NumPy would."""

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from random_arrays import RECORD, arrays
from selections import (
    basic,
    bracketed,
    coordinates,
    fancy,
    inner,
    masks,
    numbered,
    orthogonal,
    outer,
    slices,
)

import zarr_c as zarr
from zarr_c.errors import ArrayIndexError, ReadOnlyError

many = settings(max_examples=100, deadline=None)


def blocks(draw, array):
    """Numbers of blocks, and the slices that they are."""
    items, parts = [], []
    for lengths in array.write_chunk_sizes:
        ends = np.cumsum([0, *lengths])
        first = draw(st.integers(0, len(lengths) - 1))
        last = draw(st.integers(first, len(lengths)))
        one = draw(st.booleans()) or last == first
        items.append(first if one else slice(first, last))
        parts.append(slice(ends[first], ends[first + 1 if one else last]))
    return tuple(items), tuple(parts)


@st.composite
def points_and_slices(draw, shape):
    items = list(draw(coordinates(shape)))
    for axis in draw(st.sets(st.integers(1, len(shape) - 1))) if len(shape) > 1 else ():
        items[axis] = draw(slices(shape[axis]))
    return tuple(items)


@st.composite
def cases(draw):
    """An array, a way to select of it, a selection, and positions of what NumPy selects."""
    array, data, rng = draw(arrays())
    shape = array.shape
    everything = numbered(shape)
    way = draw(st.sampled_from([*WAYS, "blocks"]))
    if way == "blocks":
        selection, parts = blocks(draw, array)
        return array, data, rng, way, selection, everything[parts]
    strategy, oracle = WAYS[way]
    selection = draw(strategy(shape))
    try:
        return array, data, rng, way, selection, np.asarray(oracle(everything, selection))
    except IndexError:  # the arrays do not broadcast together
        assume(False)


def plain(array, selection):
    return array[selection]


WAYS = {
    "basic": (basic, plain),
    "index": (lambda shape: st.one_of(fancy(shape), orthogonal(shape)), bracketed),
    "orthogonal": (orthogonal, outer),
    "coordinate": (coordinates, plain),
    "vectorized": (points_and_slices, inner),
    "mask": (masks, plain),
}
BRACKETS = {
    "basic": lambda array: array,
    "index": lambda array: array,
    "orthogonal": lambda array: array.oindex,
    "coordinate": lambda array: array.vindex,
    "vectorized": lambda array: array.vindex,
    "mask": lambda array: array.vindex,
    "blocks": lambda array: array.blocks,
}
METHODS = {"orthogonal", "coordinate", "mask", "blocks", "basic"}


def method(array, verb, way):
    return getattr(array, f"{verb}_{way.removesuffix('s')}_selection")


def fields_of(draw, dtype):
    names = [None] if dtype != RECORD else [None, "a", "b", ["a", "c"], ["c", "b"]]
    return draw(st.sampled_from(names))


def dtype_of(dtype, fields):
    if isinstance(fields, list):
        return np.dtype([(name, dtype[name]) for name in fields])
    return dtype if fields is None else dtype[fields]


def with_fields(selection, fields):
    items = selection if isinstance(selection, tuple) else (selection,)
    return selection if fields is None else (*items, fields)


@given(cases(), st.data())
@many
def test_what_is_read(case, data):
    array, values, _, way, selection, positions = case
    fields = fields_of(data.draw, values.dtype)
    want = values.reshape(-1)[positions]
    want = want if fields is None else want[fields]
    found = BRACKETS[way](array)[with_fields(selection, fields)]
    np.testing.assert_array_equal(found, want)
    assert np.shape(found) == positions.shape
    dtype = dtype_of(array.dtype, fields)
    assert np.isscalar(want) or not want.ndim or found.dtype == dtype
    if way in METHODS:
        get = method(array, "get", way)
        np.testing.assert_array_equal(get(selection, fields=fields), want)
        whole = np.empty((*positions.shape, 2), dtype)
        out = whole[..., 0]
        assert get(selection, out=out, fields=fields) is out
        np.testing.assert_array_equal(out, want)


@given(cases(), st.data())
@many
def test_what_is_written(case, data):
    array, values, rng, way, selection, positions = case
    fields = fields_of(data.draw, values.dtype)
    value = np.resize(rng.permutation(values.reshape(-1)), positions.shape)
    if value.size and data.draw(st.booleans()):
        value = value.reshape(-1)[:1].reshape(data.draw(st.sampled_from([(), (1,)])))
    elif value.ndim and data.draw(st.booleans()):
        value = value[:1]
    want = values.reshape(-1).astype(object) if values.dtype.kind == "T" else values.ravel()
    want = want.copy()
    spread = np.broadcast_to(value, positions.shape or (1,)).reshape(-1)
    for name in [None] if fields is None else np.atleast_1d(fields):
        part, new = (want, spread) if name is None else (want[name], spread[name])
        for position, element in zip(positions.reshape(-1), new, strict=True):
            part[position] = element
    value = value if fields is None else value[fields]
    if way in METHODS and data.draw(st.booleans()):
        method(array, "set", way)(selection, value, fields=fields)
    else:
        BRACKETS[way](array)[with_fields(selection, fields)] = value
    np.testing.assert_array_equal(array[...], want.astype(values.dtype).reshape(values.shape))


def test_fields_by_every_spelling():
    data = np.zeros((3, 4), RECORD)
    data["a"], data["b"] = np.arange(12).reshape(3, 4), 0.5
    array = zarr.create_array({}, data=data, chunks=(2, 3), zarr_format=2)
    for found in (
        array["a"],
        array["a", ...],
        array[..., "a"],
        array.oindex["a"],
        array.vindex["a", [[0], [1], [2]], [0, 1, 2, 3]],
        array.blocks["a"],
        array.get_basic_selection(fields="a"),
    ):
        np.testing.assert_array_equal(found, data["a"], strict=True)
    for found in (
        array["a", "b", 1:],
        array[["a", "b"], 1:],
        array[1:, "a", "b"],
        array.get_orthogonal_selection(slice(1, 3), fields=("a", "b")),
    ):
        assert found.dtype.names == ("a", "b")
        np.testing.assert_array_equal(found, data[1:][["a", "b"]].astype(found.dtype))
    np.testing.assert_array_equal(
        array.get_mask_selection(data["a"] > 3, fields=[]), data[1:].ravel()
    )
    assert array[["a"]].dtype.names == ("a",)
    array["a"] = 7
    array["b", 0] = [1, 2, 3, 4]
    data["a"], data["b"][0] = 7, [1, 2, 3, 4]
    np.testing.assert_array_equal(array[...], data)
    for wrong in ("x", ["a", "x"], ("a", "a")):
        with pytest.raises(ArrayIndexError, match="fields: expected"):
            array.get_basic_selection(0, fields=wrong)
    with pytest.raises(ArrayIndexError, match=r"fields: expected a name or .* found 1"):
        array.get_basic_selection(0, fields=1)


def test_one_element_is_a_scalar():
    array = zarr.create_array({}, data=np.arange(12, dtype="i2").reshape(3, 4))
    for found in (
        array[1, 2],
        array[np.array(1), -2],
        array.oindex[1, 2],
        array.vindex[1, 2],
        array.get_coordinate_selection((1, 2)),
        array.get_orthogonal_selection((1, 2)),
    ):
        assert type(found) is np.int16
        assert found == 6
    assert array.vindex[[1], 2].shape == array[[1], 2].shape == (1,)


def test_a_read_only_array_is_not_written_to():
    array = zarr.create_array({}, data=np.arange(4))
    array = zarr.open_array(array.store, mode="r")
    for write in (
        lambda: array.__setitem__([0, 2], 1),
        lambda: array.vindex.__setitem__([0], 1),
        lambda: array.set_basic_selection(0, 1),
        lambda: array.set_block_selection(0, 1),
    ):
        with pytest.raises(ReadOnlyError, match="read-only"):
            write()
    assert array[...].tolist() == [0, 1, 2, 3]


@pytest.mark.parametrize("index", ["brackets", "vindex"])
def test_an_index_that_has_to_be_read_is_read_once_by_a_write(index):
    class Stored:
        dtype, shape, ndim, reads = np.dtype("i8"), (2,), 1, 0

        def __array__(self, dtype=None, copy=None):
            self.reads += 1
            return np.array([1, 3])

    array, stored = zarr.create_array({}, shape=5, dtype="i4"), Stored()
    target = array if index == "brackets" else array.vindex
    target[stored] = [7, 8]
    assert array[...].tolist() == [0, 7, 0, 8, 0]
    assert stored.reads == 1
