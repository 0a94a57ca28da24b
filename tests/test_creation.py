"""Creating arrays: what the arguments become in the store."""

import math

import numpy as np
import pytest

import zarr_c
from zarr_c.errors import (
    ContainsArrayError,
    UnsafeKeyError,
    ZarrRuntimeWarning,
)
from zarr_c.storage import MemoryStore, StorePath


class V3Codec:
    def __init__(self, name, **configuration):
        self.config = {"name": name, "configuration": configuration}

    def to_dict(self):
        return self.config


class V2Codec:
    def __init__(self, **config):
        self.config = config

    def get_config(self):
        return self.config


# ---- creating


def test_the_examples_of_the_storage_page():
    array = zarr_c.create_array(MemoryStore(), "array1", shape=(500, 500))
    assert (array.dtype, array.path) == (np.dtype("f8"), "array1")
    place = StorePath(MemoryStore(), "run1") / "results"
    assert zarr_c.create_array(place, shape=(100, 100)).path == "run1/results"
    assert zarr_c.open_array(place).shape == (100, 100)


@pytest.mark.parametrize("zarr_format", [2, 3])
@pytest.mark.parametrize(
    "arguments",
    [
        {"shape": (3, 4), "dtype": "f4"},
        {"shape": 7, "dtype": "i2", "chunks": 3, "fill_value": -1},
        {"shape": (6, 4), "dtype": "u1", "chunks": (2, -1), "attributes": {"a": [1, None]}},
        {"shape": (), "dtype": "c16", "fill_value": 1 + 2j},
        {"shape": (0, 3), "dtype": "?", "chunks": (1, 3), "fill_value": True},
        {"shape": 5, "dtype": "f2", "fill_value": float("nan"), "compressors": None},
        {"shape": 5, "dtype": "f8", "fill_value": None},
        {"shape": 3, "dtype": "u8", "chunks": False, "fill_value": 2**64 - 1},
    ],
)
def test_documents_are_those_of_zarr_python(arguments, zarr_format):
    zarr = pytest.importorskip("zarr")
    ours, theirs = {}, {}
    zarr_c.create_array(ours, zarr_format=zarr_format, **arguments)
    chunks = arguments.get("chunks")
    if chunks is False or chunks == (2, -1):  # which not every zarr-python takes
        arguments = arguments | {"chunks": (2, 4) if chunks else arguments["shape"]}
    zarr.create_array(theirs, zarr_format=zarr_format, **arguments)
    for name in {2: (".zarray", ".zattrs"), 3: ("zarr.json",)}[zarr_format]:
        assert ours[name] == theirs[name].to_bytes()


def test_data_give_shape_type_and_values():
    data = np.arange(6, dtype="i2").reshape(2, 3)
    array = zarr_c.create_array(None, data=data)
    assert (array.shape, array.dtype) == ((2, 3), np.dtype("i2"))
    np.testing.assert_array_equal(array[:], data)
    assert not zarr_c.create_array(None, data=data, write_data=False)[:].any()
    assert zarr_c.create_array(None, data=[[1.5]]).shape == (1, 1)
    for extra in ({"shape": 3}, {"dtype": "f4"}):
        with pytest.raises(ValueError, match=f"{next(iter(extra))}: data have their own"):
            zarr_c.create_array(None, data=data, **extra)


def codecs_of(**arguments):
    array = zarr_c.create_array(None, shape=(4, 4), **{"dtype": "i4"} | arguments)
    return array.metadata.codecs


def test_codecs_of_v3():
    little = {"name": "bytes", "configuration": {"endian": "little"}}
    zstd = {"name": "zstd", "configuration": {"level": 0, "checksum": False}}
    gzip = {"name": "gzip", "configuration": {"level": 3}}
    assert codecs_of() == (little, zstd)
    assert codecs_of(dtype="i1")[0] == {"name": "bytes", "configuration": {}}
    assert codecs_of(compressors=None) == codecs_of(compressors=[]) == (little,)
    for given in (gzip, [gzip], V3Codec("gzip", level=3), (V3Codec("gzip", level=3),)):
        assert codecs_of(compressors=given) == (little, gzip)
    assert codecs_of(compressors="gzip")[1]["configuration"] == {"level": 5}
    transpose = V3Codec("transpose", order=(1, 0))
    assert codecs_of(filters=transpose)[0]["configuration"] == {"order": [1, 0]}
    assert codecs_of(serializer=V3Codec("bytes", endian="big"))[0]["configuration"] == {
        "endian": "big"
    }
    blosc = codecs_of(compressors={"name": "blosc", "configuration": {"cname": "lz4"}})[1]
    assert blosc["configuration"] == {
        "cname": "lz4", "clevel": 5, "shuffle": "shuffle", "typesize": 4, "blocksize": 0,
    }  # fmt: skip


def test_codecs_of_v2():
    def stored(**arguments):
        array = zarr_c.create_array(None, shape=4, dtype="i4", zarr_format=2, **arguments)
        return array.metadata.filters, array.metadata.compressor

    gzip, delta = {"id": "gzip", "level": 3}, {"id": "delta", "dtype": "<i4"}
    assert stored() == ((), {"id": "zstd", "level": 0})
    assert stored(compressors=None) == ((), None)
    for given in (gzip, [gzip], V2Codec(**gzip)):
        assert stored(compressors=given, filters=[V2Codec(**delta)]) == ((delta,), gzip)
    with pytest.raises(ValueError, match="at most one"):
        stored(compressors=[gzip, gzip])


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"compressors": {"id": "gzip"}}, "compressors.*codec of Zarr v2"),
        ({"compressors": V2Codec(id="gzip")}, "compressors.*codec of Zarr v2"),
        ({"compressors": 5}, "compressors: expected codecs of Zarr v3"),
        ({"compressors": {"name": "transpose"}}, "compressors: expected codecs from bytes"),
        ({"filters": {"name": "gzip"}}, "filters: expected codecs from array to array"),
        ({"serializer": {"name": "gzip"}}, "serializer: expected a codec from array to bytes"),
        ({"compressors": {"name": "gzip"}, "zarr_format": 2}, "compressors.*codec of Zarr v3"),
        ({"serializer": {"name": "bytes"}, "zarr_format": 2}, "serializer: Zarr v2 has none"),
        ({"dimension_names": ["x"], "zarr_format": 2}, "dimension_names: Zarr v2 has none"),
        ({"dimension_names": ["x", "y"]}, "dimension_names"),
        ({"shape": -1}, "shape: expected lengths"),
        ({"shape": 1.5}, "shape: expected integers"),
        ({"shape": None}, "shape: expected"),
        ({"chunks": (2, 2)}, "chunks"),
        ({"chunks": 0}, "chunks: expected"),
        ({"chunks": "big"}, "chunks: expected"),
        ({"chunks": 2, "shards": (3,)}, "shards"),
        ({"dtype": "O"}, "dtype"),
        ({"dtype": "no_such_type"}, "no_such_type"),
        ({"fill_value": 300, "dtype": "i1"}, "fill_value.*300"),
        ({"fill_value": 1.5, "dtype": "i4"}, r"fill_value.*1\.5"),
        ({"fill_value": "x"}, "fill_value"),
        ({"order": "Q"}, "order: expected"),
        ({"zarr_format": 4}, "zarr_format: expected 2, 3 or None, found 4"),
        ({"config": {"ordr": "F"}}, "config: unknown keys.*ordr"),
        ({"config": {"order": "Q"}}, "config.*order.*expected"),
        ({"config": {"write_empty_chunks": 1}}, "config.*write_empty_chunks.*expected"),
        ({"config": 5}, "config: expected a mapping"),
        ({"chunk_key_encoding": {"name": "other"}}, "chunk_key_encoding"),
        ({"storage_options": {"anon": True}}, "storage_options"),
    ],
)
def test_a_bad_argument_is_named_and_writes_nothing(arguments, message):
    store = MemoryStore()
    with pytest.raises((TypeError, ValueError), match=message):
        zarr_c.create_array(store, **{"shape": 4} | arguments)
    assert store.is_empty()


def test_paths_that_leave_the_store(tmp_path):
    for name in ("../out", "a/../../out", "a/./b"):
        with pytest.raises(UnsafeKeyError, match="relative path"):
            zarr_c.create_array(tmp_path / "root", name, shape=3)
    assert list(tmp_path.iterdir()) == []
    assert zarr_c.create_array(None, "/a//b/", shape=3).path == "a/b"


def test_memory_order_is_configuration():
    assert zarr_c.create_array(None, shape=3, order="F").config.order == "F"
    assert zarr_c.create_array(None, shape=3, config={"order": "F"}).config.order == "F"
    with zarr_c.config.set({"array.order": "F", "array.write_empty_chunks": True}):
        array = zarr_c.create_array(None, shape=3)
        assert (array.config.order, array.config.write_empty_chunks) == ("F", True)
        assert zarr_c.create_array(None, shape=3, zarr_format=2).metadata.order == "F"
    store = MemoryStore()
    zarr_c.create_array(store, shape=3, zarr_format=2, order="F")
    assert zarr_c.open_array(store).config.order == "F"
    assert zarr_c.open_array(store, config={"order": "C"}).config.order == "C"


def test_the_default_format():
    with zarr_c.config.set(default_zarr_format=2):
        assert zarr_c.zeros(3).metadata.zarr_format == 2
        assert zarr_c.create_group(None).metadata.zarr_format == 2
        assert zarr_c.create_array(None, shape=3).metadata.zarr_format == 3
        assert zarr_c.create_array(None, shape=3, zarr_format=None).metadata.zarr_format == 2


def test_data_are_not_deleted_before_they_are_copied():
    store = MemoryStore()
    source = zarr_c.create_array(store, "a", data=np.arange(3))
    for place in ("a", ""):
        with pytest.raises(ContainsArrayError, match="data"):
            zarr_c.create_array(store, place, data=source, overwrite=True)
    np.testing.assert_array_equal(source[:], np.arange(3))


# ---- creating with older arguments


def test_create_with_older_arguments():
    array = zarr_c.create(3, zarr_format=2, dimension_separator="/", compressor=None, path="p")
    assert (array.metadata.chunk_key.separator, array.metadata.compressor) == ("/", None)
    assert array.path == "p"
    assert zarr_c.create((4, 4), chunk_shape=(2, 2)).chunks == (2, 2)
    assert zarr_c.create(4, codecs=["bytes"]).metadata.codecs[0]["configuration"] == {
        "endian": "little"
    }
    assert zarr_c.create(4, chunk_key_encoding=("v2", "/")).metadata.chunk_key.name == "v2"
    assert zarr_c.create(4, write_empty_chunks=True).config.write_empty_chunks


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"compressor": None}, None),
        ({"compressor": {"id": "gzip"}}, "compressor: Zarr format 3"),
        ({"filters": []}, "filters: Zarr format 3"),
        ({"dimension_separator": "/"}, "dimension_separator: Zarr format 3"),
        ({"codecs": ["bytes"], "zarr_format": 2}, "codecs: Zarr format 2"),
        ({"chunks": 2, "chunk_shape": 2}, "chunks, chunk_shape"),
        ({"mode": "q"}, "mode: expected"),
    ],
)
def test_older_arguments_that_do_not_fit(arguments, message):
    if message is None:
        assert zarr_c.create(3, **arguments) is not None
        return
    with pytest.raises(ValueError, match=message):
        zarr_c.create(3, **arguments)


@pytest.mark.parametrize(
    "name",
    ["chunk_store", "cache_metadata", "cache_attrs", "read_only", "meta_array"],
)
def test_arguments_without_effect_warn(name):
    with pytest.warns(ZarrRuntimeWarning, match=f"{name} has no effect"):
        zarr_c.create(3, **{name: True})
    if name in ("cache_attrs", "meta_array"):
        with pytest.warns(ZarrRuntimeWarning, match=name):
            zarr_c.open_group(None, **{name: True})


def test_filled_and_alike():
    assert (zarr_c.zeros((2, 2))[:] == 0).all()
    assert (zarr_c.empty(3)[:] == 0).all()
    assert (zarr_c.ones(3, dtype="i2")[:] == 1).all()
    assert (zarr_c.full((2,), 7)[:] == 7).all()
    source = zarr_c.create_array(
        None, shape=(4, 4), dtype="i2", chunks=(2, 2), compressors=None, fill_value=5
    )
    for like in (zarr_c.zeros_like, zarr_c.ones_like, zarr_c.full_like, zarr_c.empty_like):
        made = like(source)
        assert (made.shape, made.dtype, made.chunks) == ((4, 4), source.dtype, (2, 2))
        assert made.metadata.codecs == source.metadata.codecs
    assert (zarr_c.full_like(source)[:] == 5).all()
    assert zarr_c.zeros_like(source, zarr_format=2).metadata.compressor == {
        "id": "zstd",
        "level": 0,
    }
    assert zarr_c.zeros_like(np.ones(3, "f4"), dtype="i1").dtype == "i1"
    with pytest.raises(TypeError, match="fill_value"):
        zarr_c.full_like(np.ones(3))
    np.testing.assert_array_equal(zarr_c.array([1, 2])[:], [1, 2])
    assert zarr_c.array(source).chunks == (2, 2)


# ---- opening


def test_data_in_chunks_are_never_read_as_a_whole():
    class Source:
        shape, dtype, chunks = (30_000, 10_000), np.dtype("u1"), (1000, 1000)
        most = 0

        def __getitem__(self, region):
            lengths = [
                len(range(*s.indices(n))) for s, n in zip(region, self.shape, strict=True)
            ]
            self.most = max(self.most, math.prod(lengths))
            return np.zeros(lengths, self.dtype)

    source = Source()
    assert zarr_c.create_array({}, data=source, chunks=(1000, 1000)).shape == source.shape
    assert 0 < source.most < 200_000_000  # of 300,000,000
