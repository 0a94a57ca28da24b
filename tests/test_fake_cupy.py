"""The stand-in for CuPy refuses what CuPy refuses, and sees what goes wrong by chance only."""

import pickle

import fake_cuda
import fake_cuda_memory
import fake_cupy
import numpy as np
import pytest
from fake_cuda import Race

OWN = {"machine", "reset", "identity", "bytes"}  # what is not CuPy's


@pytest.fixture
def fake():
    """The stand-in, whatever this machine has."""
    fake_cupy.reset()
    yield fake_cupy
    fake_cupy.machine().races.clear()


def test_its_names_are_those_of_cupy():
    cupy = pytest.importorskip("cupy", reason="CuPy is not installed")
    pairs = [
        (fake_cupy.cuda, cupy.cuda),
        (fake_cupy.cuda.runtime, cupy.cuda.runtime),
        (fake_cupy.cuda.memory, cupy.cuda.memory),
        (fake_cupy.cuda.Device, cupy.cuda.Device),
        (fake_cupy.cuda.Stream, cupy.cuda.Stream),
        (fake_cupy.cuda.Event, cupy.cuda.Event),
        (fake_cupy.ndarray, cupy.ndarray),
        (fake_cuda_memory.MemoryPointer, cupy.cuda.MemoryPointer),
        (fake_cuda_memory.MemoryPool, cupy.cuda.MemoryPool),
    ]
    functions = {
        name: value for name, value in vars(fake_cupy).items() if hasattr(value, "__code__")
    }
    for mine, theirs in pairs:
        names = {name for name in vars(mine) if not name.startswith("_")}
        assert {name for name in names if not hasattr(theirs, name)} <= OWN
    assert {name for name in functions if name[0] != "_" and not hasattr(cupy, name)} <= {
        *OWN,
        "on_its_device",
    }


def test_no_implicit_conversion(fake):
    array = fake.asarray(np.arange(4.0))
    for attempt in (
        lambda: np.asarray(array),
        lambda: np.add(array, 1),
        lambda: np.concatenate([array, array]),
        lambda: memoryview(array),
        lambda: bytes(array),
        lambda: array == array,
        lambda: list(array),
        lambda: float(array[0]),
    ):
        with pytest.raises(TypeError):
            attempt()
    assert not isinstance(array, np.ndarray)
    with pytest.raises(ValueError, match="non-scalar"):
        array[...] = np.zeros(4)
    with pytest.raises(RuntimeError, match="non-contiguous"):
        array[::2].set(np.zeros(2))
    for dtype in (">f4", "S3", "V4"):
        with pytest.raises(TypeError):
            fake.empty(3, dtype)


def test_another_device_is_refused(fake):
    with fake.cuda.Device(1):
        array = fake.asarray(np.arange(4))
        stream = fake.cuda.Stream()
    assert array.device == fake.cuda.Device(1)
    for attempt in (
        lambda: array.fill(0),
        lambda: fake.empty(4, "i8").__setitem__(..., array),
        lambda: fake.ascontiguousarray(array),
        stream.record,
        stream.__enter__,
    ):
        with pytest.raises(ValueError, match="device"):
            attempt()
    with pytest.raises(fake_cuda.CUDARuntimeError, match="invalid device"):
        fake.cuda.Device(2).__enter__()


def test_streams_are_ordered_by_events_only(fake):
    stream = fake.cuda.Stream(non_blocking=True)
    array, copy = fake.empty(4, "u1"), fake.empty(4, "u1")
    array.fill(1)
    with stream, pytest.raises(Race, match="written"):
        array.fill(2)
    stream.wait_event(fake.cuda.get_current_stream().record())
    with stream:
        copy[...] = array
    with pytest.raises(Race, match="read"):
        array.fill(3)
    stream.synchronize()
    array.fill(3)
    assert copy.get().tolist() == [1] * 4


def test_nothing_is_done_before_somebody_waits(fake):
    array = fake.empty(4, "u1")
    array.fill(1)
    event = fake.cuda.get_current_stream().record()
    assert not event.done
    event.synchronize()
    assert event.done
    array.fill(2)
    assert event.done


def test_memory_is_taken_again_on_its_stream(fake):
    stream = fake.cuda.Stream(non_blocking=True)
    array = fake.empty(4, "u1")
    pointer = array.data.ptr
    array.fill(1)
    stream.wait_event(fake.cuda.get_current_stream().record())
    with stream:
        fake.empty(4, "u1")[...] = array
        assert fake.empty(4, "u1").data.ptr != pointer
    del array
    again = fake.empty(4, "u1")
    assert again.data.ptr == pointer
    with pytest.raises(Race, match="read"):
        again.fill(0)


def test_host_memory_has_to_wait(fake):
    fake.empty(4, "u1").set(np.zeros(4, "u1"))
    assert any("host memory" in race for race in fake.machine().races)
    fake.machine().races.clear()
    host, array = np.zeros(4, "u1"), fake.empty(4, "u1")
    array.set(host)
    fake.cuda.get_current_stream().synchronize()
    del host
    assert fake.machine().races == []


def test_the_pool_has_a_limit(fake):
    pool = fake.get_default_memory_pool()
    pool.set_limit(size=1024)
    kept = fake.empty(512, "u1")
    del kept
    first = fake.empty(512, "u1")  # the same memory
    fake.empty(100, "u1")
    assert pool.total_bytes() == 1024
    with pytest.raises(fake.cuda.memory.OutOfMemoryError):
        fake.empty(1024, "u1")
    pool.free_all_blocks()
    assert pool.total_bytes() == 512
    del first


def test_copies_are_counted(fake):
    array = fake.asarray(np.arange(6, dtype="u1").reshape(2, 3))
    array.transpose().get()
    array[...] = array
    assert fake.machine().copies == {"h2d": 1, "d2d": 2, "d2h": 1}
    assert fake.machine().moved == {"h2d": 6, "d2d": 12, "d2h": 6}
    assert fake.asnumpy(pickle.loads(pickle.dumps(array))).tolist() == [[0, 1, 2], [3, 4, 5]]


def test_views_share_memory(fake):
    values = np.arange(24, dtype="i4").reshape(4, 6)
    array = fake.asarray(values)
    for index in (..., (slice(None, None, -1), 2), (3, 5), (None, slice(1, 3)), slice(4, 4)):
        view = array[index]
        assert fake.asnumpy(view).tolist() == values[index].tolist()
        assert view.size == 0 or (view.data.ptr - array.data.ptr) % 4 == 0
        assert view.__cuda_array_interface__["shape"] == values[index].shape
    array[1, ::2].fill(7)
    assert fake.asnumpy(array)[1].tolist() == [7, 7, 7, 9, 7, 11]
