"""Hierarchies: names of nodes, groups above them, discovery, both formats in one folder."""

import json

import numpy as np
import pytest

import zarr_c
from zarr_c.errors import (
    ArrayNotFoundError,
    GroupNotFoundError,
    MetadataValidationError,
    UnsafeKeyError,
)
from zarr_c.storage import LocalStore

STRANGE_NAMES = (
    "a b",
    "ß",
    "e\u0301",
    "\u00e9",
    "\U0001f600",
    "c",
    "A",
    "a",
    "0",
    "zarr",
    "x.json",
)


def put(mapping, key, document):
    mapping[key] = json.dumps(document).encode()


@pytest.fixture(params=[2, 3])
def zarr_format(request):
    return request.param


# ---- keys and the groups above


# format.md K1
def test_keys_of_documents_and_chunks():
    mapping = {}
    zarr_c.create_group(mapping)
    zarr_c.create_array(mapping, "foo/bar", data=np.ones(2), chunks=1)
    documents = {"zarr.json", "foo/zarr.json", "foo/bar/zarr.json"}
    assert mapping.keys() == documents | {"foo/bar/c/0", "foo/bar/c/1"}
    root = {}
    zarr_c.create_array(root, data=np.ones(2), chunks=1)
    assert root.keys() == {"zarr.json", "c/0", "c/1"}


# format.md A1
def test_keys_of_v2():
    mapping = {}
    zarr_c.create_group(mapping, zarr_format=2)
    zarr_c.create_array(mapping, "a", data=np.ones(2), chunks=1, zarr_format=2)
    assert mapping.keys() == {
        *(".zgroup", ".zattrs", "a/.zarray", "a/.zattrs", "a/0", "a/1"),
    }
    del mapping["a/.zattrs"], mapping[".zattrs"]
    assert zarr_c.open_group(mapping).attrs == zarr_c.open_array(mapping, "a").attrs == {}


# format.md K2 5.30
def test_groups_are_made_at_every_ancestor(zarr_format):
    mapping = {}
    zarr_c.create_array(mapping, "a/b/c", shape=1, zarr_format=zarr_format)
    name = {2: ".zgroup", 3: "zarr.json"}[zarr_format]
    assert {name, f"a/{name}", f"a/b/{name}"} <= mapping.keys()
    assert [p for p, _ in zarr_c.open_group(mapping).members(None)] == ["a", "a/b", "a/b/c"]
    zarr_c.open_group(mapping).create_group("x/y")
    assert f"x/{name}" in mapping


# format.md K2 K3
def test_a_folder_without_a_document_is_no_group(zarr_format):
    mapping = {}
    zarr_c.create_array(mapping, "g/x", data=np.arange(3), zarr_format=zarr_format)
    zarr_c.create_array(mapping, "y", shape=1, zarr_format=zarr_format)
    del mapping[{2: "g/.zgroup", 3: "g/zarr.json"}[zarr_format]]
    root = zarr_c.open_group(mapping)
    assert list(root) == ["y"]
    assert "g" not in root
    with pytest.raises(GroupNotFoundError):
        zarr_c.open_group(mapping, path="g", mode="r")
    # its path leads to the array all the same
    np.testing.assert_array_equal(root["g/x"][:], np.arange(3))
    np.testing.assert_array_equal(zarr_c.open_array(mapping, "g/x", mode="r")[:], np.arange(3))


# format.md K3
def test_reserved_names_are_no_members():
    mapping = {}
    root = zarr_c.create_group(mapping)
    root.create_group("x")
    for name in ("__hidden", "__"):
        mapping[f"{name}/zarr.json"] = mapping["x/zarr.json"]
    mapping["plain/c/0"] = b""
    mapping["file"] = b""
    assert list(root) == ["x"]
    assert [path for path, _ in root.members(None)] == ["x"]
    # nothing is reserved in Zarr v2
    v2 = zarr_c.create_group({}, zarr_format=2)
    v2.create_group("__hidden")
    assert list(v2) == ["__hidden"]


# format.md K5
def test_deleting_is_of_a_directory_not_of_a_prefix(tmp_path, zarr_format):
    for store in ({}, LocalStore(tmp_path)):
        root = zarr_c.create_group(store, zarr_format=zarr_format)
        for name in ("6/f/x", "6/fa/x", "6/f.y", "6/F"):
            root.create_group(name)
        del root["6/f"]
        assert sorted(p for p, _ in root.members(None)) == [
            "6",
            "6/F",
            "6/f.y",
            "6/fa",
            "6/fa/x",
        ]


# ---- both formats in one folder


# format.md K4
def test_both_formats_in_one_folder():
    mapping = {}
    for zarr_format in (2, 3):
        other = {}
        root = zarr_c.create_group(other, zarr_format=zarr_format)
        root.attrs["format"] = zarr_format
        root.create_array("x", data=np.full(3, zarr_format), attributes={"format": zarr_format})
        root.create_array(f"only{zarr_format}", shape=1)
        mapping |= other
    for given, found in ((None, 3), (3, 3), (2, 2)):
        root = zarr_c.open_group(mapping, zarr_format=given)
        assert root.attrs["format"] == root["x"].attrs["format"] == found
        assert sorted(root) == [f"only{found}", "x"]
        assert (root["x"][:] == found).all()
        for opened in (
            zarr_c.open(mapping, path="x", zarr_format=given),
            zarr_c.open_array(mapping, "x", zarr_format=given),
        ):
            assert opened.metadata.zarr_format == found
    del root["x"]  # of both formats, as both lie below the path
    assert sorted(zarr_c.open_group(mapping, zarr_format=3)) == ["only3"]


# format.md K4
def test_a_group_of_either_format_is_an_ancestor():
    """A group of v3 made beside one of v2 would hide what that one holds."""
    mapping = {}
    zarr_c.create_array(mapping, "g/x", shape=1, zarr_format=2)
    zarr_c.create_array(mapping, "g/y", shape=1, zarr_format=3)
    assert "g/zarr.json" not in mapping
    assert list(zarr_c.open_group(mapping)["g"]) == ["x"]
    assert zarr_c.open_array(mapping, "g/y").metadata.zarr_format == 3


# ---- names


# format.md N1 D6
def test_any_unicode_is_a_name(tmp_path, zarr_format):
    for store in ({}, LocalStore(tmp_path)):
        root = zarr_c.create_group(store, zarr_format=zarr_format)
        for number, name in enumerate(STRANGE_NAMES):
            root.create_array(name, data=np.array([number]))
            root.create_group(f"below/{name}")
        assert sorted(root) == sorted([*STRANGE_NAMES, "below"])
        assert sorted(root["below"]) == sorted(STRANGE_NAMES)
        for number, name in enumerate(STRANGE_NAMES):
            assert root[name].basename == name
            assert root[name][0] == zarr_c.open_array(store, name)[0] == number
        consolidated = zarr_c.consolidate_metadata(store)
        assert sorted(consolidated) == sorted([*STRANGE_NAMES, "below"])
        assert consolidated["e\u0301"][0] != consolidated["\u00e9"][0]


# format.md N1 D6
def test_zarr_python_reads_the_same_names(tmp_path, zarr_format):
    zarr = pytest.importorskip("zarr")
    root = zarr_c.create_group(tmp_path, zarr_format=zarr_format)
    for name in STRANGE_NAMES:
        root.create_array(name, shape=1)
    assert sorted(zarr.open_group(str(tmp_path), mode="r")) == sorted(STRANGE_NAMES)


# format.md N1
@pytest.mark.parametrize("name", ["...", "__x", "__", "zarr.json", "a/...", "a/__b/c"])
def test_forbidden_names_of_v3(name):
    mapping = {}
    root = zarr_c.create_group(mapping)
    for create in (
        lambda: root.create_group(name),
        lambda: root.create_array(name, shape=1),
        lambda: zarr_c.create_array(mapping, name, shape=1),
        lambda: zarr_c.create_group(mapping, name, overwrite=True),
        lambda: root.move("there", name),
    ):
        root.require_group("there")
        with pytest.raises(ValueError, match="path: expected names of nodes that Zarr v3"):
            create()
    assert mapping.keys() == {"zarr.json", "there/zarr.json"}
    assert name not in root


# format.md N1 D5
@pytest.mark.parametrize("name", [".", "..", "a/../b", "./a", "a/."])
def test_dots_are_refused(name, zarr_format):
    root = zarr_c.create_group({}, zarr_format=zarr_format)
    with pytest.raises(UnsafeKeyError):
        root.create_group(name)
    with pytest.raises(UnsafeKeyError):
        root[name]


# format.md D5
@pytest.mark.parametrize("name", [".zgroup", "a/.zattrs"])
def test_names_of_documents_are_no_names_in_v2(name):
    root = zarr_c.create_group({}, zarr_format=2)
    with pytest.raises(ValueError, match="Zarr v2 does not reserve"):
        root.create_group(name)


# format.md D5
def test_paths_of_v2_are_normalized():
    mapping = {}
    root = zarr_c.create_group(mapping, zarr_format=2)
    for name in ("\\a\\b\\", "/a//b/", "a/b", "//a\\b"):
        root.create_group(name, overwrite=True)
        assert name in root
        assert root[name].path == "a/b"
    assert sorted(p for p, _ in root.members(None)) == ["a", "a/b"]
    assert zarr_c.open_group(mapping, path="\\a\\b").path == "a/b"


# format.md N1
def test_a_backslash_is_a_character_in_v3():
    mapping = {}
    root = zarr_c.create_group(mapping)
    root.create_array("a\\b", data=np.array([1]))
    root.create_array("a/b", data=np.array([2]))
    assert sorted(root) == ["a", "a\\b"]
    assert root["a\\b"].basename == "a\\b"
    assert [array[0] for array in (root["a\\b"], root["a/b"], dict(root.arrays())["a\\b"])] == [
        *(1, 2, 1),
    ]
    del root["a\\b"]
    assert sorted(p for p, _ in root.members(None)) == ["a", "a/b"]


# format.md N1
def test_a_name_like_that_of_chunks(zarr_format):
    """An array's chunks lie below ``c``, so that no node can."""
    root = zarr_c.create_group({}, zarr_format=zarr_format)
    array = root.create_array("x", data=np.arange(4), chunks=2)
    with pytest.raises(ValueError, match="only groups have members"):
        root.create_group("x/c")
    root.create_array("c", data=np.arange(3))
    assert sorted(root) == ["c", "x"]
    np.testing.assert_array_equal(array[:], np.arange(4))


# ---- documents of groups


# format.md G1
@pytest.mark.parametrize(
    ("document", "said"),
    [
        ({"node_type": "group"}, "zarr_format"),
        ({"zarr_format": "3", "node_type": "group"}, "zarr_format"),
        ({"zarr_format": 3}, "node_type"),
        ({"zarr_format": 3, "node_type": "folder"}, "node_type"),
        ({"zarr_format": 3, "node_type": "group", "attributes": []}, "attributes"),
    ],
)
def test_what_a_group_of_v3_must_have(document, said):
    mapping = {}
    put(mapping, "zarr.json", {"zarr_format": 3, "node_type": "group"})
    assert zarr_c.open_group(mapping, mode="r").attrs == {}
    put(mapping, "zarr.json", document)
    for open_it in (zarr_c.open_group, zarr_c.open):
        with pytest.raises(MetadataValidationError, match=f"zarr.json: {said}: expected"):
            open_it(mapping, mode="r")


# format.md E2
def test_unknown_fields_of_a_group():
    group = {"zarr_format": 3, "node_type": "group"}
    mapping = {}
    for wrong in (1, None, {}, {"must_understand": True}, {"must_understand": 0}):
        put(mapping, "zarr.json", group | {"new": wrong})
        with pytest.raises(MetadataValidationError, match="new: expected a known field"):
            zarr_c.open_group(mapping, mode="r")
    extra = {"new": {"must_understand": False, "any": [1]}}
    put(mapping, "zarr.json", group | extra)
    zarr_c.open_group(mapping).attrs["a"] = 1
    zarr_c.consolidate_metadata(mapping)
    stored = json.loads(mapping["zarr.json"])
    assert stored["new"] == extra["new"]
    assert stored["attributes"] == {"a": 1}


# format.md D5 D7
def test_unknown_keys_of_documents_of_v2_are_ignored_and_kept():
    mapping = {}
    root = zarr_c.create_group(mapping, zarr_format=2)
    root.create_array("x", data=np.arange(3), filters=None, compressors=None)
    for key, name in ((".zgroup", "_nczarr_group"), ("x/.zarray", "_NCZARR_ARRAY")):
        put(mapping, key, json.loads(mapping[key]) | {name: {"dims": [1]}})
    put(mapping, ".zattrs", {"_nczarr_superblock": {"version": "2.0.0"}})
    root = zarr_c.open_group(mapping)
    np.testing.assert_array_equal(root["x"][:], np.arange(3))
    root.attrs["a"] = 1
    root["x"].resize(5)
    assert json.loads(mapping[".zgroup"])["_nczarr_group"] == {"dims": [1]}
    assert json.loads(mapping["x/.zarray"])["_NCZARR_ARRAY"] == {"dims": [1]}
    assert root.attrs.asdict() == {"_nczarr_superblock": {"version": "2.0.0"}, "a": 1}


# format.md D8
def test_formats_of_others_are_not_found():
    n5 = {"attributes.json": b'{"n5": "2.0.0"}', "x/attributes.json": b'{"dimensions": [3]}'}
    v1 = {"meta": b'{"zarr_format": 1, "shape": [3]}', "attrs": b"{}", "0": b"123"}
    for mapping in (n5, v1):
        with pytest.raises(GroupNotFoundError, match="no array and no group"):
            zarr_c.open(mapping, mode="r")
        with pytest.raises(ArrayNotFoundError):
            zarr_c.open_array(mapping, "x", mode="r")


# format.md 5.28
def test_nulls_are_read_as_absent_and_never_written(zarr_format):
    mapping = {}
    root = zarr_c.create_group(mapping, zarr_format=zarr_format)
    root.create_array("x", data=np.arange(3))
    nulls = {"attributes": None, "consolidated_metadata": None}
    if zarr_format == 3:
        put(mapping, "zarr.json", json.loads(mapping["zarr.json"]) | nulls)
        nulls = {"attributes": None, "dimension_names": None}
        put(mapping, "x/zarr.json", json.loads(mapping["x/zarr.json"]) | nulls)
    else:
        mapping[".zattrs"] = mapping["x/.zattrs"] = b"{}"
    root = zarr_c.open_group(mapping)
    root.attrs["a"] = 1
    root["x"].attrs["a"] = 1
    for key in ("zarr.json", "x/zarr.json"):
        if zarr_format == 3:
            assert not [
                name for name, found in json.loads(mapping[key]).items() if found is None
            ]
    assert zarr_c.open_group(mapping)["x"].attrs == {"a": 1}


# format.md 5.29
def test_attributes_that_are_no_json():
    mapping = {}
    zarr_c.create_array(mapping, "x", shape=1)
    text = mapping["x/zarr.json"].replace(b'"attributes": {}', b'"attributes": {"n": NaN}')
    mapping["x/zarr.json"] = text
    array = zarr_c.open_array(mapping, "x")
    assert np.isnan(array.attrs["n"])
    with pytest.raises(MetadataValidationError, match="n: expected a finite number"):
        array.attrs["m"] = 1
    with pytest.raises(MetadataValidationError, match=r"\['n'\]: expected a finite"):
        zarr_c.consolidate_metadata(mapping)
    assert mapping["x/zarr.json"] == text
    array.attrs.put({"m": 1})
    # readers of Zarr v2 take the literals
    old = zarr_c.create_array({}, shape=1, zarr_format=2)
    old.attrs["n"] = -np.inf
    assert old.refresh().attrs == {"n": -np.inf}
