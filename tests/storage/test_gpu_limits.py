"""The store in the memory of a GPU: what it has room for, and other processes."""

import gc
import pickle
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import fake_cupy
import numpy as np
import pytest
from gpu_cases import InterfaceOnly, some

import zarr_c
from zarr_c.storage import MemoryStore
from zarr_c.storage.device import DeviceMemory
from zarr_c.storage.gpu import GpuMemoryStore
from zarr_c.testing.store import in_child

# ---- room


def test_a_limit_of_bytes(cupy):
    store = GpuMemoryStore(max_device_bytes=10)
    store["a"] = bytes(6)
    store["zarr.json"] = bytes(100)
    for value in (bytes(5), cupy.empty(5, "u1")):
        expected = r"'b'.*max_device_bytes.*expected 10, found 11"
        for attempt in (store.set, store.set_if_not_exists):
            with pytest.raises(MemoryError, match=expected):
                attempt("b", value)
    assert (dict(store), store.device_nbytes) == ({"a": bytes(6), "zarr.json": bytes(100)}, 6)
    store["a"] = bytes(10)  # in the place of the 6
    store.rename("a", "c")
    del store["c"]
    store["b"] = bytes(10)
    assert store.device_nbytes == 10
    store.clear()
    assert store.nbytes == 0
    with pytest.raises(MemoryError, match="max_device_bytes"):
        GpuMemoryStore({"a": b"12"}, max_device_bytes=1)


def test_nothing_is_copied_past_the_limit(machine):
    store = GpuMemoryStore(max_device_bytes=10)
    with pytest.raises(MemoryError):
        store["a"] = bytes(11)
    assert machine.copies == {}


def test_threads_stay_within_the_limit(cupy):
    store = GpuMemoryStore(max_device_bytes=1000)

    def attempt(i):
        try:
            store[f"c/{i % 40}"] = bytes(50 + i % 7)
        except MemoryError:
            return False
        return True

    with ThreadPoolExecutor(8) as pool:
        stored = list(pool.map(attempt, range(200)))
    assert any(stored)
    assert not all(stored)
    assert store.device_nbytes == sum(map(store.getsize, store)) <= 1000


def at_once(monkeypatch, *calls):
    """Run calls in threads, so that all have begun to copy before one is done."""
    barrier, upload = Barrier(len(calls)), DeviceMemory.upload

    def met(self, key, value):
        barrier.wait(10)
        return upload(self, key, value)

    monkeypatch.setattr(DeviceMemory, "upload", met)
    with ThreadPoolExecutor(len(calls)) as pool:
        futures = [pool.submit(call) for call in calls]
        return [future.exception() or future.result() for future in futures]


def test_two_that_fit_alone_do_not_pass_the_limit_together(cupy, monkeypatch):
    store = GpuMemoryStore(max_device_bytes=10)
    said = at_once(
        monkeypatch, lambda: store.set("a", bytes(6)), lambda: store.set("b", bytes(6))
    )
    assert [type(item) for item in said].count(MemoryError) == 1
    assert store.device_nbytes == 6


def test_one_of_two_sets_what_did_not_exist(cupy, monkeypatch):
    store = GpuMemoryStore()
    said = at_once(
        monkeypatch,
        lambda: store.set_if_not_exists("a", b"0"),
        lambda: store.set_if_not_exists("a", b"1"),
    )
    assert sorted(said) == [False, True]
    assert store["a"] == b"%d" % said.index(True)


def test_an_array_that_passes_the_limit_says_so(cupy):
    store = GpuMemoryStore(max_device_bytes=5000)
    array = zarr_c.create_array(store, shape=1000, chunks=100, dtype="f8", compressors=None)
    with pytest.raises(MemoryError, match=r"'c/.*max_device_bytes"):
        array[...] = 1
    assert store.device_nbytes <= 5000


@pytest.fixture
def small_pool(cupy):
    """The pool with room for 1 MiB more."""
    pool = cupy.get_default_memory_pool()
    pool.free_all_blocks()
    pool.set_limit(size=pool.total_bytes() + (1 << 20))
    yield pool
    pool.set_limit(size=0)


def test_a_full_device(cupy, small_pool):
    store = GpuMemoryStore({"a": bytes(1000)})
    for value in (bytes(2 << 20), bytes(3 << 20)):
        with pytest.raises(MemoryError, match=r"'a': no room for .* bytes on") as caught:
            store["a"] = value
        assert isinstance(caught.value.__cause__, cupy.cuda.memory.OutOfMemoryError)
    assert (dict(store), store.device_nbytes) == ({"a": bytes(1000)}, 1000)


def test_cached_memory_makes_room(cupy, small_pool):
    cached = cupy.empty(900_000, "u1")
    del cached
    store = GpuMemoryStore({"a": bytes(800_000)})
    assert store["a"] == bytes(800_000)


def test_replaced_objects_make_room_when_they_have_been_read(cupy, small_pool):
    store, data = GpuMemoryStore(), some((300_000,), "u1")
    array = zarr_c.create_array(store, data=data, chunks=300_000, compressors=None)
    with cupy.cuda.Stream(non_blocking=True):
        out = cupy.empty(300_000, "u1")
        array.get_basic_selection(out=out)
    del store["c/0"]
    store["a"] = bytes(700_000)
    assert store["a"] == bytes(700_000)
    assert cupy.asnumpy(out).tobytes() == data.tobytes()


def test_cached_memory_is_given_up_once(machine, cupy, small_pool):
    before = machine.frees
    with pytest.raises(MemoryError):
        GpuMemoryStore({"a": bytes(2 << 20)})
    assert machine.frees == before + 1


# ---- processes


def test_it_refuses_to_be_pickled(cupy):
    store = GpuMemoryStore()
    array = zarr_c.create_array(store, name="x", data=np.arange(10), chunks=3)
    for value in (store, array, zarr_c.storage.StorePath(store, "x")):
        with pytest.raises(TypeError, match=r"cannot be pickled; send store.to_host\(\)"):
            pickle.dumps(value)
    copy = pickle.loads(pickle.dumps(store.to_host()))
    assert type(copy) is MemoryStore
    assert dict(copy) == dict(store)
    assert zarr_c.open_array(copy, path="x")[...].tolist() == list(range(10))
    assert dict(GpuMemoryStore.from_store(copy)) == dict(copy)


def refuses_everything(store, array, value):
    for use in (
        lambda: store.set("a", value),
        lambda: store["a"],
        lambda: store["d/zarr.json"],
        lambda: store.__setitem__("a", b"2"),
        lambda: store.__setitem__("d/zarr.json", b"2"),
        lambda: store.set_if_not_exists("b", b"2"),
        lambda: store.delete("a"),
        lambda: store.rename("a", "b"),
        lambda: "a" in store,
        lambda: store.getsize("a"),
        store.list,
        store.list_dir,
        store.clear,
        store.to_host,
        lambda: store.get_buffer("a"),
        lambda: array[...],
        lambda: array.__setitem__(..., 1),
    ):
        with pytest.raises(RuntimeError, match=r"forked child.*'spawn'.*to_host"):
            use()


def test_a_forked_child_is_told(cupy):
    """And CUDA is not called there, not even when the store is freed."""
    held = [GpuMemoryStore({"a": b"1", "d/zarr.json": b"{}"})]
    held.append(zarr_c.create_array(held[0], name="x", data=np.arange(10), chunks=3))
    held.append(InterfaceOnly(cupy.asarray(np.uint8([1, 2]))))

    def child():
        refuses_everything(*held)
        held.clear()
        gc.collect()
        if cupy is fake_cupy:
            assert fake_cupy.machine().child_calls == 0

    assert in_child(child) == ""
    store, array, _ = held
    assert store["a"] == b"1"
    assert array[...].tolist() == list(range(10))
