"""What every store promises, as a class of tests to inherit from; it needs pytest.

A test file for a store of yours is::

    class TestMyStore(StoreContract):
        def make_store(self, tmp_path, **options):
            return MyStore(tmp_path, **options)
"""

from __future__ import annotations

import asyncio
import os
import pickle
import threading
import warnings
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

import zarr_c
from zarr_c.errors import ReadOnlyError, UnsafeKeyError
from zarr_c.testing.objects import Do, ObjectContract, fill

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


__all__ = ["StoreContract"]

UNSAFE_KEYS = ("../a", "a/../../b", "a/./b", "/..", "", "a\0b", "a/", "C:/x", "\\a", "a\\..\\b")


class StoreContract(ObjectContract):
    """Tests that a store passes, whatever it is made of.

    Attributes
    ----------
    largest : int, default 100 MiB
        Bytes of the largest object that is tried.
    survives : bool, default True
        Whether an equal store (a pickled one, one made again) finds the same objects.
    forks : bool, default True
        Whether a child process may use a store that its parent has used.
    refused : tuple of str, default ()
        Text that no key may contain.
    """

    # ---- directories

    def test_listing(self, store: Any, do: Do) -> None:
        """A prefix is a directory: ``6/f`` does not hold ``6/fa``."""
        fill(store, "6/f/0", "6/f/1", "6/fa", "6/f.json", "7/x", "top")
        for prefix in ("6/f", "6/f/"):
            assert sorted(do(store, "list_prefix", prefix)) == ["6/f/0", "6/f/1"]
        everything = ["6/f.json", "6/f/0", "6/f/1", "6/fa", "7/x", "top"]
        assert sorted(do(store, "list")) == everything
        assert sorted(do(store, "list_prefix", "")) == everything
        assert sorted(do(store, "list_dir", "6")) == ["f", "f.json", "fa"]
        assert sorted(do(store, "list_dir")) == ["6", "7", "top"]
        assert sorted(do(store, "list_dir", "/")) == ["6", "7", "top"]
        assert do(store, "list_dir", "nothing") == do(store, "list_prefix", "top/x") == []
        assert do(store, "list_dir", "top") == do(store, "list_prefix", "top") == []
        assert isinstance(do(store, "list"), list)

    def test_emptiness_and_sizes(self, store: Any, do: Do) -> None:
        assert do(store, "is_empty") is True
        store["a/x"] = b"0123456789"
        store["a/b/y"] = b"01"
        assert do(store, "getsize", "a/x") == 10
        assert do(store, "getsize_prefix", "a") == 12
        assert do(store, "getsize_prefix", "b") == 0
        assert do(store, "is_empty", "a") is False
        assert do(store, "is_empty", "a/c") is True

    def test_delete_dir_and_clear(self, store: Any, do: Do) -> None:
        fill(store, "6/f/0", "6/f/g/1", "6/fa", "7/x", "top")
        do(store, "delete_dir", "6/f")
        assert sorted(store) == ["6/fa", "7/x", "top"]
        do(store, "delete_dir", "nothing")
        assert sorted(store) == ["6/fa", "7/x", "top"]
        do(store, "clear")
        assert store.is_empty()
        assert list(store) == []
        fill(store, "again")
        assert list(store) == ["again"]

    def test_rename(self, store: Any, do: Do) -> None:
        fill(store, "a/0", "a/b/1", "ab", "z")
        do(store, "rename", "a", "new/place")
        do(store, "rename", "z", "y")
        assert sorted(store) == ["ab", "new/place/0", "new/place/b/1", "y"]
        assert store["new/place/b/1"] == b"a/b/1"
        assert store["y"] == b"z"
        with pytest.raises(KeyError, match="nothing"):
            do(store, "rename", "nothing", "x")
        for target in ("y", "new", "new/place/0"):
            with pytest.raises(FileExistsError, match="target"):
                do(store, "rename", "ab", target)
        with pytest.raises(ValueError, match="target"):
            do(store, "rename", "new", "new/place/deeper")
        assert sorted(store) == ["ab", "new/place/0", "new/place/b/1", "y"]

    # ---- keys

    @pytest.mark.parametrize("normalize", [True, False])
    def test_keys_stay_in_the_store(self, tmp_path: Path, normalize: bool) -> None:
        with self.make_store(tmp_path, normalize_keys=normalize) as store:
            for key in UNSAFE_KEYS:
                for use in (store.__getitem__, store.get, store.delete, store.getsize):
                    with pytest.raises(UnsafeKeyError, match="key"):
                        use(key)
                with pytest.raises(UnsafeKeyError, match="key"):
                    store[key] = b""
                with pytest.raises(UnsafeKeyError, match="key"):
                    store.set_many({"fine": b"", key: b""})
                with pytest.raises(UnsafeKeyError, match="key"):
                    store.get_many(["fine", key])
            for prefix in ("..", "a/../.."):
                for use in (
                    store.list_prefix,
                    store.list_dir,
                    store.delete_dir,
                    store.is_empty,
                ):
                    with pytest.raises(UnsafeKeyError):
                        use(prefix)
            with pytest.raises(TypeError, match="key"):
                store[5]
            assert list(store) == []

    def test_keys_are_normalized(self, tmp_path: Path) -> None:
        with self.make_store(tmp_path, normalize_keys=True) as store:
            store["//a//b"] = b"1"
            assert list(store) == ["a/b"]
            assert store["a/b"] == store["/a/b"] == b"1"
            assert store.list_dir("/a/") == ["b"]

    def test_keys_are_taken_as_they_are(self, tmp_path: Path) -> None:
        with self.make_store(tmp_path, normalize_keys=False) as store:
            with pytest.raises(UnsafeKeyError, match="absolute"):
                store["/a"] = b"1"
            store["a/b"] = b"1"
            assert list(store) == ["a/b"]

    @pytest.mark.parametrize(
        "key",
        [
            "ünïcödé/数据",
            "a b/c d",
            "a+b%20c",
            "q?x=1&y#z",
            "c/0.0.1",
            ".zattrs",
            "🎈",
            "a..b/..c",
            "é/é",
        ],
    )
    def test_unusual_keys(self, store: Any, do: Do, key: str) -> None:
        if any(text in key for text in self.refused):
            with pytest.raises(UnsafeKeyError, match="key"):
                do(store, "set", key, b"1")
            assert list(store) == []
            return
        do(store, "set", key, b"1")
        assert do(store, "get", key) == b"1"
        assert do(store, "exists", key)
        assert do(store, "get_many", [key]) == {key: b"1"}
        assert do(store, "list") == [key]
        assert do(store, "list_dir") == [key.partition("/")[0]]
        do(store, "delete", key)
        assert list(store) == []

    @pytest.mark.parametrize(
        "key", [".zc-tmp-0", "a/.zc-tmp-0", ".zc-tmp-0/a", "a/.zc-tmp-0/b/c", "a.zc-tmp-/b"]
    )
    def test_no_object_is_hidden(self, store: Any, do: Do, key: str) -> None:
        """Names of temporary files are refused where listings leave them out."""
        fill(store, "x")
        ways: list[tuple[Any, ...]] = [
            ("set", key, b"x"),
            ("set_many", {key: b"x"}),
            ("set_if_not_exists", key, b"x"),
            ("rename", "x", key),
        ]
        for way in ways:
            try:
                do(store, *way)
            except UnsafeKeyError:
                assert list(store) == ["x"]
            else:
                assert key in list(store)
                do(store, "delete", key)
                fill(store, "x")

    # ---- the store itself

    def test_read_only(self, tmp_path: Path, store: Any, do: Do) -> None:
        fill(store, "a")
        reader = store.with_read_only(True)
        assert reader.read_only
        assert not store.read_only
        assert reader["a"] == b"a"
        for verb, *args in (
            ("set", "b", b""),
            ("set_many", {"b": b""}),
            ("set_if_not_exists", "b", b""),
            ("delete", "a"),
            ("delete_dir", "a"),
            ("rename", "a", "b"),
            ("clear",),
        ):
            with pytest.raises(ReadOnlyError, match="read-only"):
                do(reader, verb, *args)
        for change in (lambda: reader.__setitem__("b", b""), lambda: reader.__delitem__("a")):
            with pytest.raises(ReadOnlyError, match="read-only"):
                change()
        assert list(store) == ["a"]
        assert not reader.with_read_only(False).read_only

    def test_made_read_only(self, tmp_path: Path) -> None:
        with self.make_store(tmp_path) as store:
            fill(store, "a")
        with self.make_store(tmp_path, read_only=True) as reader:
            assert reader.read_only
            with pytest.raises(ReadOnlyError, match="read-only"):
                reader["b"] = b""

    def test_pickle(self, store: Any) -> None:
        fill(store, "a/b")
        copy = pickle.loads(pickle.dumps(store))
        assert type(copy) is type(store)
        assert copy == store
        assert copy.read_only is store.read_only
        assert copy["a/b"] == b"a/b"
        assert pickle.loads(pickle.dumps(store.with_read_only(True))).read_only

    def test_equality(self, tmp_path: Path, store: Any) -> None:
        assert store == store.with_read_only(False)
        assert store != store.with_read_only(True)
        assert store != "store"
        assert hash(store) == hash(store.with_read_only(False))
        if self.survives:
            assert self.make_store(tmp_path) == store

    def test_an_equal_store_finds_the_objects(self, tmp_path: Path) -> None:
        with self.make_store(tmp_path) as store:
            fill(store, "a/b")
            if not self.survives:
                assert store.with_read_only(True)["a/b"] == b"a/b"
                return
        with self.make_store(tmp_path) as again:
            assert again["a/b"] == b"a/b"

    def test_closing(self, tmp_path: Path) -> None:
        store = self.make_store(tmp_path)
        with store as entered:
            assert entered is store
            fill(store, "a")
        store.close()
        store.close()

    def test_its_name(self, store: Any) -> None:
        assert type(store).__name__ in repr(store)
        assert str(store)

    # ---- threads, processes, arrays

    def test_threads(self, store: Any) -> None:
        """Every thread finds what it wrote, and listings are whole, while others work."""
        errors: list[BaseException] = []

        def work(thread: int) -> None:
            try:
                for i in range(12):
                    key, value = f"t{thread}/{i % 5}", bytes([thread]) * (100 + i)
                    store[key] = value
                    assert store[key] == value
                    assert store.get_range(key, 50, 10) == value[50:60]
                    assert len(store.list_dir(f"t{thread}")) == min(i + 1, 5)
            except BaseException as error:
                errors.append(error)

        threads = [threading.Thread(target=work, args=(i,)) for i in range(6)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert errors == []
        assert len(store) == 30

    def test_readers_see_whole_values(self, store: Any) -> None:
        """While one thread replaces an object, another sees the old value or the new."""
        values = [bytes([i]) * (20_000 + i) for i in range(8)]
        store["a"] = values[0]
        stop = threading.Event()

        def write() -> None:
            for value in values * 3:
                store["a"] = value
            stop.set()

        writer = threading.Thread(target=write)
        writer.start()
        while not stop.is_set():
            assert store["a"] in values
        writer.join()

    def test_coroutines_at_once(self, store: Any) -> None:
        async def work() -> list[bytes]:
            await asyncio.gather(*(store.set_async(f"a/{i}", bytes([i])) for i in range(40)))
            return await asyncio.gather(*(store.get_async(f"a/{i}") for i in range(40)))

        assert asyncio.run(work()) == [bytes([i]) for i in range(40)]
        assert len(store) == 40

    def test_fork(self, store: Any) -> None:
        if not self.forks:
            return
        fill(store, "before")

        def child() -> None:
            assert store["before"] == b"before"
            assert store.list() == ["before"]
            array = zarr_c.create_array(store, name="child", data=np.arange(100), chunks=10)
            assert array[...].tolist() == list(range(100))

        assert in_child(child) == ""
        assert store["before"] == b"before"
        store["after"] = b"after"
        assert store["after"] == b"after"

    def test_arrays(self, store: Any) -> None:
        """An array's chunks go through the store, in many threads at once."""
        data = np.random.default_rng(0).normal(size=(60, 70))
        group = zarr_c.open_group(store, mode="a")
        array = group.create_array("x", data=data, chunks=(7, 9), attributes={"unit": "m"})
        assert np.array_equal(array[...], data)
        array[5:30, 3:40] = 0.5
        data[5:30, 3:40] = 0.5
        again = zarr_c.open_array(store.with_read_only(True), path="x", mode="r")
        assert np.array_equal(again[::-3, 2:50:7], data[::-3, 2:50:7])
        assert again[5, 3] == 0.5
        assert again.attrs["unit"] == "m"
        with pytest.raises(ReadOnlyError):
            again[0, 0] = 1
        array.resize((10, 10))
        assert array.nchunks_initialized == 4
        assert dict(group.arrays()).keys() == {"x"}
        del group["x"]
        assert store.is_empty("x")


def in_child(function: Callable[[], None]) -> str:
    """Run a function in a forked child; what it raised, or "" when it came through."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # this process may have threads
        read, write = os.pipe()
        child = os.fork()
    if child == 0:
        try:
            function()
        except BaseException as error:
            os.write(write, f"{type(error).__name__}: {error}".encode())
        finally:
            os._exit(0)
    os.close(write)
    with os.fdopen(read, "rb") as pipe:
        said = pipe.read().decode()
    os.waitpid(child, 0)
    return said
