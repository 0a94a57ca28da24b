"""Arrays that are awaited: results are those of the synchronous array, and calls overlap."""

import asyncio
import inspect
import pickle

import numpy as np
import pytest

import zarr_c
from zarr_c import Array, AsyncArray
from zarr_c.aio.awaiting import Shared
from zarr_c.errors import (
    ArrayNotFoundError,
    ChunkCorruptError,
    MetadataValidationError,
    NodeTypeValidationError,
    ReadOnlyError,
)

DATA = np.arange(600, dtype="i4").reshape(20, 30)


@pytest.fixture
def array():
    made = zarr_c.create_array({}, name="a", data=DATA, chunks=(7, 11), attributes={"k": 1})
    return made.async_array


# ---- the face and its array are one thing


@pytest.mark.parametrize("zarr_format", [2, 3])
def test_what_costs_no_io_is_that_of_the_array(zarr_format):
    array = zarr_c.create_array({}, data=DATA, zarr_format=zarr_format).async_array
    plain = array._node
    shared = [name for name in dir(AsyncArray) if isinstance(getattr(AsyncArray, name), Shared)]
    assert {"shape", "dtype", "chunks", "metadata", "compressor", "store", "path"} <= {*shared}
    for name in shared:
        assert getattr(AsyncArray, name).__doc__ == getattr(Array, name).__doc__
        if name == "compressor" and zarr_format == 3:
            with pytest.raises(TypeError, match="compressors"):
                array.compressor  # noqa: B018
        else:
            assert getattr(array, name) == getattr(plain, name)


def test_attributes_are_copies_and_nothing_is_assigned(array):
    plain = array._node
    assert len(array) == 20
    assert array.attrs == {"k": 1}
    array.attrs["k"] = 2  # a copy
    assert array.attrs == plain.attrs == {"k": 1}
    with pytest.raises(AttributeError, match="shape of <AsyncArray"):
        array.shape = (3,)


def test_an_array_and_its_face_change_together(array):
    plain = Array(array)
    assert plain is array._node
    assert plain.async_array == plain._async_array == array
    asyncio.run(array.resize((5, 30)))
    assert plain.shape == (5, 30)
    asyncio.run(array.resize((3, 30), delete_outside_chunks=False))
    asyncio.run(array.resize((5, 30)))
    assert np.array_equal(plain[:], DATA[:5])  # what was kept is back
    plain.resize((6, 30))
    assert array.shape == (6, 30)
    assert asyncio.run(array.update_attributes({"new": 2})) is array
    assert plain.attrs == {"k": 1, "new": 2}
    assert repr(array) == repr(plain).replace("<Array", "<AsyncArray")


def test_an_array_of_a_subclass_is_made_of_a_face(array):
    class Own(Array):
        def append(self, data, axis=0):
            return "its own", data

    own = Own(array)
    assert type(own) is Own
    assert own == array._node
    assert own.async_array._node is own
    assert asyncio.run(own.async_array.append(3)) == ("its own", 3)


@pytest.mark.parametrize("wrong", ["a path", None, 3])
def test_an_array_is_made_of_nothing_else(wrong):
    with pytest.raises(TypeError, match="expected a StorePath or the asynchronous face"):
        Array(wrong)
    with pytest.raises(TypeError, match="expected a StorePath or the asynchronous face"):
        Array(zarr_c.group({})._async_group)
    with pytest.raises(TypeError, match="metadata: expected those of the array"):
        Array(zarr_c.zeros(3).store_path)


@pytest.mark.parametrize("zarr_format", [2, 3])
def test_construction_from_metadata(zarr_format, tmp_path):
    plain = zarr_c.create_array(
        tmp_path, data=DATA, zarr_format=zarr_format, attributes={"k": 1}
    )
    face = AsyncArray(plain.metadata, plain.store_path, {"order": "F"})
    assert face == plain.async_array
    assert face.order == "F"
    assert face.with_config({"order": "C"}).order == "C"
    assert pickle.loads(pickle.dumps(face)) == face
    assert pickle.loads(pickle.dumps(face)).order == "F"


def test_construction_from_the_dictionaries_of_zarr_python(tmp_path):
    peer = pytest.importorskip("zarr")
    for zarr_format in (2, 3):
        made = peer.create_array(
            tmp_path / f"{zarr_format}",
            data=DATA,
            zarr_format=zarr_format,
            attributes={"k": 1},
        )
        plain = zarr_c.open_array(tmp_path / f"{zarr_format}")
        face = AsyncArray.from_dict(plain.store_path, made.metadata.to_dict())
        assert (
            face == plain.async_array == AsyncArray(made.metadata.to_dict(), plain.store_path)
        )
        assert np.array_equal(asyncio.run(face.getitem(...)), DATA)
    group = {"zarr_format": 3, "node_type": "group"}
    with pytest.raises(NodeTypeValidationError, match="expected 'array'"):
        AsyncArray.from_dict(plain.store_path, group)
    with pytest.raises(MetadataValidationError, match="zarr_format"):
        AsyncArray.from_dict(plain.store_path, {"shape": [3]})


# ---- reading and writing


def test_reads_and_writes_are_those_of_the_array(array):
    async def main():
        assert np.array_equal(
            await array.getitem((slice(2, 9), slice(None, None, 4))), DATA[2:9, ::4]
        )
        one = await array.getitem((3, 4), prototype=None)
        assert one == DATA[3, 4]
        assert type(one) is np.int32
        out = np.empty((20, 2), "i4")
        assert await array.get_basic_selection((..., slice(2)), out=out) is out
        assert np.array_equal(out, DATA[:, :2])
        await array.setitem((slice(3), 0), [7, 8, 9])
        await array.set_basic_selection((3, 0), 10)
        assert (await array.getitem((slice(4), 0))).tolist() == [7, 8, 9, 10]
        await array.setitem(..., array)  # an asynchronous array is a value too
        assert await array.append(DATA[:2]) == (22, 30)
        assert np.array_equal(await array.getitem(slice(20, None)), DATA[:2])
        assert await array.nchunks_initialized() == array._node.nchunks_initialized == 12
        assert await array.nbytes_stored() == array._node.nbytes_stored()
        assert str(await array.info_complete()) == str(array._node.info_complete())

    asyncio.run(main())


ROWS, MASK = [0, 19, 3], DATA % 7 == 0
SELECTIONS = {
    "orthogonal": (ROWS, slice(1, 9)),
    "coordinate": (ROWS, [1, 29, 1]),
    "mask": MASK,
    "block": (1, slice(0, 2)),
}


@pytest.mark.parametrize("kind", SELECTIONS)
def test_selections_are_those_of_the_array(array, kind):
    selection = SELECTIONS[kind]
    plain = array._node
    expected = getattr(plain, f"get_{kind}_selection")(selection)
    out = np.empty_like(expected)

    async def main():
        read = getattr(array, f"get_{kind}_selection")
        assert np.array_equal(await read(selection), expected)
        assert await read(selection, out=out) is out
        assert np.array_equal(out, expected)
        await getattr(array, f"set_{kind}_selection")(selection, -expected)
        assert np.array_equal(await read(selection), -expected)

    asyncio.run(main())


@pytest.mark.parametrize(
    ("index", "kind"),
    [
        ("oindex", "orthogonal"),
        ("vindex", "coordinate"),
        ("vindex", "mask"),
        ("blocks", "block"),
    ],
)
def test_indexers_are_those_of_the_array(array, index, kind):
    selection = SELECTIONS[kind]
    expected = getattr(array._node, index)[selection]
    written = zarr_c.create_array({}, data=DATA, chunks=(7, 11))
    getattr(written, index)[selection] = -1

    async def main():
        indexer = getattr(array, index)
        assert indexer.array == array
        assert np.array_equal(await indexer.getitem(selection), expected)
        await indexer.setitem(selection, -1)
        assert np.array_equal(await array.getitem(...), written[:])

    asyncio.run(main())


def test_fields_of_records():
    records = np.array([(1, 2.0), (3, 4.0)], [("x", "i4"), ("y", "f8")])
    array = zarr_c.create_array({}, data=records).async_array

    async def main():
        assert (await array.getitem("x")).tolist() == [1, 3]
        await array.setitem("y", 5)
        assert (await array.get_basic_selection(..., fields="y")).tolist() == [5, 5]

    asyncio.run(main())


def test_xarray_awaits_arrays(tmp_path):
    """`xarray` calls ``_async_array.getitem``, ``.oindex.getitem`` and ``.vindex.getitem``."""
    xarray = pytest.importorskip("xarray")
    from xarray.backends.zarr import ZarrArrayWrapper
    from xarray.core.indexing import BasicIndexer, OuterIndexer, VectorizedIndexer

    wrapped = ZarrArrayWrapper(zarr_c.create_array(tmp_path, data=DATA, chunks=(7, 11)))
    rows, columns = np.array([0, 19, 3]), np.array([1, 29, 1])
    cases = [
        (BasicIndexer((slice(2, 9), 4)), DATA[2:9, 4]),
        (OuterIndexer((rows, columns)), DATA[np.ix_(rows, columns)]),
        (VectorizedIndexer((rows, columns)), DATA[rows, columns]),
    ]

    async def main():
        for key, expected in cases:
            assert np.array_equal(await wrapped.async_getitem(key), expected), xarray

    asyncio.run(main())


def test_opening(tmp_path):
    zarr_c.create_array(tmp_path / "2", data=DATA, zarr_format=2)
    zarr_c.create_group(tmp_path / "g")

    async def main():
        opened = await AsyncArray.open(tmp_path / "2", zarr_format=None, config={"order": "F"})
        assert (opened.metadata.zarr_format, opened.order) == (2, "F")
        with pytest.raises(ArrayNotFoundError, match="of Zarr format 3"):
            await AsyncArray.open(tmp_path / "2")
        with pytest.raises(NodeTypeValidationError):
            await AsyncArray.open(tmp_path / "g")
        other = await AsyncArray.open(tmp_path / "2", zarr_format=2)
        await other.resize((3, 30))
        assert await opened.refresh() is opened
        assert opened.shape == (3, 30)

    asyncio.run(main())


def test_errors_are_those_of_the_array(array):
    async def main():
        with pytest.raises(IndexError, match="20"):
            await array.getitem(20)
        with pytest.raises(TypeError, match="int32"):
            await array.setitem(0, 1.5)
        array.store["a/c/0/0"] = b"damaged"
        with pytest.raises(ChunkCorruptError, match="a/c/0/0"):
            await array.getitem((0, 0))
        frozen = zarr_c.open_array(array.store, path="a", mode="r").async_array
        with pytest.raises(ReadOnlyError):
            await frozen.setitem(0, 1)

    asyncio.run(main())


def test_methods_describe_themselves():
    for name in ("append", "resize", "get_basic_selection", "nbytes_stored"):
        method, plain = getattr(AsyncArray, name), getattr(Array, name)
        assert inspect.iscoroutinefunction(method)
        assert method.__doc__
        found, expected = inspect.signature(method), inspect.signature(plain)
        assert [*found.parameters] == [*expected.parameters]
