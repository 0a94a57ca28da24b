"""Bytes and arrays in buffers, which programs for zarr-python handle."""

import asyncio
import sys
from inspect import isabstract

import numpy as np
import pytest
from zarr.core.buffer import cpu as their_cpu

import zarr_c
from zarr_c.abc import store as abc_store
from zarr_c.abc.buffer import ArrayLike, NDArrayLike
from zarr_c.buffer import cpu, default_buffer_prototype, gpu
from zarr_c.registry import (
    get_buffer_class,
    get_ndbuffer_class,
    register_buffer,
    register_ndbuffer,
)
from zarr_c.storage import LocalStore, MemoryStore, StorePath
from zarr_c.testing import assert_bytes_equal


@pytest.mark.parametrize("kind", [cpu.Buffer, their_cpu.Buffer])
def test_bytes_in_a_buffer(kind):
    buffer = kind.from_bytes(b"abcdef")
    assert (len(buffer), buffer.to_bytes(), bytes(buffer.as_buffer_like())) == (
        6,
        b"abcdef",
        b"abcdef",
    )
    assert buffer[1:3].to_bytes() == b"bc"
    assert (buffer + kind.from_bytes(b"x")).to_bytes() == b"abcdefx"
    assert (
        buffer.combine([kind.from_bytes(b"1"), kind.from_bytes(b"2")]).to_bytes()[-2:] == b"12"
    )
    assert len(kind.create_zero_length()) == 0
    assert kind.from_buffer(buffer) == buffer != kind.from_bytes(b"abcdeF")
    array = np.arange(3, dtype="B")
    around = kind.from_array_like(array)
    around[0:2] = np.array([7, 8], "B")
    assert array.tolist() == [7, 8, 2]
    assert around.as_array_like() is array
    for wrong in (np.zeros((2, 2), "B"), np.zeros(2, "i4")):
        with pytest.raises(ValueError):
            kind.from_array_like(wrong)
    with pytest.raises(TypeError):
        buffer[0]
    with pytest.raises(ValueError):
        buffer[::2]


@pytest.mark.parametrize("kind", [cpu.NDBuffer, their_cpu.NDBuffer])
def test_arrays_in_a_buffer(kind):
    made = kind.create(shape=(2, 3), dtype="i4", order="F", fill_value=5)
    assert made.as_numpy_array().tolist() == [[5] * 3] * 2
    assert made.as_numpy_array().flags.f_contiguous
    assert not kind.create(shape=[2], dtype=float).as_numpy_array().any()
    assert kind.empty((4,), "f4").shape == (4,)
    around = kind.from_numpy_array(np.arange(6).reshape(2, 3))
    assert (around.shape, around.dtype, len(around)) == ((2, 3), np.dtype("int64"), 2)
    assert around[1].as_numpy_array().tolist() == [3, 4, 5]
    around[0] = kind.from_numpy_array(np.array([9, 9, 9]))
    assert around.as_numpy_array()[0].tolist() == [9, 9, 9]
    assert around.reshape(-1).shape == (6,)
    assert around.transpose((1, 0)).shape == (3, 2)
    assert around.reshape((1, 6)).squeeze((0,)).shape == (6,)
    assert around.astype("f4").dtype == np.float32
    copy = around.copy()
    copy.fill(0)
    assert around.as_numpy_array().any()
    assert kind.from_numpy_array(np.array([3])).as_scalar() == 3
    with pytest.raises(ValueError):
        around.as_scalar()
    order = kind.from_numpy_array(np.zeros(1, ">i4")).byteorder
    assert getattr(order, "value", order) == "big"
    order = kind.from_numpy_array(np.zeros(1, "i1")).byteorder
    assert getattr(order, "value", order) == sys.byteorder


@pytest.mark.parametrize(
    ("values", "other", "equal_nan"),
    [
        ([1, 1], 1, True),
        ([1, 2], 1, True),
        ([0.0, -0.0], 0.0, True),
        ([-0.0, -0.0], -0.0, True),
        ([np.nan, np.nan], np.nan, True),
        ([np.nan, np.nan], np.nan, False),
        (["a", "a"], "a", True),
        ([1, 1], None, True),
        ([True, False], True, True),
        (["NaT", "NaT"], np.datetime64("NaT", "s"), True),
    ],
)
def test_equality_with_a_value_is_that_of_zarr_python(values, other, equal_nan):
    array = np.array(values, "M8[s]") if values[0] == "NaT" else np.array(values)
    mine, its = cpu.NDBuffer(array), their_cpu.NDBuffer(array)
    assert mine.all_equal(other, equal_nan) == its.all_equal(other, equal_nan)


def test_what_buffers_lie_in():
    assert isinstance(np.zeros(3), ArrayLike)
    assert isinstance(np.zeros(3), NDArrayLike)
    assert not isinstance([1], NDArrayLike)
    assert isabstract(zarr_c.abc.buffer.Buffer)
    assert_bytes_equal(cpu.Buffer.from_bytes(b"a"), b"a")
    assert_bytes_equal(None, None)
    with pytest.raises(AssertionError):
        assert_bytes_equal(cpu.Buffer.from_bytes(b"a"), None)


def test_the_settings_choose_the_buffers():
    assert default_buffer_prototype() == cpu.buffer_prototype == cpu.numpy_buffer_prototype()

    class Mine(cpu.Buffer):
        pass

    class MineToo(cpu.NDBuffer):
        pass

    register_buffer(Mine, "test.Mine")
    register_ndbuffer(MineToo, "test.MineToo")
    with zarr_c.config.set({"buffer": "test.Mine", "ndbuffer": "test.MineToo"}):
        assert get_buffer_class() is Mine
        assert get_ndbuffer_class() is MineToo
        assert type(MemoryStore({"a": b"1"}).get_sync("a")) is Mine
    with zarr_c.config.enable_gpu():
        assert default_buffer_prototype() == gpu.buffer_prototype
    with zarr_c.config.set({"buffer": "zarr.buffer.cpu.Buffer"}):
        assert get_buffer_class(reload_config=False) is cpu.Buffer
    with zarr_c.config.set({"buffer": "nope"}), pytest.raises(KeyError, match="nope"):
        get_buffer_class()


def test_numpy_functions_work_on_buffers():
    buffer = cpu.as_numpy_array_wrapper(
        lambda data: data[::-1].tobytes(), cpu.Buffer.from_bytes(b"abc"), cpu.buffer_prototype
    )
    assert buffer.to_bytes() == b"cba"


@pytest.mark.parametrize("make", [lambda path: MemoryStore(), LocalStore])
def test_stores_exchange_buffers(make, tmp_path):
    store = make(tmp_path)
    assert isinstance(store, abc_store.Store)
    assert isinstance(store, abc_store.SupportsSyncStore)
    value = cpu.Buffer.from_bytes(b"value")
    store.set_sync("a/b", value)
    assert store["a/b"] == b"value"
    assert store.get_sync("a/b") == value
    part = store.get_sync("a/b", byte_range=abc_store.SuffixByteRequest(2))
    assert part.to_bytes() == b"ue"
    assert store.get_sync("nope") is None
    place = StorePath(store, "a/c")
    asyncio.run(abc_store.set_or_delete(place, cpu.Buffer.from_bytes(b"[1]")))
    assert place.get_json() == [1]
    assert place.get_json(byte_range=abc_store.RangeByteRequest(1, 2)) == 1
    assert isinstance(place, abc_store.SyncByteSetter)
    assert not place.set_if_not_exists(b"2")
    assert place.get_sync().to_bytes() == b"[1]"
    asyncio.run(abc_store.set_or_delete(place, None))
    assert place.get_json() is None
    place.set_sync(value)
    place.delete_sync()
    assert "a/c" not in store

    async def at_once():
        await store.set_async("k", value)
        found = await store.get_async("k", prototype=default_buffer_prototype())
        return found, await store.get_async("k"), await store.get_async("x", 1)

    assert asyncio.run(at_once()) == (value, b"value", 1)
    store.delete_sync("k")
    store.delete_sync("k")
    assert "k" not in store


# ---- on a GPU


def test_buffers_on_a_gpu(cupy):
    buffer = gpu.Buffer.from_bytes(b"abcdef")
    assert isinstance(buffer.as_array_like(), cupy.ndarray)
    assert (len(buffer), buffer.to_bytes(), buffer[1:3].to_bytes()) == (6, b"abcdef", b"bc")
    assert (buffer + cpu.Buffer.from_bytes(b"x")).to_bytes() == b"abcdefx"
    assert gpu.Buffer.from_buffer(cpu.Buffer.from_bytes(b"ab")).to_bytes() == b"ab"
    assert cpu.Buffer.from_buffer(buffer).to_bytes() == b"abcdef"
    assert len(gpu.Buffer.create_zero_length()) == 0
    made = gpu.NDBuffer.create(shape=(2, 3), dtype="i4", fill_value=5)
    assert made.as_numpy_array().tolist() == [[5] * 3] * 2
    assert made[1].shape == (3,)
    around = gpu.NDBuffer.from_numpy_array(np.arange(4))
    assert isinstance(around.as_ndarray_like(), cupy.ndarray)
    assert around.as_numpy_array().tolist() == [0, 1, 2, 3]
    assert gpu.NDBuffer.empty((2,), "f4").dtype == np.float32


def test_objects_stay_on_the_gpu(cupy):
    store = zarr_c.storage.GpuMemoryStore()
    value = gpu.Buffer.from_bytes(b"chunk")
    store.set_sync("c/0", value)
    found = store.get_sync("c/0", prototype=gpu.buffer_prototype)
    assert isinstance(found.as_array_like(), cupy.ndarray)
    assert found.to_bytes() == b"chunk"
    assert store.get_sync("c/0", prototype=cpu.buffer_prototype).to_bytes() == b"chunk"


def test_buffers_on_a_gpu_need_cupy(monkeypatch):
    monkeypatch.setitem(sys.modules, "cupy", None)
    with pytest.raises(ImportError, match=r"zarr_c\[gpu\]"):
        gpu.Buffer.from_bytes(b"a")
