"""What is cancelled: reads are let go, changes are made in full or not at all."""

import asyncio
import threading
import time

import numpy as np
import pytest

import zarr_c
from zarr_c.storage import MemoryStore, concurrent
from zarr_c.storage.wrapper import WrapperStore


class GateStore(WrapperStore):
    """A store whose requests wait until a gate is open; `waiting` is set when one does."""

    def __init__(self, store):
        super().__init__(store)
        self.gate, self.waiting = threading.Event(), threading.Event()
        self.gate.set()
        self.error = None

    def get(self, key, default=None, *, byte_range=None):
        self._pass()
        return super().get(key, default, byte_range=byte_range)

    def set(self, key, value):
        self._pass()
        super().set(key, value)

    def set_if_not_exists(self, key, value):
        self._pass()
        return super().set_if_not_exists(key, value)

    def _pass(self):
        self.waiting.set()
        assert self.gate.wait(30)
        if self.error is not None:
            raise self.error

    def _concurrency(self):
        return -1

    def _arguments(self):
        return {"store": self._store}


@pytest.fixture
def store():
    inner = MemoryStore()
    zarr_c.create_array(inner, data=np.arange(8), chunks=2)
    return GateStore(inner)


@pytest.fixture
def array(store):
    return zarr_c.open_array(store).async_array


async def held(store, coroutine):
    """A task whose request waits at the gate, which is closed."""
    store.gate.clear()
    store.waiting.clear()
    task = asyncio.create_task(coroutine)
    while not store.waiting.is_set():
        await asyncio.sleep(0.001)
    return task


def test_a_read_is_let_go_at_once(store, array):
    async def main():
        task = await held(store, array.getitem(...))
        task.cancel()
        start = time.perf_counter()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert time.perf_counter() - start < 5
        assert not store.gate.is_set()
        store.gate.set()
        return (await array.getitem(...)).tolist()

    assert asyncio.run(main()) == [*range(8)]


def test_a_read_times_out(store, array):
    async def main():
        store.gate.clear()
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(array.getitem(0), 0.05)
        store.gate.set()

    asyncio.run(main())


@pytest.mark.parametrize("times", [1, 3])
def test_a_write_that_has_begun_ends_before_it_is_cancelled(store, array, times):
    """Else it would overtake what is written next."""

    async def main():
        task = await held(store, array.setitem(slice(2), [-1, -2]))
        for _ in range(times):
            task.cancel()
            await asyncio.sleep(0.02)
            assert not task.done()
        store.gate.set()
        with pytest.raises(asyncio.CancelledError) as caught:
            await task
        assert caught.value.__cause__ is None
        assert (await array.getitem(slice(3))).tolist() == [-1, -2, 2]
        await array.setitem(slice(2), [5, 6])
        return (await array.getitem(slice(3))).tolist()

    assert asyncio.run(main()) == [5, 6, 2]


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (lambda store: store.set_async("k", b"1"), b"1"),
        (lambda store: store.set_many_async({"k": b"1"}), b"1"),
        (lambda store: store.set_if_not_exists_async("k", b"1"), b"1"),
    ],
)
def test_a_change_of_a_store_ends_before_it_is_cancelled(store, change, expected):
    async def main():
        task = await held(store, change(store))
        task.cancel()
        await asyncio.sleep(0.02)
        assert not task.done()
        store.gate.set()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert await store.get_async("k") == expected

    asyncio.run(main())


def test_the_error_of_a_cancelled_write_is_its_cause(store, array):
    async def main():
        task = await held(store, array.setitem(slice(2), [-1, -2]))
        task.cancel()
        store.error = OSError("no space left")
        store.gate.set()
        with pytest.raises(asyncio.CancelledError) as caught:
            await task
        return caught.value

    assert "no space left" in str(asyncio.run(main()).__cause__)


def test_a_read_into_an_array_of_the_callers_ends_before_it_is_cancelled(store, array):
    out = np.zeros(8, int)

    async def main():
        task = await held(store, array.get_basic_selection(..., out=out))
        task.cancel()
        await asyncio.sleep(0.02)
        assert not task.done()
        store.gate.set()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert out.tolist() == [*range(8)]

    asyncio.run(main())


def test_a_write_that_has_not_begun_never_does(store, array, monkeypatch):
    """As where all threads of the pool are busy."""
    monkeypatch.setattr(concurrent, "_MOST", 1)
    monkeypatch.setattr(concurrent, "_pool", None)

    async def main():
        busy = await held(store, array.getitem(0))
        task = asyncio.create_task(array.setitem(slice(4, 6), [-1, -2]))
        await asyncio.sleep(0.02)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        store.gate.set()
        assert await busy == 0
        return (await array.getitem(slice(4, 6))).tolist()

    assert asyncio.run(main()) == [4, 5]


def test_a_group_of_tasks_fails_with_the_first_error(store, array):
    async def main():
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(array.setitem(slice(2), [-1, -2]))
            tasks.create_task(array.getitem(99))

    with pytest.raises(ExceptionGroup) as caught:
        asyncio.run(main())
    assert isinstance(*caught.value.exceptions, IndexError)
    assert array._node[:3].tolist() in ([0, 1, 2], [-1, -2, 2])


def test_a_loop_that_closes_leaves_no_read_behind_it(store, array):
    """The thread of a read that was let go ends after its loop, without a word."""

    async def main():
        task = await held(store, array.getitem(...))
        task.cancel()

    asyncio.run(main())
    store.gate.set()
    assert asyncio.run(array.getitem(slice(2))).tolist() == [0, 1]
