"""What a call costs does not grow with what it does not touch: requests and memory, counted."""

import json
import sys
import threading
import time
import tracemalloc
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

import zarr_c
from tests.helpers.counting import Counting
from zarr_c.storage import LocalStore, MemoryStore, WrapperStore


class Requests(WrapperStore):
    """Counts the requests of every kind."""

    def __init__(self, store):
        super().__init__(store)
        self.made = []

    def get(self, key, default=None, *, byte_range=None):
        self.made.append(("get", key))
        return super().get(key, default, byte_range=byte_range)

    def set(self, key, value):
        self.made.append(("set", key))
        super().set(key, value)

    def delete(self, key):
        self.made.append(("delete", key))
        super().delete(key)

    def list_prefix(self, prefix):
        self.made.append(("list", prefix))
        return super().list_prefix(prefix)

    def list_dir(self, prefix=""):
        self.made.append(("list_dir", prefix))
        return super().list_dir(prefix)


def sparse(store, side):
    """A cube with three of its chunks stored, near both ends and in the middle."""
    array = zarr_c.create_array(
        store, shape=(side,) * 3, chunks=(10,) * 3, dtype="f8", compressors=None
    )
    for i in (0, side // 2, side - 1):
        array[i, i, i] = i + 1
    return array


def traced(call):
    """Peak of the Python memory that a call takes, in bytes."""
    call()
    tracemalloc.start()
    try:
        call()
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


USES = {
    "open": lambda a: zarr_c.open_array(a.store, mode="r"),
    "slice": lambda a: a[0, 0, 0:3],
    "absent": lambda a: a[11, 11, 11:14],
    "points": lambda a: a.vindex[[0, 11], [0, 11], [0, 11]],
    "write": lambda a: a.__setitem__((0, 0, 0), 5),
    "grow": lambda a: a.resize((a.shape[0] + 7, *a.shape[1:])),
    "shrink": lambda a: a.resize((a.shape[0] - 7, *a.shape[1:])),
    "facts": lambda a: (repr(a), repr(a.info), a.nchunks, a.cdata_shape, a.size),
    "stored": lambda a: (a.nchunks_initialized, repr(a.info_complete())),
}


@pytest.mark.parametrize("use", USES)
@pytest.mark.parametrize("exponent", [12, 18])
def test_a_grid_of_any_size_costs_the_same(use, exponent):
    """Requests and memory of an array of 10^12 and 10^18 elements are those of one of 10^6."""
    found = []
    for side in (100, 10 ** (exponent // 3)):
        store = Requests(MemoryStore())
        array = sparse(store, side)
        store.made.clear()
        USES[use](array)
        requests = [kind for kind, _ in store.made]
        if use == "shrink" and side == 100:
            requests = None  # a small grid is tried chunk by chunk, a large one is listed
        found.append((requests, traced(lambda array=array: USES[use](array))))
    (few, small), (many, large) = found
    assert few is None or many == few
    assert large <= 2 * small + 4096


@pytest.mark.parametrize("side", [10**4, 10**6])
def test_shrinking_a_large_grid_touches_what_is_stored(side):
    """One listing, and requests for the chunks that are cut or fall away."""
    store = Requests(MemoryStore())
    array = sparse(store, side)
    store.made.clear()
    array.resize((side // 2 + 1,) * 3)
    last, middle = (side - 1) // 10, side // 20
    touched = {(kind, key) for kind, key in store.made if "zarr.json" not in key}
    chunk = f"c/{middle}/{middle}/{middle}"
    assert ("delete", f"c/{last}/{last}/{last}") in touched
    assert touched <= {
        ("list", ""),
        ("delete", f"c/{last}/{last}/{last}"),
        ("get", chunk),
        ("set", chunk),
        ("delete", chunk),
    }
    assert array.nchunks_initialized == 2
    assert array[side // 2, side // 2, side // 2] == side // 2 + 1


def test_appending_to_a_large_grid_lists_nothing():
    """An append asks for the metadata and the chunks that it writes."""
    store = Requests(MemoryStore())
    array = zarr_c.create_array(store, shape=(10**15, 4), chunks=(10, 4), dtype="i4")
    store.made.clear()
    assert array.append(np.ones((10, 4), "i4")) == (10**15 + 10, 4)
    assert not [request for request in store.made if request[0].startswith("list")]
    assert len(store.made) <= 8


def test_no_python_object_for_a_chunk():
    """Reading and writing 10^5 chunks makes no more Python objects than doing so with 10^2."""
    blocks = []
    for side in (10, 316):
        data = np.arange(1, 4 * side * side + 1, dtype="i4").reshape(2 * side, 2 * side)
        out = np.empty_like(data)
        array = zarr_c.create_array(
            MemoryStore(), shape=data.shape, chunks=(2, 2), dtype="i4", compressors=None
        )
        assert traced(lambda a=array, d=data: a.__setitem__(..., d)) < 16384
        assert traced(lambda a=array, o=out: a.get_basic_selection(..., out=o)) < 16384
        assert (out == data).all()
        before = sys.getallocatedblocks()
        array.get_basic_selection(..., out=out)
        blocks.append(sys.getallocatedblocks() - before)
    assert abs(blocks[1] - blocks[0]) < 100


def keys_below(keys, prefix):
    return sorted(key for key in keys if not prefix or key.startswith(prefix + "/"))


def names_in(keys, prefix):
    head = f"{prefix}/" if prefix else ""
    return sorted({k[len(head) :].split("/")[0] for k in keys if k.startswith(head)})


def test_directories_of_a_memory_store():
    """Listings are those of a dictionary of keys, after any puts, deletions and clearings."""
    random = np.random.default_rng(0)
    store, known = MemoryStore(), set()
    parts = ["a", "b", "ab", "c", "ä"]
    for step in range(4000):
        key = "/".join(random.choice(parts, random.integers(1, 5)))
        if random.random() < (0.6 if step % 1000 < 500 else 0.3):
            store[key] = b"x" * int(random.integers(3))
            known.add(key)
        elif random.random() < 0.02:
            store.delete_dir(key)
            known -= set(keys_below(known, key))
        else:
            store.delete(key)
            known.discard(key)
        if step % 37 == 0:
            for prefix in ("", "a", "a/b", "ab", "ä", key, "none"):
                assert sorted(store.list_prefix(prefix)) == keys_below(known, prefix)
                assert sorted(store.list_dir(prefix)) == names_in(known, prefix)
        assert len(store) == len(known)
    store.clear()
    assert store.list() == store.list_dir() == []
    store["a/b"] = b"1"
    assert store.list_dir("a") == ["b"]


def test_a_listing_costs_what_it_lists():
    """A directory of two objects is listed without a look at 10^5 others."""
    store = MemoryStore()
    for i in range(2):
        store[f"few/{i}"] = b""

    def least():
        times = []
        for _ in range(20):
            start = time.perf_counter()
            store.list_prefix("few")
            store.list_dir("few")
            times.append(time.perf_counter() - start)
        return min(times)

    alone = least()
    for i in range(100_000):
        store[f"many/{i % 100}/{i}"] = b""
    assert least() < 20 * alone  # 10^5 keys would be some 1,000 times


def test_members_of_many_groups_in_a_memory_store():
    """Twenty times the groups take about twenty times as long: each is listed by itself."""

    def least(groups):
        store = MemoryStore()
        root = zarr_c.create_group(store)
        for i in range(groups):
            root.create_group(f"g{i}/inner")
        times = []
        for _ in range(3):
            start = time.perf_counter()
            assert len(root.members(None)) == 2 * groups
            times.append(time.perf_counter() - start)
        return min(times) / groups

    assert least(2000) < 3 * least(100)


@pytest.mark.parametrize("zarr_format", [2, 3])
def test_requests_of_a_large_group(zarr_format):
    """One member is found, and one more made, with as many requests in 2,000 as in 20."""
    made = []
    for members in (20, 2000):
        store = Requests(MemoryStore())
        group = zarr_c.create_group(store, zarr_format=zarr_format)
        for i in range(members):
            group.create_group(f"m{i}")
        store.made.clear()
        assert "m7" in group
        assert "none" not in group
        assert group["m7"].name == "/m7"
        group.create_array("one_more", shape=(4,), dtype="i4")
        made.append([kind for kind, _ in store.made])
        store.made.clear()
        assert len(list(group.keys())) == members + 1
        requests = [kind for kind, _ in store.made]
        assert requests.count("list_dir") == 1
        assert len(requests) <= 1 + (3 if zarr_format == 2 else 1) * (members + 1)
    assert made[0] == made[1]


@pytest.mark.parametrize("zarr_format", [2, 3])
def test_deleting_from_a_consolidated_hierarchy(zarr_format):
    """A group goes with all below it, also where one between has no documents of its own."""
    store = MemoryStore()
    root = zarr_c.create_group(store, zarr_format=zarr_format)
    for path in ("a/b/c", "a/b/d", "ab/c", "e"):
        root.create_array(path, shape=(4,), dtype="i4", fill_value=1)
    zarr_c.consolidate_metadata(store)
    document = "zarr.json" if zarr_format == 3 else ".zgroup"
    key = "zarr.json" if zarr_format == 3 else ".zmetadata"
    stored = json.loads(store[key])
    paths = (
        stored["consolidated_metadata"]["metadata"] if zarr_format == 3 else stored["metadata"]
    )
    for path in ("a/b", f"a/b/{document}"):  # as if another program had not listed it
        paths.pop(path, None)
    store[key] = json.dumps(stored).encode()
    listed = zarr_c.open_consolidated(store)
    assert "a/b/c" in listed
    assert "a/b" not in listed
    del zarr_c.open_group(store, use_consolidated=False)["a"]
    assert f"a/{document}" not in store
    for path in ("a", "a/b", "a/b/c", "a/b/d"):
        assert path not in listed
    assert not [path for path in listed._snapshot._nodes if path.startswith("a/")]
    assert sorted(name for name, _ in listed.members(None)) == ["ab", "ab/c", "e"]


@pytest.mark.parametrize("codec", [None, "zstd"])
def test_a_shard_of_very_many_chunks(tmp_path, codec):
    """Of 10^5 inner chunks one is read by two requests: the index, and the chunk itself."""
    compressors = None if codec is None else zarr_c.codecs.ZstdCodec()
    data = np.arange(400_000, dtype="i4").reshape(1000, 400)
    options = {"shape": data.shape, "dtype": "i4", "compressors": compressors}
    array = zarr_c.create_array(
        tmp_path / "z", chunks=(2, 2), shards=data.shape, fill_value=-1, **options
    )
    array[...] = data
    assert (array[...] == data).all()
    array[500, 100] = -5
    data[500, 100] = -5
    assert (zarr_c.open_array(tmp_path / "z")[498:503] == data[498:503]).all()
    store = Counting(LocalStore(tmp_path / "z"))
    array = zarr_c.open_array(store, mode="r")
    store.read.clear()
    assert array[999, 399] == data[999, 399]
    assert store.read["c/0/0"] == 2


def test_many_python_threads_and_few_cores(tmp_path):
    """64 threads read two arrays, with pools of 64, and all get the right elements."""
    data = np.random.default_rng(0).integers(0, 100, (256, 256)).astype("i4")
    arrays = []
    for name, store in (("a", LocalStore(tmp_path)), ("b", MemoryStore())):
        array = zarr_c.create_array(store, name=name, data=data, chunks=(8, 8))
        arrays.append(array)
    gate = threading.Barrier(64)

    def work(number):
        array = arrays[number % 2]
        gate.wait()
        return all((array[row:] == data[row:]).all() for row in range(0, 256, 16))

    with zarr_c.config.set({"threads": 64}), ThreadPoolExecutor(64) as pool:
        assert all(pool.map(work, range(64)))


def test_many_threads_on_few_cores_cost_little():
    """A pool of 64 threads reads many small chunks about as fast as one of two."""
    data = np.arange(1 << 20, dtype="i4").reshape(1024, 1024)
    array = zarr_c.create_array(MemoryStore(), data=data, chunks=(16, 16), compressors=None)
    out = np.empty_like(data)

    def least(threads):
        times = []
        with zarr_c.config.set({"threads": threads}):
            for _ in range(30):
                start = time.perf_counter()
                array.get_basic_selection(..., out=out)
                times.append(time.perf_counter() - start)
        return min(times)

    two = least(2)
    assert least(64) < 4 * two
    assert (out == data).all()
