"""How many requests an operation makes, as a proxy in front of the server counts them."""

import numpy as np
import pytest
from proxy import Proxy

import zarr_c
from zarr_c.storage import FsspecStore, ObjectStore

DATA = np.arange(10_000, dtype="f4").reshape(100, 100)


@pytest.fixture(scope="module")
def proxy(seaweed):
    with Proxy(seaweed.port) as proxy:
        yield proxy


@pytest.fixture(params=["s3fs", "obstore"])
def store(request, seaweed, proxy, tmp_path):
    url = f"s3://zarr/requests/{tmp_path.name}"
    if request.param == "s3fs":
        store = FsspecStore(url, **seaweed.s3fs_options | {"endpoint_url": proxy.url})
    else:
        store = ObjectStore(url, **seaweed.obstore_options | {"endpoint": proxy.url})
    group = zarr_c.create_group(store)
    group.create_array("a", data=DATA, chunks=(10, 10), compressors=None)
    proxy.reset()
    return store


@pytest.fixture
def counted(proxy):
    """The requests that a call makes, and its result."""

    def call(function, *args, **kwargs):
        proxy.reset()
        result = function(*args, **kwargs)
        return proxy.requests, result

    return call


def test_opening(store, counted):
    for open_it, path in (
        (zarr_c.open_array, "a"),
        (zarr_c.open_group, ""),
        (zarr_c.open, "a"),
        (zarr_c.open, ""),
    ):
        requests, _ = counted(open_it, store, path=path, mode="r")
        assert len(requests) == 1, (open_it, requests)
    requests, _ = counted(zarr_c.open_group(store, mode="r").get, "a")
    assert len(requests) == 1


def test_reading_makes_one_request_for_a_chunk(store, counted):
    array = zarr_c.open_array(store, path="a", mode="r")
    for selection, chunks in ((..., 100), ((55, 55), 1), (slice(None, 50), 50)):
        requests, values = counted(array.__getitem__, selection)
        assert np.array_equal(values, DATA[selection])
        assert len(requests) == chunks
        assert len(set(requests)) == chunks, "a request was made twice"


def test_writing_makes_one_request_for_a_chunk(store, counted):
    array = zarr_c.open_array(store, path="a", mode="r+")
    requests, _ = counted(array.__setitem__, ..., DATA + 1)
    assert len(requests) == 100
    requests, _ = counted(array.__setitem__, (slice(0, 10), slice(0, 10)), 5)
    assert len(requests) == 1
    requests, _ = counted(array.__setitem__, (0, 0), 6)  # part of a chunk: read, write
    assert [request.split()[0] for request in requests] == ["GET", "PUT"]
    requests, _ = counted(array.__setitem__, (slice(0, 10), slice(0, 10)), 0)  # is removed
    assert len(requests) == 1
    assert array[0, 0] == 0


def test_a_group_and_its_members(store, counted):
    group = zarr_c.open_group(store, mode="a")
    for number in range(10):
        group.create_array(f"b/c{number}", shape=3)
    requests, members = counted(zarr_c.open_group(store, path="b", mode="r").members)
    assert len(members) == 10
    assert len(requests) == 11  # a listing, and one for each member
    requests, array = counted(group.create_array, "new", shape=3)
    assert len(requests) == 5  # its parent, and whether a node of either format is there
    requests, _ = counted(array.attrs.update, x=1)
    assert [request.split()[0] for request in requests] == ["GET", "PUT"]


def test_ranges_are_joined(store, counted):
    store["x"] = bytes(range(100))
    wanted = [(0, 5), (10, 5), (90, 5)]
    requests, values = counted(store.get_ranges, "x", wanted)
    assert values == [bytes(range(a, a + n)) for a, n in wanted]
    assert len(requests) == 1
    requests, values = counted(store.get_ranges, "x", wanted, max_gap_bytes=10)
    assert values == [bytes(range(a, a + n)) for a, n in wanted]
    assert len(requests) == 2
    requests, values = counted(store.get_range, "x", -10)
    assert (len(requests), values) == (1, bytes(range(90, 100)))


def test_batches(store, counted):
    objects = {f"m/{i}": bytes([i]) for i in range(20)}
    requests, _ = counted(store.set_many, objects)
    assert len(requests) == 20
    requests, found = counted(store.get_many, [*objects, "m/none"])
    assert (len(requests), found) == (21, objects)
    requests, _ = counted(store.delete_dir, "m")
    assert len(requests) == 2  # a listing and one removal of all
    assert store.list_dir("m") == []


def test_fetches_overlap(store, proxy):
    """100 requests that take 50 ms each are under way together, and so is decoding."""
    from time import perf_counter

    array = zarr_c.open_array(store, path="a", mode="r")
    array[0, 0]  # connects
    proxy.reset()
    proxy.latency = 0.05
    start = perf_counter()
    assert np.array_equal(array[...], DATA)
    assert perf_counter() - start < 100 * 0.05 / 4


@pytest.mark.parametrize("location", ["start", "end"])
def test_an_inner_chunk_of_a_shard_costs_two_requests_and_one_when_its_index_is_kept(
    store, counted, location
):
    zarr_c.create_array(
        store,
        "sharded",
        data=DATA,
        chunks=(10, 10),
        shards={"shape": (50, 100), "index_location": location},
    )
    array = zarr_c.open_array(store, path="sharded", mode="r")
    requests, value = counted(array.__getitem__, (55, 55))
    assert (len(requests), value) == (2, DATA[55, 55])
    requests, value = counted(array.__getitem__, (77, 5))
    kept = isinstance(store, ObjectStore)  # which tells the versions of what it gives
    assert (len(requests), value) == (1 if kept else 2, DATA[77, 5])
    other = zarr_c.open_array(store, path="sharded", mode="r+")
    other[50:, :] = DATA[50:, :] * 2
    requests, value = counted(array.__getitem__, (77, 5))  # the index is another one now
    assert (len(requests), value) == (3 if kept else 2, DATA[77, 5] * 2)
    requests, value = counted(array.__getitem__, (77, 5))
    assert (len(requests), value) == (1 if kept else 2, DATA[77, 5] * 2)


def test_a_slice_of_shards_is_one_request_for_each_and_its_index(store, counted):
    array = zarr_c.create_array(
        store, "sharded", data=DATA, chunks=(10, 10), shards=(50, 50), compressors=None
    )
    requests, values = counted(array.__getitem__, (slice(12, 18), slice(None)))
    assert np.array_equal(values, DATA[12:18])
    assert len(requests) == 4
    requests, values = counted(array.__getitem__, ...)
    assert np.array_equal(values, DATA)
    assert len(requests) == 4
    fresh = zarr_c.open_array(store, path="sharded", mode="r")
    requests, values = counted(fresh.__getitem__, ...)
    assert np.array_equal(values, DATA)
    assert len(requests) == 4, "each shard as a whole"
    requests, _ = counted(array.__setitem__, (slice(0, 50), slice(0, 50)), 1)
    assert [request.split()[0] for request in requests] == ["PUT"]
    requests, _ = counted(array.__setitem__, (3, 3), 2)
    assert [request.split()[0] for request in requests] == ["GET", "PUT"]


def test_a_consolidated_group_is_one_request(store, counted):
    group = zarr_c.create_group(store, path="many")
    for number in range(100):
        group.create_array(f"a{number}", shape=3)
    zarr_c.consolidate_metadata(store, path="many")

    def open_all():
        return dict(zarr_c.open_group(store, path="many", mode="r").arrays())

    requests, arrays = counted(open_all)
    assert (len(requests), len(arrays)) == (1, 100)


def test_changing_a_node(store, counted):
    array = zarr_c.open_array(store, path="a", mode="r+")
    assert len(counted(array.attrs.__setitem__, "b", 1)[0]) == 2
    lock = 2 if isinstance(store, ObjectStore) else 0
    assert len(counted(array.append, np.zeros((10, 100), "f4"))[0]) == 10 + 3 + lock
    assert zarr_c.open_array(store, path="a").attrs == {"b": 1}
