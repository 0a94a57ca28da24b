"""What groups have of h5py and zarr-python 2: names, visits, `with`."""

import asyncio
import contextlib

import numpy as np
import pytest

import zarr_c
from zarr_c.errors import ContainsArrayError


@pytest.fixture(params=[2, 3])
def group(request):
    """The hierarchy of zarr-python 2's own examples."""
    root = zarr_c.create_group(None, zarr_format=request.param)
    for path in ("foo", "bar/baz", "bar/quux"):
        root.create_group(path)
    root.create_array("bar/quux/z", shape=3)
    return root


PATHS = ["bar", "bar/baz", "bar/quux", "bar/quux/z", "foo"]  # as zarr-python 2 visits them


def test_visits(group):
    for visit in (group.visit, group.visitkeys):
        seen = []
        assert visit(seen.append) is None
        assert seen == PATHS
    nodes = []
    group.visitvalues(nodes.append)
    assert [node.path for node in nodes] == PATHS
    pairs = {}
    group["bar"].visititems(pairs.__setitem__)
    assert list(pairs) == ["baz", "quux", "quux/z"]
    assert pairs["quux/z"] == group["bar/quux/z"]


def test_a_visit_ends_with_what_is_returned(group):
    seen = []

    def find(path):
        seen.append(path)
        return 0 if path.endswith("baz") else None

    assert group.visit(find) == 0
    assert seen == PATHS[:2]


def test_create_dataset(group):
    version = group.metadata.zarr_format
    data = np.arange(6, dtype="i2")
    for name, made in (
        ("a", group.create_dataset("a", (2, 3), "i2", data, chunks=2)),
        ("b", group.create_dataset("b", data=[[0, 1, 2], [3, 4, 5]], dtype="i2")),
        ("c", group.array("c", data.reshape(2, 3))),
    ):
        assert made == group[name]
        assert made.metadata.zarr_format == version
        assert made.dtype == "i2"
        assert (made[:] == data.reshape(2, 3)).all()
    assert group["a"].chunks == (2, 2)
    assert group.create_dataset("d", shape=5).dtype == "f8"
    with pytest.raises(ContainsArrayError):
        group.create_dataset("d", shape=5)
    with pytest.raises(ValueError, match="reshape"):
        group.create_dataset("e", shape=5, data=data)
    assert "e" not in group


def test_require_dataset(group):
    made = group.require_dataset("a", (3,), "i4", data=[1, 2, 3])
    assert made[:].tolist() == [1, 2, 3]
    again = group.require_dataset("a", 3, "i8", data=[4, 5, 6])
    assert again[:].tolist() == [1, 2, 3]  # as in h5py, where there is one data are not written
    for arguments in ((4, "i4"), (3, "i8", True)):
        with pytest.raises(TypeError, match="expected"):
            group.require_dataset("a", *arguments)
    with pytest.raises(TypeError, match="found a group"):
        group.require_dataset("foo", 3)


def test_the_store_is_closed_at_the_end(tmp_path):
    with zarr_c.open_group(tmp_path / "a.zip") as group:
        group.create_array("x", data=[1, 2])
    with zarr_c.open_array(tmp_path / "a.zip", path="x", mode="r") as array:
        assert array[:].tolist() == [1, 2]
    # what was written is there after an error, too
    with contextlib.suppress(ZeroDivisionError), zarr_c.open_group(tmp_path / "b.zip") as group:
        group.create_array("x", data=[3])
        group.create_array("y", data=[1 // (len(group) - 1)])
    assert zarr_c.open_array(tmp_path / "b.zip", path="x", mode="r")[:].tolist() == [3]


def test_attributes_in_a_coroutine(group):
    async def update():
        return await group.update_attributes_async({"a": 1})

    assert asyncio.run(update()) is group
    assert zarr_c.open_group(group.store).attrs == {"a": 1}
