"""CacheStore with many threads and processes at once."""

import threading
import time

import numpy as np
import pytest
from cache_cases import Counting, Overtaken
from children import run, start

import zarr_c
from zarr_c.storage import CacheStore, LocalStore, MemoryStore, WrapperStore
from zarr_c.storage.cache_entries import HEADER
from zarr_c.testing import LatencyStore


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
    inner = Overtaken(MemoryStore({"a": b"old"}))
    store = CacheStore(inner, cache_store=cache_store)
    found = []
    reader = threading.Thread(target=lambda: found.append(store["a"]))
    reader.start()
    inner.reading.wait(10)
    store["a"] = b"new"
    inner.written.set()
    reader.join()
    assert found == [b"old"]  # it began before
    assert store["a"] == b"new"


def test_writers_and_readers_through_caches_that_share_only_the_store(cache_store):
    """As two processes do: what is written last is what both find afterwards."""
    inner, reading, written = MemoryStore({"a": b"old"}), threading.Event(), threading.Event()
    if not isinstance(cache_store, MemoryStore):
        cache_store = LocalStore(cache_store)
    slow, quick = (
        CacheStore(Overtaken(inner, reading, written), cache_store=cache_store) for _ in "12"
    )
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


def test_a_writer_that_pauses_at_its_end_keeps_nothing_old(tmp_path, monkeypatch):
    """Another one begins and ends meanwhile, as a process may whenever this one is not run."""
    inner = LocalStore(tmp_path / "s")
    first, second = (CacheStore(inner, cache_store=tmp_path / "c") for _ in range(2))
    renew, calls = first._cache.renew, []
    other = threading.Thread(target=second.set, args=("key", b"newest"))

    def pausing(key):
        calls.append(key)
        if len(calls) == 2:  # behind the look at the token
            other.start()
            other.join(0.5)
        return renew(key)

    monkeypatch.setattr(first._cache, "renew", pausing)
    first["key"] = b"older"
    other.join()
    assert len(calls) == 2
    assert first["key"] == second["key"] == inner["key"] == b"newest"
