"""What CacheStore keeps, for how long, and what it never gives."""

import os
import threading
import time

import numpy as np
import pytest
from children import run, start

import zarr_c
from zarr_c.errors import ZarrRuntimeWarning
from zarr_c.storage import CacheStore, LocalStore, MemoryStore, WrapperStore
from zarr_c.storage.cache_entries import HEADER
from zarr_c.testing import LatencyStore


class Counting(WrapperStore):
    """Notes what it is asked for."""

    def __init__(self, store):
        super().__init__(store)
        self.asked = []

    def get(self, key, default=None, *, byte_range=None):
        self.asked.append(key)
        return super().get(key, default, byte_range=byte_range)


@pytest.fixture(params=["directory", "memory"])
def cache_store(request, tmp_path):
    return tmp_path / "cache" if request.param == "directory" else MemoryStore()


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


def test_threads_that_miss_at_once_make_one_request(cache_store):
    class Slow(Counting):
        def get(self, key, default=None, *, byte_range=None):
            time.sleep(0.1)
            return super().get(key, default, byte_range=byte_range)

    inner = Slow(MemoryStore({"a": b"1"}))
    store = CacheStore(inner, cache_store=cache_store)
    found = []
    threads = [threading.Thread(target=lambda: found.append(store["a"])) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == [b"1"] * 8
    assert inner.asked == ["a"]


def test_a_reader_that_was_overtaken_by_a_writer_keeps_nothing(cache_store):
    reading, written = threading.Event(), threading.Event()

    class Slow(WrapperStore):
        def get(self, key, default=None, *, byte_range=None):
            value = super().get(key, default, byte_range=byte_range)
            reading.set()
            written.wait(10)
            return value

    store = CacheStore(Slow(MemoryStore({"a": b"old"})), cache_store=cache_store)
    found = []
    reader = threading.Thread(target=lambda: found.append(store["a"]))
    reader.start()
    reading.wait(10)
    store["a"] = b"new"
    written.set()
    reader.join()
    assert found == [b"old"]  # it began before
    assert store["a"] == b"new"


def test_writers_and_readers_through_caches_that_share_only_the_store(cache_store):
    """As two processes do: what is written last is what both find afterwards."""
    inner, reading, written = MemoryStore({"a": b"old"}), threading.Event(), threading.Event()
    if not isinstance(cache_store, MemoryStore):
        cache_store = LocalStore(cache_store)

    class Slow(WrapperStore):
        def get(self, key, default=None, *, byte_range=None):
            value = super().get(key, default, byte_range=byte_range)
            reading.set()
            written.wait(10)
            return value

    slow = CacheStore(Slow(inner), cache_store=cache_store)
    quick = CacheStore(Slow(inner), cache_store=cache_store)
    reader = threading.Thread(target=slow.get, args=("a",))
    reader.start()
    reading.wait(10)
    quick["a"] = b"new"
    written.set()
    reader.join()
    assert quick["a"] == slow["a"] == b"new"


@pytest.mark.parametrize("order", ["01", "10"])
def test_writers_that_overlap_leave_no_wrong_object(cache_store, order):
    """Whichever ends last, the cache does not hold what the other one wrote."""
    inner, begun, go = MemoryStore(), threading.Barrier(3), [threading.Event() for _ in "01"]

    class Slow(WrapperStore):
        def set(self, key, value):
            begun.wait(10)
            go[int(value)].wait(10)
            super().set(key, value)

    if not isinstance(cache_store, MemoryStore):
        cache_store = LocalStore(cache_store)
    stores = [CacheStore(Slow(inner), cache_store=cache_store) for _ in "01"]
    threads = [threading.Thread(target=stores[i].set, args=("a", b"%d" % i)) for i in (0, 1)]
    for thread in threads:
        thread.start()
    begun.wait(10)
    for i in map(int, order):
        go[i].set()
        threads[i].join()
    assert inner["a"] == stores[0]["a"] == stores[1]["a"] == order[1].encode()


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


def test_an_error_is_for_the_thread_that_met_it(cache_store):
    """Those who waited ask for themselves."""
    asking, waiting = threading.Event(), threading.Event()

    class Failing(Counting):
        def get(self, key, default=None, *, byte_range=None):
            first = not self.asked
            value = super().get(key, default, byte_range=byte_range)
            if first:
                asking.set()
                waiting.wait(10)
                raise KeyboardInterrupt
            return value

    store = CacheStore(Failing(MemoryStore({"a": b"1"})), cache_store=cache_store)
    found = []

    def ask():
        try:
            found.append(store["a"])
        except KeyboardInterrupt:
            found.append("interrupted")

    threads = [threading.Thread(target=ask) for _ in range(4)]
    threads[0].start()
    asking.wait(10)
    for thread in threads[1:]:
        thread.start()
    time.sleep(0.1)
    waiting.set()
    for thread in threads:
        thread.join(10)
    assert sorted(map(str, found)) == ["b'1'"] * 3 + ["interrupted"]


READER = """
import sys
import numpy as np
import zarr_c
from zarr_c.storage import CacheStore, LocalStore
inner, cache, size = LocalStore(sys.argv[1]), sys.argv[2], int(sys.argv[3])
data = np.arange(90_000).reshape(300, 300)
print("begun", flush=True)
for i in range(int(sys.argv[4])):
    store = CacheStore(inner, cache_store=cache, max_size=size)
    assert np.array_equal(zarr_c.open_array(store, mode="r")[...], data)
print("done")
"""


def test_processes_share_a_directory(tmp_path):
    """Four read through one small cache while one is killed: all is right, within bounds."""
    data = np.arange(90_000).reshape(300, 300)
    zarr_c.create_array(tmp_path / "data", data=data, chunks=(30, 30), compressors=None)
    size = 200_000
    arguments = (tmp_path / "data", tmp_path / "cache", size)
    children = [start(READER, *arguments, 6) for _ in range(4)]
    victim = start(READER, *arguments, 1000)
    victim.stdout.readline()
    time.sleep(0.3)
    victim.kill()
    victim.communicate()
    for child in children:
        assert child.communicate(timeout=60)[0] == "begun\ndone\n"
    cache = LocalStore(tmp_path / "cache")
    kept = sum(cache.getsize(key) for key in cache)
    assert 0 < kept <= size + 5 * (size // 16 + 7200 + HEADER.size)
    assert run(READER, *arguments, 1) == "begun\ndone\n"


WRITER = """
import random, sys, time
from zarr_c.storage import CacheStore, LocalStore
from zarr_c.testing import LatencyStore
number, begin, choose = int(sys.argv[3]), float(sys.argv[4]), random.Random(sys.argv[3])
slow = LatencyStore(LocalStore(sys.argv[1]))
store = CacheStore(slow, cache_store=sys.argv[2], cache_set_data=number % 2 == 0)
for i in range(100):
    time.sleep(max(0, begin + i * 0.01 - time.time()))  # all at one object at once
    slow.get_latency, slow.set_latency = choose.random() * 0.005, choose.random() * 0.005
    if choose.random() < 0.5:
        store.get(f"{i}")
    else:
        store[f"{i}"] = b"new %d" % number
"""


def test_processes_that_read_and_write_through_one_directory_agree_in_the_end(tmp_path):
    """What the cache holds when all have ended is what the store holds, never something old."""
    inner = LocalStore(tmp_path / "s")
    inner.set_many({f"{i}": b"old" for i in range(100)})
    begin = time.time() + 1
    children = [start(WRITER, tmp_path / "s", tmp_path / "c", i, begin) for i in range(4)]
    for child in children:
        assert (child.communicate(timeout=60)[0], child.returncode) == ("", 0)
    store = CacheStore(LatencyStore(inner), cache_store=tmp_path / "c")
    wrong = [i for i in range(100) if store[f"{i}"] != inner[f"{i}"]]
    assert wrong == []
    assert store.cache_stats()["hits"] > 10


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


def test_a_child_does_not_wait_for_its_parents_requests():
    """A thread of the parent is reading an object when it forks; the child reads it itself."""
    code = """
    import os, threading, warnings
    from zarr_c.storage import CacheStore, MemoryStore, WrapperStore
    warnings.simplefilter("ignore")
    parent, reading, go_on = os.getpid(), threading.Event(), threading.Event()

    class Slow(WrapperStore):
        def get(self, key, default=None, *, byte_range=None):
            if os.getpid() == parent:
                reading.set()
                go_on.wait()
            return super().get(key, default, byte_range=byte_range)

    store = CacheStore(Slow(MemoryStore({"a": b"1"})), cache_store=MemoryStore())
    thread = threading.Thread(target=lambda: store["a"])
    thread.start()
    reading.wait()
    child = os.fork()
    if child == 0:
        os._exit(0 if store["a"] == b"1" else 1)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    go_on.set()
    thread.join()
    print("done")
    """
    assert run(code, timeout=30) == "done\n"
