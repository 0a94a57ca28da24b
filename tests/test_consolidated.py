"""Consolidated metadata: layout, requests, staleness."""

import json
import tracemalloc

import pytest
from hierarchies import PATHS, consolidated, fill, walk

import zarr_c
from zarr_c.errors import (
    GroupNotFoundError,
    MetadataValidationError,
    ReadOnlyError,
    UnsafeKeyError,
)
from zarr_c.storage import LocalStore, MappingStore, MemoryStore

pytestmark = pytest.mark.filterwarnings("ignore:Consolidated metadata is currently not part")


class CountingStore(MappingStore):
    """Notes every request."""

    def __init__(self, mapping):
        super().__init__(mapping)
        self.requests = []

    def _get(self, key):
        self.requests.append(f"get {key}")
        return super()._get(key)

    def _set(self, key, value):
        self.requests.append(f"set {key}")
        super()._set(key, value)

    def _list_dir(self, prefix):
        self.requests.append(f"list {prefix}")
        return super()._list_dir(prefix)

    def _exists(self, key):
        self.requests.append(f"exists {key}")
        return super()._exists(key)


@pytest.fixture(params=[2, 3])
def zarr_format(request):
    return request.param


@pytest.fixture
def mapping(zarr_format):
    return consolidated(zarr_format)


# format.md G2 G4 A1
def test_the_layout_is_that_of_zarr_python(tmp_path, zarr_format):
    zarr = pytest.importorskip("zarr")
    root = zarr.create_group(str(tmp_path), zarr_format=zarr_format, attributes={"r": 1})
    fill(root)
    name = "zarr.json" if zarr_format == 3 else ".zmetadata"
    ours = zarr_c.consolidate_metadata(tmp_path)
    written = json.loads((tmp_path / name).read_bytes())
    assert walk(ours) == PATHS
    zarr.consolidate_metadata(str(tmp_path))
    theirs = json.loads((tmp_path / name).read_bytes())
    if zarr_format == 3:
        nested = written["consolidated_metadata"]["metadata"]
        assert list(nested) == ["a", "b", "s", "a/x", "b/c", "b/c/y"]
        assert nested["b/c"]["consolidated_metadata"]["metadata"] == {}
        assert list(written) == list(theirs)
        assert written == theirs
    else:
        for group in ("a", "b", "b/c"):  # zarr-python adds a field of Zarr v3 to these
            theirs["metadata"][f"{group}/.zgroup"].pop("consolidated_metadata", None)
        assert written == theirs


# format.md G2 G4 A1
def test_zarr_python_reads_what_is_consolidated_here(tmp_path, zarr_format):
    zarr = pytest.importorskip("zarr")
    fill(zarr_c.create_group(tmp_path, zarr_format=zarr_format, attributes={"r": 1}))
    zarr_c.consolidate_metadata(tmp_path)
    theirs = zarr.open_consolidated(str(tmp_path), mode="r")
    assert sorted(path for path, _ in theirs.members(max_depth=None)) == PATHS
    assert theirs.attrs["r"] == 1
    assert theirs["a/x"].shape == (3, 4)
    assert theirs["b/c"]["y"].shape == ()
    assert theirs["s"].attrs["k"] == 2


# format.md G4 A1
def test_what_zarr_python_consolidates_is_read_here(tmp_path, zarr_format):
    zarr = pytest.importorskip("zarr")
    fill(zarr.create_group(str(tmp_path), zarr_format=zarr_format))
    zarr.consolidate_metadata(str(tmp_path))
    store = LocalStore(tmp_path)
    for key in store.list_prefix("b"):  # what is not in the store is found all the same
        store.delete(key)
    group = zarr_c.open_consolidated(store, mode="r")
    assert walk(group) == PATHS
    assert group["b"]["c"]["y"].shape == group["b/c/y"].shape == ()


# format.md G2 A1
def test_a_walk_takes_the_requests_that_opening_takes(mapping, zarr_format):
    store = CountingStore(mapping)
    group = zarr_c.open_group(store, mode="r+")
    expected = {
        3: ["get zarr.json"],
        2: ["get zarr.json", "get .zgroup", "get .zattrs", "get .zmetadata"],
    }[zarr_format]
    assert store.requests == expected
    assert walk(group) == PATHS
    assert group["a/x"].shape == group["a"]["x"].shape == (3, 4)
    assert sorted(group) == sorted(group.keys()) == ["a", "b", "s"]
    assert len(group) == group.nmembers() == 3
    assert [name for name, _ in group.arrays()] == ["s"]
    assert [name for name, _ in group["b"].groups()] == ["c"]
    assert group["s"].attrs["k"] == 2
    assert "b/c/y" in group
    assert "nothing" not in group
    assert group.get("s/x") is None
    assert "y () uint8" in str(group.tree())
    assert store.requests == expected
    store.requests.clear()
    zarr_c.open_group(store, mode="r+", zarr_format=zarr_format)
    assert store.requests == expected[zarr_format == 2 :]


# format.md G2
def test_a_hundred_arrays_in_one_request():
    mapping = {}
    root = zarr_c.create_group(mapping)
    for i in range(100):
        root.create_array(f"x{i}", shape=(i,), dtype="i4")
    zarr_c.consolidate_metadata(mapping)
    store = CountingStore(mapping)
    shapes = {name: array.shape for name, array in zarr_c.open_group(store, mode="r+").arrays()}
    assert shapes == {f"x{i}": (i,) for i in range(100)}
    assert store.requests == ["get zarr.json"]


# format.md G5
def test_use_ignore_require(mapping, zarr_format):
    store = CountingStore(mapping)
    for key in [key for key in mapping if key.startswith("s/")]:
        del mapping[key]  # so that what is consolidated is stale
    assert "s" in zarr_c.open_group(store)
    assert "s" in zarr_c.open(store)
    assert "s" in zarr_c.Group.open(store, zarr_format)
    assert "s" in zarr_c.open_group(store, use_consolidated=True)
    for ignoring in (
        zarr_c.open_group(store, use_consolidated=False),
        zarr_c.open(store, use_consolidated=False),
        zarr_c.Group.open(store, None, use_consolidated=False),
    ):
        assert "s" not in ignoring
        assert sorted(ignoring) == ["a", "b"]
        assert ignoring.metadata.consolidated is None
    assert zarr_c.open_group(store) == zarr_c.open_group(store, use_consolidated=False)
    store.requests.clear()
    zarr_c.open_group(store, use_consolidated=False, mode="r+")
    assert "get .zmetadata" not in store.requests
    plain = {}
    zarr_c.create_group(plain, zarr_format=zarr_format)
    name = "zarr.json" if zarr_format == 3 else ".zmetadata"
    for needing in (zarr_c.open_consolidated, zarr_c.open_group):
        with pytest.raises(
            ValueError, match=f"consolidated metadata in '{name}' of mapping://"
        ):
            needing(plain, use_consolidated=True)
    with pytest.raises(TypeError, match="use_consolidated"):
        zarr_c.open_consolidated(mapping, use_consolidated=False)
    with pytest.raises(GroupNotFoundError):
        zarr_c.open_consolidated({}, mode="r")


# format.md G5
def test_ignoring_holds_for_the_groups_below(zarr_format):
    """A group within is consolidated, and stale."""
    mapping = {}
    root = zarr_c.create_group(mapping, zarr_format=zarr_format)
    root.create_array("in/x", shape=3)
    zarr_c.consolidate_metadata(mapping, "in")
    for key in [key for key in mapping if key.startswith("in/x/")]:
        del mapping[key]
    assert "x" in zarr_c.open_group(mapping)["in"]
    ignoring = zarr_c.open_group(mapping, use_consolidated=False)
    assert "x" not in ignoring["in"]
    assert walk(ignoring) == ["in"]
    assert ignoring["in"].metadata.consolidated is None
    root = zarr_c.open_group(mapping)
    found = root.members(max_depth=None, use_consolidated_for_children=False)
    assert [path for path, _ in found] == ["in"]
    # consolidating reads what is there
    assert walk(zarr_c.consolidate_metadata(mapping)) == ["in"]


# format.md A1
def test_another_key_in_v2():
    mapping = {}
    fill(zarr_c.create_group(mapping, zarr_format=2))
    zarr_c.consolidate_metadata(mapping)
    mapping["mine"] = mapping.pop(".zmetadata")
    store = CountingStore(mapping)
    group = zarr_c.open_consolidated(store, use_consolidated="mine", mode="r+")
    assert "get mine" in store.requests
    store.requests.clear()
    assert walk(group) == PATHS
    assert store.requests == []
    with pytest.raises(ValueError, match="'other'"):
        zarr_c.open_group(store, use_consolidated="other")
    zarr_c.create_group(mapping, "v3")
    with pytest.raises(TypeError, match="a group of Zarr v3, found 'mine'"):
        zarr_c.open_group(mapping, path="v3", use_consolidated="mine")


# format.md A1
def test_attributes_that_are_not_consolidated_do_not_defeat_it():
    mapping = {}
    fill(zarr_c.create_group(mapping, zarr_format=2))
    zarr_c.consolidate_metadata(mapping)
    document = json.loads(mapping[".zmetadata"])
    kept = {k: v for k, v in document["metadata"].items() if not k.endswith(".zattrs")}
    mapping[".zmetadata"] = json.dumps(document | {"metadata": kept}).encode()
    group = zarr_c.open_consolidated(mapping)
    assert walk(group) == PATHS
    assert group["s"].attrs == {}


# format.md G3
@pytest.mark.parametrize("nested", [None, "absent"])
def test_spellings_of_no_consolidated_metadata(nested):
    mapping = {}
    fill(zarr_c.create_group(mapping))
    zarr_c.consolidate_metadata(mapping)
    document = json.loads(mapping["zarr.json"])
    for inner in document["consolidated_metadata"]["metadata"].values():
        if inner["node_type"] == "group":
            if nested is None:
                inner["consolidated_metadata"] = None
            else:
                del inner["consolidated_metadata"]
    mapping["zarr.json"] = json.dumps(document).encode()
    group = zarr_c.open_consolidated(mapping)
    assert walk(group) == PATHS
    assert list(group["b/c"]) == ["y"]
    # of the group itself
    mapping["a/zarr.json"] = json.dumps(
        {"zarr_format": 3, "node_type": "group", "consolidated_metadata": None}
    ).encode()
    assert list(zarr_c.open_group(mapping, path="a")) == ["x"]


# format.md G4
def test_members_that_only_a_nested_group_lists():
    mapping = {}
    fill(zarr_c.create_group(mapping))
    zarr_c.consolidate_metadata(mapping)
    document = json.loads(mapping["zarr.json"])
    found = document["consolidated_metadata"]["metadata"]
    inner = found["b"]["consolidated_metadata"]["metadata"]
    inner["c"] = found.pop("b/c")
    inner["c"]["consolidated_metadata"]["metadata"]["y"] = found.pop("b/c/y")
    store = CountingStore({"zarr.json": json.dumps(document).encode()})
    assert walk(zarr_c.open_consolidated(store)) == PATHS


@pytest.mark.parametrize("bad", [None, 1, [], "x", {"zarr_format": 3}, {"zarr_format": 2}])
def test_damaged_entries_are_named(mapping, zarr_format, bad):
    if zarr_format == 3:
        document = json.loads(mapping["zarr.json"])
        document["consolidated_metadata"]["metadata"]["s"] = bad
        mapping["zarr.json"] = json.dumps(document).encode()
    else:
        document = json.loads(mapping[".zmetadata"])
        document["metadata"]["s/.zarray"] = bad
        mapping[".zmetadata"] = json.dumps(document).encode()
    group = zarr_c.open_group(mapping)
    assert group["a/x"].shape == (3, 4)
    with pytest.raises(MetadataValidationError, match="s/"):
        group["s"]


@pytest.mark.parametrize("name", ["..", "../x", "a/../../x", "a/./b", "x\0"])
def test_entries_that_would_lead_out_of_the_store(name):
    document = {"zarr_format": 3, "node_type": "group"}
    listed = {"kind": "inline", "must_understand": False, "metadata": {name: document}}
    document = document | {"consolidated_metadata": listed}
    group = zarr_c.open_group({"zarr.json": json.dumps(document).encode()})
    with pytest.raises(KeyError):
        group["x"]
    with pytest.raises(UnsafeKeyError):
        group[name]
    if "/" not in name:  # others lie below no group, so that they are not listed
        with pytest.raises(UnsafeKeyError):
            walk(group)


def test_an_entry_of_many_segments_takes_little_memory():
    """Only a node's own path is kept, not those of all the folders above it."""
    path = "/".join(["a"] * 50_000)
    inner = {"zarr_format": 3, "node_type": "group"}
    listed = {"kind": "inline", "must_understand": False, "metadata": {path: inner}}
    data = json.dumps(inner | {"consolidated_metadata": listed}).encode()
    with zarr_c.config.set({"limits.name_bytes": None}):
        tracemalloc.start()
        group = zarr_c.open_group({"zarr.json": data})
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        assert peak < 20 * len(data)
        assert walk(group) == []
        assert len(group[path].path) == len(path)


def test_consolidating_below_and_again(zarr_format):
    mapping = {}
    fill(zarr_c.create_group(mapping, zarr_format=zarr_format))
    group = zarr_c.consolidate_metadata(mapping, "b")
    assert walk(group) == ["c", "c/y"]
    assert zarr_c.open_group(mapping).metadata.consolidated is None
    first = dict(mapping)
    zarr_c.consolidate_metadata(mapping, path="b", zarr_format=zarr_format)
    assert mapping == first
    group.create_array("more", shape=1)
    assert walk(zarr_c.open_consolidated(mapping, path="b")) == ["c", "c/y"]
    assert walk(zarr_c.consolidate_metadata(mapping, "b")) == ["c", "c/y", "more"]
    assert walk(zarr_c.open_consolidated(mapping, path="b")) == ["c", "c/y", "more"]


def test_what_cannot_be_consolidated(zarr_format):
    store = MemoryStore()
    with pytest.raises(GroupNotFoundError):
        zarr_c.consolidate_metadata(store)
    zarr_c.create_group(store, zarr_format=zarr_format)
    with pytest.raises(ReadOnlyError):
        zarr_c.consolidate_metadata(store.with_read_only(True))
    with pytest.raises(GroupNotFoundError, match=f"Zarr format {5 - zarr_format}"):
        zarr_c.consolidate_metadata(store, zarr_format=5 - zarr_format)
    store.supports_consolidated_metadata = False
    with pytest.raises(TypeError, match="MemoryStore does not support consolidated"):
        zarr_c.consolidate_metadata(store)
