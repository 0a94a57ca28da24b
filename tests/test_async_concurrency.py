"""Coroutines overlap, in any event loop, thread and process, and so does xarray over them."""

import asyncio
import contextvars
import threading
import time

import numpy as np
import pytest
from children import run

import zarr_c
from zarr_c import AsyncArray
from zarr_c.errors import ArrayNotFoundError
from zarr_c.storage import MemoryStore
from zarr_c.testing.latency import LatencyStore


def slow_array(seconds=0.02, chunks=50):
    """One chunk an element, behind a network."""
    inner = MemoryStore()
    zarr_c.create_array(inner, data=np.arange(chunks), chunks=1)
    return zarr_c.open_array(LatencyStore(inner, get_latency=seconds, set_latency=seconds))


def test_awaited_reads_overlap():
    array = slow_array()

    async def main():
        return await asyncio.gather(*(array.async_array.getitem(i) for i in range(50)))

    start = time.perf_counter()
    assert asyncio.run(main()) == [*range(50)]
    assert time.perf_counter() - start < 0.5  # one by one they take 1 s


def test_awaited_writes_overlap():
    array = slow_array()

    async def main():
        await asyncio.gather(*(array.async_array.setitem(i, -i) for i in range(50)))

    start = time.perf_counter()
    asyncio.run(main())
    assert time.perf_counter() - start < 0.5
    assert array[:].tolist() == [-i for i in range(50)]


@pytest.mark.parametrize("kind", ["memory", "local", "fsspec", "zip"])
@pytest.mark.parametrize("shards", [None, 100])
def test_writes_awaited_together_lose_nothing(tmp_path, kind, shards):
    """Each changes another element of the same stored object."""
    places = {"memory": {}, "local": tmp_path / "x", "zip": tmp_path / "x.zip"}
    store = places.get(kind, "memory://test_async_concurrency")
    chunks = 100 if shards is None else 10
    made = zarr_c.create_array(
        store, shape=100, dtype="i4", chunks=chunks, shards=shards, overwrite=True
    )
    array = made.async_array

    async def main():
        await asyncio.gather(*(array.setitem(i, i) for i in range(100)))
        return (await array.getitem(...)).tolist()

    assert asyncio.run(main()) == [*range(100)]
    made.store.close()


def test_appends_awaited_together_lose_nothing(tmp_path):
    array = zarr_c.create_array(tmp_path, shape=0, dtype="i4", chunks=7).async_array

    async def main():
        lengths = await asyncio.gather(*(array.append([i] * 5) for i in range(20)))
        assert sorted(lengths) == [(n,) for n in range(5, 101, 5)]
        return (await (await AsyncArray.open(tmp_path)).getitem(...)).tolist()

    assert sorted(asyncio.run(main())) == [i for i in range(20) for _ in range(5)]


def test_attributes_changed_together_lose_nothing(tmp_path):
    group = zarr_c.create_group(tmp_path)._async_group

    async def main():
        await asyncio.gather(*(group.update_attributes({f"k{i}": i}) for i in range(30)))

    asyncio.run(main())
    assert zarr_c.open_group(tmp_path).attrs == {f"k{i}": i for i in range(30)}


def test_the_loop_goes_on_while_a_store_is_slow():
    array = slow_array(seconds=0.2, chunks=1).async_array

    async def main():
        reading = asyncio.create_task(array.getitem(0))
        ticks = 0
        while not reading.done():
            await asyncio.sleep(0.01)
            ticks += 1
        return ticks

    assert asyncio.run(main()) >= 5


def test_loops_in_several_threads_share_an_array():
    array = slow_array(seconds=0.01)
    results = {}

    def serve(number):
        async def main():
            face = array.async_array
            return await asyncio.gather(*(face.getitem(i) for i in range(50)))

        results[number] = asyncio.run(main())

    threads = [threading.Thread(target=serve, args=[i]) for i in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert results == {i: [*range(50)] for i in range(4)}


def test_more_awaits_than_threads():
    array = slow_array(seconds=0).async_array

    async def main():
        return await asyncio.gather(*(array.getitem(i % 50) for i in range(2000)))

    assert asyncio.run(main()) == [i % 50 for i in range(2000)]


def test_synchronous_calls_work_inside_a_running_loop():
    array = slow_array(seconds=0.001)

    async def main():
        array[3] = 33
        group = zarr_c.open_group(LatencyStore(MemoryStore(), get_latency=0.001))
        group.create_array("x", data=[1, 2])
        return array[:5].tolist(), group["x"][:].tolist()

    assert asyncio.run(main()) == ([0, 1, 2, 33, 4], [1, 2])


def test_contextvars_come_along():
    request = contextvars.ContextVar("request")
    seen = []

    class Store(LatencyStore):
        def get(self, key, default=None, *, byte_range=None):
            seen.append(request.get(None))
            return super().get(key, default, byte_range=byte_range)

    store = Store(MemoryStore())

    async def main():
        request.set("mine")
        with pytest.raises(ArrayNotFoundError):
            await AsyncArray.open(store)

    asyncio.run(main())
    assert {*seen} == {"mine"}


XARRAY = """
    import asyncio, sys, time
    import numpy as np
    import zarr_c
    sys.modules["zarr"] = zarr_c
    import xarray
    from zarr_c.storage import MemoryStore
    from zarr_c.testing.latency import LatencyStore

    inner = MemoryStore()
    group = zarr_c.create_group(inner)
    for i in range(20):
        data = np.arange(12.0).reshape(3, 4) + i
        group.create_array(f"v{i}", data=data, chunks=(3, 2), dimension_names=("y", "x"))
    store = LatencyStore(inner, get_latency=0.03)

    async def load(select):
        dataset = xarray.open_zarr(store, consolidated=False, chunks=None)
        start = time.perf_counter()
        loaded = await select(dataset).load_async()
        assert time.perf_counter() - start < 0.3, "one by one they take 0.6 s"
        return loaded.v3.values.tolist()

    points = [xarray.DataArray(at, dims="p") for at in ([0, 2], [1, 3])]
    print(asyncio.run(load(lambda dataset: dataset)))
    print(asyncio.run(load(lambda dataset: dataset.isel(y=[0, 2], x=[1, 3]))))
    print(asyncio.run(load(lambda dataset: dataset.isel(y=points[0], x=points[1]))))
"""


def test_xarray_loads_a_dataset_at_once_through_this_package():
    pytest.importorskip("xarray")
    everything, outer, points = run(XARRAY).splitlines()[-3:]
    assert (
        everything == "[[3.0, 4.0, 5.0, 6.0], [7.0, 8.0, 9.0, 10.0], [11.0, 12.0, 13.0, 14.0]]"
    )
    assert outer == "[[4.0, 6.0], [12.0, 14.0]]"
    assert points == "[4.0, 14.0]"


FORKED = """
    import asyncio, os, sys, zarr_c

    async def main(array):
        return await asyncio.gather(*(array.getitem(i) for i in range(20)))

    array = zarr_c.create_array(sys.argv[1], data=list(range(20)), chunks=1).async_array
    assert asyncio.run(main(array)) == [*range(20)]  # the threads are there
    child = os.fork()
    if child == 0:
        os._exit(0 if asyncio.run(main(array)) == [*range(20)] else 1)
    assert os.waitpid(child, 0)[1] == 0
    print("forked")
"""


def test_a_forked_process_awaits(tmp_path):
    assert run(FORKED, tmp_path).split()[-1] == "forked"
