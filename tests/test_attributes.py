"""Attributes: reading from memory, writing through."""

import numpy as np
import pytest

import zarr_c
from zarr_c.errors import GroupNotFoundError, MetadataValidationError, ReadOnlyError
from zarr_c.storage import MemoryStore


@pytest.fixture(
    params=[(kind, zarr_format) for kind in ("array", "group") for zarr_format in (2, 3)]
)
def reopen(request):
    """Open the same node, again and again."""
    kind, zarr_format = request.param
    store = MemoryStore()
    if kind == "array":
        zarr_c.create_array(store, shape=3, zarr_format=zarr_format)
    else:
        zarr_c.create_group(store, zarr_format=zarr_format)
    return lambda mode="r+": zarr_c.open(store, mode=mode)


def test_a_mapping_that_is_stored(reopen):
    attrs = reopen().attrs
    attrs["a"] = {"b": [1, 2.5, None, "é"]}
    attrs.update({"c": 1}, d=True)
    assert reopen().attrs == attrs == {"a": {"b": [1, 2.5, None, "é"]}, "c": 1, "d": True}
    del attrs["a"]
    assert attrs.pop("c") == 1
    assert attrs.setdefault("e", 5) == 5
    assert reopen().attrs.asdict() == {"d": True, "e": 5}
    attrs.put({"only": 1})
    assert dict(reopen().attrs) == {"only": 1}
    assert len(attrs) == 1
    assert "only" in attrs
    assert "'only': 1" in repr(attrs)
    attrs.clear()
    assert dict(reopen().attrs) == {}
    with pytest.raises(KeyError, match="nothing"):
        attrs["nothing"]
    with pytest.raises(KeyError, match="nothing"):
        del attrs["nothing"]


def test_two_handles_keep_each_others_changes(reopen):
    one, two = reopen(), reopen()
    one.attrs["x"] = 1
    two.attrs["y"] = 2
    assert dict(reopen().attrs) == dict(two.attrs) == {"x": 1, "y": 2}


@pytest.mark.parametrize("value", [object(), {1, 2}, 1j, {"deep": [object()]}])
def test_what_is_no_json_changes_nothing(reopen, value):
    attrs = reopen().attrs
    attrs["a"] = 1
    for change in (
        lambda: attrs.__setitem__("b", value),
        lambda: attrs.put({"b": value}),
        lambda: attrs.update(b=value),
    ):
        with pytest.raises(MetadataValidationError, match="b"):
            change()
        assert dict(attrs) == dict(reopen().attrs) == {"a": 1}
    attrs["c"] = 2
    assert dict(reopen().attrs) == {"a": 1, "c": 2}


def test_numpy_values_become_json(reopen):
    attrs = reopen().attrs
    attrs.update(n=np.int32(3), f=np.float32(0.5), v=np.arange(2), t=(1, 2))
    assert dict(attrs) == dict(reopen().attrs) == {"n": 3, "f": 0.5, "v": [0, 1], "t": [1, 2]}
    assert type(attrs["n"]) is int


def test_names_are_strings(reopen):
    attrs = reopen().attrs
    with pytest.raises(TypeError, match="strings as names, found 1"):
        attrs[1] = 2
    assert dict(attrs) == {}


def test_update_attributes_returns_the_node(reopen):
    node = reopen()
    assert node.update_attributes({"x": 1}) is node
    assert reopen().attrs["x"] == 1


def test_read_only(reopen):
    reopen().attrs["a"] = 1
    attrs = reopen("r").attrs
    with pytest.raises(ReadOnlyError):
        attrs["a"] = 2
    assert attrs["a"] == 1


def test_a_node_that_is_gone():
    store = MemoryStore()
    group = zarr_c.create_group(store)
    store.clear()
    with pytest.raises(GroupNotFoundError):
        group.attrs["a"] = 1
    assert store.is_empty()
