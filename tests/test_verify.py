"""`verify`: clean stores are clean; faults of documents and stray objects are found."""

import json

import numpy as np
import pytest
from golden import GOLDEN, names

import zarr_c
from zarr_c.storage import FsspecStore, LocalStore, MappingStore, MemoryStore, ZipStore

DATA = np.arange(24, dtype="i4").reshape(4, 6)
ARRAYS = {2: ".zarray", 3: "zarr.json"}
GROUPS = {2: ".zgroup", 3: "zarr.json"}
formats = pytest.mark.parametrize("zarr_format", [2, 3])


def fill(store, zarr_format):
    """A hierarchy with arrays of chunks, of shards and of one element."""
    root = zarr_c.create_group(store, zarr_format=zarr_format, attributes={"a": 1})
    root.create_array("g/x", data=DATA, chunks=(2, 3))
    root.create_array("g/scalar", data=np.array(1.5))
    shards = {"shards": (4, 6)} if zarr_format == 3 else {}
    root.create_array("s", data=DATA, chunks=(2, 3), **shards)
    root.create_array("text", data=np.array(["a", "bc", "déf"], "T"), chunks=2)
    root.create_group("empty")
    return root


def chunk(zarr_format, *coords):
    """The key of a chunk within its array."""
    return (
        ".".join(map(str, coords)) if zarr_format == 2 else "/".join(["c", *map(str, coords)])
    )


def filled(zarr_format):
    store = {}
    fill(store, zarr_format)
    return store


def found(store, *arguments, **options):
    """What is found, as (kind, key)."""
    return [(f.kind, f.key) for f in zarr_c.verify(store, *arguments, **options)]


def edit(store, key, **changes):
    document = json.loads(store[key]) | changes
    store[key] = json.dumps({k: v for k, v in document.items() if v != "absent"}).encode()


# ---- what is right


@pytest.mark.parametrize("name", names())
def test_golden_stores_are_clean(name):
    result = zarr_c.verify(str(GOLDEN / name))
    assert result.ok, str(result)
    assert (result.findings, result.unchecked, result.nodes) == ((), 0, 1)
    stored = [p for p in (GOLDEN / name).rglob("*") if p.is_file()]
    assert result.chunks == sum(p.name[:2] != ".z" and p.name != "zarr.json" for p in stored)


STORES = {
    "memory": lambda path: MemoryStore(),
    "mapping": lambda path: MappingStore({}),
    "local": lambda path: LocalStore(path / "x"),
    "mapped": lambda path: LocalStore(path / "x", mmap=True),
    "zip": lambda path: ZipStore(path / "x.zip", "w"),
    "fsspec": lambda path: FsspecStore(f"file://{path}/x"),
    "fsspec memory": lambda path: FsspecStore(f"memory://{path.name}"),
}


@formats
@pytest.mark.parametrize("kind", STORES)
def test_every_store_is_clean_and_shows_damage(kind, zarr_format, tmp_path):
    pytest.importorskip("fsspec")
    store = STORES[kind](tmp_path)
    fill(store, zarr_format)
    zarr_c.consolidate_metadata(store)
    result = zarr_c.verify(store, complete=True)
    assert result.ok, str(result)
    assert (result.nodes, result.unchecked) == (7, 0)
    assert result.chunks == 4 + 1 + (1 if zarr_format == 3 else 4) + 2
    key = f"g/x/{chunk(zarr_format, 1, 0)}"
    store[key] = store[key][:-2]
    store["readme.txt"] = b"hello"
    assert found(store) == [("truncated", key), ("orphan", "readme.txt")]
    assert zarr_c.verify(store, "s").ok
    assert found(store, "g") == [("truncated", key)]


@formats
def test_what_zarr_python_writes_is_clean(zarr_format, tmp_path):
    zarr = pytest.importorskip("zarr")
    root = zarr.create_group(str(tmp_path), zarr_format=zarr_format)
    root.create_array("a/x", shape=(5, 7), chunks=(2, 3), dtype="f4")[...] = 1
    root.create_array("b", shape=(9,), chunks=(4,), dtype="i2", fill_value=3)[2:5] = 1
    if zarr_format == 3:
        root.create_array("s", shape=(9,), chunks=(2,), shards=(4,), dtype="i8")[1:] = 5
    result = zarr_c.verify(tmp_path)
    assert result.ok, str(result)
    assert result.chunks >= 11


def test_other_grids_and_keys_are_clean():
    store = MemoryStore()
    root = zarr_c.create_group(store)
    root.create_array("uneven", data=DATA, chunks=[[1, 3], [2, 2, 2]])
    root.create_array("v2", data=DATA, chunks=2, chunk_key_encoding={"name": "v2"})
    suffix = {"suffix": ".bin", "base_encoding": {"name": "default"}}
    prefixed = {"name": "suffix", "configuration": suffix}
    root.create_array("suffix", data=DATA, chunks=2, chunk_key_encoding=prefixed)
    root.create_array("none", shape=(0, 3), chunks=2, dtype="i4")
    root.create_array("absent", shape=(9, 9), chunks=2, dtype="i4")
    result = zarr_c.verify(store)
    assert result.ok, str(result)
    assert result.chunks == 6 + 6 + 6


@formats
def test_both_formats_in_one_folder_are_clean(zarr_format):
    store = filled(2)
    zarr_c.consolidate_metadata(store)
    zarr_c.convert_metadata(store, zarr_format=3)
    result = zarr_c.verify(store)
    assert result.ok, str(result)


# ---- documents


@formats
@pytest.mark.parametrize("damage", [b"", b"{", b"[]", b"\xff", b"[" * 10_000])
@pytest.mark.parametrize("path", ["g/x", "g"])
def test_a_damaged_document_is_found_and_nothing_below_it(path, damage, zarr_format):
    store = filled(zarr_format)
    key = f"{path}/{(ARRAYS if path == 'g/x' else GROUPS)[zarr_format]}"
    store[key] = damage
    assert found(store) == [("metadata", key)]
    assert zarr_c.verify(store).unchecked == (4 if path == "g/x" else 0)
    zarr_c.consolidate_metadata(intact := filled(zarr_format))
    intact[key] = damage
    assert found(intact) == [("metadata", key)]


@pytest.mark.parametrize(
    ("key", "changes"),
    [
        ("g/x/zarr.json", {"shape": [-1, 6]}),
        ("g/x/zarr.json", {"data_type": "float33"}),
        ("g/x/zarr.json", {"fill_value": "absent"}),
        ("g/x/zarr.json", {"codecs": [{"name": "unheard-of"}]}),
        ("g/x/zarr.json", {"attributes": None}),
        ("g/x/zarr.json", {"chunk_grid": {"name": "odd"}}),
        ("g/zarr.json", {"node_type": "tree"}),
        ("g/zarr.json", {"zarr_format": 4}),
    ],
)
def test_metadata_that_break_the_specification_are_found(key, changes):
    store = filled(3)
    edit(store, key, **changes)
    assert set(found(store)) == {("metadata", key)}
    assert zarr_c.verify(store, repair=True).findings == zarr_c.verify(store).findings


@formats
def test_attributes_that_are_damaged(zarr_format):
    if zarr_format == 3:
        store = filled(3)
        edit(store, "g/x/zarr.json", attributes=[1])
        assert set(found(store)) == {("metadata", "g/x/zarr.json")}
    else:
        store = filled(2)
        store["g/x/.zattrs"] = b"{"
        store["g/x/0.0"] = b""
        assert found(store) == [("metadata", "g/x/.zattrs"), ("truncated", "g/x/0.0")]


@formats
def test_nodes_without_groups_above_are_found(zarr_format):
    store = filled(zarr_format)
    name = GROUPS[zarr_format]
    del store[f"g/{name}"]
    assert found(store) == [("missing", f"g/{name}")]
    del store[name]
    assert sorted(found(store)) == sorted([("missing", name), ("missing", f"g/{name}")])


@formats
def test_a_node_that_only_consolidated_metadata_know_is_missing(zarr_format):
    store = filled(zarr_format)
    zarr_c.consolidate_metadata(store)
    key = f"g/x/{ARRAYS[zarr_format]}"
    document = store.pop(key)
    assert found(store) == [("missing", key)]
    assert zarr_c.verify(store).unchecked == 4
    before = dict(store)
    assert zarr_c.verify(store, repair=True).ok is False
    assert store == before  # the copy may be all that is left
    store[key] = document
    assert found(store) == []


@formats
def test_stale_consolidated_metadata_are_found(zarr_format):
    store = filled(zarr_format)
    zarr_c.consolidate_metadata(store)
    key = ARRAYS[zarr_format]
    edit(store, f"g/x/{key}", fill_value=7)
    where = {2: ".zmetadata", 3: "zarr.json"}[zarr_format]
    assert found(store) == [("consolidation", where)]


@pytest.mark.parametrize("inner", ["x/zarr.json", "x/.zarray", "x/.zgroup"])
def test_nodes_below_arrays_belong_to_none(inner):
    store = filled(3)
    store[f"g/x/{inner}"] = (
        filled(3 if "json" in inner else 2)[f"s/{inner[2:]}"]
        if ("group" not in inner)
        else b'{"zarr_format": 2}'
    )
    store["g/x/x/c/0/0"] = b"?"
    keys = sorted(["g/x/x/c/0/0", f"g/x/{inner}"])
    assert found(store) == [("orphan", key) for key in keys]


def test_documents_of_v2_that_belong_to_no_node():
    store = filled(2)
    store["odd/.zattrs"] = store["g/x/.zmetadata"] = b"{}"
    assert found(store) == [("orphan", "g/x/.zmetadata"), ("orphan", "odd/.zattrs")]


# ---- stray objects


@formats
@pytest.mark.parametrize(
    "name", ["x.tmp", "c/0", "c.0.0", "0/0", "0.0", "c/0/0/0", "c/00/0", "c/-1/0", ".DS_Store"]
)
def test_objects_that_are_no_chunks_are_orphans(name, zarr_format):
    store = filled(zarr_format)
    if f"g/x/{name}" in store:
        name = chunk(zarr_format, 5, 5)  # outside of the grid
    store[f"g/x/{name}"] = b"?"
    orphans = [key for kind, key in found(store) if kind == "orphan"]
    assert orphans == [f"g/x/{name}"]
    assert set(found(store)) == {("orphan", f"g/x/{name}")}


@formats
@pytest.mark.parametrize("key", ["top", "g/notes.txt", "deep/down/here", "empty/c/0"])
def test_objects_that_belong_to_no_node_are_orphans(key, zarr_format):
    store = filled(zarr_format)
    store[key] = b"?"
    assert found(store) == [("orphan", key)]
    zarr_c.verify(store, repair=True, older_than=0)
    assert store[key] == b"?"


def test_keys_that_leave_the_store_are_orphans():
    class Odd(dict):
        def __iter__(self):
            yield from super().__iter__()
            yield from ("../zarr.json", "a//b", "/abs", "x/../zarr.json")

    store = Odd(filled(3))
    keys = ("../zarr.json", "a//b", "/abs", "x/../zarr.json")
    assert sorted(found(store)) == sorted(("orphan", key) for key in keys)


def test_what_an_interrupted_rechunking_left_is_told_once():
    class Stop(Exception):
        pass

    def stop(done, total):
        if done == 5:
            raise Stop

    store = filled(3)
    rows = zarr_c.create_array(store, "rows", data=np.eye(100), chunks=(1, 100))
    del store["g/zarr.json"]  # made when the new array is
    for key in [key for key in store if key.startswith("g/")]:
        del store[key]
    arguments = {"chunks": (100, 1), "max_memory": 10_000}
    with pytest.raises(Stop):
        zarr_c.rechunk(rows, store, name="g/columns", **arguments, progress=stop)
    assert sum(key.startswith("g/columns/") for key in store) > 5
    before = dict(store)
    assert found(store, repair=True) == [("orphan", "g/columns/__rechunk__")]
    assert found(store, "g/columns") == [("orphan", "g/columns/__rechunk__")]
    assert store == before
    zarr_c.rechunk(rows, store, name="g/columns", **arguments)
    assert zarr_c.verify(store).ok
