"""The read and write paths where chunks lie in shards: what is fetched, copied, left alone."""

import threading

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import zarr_c
from zarr_c.errors import ChunkCorruptError, ChunkNotFoundError
from zarr_c.storage import LocalStore, MemoryStore
from zarr_c.storage.wrapper import WrapperStore

ZSTD = {"name": "zstd", "configuration": {"level": 1}}


class FarStore(WrapperStore):
    """Counts the requests for chunks, and has many under way at once."""

    def __init__(self, store):
        super().__init__(store)
        self.requests = []

    def get(self, key, default=None, *, byte_range=None):
        if not key.endswith("zarr.json"):
            self.requests.append((key, byte_range))
        return super().get(key, default, byte_range=byte_range)

    def _concurrency(self):
        return 4

    def _arguments(self):
        return {"store": self._store}

    def count(self, function, *args):
        self.requests.clear()
        result = function(*args)
        return len(self.requests), result


@pytest.fixture(params=["memory", "local", "mapped", "far"])
def store(request, tmp_path):
    if request.param == "far":
        return FarStore(MemoryStore())
    if request.param == "memory":
        return MemoryStore()
    return LocalStore(tmp_path, mmap=request.param == "mapped")


def make(store, data, chunks, shards, **kwargs):
    array = zarr_c.create_array(
        store, shape=data.shape, dtype=data.dtype, chunks=chunks, shards=shards, **kwargs
    )
    array[...] = data
    return array


@st.composite
def operations(draw):
    """Shapes of an array and its parts, codecs, and selections to write and read."""
    ndim = draw(st.integers(0, 3))
    shape, chunks, shards = [], [], []
    for _ in range(ndim):
        chunks.append(draw(st.integers(1, 4)))
        shards.append(chunks[-1] * draw(st.integers(1, 4)))
        shape.append(draw(st.integers(0, 20)))

    def selection():
        return tuple(
            slice(
                draw(st.none() | st.integers(-n - 1, n + 1)),
                draw(st.none() | st.integers(-n - 1, n + 1)),
                draw(st.sampled_from([None, 1, 2, 5, -1, -3])),
            )
            for n in shape
        )

    steps = [
        (selection(), draw(st.sampled_from("wwfr"))) for _ in range(draw(st.integers(1, 6)))
    ]
    compressors = draw(st.sampled_from([None, "zstd", "gzip"]))
    location = draw(st.sampled_from(["start", "end"]))
    return tuple(shape), tuple(chunks), tuple(shards), compressors, location, steps


@settings(
    max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(operations(), st.sampled_from(["<i2", ">f8", "u1"]), st.integers(1, 3))
def test_any_selection_is_written_and_read_as_numpy_does(store, case, dtype, threads):
    shape, chunks, shards, compressors, location, steps = case
    dtype = np.dtype(dtype)
    array = zarr_c.create_array(
        store,
        shape=shape,
        dtype=dtype,
        chunks=chunks,
        shards={"shape": shards, "index_location": location},
        compressors=compressors,
        serializer={"name": "bytes", "configuration": {"endian": "big"}},
        fill_value=3,
        overwrite=True,
    )
    expected = np.full(shape, 3, array.dtype)
    numbers = np.random.default_rng(0)
    with zarr_c.config.set({"threads": threads}):
        for selection, kind in steps:
            if kind == "r":
                assert np.array_equal(array[selection], expected[selection])
            elif kind == "f":
                array[selection] = expected[selection] = 3
            else:
                values = numbers.integers(0, 100, expected[selection].shape)
                array[selection] = expected[selection] = values.astype(array.dtype)
        assert np.array_equal(array[...], expected)
        assert np.array_equal(zarr_c.open_array(store)[...], expected)


def test_one_inner_chunk_costs_two_requests_then_one(tmp_path):
    data = np.arange(4000, dtype="i4").reshape(40, 100)
    array = make(FarStore(LocalStore(tmp_path)), data, (10, 10), (40, 50), compressors=ZSTD)
    store = array.store
    n, value = store.count(lambda: array[15, 25])
    assert (n, int(value)) == (2, data[15, 25])
    assert all(byte_range is not None for _, byte_range in store.requests)


def test_an_index_is_kept_as_long_as_its_shard_is_the_same(tmp_path):
    """A store that tells versions: `LocalStore`, whose files can be watched being opened."""
    data = np.arange(4000, dtype="i4").reshape(40, 100)
    array = make(tmp_path, data, (10, 10), (40, 50), compressors=None)
    assert int(array[15, 25]) == data[15, 25]
    other = zarr_c.open_array(tmp_path)
    other[0:40, 0:50] = data[0:40, 0:50][::-1]
    assert int(array[15, 25]) == data[24, 25], "another handle has replaced the shard"
    other[0:40, 0:50] = 0
    assert int(array[15, 25]) == 0, "another handle has deleted the shard"
    array[15, 25] = 7
    assert int(array[15, 25]) == 7
    assert int(other[15, 25]) == 7


def test_neighbours_are_one_request(tmp_path):
    data = np.random.default_rng(0).integers(0, 255, (100, 1000), "u1")
    store = FarStore(LocalStore(tmp_path))
    array = make(store, data, (10, 10), (100, 500), compressors=None)
    n, found = store.count(lambda: array[10:20, 0:60])  # 6 inner chunks of 500
    assert n == 2
    assert np.array_equal(found, data[10:20, 0:60])
    near = array.with_config({"sharding_coalesce_max_gap_bytes": 0})
    n, found = store.count(lambda: near[10:20, 0:100:40])  # 3 with gaps between them
    assert n == 4
    assert np.array_equal(found, data[10:20, 0:100:40])
    small = array.with_config({"sharding_coalesce_max_bytes": 250})
    n, found = store.count(lambda: small[10:20, 0:60])
    assert n == 1 + 3
    assert np.array_equal(found, data[10:20, 0:60])


def test_a_shard_that_is_wanted_by_half_is_one_request(tmp_path):
    data = np.arange(4000, dtype="i4").reshape(40, 100)
    store = FarStore(LocalStore(tmp_path))
    array = make(store, data, (10, 10), (40, 50))
    for selection, requests in (((...,), 2), ((slice(0, 20), slice(0, 50)), 1)):
        n, found = store.count(array.__getitem__, selection)
        assert np.array_equal(found, data[selection])
        assert (n, {part for _, part in store.requests}) == (requests, {None})


def test_inner_chunks_that_are_not_selected_are_copied_as_they_are():
    """Even those that cannot be decoded."""
    data = np.arange(64, dtype="i4")
    array = make(MemoryStore(), data, (8,), (64,), compressors=ZSTD)
    shard = bytearray(array.store["c/0"])
    index = np.frombuffer(shard[-132:-4], "<u8").reshape(8, 2)
    offset, nbytes = map(int, index[2])
    shard[offset : offset + nbytes] = b"\xee" * nbytes
    array.store["c/0"] = bytes(shard)
    array[40:43] = [1, 2, 3]
    assert array[40:48].tolist() == [1, 2, 3, 43, 44, 45, 46, 47]
    changed = array.store["c/0"]
    index = np.frombuffer(changed[-132:-4], "<u8").reshape(8, 2)
    assert changed[int(index[2, 0]) :][: int(index[2, 1])] == b"\xee" * nbytes
    with pytest.raises(ChunkCorruptError, match="c/0"):
        array[16]
    with pytest.raises(ChunkCorruptError, match="c/0"):
        array[17] = 1
    assert array.store["c/0"] == changed, "nothing is half written"
    array[16:24] = 0  # covers the damaged one
    assert array[16:24].tolist() == [0] * 8


def test_writers_of_one_shard_lose_nothing(store):
    array = make(store, np.zeros(512, "i4"), (4,), (512,), compressors=ZSTD)
    barrier = threading.Barrier(4)

    def write(first):
        barrier.wait()
        for i in range(first, 512, 4):
            array[i] = i + 1

    threads = [threading.Thread(target=write, args=(first,)) for first in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert array[...].tolist() == list(range(1, 513))


def test_readers_see_old_or_new_shards_while_one_is_replaced(tmp_path):
    """Every element of a shard is of one write, however often the index has changed."""
    rng = np.random.default_rng(0)
    array = make(tmp_path, np.zeros(4096, "i8"), (64,), (4096,), compressors=ZSTD)
    reader = zarr_c.open_array(tmp_path, mode="r")
    stop = threading.Event()

    def write():
        while not stop.is_set():
            value = int(rng.integers(1, 2**60))
            noise = rng.integers(0, 2, 4096)  # makes the sizes of inner chunks differ
            array[...] = value * 2 + noise

    thread = threading.Thread(target=write)
    thread.start()
    try:
        for _ in range(300):
            found = reader[...] // 2
            assert (found[:64] == found[0]).all()
            assert 0 <= int(reader[1000]) < 2**62
    finally:
        stop.set()
        thread.join()


def test_absent_shards_can_be_errors():
    array = make(MemoryStore(), np.zeros(64, "i4"), (8,), (16,))
    array[0] = 1
    strict = array.with_config({"read_missing_chunks": False})
    assert strict[0:16].tolist() == [1] + [0] * 15
    with pytest.raises(ChunkNotFoundError, match="c/1"):
        strict[...]


def test_rows_of_uncompressed_inner_chunks_are_all_that_is_read(tmp_path):
    data = np.arange(10_000, dtype="i4").reshape(100, 100)
    store = FarStore(LocalStore(tmp_path))
    array = make(store, data, (50, 50), (100, 100), compressors=None)
    n, found = store.count(array.__getitem__, (30, slice(10, 20)))
    assert found.tolist() == data[30, 10:20].tolist()
    assert n == 2
    assert store.requests[1] == ("c/0/0", (30 * 200 + 40, 40))


def test_shards_are_whole_numbers_of_chunks():
    array = zarr_c.create_array(
        {}, shape=(100, 90), dtype="f4", chunks=(10, 9), shards=(-1, 45)
    )
    assert (array.chunks, array.shards) == ((10, 9), (100, 45))
    assert (array.cdata_shape, array.nchunks) == ((10, 10), 100)
    assert array.nchunks_initialized == 0
    array[0, 0] = 1
    assert array.nchunks_initialized == 50
    auto = zarr_c.create_array(
        {}, shape=(4096, 4096), dtype="f4", chunks=(64, 64), shards="auto"
    )
    assert all(s % 64 == 0 for s in auto.shards)
    assert 2**25 <= np.prod(auto.shards) * 4 <= 2**26
    both = zarr_c.create_array({}, shape=(3000, 3000), dtype="f4", shards=(1500, 1000))
    assert all(s % c == 0 for s, c in zip(both.shards, both.chunks, strict=True))
    with pytest.raises(ValueError, match="shards: expected multiples of the chunks"):
        zarr_c.create_array({}, shape=100, dtype="f4", chunks=10, shards=25)
    with pytest.raises(ValueError, match="Zarr v2 has none"):
        zarr_c.create_array({}, shape=100, dtype="f4", chunks=10, shards=20, zarr_format=2)
    like = zarr_c.full_like(array, fill_value=2, store={})
    assert (like.chunks, like.shards) == (array.chunks, array.shards)
