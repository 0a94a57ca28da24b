"""Stores of zarr-python, and stores that were written like those, hold arrays of zarr_c."""

import asyncio
import os
import pickle

import numpy as np
import pytest
import zarr

import zarr_c
from zarr_c.abc.store import OffsetByteRequest, RangeByteRequest, Store, SuffixByteRequest
from zarr_c.errors import ReadOnlyError, StoreError
from zarr_c.storage import CoroutineStore
from zarr_c.storage.resolve import as_store
from zarr_c.testing import StoreContract


class Mine(Store):
    """A store of a program, as it is written for zarr-python."""

    supports_writes = supports_deletes = supports_listing = True

    def __init__(self, objects=None, *, read_only=False):
        super().__init__(read_only=read_only)
        self.objects = {} if objects is None else objects

    async def get(self, key, prototype, byte_range=None):
        await asyncio.sleep(0)
        value = self.objects.get(key)
        if value is None:
            return None
        match byte_range:
            case RangeByteRequest():
                value = value[byte_range.start : byte_range.end]
            case OffsetByteRequest():
                value = value[byte_range.offset :]
            case SuffixByteRequest():
                value = value[-byte_range.suffix :]
        return prototype.buffer.from_bytes(value)

    async def set(self, key, value):
        await asyncio.sleep(0)
        self.objects[key] = value.to_bytes()

    async def delete(self, key):
        self.objects.pop(key, None)

    async def exists(self, key):
        return key in self.objects

    async def list(self):
        for key in [*self.objects]:
            yield key

    async def list_prefix(self, prefix):
        for key in [*self.objects]:
            if key.startswith(prefix):
                yield key

    async def list_dir(self, prefix):
        head = f"{prefix}/" if prefix else ""
        for name in {k[len(head) :].split("/")[0] for k in self.objects if k.startswith(head)}:
            yield name

    async def getsize(self, key):
        return len(self.objects[key])


class TestContract(StoreContract):
    """The tests that every store passes."""

    def make_store(self, tmp_path, **options):
        return CoroutineStore(zarr.storage.LocalStore(tmp_path / "x"), **options)


def stores(tmp_path):
    return {
        "mine": Mine(),
        "memory": zarr.storage.MemoryStore(),
        "local": zarr.storage.LocalStore(tmp_path / "x"),
        "wrapped": zarr.storage.LoggingStore(zarr.storage.MemoryStore()),
    }


@pytest.mark.parametrize("name", ["mine", "memory", "local", "wrapped"])
@pytest.mark.parametrize(("zarr_format", "shards"), [(3, None), (3, (8, 6)), (2, None)])
def test_arrays_and_groups_lie_in_stores_of_zarr_python(tmp_path, name, zarr_format, shards):
    store = stores(tmp_path)[name]
    data = np.arange(20 * 9).reshape(20, 9)
    group = zarr_c.create_group(store, zarr_format=zarr_format)
    array = group.create_array("a/b", shape=data.shape, chunks=(4, 3), shards=shards, dtype=int)
    array[:] = data
    array[3:5, 2] = -1
    data[3:5, 2] = -1
    array.attrs["k"] = 1
    found = zarr_c.open_group(store, mode="r")
    np.testing.assert_array_equal(found["a/b"][2:13:3, 1:], data[2:13:3, 1:])
    assert sorted(name for name, _ in found.members(max_depth=None)) == ["a", "a/b"]
    if name != "mine":
        its = zarr.open_group(store, mode="r")["a/b"]
        np.testing.assert_array_equal(its[:], data)
        assert dict(its.attrs) == {"k": 1}
    del group["a"]
    assert [*group] == []


def test_what_zarr_python_wrote_is_read_from_its_own_store():
    store = zarr.storage.MemoryStore()
    its = zarr.create_array(store, shape=(7,), chunks=(3,), dtype="f4")
    its[:] = np.arange(7)
    np.testing.assert_array_equal(zarr_c.open_array(store)[:], its[:])


def test_such_a_store_says_what_the_one_within_says():
    store = zarr.storage.MemoryStore(read_only=True)
    wrapped = as_store(store)
    assert (wrapped.read_only, wrapped.inner_store) == (True, store)
    assert str(wrapped) == str(store)
    with pytest.raises(ReadOnlyError):
        zarr_c.create_array(store, shape=1, dtype="i4")
    with pytest.raises(ReadOnlyError):
        wrapped["a"] = b"1"
    wrapped.close()


def test_it_is_pickled_with_the_one_within(tmp_path):
    array = zarr_c.create_array(zarr.storage.LocalStore(tmp_path), data=np.arange(3))
    np.testing.assert_array_equal(pickle.loads(pickle.dumps(array))[:], [0, 1, 2])


def test_errors_name_the_key():
    class Broken(Mine):
        async def get(self, key, prototype, byte_range=None):
            raise ConnectionError("no line")

    with pytest.raises(ConnectionError, match="no line") as caught:
        CoroutineStore(Broken())["a/b"]
    assert any("'a/b'" in note for note in caught.value.__notes__)


def test_it_works_where_a_loop_is_running():
    async def main():
        array = zarr_c.create_array(Mine(), data=np.arange(4))
        return array[:]

    np.testing.assert_array_equal(asyncio.run(main()), np.arange(4))


def test_a_store_that_waits_for_itself_is_told():
    class Circular(Mine):
        async def get(self, key, prototype, byte_range=None):
            return CoroutineStore(Mine())["a"]

    with pytest.raises(StoreError, match="cannot wait"):
        CoroutineStore(Circular())["a"]


def test_it_works_after_a_fork():
    store = CoroutineStore(Mine({"a": b"1"}))
    assert store["a"] == b"1"
    child = os.fork()
    if child == 0:
        os._exit(0 if store["a"] == b"1" else 1)
    assert os.waitpid(child, 0)[1] == 0
