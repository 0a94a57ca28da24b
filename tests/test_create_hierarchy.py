"""`create_hierarchy`: what it creates, refuses and asks of a store, beside zarr-python."""

import json
import logging

import numpy as np
import pytest
import zarr

import zarr_c
from zarr_c.creation import array_metadata
from zarr_c.errors import ContainsArrayError, ContainsGroupError, ReadOnlyError
from zarr_c.metadata.group import GroupMetadata
from zarr_c.storage import LocalStore, LoggingStore, MemoryStore


@pytest.fixture(params=[2, 3])
def version(request):
    return request.param


def an_array(version, **arguments):
    return array_metadata(shape=(4, 6), dtype="i2", chunks=2, zarr_format=version, **arguments)


def a_group(version, **attributes):
    return GroupMetadata(zarr_format=version, attributes=attributes)


def nodes_of(version):
    return {
        "/a/b/x": an_array(version, attributes={"unit": "K"}),
        "a": a_group(version, title="A"),
        "c//d/": a_group(version),
        "y": an_array(version),
    }


def test_nodes_and_the_groups_above_them(version, tmp_path):
    created = list(zarr_c.create_hierarchy(store=tmp_path, nodes=nodes_of(version)))
    assert [path for path, _ in created] == ["", "c", "a", "y", "a/b", "c/d", "a/b/x"]
    for path, node in created:
        assert node == zarr_c.open(tmp_path, path=path, mode="r+")
        peer = zarr.open(tmp_path, path=path, mode="r", zarr_format=version)
        assert dict(peer.attrs) == dict(node.attrs)
        assert isinstance(peer, zarr.Array) == isinstance(node, zarr_c.Array)
    dict(created)["a/b/x"][:] = 7
    assert (zarr.open_array(tmp_path, path="a/b/x", mode="r")[:] == 7).all()


def test_the_same_nodes_as_zarr_python(version):
    ours, theirs = MemoryStore(), zarr.storage.MemoryStore()
    created = dict(zarr_c.create_hierarchy(store=ours, nodes=nodes_of(version)))
    made = zarr.group(theirs, zarr_format=version)
    array = made.create_array("a/b/x", shape=(4, 6), dtype="i2", chunks=(2, 2))
    metadata, plain = array.metadata, type(made.metadata)(zarr_format=version)
    peers = {"a/b/x": metadata, "a": plain, "c/d": plain, "y": metadata}
    theirs = zarr.storage.MemoryStore()
    found = dict(zarr.create_hierarchy(store=theirs, nodes=peers))
    assert found.keys() == created.keys()
    assert set(theirs._store_dict) == set(ours.list())


def test_it_is_done_when_the_function_returns():
    store = MemoryStore()
    zarr_c.create_hierarchy(store=store, nodes={"a": a_group(3)})  # nobody iterates
    assert set(store) == {"zarr.json", "a/zarr.json"}


def test_no_nodes_create_nothing():
    store = MemoryStore()
    assert list(zarr_c.create_hierarchy(store=store, nodes={})) == []
    assert store.is_empty()


def test_what_is_there_is_in_the_way(version):
    store = MemoryStore()
    root = zarr_c.create_group(store, zarr_format=version, attributes={"kept": 1})
    root.create_group("g")
    root.create_array("x", shape=3)
    before = dict(store)
    for nodes, error in (
        ({"new": a_group(version), "g": a_group(version)}, ContainsGroupError),
        ({"new": a_group(version), "g": an_array(version)}, ContainsGroupError),
        ({"new": a_group(version), "x": a_group(version)}, ContainsArrayError),
        ({"new": a_group(version), "x/below": a_group(version)}, ContainsArrayError),
    ):
        with pytest.raises(error, match=r"there is an? (group|array) at the path"):
            zarr_c.create_hierarchy(store=store, nodes=nodes)
    with pytest.raises(ContainsArrayError):
        zarr_c.create_hierarchy(store=store, nodes={"x/y": a_group(version)}, overwrite=True)
    assert dict(store) == before
    created = zarr_c.create_hierarchy(store=store, nodes={"g/new/y": an_array(version)})
    assert [path for path, _ in created] == ["g/new", "g/new/y"]
    assert zarr_c.open_group(store).attrs == {"kept": 1}


def test_a_node_of_the_other_format_is_in_the_way():
    store = MemoryStore()
    zarr_c.create_array(store, "x", shape=3, zarr_format=2)
    with pytest.raises(ContainsArrayError):
        zarr_c.create_hierarchy(store=store, nodes={"x": an_array(3)})


def test_overwriting_deletes_what_is_named_and_below(version):
    store = MemoryStore()
    root = zarr_c.create_group(store, zarr_format=version, attributes={"kept": 1})
    root.create_array("g/sub/old", data=np.ones(3))
    root.create_array("g/x", data=np.ones(3))
    root.create_array("other", data=np.ones(3))
    nodes = {"g": a_group(version, new=1), "g/sub/x": an_array(version)}
    created = dict(zarr_c.create_hierarchy(store=store, nodes=nodes, overwrite=True))
    assert list(created) == ["g", "g/sub", "g/sub/x"]
    assert {path for path, _ in root.members(None)} == {"g", "g/sub", "g/sub/x", "other"}
    assert root.attrs == {"kept": 1}
    assert root["g"].attrs == {"new": 1}
    assert not root["g/sub/x"][:].any()
    assert root["other"][:].all()


def test_what_cannot_be_created_changes_nothing(version):
    store = MemoryStore()
    zarr_c.create_group(store, path="old", zarr_format=version)
    before = dict(store)
    good, bad = {"old": a_group(version)}, 5 - version
    for nodes, error, message in (
        ({"x": an_array(bad)}, ValueError, "nodes of one format"),
        ({"x": 5}, TypeError, r"nodes\['x'\]: expected ArrayMetadata"),
        ({"/old/": a_group(version)}, ValueError, "one node at 'old'"),
        ({"x": an_array(version), "x/y": a_group(version)}, ValueError, "an array at 'x'"),
        ({"x": a_group(version, a=object())}, (TypeError, ValueError), "object"),
        ({"x/zarr.json/y": a_group(version)}, ValueError, "does not reserve"),
        ({"../x": a_group(version)}, ValueError, r"\.\."),
    ):
        with pytest.raises(error, match=message):
            zarr_c.create_hierarchy(store=store, nodes=good | nodes, overwrite=True)
    assert dict(store) == before
    with pytest.raises(ReadOnlyError):
        zarr_c.create_hierarchy(store=store.with_read_only(True), nodes=good)


def test_below_a_group(version):
    store = MemoryStore()
    group = zarr_c.create_group(store, path="top/g", zarr_format=version)
    created = list(group.create_hierarchy({"a/x": an_array(version), "y": an_array(version)}))
    assert [path for path, _ in created] == ["a", "y", "a/x"]
    assert created[2][1].path == "top/g/a/x"
    assert {path for path, _ in group.members(None)} == {"a", "a/x", "y"}
    with pytest.raises(ValueError, match="as the group has"):
        group.create_hierarchy({"z": an_array(5 - version)})
    for path in ("", "/"):
        with pytest.raises(ValueError, match="name of a member"):
            group.create_hierarchy({path: a_group(version)})


def test_consolidated_metadata_follow_what_is_replaced(version):
    store = MemoryStore()
    zarr_c.create_group(store, zarr_format=version).create_array("x", shape=9)
    group = zarr_c.consolidate_metadata(store)
    created = dict(group.create_hierarchy({"x": an_array(version)}, overwrite=True))
    assert list(created) == ["x"]
    assert group["x"].shape == (4, 6)
    assert zarr_c.open_consolidated(store)["x"].shape == (4, 6)


def test_consolidated_metadata_are_not_taken_over():
    source = MemoryStore()
    zarr_c.create_group(source).create_array("x", shape=9)
    metadata = zarr_c.consolidate_metadata(source).metadata
    store = MemoryStore()
    zarr_c.create_hierarchy(store=store, nodes={"g": metadata})
    assert list(zarr_c.open_group(store, path="g")) == []
    assert "consolidated_metadata" not in json.loads(store["g/zarr.json"])


def test_few_requests(version):
    logger = logging.getLogger("zarr_c.test_create_hierarchy")
    logger.setLevel("DEBUG")
    logger.propagate = False
    store = LoggingStore(MemoryStore(), log=logger)
    nodes = {f"g/{i}": an_array(version) for i in range(50)}
    list(zarr_c.create_hierarchy(store=store, nodes=nodes))
    documents = 52 * (2 if version == 2 else 1)
    written = store.counter["set"] + store.counter["set_if_not_exists"]
    assert written == documents
    assert store.counter["list_dir"] == 1
    assert store.counter["get"] <= 3 + 1  # the root only, which may be there


def test_a_process_that_was_faster_is_not_overwritten(tmp_path, monkeypatch):
    store = LocalStore(tmp_path)
    list_dir = LocalStore._list_dir

    def late(self, prefix):
        yield from list_dir(self, prefix)
        zarr_c.create_array(tmp_path, "x", data=[1, 2, 3])

    monkeypatch.setattr(LocalStore, "_list_dir", late)
    with pytest.raises(ContainsArrayError):
        zarr_c.create_hierarchy(store=store, nodes={"x": a_group(3)})
    assert zarr_c.open_array(tmp_path, path="x")[:].tolist() == [1, 2, 3]
