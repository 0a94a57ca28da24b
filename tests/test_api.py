"""The functions of the package: arguments, modes, errors, and results as of zarr-python."""

import subprocess
import sys

import numpy as np
import pytest

import zarr_c
from zarr_c import Array, Group
from zarr_c.errors import (
    ArrayNotFoundError,
    ContainsArrayError,
    ContainsGroupError,
    GroupNotFoundError,
    NodeTypeValidationError,
    ReadOnlyError,
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
        ({"shards": (4,)}, "shards"),
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
    ["synchronizer", "chunk_store", "cache_metadata", "cache_attrs", "read_only", "meta_array"],
)
def test_arguments_without_effect_warn(name):
    with pytest.warns(ZarrRuntimeWarning, match=f"{name} has no effect"):
        zarr_c.create(3, **{name: True})
    if name in ("synchronizer", "cache_attrs", "meta_array"):
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


def test_modes_of_arrays():
    store = MemoryStore()
    for mode in ("r", "r+", "a", None):
        with pytest.raises(ArrayNotFoundError, match="no array at the path 'x'"):
            zarr_c.open_array(store, path="x", mode=mode)
    assert store.is_empty()
    zarr_c.open_array(store, path="x", shape=3)[:] = 1
    assert zarr_c.open_array(store, path="x", mode="a", shape=9).shape == (3,)
    assert zarr_c.open_array(store, path="x", mode="r").read_only
    assert not zarr_c.open_array(store, path="x", mode="r+").read_only
    with pytest.raises(FileExistsError, match="w-"):
        zarr_c.open_array(store, path="x", mode="w-", shape=4)
    assert zarr_c.open_array(store, path="x", mode="w", shape=4)[:].tolist() == [0] * 4
    assert zarr_c.open_array(store, path="y", mode="w-", shape=4).shape == (4,)
    with pytest.raises(TypeError, match="shape: mode 'w'"):
        zarr_c.open_array(store, path="x", mode="w")
    with pytest.raises(ValueError, match="mode: expected"):
        zarr_c.open_array(store, path="x", mode="rw")
    with pytest.raises(TypeError, match="foo"):
        zarr_c.open_array(store, path="z", shape=3, foo=1)


def test_modes_of_groups():
    store = MemoryStore()
    for mode in ("r", "r+"):
        with pytest.raises(GroupNotFoundError, match="no group"):
            zarr_c.open_group(store, mode=mode)
    zarr_c.open_group(store, attributes={"a": 1})
    assert zarr_c.open_group(store, attributes={"b": 1}).attrs == {"a": 1}
    assert zarr_c.group(store).attrs == {"a": 1}
    with pytest.raises(FileExistsError, match="w-"):
        zarr_c.open_group(store, mode="w-")
    assert zarr_c.group(store, overwrite=True).attrs == {}
    with pytest.raises(ValueError, match="mode: expected"):
        zarr_c.open_group(store, mode="x")
    with pytest.raises(ValueError, match="use_consolidated"):
        zarr_c.open_group(store, use_consolidated=True)
    assert Group.open(store) == zarr_c.open_group(store)


@pytest.mark.parametrize("zarr_format", [2, 3])
def test_open_finds_what_is_there(zarr_format):
    store = MemoryStore()
    zarr_c.create_array(store, "g/a", shape=3, zarr_format=zarr_format)
    assert isinstance(zarr_c.open(store, path="g/a"), Array)
    assert isinstance(zarr_c.open(store, path="g"), Group)
    assert isinstance(zarr_c.open(store.with_read_only(True)), Group)
    assert zarr_c.open(store.with_read_only(True), path="g/a").read_only
    with pytest.raises(ContainsGroupError):
        zarr_c.open(store, path="g", shape=3)
    with pytest.raises(TypeError, match="config"):
        zarr_c.open(store, path="g", config={"order": "C"})
    with pytest.raises(NodeTypeValidationError):
        zarr_c.open_array(store, path="g")
    with pytest.raises(ContainsArrayError):
        zarr_c.open_group(store, path="g/a")
    with pytest.raises(GroupNotFoundError, match="no array and no group"):
        zarr_c.open(store, path="g", mode="r", zarr_format=5 - zarr_format)
    assert zarr_c.open(store, path="g/a", mode="w", shape=5).shape == (5,)
    assert isinstance(zarr_c.open(store, path="g/a", mode="w"), Group)
    with pytest.raises(FileExistsError):
        zarr_c.open(store, path="g", mode="w-", shape=5)


def test_opening_what_is_missing_creates_by_mode(tmp_path):
    for function in (zarr_c.open, zarr_c.open_array, zarr_c.open_group, zarr_c.load):
        with pytest.raises(FileNotFoundError):
            function(tmp_path / "x", **{} if function is zarr_c.load else {"mode": "r"})
    assert list(tmp_path.iterdir()) == []
    assert isinstance(zarr_c.open(tmp_path / "a", shape=3), Array)
    assert isinstance(zarr_c.open(tmp_path / "g"), Group)


def test_open_like(tmp_path):
    source = np.ones((3, 4), "i2")
    made = zarr_c.open_like(source, tmp_path / "like")
    assert (made.shape, made.dtype) == ((3, 4), source.dtype)
    assert zarr_c.open_like(np.ones(9), tmp_path / "like", mode="r").shape == (3, 4)


def test_a_read_only_store_refuses():
    store = MemoryStore(read_only=True)
    for function in (
        lambda: zarr_c.create_array(store, shape=3),
        lambda: zarr_c.create_group(store),
        lambda: zarr_c.open(store, mode="a"),
        lambda: zarr_c.save(store, np.ones(3)),
        lambda: zarr_c.create(3, store=store),
    ):
        with pytest.raises(ReadOnlyError, match="read-only"):
            function()
    with pytest.raises(ReadOnlyError):
        zarr_c.create(3, store=MemoryStore(), mode="r")


# ---- saving and loading


def test_save_and_load(tmp_path):
    zarr_c.save(tmp_path / "a", np.arange(5))
    np.testing.assert_array_equal(zarr_c.load(tmp_path / "a"), np.arange(5))
    with pytest.raises(ContainsArrayError):
        zarr_c.save_array(tmp_path / "a", np.arange(6))
    zarr_c.save_array(tmp_path / "a", [1, 2], overwrite=True)
    np.testing.assert_array_equal(zarr_c.load(tmp_path / "a"), [1, 2])
    zarr_c.save(tmp_path / "g", np.zeros(2), np.ones(3), named=[[1]])
    loaded = zarr_c.load(tmp_path / "g")
    assert {name: value.tolist() for name, value in loaded.items()} == {
        "arr_0": [0, 0], "arr_1": [1, 1, 1], "named": [[1]],
    }  # fmt: skip
    zarr_c.save_group(tmp_path / "g", other=np.ones(1), zarr_format=2)
    assert list(zarr_c.load(tmp_path / "g")) == ["other"]
    assert zarr_c.load(tmp_path / "g", path="other").tolist() == [1]
    with pytest.raises(ValueError, match="at least one array"):
        zarr_c.save(tmp_path / "n")
    with pytest.raises(ValueError, match="dtype"):
        zarr_c.save(tmp_path / "g", other=np.array([object()]))
    assert list(zarr_c.load(tmp_path / "g")) == ["other"]


def test_nested_groups_load_as_nested_dictionaries():
    store = MemoryStore()
    zarr_c.create_array(store, "a/b/c", data=np.arange(2))
    assert zarr_c.load(store)["a"]["b"]["c"].tolist() == [0, 1]


# ---- the package


def test_all_names_are_there():
    for name in zarr_c.__all__:
        assert getattr(zarr_c, name) is not None
    with pytest.raises(AttributeError, match="nothing"):
        zarr_c.nothing  # noqa: B018


def test_debug_info(capsys):
    zarr_c.print_debug_info()
    assert f"zarr_c: {zarr_c.__version__}" in capsys.readouterr().out


def test_importing_brings_in_nothing_slow():
    code = (
        "import sys, numpy; before = set(sys.modules)\n"
        "import zarr_c; print(*(set(sys.modules) - before))"
    )
    run = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    slow = {"numcodecs", "asyncio", "tempfile", "shutil", "inspect", "multiprocessing", "isal"}
    assert slow.isdisjoint(run.stdout.split())
