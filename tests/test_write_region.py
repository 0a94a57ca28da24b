"""Exclusive writes: exactly those that cover whole chunks, or shards, are written."""

import re

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from selections import integers, slices

import zarr_c
from zarr_c.errors import BaseZarrError, UnalignedWriteError
from zarr_c.storage import LoggingStore, MemoryStore


@st.composite
def grids(draw):
    """A shape, the arguments that cut it, and the number of the unit of each element."""
    shape = tuple(draw(st.lists(st.integers(0, 9), min_size=1, max_size=3)))
    chunks = tuple(draw(st.integers(1, 5)) for _ in shape)
    kind = draw(st.sampled_from(["chunks", "shards", "rectilinear"]))
    if kind == "shards":
        unit = tuple(n * draw(st.integers(1, 3)) for n in chunks)
        arguments = {"chunks": chunks, "shards": unit}
    elif kind == "rectilinear":
        lengths = tuple(tuple(draw(st.lists(st.integers(1, 4), min_size=1))) for _ in shape)
        shape = tuple(map(sum, lengths))
        arguments = {"chunks": lengths}
    else:
        arguments, unit = {"chunks": chunks}, chunks
    if kind == "rectilinear":
        numbers = [
            np.repeat(np.arange(len(each)), each)[:n]
            for n, each in zip(shape, lengths, strict=True)
        ]
    else:
        numbers = [np.arange(n) // u for n, u in zip(shape, unit, strict=True)]
    units = np.zeros(shape, "i8")
    for number in np.meshgrid(*numbers, indexing="ij"):
        units = units * 100 + number
    return shape, arguments, units


def selections(shape):
    return st.tuples(*(slices(n) if n == 0 else slices(n) | integers(n) for n in shape))


def aligned(units, selection):
    """Whether each unit that a selection touches is selected as a whole."""
    mask = np.zeros(units.shape, bool)
    mask[selection] = True
    touched = np.isin(units, units[mask])
    return bool((mask == touched).all())


def in_text(text):
    """The selection that an error tells."""
    spans = [map(int, span.split(":")) for span in text.strip("[]").split(", ")]
    return tuple(slice(*span) for span in spans)


@given(st.data())
def test_whole_units_are_written_and_others_refused(data):
    shape, arguments, units = data.draw(grids())
    selection = data.draw(selections(shape))
    store = LoggingStore(MemoryStore())
    array = zarr_c.create_array(store, shape=shape, dtype="i4", **arguments)
    array[...] = 1
    expected = np.ones(shape, "i4")
    before = dict(store._store)
    requests = store.counter.copy()
    if aligned(units, selection):
        array.write_region(selection, 2)
        expected[selection] = 2
        assert not store.counter["get"] - requests["get"]
        np.testing.assert_array_equal(array[...], expected)
        return
    with pytest.raises(UnalignedWriteError) as caught:
        array.write_region(selection, 2)
    assert store.counter == requests
    assert dict(store._store) == before
    found, outer, inner = re.search(
        r"found (\[.*?\]); the smallest around it is (\[.*?\])"
        r"(?:, the largest within it (\[.*\]|no whole one))?$",
        str(caught.value),
    ).groups()
    mask = np.zeros(shape, bool)
    mask[selection] = True
    of_error = np.zeros(shape, bool)
    of_error[in_text(found)] = True
    assert (mask == of_error).all()
    check_around(units, mask, in_text(outer))
    if inner is not None:
        check_within(units, mask, inner)
    array.write_region(selection, 2, exclusive=False)
    expected[selection] = 2
    np.testing.assert_array_equal(array[...], expected)


def check_around(units, mask, outer):
    """It is aligned, has all of the selection, and ends with units that have some of it."""
    around = np.zeros(units.shape, bool)
    around[outer] = True
    assert aligned(units, outer)
    assert not (mask & ~around).any()
    touched = np.isin(units, units[mask])
    for axis in range(units.ndim):
        others = tuple(i for i in range(units.ndim) if i != axis)
        ends = np.flatnonzero(touched.any(axis=others))[[0, -1]]
        assert np.flatnonzero(around.any(axis=others))[[0, -1]].tolist() == ends.tolist()


def check_within(units, mask, inner):
    """It is aligned and within the selection, and no whole unit lies outside of it."""
    whole = np.isin(units, units[~mask], invert=True)  # units without an unselected element
    if inner == "no whole one":
        assert not whole.any()
        return
    found = np.zeros(units.shape, bool)
    found[in_text(inner)] = True
    assert aligned(units, in_text(inner))
    assert not (found & ~mask).any()
    np.testing.assert_array_equal(found, whole)


def test_what_the_error_says():
    array = zarr_c.create_array({}, name="x", shape=(10, 8), chunks=(4, 4), dtype="i4")
    with pytest.raises(UnalignedWriteError) as caught:
        array.write_region(np.s_[2:9, :], 1)
    assert str(caught.value).endswith(
        "/x: expected a selection of whole units of (4, 4), as an exclusive write must not "
        "read, found [2:9, 0:8]; the smallest around it is [0:10, 0:8], the largest within it "
        "[4:8, 0:8]"
    )
    assert isinstance(caught.value, ValueError)
    assert isinstance(caught.value, BaseZarrError)


@pytest.mark.parametrize("selection", [[0, 1], np.ones(4, bool), (np.arange(4),), "f"])
def test_other_selections_are_refused(selection):
    array = zarr_c.create_array({}, shape=4, chunks=4, dtype="i4")
    with pytest.raises(TypeError, match="selection: expected integers, slices and Ellipsis"):
        array.write_region(selection, 1)
    with pytest.raises(IndexError):
        array.write_region(7, 1)


def test_a_damaged_unit_is_healed():
    array = zarr_c.create_array({}, shape=(8,), chunks=(2,), shards=(4,), dtype="i4")
    array[...] = 1
    array.store["c/0"] = b"damaged"
    array.write_region(slice(4), 2)
    assert array[...].tolist() == [2] * 4 + [1] * 4


def test_writers_of_regions_lose_nothing():
    """Each writes whole units, and none waits: what the other has written stays."""
    array = zarr_c.create_array({}, shape=(64,), chunks=(8,), dtype="i4")
    for first in range(0, 64, 8):
        array.write_region(slice(first, first + 8), np.arange(first, first + 8))
    assert array[...].tolist() == list(range(64))
