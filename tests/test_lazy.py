"""Lazy views: chains of selections give what NumPy gives, are read once, and write through."""

import pickle
from math import prod

import numpy as np
import pytest
import selections as s
from hypothesis import given, settings
from hypothesis import strategies as st

import zarr_c
from zarr_c.storage import MemoryStore
from zarr_c.views.lazy import LazyArray

DATA = np.arange(6 * 7 * 8, dtype="i4").reshape(6, 7, 8)


def stored(elements, **options):
    options = {"chunks": tuple(max(1, (n + 1) // 2) for n in elements.shape)} | options
    return zarr_c.create_array(MemoryStore(), data=elements, **options)


@pytest.fixture
def array():
    return stored(DATA)


@st.composite
def steps(draw, shape):
    """How to select, and with what."""
    if not shape or 0 in shape:
        return "[]", draw(s.basic(shape)) if shape else draw(st.sampled_from([(), ..., None]))
    kind = draw(st.sampled_from(["[]", "[]", "oindex", "vindex", "T"]))
    if kind == "T":
        return kind, tuple(draw(st.permutations(range(len(shape)))))
    if kind == "oindex":
        return kind, draw(s.orthogonal(shape, newaxis=False))
    if kind == "vindex":
        return kind, draw(s.coordinates(shape))
    return kind, draw(st.one_of(s.basic(shape), s.fancy(shape)))


def step(view, kind, selection):
    if kind == "T":
        return view.transpose(selection)
    return view[selection] if kind == "[]" else getattr(view, kind)[selection]


def numpy_step(elements, kind, selection):
    if kind == "T":
        return elements.transpose(selection)
    take = {"[]": s.bracketed, "oindex": s.outer, "vindex": lambda a, i: a[i]}[kind]
    return np.asarray(take(elements, selection))


@st.composite
def chains(draw, least=0):
    """An array, a chain of selections, and what NumPy makes of it."""
    elements = s.numbered(draw(s.shapes(least=least, most=4)))
    chain, found = [], elements
    for _ in range(draw(st.integers(1, 4))):
        chain.append(draw(steps(found.shape)))
        found = numpy_step(found, *chain[-1])
        if found.ndim > 8:
            break
    return elements, chain, found


@settings(max_examples=200, deadline=None)
@given(chains(), st.booleans())
def test_chains_read_what_numpy_gives(case, sharded):
    elements, chain, expected = case
    options = {}
    if sharded and elements.ndim:
        options = {"chunks": (2,) * elements.ndim, "shards": (4,) * elements.ndim}
    view = stored(elements, **options).lazy
    for kind, selection in chain:
        view = step(view, kind, selection)
    assert view.shape == expected.shape
    assert (view.ndim, view.size) == (expected.ndim, expected.size)
    result = view.result()
    np.testing.assert_array_equal(result, expected, strict=True)
    out = np.zeros(expected.shape, expected.dtype, order="F")
    assert view.result(out=out) is out
    np.testing.assert_array_equal(out, expected)


@settings(max_examples=150, deadline=None)
@given(chains(least=1))
def test_chains_write_what_they_read(case):
    elements, chain, numbers = case
    array = stored(elements)
    view = array.lazy
    for kind, selection in chain:
        view = step(view, kind, selection)
    value = -1 - np.arange(prod(numbers.shape)).reshape(numbers.shape)
    view[...] = value
    expected = elements.copy()
    expected[np.unravel_index(numbers.ravel(), elements.shape)] = value.ravel()
    found = array[...]
    unique, counts = np.unique(numbers, return_counts=True)
    once = np.isin(elements, unique[counts == 1]) | ~np.isin(elements, unique)
    np.testing.assert_array_equal(np.asarray(found)[once], expected[once])
    for number in unique[counts > 1]:
        assert found[elements == number] in value[numbers == number]


class Asked(dict):
    """Objects, and the keys that were asked for."""

    def __init__(self):
        super().__init__()
        self.keys_asked = []

    def __getitem__(self, key):
        self.keys_asked.append(key)
        return super().__getitem__(key)


def test_nothing_is_read_before_the_result_and_each_chunk_once():
    objects = Asked()
    array = zarr_c.create_array(objects, data=DATA, chunks=(3, 7, 4))
    objects.keys_asked.clear()
    view = array.lazy[::-1][[0, 5, 1, 0]][:, 3:, :4].T[1]
    assert objects.keys_asked == []
    expected = DATA[::-1][[0, 5, 1, 0]][:, 3:, :4].T[1]
    np.testing.assert_array_equal(view.result(), expected)
    assert sorted(objects.keys_asked) == ["c/0/0/0", "c/1/0/0"]


def test_numpy_converts_a_view(array):
    view = array.lazy[2][::-1, [0, 5]]
    np.testing.assert_array_equal(np.asarray(view), DATA[2][::-1, [0, 5]])
    assert np.asarray(view, dtype="f8").dtype == np.float64
    with pytest.raises(ValueError, match="without a copy"):
        np.array(view, copy=False)


def test_scalars_are_where_numpy_has_them(array):
    assert array.lazy[1][2, 3].result() == DATA[1, 2, 3]
    assert isinstance(array.lazy[1][2, 3].result(), np.int32)
    assert array.lazy[1][2, 3, ...].result().shape == ()


@pytest.mark.parametrize("selection", [6, -7, [0, 6], (0, 0, 0, 0), np.zeros((2, 2), bool)])
def test_bounds_are_checked_when_the_view_is_made(array, selection):
    with pytest.raises(IndexError):
        array.lazy[selection]
    with pytest.raises(IndexError):
        array.lazy[::2].oindex[3]
    with pytest.raises(IndexError):
        array.lazy[::2].vindex[[3], [0], [0]]


def test_a_view_of_what_a_smaller_array_has_no_longer_is_an_error(array):
    view, still = array.lazy[4:], array.lazy[:3, [0, 6]]
    array.resize((3, 7, 8))
    with pytest.raises(IndexError, match="by now"):
        view.result()
    with pytest.raises(IndexError, match="by now"):
        view[...] = 1
    np.testing.assert_array_equal(still.result(), DATA[:3, [0, 6]])


def test_a_view_says_what_it_would_read(array):
    view = array.lazy[1, 2:5][:, [3, 0]].vindex[[0, 2], [1, 1]]
    assert repr(view).startswith("<LazyArray [1, <2 points>, <2 points>] of <Array memory:")
    assert repr(view).endswith("shape=(2,) dtype=int32>")
    assert "[5::-2, 0:7, 0:8]" in repr(array.lazy[::-2])


def test_facts_of_a_view(array):
    view = array.lazy[:5, ::2, None, [3, 1]]
    assert (view.shape, view.dtype, len(view)) == ((5, 4, 1, 2), np.dtype("i4"), 5)
    assert (view.nbytes, view.itemsize) == (160, 4)
    assert view.chunks == (3, 2, 1, 2)
    assert view.array is array
    assert [v.result().tolist() for v in array.lazy[0, 0]] == DATA[0, 0].tolist()
    with pytest.raises(TypeError, match="without axes"):
        len(array.lazy[0, 0, 0])


def test_transposing_as_numpy_does(array):
    view = array.lazy[1:]
    for axes in [(), ((2, 0, 1),), (1, 2, 0), (-1, 0, 1)]:
        np.testing.assert_array_equal(view.transpose(*axes).result(), DATA[1:].transpose(*axes))
    assert view.T.shape == (8, 7, 5)
    with pytest.raises(ValueError, match="permutation"):
        view.transpose(0, 0, 1)


def test_a_view_pickles_without_what_it_reads(array, tmp_path):
    local = zarr_c.create_array(tmp_path / "x.zarr", data=DATA)
    view = local.lazy[1:].vindex[[0, 2], :, [3, 4]].astype("f8")
    again = pickle.loads(pickle.dumps(view))
    assert type(again) is LazyArray
    np.testing.assert_array_equal(again.result(), view.result(), strict=True)


def test_elements_are_cast_when_they_are_read(array):
    cast = array.astype("f8")
    assert (cast.dtype, cast.shape) == (np.dtype("f8"), DATA.shape)
    np.testing.assert_array_equal(cast[2:, 1], DATA[2:, 1].astype("f8"), strict=True)
    np.testing.assert_array_equal(cast.lazy[0].T.result(), DATA[0].T.astype("f8"), strict=True)
    np.testing.assert_array_equal(np.asarray(array.astype("f2")), DATA.astype("f2"))
    assert list(array.astype("f8").oindex[0, [1], [2, 3]].ravel()) == [10.0, 11.0]
    with pytest.raises(TypeError, match="casting"):
        array.astype("i2", casting="safe")
    with pytest.raises(TypeError, match="astype"):
        cast.lazy[0][...] = 1


def test_bytes_are_taken_for_another_type_and_written_as_it():
    times = np.array(["2020-01-01", "NaT", "1969-07-20"], "M8[D]")
    array = stored(times.view("i8"))
    seen = array.view("M8[D]")
    np.testing.assert_array_equal(seen[...], times, strict=True)
    seen[1:2] = np.datetime64("2000-02-29")
    assert array[1] == np.datetime64("2000-02-29", "D").view("i8")
    with pytest.raises(ValueError, match="8 bytes"):
        array.view("i4")
    with pytest.raises(TypeError, match="no bytes"):
        array.view(object)


@pytest.mark.parametrize("value", [7, [1, 2], np.arange(7)[:, None]])
def test_values_are_broadcast_and_cast_as_by_an_array(array, value):
    expected = DATA.copy()
    array.lazy[:2][:, :, ::-1].T[3] = value
    expected[:2, :, ::-1].T[3] = value
    np.testing.assert_array_equal(array[...], expected)


def test_values_that_would_lose_something_are_refused(array):
    with pytest.raises(TypeError):
        array.lazy[0].T[...] = 1.5
    with pytest.raises(ValueError, match="broadcast"):
        array.lazy[0].T[...] = np.zeros(3, "i4")
    with pytest.raises(ValueError, match="read-only"):
        zarr_c.open_array(array.store_path.store, mode="r").lazy[0][...] = 1


def test_fields_of_records():
    records = np.zeros((4, 3), [("a", "i4"), ("b", "f8"), ("c", "u1")])
    records["a"], records["b"] = np.arange(12).reshape(4, 3), 0.5
    array = stored(records)
    np.testing.assert_array_equal(array.lazy[1:]["a"][:, ::-1].result(), records["a"][1:, ::-1])
    np.testing.assert_array_equal(array.lazy["a", 1:, 2].result(), records["a"][1:, 2])
    np.testing.assert_array_equal(array.lazy.oindex["b", [2, 0]].result(), records["b"][[2, 0]])
    found = array.lazy[["c", "a"]][2].result()
    assert found.dtype.names == ("c", "a")
    array.lazy[:, 0].T["b"] = np.arange(4.0)
    np.testing.assert_array_equal(array[...]["b"][:, 0], np.arange(4.0))
    np.testing.assert_array_equal(array[...]["a"], records["a"])
    with pytest.raises(IndexError, match="fields"):
        array.lazy["d"]
    with pytest.raises(IndexError, match="fields"):
        array.lazy["a"]["b"]


def test_strings_and_objects():
    strings = np.array([["a", "", "grüße"], ["b" * 40, "x", "y"]], np.dtypes.StringDType())
    array = stored(strings)
    assert (
        array.lazy.T[::-1][:, [1, 0]].result().tolist() == strings.T[::-1][:, [1, 0]].tolist()
    )
    array.lazy.T[0][...] = ["new", "newer"]
    assert array[:, 0].tolist() == ["new", "newer"]
    assert array.lazy[0].astype("U5").result().tolist() == ["new", "", "grüße"]
