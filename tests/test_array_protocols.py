"""An array where Python and NumPy want one: conversion, iteration, numbers, contexts."""

import copy
import hashlib
import operator
import pickle
import tracemalloc
from itertools import product

import numcodecs
import numpy as np
import pytest
import zarr

import zarr_c
from zarr_c.node_documents import documents
from zarr_c.storage import LocalStore, LoggingStore, MemoryStore, ZipStore

DATA = np.arange(77, dtype="i4").reshape(11, 7)


class Requests(LoggingStore):
    """Keeps the keys of chunks that were asked for."""

    def __init__(self, store):
        super().__init__(store)
        self.keys = []

    def get(self, key, default=None, *, byte_range=None):
        if key.startswith("c/"):
            self.keys.append(key)
        return super().get(key, default, byte_range=byte_range)


@pytest.fixture
def array():
    store = Requests(MemoryStore())
    return zarr_c.create_array(store, data=DATA, chunks=(4, 3))


# ---- __array__


def test_conversion(array):
    np.testing.assert_array_equal(np.asarray(array), DATA)
    np.testing.assert_array_equal(np.array(array, copy=True), DATA)
    np.testing.assert_array_equal(np.asarray(array, copy=None), DATA)
    assert np.asarray(array).dtype == DATA.dtype
    with pytest.raises(ValueError, match="copy"):
        np.asarray(array, copy=False)
    with pytest.raises(ValueError, match="copy"):
        np.asarray(array, dtype="f4", copy=False)


@pytest.mark.parametrize(
    "dtype", ["f8", "i1", ">i4", "U", "U2", "S5", object, complex, "M8", "m8"]
)
def test_conversion_to_another_type(array, dtype):
    expected = DATA.astype(dtype)
    found = np.asarray(array, dtype=dtype)
    assert found.dtype == expected.dtype
    np.testing.assert_array_equal(found, expected)
    np.testing.assert_array_equal(np.array(array, dtype=dtype), expected)


def test_conversion_to_another_type_reads_each_chunk_once_and_makes_no_second_array(array):
    big = zarr_c.create_array(MemoryStore(), shape=(4000, 1000), chunks=(40, 1000), dtype="f4")
    array.store.keys.clear()
    np.asarray(array, dtype="f8")
    assert len(array.store.keys) == len(set(array.store.keys)) == 9
    tracemalloc.start()
    np.asarray(big, dtype="f8")
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 1.1 * big.size * 8


def test_conversion_keeps_the_memory_order():
    array = zarr_c.create_array({}, data=DATA, chunks=(4, 3), config={"order": "F"})
    assert np.asarray(array).flags.f_contiguous
    assert np.asarray(array, dtype="f8").flags.f_contiguous


@pytest.mark.parametrize("dtype", [str, "U3", "M8[s]", [("a", "i4"), ("b", "f8")]])
def test_conversion_of_other_types(dtype):
    array = zarr_c.create_array({}, shape=5, chunks=2, dtype=dtype)
    for wanted in (None, object) if isinstance(dtype, list) else (None, object, "U9"):
        found = np.asarray(array, dtype=wanted)
        expected = array[:] if wanted is None else array[:].astype(wanted)
        assert found.dtype == expected.dtype
        assert found.tolist() == expected.tolist()


@pytest.mark.parametrize("shape", [(), (1,), (0,), (0, 3), (3, 0), (1, 1, 1)])
def test_small_shapes(shape):
    array = zarr_c.create_array({}, shape=shape, dtype="i4", fill_value=5)
    expected = np.full(shape, 5, "i4")
    for dtype in (None, "f4"):
        found = np.asarray(array, dtype=dtype)
        assert isinstance(found, np.ndarray)
        np.testing.assert_array_equal(found, expected.astype(dtype or "i4"), strict=True)
    assert len(list(array)) == len(expected) if shape else True
    assert (5 in array) == (5 in expected)


# ---- len, iteration, in


def test_iteration_decodes_each_chunk_once(array):
    rows = iter(array)
    np.testing.assert_array_equal(next(rows), DATA[0])
    assert len(array.store.keys) == 3  # one row of chunks is in memory
    for row, expected in zip(rows, DATA[1:], strict=True):
        np.testing.assert_array_equal(row, expected)
    assert len(array.store.keys) == len(set(array.store.keys)) == 9
    assert len(array) == 11


@pytest.mark.parametrize(
    "options", [{"chunks": (2, 7), "shards": (6, 7)}, {"chunks": [[1, 5, 5], [7]]}]
)
def test_iteration_over_other_grids(options):
    array = zarr_c.create_array({}, shape=DATA.shape, dtype="i4", **options)
    array[...] = DATA
    np.testing.assert_array_equal(np.stack(list(array)), DATA)
    np.testing.assert_array_equal(np.asarray(array, dtype="f4"), DATA)


def test_what_has_no_axes_has_no_length():
    array = zarr_c.create_array({}, shape=(), dtype="i4")
    for function in (len, iter):
        with pytest.raises(TypeError):
            function(array)


def test_membership_stops_where_it_finds(array):
    for value in (
        0,
        76,
        77,
        -1,
        3.5,
        True,
        "a",
        None,
        np.arange(7),
        DATA,
        [0, 1, 2, 3, 4, 5, 0],
    ):
        assert (value in array) == (value in DATA), value
    array.store.keys.clear()
    assert 5 in array
    assert len(array.store.keys) == 3
    nan = zarr_c.create_array({}, data=np.array([np.nan]))
    assert np.nan not in nan


# ---- one element as a number


@pytest.mark.parametrize("shape", [(), (1,), (1, 1)])
@pytest.mark.parametrize("value", [np.int8(0), np.int64(-3), np.float32(2.5), np.bool_(True)])
def test_one_element_is_a_number(shape, value):
    array = zarr_c.create_array({}, shape=shape, dtype=value.dtype)
    array[...] = value
    for function in (int, float, complex):
        assert function(array) == function(value)
    scalar = np.full(shape, value)
    if shape == () and value.dtype.kind == "i":
        assert operator.index(array) == value
        assert [*range(5)][array] == [*range(5)][int(value)]
    else:
        for thing in (array, scalar):
            with pytest.raises(TypeError):
                operator.index(thing)


@pytest.mark.parametrize("shape", [(2,), (1, 3), (0,)])
def test_several_elements_are_no_number(shape):
    array = zarr_c.create_array({}, shape=shape, dtype="i4")
    for function in (int, float, complex):
        with pytest.raises(TypeError, match="one element"):
            function(array)
    with pytest.raises(TypeError):
        operator.index(array)


def test_complex_numbers_have_no_real_value():
    array = zarr_c.create_array({}, data=np.array(1 + 2j))
    assert complex(array) == 1 + 2j


@pytest.mark.parametrize("shape", [(), (0,), (3,)])
def test_an_array_is_true_whatever_is_in_it(shape):
    assert zarr_c.create_array({}, shape=shape, dtype="i4")


# ---- identity


def test_equality_is_of_the_node(tmp_path):
    array = zarr_c.create_array(tmp_path, data=DATA)
    assert array == zarr_c.open_array(tmp_path)
    assert array == pickle.loads(pickle.dumps(array)) == copy.copy(array)
    assert array != zarr_c.create_array(tmp_path / "other", data=DATA)
    assert array != 1
    with pytest.raises(TypeError, match="unhashable"):
        hash(array)  # zarr-python's cannot be hashed either


def test_tokens_are_of_the_place_and_the_documents(tmp_path):
    array = zarr_c.create_array(tmp_path / "a", data=DATA)
    token = array.__dask_tokenize__()
    assert token == zarr_c.open_array(tmp_path / "a", mode="r").__dask_tokenize__()
    assert token == pickle.loads(pickle.dumps(array)).__dask_tokenize__()
    assert token != zarr_c.create_array(tmp_path / "b", data=DATA).__dask_tokenize__()
    array.attrs["a"] = 1
    assert token != array.__dask_tokenize__()


def test_contexts(tmp_path):
    with zarr_c.create_array(tmp_path / "x.zip", data=DATA) as array:
        assert isinstance(array.store, ZipStore)
    assert array.store.closed
    with zarr_c.open_array(tmp_path / "x.zip", mode="r") as array:
        np.testing.assert_array_equal(array, DATA)
    assert array.store.closed
    with zarr_c.open_group(tmp_path / "g.zip", mode="w") as group:
        group["x"] = DATA
    with zarr_c.open_group(tmp_path / "g.zip", mode="r") as group:
        np.testing.assert_array_equal(group["x"], DATA)
    with pytest.raises(KeyError), zarr_c.open_group(tmp_path / "g.zip", mode="r") as group:
        group["y"]
    assert group.store.closed


# ---- what zarr-python's arrays say


def test_write_unit():
    assert zarr_c.create_array({}, shape=(8, 8), chunks=(4, 2)).write_unit == (4, 2)
    sharded = zarr_c.create_array({}, shape=(8, 8), chunks=(4, 2), shards=(8, 4))
    assert sharded.write_unit == (8, 4)
    uneven = zarr_c.create_array({}, shape=8, chunks=[[3, 5]])
    with pytest.raises(NotImplementedError, match="write_chunk_sizes"):
        assert uneven.write_unit


def test_codecs_of_v2_are_those_of_numcodecs():
    zstd, delta = numcodecs.Zstd(level=3), numcodecs.Delta(dtype="<i4")
    options = {"dtype": "<i4", "zarr_format": 2, "compressors": zstd, "filters": [delta]}
    array = zarr_c.create_array({}, shape=9, chunks=4, **options)
    assert (array.compressor, array.compressors, array.filters) == (zstd, (zstd,), (delta,))
    again = zarr_c.create_array(
        {},
        shape=9,
        dtype="<i4",
        zarr_format=2,
        compressors=array.compressor,
        filters=array.filters,
    )
    assert again.compressors == array.compressors
    plain = zarr_c.create_array({}, shape=9, zarr_format=2, compressors=None)
    assert (plain.compressor, plain.compressors, plain.filters) == (None, (), ())
    with pytest.raises(TypeError, match="compressors"):
        assert zarr_c.create_array({}, shape=9).compressor


def test_with_config_keeps_what_is_not_named():
    array = zarr_c.create_array({}, shape=9, config={"write_empty_chunks": True})
    other = array.with_config({"order": "F"})
    assert (other.config.order, other.config.write_empty_chunks) == ("F", True)
    assert array.config.order == "C"
    with pytest.raises(TypeError, match="nothing"):
        array.with_config({"nothing": 1})


@pytest.mark.parametrize("zarr_format", [2, 3])
def test_from_dict(zarr_format):
    theirs = zarr.create_array(
        {}, shape=(9, 4), chunks=(2, 3), dtype="i4", zarr_format=zarr_format
    )
    array = zarr_c.create_array({}, data=DATA, attributes={"a": 1}, zarr_format=zarr_format)
    found = documents(array.metadata)
    data = (
        found["zarr.json"] if zarr_format == 3 else found[".zarray"] | {"attributes": {"a": 1}}
    )
    made = zarr_c.Array.from_dict(array.store_path, data)
    assert made == array
    assert made.attrs == {"a": 1}
    np.testing.assert_array_equal(made, DATA)
    taken = zarr_c.Array.from_dict(array.store_path, theirs.metadata.to_dict())
    assert (taken.shape, taken.chunks, taken.dtype) == ((9, 4), (2, 3), np.dtype("i4"))


# ---- digests


def by_hand(array, hashname):
    """As zarr-python 2 had it: every chunk of the grid in order, then the documents."""
    hashed = hashlib.new(hashname)
    metadata, store = array.metadata, array.store
    for coords in product(*map(range, metadata.grid_shape)):
        hashed.update(store.get(metadata.chunk_key.encode_chunk_key(coords), b""))
    for name in ("zarr.json",) if metadata.zarr_format == 3 else (".zarray", ".zattrs"):
        hashed.update(store.get(name, b""))
    return hashed


@pytest.mark.parametrize("zarr_format", [2, 3])
@pytest.mark.parametrize("hashname", ["sha1", "md5", "sha256"])
def test_digests(tmp_path, zarr_format, hashname):
    array = zarr_c.create_array(
        LocalStore(tmp_path), shape=(110, 7), chunks=(1, 3), dtype="i4", zarr_format=zarr_format
    )
    array[::2] = 1
    array.attrs["a"] = 1
    expected = by_hand(array, hashname)
    assert array.hexdigest(hashname) == expected.hexdigest()
    assert array.digest(hashname) == expected.digest()
    assert array.hexdigest() == by_hand(array, "sha1").hexdigest()
    before = array.hexdigest()
    array[3, 3] = 5
    assert array.hexdigest() != before
    with pytest.raises(ValueError, match="nothing"):
        array.digest("nothing")
