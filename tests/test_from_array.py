"""`from_array`: what is kept, how much is in memory, and that zarr-python does the same."""

import asyncio
import subprocess
import sys

import numpy as np
import pytest

import zarr_c
import zarr_c.api.synchronous
from zarr_c.api import asynchronous
from zarr_c.codecs import GzipCodec, TransposeCodec
from zarr_c.errors import ContainsArrayError, ContainsGroupError, ZarrUserWarning
from zarr_c.rechunking import box_copy
from zarr_c.storage import LocalStore, MemoryStore, WrapperStore

VALUES = np.arange(90, dtype="f4").reshape(10, 9)


def sharded(store=None, **kwargs):
    arguments = {
        "chunks": (2, 3),
        "shards": {"shape": (4, 6), "index_location": "start"},
        "fill_value": 7,
        "attributes": {"a": {"b": 1}},
        "dimension_names": ["x", "y"],
        "compressors": [GzipCodec(level=2)],
        "filters": [TransposeCodec(order=(1, 0))],
        "chunk_key_encoding": ("v2", "."),
    }
    array = zarr_c.create_array(store, shape=(10, 9), dtype="f4", **arguments | kwargs)
    array[...] = VALUES
    return array


def v2(**kwargs):
    arguments = {"chunks": (2, 3), "dtype": ">f4", "order": "F", "fill_value": None}
    array = zarr_c.create_array(
        None, shape=(10, 9), attributes={"a": 1}, zarr_format=2, **arguments | kwargs
    )
    array[...] = VALUES
    return array


def test_an_array_is_kept_as_it_is():
    for source in (sharded(), v2(), v2(order="C", filters=[{"id": "delta", "dtype": ">f4"}])):
        copied = zarr_c.from_array({}, data=source)
        assert copied.metadata == source.metadata
        np.testing.assert_array_equal(copied[...], VALUES)
        assert copied.order == source.order


def test_stored_chunks_are_copied_as_they_are():
    """Even a damaged one, as nothing is decoded; keys may be others."""
    mapping = {}
    source = sharded(mapping)
    damaged = b"no shard"
    mapping["0.1"] = damaged
    copies = {}
    zarr_c.from_array(copies, data=source, chunk_key_encoding="default", attributes={})
    assert copies["c/0/1"] == damaged
    assert copies["c/0/0"] == mapping["0.0"]
    assert {key[2:].replace("/", ".") for key in copies} == {
        key for key in mapping if key != "zarr.json"
    } | {"rr.json"}
    assert zarr_c.open_array(copies).attrs == {}


@pytest.mark.parametrize("changed", [{}, {"compressors": None}])
def test_chunks_of_an_array_that_is_gone_are_not_seen(changed):
    mapping = {}
    zarr_c.create_array(mapping, shape=4, chunks=1, dtype="i4", **changed)[...] = 9
    del mapping["zarr.json"]
    source = zarr_c.create_array(None, shape=4, chunks=1, dtype="i4")
    source[2] = 5
    assert zarr_c.from_array(mapping, data=source, **changed)[...].tolist() == [0, 0, 5, 0]
    for key in ("c/0", "c/1"):
        assert key not in mapping


def test_absent_chunks_stay_absent_unless_asked_for():
    source = zarr_c.create_array(None, shape=4, chunks=1, dtype="i4")
    source[2] = 5
    assert zarr_c.from_array({}, data=source).nchunks_initialized == 1
    stored = zarr_c.from_array({}, data=source, config={"write_empty_chunks": True})
    assert stored.nchunks_initialized == 4
    other = zarr_c.from_array({}, data=source, fill_value=5)
    assert other[...].tolist() == [0, 0, 5, 0]
    assert other.nchunks_initialized == 3


@pytest.mark.parametrize(
    "changed",
    [
        {"chunks": (1, 3)},
        {"chunks": "auto"},
        {"shards": None},
        {"shards": (6, 3)},
        {"compressors": None},
        {"filters": None},
        {"serializer": {"name": "bytes", "configuration": {"endian": "big"}}},
        {"fill_value": None},
        {"attributes": {}},
        {"dimension_names": ["p", "q"]},
        {"chunk_key_encoding": "default"},
        {"chunks": [[3, 7], [9]], "shards": None},
    ],
    ids=str,
)
def test_one_thing_changed(changed):
    source = sharded()
    array = zarr_c.from_array({}, data=source, **changed)
    np.testing.assert_array_equal(array[...], VALUES)
    expected = {
        "shards": (4, 6),
        "fill_value": 7,
        "attrs": {"a": {"b": 1}},
        "dimension_names": ("x", "y"),
        "chunk_key_encoding": "v2",
    }
    found = {
        "shards": array.shards,
        "fill_value": array.fill_value,
        "attrs": dict(array.attrs),
        "dimension_names": array.metadata.dimension_names,
        "chunk_key_encoding": array.metadata.chunk_key.name,
    }
    for name in changed:
        expected.pop("attrs" if name == "attributes" else name, None)
    assert expected.items() <= found.items()
    if "fill_value" in changed:
        assert array.fill_value == 0
    chain = array.metadata.codecs
    if array.shards:
        assert chain[0]["configuration"]["index_location"] == (
            "end" if "shards" in changed else "start"
        )
        chain = chain[0]["configuration"]["codecs"]
    names = [codec["name"] for codec in chain]
    assert ("transpose" in names) == ("filters" not in changed)
    assert ("gzip" in names) == ("compressors" not in changed)


def test_between_formats():
    down = zarr_c.from_array({}, data=sharded(), zarr_format=2)
    assert (down.chunks, down.shards, down.fill_value) == ((2, 3), None, 7)
    assert down.attrs == {"a": {"b": 1}, "_ARRAY_DIMENSIONS": ["x", "y"]}
    np.testing.assert_array_equal(down[...], VALUES)
    with pytest.warns(ZarrUserWarning, match="order: Zarr v3 has none") as heard:
        up = zarr_c.from_array({}, data=v2(), zarr_format=3)
    assert heard[0].filename == __file__
    assert (up.chunks, up.fill_value, up.dtype) == ((2, 3), 0, np.dtype("f4"))
    assert up.attrs == {"a": 1}
    np.testing.assert_array_equal(up[...], VALUES)
    unnamed = zarr_c.from_array({}, data=sharded(dimension_names=[None, None]), zarr_format=2)
    assert unnamed.attrs == {"a": {"b": 1}}
    with pytest.raises(ValueError, match="dimension_names: expected a name for each"):
        zarr_c.from_array({}, data=sharded(dimension_names=["x", None]), zarr_format=2)


def test_rectilinear_sources():
    for kwargs in ({"shards": [[4, 6], [6, 3]]}, {"chunks": [[4, 6], [5, 4]], "shards": None}):
        source = sharded(**kwargs)
        copied = zarr_c.from_array({}, data=source)
        assert copied.metadata == source.metadata
        less = zarr_c.from_array({}, data=source, compressors=None)
        assert less.write_chunk_sizes == source.write_chunk_sizes
        np.testing.assert_array_equal(less[...], VALUES)
        assert zarr_c.from_array({}, data=source, zarr_format=2).metadata.chunk_grid.regular


@pytest.mark.parametrize("zarr_format", [2, 3])
@pytest.mark.parametrize("dtype", ["str", "M8[s]", "i4,f8", "c16", "?", "S3", ">i2"])
def test_types(dtype, zarr_format):
    values = np.zeros(7, dtype)
    if dtype == "str":
        values = np.array(["", "a", "bcd", "é" * 50, "", "x", "y"], np.dtypes.StringDType())
    elif dtype != "i4,f8":
        values[2:5] = np.array([1, 0, 1]).astype(dtype)
    source = zarr_c.from_array({}, data=values, chunks=3, zarr_format=zarr_format)
    for other in (2, 3):
        copied = zarr_c.from_array({}, data=source, zarr_format=other, chunks=2)
        assert (copied[...] == values).all()


@pytest.mark.parametrize("zarr_format", [None, 2, 3])
@pytest.mark.parametrize(
    "data", [VALUES, np.asfortranarray(VALUES), VALUES.astype(">f4"), [[1, 2]], 5, VALUES[:0]]
)
def test_what_is_no_array_of_zarr(data, zarr_format):
    array = zarr_c.from_array({}, data=data, zarr_format=zarr_format)
    np.testing.assert_array_equal(array[...], data)
    assert array.metadata.zarr_format == (zarr_format or 3)
    assert array.attrs == {}
    assert array.shards is None


class Lazy:
    """An array-like that counts what is asked of it, as datasets of files are."""

    def __init__(self, values, chunks=None):
        self.values, self.chunks, self.asked = values, chunks, []

    shape = property(lambda self: self.values.shape)
    dtype = property(lambda self: self.values.dtype)

    def __getitem__(self, region):
        self.asked.append(region)
        return self.values[region]

    def __array__(self, *args, **kwargs):
        raise AssertionError("the whole was asked for")


class LazyText(Lazy):
    """Strings as datasets of h5py have them: bytes, unless asked for as strings."""

    dtype = np.dtype("O", metadata={"vlen": str})

    def asstr(self):
        return np.array([value.decode() for value in self.values], object)


@pytest.mark.parametrize("zarr_format", [2, 3])
def test_strings_of_hdf5(zarr_format):
    lazy = LazyText(np.array([b"a", "ü".encode(), b""], object))
    array = zarr_c.from_array({}, data=lazy, chunks=2, zarr_format=zarr_format)
    assert array[...].tolist() == ["a", "ü", ""]


@pytest.mark.parametrize("chunks", [None, (4, 9), ((5, 5), (9,)), ((5, 2), (9,))])
def test_array_likes_are_read_by_regions(monkeypatch, chunks):
    """Boxes cover whole shards, each element is read once, and no region is too large."""
    monkeypatch.setattr(box_copy, "MEMORY", 0)
    lazy = Lazy(VALUES, chunks)
    array = zarr_c.from_array({}, data=lazy, chunks=(2, 3), shards=(4, 3))
    np.testing.assert_array_equal(array[...], VALUES)
    assert len(lazy.asked) == 9
    counts = np.zeros(VALUES.shape, int)
    for region in lazy.asked:
        counts[region] += 1
        assert counts[region].size <= 12
        assert [part.start % size for part, size in zip(region, (4, 3), strict=True)] == [0, 0]
    assert (counts == 1).all()
    whole = Lazy(VALUES, chunks)
    monkeypatch.undo()
    zarr_c.from_array({}, data=whole, chunks=(2, 3))
    assert whole.asked == [(slice(0, 10), slice(0, 9))]


def test_as_a_coroutine():
    async def copied():
        source = await asynchronous.from_array({}, data=VALUES)
        return await asynchronous.from_array({}, data=source, chunks=(2, 2))

    found = asyncio.run(copied())
    assert isinstance(found, zarr_c.AsyncArray)
    assert found.chunks == (2, 2)
    assert zarr_c.api.synchronous.from_array is zarr_c.from_array


def test_no_data_written():
    source = sharded()
    array = zarr_c.from_array({}, data=source, write_data=False)
    assert array.metadata == source.metadata
    assert array.nchunks_initialized == 0


def test_progress():
    for data in (Lazy(VALUES), sharded()):
        seen = []
        zarr_c.from_array({}, data=data, progress=lambda *step, seen=seen: seen.append(step))
        done = [step[0] for step in seen]
        assert done == sorted(done)
        assert seen[-1] == (360, 360)


# ---- places


def test_what_would_be_deleted_first_is_refused(tmp_path):
    store = MemoryStore()
    array = sharded(zarr_c.create_group(store).create_group("g").store_path / "a")
    for name in ("g/a", "g", None):
        with pytest.raises(ContainsArrayError, match="would be deleted first"):
            zarr_c.from_array(store, data=array, name=name, overwrite=True)
    with pytest.raises(ContainsArrayError):
        zarr_c.from_array(store, data=array, name="g/a/b", overwrite=True)
    with pytest.raises(ContainsArrayError):
        zarr_c.from_array(store, data=array, name="g/a")
    with pytest.raises(ContainsGroupError):
        zarr_c.from_array(store, data=array, name="g")
    np.testing.assert_array_equal(array[...], VALUES)
    zarr_c.from_array(store, data=array, name="g/ab", overwrite=True)

    sharded(zarr_c.create_group(tmp_path / "g").store_path / "a")
    (tmp_path / "link").symlink_to(tmp_path / "g")
    inner = zarr_c.open_group(tmp_path / "g")["a"]
    for same in (tmp_path / "g/a", tmp_path / "link/a", WrapperStore(LocalStore(tmp_path))):
        with pytest.raises(ContainsArrayError, match="would be deleted first"):
            zarr_c.from_array(same, data=inner, overwrite=True)
    np.testing.assert_array_equal(inner[...], VALUES)


PEER = """
import sys, zarr
source = zarr.open_array(sys.argv[1], mode="r")
for i, changed in enumerate([{}, {"chunks": (1, 3)}, {"shards": None}, {"compressors": None}]):
    zarr.from_array(sys.argv[2] + f"/{i}", data=source, **changed)
"""


def test_metadata_are_those_of_zarr_python(tmp_path):
    """The same calls write the same documents."""
    pytest.importorskip("zarr")
    source = sharded(tmp_path / "source", shards=(4, 6))
    command = [
        sys.executable,
        "-W",
        "ignore",
        "-c",
        PEER,
        tmp_path / "source",
        tmp_path / "peer",
    ]
    subprocess.run(command, check=True)
    changes = [{}, {"chunks": (1, 3)}, {"shards": None}, {"compressors": None}]
    for i, changed in enumerate(changes):
        ours = zarr_c.from_array(tmp_path / f"ours/{i}", data=source, **changed)
        theirs = zarr_c.open_array(tmp_path / f"peer/{i}")
        attributes = {
            "attributes": source.attrs.asdict(),
            "fill_value": source.metadata.fill_value,
        }
        assert ours.metadata == theirs.metadata.with_(**attributes)
        np.testing.assert_array_equal(theirs[...], VALUES)
