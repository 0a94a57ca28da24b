"""What is promised of objects: the mapping, ranges and batches."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable, Iterator, MutableMapping
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from zarr_c.storage.ranges import OffsetByteRequest, RangeByteRequest, SuffixByteRequest

if TYPE_CHECKING:
    from pathlib import Path

    from zarr_c.storage.base import Store

__all__ = ["Do", "ObjectContract", "fill"]

Do = Callable[..., Any]


class ObjectContract:
    """The half of `StoreContract` that is about single objects and several at once."""

    largest = 100 << 20
    survives = True
    forks = hasattr(os, "fork")
    refused: tuple[str, ...] = ()

    def make_store(self, tmp_path: Path, **options: Any) -> Any:
        """An empty store; `options` are ``normalize_keys`` and ``read_only``.

        Called again with the same path in one test, it gives a store over the same objects
        where the store has any that last (`survives`).
        """
        raise NotImplementedError

    @pytest.fixture
    def store(self, tmp_path: Path) -> Iterator[Store]:
        """An empty store, closed after the test."""
        with self.make_store(tmp_path) as store:
            yield store

    @pytest.fixture(params=["sync", "async"])
    def do(self, request: pytest.FixtureRequest) -> Do:
        """Call a verb by name, as it is or as a coroutine."""
        if request.param == "sync":
            return lambda store, verb, *args, **kwargs: getattr(store, verb)(*args, **kwargs)

        def awaited(store: Any, verb: str, *args: Any, **kwargs: Any) -> Any:
            async def call() -> Any:
                return await getattr(store, f"{verb}_async")(*args, **kwargs)

            return asyncio.run(call())

        return awaited

    # ---- the mapping

    def test_is_a_mutable_mapping(self, store: Any) -> None:
        assert issubclass(type(store), MutableMapping)
        assert len(store) == 0
        assert list(store) == []
        fill(store, "a", "b/c")
        assert store["b/c"] == b"b/c"
        assert "a" in store
        assert "b" not in store
        assert 1 not in store
        assert len(store) == 2
        assert sorted(store) == sorted(store.keys()) == ["a", "b/c"]
        assert dict(store.items()) == {"a": b"a", "b/c": b"b/c"}
        assert store.pop("a") == b"a"
        assert store.setdefault("a", b"2") == b"2"
        store.update({"d": b"4"})
        del store["d"]
        assert sorted(store.list()) == ["a", "b/c"]

    def test_set_and_get(self, store: Any, do: Do) -> None:
        do(store, "set", "a/b", b"12")
        assert do(store, "get", "a/b") == b"12"
        assert do(store, "get", "nothing") is None
        assert do(store, "get", "nothing", b"1") == b"1"
        do(store, "set", "a/b", b"3")
        assert store["a/b"] == b"3"

    def test_absent_keys(self, store: Any, do: Do) -> None:
        with pytest.raises(KeyError, match="nothing"):
            store["nothing"]
        with pytest.raises(KeyError, match="nothing"):
            del store["nothing"]
        with pytest.raises(FileNotFoundError, match="nothing"):
            do(store, "getsize", "nothing")
        with pytest.raises(KeyError, match="nothing"):
            do(store, "get_range", "nothing", 0, 1)
        with pytest.raises(KeyError, match="nothing"):
            do(store, "get_ranges", "nothing", [(0, 1), (5, 1)])
        assert do(store, "get", "nothing", byte_range=(0, 1)) is None
        do(store, "delete", "nothing")

    def test_delete(self, store: Any, do: Do) -> None:
        fill(store, "a/b", "a/c")
        do(store, "delete", "a/b")
        assert list(store) == ["a/c"]
        assert store.get("a/b") is None

    def test_exists(self, store: Any, do: Do) -> None:
        fill(store, "a/b")
        assert do(store, "exists", "a/b") is True
        assert do(store, "exists", "a") is False
        assert do(store, "exists", "a/b/c") is False

    def test_a_directory_is_no_object(self, store: Any) -> None:
        fill(store, "a/b/c")
        assert store.get("a/b") is None
        assert "a/b" not in store
        with pytest.raises(KeyError):
            store["a"]
        with pytest.raises(KeyError):
            del store["a"]
        assert store["a/b/c"] == b"a/b/c"

    def test_values_are_bytes(self, store: Any) -> None:
        store["a"] = bytearray(b"12")
        store["b"] = memoryview(b"1234")[::2]
        store["c"] = np.arange(2, dtype="u1")
        assert (store["a"], store["b"], store["c"]) == (b"12", b"13", b"\0\1")
        assert all(type(value) is bytes for value in store.values())
        for value in ("text", 1, None, [1]):
            with pytest.raises(TypeError, match="'d': expected a bytes-like object"):
                store["d"] = value
        assert "d" not in store

    def test_a_value_is_what_it_was_when_stored(self, store: Any) -> None:
        value = bytearray(b"12")
        store["a"] = value
        value[0] = 0
        assert store["a"] == b"12"

    def test_empty_values(self, store: Any, do: Do) -> None:
        do(store, "set", "a/empty", b"")
        assert do(store, "get", "a/empty") == b""
        assert do(store, "exists", "a/empty")
        assert do(store, "getsize", "a/empty") == 0
        assert do(store, "get_range", "a/empty", 0, 5) == b""
        assert do(store, "get_range", "a/empty", -5) == b""
        assert store.list_dir("a") == ["empty"]

    @pytest.mark.parametrize("size", [1, 4096, (1 << 20) + 1, 100 << 20])
    def test_values_of_many_sizes(self, store: Any, size: int) -> None:
        size = min(size, self.largest)
        value = np.random.default_rng(size).integers(0, 256, size, "u1").tobytes()
        store["a/value"] = value
        assert store.getsize("a/value") == size
        assert store["a/value"] == value
        assert store.get_range("a/value", size // 2, 10) == value[size // 2 :][:10]
        store["a/value"] = value[: size // 2]
        assert store["a/value"] == value[: size // 2]

    # ---- ranges

    def test_ranges(self, store: Any, do: Do) -> None:
        store["a/x"] = b"0123456789"
        for start, length, expected in (
            (2, 3, b"234"),
            (8, 5, b"89"),
            (50, 5, b""),
            (10, 1, b""),
            (3, 0, b""),
            (0, 10, b"0123456789"),
            (7, None, b"789"),
            (10, None, b""),
            (50, None, b""),
            (-3, None, b"789"),
            (-50, None, b"0123456789"),
        ):
            assert do(store, "get_range", "a/x", start, length) == expected, (start, length)
            assert do(store, "get", "a/x", byte_range=(start, length)) == expected
        assert do(store, "get", "a/x", byte_range=RangeByteRequest(2, 5)) == b"234"
        assert do(store, "get", "a/x", byte_range=OffsetByteRequest(8)) == b"89"
        assert do(store, "get", "a/x", byte_range=SuffixByteRequest(1)) == b"9"
        assert do(store, "get", "a/x", byte_range=SuffixByteRequest(0)) == b""

    def test_ranges_that_are_none(self, store: Any, do: Do) -> None:
        store["a"] = b"012"
        for start, length in ((-1, 5), (0, -1)):
            with pytest.raises(ValueError, match="range"):
                do(store, "get_range", "a", start, length)
        for request in (RangeByteRequest(3, 1), OffsetByteRequest(-1), SuffixByteRequest(-1)):
            with pytest.raises(ValueError, match="range"):
                do(store, "get", "a", byte_range=request)
        with pytest.raises(TypeError, match="range"):
            do(store, "get", "a", byte_range="0-1")

    @pytest.mark.parametrize("gap", [0, 3, 1 << 20])
    @pytest.mark.parametrize("most", [0, 6, 1 << 20])
    def test_several_ranges_at_once(self, store: Any, do: Do, gap: int, most: int) -> None:
        store["a/x"] = b"0123456789"
        wanted = [
            (7, 2),
            (0, 1),
            (-2, None),
            (2, 3),
            (0, 1),
            (3, 4),
            (4, None),
            (9, 5),
            (20, 1),
        ]
        more: Any = [RangeByteRequest(1, 3), SuffixByteRequest(3), OffsetByteRequest(6)]
        found = do(
            store,
            "get_ranges",
            "a/x",
            iter(wanted + more),
            max_gap_bytes=gap,
            max_coalesced_bytes=most,
        )
        expected = ["78", "0", "89", "234", "0", "3456", "456789", "9", "", "12", "789", "6789"]
        assert [value.decode() for value in found] == expected
        assert do(store, "get_ranges", "a/x", []) == []

    # ---- batches

    def test_many_at_once(self, store: Any, do: Do) -> None:
        objects = {f"d{i % 7}/{i}": bytes([i]) * i for i in range(60)}
        do(store, "set_many", objects)
        assert do(store, "get_many", [*objects, "nothing", "d0/none"]) == objects
        assert do(store, "get_many", iter(["d1/1", "d1/1"])) == {"d1/1": b"\1"}
        assert do(store, "get_many", []) == {}
        do(store, "set_many", {})
        assert sorted(store) == sorted(objects)
        with pytest.raises(TypeError, match="'e'"):
            do(store, "set_many", {"f": b"", "e": "text"})
        assert "f" not in store

    def test_set_if_not_exists(self, store: Any, do: Do) -> None:
        assert do(store, "set_if_not_exists", "a/b", b"1") is True
        assert do(store, "set_if_not_exists", "a/b", b"2") is False
        assert store["a/b"] == b"1"
        del store["a/b"]
        assert do(store, "set_if_not_exists", "a/b", b"3") is True
        assert store["a/b"] == b"3"

    def test_one_of_many_threads_sets_what_did_not_exist(self, store: Any) -> None:
        def attempt(i: int) -> bool:
            return store.set_if_not_exists(f"key/{i // 8}", str(i).encode())

        with ThreadPoolExecutor(8) as pool:
            stored = list(pool.map(attempt, range(80)))
        for key in range(10):
            winners = [i for i in range(8 * key, 8 * key + 8) if stored[i]]
            assert [store[f"key/{key}"]] == [str(i).encode() for i in winners]


def fill(store: Any, *keys: str) -> None:
    """Store objects that hold their keys."""
    for key in keys:
        store[key] = key.encode()
