"""Walking hierarchies: in which order, by which patterns, with how many requests."""

import logging

import numpy as np
import pytest

import zarr_c
from zarr_c.errors import ContainsGroupError
from zarr_c.storage import LocalStore, LoggingStore, MemoryStore, WrapperStore

PATHS = ("b/d/y", "b/c", "a/x1", "a/x2", "a/d/y", "z", "B/x1")
ALL = ["B", "a", "b", "z", "B/x1", "a/d", "a/x1", "a/x2", "b/c", "b/d", "a/d/y", "b/d/y"]


def build(store, version):
    root = zarr_c.create_group(store, zarr_format=version)
    for path in PATHS:
        root.create_array(path, data=np.ones(3))
    return root


@pytest.fixture(params=[2, 3])
def version(request):
    return request.param


@pytest.fixture(params=["memory", "local", "consolidated"])
def group(request, version, tmp_path):
    store = LocalStore(tmp_path) if request.param == "local" else MemoryStore()
    root = build(store, version)
    return zarr_c.consolidate_metadata(store) if request.param == "consolidated" else root


@pytest.fixture
def counted(version):
    """A store that counts, with the hierarchy in it."""
    inner = MemoryStore()
    build(inner, version)
    return counting(inner)


def test_order(group):
    assert [path for path, _ in group.members(None)] == ALL
    assert [path for path, _ in group.members(1)] == ALL[:10]
    assert list(group) == list(group.keys()) == ["B", "a", "b", "z"]
    assert list(group.group_keys()) == ["B", "a", "b"]
    for path, node in group.members(None):
        assert node == group[path]


def test_consolidated_metadata_within_a_group_that_has_none(version):
    store = MemoryStore()
    root = build(store, version)
    zarr_c.consolidate_metadata(store, "a")
    assert [path for path, _ in root.members(None)] == ALL
    del store["a/x1/.zarray" if version == 2 else "a/x1/zarr.json"]
    found = [path for path, _ in root.members(None)]
    # v2 keeps them in a document of their own, which a listing does not read
    assert ("a/x1" in found) == (version == 3)
    plain = root.members(None, use_consolidated_for_children=False)
    assert "a/x1" not in [path for path, _ in plain]


@pytest.mark.parametrize(
    ("pattern", "found"),
    [
        ("*", ["B", "a", "b", "z"]),
        ("**", ALL),
        ("a", ["a"]),
        ("/a/", ["a"]),
        ("*/x1", ["B/x1", "a/x1"]),
        ("a/x?", ["a/x1", "a/x2"]),
        ("[ab]/d", ["a/d", "b/d"]),
        ("**/y", ["a/d/y", "b/d/y"]),
        ("**/d/**", ["a/d", "b/d", "a/d/y", "b/d/y"]),
        ("a/**", ["a", "a/d", "a/x1", "a/x2", "a/d/y"]),
        ("**/*", ALL),
        ("*/*/*", ["a/d/y", "b/d/y"]),
        ("**/**/z", ["z"]),
        ("nothing/*", []),
        ("z/**", ["z"]),
    ],
)
def test_glob(group, pattern, found):
    assert [path for path, _ in group.glob(pattern)] == found
    for path, node in group.glob(pattern):
        assert node == group[path]


def test_glob_is_as_that_of_places(group):
    """`StorePath.glob` walks objects; where the pattern names nodes both find the same."""
    for pattern in ("*", "*/x*", "a/*", "**/y", "[!a]/*"):
        places = {
            place.relative_to(group.store_path) for place in group.store_path.glob(pattern)
        }
        names = {name for name in places if name in ALL}
        assert {path for path, _ in group.glob(pattern)} == names


def test_an_empty_pattern(group):
    for pattern in ("", "/"):
        with pytest.raises(ValueError, match="pattern"):
            group.glob(pattern)


# ---- requests


def test_a_walk_takes_one_listing_for_each_group(counted):
    root = zarr_c.open_group(counted)
    counted.reset()
    assert len(root.members(None)) == len(ALL)
    version = root.metadata.zarr_format
    # zarr.json of each; .zarray of each, .zgroup of what has none, .zattrs of each
    documents = 12 if version == 3 else 12 + 5 + 12
    assert counted.counter == {"list_dir": 6, "get": documents}


def test_glob_lists_only_what_it_leads_through(counted):
    root = zarr_c.open_group(counted)
    counted.reset()
    assert [path for path, _ in root.glob("a/x*")] == ["a/x1", "a/x2"]
    assert counted.counter["list_dir"] == 2


def test_requests_at_once():
    """Groups of one level are listed, and their members read, side by side."""

    batches = []

    class Watched(WrapperStore):
        def _concurrently(self, function, items):
            batches.append(len(items))
            return super()._concurrently(function, items)

        def _get_many(self, keys):
            batches.append(len(keys))
            return super()._get_many(keys)

    store = MemoryStore()
    build(store, 3)
    zarr_c.open_group(Watched(store)).members(None)
    assert batches == [1, 4, 3, 6, 2, 2]  # folders, then documents, of each level


def counting(store):
    logger = logging.getLogger("zarr_c.test_group_walking.counting")
    logger.setLevel("DEBUG")
    logger.propagate = False
    return LoggingStore(store, log=logger)


# `theirs` is what zarr-python 3.4.2 asks for.
@pytest.mark.parametrize(
    ("call", "v3", "v2", "theirs"),
    [
        (lambda store, _: zarr_c.open(store, mode="r+"), 1, 5, 7),
        (lambda store, _: zarr_c.open_group(store), 1, 4, 4),
        (lambda store, _: zarr_c.open_array(store, path="z"), 1, 3, 3),
        (lambda store, v: zarr_c.open_array(store, path="z", zarr_format=v), 1, 2, 3),
        (lambda store, v: zarr_c.open_group(store, zarr_format=v), 1, 3, 3),
    ],
)
def test_requests_to_open(call, v3, v2, theirs):
    for version, ours in ((3, v3), (2, v2)):
        store = counting(build(MemoryStore(), version).store)
        call(store, version)
        assert store.counter.total() == ours <= theirs


@pytest.mark.parametrize(("version", "theirs"), [(3, 6), (2, 12)])
def test_creating_an_array_in_a_new_group(version, theirs):
    store = counting(MemoryStore())
    root = zarr_c.create_group(store, zarr_format=version)
    store.reset()
    root.create_array("a/b", shape=3)
    assert store.counter.total() <= theirs, store.counter
    store.reset()
    root["a/b"].attrs["unit"] = "K"
    assert store.counter["set"] == 1


# ---- moving


def test_a_move_in_one_step(tmp_path, version):
    store = LocalStore(tmp_path)
    root = build(store, version)
    inode = (tmp_path / "a" / "x1").stat().st_ino
    root.move("a", "new/place")
    assert (tmp_path / "new" / "place" / "x1").stat().st_ino == inode
    assert "a" not in root
    assert (root["new/place/x1"][:] == 1).all()
    (tmp_path / "b" / "left").mkdir()
    root.create_group("taken")
    with pytest.raises(ContainsGroupError):
        root.move("b", "taken")
    assert "b/c" in root


def test_a_move_that_is_cut_short_loses_nothing(version):
    class Failing(WrapperStore):
        left = 0

        def set(self, key, value):
            self.left -= 1
            if self.left < 0:
                raise OSError("full")
            super().set(key, value)

    for left in range(6):
        inner = MemoryStore()
        build(inner, version)
        store = Failing(inner)
        store.left = left
        with pytest.raises(OSError, match="full"):
            zarr_c.open_group(store).move("a", "new")
        root = zarr_c.open_group(inner)
        assert [path for path, _ in root["a"].members(None)] == ["d", "x1", "x2", "d/y"]
        assert (root["a/x1"][:] == 1).all()
        assert "new" not in root
