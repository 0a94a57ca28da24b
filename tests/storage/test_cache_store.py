"""What CacheStore keeps, for how long, and what it never gives."""

import os
import time

import numpy as np
import pytest
from cache_cases import Counting

import zarr_c
from zarr_c.errors import ZarrRuntimeWarning
from zarr_c.storage import CacheStore, LocalStore, MemoryStore, WrapperStore
from zarr_c.storage.cache_entries import HEADER


def test_a_second_read_asks_nobody(cache_store):
    inner = Counting(MemoryStore())
    data = np.arange(100).reshape(10, 10)
    zarr_c.create_array(inner, data=data, chunks=(3, 3))
    store = CacheStore(inner, cache_store=cache_store)
    for expected in (17, 0):  # 16 chunks and the document
        inner.asked.clear()
        assert np.array_equal(zarr_c.open_array(store, mode="r")[...], data)
        assert len(inner.asked) == expected
    stats = store.cache_stats()
    assert (stats["hits"], stats["misses"], stats["hit_rate"]) == (17, 17, 0.5)
    assert store.cache_info()["cached_keys"] == 17
    store.clear_cache()
    assert store.cache_info()["current_size"] == 0
    assert np.array_equal(zarr_c.open_array(store, mode="r")[...], data)


def test_ranges_come_out_of_cached_objects(cache_store):
    inner = Counting(MemoryStore({"a": b"0123456789"}))
    store = CacheStore(inner, cache_store=cache_store)
    assert store.get_range("a", 2, 3) == b"234"
    assert store["a"] == b"0123456789"
    inner.asked.clear()
    assert store.get_range("a", -3) == b"789"
    assert store.get_ranges("a", [(0, 1), (8, 5)]) == [b"0", b"89"]
    assert inner.asked == []


@pytest.mark.parametrize("keep", [True, False])
def test_writing_is_seen(cache_store, keep):
    inner = Counting(MemoryStore({"a": b"old", "d/e": b"1"}))
    store = CacheStore(inner, cache_store=cache_store, cache_set_data=keep)
    assert store["a"] == b"old"
    store["a"] = b"new"
    inner.asked.clear()
    assert store["a"] == inner.inner_store["a"] == b"new"
    assert len(inner.asked) == (0 if keep else 1)
    store.delete("a")
    assert store.get("a") is None
    assert store["d/e"] == b"1"
    store.rename("d", "f")
    assert (store.get("d/e"), store["f/e"]) == (None, b"1")
    store.delete_dir("f")
    assert store.get("f/e") is None
    assert store.set_if_not_exists("a", b"2")
    assert not store.set_if_not_exists("a", b"3")
    assert store["a"] == b"2"


def test_a_write_that_fails_leaves_no_wrong_object(cache_store):
    class Failing(WrapperStore):
        """Says that it failed when it did not."""

        def set(self, key, value):
            super().set(key, value)
            raise TimeoutError("no answer")

    store = CacheStore(Failing(MemoryStore({"a": b"old"})), cache_store=cache_store)
    assert store["a"] == b"old"
    with pytest.raises(TimeoutError):
        store["a"] = b"new"
    assert store["a"] == b"new"


def test_absent_objects_are_not_remembered(cache_store):
    inner = MemoryStore()
    store = CacheStore(inner, cache_store=cache_store)
    assert store.get("a") is None
    inner["a"] = b"1"
    assert store["a"] == b"1"


def test_old_objects_are_read_anew(cache_store):
    inner = MemoryStore({"a": b"1"})
    store = CacheStore(inner, cache_store=cache_store, max_age_seconds=0.05)
    assert store["a"] == b"1"
    inner["a"] = b"2"
    time.sleep(0.06)
    assert store["a"] == b"2"
    for_ever = CacheStore(inner, cache_store=cache_store)
    inner["a"] = b"3"
    assert for_ever["a"] == b"2"
    assert CacheStore(inner, cache_store=cache_store, max_age_seconds=0)["a"] == b"3"


def test_the_least_recently_used_go_first(cache_store):
    entry = HEADER.size + 1000
    inner = MemoryStore({f"{i}": bytes([i]) * 1000 for i in range(20)})
    store = CacheStore(inner, cache_store=cache_store, max_size=10 * entry)
    for i in range(10):
        assert store[f"{i}"] == inner[f"{i}"]
        time.sleep(0.012)  # file times go by ticks
    store["0"]  # is used again
    time.sleep(0.012)  # file times go by ticks
    for i in range(10, 19):
        assert store[f"{i}"] == inner[f"{i}"]
        time.sleep(0.012)  # file times go by ticks
        assert store.cache_info()["current_size"] <= 10 * entry
    assert "0" in store.cache_store
    assert "1" not in store.cache_store
    assert store.cache_stats()["evictions"] == 9


def test_what_killed_writers_left_is_removed(tmp_path):
    left = tmp_path / ".zc-tmp-0123-4"
    left.write_bytes(bytes(100))
    os.utime(left, (0, 0))
    store = CacheStore(MemoryStore({"a": b"1"}), cache_store=tmp_path, max_size=1000)
    assert store["a"] == b"1"
    assert not left.exists()


def test_objects_larger_than_the_cache_are_not_kept(cache_store):
    store = CacheStore(MemoryStore({"a": bytes(1000)}), cache_store=cache_store, max_size=500)
    assert store["a"] == bytes(1000)
    assert store.cache_info()["cached_keys"] == 0


@pytest.mark.parametrize("damage", [b"", b"half", b"x" * 500])
def test_a_damaged_entry_is_never_given(cache_store, damage):
    store = CacheStore(MemoryStore({"a": b"0123456789"}), cache_store=cache_store)
    assert store["a"] == b"0123456789"
    whole = store.cache_store["a"]
    for bad in (damage, whole[:-1], whole + b"1", whole[:-1] + b"8", b"XXXX" + whole[4:]):
        store.cache_store["a"] = bad
        assert store["a"] == b"0123456789"


def test_inner_stores_that_share_a_cache_do_not_mix(tmp_path):
    stores = [LocalStore(tmp_path / "1"), LocalStore(tmp_path / "2"), {}, MemoryStore()]
    for i, inner in enumerate(stores):
        inner["a"] = b"%d" % i
        store = CacheStore(inner, cache_store=tmp_path / "cache")
        assert store["a"] == b"%d" % i
        again = CacheStore(inner, cache_store=tmp_path / "cache")
        assert again["a"] == b"%d" % i
        assert again.cache_stats()["hits"] == 1


def test_what_the_cache_cannot_keep_is_read_all_the_same(tmp_path):
    """A file cannot lie where a directory is; those who wait for the request get it too."""
    inner = Counting(MemoryStore({"a": b"1", "a/b": b"2"}))
    store = CacheStore(inner, cache_store=tmp_path / "cache")
    assert store["a"] == b"1"
    with pytest.warns(ZarrRuntimeWarning, match="cannot be kept in this cache"):
        assert store["a/b"] == b"2"
    assert store["a/b"] == b"2"
    assert store.cache_stats()["errors"] == 2
    assert store["a"] == b"1"
    assert inner.asked == ["a", "a/b", "a/b"]


def test_wrong_arguments():
    store = MemoryStore()
    for options, error in (
        ({"cache_store": 5}, TypeError),
        ({"cache_store": store, "max_age_seconds": -1}, ValueError),
        ({"cache_store": store, "max_age_seconds": "long"}, ValueError),
        ({"cache_store": store, "max_size": -1}, ValueError),
        ({"cache_store": MemoryStore(read_only=True)}, ValueError),
    ):
        with pytest.raises(error, match="expected"):
            CacheStore(store, **options)


def test_nothing_hidden_is_left(tmp_path):
    store = CacheStore(MemoryStore({"a/b": b"1"}), cache_store=tmp_path)
    assert store["a/b"] == b"1"
    assert [name for _, _, names in os.walk(tmp_path) for name in names] == ["b"]
