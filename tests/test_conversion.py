"""Conversion of metadata in place: hierarchies whole in one format, whatever happens."""

import contextlib
import itertools

import numpy as np
import pytest
from hierarchies import chunks_of, documents_of

import zarr_c
from zarr_c import node_changes, nodes
from zarr_c.errors import MetadataValidationError, NodeNotFoundError, ReadOnlyError
from zarr_c.storage import LocalStore, MappingStore, MemoryStore


def test_nothing_is_written_if_one_node_cannot_be_converted():
    mapping = hierarchy()
    root = zarr_c.open_group(mapping, zarr_format=2)
    root["a/x"].attrs["missing"] = np.nan  # which readers of v3 would not take
    before = dict(mapping)
    with pytest.raises(
        MetadataValidationError, match=r"a/x/.zarray: .*\['missing'\]: expected a"
    ):
        zarr_c.convert_metadata(mapping)
    del root["a/x"]
    root.create_group("__b")
    with pytest.raises(MetadataValidationError, match=r"__b/.zgroup: .*does not reserve"):
        zarr_c.convert_metadata(mapping)
    assert documents_of(mapping) < before.keys() | {"__b/.zgroup", "__b/.zattrs"}
    assert "zarr.json" not in mapping


def test_arguments():
    with pytest.raises(ValueError, match="zarr_format: expected 2 or 3, found 1"):
        zarr_c.convert_metadata({}, zarr_format=1)
    with pytest.raises(NodeNotFoundError, match="no node of Zarr format 2 at the path 'x'"):
        zarr_c.convert_metadata({}, "x")
    store = MemoryStore()
    zarr_c.create_group(store, zarr_format=2)
    with pytest.raises(ReadOnlyError):
        zarr_c.convert_metadata(store.with_read_only(True))
    assert zarr_c.convert_metadata(store.with_read_only(True), dry_run=True).keys() == {
        "zarr.json"
    }
    store.supports_deletes = False
    with pytest.raises(ValueError, match="remove: MemoryStore cannot delete"):
        zarr_c.convert_metadata(store, remove=True)


# ---- hierarchies


def hierarchy(zarr_format=2):
    mapping = {}
    root = zarr_c.create_group(mapping, zarr_format=zarr_format, attributes={"r": 1})
    encoding = {"name": "v2", "separator": "."}
    for path in ("x", "a/x", "a/b/y"):
        data = np.arange(6).reshape(2, 3)
        root.create_array(path, data=data, chunks=(1, 3), chunk_key_encoding=encoding)
    root["a"].attrs["of"] = "a"
    return mapping


def content(group):
    return {
        path: (dict(node.attrs), node[...].tolist() if hasattr(node, "shape") else None)
        for path, node in group.members(max_depth=None)
    }


@pytest.mark.parametrize("target", [2, 3])
def test_a_hierarchy(target):
    mapping = hierarchy(5 - target)
    root = zarr_c.open_group(mapping)
    expected, attributes, chunks = content(root), dict(root.attrs), chunks_of(mapping)
    before = dict(mapping)
    planned = zarr_c.convert_metadata(mapping, zarr_format=target, dry_run=True)
    assert mapping == before
    assert zarr_c.convert_metadata(mapping, zarr_format=target) == planned
    assert mapping == before | planned
    for zarr_format in (2, 3):
        root = zarr_c.open_group(mapping, zarr_format=zarr_format)
        assert content(root) == expected
        assert dict(root.attrs) == attributes
    # again there is nothing to do, but to remove
    assert zarr_c.convert_metadata(mapping, zarr_format=target, remove=True) == {}
    assert documents_of(mapping) == planned.keys()
    assert chunks_of(mapping) == chunks
    assert content(zarr_c.open_group(mapping)) == expected
    zarr_c.convert_metadata(mapping, zarr_format=5 - target, remove=True)
    assert mapping == before


@pytest.mark.parametrize("target", [2, 3])
def test_zarr_python_reads_a_converted_hierarchy(tmp_path, target):
    zarr = pytest.importorskip("zarr")
    LocalStore(tmp_path).update(hierarchy(5 - target))
    expected = content(zarr_c.open_group(tmp_path))
    zarr_c.convert_metadata(tmp_path, zarr_format=target, remove=True)
    root = zarr.open_group(str(tmp_path), mode="r", zarr_format=target)
    assert content(root) == expected


def test_a_part_of_a_hierarchy():
    mapping = hierarchy()
    assert zarr_c.convert_metadata(mapping, recursive=False).keys() == {"zarr.json"}
    mapping = hierarchy()
    assert zarr_c.convert_metadata(mapping, "a/x").keys() == {"a/x/zarr.json"}
    mapping = hierarchy()
    written = zarr_c.convert_metadata(mapping, "a")
    assert list(written) == ["a/x/zarr.json", "a/b/y/zarr.json", "a/b/zarr.json", "a/zarr.json"]


@pytest.mark.parametrize("target", [2, 3])
def test_what_was_consolidated_is_consolidated(target):
    mapping = hierarchy(5 - target)
    for path in ("a", ""):
        zarr_c.consolidate_metadata(mapping, path)
    zarr_c.convert_metadata(mapping, zarr_format=target, remove=True)
    stored = dict(mapping)
    for path in ("a", ""):
        assert zarr_c.open_consolidated(mapping, path=path).metadata.consolidated
        zarr_c.consolidate_metadata(mapping, path)
    assert mapping == stored


# format.md K2 K4
def test_folders_without_a_group_become_groups():
    mapping = hierarchy()
    for key in (".zgroup", ".zattrs"):
        del mapping[f"a/{key}"]
    zarr_c.convert_metadata(mapping)
    assert content(zarr_c.open_group(mapping)).keys() == {"x", "a", "a/x", "a/b", "a/b/y"}
    # nodes of v3 that are there already stay as they are
    mapping = hierarchy()
    del mapping["a/.zgroup"]
    zarr_c.create_group(mapping, "a", attributes={"v": 3})
    zarr_c.create_array(mapping, "a/new", shape=3)
    zarr_c.convert_metadata(mapping, remove=True)
    found = content(zarr_c.open_group(mapping))
    assert found.keys() == {"x", "a", "a/x", "a/b", "a/b/y", "a/new"}
    assert found["a"][0] == {"v": 3}


def test_another_document_is_in_the_way():
    mapping = hierarchy()
    other = {}
    zarr_c.create_array(other, "a/b/y", shape=(9, 9))
    mapping["a/b/y/zarr.json"] = other["a/b/y/zarr.json"]
    before = dict(mapping)
    with pytest.raises(MetadataValidationError, match=r"a/b/y/zarr.json: .* found another"):
        zarr_c.convert_metadata(mapping)
    assert mapping == before


class Failing(MappingStore):
    """Fails after a number of writes and deletions."""

    def __init__(self, mapping, left):
        super().__init__(mapping)
        self.left = left

    def _count(self):
        if self.left == 0:
            raise OSError("the disk is full")
        self.left -= 1

    def _set(self, key, value):
        self._count()
        super()._set(key, value)

    def _delete(self, key):
        self._count()
        return super()._delete(key)


@pytest.mark.parametrize("target", [2, 3])
def test_whenever_it_stops_the_hierarchy_is_whole(target):
    original = hierarchy(5 - target)
    zarr_c.consolidate_metadata(original)
    expected = content(zarr_c.open_group(original))
    done = dict(original)
    zarr_c.convert_metadata(done, zarr_format=target, remove=True)
    for left in itertools.count():
        mapping = dict(original)
        try:
            zarr_c.convert_metadata(Failing(mapping, left), zarr_format=target, remove=True)
        except OSError:
            for use_consolidated in (None, False):
                root = zarr_c.open_group(mapping, use_consolidated=use_consolidated)
                assert content(root) == expected
                assert dict(root.attrs) == {"r": 1}
            for path in ("x", "a/x", "a/b/y"):
                assert (zarr_c.open_array(mapping, path)[0] == [0, 1, 2]).all()
            with contextlib.suppress(NodeNotFoundError):  # where only the last is left
                zarr_c.convert_metadata(mapping, zarr_format=target, remove=True)
            assert {**mapping, **done} == mapping
            assert mapping.keys() - done.keys() <= {"x/.zattrs"}
        else:
            break
    assert mapping == done
    assert left > 10


def test_documents_are_written_as_ever():
    """With the indent of the config, and nothing of another format left in them."""
    mapping = hierarchy()
    with zarr_c.config.set(json_indent=None):
        zarr_c.convert_metadata(mapping, remove=True)
    for key in documents_of(mapping):
        metadata = nodes.read_node(zarr_c.storage.StorePath(MappingStore(mapping), key[:-10]))
        with zarr_c.config.set(json_indent=None):
            assert node_changes.serialize(metadata) == {"zarr.json": mapping[key]}
