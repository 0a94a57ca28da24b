"""Changes of members of consolidated groups: who sees them, and what is stored."""

import json
import pickle
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from hierarchies import PATHS, consolidated, fill, walk

import zarr_c
from zarr_c.storage import LocalStore, MappingStore, MemoryStore, WrapperStore


@pytest.fixture(params=[2, 3])
def zarr_format(request):
    return request.param


@pytest.fixture
def mapping(zarr_format):
    return consolidated(zarr_format)


# format.md G5
def test_changes_are_seen_by_every_handle_in_the_process(mapping, zarr_format):
    store = MappingStore(mapping)
    readers = [zarr_c.open_group(store), zarr_c.open_group(WrapperStore(store))]
    inner = readers[0]["b"]
    zarr_c.open_array(store, path="s", mode="r+").resize(7)
    zarr_c.open_array(store, path="a/x", mode="r+").attrs["new"] = 1
    zarr_c.open_group(store, path="b/c").attrs["of"] = "c"
    zarr_c.create_array(store, "b/d/z", shape=2, zarr_format=zarr_format)
    for reader in readers:
        assert reader["s"].shape == (7,)
        assert reader["a"]["x"].attrs == {"new": 1}
        assert reader["b/c"].attrs == {"of": "c"}
        assert reader["b/d/z"].shape == (2,)
        assert sorted(reader["b"]) == ["c", "d"]
    assert sorted(inner) == ["c", "d"]
    zarr_c.create_array(store, "b/d", shape=1, overwrite=True, zarr_format=zarr_format)
    assert [path for path, _ in inner.members(None)] == ["c", "d", "c/y"]
    assert inner["d"].shape == (1,)
    zarr_c.create_group(store, overwrite=True)
    assert walk(readers[0]) == walk(readers[1]) == walk(inner) == []


# format.md G5
def test_changes_through_a_consolidated_handle(mapping, zarr_format):
    group = zarr_c.open_consolidated(mapping)
    group.create_array("new", shape=(2,), dtype="i1")
    group["s"].attrs["z"] = 1
    group["b"].create_group("d/e")
    group["a/x"].resize((9, 9))
    group["a/x"].append(np.ones((1, 9)))
    assert group["new"].shape == (2,)
    assert group["s"].attrs == {"k": 2, "z": 1}
    assert group["a/x"].shape == (10, 9)
    assert walk(group) == sorted([*PATHS, "b/d", "b/d/e", "new"])
    del group["b/c"]
    assert walk(group) == ["a", "a/x", "b", "b/d", "b/d/e", "new", "s"]
    # deleting has stored what the handle knows; all is in the store itself too
    assert walk(zarr_c.open_consolidated(mapping)) == walk(group)
    assert walk(zarr_c.open_group(mapping, use_consolidated=False)) == walk(group)
    group.attrs["q"] = 5
    assert dict(zarr_c.open_consolidated(mapping).attrs) == {"r": 1, "q": 5}
    if zarr_format == 2:  # for readers that take the attributes from there
        assert json.loads(mapping[".zmetadata"])["metadata"][".zattrs"] == {"r": 1, "q": 5}


# format.md G5
def test_what_is_replaced_is_not_read_with_what_was_there(mapping, zarr_format):
    group = zarr_c.open_group(mapping)
    group["s"] = np.arange(5, dtype="f4")
    group.zeros(name="a/x", shape=2, dtype="u1", overwrite=True)
    group.create_group("b", overwrite=True)
    for found in (
        group,
        zarr_c.open_consolidated(mapping),
        zarr_c.open_group(mapping, use_consolidated=False),
    ):
        assert walk(found) == ["a", "a/x", "b", "s"]
        assert found["s"][:].tolist() == [0, 1, 2, 3, 4]
        assert found["a/x"].dtype == "u1"
    with pytest.raises(ValueError, match="shape"):  # and nothing is lost if it fails
        group.create_array("s", shape=-1, overwrite=True)
    assert group["s"].shape == zarr_c.open_consolidated(mapping)["s"].shape == (5,)


# format.md G5
def test_moving_within_a_consolidated_group(mapping):
    group, other = zarr_c.open_group(mapping), zarr_c.open_group(mapping)
    group.move("b", "a/moved")
    expected = ["a", "a/moved", "a/moved/c", "a/moved/c/y", "a/x", "s"]
    assert walk(group) == walk(other) == expected
    assert walk(zarr_c.open_consolidated(mapping)) == expected
    assert walk(zarr_c.open_group(mapping, use_consolidated=False)) == expected


def test_what_is_consolidated_survives_pickling(tmp_path, zarr_format):
    fill(zarr_c.create_group(tmp_path, zarr_format=zarr_format))
    zarr_c.consolidate_metadata(tmp_path)
    store = LocalStore(tmp_path)
    group = zarr_c.open_group(store)
    group.create_array("new", shape=1)
    for key in store.list_prefix("b"):
        store.delete(key)  # which no handle is told of
    again = pickle.loads(pickle.dumps(group))
    assert again == group
    assert walk(again) == sorted([*PATHS, "new"])
    assert walk(pickle.loads(pickle.dumps(group["b"]))) == ["c", "c/y"]


def test_threads_may_change_a_consolidated_group(zarr_format):
    group = zarr_c.create_group(MemoryStore(), zarr_format=zarr_format)
    group = zarr_c.consolidate_metadata(group.store)

    def work(number):
        for step in range(20):
            group.create_array(f"{number}/{step}", shape=step)
            walk(group)
            if step % 3 == 0:
                del group[f"{number}/{step}"]

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(work, range(4)))
    assert walk(group) == walk(zarr_c.open_group(group.store, use_consolidated=False))
    assert group.nmembers(None) == 4 + 4 * 13
