"""Reads into arrays on a GPU and writes of them: values, layouts, copies and order."""

import numpy as np
import pytest
from fake_cuda import Race
from gpu_cases import DlpackOnly, InterfaceOnly, layouts, same_bits, some
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import zarr_c
from zarr_c.errors import ChunkCorruptError, ChunkNotFoundError
from zarr_c.storage import LocalStore, MemoryStore
from zarr_c.storage.device import DeviceMemory
from zarr_c.storage.gpu import GpuMemoryStore

RAW = {"compressors": None}  # chunks are stored as their elements are in memory
SELECTIONS = (
    ...,
    (slice(2, 9), slice(3, 4)),
    (slice(None, None, -3), slice(1, None, 2)),
    (slice(10, 0, -1), -1),
    (5, slice(None, None, -1)),
    (slice(None, None, 5), slice(None, None, 7)),  # steps longer than chunks
    (slice(4, 4), slice(None)),
    (3, 4),
)
# how chunks are stored, and in which store
STORED = {
    "compressed": {},
    "raw": RAW,
    "big endian": {"serializer": zarr_c.codecs.BytesCodec(endian="big"), **RAW},
    "transposed": {"filters": [zarr_c.codecs.TransposeCodec(order=(1, 0))], **RAW},
    "v2": {"zarr_format": 2, **RAW},
    "v2, F": {"zarr_format": 2, "order": "F", **RAW},
    "v2, big endian": {"zarr_format": 2, "dtype": ">f4", **RAW},
}


def stored(store, data, chunks, dtype=None, **options):
    """An array of these data."""
    array = zarr_c.create_array(
        store, shape=data.shape, chunks=chunks, dtype=dtype or data.dtype, **options
    )
    array[...] = data
    return array


# ---- what is read


# format.md C3
@pytest.mark.parametrize("place", [MemoryStore, GpuMemoryStore])
@pytest.mark.parametrize("options", [RAW, {}])
def test_chunks_that_differ(cupy, place, options):
    data = some((13, 11), "f4")
    array = stored(place(), data, [[4, 8, 1], [5, 6]], **options)
    out = cupy.empty((7, 4), "f4")
    array.get_basic_selection((slice(11, 4, -1), slice(2, 10, 2)), out=out)
    assert same_bits(out.get(), data[11:4:-1, 2:10:2])


@pytest.mark.parametrize("kind", STORED)
@pytest.mark.parametrize("place", [MemoryStore, GpuMemoryStore])
def test_selections_come_into_every_layout(cupy, kind, place):
    data = some((13, 11), "f4")
    array = stored(place(), data, (4, 3), **STORED[kind])
    for selection in SELECTIONS:
        expected = data[selection]
        for name, out in layouts(cupy, expected.shape, "f4").items():
            assert array.get_basic_selection(selection, out=out) is out
            assert same_bits(cupy.asnumpy(out), np.asarray(expected)), (selection, name)


@pytest.mark.parametrize("dtype", ["?", "i1", "u2", "f2", "i4", "u8", "f8", "c8", "c16"])
@pytest.mark.parametrize("place", [MemoryStore, GpuMemoryStore])
def test_every_data_type(cupy, dtype, place):
    data = some((10, 7), dtype)
    array = stored(place(), data, (4, 3), **RAW)
    out = cupy.empty(data.shape, dtype)
    array.get_basic_selection(out=out)
    assert same_bits(cupy.asnumpy(out), data)


@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_reads_equal_numpy(cupy, data):
    """Any shape, chunks, codecs, selection and layout, from a store on the device."""
    ndim = data.draw(st.integers(0, 3))
    lengths = st.lists(st.integers(1, 6), min_size=ndim, max_size=ndim).map(tuple)
    shape, chunks = data.draw(lengths), data.draw(lengths)
    values = np.arange(1, np.prod(shape, dtype=int) + 1, dtype="i4").reshape(shape)
    order = data.draw(st.permutations(range(ndim)))
    filters = [zarr_c.codecs.TransposeCodec(order=tuple(order))] if ndim else []
    array = stored(GpuMemoryStore(), values, chunks, filters=filters, compressors=None)
    selection = tuple(
        data.draw(st.one_of(st.slices(n), st.integers(-n, n - 1)), label="selection")
        for n in shape
    )
    out = data.draw(st.sampled_from(list(layouts(cupy, values[selection].shape, "i4").items())))
    array.get_basic_selection(selection, out=out[1])
    assert same_bits(cupy.asnumpy(out[1]), np.asarray(values[selection]))


def test_from_any_store(cupy, tmp_path):
    data = some((20, 20), "i8")
    for store in (LocalStore(tmp_path), {}):
        array = stored(store, data, (6, 7))
        out = cupy.empty((20, 10), "i8")
        array.get_basic_selection((slice(None), slice(5, 15)), out=out)
        assert same_bits(cupy.asnumpy(out), data[:, 5:15])


def test_into_arrays_of_other_libraries(cupy):
    data = some((9, 8), "f8")
    for place in (MemoryStore, GpuMemoryStore):
        array = stored(place(), data, (4, 4), **RAW)
        out = cupy.empty((8, 9), "f8")
        wrapped = InterfaceOnly(out.transpose())
        assert array.get_basic_selection(out=wrapped) is wrapped
        assert same_bits(cupy.asnumpy(out), data.T)


@pytest.mark.parametrize(
    ("dtype", "fill"),
    [
        ("f4", -0.0),
        ("f8", "0x7ff8000000000abc"),
        ("f2", np.float16(1.5)),
        ("c16", complex(-0.0, float("nan"))),
        ("u8", 2**64 - 1),
        ("i1", -3),
        ("?", True),
    ],
)
def test_absent_chunks_are_fill_value(cupy, dtype, fill):
    """To the bit: neither the sign of a zero nor the payload of a NaN is lost."""
    array = zarr_c.create_array(
        GpuMemoryStore(), shape=(5, 4), chunks=(2, 2), dtype=dtype, fill_value=fill, **RAW
    )
    array[2:4, 0:2] = 0
    expected = array[...]
    for out in layouts(cupy, (5, 4), dtype).values():
        array.get_basic_selection(out=out)
        assert same_bits(cupy.asnumpy(out), expected)


def test_a_null_fill_value_of_v2_is_zero(cupy):
    array = zarr_c.create_array(
        GpuMemoryStore(), shape=3, dtype="i4", zarr_format=2, fill_value=None, **RAW
    )
    out = cupy.asarray(np.arange(3, dtype="i4"))
    array.get_basic_selection(out=out)
    assert cupy.asnumpy(out).tolist() == [0, 0, 0]


def test_an_absent_chunk_may_be_an_error(cupy):
    array = zarr_c.create_array(
        GpuMemoryStore(),
        shape=4,
        chunks=2,
        dtype="i4",
        config={"read_missing_chunks": False},
        **RAW,
    )
    array[:2] = 1
    with pytest.raises(ChunkNotFoundError, match="'c/1' is absent"):
        array.get_basic_selection(out=cupy.empty(4, "i4"))


def test_a_damaged_chunk_is_an_error(cupy):
    store = GpuMemoryStore()
    array = stored(store, some((4, 4), "i4"), (2, 2), **RAW)
    for damage in (b"", bytes(15), bytes(17)):
        store["c/1/0"] = damage
        expected = f"'c/1/0': wrong number of bytes.*expected 16, found {len(damage)}"
        with pytest.raises(ChunkCorruptError, match=expected) as caught:
            array.get_basic_selection(out=cupy.empty((4, 4), "i4"))
        assert caught.value.key == "c/1/0"


def test_bools_are_zero_or_one(cupy):
    store = GpuMemoryStore()
    array = stored(store, np.zeros(4, bool), 4, config={"write_empty_chunks": True}, **RAW)
    store["c/0"] = bytes([0, 1, 2, 255])
    out = cupy.empty(4, "?")
    array.get_basic_selection(out=out)
    assert cupy.asnumpy(out).view("u1").tolist() == [0, 1, 1, 1]


def test_every_way_to_select(cupy):
    data = some((13, 11), "f4")
    mask = data > np.median(data)
    ways = {
        "orthogonal": (([0, 5, 7], slice(None, None, -2)), data[[0, 5, 7], ::-2]),
        "coordinate": (([[9], [1]], [4, -4]), data[[[9], [1]], [4, -4]]),
        "mask": (mask, data[mask]),
        "block": ((1, slice(1)), data[4:8, :3]),
    }
    for kind in ("raw", "v2, big endian"):
        array = stored(MemoryStore(), data, (4, 3), **STORED[kind])
        for way, (selection, expected) in ways.items():
            for name, out in layouts(cupy, expected.shape, "f4").items():
                assert getattr(array, f"get_{way}_selection")(selection, out=out) is out
                assert same_bits(cupy.asnumpy(out), expected), (way, name)
            changed = cupy.asarray(negative := -expected)
            getattr(array, f"set_{way}_selection")(selection, changed)
            found = getattr(array, f"get_{way}_selection")(selection)
            np.testing.assert_array_equal(found, negative)
            array[...] = data


# ---- what does not fit


def test_outs_that_do_not_fit(cupy):
    for place in (MemoryStore, GpuMemoryStore):
        array = stored(place(), some((4, 4), "i4"), (2, 2), **RAW)
        read = array.get_basic_selection
        with pytest.raises(ValueError, match=r"out: expected shape \(4, 4\), found \(4,\)"):
            read(out=cupy.empty(4, "i4"))
        with pytest.raises(TypeError, match="out: expected data type int32, found float32"):
            read(out=cupy.empty((4, 4), "f4"))
        with pytest.raises(ValueError, match=r"out: expected a writable.*read-only"):
            read(out=InterfaceOnly(cupy.empty((4, 4), "i4"), read_only=True))
        with pytest.raises(ValueError, match=r"out: expected a writable.*overlap"):
            read(out=cupy.broadcast_to(cupy.empty(4, "i4"), (4, 4)))
        with pytest.raises(TypeError, match="out: cannot be given together with newaxis"):
            read((None, ...), out=cupy.empty((1, 4, 4), "i4"))
        with pytest.raises(IndexError):
            read(7, out=cupy.empty(4, "i4"))
        with pytest.raises(ValueError, match=r"out: expected shape \(2, 4\), found \(4, 4\)"):
            array.get_orthogonal_selection([0, 3], out=cupy.empty((4, 4), "i4"))


# ---- what is copied


def test_a_read_is_one_copy_to_the_device(machine, cupy):
    data = some((20, 20), "f4")
    array = stored(MemoryStore(), data, (6, 6))
    for name, out in layouts(cupy, data.shape, "f4").items():
        machine.copies.clear()
        array.get_basic_selection(out=out)
        scattered = {"d2d": 1} if name in ("strided", "backwards") else {}
        assert machine.copies == {"h2d": 1} | scattered
    machine.copies.clear()
    array.get_basic_selection((slice(3, 3),), out=cupy.empty((0, 20), "f4"))
    assert machine.copies == {}


def test_raw_chunks_stay_on_the_device(machine, cupy):
    data = some((20, 20), "f4")
    array = stored(GpuMemoryStore(), data, (10, 6), **RAW)
    for out in layouts(cupy, data.shape, "f4").values():
        machine.copies.clear()
        machine.moved.clear()
        array.get_basic_selection(out=out)
        assert machine.copies == {"d2d": 8}
        assert machine.moved == {"d2d": data.nbytes}
    coded = stored(GpuMemoryStore(), data, (10, 6))
    machine.copies.clear()
    coded.get_basic_selection(out=out)
    assert machine.copies["d2h"] == 8  # once for each chunk
    assert machine.copies["h2d"] == 1


def test_a_device_array_comes_to_the_host_once(machine, cupy):
    values = some((8, 8), "f4")
    data = cupy.asarray(values)
    array = zarr_c.create_array({}, shape=(8, 8), chunks=(3, 3), dtype="f4")
    machine.copies.clear()
    array[...] = data
    assert machine.copies == {"d2h": 1}
    assert same_bits(array[...], values)


# ---- device arrays as values


def test_device_arrays_are_written(cupy):
    values = some((8, 6), "i4")
    data = cupy.asarray(values)
    for store in ({}, GpuMemoryStore()):
        array = zarr_c.create_array(store, data=data, chunks=(3, 4))
        assert same_bits(array[...], values)
        array[::-1] = data
        assert same_bits(array[...], values[::-1])
        array[1:3, 2:4] = data[0, 0]
        assert (array[1:3, 2:4] == values[0, 0]).all()
        array.set_basic_selection(..., InterfaceOnly(data))
        array.append(data.reshape(6, 8).transpose()[:, :6])
        assert same_bits(array[8:], values.reshape(6, 8).T[:, :6])
        with pytest.raises(ValueError, match="broadcast"):
            array[...] = data
    saved = MemoryStore()
    zarr_c.save_array(saved, data)
    assert same_bits(zarr_c.load(saved), values)


# ---- order


def test_it_is_the_callers_stream_that_works(cupy):
    """What the caller queued before is overwritten, and what he queues after sees the read."""
    data = some((64, 64), "f4")
    for array in (
        stored(MemoryStore(), data, (16, 16)),
        stored(GpuMemoryStore(), data, (16, 16), **RAW),
    ):
        with cupy.cuda.Stream(non_blocking=True):
            out, copy = cupy.empty((64, 64), "f4"), cupy.empty((64, 64), "f4")
            out.fill(1)
            array.get_basic_selection(out=out)
            copy[...] = out
            assert same_bits(copy.get(), data)


def replaced_while_read(cupy):
    """Read on one stream, then take the memory of what is read on another."""
    data = some((1000,), "u1")
    store = GpuMemoryStore()
    array = stored(store, data, 1000, **RAW)
    reader = cupy.cuda.Stream(non_blocking=True)
    with reader:
        out = cupy.empty(1000, "u1")
        array.get_basic_selection(out=out)
    del store["c/0"]
    taken = cupy.empty(1000, "u1")
    taken.fill(0)
    with reader:
        assert out.get().tobytes() == data.tobytes()


def test_an_object_that_is_read_keeps_its_memory(cupy):
    replaced_while_read(cupy)


def test_the_stand_in_would_see_it_lost(machine, cupy, monkeypatch):
    monkeypatch.setattr(DeviceMemory, "keep", lambda *args: None)
    with pytest.raises(Race, match="read"):
        replaced_while_read(cupy)
    machine.races.clear()


def test_what_was_read_is_let_go(machine, cupy):
    store = GpuMemoryStore()
    array = stored(store, some((100,), "u1"), 100, **RAW)
    in_use = store._objects.memory._in_use
    for _ in range(3):
        array.get_basic_selection(out=cupy.empty(100, "u1"))
    assert len(in_use) == 3
    cupy.cuda.Device().synchronize()
    store["a"] = b""
    assert len(in_use) == 0


# ---- several devices


def test_an_out_on_another_device(cupy):
    if cupy.cuda.runtime.getDeviceCount() < 2:
        pytest.skip("there is one device only")
    data = some((9, 7), "f4")
    here = cupy.cuda.Device().id
    for place in (MemoryStore, GpuMemoryStore):
        array = stored(place(), data, (4, 3), **RAW)
        with cupy.cuda.Device(1 - here):
            outs = layouts(cupy, data.shape, "f4")
        for out in outs.values():
            array.get_basic_selection(out=out)
            assert out.device.id == 1 - here
            assert same_bits(cupy.asnumpy(out), data)
        with cupy.cuda.Device(1 - here):
            array[...] = data
            array.get_basic_selection(out=InterfaceOnly(out))
    assert cupy.cuda.Device().id == here


def test_a_store_takes_dlpack_of_another_device(cupy):
    if cupy.cuda.runtime.getDeviceCount() < 2:
        pytest.skip("there is one device only")
    with cupy.cuda.Device(1 - cupy.cuda.Device().id):
        sources = [wrap(cupy.asarray(np.uint8([1, 2]))) for wrap in (InterfaceOnly, DlpackOnly)]
    for source in sources:
        assert GpuMemoryStore({"a": source})["a"] == b"\1\2"
