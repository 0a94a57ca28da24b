"""What ObjectStore takes, how many requests it has under way, and what its errors say."""

import asyncio
import pickle
import threading
import time
from datetime import timedelta

import numpy as np
import obstore
import pytest
from children import run
from obstore.store import MemoryStore, S3Store

import zarr_c
from zarr_c.errors import StoreError
from zarr_c.storage import ObjectStore
from zarr_c.storage.resolve import resolve


def test_settings():
    store = ObjectStore(
        "s3://bucket/a/b/",
        access_key_id="k",
        secret_access_key="s",
        endpoint="http://localhost:1",
        timeout=1.5,
        max_retries=3,
        client_options={"user_agent": "x"},
    )
    place = store.store
    assert (place.config["bucket"], place.prefix.strip("/")) == ("bucket", "a/b")
    assert place.config["access_key_id"] == "k"
    assert place.client_options == {
        "timeout": "1500ms",
        "allow_http": "true",
        "user_agent": "x",
    }
    assert place.retry_config["max_retries"] == 3
    assert str(store) == "s3://bucket/a/b"
    assert pickle.loads(pickle.dumps(store)) == store


def test_credentials_of_the_environment(monkeypatch):
    """The storage page's example has none in it; these are used when a request is signed."""
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "from-the-environment")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "s")
    store = ObjectStore("s3://bucket/path/")
    signed = obstore.sign(store.store, "GET", "x", timedelta(minutes=1))
    assert "from-the-environment" in signed
    assert signed.startswith("http://127.0.0.1:9/bucket/path/x")


def test_stores_of_obstore():
    place = MemoryStore()
    store = ObjectStore(place)
    assert store.store is place
    assert ObjectStore(store=place) == store
    store["a"] = b"1"
    assert resolve(place).store == store
    assert resolve(place).store["a"] == b"1"
    array = zarr_c.create_array(place, name="x", data=np.arange(10))
    assert array[...].tolist() == list(range(10))
    assert ObjectStore(S3Store("b", prefix="p", region="r")) == ObjectStore(
        S3Store("b", prefix="p", region="r")
    )


def test_wrong_arguments():
    for arguments, options, error, match in (
        ((5,), {}, TypeError, "url: expected"),
        ((None,), {}, TypeError, "url: expected"),
        (("nonsense://x",), {}, ValueError, "nonsense"),
        (("s3://b",), {"nonsense": 1}, ValueError, "nonsense"),
        (("s3://b",), {"concurrency": 0}, ValueError, "concurrency"),
        ((MemoryStore(),), {"timeout": 5}, ValueError, "config: expected no settings"),
        ((MemoryStore(),), {"region": "x"}, ValueError, "config: expected no settings"),
    ):
        with pytest.raises(error, match=match):
            ObjectStore(*arguments, **options)


def test_without_obstore(monkeypatch):
    import sys

    monkeypatch.setitem(sys.modules, "obstore", None)
    with pytest.raises(ImportError, match=r"zarr_c\[obstore\]"):
        ObjectStore("s3://b")


class Counting:
    """Stands between a store and obstore, and sees how many requests are under way."""

    def __init__(self):
        self.lock = threading.Lock()
        self.now = self.most = 0

    def __getattr__(self, name):
        def call(*args, **kwargs):
            with self.lock:
                self.now += 1
                self.most = max(self.most, self.now)
            try:
                time.sleep(0.005)
                return getattr(obstore, name)(*args, **kwargs)
            finally:
                with self.lock:
                    self.now -= 1

        return call


def test_requests_under_way_are_bounded_across_calls():
    """Arrays, batches, coroutines and threads share the slots of one store and its copies."""
    store = ObjectStore(MemoryStore(), concurrency=5)
    store._obstore = counting = Counting()
    array = zarr_c.create_array(store, name="a", data=np.ones((20, 20)), chunks=(4, 4))
    reader = store.with_read_only(True)

    def work():
        assert array[...].all()
        assert len(reader.get_many([f"a/c/{i}/{j}" for i in range(5) for j in range(5)])) == 25

    async def many():
        await asyncio.gather(*(store.get_async(f"a/c/0/{i % 5}") for i in range(40)))

    threads = [threading.Thread(target=work) for _ in range(4)]
    threads.append(threading.Thread(target=lambda: asyncio.run(many())))
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert counting.most == 5


def test_a_new_node_is_created_conditionally():
    """Of two processes that create an array at once, one is told that it came second."""
    from zarr_c.errors import ContainsArrayError

    place = MemoryStore()
    seen = []

    class Racing(Counting):
        def put(self, store, path, value, **options):
            seen.append((path, options.get("mode")))
            if path == "a/zarr.json" and options.get("mode") == "create":
                obstore.put(place, path, other)  # another process is faster
            return obstore.put(store, path, value, **options)

    first = ObjectStore(place)
    zarr_c.create_array(first, "b", shape=3)
    other = first["b/zarr.json"]
    store = ObjectStore(place)
    store._obstore = Racing()
    with pytest.raises(ContainsArrayError, match="'a'"):
        zarr_c.create_array(store, "a", shape=5)
    assert store["a/zarr.json"] == other
    assert ("a/zarr.json", "create") in seen


def test_large_values_are_uploaded_in_parts(monkeypatch):
    from zarr_c.storage import object_store

    monkeypatch.setattr(object_store, "MULTIPART", 1 << 20)
    seen = []

    class Watching(Counting):
        def put(self, store, path, value, **options):
            seen.append(options)
            return obstore.put(store, path, value, **options)

    store = ObjectStore(MemoryStore())
    store._obstore = Watching()
    store["small"], store["large"] = bytes(1 << 20), bytes((1 << 20) + 1)
    assert [options["use_multipart"] for options in seen] == [False, True]
    assert store.getsize("large") == (1 << 20) + 1


def test_errors_keep_their_cause():
    store = ObjectStore("s3://b/x", endpoint="http://127.0.0.1:9", max_retries=0, timeout=1)
    with pytest.raises(StoreError, match=r"s3://b/x: cannot get 'a/b': GenericError") as caught:
        store["a/b"]
    assert isinstance(caught.value.__cause__, obstore.exceptions.BaseError)
    with pytest.raises(StoreError, match="cannot put 'a/b'"):
        store["a/b"] = b""


def test_a_forked_child_is_told():
    """obstore's threads do not survive a fork: an error instead of a wait without end."""
    code = """
    import os, pickle, sys, warnings
    import multiprocessing
    from obstore.store import MemoryStore
    from zarr_c.storage import ObjectStore
    warnings.simplefilter("ignore")
    store = ObjectStore(MemoryStore())

    def in_child(expected):
        child = os.fork()
        if child == 0:
            try:
                store["a"] = b"1"
                said = store["a"].decode()
            except RuntimeError as error:
                said = str(error)
            os._exit(0 if expected in said else 1)
        return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])

    assert in_child("1") == 0          # no request was made yet
    store["a"] = b"2"
    assert in_child("'spawn' or 'forkserver'") == 0
    assert store["a"] == b"2"
    print("done")
    """
    assert run(code, timeout=30) == "done\n"


def test_a_small_part_of_a_chunk_without_codecs_is_a_range():
    """One element of a large raw chunk is one request for its bytes, and damage still shows."""
    from zarr_c.errors import ChunkCorruptError

    seen = []

    class Watching(Counting):
        def get(self, store, path, **options):
            seen.append((path, options.get("options", {}).get("range")))
            return obstore.get(store, path, **options)

    store = ObjectStore(MemoryStore())
    store._obstore = Watching()
    data = np.arange(10_000, dtype="i4").reshape(100, 100)
    array = zarr_c.create_array(store, data=data, chunks=(50, 100), compressors=None)
    for selection, expected in (
        ((60, 7), ("c/1/0", (4028, 4032))),
        ((slice(52, 54), slice(3, 9, 2)), ("c/1/0", (812, 1232))),
        ((slice(10, 49), 0), ("c/0/0", None)),  # most of the chunk: all of it
    ):
        seen.clear()
        assert np.array_equal(array[selection], data[selection])
        assert seen == [expected]
    seen.clear()
    assert np.array_equal(array[40:60, ::-7], data[40:60, ::-7])
    assert len(seen) == 2
    for damaged in (b"", bytes(100), bytes(19_999), bytes(20_001)):
        store["c/1/0"] = damaged
        with pytest.raises(ChunkCorruptError, match="c/1/0"):
            array[60, 7]
    del store["c/1/0"]
    assert array[60, 7] == 0
    swapped = zarr_c.create_array(
        ObjectStore(MemoryStore()), data=data.astype(">i4"), chunks=(50, 100), zarr_format=2
    )
    assert swapped[60, 7] == data[60, 7]
