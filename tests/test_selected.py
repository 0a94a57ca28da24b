"""Reads and writes of slices and points in any combination, against NumPy."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from random_arrays import RECORD, arrays

import zarr_c as zarr
from zarr_c._selected import read_selection, write_selection
from zarr_c.indexing.selection import Points, Selection


@st.composite
def selections(draw, shape):
    """Slices of some axes and points along others, and the same as indices of NumPy."""
    axes = draw(st.permutations(range(len(shape))))
    slices, points, out = [None] * len(shape), [], []
    while axes:
        joint, axes = sorted(axes[: draw(st.integers(0, 3))]), list(axes)
        if not joint:
            axis = axes.pop(0)
            chosen = draw(st.slices(shape[axis]))
            steps = range(*chosen.indices(shape[axis]))
            slices[axis] = (steps.start, steps.step, len(steps)) if steps else (0, 1, 0)
            if len(steps) == 1:
                slices[axis] = (steps.start, 1, 1)
            if len(steps) != 1 or draw(st.booleans()):
                out.append(axis)
            continue
        count = draw(st.sampled_from([0, 1, 3, 40]))
        some = st.lists(
            st.tuples(*[st.integers(0, shape[axis] - 1) for axis in joint]),
            min_size=count,
            max_size=count,
        )
        coordinates = np.array(draw(some), np.int64).reshape(count, len(joint))
        points.append(Points(tuple(joint), tuple(map(np.ascontiguousarray, coordinates.T))))
        out.append(~(len(points) - 1))
        axes = [axis for axis in axes if axis not in joint]
    out = tuple(draw(st.permutations(out)))
    flat = Selection(tuple(slices), tuple(points), out, ()).flat_shape
    return Selection(tuple(slices), tuple(points), out, flat)


def as_index(selection):
    """The index of NumPy that selects the same."""
    ndim = len(selection.axes)

    def along(values, axis):
        place = selection.axes.index(axis)
        return np.reshape(values, (*[1] * place, -1, *[1] * (ndim - 1 - place)))

    index = [None] * len(selection.slices)
    for axis, chosen in enumerate(selection.slices):
        if chosen is not None:
            start, step, count = chosen
            steps = start + step * np.arange(count)
            index[axis] = along(steps, axis) if axis in selection.axes else start
    for k, points in enumerate(selection.points):
        for axis, coordinates in zip(points.axes, points.coordinates, strict=True):
            index[axis] = along(coordinates, ~k)
    return tuple(index)


def fields_of(draw, dtype):
    if dtype != RECORD:
        return None
    return draw(st.sampled_from([None, "a", "b", ["a", "c"], ["c", "b"]]))


@given(st.data())
@settings(max_examples=150, deadline=None)
def test_any_selection_is_read_as_by_numpy(data):
    array, values, _ = data.draw(arrays())
    selection = data.draw(selections(array.shape))
    fields = fields_of(data.draw, values.dtype)
    order = data.draw(st.sampled_from("CF"))
    want = np.asarray(values[as_index(selection)], values.dtype)
    want = want if fields is None else want[fields]
    found = read_selection(array._plan, selection, 2, array._data_type, order, None, fields)
    np.testing.assert_array_equal(found, want)
    out = np.empty((2 * len(want), *want.shape[1:]) if want.ndim else (), found.dtype)
    out = out[::2] if want.ndim else out
    given_out = read_selection(array._plan, selection, 2, array._data_type, "C", out, fields)
    assert given_out is out
    np.testing.assert_array_equal(out, want)


@given(st.data())
@settings(max_examples=150, deadline=None)
def test_any_selection_is_written_as_by_numpy(data):
    array, values, rng = data.draw(arrays())
    selection = data.draw(selections(array.shape))
    fields = fields_of(data.draw, values.dtype)
    index = as_index(selection)
    value = rng.permutation(values.reshape(-1))
    value = np.resize(value, selection.shape)  # also where points repeat: the last one stays
    if data.draw(st.booleans()) and value.size:
        value = value.reshape(-1)[:1].reshape(())
    want = values.astype(object) if values.dtype.kind == "T" else values.copy()
    if fields is None:
        want[index] = value.astype(want.dtype)
    else:
        value = value[fields]
        for name in [fields] if isinstance(fields, str) else fields:
            part = want[name]
            part[index] = value if isinstance(fields, str) else value[name]
    write_selection(array._plan, selection, 2, array._data_type, value, fields)
    np.testing.assert_array_equal(array[...], want.astype(values.dtype))


def test_points_far_apart_in_a_file_are_read_one_by_one(tmp_path):
    array = zarr.create_array(
        tmp_path, shape=1 << 20, chunks=1 << 20, dtype="f8", compressors=None
    )
    array[...] = np.arange(1 << 20)
    where = np.array([5, (1 << 20) - 1, 77, 5])
    selection = Selection((None,), (Points((0,), (where,)),), (-1,), (4,))
    found = read_selection(array._plan, selection, 1, array._data_type, "C")
    np.testing.assert_array_equal(found, where)


def test_fields_that_are_arrays_themselves():
    record = np.dtype([("a", "<i4"), ("s", "<f4", (3,)), ("ok", "?")])
    data = np.zeros(10, record)
    data["a"], data["s"] = np.arange(10), np.arange(30).reshape(10, 3)
    array = zarr.create_array({}, shape=10, dtype=record, chunks=4, zarr_format=2)
    array[...] = data
    selection = Selection((None,), (Points((0,), (np.array([7, 1]),)),), (-1,), (2,))
    plan, data_type = array._plan, array._data_type
    found = read_selection(plan, selection, 1, data_type, "C", None, "s")
    np.testing.assert_array_equal(found, data[[7, 1]]["s"])
    write_selection(plan, selection, 1, data_type, [1, 2, 3], "s")
    data["s"][[7, 1]] = [1, 2, 3]
    np.testing.assert_array_equal(array[...], data)


def test_an_out_of_another_shape_is_refused():
    array = zarr.create_array({}, shape=(4, 4), dtype="i4", chunks=2)
    selection = Selection((None, (0, 1, 4)), (Points((0,), (np.array([1]),)),), (-1, 1), (1, 4))
    with pytest.raises(ValueError, match="out: expected shape"):
        read_selection(array._plan, selection, 1, array._data_type, "C", np.empty((4, 1), "i4"))
