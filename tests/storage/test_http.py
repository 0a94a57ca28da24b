"""Reading over HTTP, from servers that answer ranges and from those that ignore them."""

import numpy as np
import pytest
from web import Plain, Ranged, web_server

import zarr_c
from zarr_c.errors import ArrayNotFoundError, ReadOnlyError
from zarr_c.storage import FsspecStore, LocalStore, ObjectStore

DATA = np.arange(6000, dtype="i4").reshape(60, 100)


@pytest.fixture(params=[Plain, Ranged], ids=["plain", "ranged"])
def server(request, tmp_path):
    group = zarr_c.create_group(LocalStore(tmp_path / "data.zarr"), attributes={"title": "x"})
    group.create_array("a", data=DATA, chunks=(7, 30))
    group.create_group("b").create_array("ünï c", data=DATA[0])
    (tmp_path / "data.zarr" / "digits").write_bytes(b"0123456789")
    (tmp_path / "data.zarr" / "empty").write_bytes(b"")
    with web_server(tmp_path, request.param) as server:
        yield server


@pytest.fixture
def store(server):
    return FsspecStore(f"{server.url}/data.zarr")


def test_arrays_and_groups(server, store):
    array = zarr_c.open_array(store, path="a")
    assert array.read_only
    assert np.array_equal(array[...], DATA)
    assert np.array_equal(array[5:20, ::-3], DATA[5:20, ::-3])
    group = zarr_c.open_group(f"{server.url}/data.zarr", mode="r")
    assert group.attrs["title"] == "x"
    assert sorted(group) == ["a", "b"]
    assert np.array_equal(group["b/ünï c"][...], DATA[0])
    assert np.array_equal(zarr_c.open(f"{server.url}/data.zarr/a", mode="r")[3], DATA[3])


def test_what_is_absent(store):
    assert store.get("nothing") is None
    assert "a/zarr.json" in store
    assert "a/c/9/9" not in store
    assert store.get_many(["digits", "nothing"]) == {"digits": b"0123456789"}
    assert store.getsize("digits") == 10
    with pytest.raises(ArrayNotFoundError):
        zarr_c.open_array(store, path="nothing", mode="r")


def test_one_request_for_a_chunk(server, store):
    array = zarr_c.open_array(store, path="a")
    server.requests.clear()
    assert array[0, 0] == 0
    assert server.requests == ["GET /data.zarr/a/c/0/0"]


def test_ranges_are_right_whatever_the_server_does(server, store):
    for start, length in (
        (2, 3),
        (8, 5),
        (3, 50),
        (50, 5),
        (10, 1),
        (3, 0),
        (7, None),
        (10, None),
        (-3, None),
        (-50, None),
    ):
        stop = None if length is None else start + length
        assert store.get_range("digits", start, length) == b"0123456789"[start:stop]
    server.requests.clear()
    assert store.get_range("digits", 5, 2) == b"56"
    assert server.requests == ["GET /data.zarr/digits"]
    assert store.get_ranges("digits", [(1, 2), (-1, None)]) == [b"12", b"9"]
    assert store.get_range("empty", 0, 5) == store.get_range("empty", -5) == b""
    with pytest.raises(KeyError):
        store.get_range("nothing", 5, 2)


def test_it_is_read_only(server, store):
    assert store.read_only
    assert not store.supports_writes
    assert store.with_read_only(False).read_only
    for use in (
        lambda: store.set("x", b""),
        lambda: store.delete("digits"),
        lambda: zarr_c.create_array(store, name="new", shape=3),
        lambda: zarr_c.open_array(store, path="a", mode="r+"),
    ):
        with pytest.raises(ReadOnlyError, match=r"http://.*read-only"):
            use()
    assert server.requests == []


def test_by_obstore(server):
    store = ObjectStore(f"{server.url}/data.zarr")
    assert store.read_only
    assert not store.supports_listing
    array = zarr_c.open_array(store, path="a")
    assert np.array_equal(array[...], DATA)
    assert store.get("nothing") is None
    assert str(store) == f"{server.url}/data.zarr"
    with pytest.raises(ReadOnlyError):
        store["x"] = b""
