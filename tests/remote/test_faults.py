"""Wrong credentials, absent buckets, servers that die, networks that lose answers."""

import threading
import time

import numpy as np
import pytest
from proxy import Proxy
from servers import SeaweedServer

import zarr_c
from zarr_c.errors import ArrayNotFoundError, StoreError
from zarr_c.storage import FsspecStore, ObjectStore

KINDS = pytest.mark.parametrize("kind", ["s3fs", "obstore"])


def make_store(kind, server, path="faults", url=None, **options):
    place = f"s3://zarr/{path}"
    url = url or server.url
    if kind == "s3fs":
        return FsspecStore(place, **server.s3fs_options | {"endpoint_url": url} | options)
    return ObjectStore(place, **server.obstore_options | {"endpoint": url} | options)


@KINDS
def test_wrong_credentials(seaweed, kind):
    wrong = {"secret": "no"} if kind == "s3fs" else {"secret_access_key": "no"}
    store = make_store(kind, seaweed, **wrong)
    for use in (
        lambda: store["a"],
        lambda: store.get("a"),
        lambda: store.set("a", b"1"),
        lambda: store.get_many(["a", "b"]),
        lambda: zarr_c.open_array(store, path="a", mode="r"),
        lambda: zarr_c.create_array(store, name="a", shape=3),
    ):
        with pytest.raises(PermissionError) as caught:
            use()
        said = [caught.value, *getattr(caught.value, "__notes__", [])]
        assert "s3://zarr/faults" in "\n".join(map(str, said))
    assert not isinstance(caught.value, ArrayNotFoundError)


@KINDS
def test_an_absent_bucket_is_not_an_absent_object(seaweed, kind):
    """SeaweedFS makes a bucket on the first write, so this only reads."""
    kinds = {"s3fs": FsspecStore, "obstore": ObjectStore}
    options = {"s3fs": seaweed.s3fs_options, "obstore": seaweed.obstore_options}
    store = kinds[kind]("s3://no-such-bucket/x", **options[kind])
    with pytest.raises(FileNotFoundError, match=r"(?i)bucket"):
        store.get("a")
    with pytest.raises(FileNotFoundError, match=r"(?i)bucket") as caught:
        zarr_c.open_array(store, mode="r")
    assert not isinstance(caught.value, ArrayNotFoundError)


@KINDS
def test_no_server(seaweed, kind, tmp_path):
    """Once the retries are used up, an error names store and key and keeps its cause."""
    server = SeaweedServer(tmp_path)  # never started
    few = (
        {"config_kwargs": {"retries": {"max_attempts": 1}, "connect_timeout": 1}}
        if kind == "s3fs"
        else {"max_retries": 1, "timeout": 1}
    )
    store = make_store(kind, server, **few)
    with pytest.raises(StoreError, match="s3://zarr/faults: cannot get 'a/b'") as caught:
        store["a/b"]
    assert caught.value.__cause__ is not None


@KINDS
def test_a_flaky_network(seaweed, kind, tmp_path):
    """Answers that are lost or break off are asked for again; what arrives is right."""
    with Proxy(seaweed.port) as proxy:
        store = make_store(kind, seaweed, tmp_path.name, proxy.url)
        data = np.random.default_rng(0).integers(0, 1 << 30, (200, 300), "i4")
        array = zarr_c.create_array(store, data=data, chunks=(20, 30))
        seen = set()

        def first_time(request):
            """Every seventh object is met with trouble, once."""
            new = request not in seen and "/c/" in request and hash(request) % 7 == 0
            seen.add(request)
            return new

        proxy.drop = first_time
        assert np.array_equal(array[...], data)
        seen.clear()
        array[...] = data + 1
        proxy.drop = lambda request: False
        seen.clear()
        proxy.cut = lambda request: 100 if first_time(request) else None
        assert np.array_equal(array[...], data + 1)


@KINDS
def test_a_broken_answer_is_never_taken_for_an_object(seaweed, kind, tmp_path):
    with Proxy(seaweed.port) as proxy:
        few = {} if kind == "s3fs" else {"max_retries": 1, "timeout": 2}
        store = make_store(kind, seaweed, tmp_path.name, proxy.url, **few)
        store["a"] = bytes(range(256)) * 4000
        if kind == "s3fs":
            store.fs.retries = 1
        proxy.cut = lambda request: 5000 if request.endswith("/a") else None
        with pytest.raises(OSError, match="a"):
            store["a"]
        proxy.reset()
        assert store["a"] == bytes(range(256)) * 4000


@KINDS
def test_a_server_that_is_killed_during_a_write(kind, tmp_path):
    """What was acknowledged is there afterwards, and no object is a mixture.

    The writer goes on through the restart or reports an error; either way every object is the
    old value or the new one, and those written after the restart are new.
    """
    with SeaweedServer(tmp_path / "server") as server:
        server.make_bucket("zarr")
        patient = {} if kind == "s3fs" else {"max_retries": 20}
        store = make_store(kind, server, **patient)
        old, new = b"o" * 300_000, b"n" * 300_000
        names = [f"k{i}" for i in range(60)]
        store.set_many(dict.fromkeys(names, old))
        acknowledged = []

        def write():
            for name in names:
                try:
                    store[name] = new
                except OSError:
                    time.sleep(0.5)
                else:
                    acknowledged.append(name)

        writer = threading.Thread(target=write)
        writer.start()
        while len(acknowledged) < 10:
            time.sleep(0.01)
        server.kill()
        time.sleep(1)
        server.start()
        server.make_bucket("other")  # answers again
        writer.join(120)
        assert not writer.is_alive()
        found = store.get_many(names)
        assert found.keys() == set(names)
        assert {name for name in names if found[name] not in (old, new)} == set()
        assert [name for name in acknowledged if found[name] != new] == []
        assert found[names[-1]] == new


def test_a_killed_writer_leaves_old_or_new_objects(seaweed, tmp_path):
    """A process that uploads in parts and is killed: nobody sees half of an object."""
    from children import start

    code = """
    import sys
    from zarr_c.storage import ObjectStore
    store = ObjectStore(sys.argv[1], access_key_id="test", secret_access_key="testtest",
                        endpoint=sys.argv[2], region="us-east-1")
    print("ready", flush=True)
    store["big"] = b"n" * (80 << 20)
    print("done", flush=True)
    """
    url = f"s3://zarr/killed/{tmp_path.name}"
    store = ObjectStore(url, **seaweed.obstore_options)
    store["big"] = b"o" * 1000
    for delay in (0.02, 0.1, 0.3):
        with start(code, url, seaweed.url) as child:
            child.stdout.readline()
            time.sleep(delay)
            child.kill()
            child.wait()
        value = store["big"]
        assert value in (b"o" * 1000, b"n" * (80 << 20))
