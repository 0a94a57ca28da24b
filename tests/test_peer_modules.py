"""Modules of zarr-python: metadata as dictionaries, chunk grids, migration, settings."""

import asyncio
import subprocess
import sys

import numpy as np
import pytest
import zarr

import zarr_c
from zarr_c.buffer import default_buffer_prototype
from zarr_c.errors import ContainsGroupError, MetadataValidationError
from zarr_c.experimental import ChunkGrid, ChunkSpec
from zarr_c.experimental.cache_store import CacheStore
from zarr_c.metadata.migrate_v3 import migrate_to_v3, migrate_v2_to_v3, remove_metadata
from zarr_c.storage import MemoryStore, StorePath


def test_the_modules_are_imported_when_they_are_asked_for():
    code = (
        "import sys, zarr_c; names = 'abc buffer dtype experimental registry types'.split();"
        "early = [n for n in names if f'zarr_c.{n}' in sys.modules];"
        "found = [getattr(zarr_c, n).__name__ for n in names];"
        "print(early, found == [f'zarr_c.{n}' for n in names])"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "[] True"


# ---- metadata as dictionaries


@pytest.mark.parametrize("zarr_format", [2, 3])
def test_metadata_are_dictionaries_and_documents(zarr_format):
    store = {}
    group = zarr_c.create_group(store, zarr_format=zarr_format, attributes={"a": 1})
    array = group.create_array("x", shape=(4, 6), chunks=(2, 3), dtype="i4")
    other = zarr.create_array(
        {}, shape=(4, 6), chunks=(2, 3), dtype="i4", zarr_format=zarr_format
    )
    mine, its = array.metadata, other.metadata
    assert mine.to_dict().keys() >= its.to_dict().keys() - {"dimension_names"}
    assert mine.encode_chunk_key((1, 0)) == its.encode_chunk_key((1, 0))
    assert (mine.chunks, mine.shards) == ((2, 3), None)
    for metadata, name in ((mine, "x/"), (group.metadata, "")):
        assert type(metadata).from_dict(metadata.to_dict()) == metadata
        for key, buffer in metadata.to_buffer_dict(default_buffer_prototype()).items():
            if key != ".zattrs" or metadata.attributes:
                assert buffer.to_bytes() == store[name + key]
        assert metadata.update_attributes({"b": 2}).attributes == {"b": 2}
    assert (mine.node_type, group.metadata.node_type) == ("array", "group")
    assert mine.update_shape((5, 6)).shape == (5, 6)
    assert mine.extra_fields == {}
    with pytest.raises(MetadataValidationError, match="here"):
        type(mine).from_dict(mine.to_dict() | {"shape": "?"}, path="here")


def test_metadata_of_shards():
    found = zarr_c.create_array({}, shape=8, chunks=2, shards=4, dtype="i4").metadata
    assert (found.chunks, found.shards, found.storage_transformers) == ((2,), (4,), ())
    assert found.sharding_codec["name"] == "sharding_indexed"
    assert [codec["name"] for codec in found.inner_codecs] == ["bytes", "zstd"]
    assert found.chunk_key_encoding.name == "default"


def test_array_configs_are_dictionaries():
    config = zarr_c.create_array({}, shape=1, dtype="i4", config={"order": "F"}).config
    assert config.to_dict()["order"] == "F"
    assert type(config).from_dict(config.to_dict()) == config
    assert type(config).from_dict({"order": "F"}) == config


# ---- grids


@pytest.mark.parametrize(
    ("shape", "sizes"),
    [((7, 4), (3, 2)), ((10,), ([3, 3, 4],)), ((10, 5), ([4, 8], 5)), ((0,), (3,)), ((), ())],
)
def test_grids_say_where_chunks_lie(shape, sizes):
    grid = ChunkGrid.from_sizes(shape, sizes)
    data = np.zeros(shape, int)
    for chunk in grid:
        data[chunk.slices] += 1
        assert chunk.shape == data[chunk.slices].shape
        assert chunk.is_boundary == (chunk.shape != chunk.codec_shape)
    assert (data == 1).all()
    assert grid.get_nchunks() == len([*grid]) == len([*grid.iter_chunk_regions()])
    assert [sum(sizes) for sizes in grid.chunk_sizes] == list(shape)
    assert grid[(-1,) * len(shape) or (1,)[:0]] is None or shape == ()
    assert grid.update_shape(shape) == grid or not grid.is_regular


@pytest.mark.parametrize("name", ["ChunkGrid"])
def test_grids_are_those_of_zarr_python(name):
    theirs = pytest.importorskip("zarr.experimental")
    if not hasattr(theirs, name):  # before zarr-python 3.3
        assert tuple(map(int, zarr.__version__.split(".")[:2])) < (3, 3)
        return
    for shape, sizes in [((7, 4), (3, 2)), ((10,), ([3, 3, 4],)), ((10, 5), ([4, 8], 5))]:
        mine, its = (kind.from_sizes(shape, sizes) for kind in (ChunkGrid, theirs.ChunkGrid))
        for grid in ((mine, its), (mine.update_shape((9, 9)[: len(shape)]),
                                   its.update_shape((9, 9)[: len(shape)]))):  # fmt: skip
            assert grid[0].chunk_sizes == grid[1].chunk_sizes
            assert grid[0].grid_shape == grid[1].grid_shape
            assert [(c.slices, c.codec_shape, c.shape, c.is_boundary) for c in grid[0]] == [
                (c.slices, c.codec_shape, c.shape, c.is_boundary) for c in grid[1]
            ]


def test_the_grid_of_an_array():
    array = zarr_c.create_array({}, shape=(7, 5), chunks=(3, 2), dtype="i4")
    grid = ChunkGrid.from_metadata(array.metadata)
    assert grid == ChunkGrid.from_sizes((7, 5), (3, 2))
    assert (grid.chunk_shape, grid.ndim, grid.is_regular) == ((3, 2), 2, True)
    assert grid[2, 0] == ChunkSpec((slice(6, 7, 1), slice(0, 2, 1)), (3, 2))
    box = [*grid.all_chunk_coords(origin=(1, 1), selection_shape=(2, 1))]
    assert box == [(1, 1), (2, 1)]
    with pytest.raises(IndexError, match="axis 1"):
        grid.all_chunk_coords(selection_shape=(1, 4))
    with pytest.raises(ValueError, match="coords"):
        grid[0]
    varying = zarr_c.create_array({}, shape=10, chunks=([4, 6],), dtype="i4")
    grid = ChunkGrid.from_metadata(varying.metadata)
    assert grid.chunk_sizes == ((4, 6),)
    with pytest.raises(ValueError, match="chunk_shape"):
        _ = grid.chunk_shape
    for sizes in ((0,), ([3, 3],), (2, 2)):
        with pytest.raises(ValueError, match="chunk_sizes"):
            ChunkGrid.from_sizes((10,), sizes)
    with pytest.raises(ValueError, match="new_shape"):
        grid.update_shape((1, 2))


def test_the_cache_has_two_names():
    assert CacheStore is zarr_c.storage.CacheStore


# ---- from v2 to v3


def v2_hierarchy(store):
    group = zarr_c.create_group(store, zarr_format=2, attributes={"a": 1})
    array = group.create_array("sub/x", shape=(4, 4), chunks=(2, 2), dtype=">i4", order="F")
    array[:] = np.arange(16).reshape(4, 4)
    return group


def test_migration_writes_documents_beside_the_old_ones():
    store = MemoryStore()
    group = v2_hierarchy(store)
    before = dict(store)
    planned = migrate_v2_to_v3(input_store=store, dry_run=True)
    assert sorted(planned) == ["sub/x/zarr.json", "sub/zarr.json", "zarr.json"]
    assert dict(store) == before
    assert migrate_v2_to_v3(input_store=store) == planned
    assert dict(store) == before | planned
    found = zarr_c.open_group(store, mode="r")
    assert (found.metadata.zarr_format, dict(found.attrs)) == (3, {"a": 1})
    np.testing.assert_array_equal(found["sub/x"][:], np.arange(16).reshape(4, 4))
    with pytest.raises(TypeError, match="zarr_v2"):
        migrate_to_v3(found, found.store_path)
    assert group.metadata.zarr_format == 2


def test_migration_writes_documents_elsewhere():
    store, target = MemoryStore(), MemoryStore()
    group = v2_hierarchy(store)
    before = dict(store)
    written = migrate_v2_to_v3(input_store=store, output_store=target)
    assert dict(target) == written
    assert dict(store) == before
    with pytest.raises(ContainsGroupError):
        migrate_v2_to_v3(input_store=store, output_store=target)
    below = migrate_to_v3(group["sub"], StorePath(target, "copy"))
    assert sorted(below) == ["copy/x/zarr.json", "copy/zarr.json"]
    assert migrate_to_v3(group["sub"], group["sub"].store_path, dry_run=True)


def test_documents_of_one_format_are_removed():
    store = MemoryStore()
    v2_hierarchy(store)
    with pytest.raises(ValueError, match="force"):
        asyncio.run(remove_metadata(store, 2))
    migrate_v2_to_v3(input_store=store)
    before = dict(store)
    planned = asyncio.run(remove_metadata(store, 2, dry_run=True))
    assert dict(store) == before
    assert asyncio.run(remove_metadata(store, 2)) == planned
    assert before.keys() - store.keys() == set(planned)
    assert not any(key.rpartition("/")[2].startswith(".") for key in store)
    np.testing.assert_array_equal(
        zarr_c.open_array(store, path="sub/x")[:], np.arange(16).reshape(4, 4)
    )
    assert asyncio.run(remove_metadata(store, 3, force=True))
    assert not any(key.endswith("zarr.json") for key in store)
    with pytest.raises(ValueError, match="zarr_format"):
        asyncio.run(remove_metadata(store, 4))


# ---- settings


def test_settings_of_zarr_python_are_known():
    def flat(tree, head=""):
        for name, value in tree.items():
            if isinstance(value, dict) and name != "codecs":
                yield from flat(value, f"{head}{name}.")
            elif name != "codecs":
                yield head + name, value

    for defaults in zarr.config.defaults:
        for name, value in flat(defaults):
            with zarr_c.config.set({name: value}):
                assert zarr_c.config.get(name) == value


def test_the_defaults_are_told_and_settings_updated():
    defaults = zarr_c.config.defaults[0]
    assert defaults["array"]["order"] == "C"
    with zarr_c.config.set({"array.order": "C"}):
        zarr_c.config.update({"array": {"order": "F"}})
        assert zarr_c.config.get("array.order") == "F"
        assert zarr_c.config.defaults == [defaults]
        from donfig.config_obj import deserialize

        assert deserialize(zarr_c.config.serialize()) == zarr_c.config.to_dict()
