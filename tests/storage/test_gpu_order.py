"""The store in the memory of a GPU: streams, and several devices."""

import asyncio
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from fake_cuda import Race
from gpu_cases import some

import zarr_c
from zarr_c.storage.gpu import GpuMemoryStore


@pytest.fixture
def other_device(cupy):
    """Number of a device that is not the current one."""
    count = cupy.cuda.runtime.getDeviceCount()
    if count < 2:
        pytest.skip("there is one device only")
    return 1 - cupy.cuda.Device().id


# ---- streams


def test_streams_wait_for_each_other(cupy):
    """Stored on one stream, read on others, with no event of the user's between them."""
    first, second = (cupy.cuda.Stream(non_blocking=True) for _ in range(2))
    values = some((1 << 16,), "u1")
    store = GpuMemoryStore()
    with first:
        array = cupy.asarray(values)
        store["a"] = array
    with second:
        store["b"] = store.get_buffer("a")
        copy = cupy.empty(values.shape, "u1")
        copy[...] = store.get_buffer("b")
        assert copy.get().tobytes() == values.tobytes()
    assert store["a"] == store["b"] == values.tobytes()
    with ThreadPoolExecutor(1) as pool:
        assert pool.submit(store.get, "a").result() == values.tobytes()


def test_coroutines_stay_on_the_callers_stream(cupy):
    store = GpuMemoryStore()
    with cupy.cuda.Stream(non_blocking=True):
        array = cupy.empty(1 << 16, "u1")
        array.fill(7)
        asyncio.run(store.set_async("a", array))
        asyncio.run(store.set_many_async({"b": array}))
        asyncio.run(store.set_if_not_exists_async("c", array))
    assert set(store.values()) == {bytes([7]) * (1 << 16)}


def test_the_stand_in_would_see_a_missing_wait(machine, cupy):
    store = GpuMemoryStore()
    with cupy.cuda.Stream(non_blocking=True):
        store["a"] = cupy.asarray(np.uint8([1, 2]))
    target = cupy.empty(2, "u1")
    with pytest.raises(Race, match="written"):
        target[...] = store._objects.get("a").array
    target[...] = store.get_buffer("a")
    machine.races.clear()


def test_a_host_copy_waits_for_its_object_only(machine, cupy):
    store = GpuMemoryStore()
    store["a"] = cupy.asarray(np.uint8([1, 2]))
    cupy.empty(2, "u1").fill(0)
    later = cupy.cuda.get_current_stream().record()
    assert store["a"] == b"\1\2"
    assert not later.done


def test_memory_of_a_replaced_object_is_taken_again(cupy):
    store = GpuMemoryStore()
    with cupy.cuda.Stream(non_blocking=True):
        for i in range(5):
            store["a"] = cupy.asarray(np.full(1000, i, "u1"))
            assert store["a"] == bytes([i]) * 1000
            del store["a"]


# ---- several devices


def test_a_store_on_another_device(cupy, other_device):
    here = cupy.cuda.Device().id
    store = GpuMemoryStore(device=other_device)
    values = some((8, 8), "f4")
    store["host"] = values
    store["device"] = cupy.asarray(values).transpose()
    buffer = store.get_buffer("device")
    assert buffer.device.id == store.device == other_device
    assert cupy.asnumpy(buffer).tobytes() == values.T.tobytes()
    assert store["host"] == values.tobytes()
    home = GpuMemoryStore.from_store(store, device=here)
    assert (home.device, dict(home)) == (here, dict(store))
    array = zarr_c.create_array(store, name="x", data=values, chunks=(3, 3))
    assert np.array_equal(array[...], values)
    assert cupy.cuda.Device().id == here


def test_a_source_on_another_device_may_go_at_once(cupy, other_device):
    store = GpuMemoryStore()
    values = some((4096,), "u1")
    with cupy.cuda.Device(other_device):
        source = cupy.asarray(values)
    store["a"] = source
    with cupy.cuda.Device(other_device):
        del source
        cupy.empty(4096, "u1").fill(0)
    assert store["a"] == values.tobytes()
