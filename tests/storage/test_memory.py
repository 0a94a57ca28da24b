"""Objects in memory: many of them, replaced under their readers."""

import pickle
import threading

import numpy as np
import pytest

import zarr_c
from zarr_c.storage import ManagedMemoryStore, MemoryStore


def test_a_hundred_thousand_objects():
    """The table grows without losing any, and shrinks in content when they go."""
    store = MemoryStore()
    for i in range(100_000):
        store._objects.put(f"a/{i}", str(i).encode())
    assert len(store._objects) == 100_000
    assert store.nbytes == sum(len(str(i)) for i in range(100_000))
    assert all(store._objects.get(f"a/{i}") == str(i).encode() for i in range(0, 100_000, 7))
    assert set(store.list()) == {f"a/{i}" for i in range(100_000)}
    for i in range(0, 100_000, 2):
        store._objects.delete(f"a/{i}")
    assert len(store._objects) == 50_000
    assert store.nbytes == sum(len(str(i)) for i in range(1, 100_000, 2))
    store.clear()
    assert (len(store._objects), store.nbytes) == (0, 0)


def test_a_reader_keeps_the_bytes_it_opened():
    """Readers, writers and deleters of one key at once: whole objects or none."""
    store, stop, wrong = MemoryStore(), threading.Event(), []

    def read():
        while not stop.is_set():
            value = store.get("k", b"")
            if value != value[:1] * len(value):
                wrong.append(value)

    def remove():
        while not stop.is_set():
            store.delete("k")

    threads = [threading.Thread(target=read) for _ in range(3)]
    threads.append(threading.Thread(target=remove))
    for thread in threads:
        thread.start()
    for i in range(2000):
        store["k"] = bytes([i % 256]) * (i % 5000)
    stop.set()
    for thread in threads:
        thread.join()
    assert wrong == []


def test_values_are_copies():
    value = bytearray(b"abc")
    store = MemoryStore({"k": value})
    value[0] = 0
    assert store["k"] == b"abc"
    array = np.arange(3, dtype="u1")
    store["n"] = array
    array[:] = 9
    assert store["n"] == b"\0\1\2"


@pytest.mark.parametrize("size", [0, 1, 63, 64, 65, 4096, (1 << 21) - 64, (1 << 21) + 1])
def test_objects_of_any_size(size):
    store = MemoryStore({"k": b"x" * size})
    assert store["k"] == b"x" * size
    assert store.getsize("k") == store.nbytes == size
    assert store.get_range("k", size, 5) == b""


def test_memory_store_by_its_arguments():
    assert dict(MemoryStore({"a": b"1"})) == {"a": b"1"}
    assert not MemoryStore(False)._normalize
    assert MemoryStore({"a": b"12"}).nbytes == 2
    assert MemoryStore() != MemoryStore({"a": b"1"})
    assert hash(MemoryStore()) == hash(MemoryStore())
    with pytest.raises(TypeError, match="'a'"):
        MemoryStore({"a": "text"})


def test_a_limit_of_bytes():
    store = MemoryStore(max_bytes=10)
    store["a"] = bytes(6)
    with pytest.raises(MemoryError, match=r"'b'.*limit of bytes.*expected 10, found 11"):
        store["b"] = bytes(5)
    assert dict(store) == {"a": bytes(6)}
    store["a"] = bytes(10)  # in the place of the 6
    with pytest.raises(MemoryError, match=r"'a'.*expected 10, found 11"):
        store["a"] = bytes(11)
    assert store.nbytes == 10
    del store["a"]
    store["b"] = bytes(10)
    assert pickle.loads(pickle.dumps(store)) == store
    for wrong in (-1, 1.5):
        with pytest.raises(ValueError, match="max_bytes"):
            MemoryStore(max_bytes=wrong)
    with pytest.raises(MemoryError):
        MemoryStore({"a": b"12"}, max_bytes=1)


def test_an_array_that_passes_the_limit_says_so():
    store = MemoryStore(max_bytes=5000)
    array = zarr_c.create_array(store, shape=1000, chunks=100, dtype="f8", compressors=None)
    with pytest.raises(MemoryError, match=r"'c/.*limit"):
        array[...] = 1
    assert store.nbytes <= 5000


def test_stores_with_a_name():
    store = ManagedMemoryStore("for-this-test")
    store["a"] = b"1"
    for same in (
        ManagedMemoryStore("for-this-test"),
        ManagedMemoryStore.from_url("memory://for-this-test/"),
        pickle.loads(pickle.dumps(store)),
    ):
        assert same == store
        assert same["a"] == b"1"
    assert (store.name, str(store)) == ("for-this-test", "memory://for-this-test")
    assert ManagedMemoryStore() != ManagedMemoryStore()
    assert ManagedMemoryStore("for-this-test", read_only=True) != store
    for wrong in ("file://x", "memory://a/b"):
        with pytest.raises(ValueError, match=r"url|name"):
            ManagedMemoryStore.from_url(wrong)
