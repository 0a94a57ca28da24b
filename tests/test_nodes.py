"""Metadata documents in a store: which are read, which are written."""

import threading

import pytest

import zarr_c
from zarr_c import node_changes, nodes
from zarr_c.errors import (
    ArrayNotFoundError,
    ContainsArrayError,
    ContainsGroupError,
    GroupNotFoundError,
    MetadataValidationError,
    NodeTypeValidationError,
    ReadOnlyError,
)
from zarr_c.metadata.array import ArrayMetadata
from zarr_c.metadata.group import GroupMetadata
from zarr_c.storage import LocalStore, MappingStore, MemoryStore, StorePath, WrapperStore


class CountingStore(MappingStore):
    """Notes every request."""

    def __init__(self, mapping=None):
        super().__init__({} if mapping is None else mapping)
        self.requests = []

    def _get(self, key):
        self.requests.append(f"get {key}")
        return super()._get(key)

    def _set(self, key, value):
        self.requests.append(f"set {key}")
        super()._set(key, value)


def place_of(mapping, path=""):
    return StorePath(MappingStore(mapping), path)


@pytest.fixture(params=[2, 3])
def zarr_format(request):
    return request.param


def test_reading_takes_the_fewest_requests(zarr_format):
    store = CountingStore()
    zarr_c.create_array(store, "a", shape=3, zarr_format=zarr_format)
    expected = {
        3: ["get a/zarr.json"],
        2: ["get a/zarr.json", "get a/.zarray", "get a/.zattrs"],
    }
    for open_it in (zarr_c.open, zarr_c.open_array):
        store.requests.clear()
        open_it(store, path="a", mode="r+")
        assert store.requests == expected[zarr_format]
    store.requests.clear()
    zarr_c.open_group(store, mode="r+")
    assert len(store.requests) == {3: 1, 2: 4}[zarr_format]


def test_what_is_created_and_written(zarr_format):
    store = CountingStore()
    array = zarr_c.create_array(store, "a/b", shape=3, zarr_format=zarr_format)
    written = [request for request in store.requests if request.startswith("set")]
    if zarr_format == 3:
        assert written == ["set zarr.json", "set a/zarr.json", "set a/b/zarr.json"]
    else:
        # the document that makes a node visible comes after its attributes
        names = [".zattrs", ".zgroup", "a/.zattrs", "a/.zgroup", "a/b/.zattrs", "a/b/.zarray"]
        assert written == [f"set {name}" for name in names]
    store.requests.clear()
    array.attrs["x"] = 1
    written = [request for request in store.requests if request.startswith("set")]
    assert written == [{3: "set a/b/zarr.json", 2: "set a/b/.zattrs"}[zarr_format]]


def test_nodes_come_back(zarr_format):
    mapping = {}
    array = zarr_c.create_array(
        mapping, "g/a", shape=(4, 5), dtype="i2", attributes={"x": [1]}, zarr_format=zarr_format
    )
    assert nodes.read_array(place_of(mapping, "g/a")) == array.metadata
    assert nodes.read_node(place_of(mapping, "g/a"), zarr_format) == array.metadata
    assert nodes.read_node(place_of(mapping, "g/a"), 5 - zarr_format) is None
    assert nodes.read_node(place_of(mapping, "g")) == GroupMetadata(zarr_format=zarr_format)
    assert nodes.read_node(place_of(mapping, "nothing")) is None
    found = dict(nodes.members(place_of(mapping, "g"), zarr_format))
    assert found == {"a": array.metadata}


def test_absent_and_wrong_nodes_are_named(zarr_format):
    mapping = {}
    zarr_c.create_array(mapping, "g/a", shape=3, zarr_format=zarr_format)
    with pytest.raises(ArrayNotFoundError, match="no array at the path 'g/b' in mapping://"):
        nodes.read_array(place_of(mapping, "g/b"))
    with pytest.raises(GroupNotFoundError, match="no group of Zarr format 3 at the path 'h'"):
        nodes.read_group(place_of(mapping, "h"), 3)
    with pytest.raises(NodeTypeValidationError, match="g"):
        nodes.read_array(place_of(mapping, "g"))
    with pytest.raises(ContainsArrayError, match="array at the path 'g/a'"):
        nodes.read_group(place_of(mapping, "g/a"))


@pytest.mark.parametrize("name", ["zarr.json", ".zarray", ".zgroup"])
@pytest.mark.parametrize("text", [b"", b"{", b"[]", b"\xff", b'{"zarr_format": 7}'])
def test_a_damaged_document_is_named(name, text):
    for path in ("", "a/b"):
        place = place_of({f"{path}/{name}".lstrip("/"): text}, path)
        with pytest.raises(MetadataValidationError, match=f"{path}.*{name}"):
            nodes.read_node(place)


def test_making_way(zarr_format):
    mapping = {}
    options = {"shape": 3, "zarr_format": zarr_format}
    zarr_c.create_array(mapping, "g/a", **options)
    mapping["g/a/c/0"] = b"old"
    with pytest.raises(ContainsArrayError, match="'g/a'"):
        zarr_c.create_array(mapping, "g/a", **options)
    with pytest.raises(ContainsArrayError, match="'g/a'"):
        zarr_c.create_group(mapping, "g/a")
    with pytest.raises(ContainsGroupError, match="'g'"):
        zarr_c.create_array(mapping, "g", **options)
    for overwrite in (True, False):
        with pytest.raises(ContainsArrayError, match=r"'g/a'.*only groups have members"):
            zarr_c.create_array(mapping, "g/a/b/c", overwrite=overwrite, **options)
    assert mapping["g/a/c/0"] == b"old"
    zarr_c.create_array(mapping, "g/a", overwrite=True, **options)
    assert "g/a/c/0" not in mapping
    zarr_c.create_group(mapping, "g", overwrite=True)
    assert not any(key.startswith("g/a") for key in mapping)


def test_the_indent_of_documents():
    mapping = {}
    with zarr_c.config.set(json_indent=None):
        zarr_c.create_group(mapping, attributes={"a": 1})
    assert mapping["zarr.json"].count(b"\n") == 0
    assert zarr_c.open_group(mapping).attrs == {"a": 1}


def test_what_cannot_be_written_deletes_nothing():
    mapping = {}
    zarr_c.create_array(mapping, "a", shape=3)
    before = dict(mapping)
    for wrong in ({"attributes": {"x": object()}}, {"dtype": "O"}, {"chunks": 0}):
        with pytest.raises((ValueError, TypeError)):
            zarr_c.create_array(mapping, "a", overwrite=True, **{"shape": 3} | wrong)
    with pytest.raises(MetadataValidationError):
        zarr_c.create_group(mapping, "a", overwrite=True, attributes={"x": {1, 2}})
    assert mapping == before


def test_a_store_that_cannot_delete():
    store = MemoryStore()
    zarr_c.create_group(store)
    store.supports_deletes = False
    with pytest.raises(ValueError, match="cannot delete"):
        zarr_c.create_group(store, overwrite=True)


def test_read_only_stores():
    store = MemoryStore()
    zarr_c.create_group(store)
    place = StorePath(store.with_read_only(True))
    with pytest.raises(ReadOnlyError):
        node_changes.create_node(place, GroupMetadata(), overwrite=True)
    with pytest.raises(ReadOnlyError):
        node_changes.write_node(place, GroupMetadata())
    with pytest.raises(ReadOnlyError):
        node_changes.update_node(place, GroupMetadata(), lambda stored: stored)


def attributes_set_at_once(stores, steps):
    """How many attributes a group has after a thread for each store has set some."""

    def work(number):
        group = zarr_c.open_group(stores[number])
        for step in range(steps):
            group.attrs[f"{number}-{step}"] = step

    workers = [threading.Thread(target=work, args=(i,)) for i in range(len(stores))]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    return len(zarr_c.open_group(stores[0]).attrs)


def test_updates_from_threads_all_count(zarr_format):
    store = MemoryStore()
    zarr_c.create_group(store, zarr_format=zarr_format)
    assert attributes_set_at_once([store] * 4, 20) == 80


def test_an_update_of_one_handle_keeps_that_of_another():
    mapping = {}
    array = zarr_c.create_array(mapping, "a", shape=3)
    place = place_of(mapping, "a")
    node_changes.update_node(place, array.metadata, lambda stored: stored.with_(shape=(7,)))
    array.attrs["x"] = 1
    stored = nodes.read_array(place)
    assert isinstance(stored, ArrayMetadata)
    assert (stored.shape, stored.attributes) == ((7,), {"x": 1})


def test_updates_through_a_wrapper_and_beside_it_all_count(tmp_path):
    """One lock for a node, whichever store it is reached through."""
    store = LocalStore(tmp_path)
    zarr_c.create_group(store)
    stores = [store, WrapperStore(store), LocalStore(tmp_path)]
    assert attributes_set_at_once(stores, 30) == 90
