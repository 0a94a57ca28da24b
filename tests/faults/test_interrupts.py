"""Ctrl-C ends a call that would take long within a second, and leaves nothing half-written."""

import pytest
from children import run

# Each of these takes at least ten seconds, most of them minutes.
WORKS = """
import faulthandler, os, signal, sys, time
import numpy as np
import zarr_c
from zarr_c.codecs import GzipCodec, ZstdCodec
from zarr_c.storage import LocalStore, MemoryStore

folder, threads = sys.argv[1], int(sys.argv[2])
zarr_c.config.set({"threads": threads})
signal.signal(signal.SIGALRM, signal.default_int_handler)
CHUNK = 1 << 14
AFTER, MOST = 0.3, 2.0  # seconds; more than the one that is promised, on a busy machine
noise = np.random.default_rng(1).integers(0, 50, 1 << 23, dtype="u4")
stores = iter(LocalStore(f"{folder}/{i}") if i % 2 else MemoryStore() for i in range(99))
slow = {"shape": noise.shape, "dtype": "u4", "compressors": ZstdCodec(level=22)}


def interrupted(work, array=None):
    faulthandler.dump_traceback_later(30, exit=True)
    signal.setitimer(signal.ITIMER_REAL, AFTER)
    began = time.perf_counter()
    try:
        work()
    except KeyboardInterrupt:
        faulthandler.cancel_dump_traceback_later()
        took = time.perf_counter() - began - AFTER
        assert took < MOST, took
    else:
        raise AssertionError(f"ended after {time.perf_counter() - began} s")
    left = [n for _, _, names in os.walk(folder) for n in names if n.startswith(".zc-tmp-")]
    assert left == []
    if array is not None:
        old_or_new(array)


def old_or_new(array):
    found = array[...].reshape(-1, array.chunks[0])
    new = noise.reshape(found.shape)
    kept = (found == 0).all(axis=1) | (found == new).all(axis=1)
    assert kept.all(), "a chunk of both"
    array[8:12] = 7
    assert (array[8:12] == 7).all()
    array[8:12] = found[0, 8:12]


def writes():
    layouts = [
        {"chunks": CHUNK, "shards": noise.shape},
        {"chunks": CHUNK, "shards": 1 << 18},
        {"chunks": CHUNK},
    ]
    for layout in layouts:
        for _ in range(2):
            array = zarr_c.create_array(next(stores), **slow, **layout)
            interrupted(lambda: array.__setitem__(..., noise), array)
            interrupted(lambda: array.__setitem__(slice(CHUNK, None), noise[CHUNK:]), array)


def reads():
    size = 1 << 27
    store = MemoryStore()
    array = zarr_c.create_array(
        store, shape=200 * size, dtype="u1", chunks=1 << 20, shards=size,
        compressors=GzipCodec(level=1), fill_value=1,
    )
    array[:size] = 0
    for i in range(200):
        store[f"c/{i}"] = store["c/0"]
    last = slice((1 << 20) - 1, None, 1 << 20)  # what lies before it has to be decoded too
    interrupted(lambda: array[last])
    interrupted(lambda: zarr_c.verify(store))
    interrupted(lambda: zarr_c.rechunk(array, MemoryStore(), chunks=1 << 22, compressors=None))
    assert array[0] == 0


def many():
    for layout in ({"chunks": 1}, {"chunks": 1, "shards": 10}):
        array = zarr_c.create_array(
            MemoryStore(), shape=50_000_000, dtype="u1", compressors=None, **layout
        )
        interrupted(lambda: array[...])
        interrupted(lambda: array.__setitem__(..., 1))
        assert array[-1] == 0
        array[-1] = 3
        assert array[-1] == 3


{"writes": writes, "reads": reads, "many": many}[sys.argv[3]]()
print("done")
"""


@pytest.mark.parametrize("threads", [1, 2])
@pytest.mark.parametrize("works", ["writes", "reads", "many"])
def test_ctrl_c(tmp_path, works, threads):
    assert "done" in run(WORKS, tmp_path, threads, works, timeout=120)


WAITING = """
import os, signal, threading, time
from zarr_c.storage import MappingStore

signal.signal(signal.SIGINT, signal.default_int_handler)
begun, stored = threading.Event(), []


class Slow(MappingStore):
    def _concurrency(self):
        return 2

    def _set(self, key, value):
        if threading.current_thread() is threading.main_thread():
            begun.wait()
            return
        begun.set()
        time.sleep(0.3)  # the other waits by now
        os.kill(os.getpid(), signal.SIGINT)
        time.sleep(0.3)
        stored.append(key)


try:
    Slow({}).set_many({"a": b"1", "b": b"2"})
except KeyboardInterrupt:
    print("stored", len(stored))
"""


def test_nothing_goes_on_behind_who_was_interrupted():
    """What other threads have begun for a call has ended when it raises."""
    assert run(WAITING) == "stored 1\n"


BEHIND = """
import signal, sys, threading, time
import zarr_c
from zarr_c.storage import MappingStore

signal.signal(signal.SIGALRM, signal.default_int_handler)
begun = threading.Event()


class Slow(MappingStore):
    def _set(self, key, value):
        if threading.current_thread() is not threading.main_thread() and key == "c/0":
            begun.set()
            time.sleep(5)
        super()._set(key, value)


layout = {"chunks": 2, "shards": 4} if sys.argv[1] == "shard" else {"chunks": 4}
array = zarr_c.create_array(Slow({}), shape=4, dtype="i4", **layout)
other = threading.Thread(target=lambda: array.__setitem__(0, 1))
other.start()
begun.wait()
signal.setitimer(signal.ITIMER_REAL, 0.3)
began = time.perf_counter()
try:
    array[1] = 2
except KeyboardInterrupt:
    print(time.perf_counter() - began < 2.5)
other.join()
assert array[...].tolist() == [1, 0, 0, 0]
array[1] = 2
assert array[...].tolist() == [1, 2, 0, 0]
"""


@pytest.mark.parametrize("unit", ["chunk", "shard"])
def test_who_waits_for_another_thread_is_interrupted(unit):
    assert run(BEHIND, unit) == "True\n"
