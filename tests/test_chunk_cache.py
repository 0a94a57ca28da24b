"""The cache of decoded chunks: what it serves is what is stored, and its counts are exact."""

import os
import pickle
import random
import threading
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import zarr_c
from zarr_c.chunk_cache import ChunkCache
from zarr_c.storage import LocalStore, MappingStore, MemoryStore
from zarr_c.storage.wrapper import WrapperStore

ZSTD = {"name": "zstd", "configuration": {"level": 1}}
DATA = np.random.default_rng(7).integers(0, 1 << 30, (32, 32))
CHUNK = 8 * 8 * 8 + 128  # what a chunk of 8 x 8 elements takes in a cache


class FarStore(WrapperStore):
    """Counts the requests for chunks, of which none tells a version."""

    def __init__(self, store=None):
        super().__init__(MemoryStore() if store is None else store)
        self.requests = []

    def get(self, key, default=None, *, byte_range=None):
        if not key.endswith("zarr.json"):
            self.requests.append((key, byte_range))
        return super().get(key, default, byte_range=byte_range)

    def _concurrency(self):
        return 4

    def _arguments(self):
        return {"store": self._store}

    def asked(self):
        found = len(self.requests)
        self.requests.clear()
        return found


@pytest.fixture(params=["memory", "local", "far"])
def store(request, tmp_path):
    if request.param == "far":
        return FarStore()
    return MemoryStore() if request.param == "memory" else LocalStore(tmp_path / "x")


@pytest.fixture(params=[None, (16, 16)], ids=["chunks", "shards"])
def shards(request):
    return request.param


def make(store, data=DATA, chunks=(8, 8), **options):
    options = {"compressors": [ZSTD]} | options
    array = zarr_c.create_array(
        store, shape=data.shape, dtype=data.dtype, chunks=chunks, **options
    )
    array[...] = data
    return array


def counts(array):
    info = array.cache.info()
    return info.hits, info.misses, info.evictions, info.invalidations


def test_a_chunk_is_decoded_once(store, shards):
    array = make(store, shards=shards).with_cache(1 << 20)
    for _ in range(3):
        np.testing.assert_array_equal(array[3:20, 5:9], DATA[3:20, 5:9])
    assert counts(array) == (12, 6, 0, 0)
    assert array[4, 7] == DATA[4, 7]
    assert counts(array) == (13, 6, 0, 0)
    assert array.cache.info()[4:] == (6, 6 * CHUNK, 1 << 20)


def test_selections_of_every_kind_go_through_it(store, shards):
    array = make(store, shards=shards).with_cache(1 << 20)
    points = [3, 30, 3, 9], [1, 2, 31, 9]
    for _ in range(2):
        np.testing.assert_array_equal(array[::-3, 5], DATA[::-3, 5])
        np.testing.assert_array_equal(array.lazy.vindex[points].result(), DATA[points])
        np.testing.assert_array_equal(
            array.lazy.oindex[[9, 1], ::5].result(), DATA[[9, 1], ::5]
        )
        out = np.zeros((32, 32), DATA.dtype, order="F")
        array.get_basic_selection(out=out)
        np.testing.assert_array_equal(out, DATA)
    assert counts(array)[1:] == (16, 0, 0)


def test_the_least_lately_used_chunk_makes_room(store, shards):
    array = make(store, shards=shards).with_cache(2 * CHUNK + CHUNK - 1)
    first, second, third = (0, 0), (0, 8), (0, 16)
    for at, expected in [
        (first, (0, 1, 0)),
        (second, (0, 2, 0)),
        (first, (1, 2, 0)),
        (third, (1, 3, 1)),  # the second goes
        (first, (2, 3, 1)),
        (second, (2, 4, 2)),  # the third goes
        (first, (3, 4, 2)),
        (third, (3, 5, 3)),
    ]:
        assert array[at] == DATA[at]
        assert counts(array)[:3] == expected
        assert array.cache.info().nbytes <= 2 * CHUNK


@settings(max_examples=60, deadline=None)
@given(st.lists(st.integers(0, 15), max_size=60), st.integers(0, 6))
def test_it_keeps_what_a_model_keeps(reads, room):
    array = make(MemoryStore()).with_cache(room * CHUNK)
    kept, hits, evictions = [], 0, 0
    for chunk in reads:
        at = chunk // 4 * 8, chunk % 4 * 8
        assert array[at] == DATA[at]
        if room == 0:
            continue
        if chunk in kept:
            hits += 1
            kept.remove(chunk)
        elif len(kept) == room:
            evictions += 1
            kept.pop(0)
        kept.append(chunk)
    misses = len(reads) - hits if room else 0
    assert counts(array) == (hits, misses, evictions, 0)
    assert array.cache.info()[4:6] == (len(kept), len(kept) * CHUNK)


def test_chunks_that_are_larger_than_the_cache_are_not_kept(store, shards):
    array = make(store, shards=shards).with_cache(CHUNK - 1)
    for _ in range(2):
        np.testing.assert_array_equal(array[...], DATA)
    assert counts(array) == (0, 0, 0, 0)


def test_far_away_what_is_kept_costs_no_request(shards):
    store = FarStore()
    array = make(store, shards=shards).with_cache(1 << 20)
    store.asked()
    array[:16, :16]
    assert store.asked()
    np.testing.assert_array_equal(array[:16, :16], DATA[:16, :16])
    assert store.asked() == 0


def test_of_a_shard_only_what_is_missing_is_fetched():
    store = FarStore()
    array = make(store, shards=(32, 32)).with_cache(1 << 20)
    array[:8, :8]
    store.asked()
    np.testing.assert_array_equal(array[:8, :16], DATA[:8, :16])
    index, (_, (_, length)) = store.requests  # as (key, (start, length))
    assert index == ("c/0/0", (-16 * 16 - 4, None))
    assert length < 8 * 8 * 8  # that of one inner chunk
    assert counts(array)[:2] == (1, 2)


# ---- nothing stale


def others(array, store):
    """Ways to write an array that its handle with a cache knows nothing of."""
    yield array
    yield zarr_c.open_array(store, mode="r+")
    yield zarr_c.open_array(store, mode="r+").with_cache(1 << 20)
    if isinstance(store, LocalStore):  # memory would be copied
        yield pickle.loads(pickle.dumps(array))


def test_what_any_handle_writes_is_seen(store, shards):
    array = make(store, shards=shards)
    cached = array.with_cache(1 << 20)
    expected = DATA.copy()
    for number, other in enumerate(others(array, store)):
        np.testing.assert_array_equal(cached[...], expected)
        other[3:12, number] = expected[3:12, number] = -number
        np.testing.assert_array_equal(cached[...], expected)
    cached[0] = expected[0] = 5
    np.testing.assert_array_equal(cached[...], expected)


def test_a_handle_with_another_root_is_seen(tmp_path, shards):
    make(tmp_path / "group" / "x", shards=shards)
    cached = zarr_c.open_array(tmp_path / "group" / "x").with_cache(1 << 20)
    cached[...]
    zarr_c.open_group(tmp_path)["group/x"][9, 9] = -1
    assert cached[9, 9] == -1


def test_absent_chunks_are_not_kept(store, shards):
    array = zarr_c.create_array(
        store, shape=(32, 32), dtype="i8", chunks=(8, 8), shards=shards, fill_value=7
    )
    cached = array.with_cache(1 << 20)
    assert (cached[...] == 7).all()
    assert cached.cache.info().entries == 0
    array[8:16, :8] = 3
    assert (cached[8:16, :8] == 3).all()
    array[8:16, :8] = 7  # deletes it
    assert (cached[...] == 7).all()


def test_what_the_store_itself_changes_is_seen(store, shards):
    cached = make(store, shards=shards).with_cache(1 << 20)
    key = "c/0/0"
    cached[...]
    before = store[key]
    cached[0, 0] = -1
    assert cached[0, 0] == -1
    store[key] = before
    assert cached[0, 0] == DATA[0, 0]
    del store[key]
    assert cached[0, 0] == 0
    store[key] = before
    assert cached[0, 0] == DATA[0, 0]
    store.rename("c/0", "kept")
    assert cached[0, 0] == 0


def test_an_array_in_the_place_of_another_is_seen(store, shards):
    cached = make(store, shards=shards).with_cache(1 << 20)
    cached[...]
    make(store, DATA.astype("i8") + 1, shards=shards, overwrite=True)
    np.testing.assert_array_equal(cached[...], DATA + 1)
    make(store, DATA.astype("f8") / 3, shards=shards, overwrite=True)
    np.testing.assert_array_equal(cached.refresh()[...], DATA / 3)


def test_resizing_is_seen(store, shards):
    array = make(store, shards=shards)
    cached = array.with_cache(1 << 20)
    cached[...]
    cached.resize((12, 40))
    expected = np.zeros((12, 40), DATA.dtype)
    expected[:, :32] = DATA[:12]
    np.testing.assert_array_equal(cached[...], expected)
    cached.resize((32, 32))
    expected = np.zeros((32, 32), DATA.dtype)
    expected[:12] = DATA[:12]
    np.testing.assert_array_equal(cached[...], expected)


def test_what_other_processes_write_to_files_is_seen(tmp_path, shards):
    cached = make(tmp_path, shards=shards).with_cache(1 << 20)
    cached[...]
    make(tmp_path / "other", DATA + 1, shards=shards)
    os.replace(tmp_path / "other" / "c" / "0" / "0", tmp_path / "c" / "0" / "0")
    assert cached[3, 4] == DATA[3, 4] + 1
    assert cached.cache.info().invalidations == 1
    os.unlink(tmp_path / "c" / "0" / "0")
    assert cached[3, 4] == 0


def test_refreshing_drops_what_others_wrote_far_away(shards):
    inner = {}
    store = FarStore(MappingStore(inner))
    cached = make(store, name="x", shards=shards).with_cache(1 << 20)
    neighbour = zarr_c.create_array(store, name="y", data=DATA, chunks=(8, 8))
    neighbour = neighbour.with_cache(cached.cache)
    cached[...], neighbour[:8, :8]
    other = {}
    make(other, DATA + 1, name="x", shards=shards)
    inner.update(other)  # as another process would: past the store
    np.testing.assert_array_equal(cached[...], DATA)
    np.testing.assert_array_equal(cached.refresh()[...], DATA + 1)
    assert cached.cache.info().invalidations == 16
    hits = cached.cache.info().hits
    neighbour[0, 0]
    assert cached.cache.info().hits == hits + 1


def test_missing_inner_chunks_are_seen_when_another_handle_writes_them(tmp_path):
    """Also without a cache: the index that was kept says that they are missing."""
    for store in (MemoryStore(), LocalStore(tmp_path)):
        array = zarr_c.create_array(store, shape=64, dtype="i4", chunks=(8,), shards=(32,))
        array[:8] = 1
        reader = zarr_c.open_array(store)
        assert reader[8] == 0
        array[8:16] = 2
        assert reader[8] == 2


# ---- what it is used with


def test_arrays_share_a_cache():
    store, cache = MemoryStore(), ChunkCache(1 << 20)
    one = zarr_c.create_array(store, name="a", data=DATA, chunks=(8, 8)).with_cache(cache)
    two = zarr_c.create_array(store, name="b", data=DATA + 1, chunks=(8, 8)).with_cache(cache)
    for _ in range(2):
        np.testing.assert_array_equal(one[:8], DATA[:8])
        np.testing.assert_array_equal(two[:8], DATA[:8] + 1)
    assert cache.info()[:5] == (8, 8, 0, 0, 8)
    again = zarr_c.open_array(store, path="a").with_cache(cache)
    np.testing.assert_array_equal(again[:8], DATA[:8])
    assert cache.info().hits == 12
    cache.clear()
    assert cache.info()[4:6] == (0, 0)


def test_chunks_that_differ_in_shape(store):
    for chunks in ([[8, 24], [16, 16]], [[8, 24], [5, 11, 16]]):
        for filters in ([], [{"name": "transpose", "configuration": {"order": [1, 0]}}]):
            array = zarr_c.create_array(
                store,
                shape=(32, 32),
                dtype="i8",
                chunks=chunks,
                filters=filters,
                compressors=[ZSTD],
                overwrite=True,
            )
            cached = array.with_cache(1 << 20)
            array[...] = DATA
            for _ in range(2):
                np.testing.assert_array_equal(cached[...], DATA)
            n = len(chunks[1]) * 2
            assert counts(cached)[:2] == (n, n)
            array[30] = 1
            assert (cached[30] == 1).all()


def test_strings_and_objects_are_read_as_ever(store):
    strings = np.array(["a", "b" * 50, ""], np.dtypes.StringDType())
    cached = make(store, strings, chunks=(2,)).with_cache(1 << 20)
    for _ in range(2):
        assert cached[...].tolist() == strings.tolist()
    assert cached.cache.info()[:5] == (0, 0, 0, 0, 0)


def test_chunks_without_codecs_are_kept_of_stores_far_away_only(tmp_path):
    for store, kept in [(LocalStore(tmp_path), 0), (MemoryStore(), 0), (FarStore(), 16)]:
        cached = make(store, compressors=None).with_cache(1 << 20)
        for _ in range(2):
            np.testing.assert_array_equal(cached[...], DATA)
        assert counts(cached) == (kept, kept, 0, 0)


def test_big_endian_and_transposed_chunks(store):
    for dtype, order in [(">f4", "C"), ("<i2", "F"), (">c16", "F")]:
        data = (DATA % 1000).astype(dtype)
        array = zarr_c.create_array(
            store, data=data, chunks=(8, 8), zarr_format=2, order=order, overwrite=True
        ).with_cache(1 << 20)
        for _ in range(2):
            np.testing.assert_array_equal(array[1:, ::3], data[1:, ::3])
        assert array.cache.info().hits == 16


def test_damage_is_an_error_and_is_not_kept(store, shards):
    cached = make(store, shards=shards).with_cache(1 << 20)
    key = "c/0/0"
    whole = store[key]
    store[key] = b"\0" * 40 + whole[40:]
    with pytest.raises(zarr_c.errors.ChunkCorruptError):
        cached[...]
    store[key] = whole
    np.testing.assert_array_equal(cached[...], DATA)


@pytest.mark.parametrize("room", [3 * CHUNK, 1 << 20])
def test_threads_read_what_threads_have_written(store, shards, room):
    """Each row belongs to a thread, which reads back what it wrote; all share chunks."""
    if isinstance(store, FarStore):
        shards = None  # without versions, index and chunks of a replaced one may not fit
    array = make(store, np.zeros((32, 32), "i8"), shards=shards)
    cached = array.with_cache(room)

    def work(row):
        choose = random.Random(row)
        for step in range(40):
            if choose.random() < 0.3:
                (cached if choose.random() < 0.5 else array)[row] = row * 1000 + step
                value = row * 1000 + step
                assert (cached[row] == value).all()
            other = choose.randrange(32)
            seen = cached[other, choose.randrange(32)]
            assert seen == 0 or seen // 1000 == other

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(work, range(1, 32, 4)))
    info = cached.cache.info()
    assert info.nbytes == info.entries * CHUNK <= room
    np.testing.assert_array_equal(cached[...], array[...])


@pytest.mark.filterwarnings("ignore:.*multi-threaded.*fork:DeprecationWarning")
def test_a_child_reads_through_what_its_parent_kept(tmp_path, shards):
    cached = make(tmp_path, shards=shards).with_cache(1 << 20)
    cached[...]
    stop = threading.Event()

    def read():
        while not stop.is_set():
            cached[...]

    reader = threading.Thread(target=read)
    reader.start()
    try:
        for _ in range(5):
            child = os.fork()
            if child == 0:
                same = (cached[...] == DATA).all()
                cached[0, 0] = DATA[0, 0]
                os._exit(0 if same and cached[0, 0] == DATA[0, 0] else 1)
            assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    finally:
        stop.set()
        reader.join()


def test_pickling_keeps_the_cache_within_a_process(tmp_path):
    cached = make(tmp_path).with_cache(12345)
    again = pickle.loads(pickle.dumps(cached))
    assert again.cache is cached.cache
    data = pickle.dumps(cached)
    del cached, again
    fresh = pickle.loads(data)
    assert fresh.cache.info() == (0, 0, 0, 0, 0, 0, 12345)
    np.testing.assert_array_equal(fresh[...], DATA)


def test_handles_without_and_with(store):
    array = make(store)
    assert array.cache is None
    cached = array.with_cache(1 << 20)
    assert cached.cache.max_bytes == 1 << 20
    assert cached.with_config({"order": "F"}).cache is cached.cache
    assert cached.with_cache(None).cache is None
    assert cached == array
    assert repr(cached.cache) == "<ChunkCache 0 chunks, 0 of 1048576 bytes, 0 hits, 0 misses>"


@pytest.mark.parametrize("size", ["1", 1.5, True, [1]])
def test_sizes_that_are_no_integers(size):
    with pytest.raises(TypeError, match="max_bytes"):
        ChunkCache(size)


def test_negative_sizes():
    with pytest.raises(ValueError, match="max_bytes"):
        make(MemoryStore()).with_cache(-1)
