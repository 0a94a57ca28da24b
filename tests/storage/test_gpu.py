"""The store in the memory of a GPU: where objects lie, and what is copied."""

import asyncio
import subprocess
import sys

import numpy as np
import pytest
from gpu_cases import DlpackOnly, InterfaceOnly, real_cupy, some

import zarr_c
from zarr_c.storage.gpu import GpuMemoryStore

DOCUMENTS = ("zarr.json", "a/zarr.json", ".zgroup", "a/.zarray", "a/.zattrs", ".zmetadata")


# ---- making one


def test_it_is_made_as_a_memory_store_is(cupy):
    store = GpuMemoryStore({"zarr.json": b"{}", "c/0": bytearray(b"123")})
    assert dict(store) == {"zarr.json": b"{}", "c/0": b"123"}
    assert (store.nbytes, store.device_nbytes) == (5, 3)
    assert store.device == cupy.cuda.Device().id
    assert dict(GpuMemoryStore.from_dict({"//a": cupy.asarray(np.uint8([1]))})) == {"a": b"\1"}
    assert not GpuMemoryStore(False)._normalize
    assert GpuMemoryStore({"a": b""}, read_only=True).read_only
    assert store != GpuMemoryStore(dict(store))
    assert store == store.with_read_only(False)
    assert str(store).startswith("gpumemory://")
    with pytest.raises(TypeError, match="'a': expected a bytes-like object"):
        GpuMemoryStore({"a": "text"})


def test_arguments_that_are_none(cupy):
    count = cupy.cuda.runtime.getDeviceCount()
    for wrong in (-1, count):
        expected = rf"device: expected 0 to {count - 1}, found {wrong}"
        with pytest.raises(ValueError, match=expected):
            GpuMemoryStore(device=wrong)
    with pytest.raises(TypeError, match="device: expected an integer"):
        GpuMemoryStore(device="cuda:0")
    for wrong in (-1, 1.5):
        with pytest.raises(ValueError, match="max_device_bytes"):
            GpuMemoryStore(max_device_bytes=wrong)


def test_a_handle_for_reading_shares_all(cupy):
    store = GpuMemoryStore(max_device_bytes=4)
    reader = store.with_read_only(True)
    store["a"] = b"1234"
    assert (reader["a"], reader.device_nbytes) == (b"1234", 4)
    del store["a"]
    assert (dict(reader), reader.nbytes) == ({}, 0)


# ---- without what it needs


def test_without_cupy(monkeypatch):
    monkeypatch.setitem(sys.modules, "cupy", None)
    with pytest.raises(ImportError, match=r"GpuMemoryStore.*pip install 'zarr_c\[gpu\]'"):
        GpuMemoryStore()


def test_without_a_device(machine):
    machine.devices = 0
    with pytest.raises(RuntimeError, match="no CUDA device: cudaErrorNoDevice") as caught:
        GpuMemoryStore()
    assert type(caught.value.__cause__).__name__ == "CUDARuntimeError"


def test_real_cupy_without_a_device():
    pytest.importorskip("cupy", reason="CuPy is not installed")
    if real_cupy() is not None:
        pytest.skip("there is a device")
    with pytest.raises(RuntimeError, match="no CUDA device: cudaError"):
        GpuMemoryStore()


def test_cupy_is_imported_when_it_is_used():
    code = (
        "import sys, numpy, zarr_c, zarr_c.storage.gpu, zarr_c.device_arrays\n"
        "zarr_c.create_array({}, data=numpy.arange(4))[...]\n"
        "assert 'cupy' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
    lazy = "import sys, zarr_c; assert 'zarr_c.storage.device' not in sys.modules"
    subprocess.run([sys.executable, "-c", lazy], check=True)


# ---- where objects lie


def test_documents_are_on_the_host(machine):
    store = GpuMemoryStore(max_device_bytes=0)
    for key in DOCUMENTS:
        store[key] = key.encode()
        assert store[key] == key.encode()
        with pytest.raises(ValueError, match=r"metadata document.*store\[key\]"):
            store.get_buffer(key)
    assert machine.copies == {}
    assert (store.device_nbytes, store.nbytes) == (0, sum(map(len, DOCUMENTS)))


def test_the_buffer_is_the_object(cupy):
    store = GpuMemoryStore({"a": b"0123456789", "empty": b""})
    buffer = store.get_buffer("/a")
    assert isinstance(buffer, cupy.ndarray)
    assert (buffer.dtype, buffer.shape) == (np.uint8, (10,))
    assert store.get_buffer("a").data.ptr == buffer.data.ptr
    assert cupy.asnumpy(buffer).tobytes() == b"0123456789"
    for start, length, expected in ((2, 3, b"234"), (8, 9, b"89"), (-3, None, b"789")):
        part = store.get_buffer("a", start, length)
        assert part.data.ptr == buffer.data.ptr + start % 10
        assert cupy.asnumpy(part).tobytes() == expected
    assert store.get_buffer("a", 10).size == store.get_buffer("empty").size == 0
    with pytest.raises(KeyError, match="nothing"):
        store.get_buffer("nothing")
    with pytest.raises(ValueError, match="range"):
        store.get_buffer("a", -1, 2)


def test_a_buffer_outlives_its_key(cupy):
    store = GpuMemoryStore({"a": b"old", "b": b"old"})
    a, b = store.get_buffer("a"), store.get_buffer("b", 1)
    store["a"] = b"new"
    del store["b"]
    store["c"] = b"new"
    store.clear()
    assert cupy.asnumpy(a).tobytes() == b"old"
    assert cupy.asnumpy(b).tobytes() == b"ld"


def test_other_libraries_take_the_buffer(cupy):
    buffer = GpuMemoryStore({"a": b"123"}).get_buffer("a")
    for taken in (cupy.asarray(InterfaceOnly(buffer)), cupy.from_dlpack(DlpackOnly(buffer))):
        assert taken.data.ptr == buffer.data.ptr
        assert cupy.asnumpy(taken).tobytes() == b"123"


# ---- values on a device


@pytest.mark.parametrize("wrap", [lambda a: a, InterfaceOnly, DlpackOnly])
@pytest.mark.parametrize("dtype", ["u1", "?", "<i2", "<f4", "<c16"])
def test_device_arrays_are_stored_as_numpy_arrays_are(cupy, wrap, dtype):
    store = GpuMemoryStore()
    values = some((6, 4), dtype)
    array = cupy.asarray(values)
    for i, index in enumerate(
        (..., slice(1, 4), (slice(None), 1), (slice(None, None, -2), slice(0, 3, 2)), (2, 3))
    ):
        store[f"c/{i}"] = wrap(array[index])
        assert store[f"c/{i}"] == values[index].tobytes()
    store["F"] = wrap(array.transpose())
    assert store["F"] == values.T.tobytes()
    store["none"] = wrap(array[3:3])
    assert store["none"] == b""
    store["zarr.json"] = wrap(array)
    assert store["zarr.json"] == values.tobytes()


def test_every_way_to_store_takes_device_arrays(cupy):
    store, array = GpuMemoryStore(), cupy.asarray(np.uint8([1, 2]))
    store.set("a", array)
    store.set_many({"b": array, "c": b"3"})
    store.update({"d": array})
    assert store.set_if_not_exists("e", array)
    assert not store.set_if_not_exists("e", b"")

    async def work():
        await store.set_async("f", array)
        await store.set_many_async({"g": array})
        assert await store.set_if_not_exists_async("h", array)
        assert not await store.set_if_not_exists_async("h", array)

    asyncio.run(work())
    assert dict(store) == dict.fromkeys("abdefgh", b"\1\2") | {"c": b"3"}


def test_a_device_array_is_copied(cupy):
    store, array = GpuMemoryStore(), cupy.asarray(np.uint8([1, 2]))
    store["a"] = array
    array[...] = 9
    assert store["a"] == b"\1\2"


# ---- what is copied


def test_copies_of_every_verb(machine, cupy):
    store = GpuMemoryStore()
    array = cupy.asarray(np.arange(100, dtype="u1"))

    def copies(work):
        machine.copies.clear()
        machine.moved.clear()
        work()
        return dict(machine.copies), dict(machine.moved)

    once = {"h2d": 1}, {"h2d": 10}
    assert copies(lambda: store.update({"a": bytes(10)})) == once
    assert copies(lambda: store.set_if_not_exists("a", bytes(10))) == ({}, {})
    assert copies(lambda: store["a"]) == ({"d2h": 1}, {"d2h": 10})
    assert copies(lambda: store.get_range("a", 2, 3)) == ({"d2h": 1}, {"d2h": 3})
    assert copies(lambda: store.get_ranges("a", [(0, 2), (8, 2)])) == (
        {"d2h": 1},
        {"d2h": 10},
    )
    assert copies(lambda: store.update({"b": array})) == ({"d2d": 1}, {"d2d": 100})
    assert copies(lambda: store.update({"zarr.json": array})) == ({"d2h": 1}, {"d2h": 100})
    assert copies(lambda: GpuMemoryStore.from_store(store)) == ({"d2d": 2}, {"d2d": 110})
    assert copies(store.to_host) == ({"d2h": 2}, {"d2h": 110})
    for free in (
        lambda: store.get_buffer("a", 1, 3),
        lambda: (
            store.list(),
            store.list_dir(),
            store.getsize("a"),
            "a" in store,
            store.nbytes,
        ),
        lambda: store.rename("a", "d/a"),
        lambda: store.rename("d", "e"),
        lambda: store.getsize_prefix("e"),
        store.clear,
    ):
        assert copies(free) == ({}, {})


def test_copies_of_arrays(machine):
    store = GpuMemoryStore()
    group = zarr_c.create_group(store, attributes={"a": 1})
    array = group.create_array("x", shape=100, chunks=10, dtype="i4")
    assert machine.copies == {}
    array[...] = np.arange(100)
    assert machine.copies == {"h2d": 10}
    machine.copies.clear()
    again = zarr_c.open_group(store, mode="r")["x"]
    assert again.attrs.asdict() == {}
    assert machine.copies == {}  # nothing leaves the device to open a node
    assert again[35] == 35
    assert machine.copies == {"d2h": 1}
    assert again[...].tolist() == list(range(100))
    assert machine.copies == {"d2h": 11}


# ---- renames


def test_what_becomes_a_document_moves_to_the_host(cupy):
    store = GpuMemoryStore({"a": b"{}", "b/zarr.json": b"[]"})
    store.rename("a", "zarr.json")
    store.rename("b/zarr.json", "b/c")
    assert dict(store) == {"zarr.json": b"{}", "b/c": b"[]"}
    assert store.device_nbytes == 2
    assert store.get_buffer("b/c").size == 2


# ---- others read it


def test_zarr_python_reads_what_comes_to_the_host(cupy, tmp_path):
    zarr = pytest.importorskip("zarr")
    store = GpuMemoryStore()
    data = some((30, 41), "i4")
    for zarr_format in (2, 3):
        group = zarr_c.create_group(store, path=f"v{zarr_format}", zarr_format=zarr_format)
        group.create_array("x", data=data, chunks=(7, 9), attributes={"unit": "m"})
    for key, value in store.to_host().items():
        place = tmp_path / key
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(value)
    for zarr_format in (2, 3):
        array = zarr.open_group(tmp_path / f"v{zarr_format}", mode="r")["x"]
        assert np.array_equal(array[...], data)
        assert dict(array.attrs) == {"unit": "m"}
