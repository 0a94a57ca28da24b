"""Groups: members, creating them, moving them, drawing them."""

import pickle

import numpy as np
import pytest

import zarr_c
from zarr_c import Array, Group
from zarr_c.errors import (
    ContainsArrayError,
    ContainsGroupError,
    ReadOnlyError,
    UnsafeKeyError,
)
from zarr_c.storage import LocalStore, MemoryStore


@pytest.fixture(params=[2, 3])
def group(request):
    """A group with an array, and a group in a group with another."""
    root = zarr_c.create_group(MemoryStore(), zarr_format=request.param)
    root.create_array("x", shape=(2, 3), dtype="f4")
    root.create_array("sub/deep/y", shape=4, dtype="i2")
    return root


def test_a_mapping_of_members(group):
    assert sorted(group) == sorted(group.keys()) == ["sub", "x"]
    assert len(group) == group.nmembers() == 2
    assert isinstance(group["x"], Array)
    assert isinstance(group["sub"], Group)
    assert group["sub/deep/y"].shape == group["sub"]["deep"]["y"].shape == (4,)
    assert "x" in group
    assert "sub/deep" in group
    assert "z" not in group
    assert "" in group
    assert group[""] is group["/"] is group
    assert 1 not in group
    assert group.get("z") is None
    assert group.get("z", 5) == 5
    assert dict(group.items()).keys() == {"x", "sub"}
    assert len(list(group.values())) == 2
    for missing in ("z", "x/y"):
        with pytest.raises(KeyError):
            group[missing]
    with pytest.raises(UnsafeKeyError):
        group["../x"]
    with pytest.raises(TypeError, match="path"):
        group[0]


def test_members_by_kind_and_depth(group):
    assert list(group.array_keys()) == [name for name, _ in group.arrays()] == ["x"]
    assert list(group.group_keys()) == [name for name, _ in group.groups()] == ["sub"]
    assert [array.shape for array in group.array_values()] == [(2, 3)]
    assert [sub.name for sub in group.group_values()] == ["/sub"]
    assert {path for path, _ in group.members(max_depth=1)} == {"x", "sub", "sub/deep"}
    assert group.nmembers(None) == 4
    with pytest.raises(ValueError, match="max_depth"):
        group.members(max_depth=-1)


def test_typed_access(group):
    assert group.get_array("x").shape == (2, 3)
    assert group.get_group("sub").path == "sub"
    with pytest.raises(ContainsGroupError):
        group.get_array("sub")
    with pytest.raises(ContainsArrayError):
        group.get_group("x")
    with pytest.raises(KeyError):
        group.get_array("z")


def test_identity(group):
    sub = group["sub/deep"]
    assert (sub.name, sub.path, sub.basename) == ("/sub/deep", "sub/deep", "deep")
    assert (group.name, group.path, group.basename) == ("/", "", "")
    assert sub.store is group.store
    assert sub.store_path == group.store_path / "sub/deep"
    assert sub == group["sub"]["deep"] != group["sub"]
    assert group != 1
    assert pickle.loads(pickle.dumps(sub)) == sub
    assert repr(sub) == f"<Group {sub.store_path}>"
    assert group.synchronizer is None
    assert not group.read_only


def test_storing_and_deleting_members(group):
    group["new"] = np.arange(6).reshape(2, 3)
    np.testing.assert_array_equal(group["new"][:], np.arange(6).reshape(2, 3))
    group["new"] = [1.5, 2.5]
    np.testing.assert_array_equal(group["new"][:], [1.5, 2.5])
    del group["new"]
    del group["sub"]
    assert list(group) == ["x"]
    with pytest.raises(KeyError):
        del group["sub"]


def test_members_have_the_format_of_the_group(group):
    zarr_format = group.metadata.zarr_format
    assert group.create_group("g2").metadata.zarr_format == zarr_format
    assert group.zeros(name="z", shape=3).metadata.zarr_format == zarr_format
    assert group["sub/deep"].metadata.zarr_format == zarr_format


def test_filled_members(group):
    group.zeros(name="zeros", shape=3)
    group.ones(name="ones", shape=(2, 2), dtype="i4")
    group.full(name="full", shape=3, fill_value=7)
    group.empty(name="empty", shape=3)
    source = np.zeros((2, 3), "f4")
    group.full_like(name="full_like", data=source, fill_value=2)
    for like in ("zeros_like", "ones_like", "empty_like"):
        assert getattr(group, like)(name=like, data=source).dtype == "f4"
    np.testing.assert_array_equal(group["ones"][:], np.ones((2, 2)))
    np.testing.assert_array_equal(group["full"][:], [7, 7, 7])
    np.testing.assert_array_equal(group["full_like"][:], source + 2)


def test_creating_in_a_group(group):
    with pytest.raises(ContainsArrayError):
        group.create_array("x", shape=3)
    with pytest.raises(ContainsGroupError):
        group.create_group("sub")
    with pytest.raises(ContainsArrayError):
        group.create_group("x/below")
    with pytest.raises(ValueError, match="name"):
        group.create_array("", shape=3)
    with pytest.raises(ValueError, match="compressor, compressors"):
        group.create_array("c", shape=3, compressor=None, compressors=None)
    assert group.create_group("sub", overwrite=True, attributes={"a": 1}).attrs["a"] == 1
    assert list(group["sub"]) == []


def test_requiring(group):
    assert group.require_group("sub").path == "sub"
    assert [sub.path for sub in group.require_groups("sub", "p/q")] == ["sub", "p/q"]
    assert group.require_group("sub", overwrite=True).nmembers() == 0
    with pytest.raises(TypeError, match="expected a group"):
        group.require_group("x")
    assert group.require_array("x", shape=(2, 3)).path == "x"
    assert group.require_array("x", shape=(2, 3), dtype="f8").dtype == "f4"
    assert group.require_array("n", shape=3, dtype="i8").dtype == "i8"
    for wrong in ({"shape": 3}, {"shape": (2, 3), "dtype": "i2"}):
        with pytest.raises(TypeError, match=f"{list(wrong)[-1]}: expected"):
            group.require_array("x", **wrong)
    with pytest.raises(TypeError, match="dtype: expected"):
        group.require_array("x", shape=(2, 3), dtype="f8", exact=True)
    with pytest.raises(TypeError, match="expected an array"):
        group.require_array("sub", shape=3)


def test_moving(group):
    group["x"] = np.arange(3)
    group["sub"].attrs["a"] = 1
    group.move("x", "sub/moved")
    group.move("sub", "other/place")
    np.testing.assert_array_equal(group["other/place/moved"][:], np.arange(3))
    assert group["other/place"].attrs["a"] == 1
    assert "x" not in group
    assert "sub" not in group
    with pytest.raises(KeyError):
        group.move("x", "y")
    with pytest.raises(ValueError, match="dest"):
        group.move("other", "other/within")
    group.create_group("full")
    with pytest.raises(ContainsGroupError):
        group.move("other", "full")


def test_tree(group):
    assert str(group.tree()) == (
        "/\n├── sub\n│   └── deep\n│       └── y (4,) int16\n└── x (2, 3) float32"
    )
    assert str(group.tree(level=0)) == "/\n├── sub\n└── x (2, 3) float32"
    assert str(group["sub"].tree(max_nodes=1)).endswith("(the first 1 nodes)")
    assert "<pre>" in group.tree()._repr_html_()
    assert repr(zarr_c.tree(group)) == repr(group.tree())


def test_tree_is_drawn_as_by_zarr_python(tmp_path):
    zarr = pytest.importorskip("zarr")
    pytest.importorskip("rich")
    root = zarr_c.create_group(tmp_path / "g")
    root.create_array("a/b", shape=3, dtype="i4")
    root.create_array("c", shape=(2, 2), dtype="f8")
    theirs = zarr.open_group(str(tmp_path / "g"), mode="r")
    if "plain" not in (zarr.Group.tree.__kwdefaults__ or {}):
        pytest.skip("this zarr-python cannot draw plainly")
    assert str(root.tree()) == str(theirs.tree(plain=True)).rstrip("\n")


def test_info(group):
    assert "Zarr format" in repr(group.info)
    facts = group.info_complete()
    assert (facts["No. members"], facts["No. arrays"], facts["No. groups"]) == (4, 2, 2)


def test_read_only(group):
    reader = zarr_c.open_group(group.store, mode="r")
    assert reader.read_only
    assert reader["x"].read_only
    for change in (
        lambda: reader.create_group("new"),
        lambda: reader.create_array("new", shape=3),
        lambda: reader.__setitem__("x", [1]),
        lambda: reader.__delitem__("x"),
        lambda: reader.require_group("new"),
        lambda: reader.move("x", "y"),
        lambda: reader.zeros(name="new", shape=3),
    ):
        with pytest.raises(ReadOnlyError):
            change()


@pytest.mark.parametrize("zarr_format", [2, 3])
def test_both_ways_with_zarr_python(tmp_path, zarr_format):
    zarr = pytest.importorskip("zarr")
    ours = zarr_c.create_group(tmp_path / "ours", zarr_format=zarr_format, attributes={"a": 1})
    options = {"shape": (5, 6), "dtype": "u2", "chunks": (2, 3), "fill_value": 9}
    options["compressors"] = None
    ours.create_array("b/c", **options)
    theirs = zarr.open_group(str(tmp_path / "ours"), mode="r")
    assert dict(theirs.attrs) == {"a": 1}
    assert theirs["b/c"].shape == (5, 6)
    assert theirs["b/c"].chunks == (2, 3)
    assert (theirs["b/c"][:] == 9).all()

    root = zarr.create_group(str(tmp_path / "theirs"), zarr_format=zarr_format)
    root.create_array("b/c", **options)
    root.attrs["q"] = [1, 2]
    opened = zarr_c.open_group(tmp_path / "theirs", mode="r")
    assert opened.attrs == {"q": [1, 2]}
    assert opened["b/c"].metadata == ours["b/c"].metadata
    # byte for byte what zarr-python writes
    for name in {2: (".zarray", ".zattrs"), 3: ("zarr.json",)}[zarr_format]:
        written = [LocalStore(tmp_path / who)[f"b/c/{name}"] for who in ("ours", "theirs")]
        assert written[0] == written[1]
