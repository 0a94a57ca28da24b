"""Locks in object stores: they exclude, last while they are renewed, and outlive nobody."""

import threading

import pytest
from obstore.store import MemoryStore as Obstore
from writers import in_threads

import zarr_c
from zarr_c.errors import StoreError
from zarr_c.storage import ObjectStore
from zarr_c.storage.lease import Lease


def test_leases_exclude_each_other():
    store, inside, most = ObjectStore(Obstore()), [], []

    def hold(me):
        for _ in range(5):
            with Lease(store, "x.zc-lock") as lease:
                inside.append(me)
                most.append(len(inside))
                lease.check()
                inside.remove(me)

    in_threads(4, hold)
    assert most == [1] * 20
    assert store.list() == []


def test_a_lease_that_is_held_for_long_is_renewed():
    store, got = ObjectStore(Obstore()), []
    with Lease(store, "x.zc-lock", 0.2) as lease:
        other = threading.Thread(
            target=lambda: got.append(Lease(store, "x.zc-lock", 0.2).__enter__())
        )
        other.start()
        other.join(1)
        assert got == []
        lease.check()
    other.join(5)
    got.pop().__exit__()
    assert store.list() == []


def test_a_lease_of_the_dead_is_taken_over():
    store = ObjectStore(Obstore())
    store["x.zc-lock"] = b"of a process that was killed"
    with Lease(store, "x.zc-lock", 0.2) as lease:
        store["x.zc-lock"] = b"of somebody who took it for dead"
        lease._done.wait(0.3)
        with pytest.raises(StoreError, match="could not be renewed"):
            lease.check()
    assert store.list() == ["x.zc-lock"]  # it is not ours to delete


def test_what_was_appended_is_appended_though_the_lock_cannot_be_deleted(monkeypatch):
    place = Obstore()
    store = ObjectStore(place)
    array = zarr_c.create_array(store, shape=3, dtype="i4")

    def fail(key):
        raise StoreError("the network is down")

    monkeypatch.setattr(store, "_lock", lambda key: Lease(store, key + ".zc-lock", 0.2))
    monkeypatch.setattr(store, "_discard", fail)
    assert array.append([1, 2]) == (5,)
    other = ObjectStore(place)
    other._lock = lambda key: Lease(other, key + ".zc-lock", 0.2)
    assert zarr_c.open_array(other, mode="r+").append([3]) == (6,)
    assert array.refresh()[:].tolist() == [0, 0, 0, 1, 2, 3]


def test_an_append_that_lost_its_lock_changes_no_shape(monkeypatch):
    store = ObjectStore(Obstore())
    array = zarr_c.create_array(store, shape=3, dtype="i4")

    class Lost(Lease):
        def check(self):
            raise StoreError("lost")

    monkeypatch.setattr(store, "_lock", lambda key: Lost(store, key + ".zc-lock"))
    with pytest.raises(StoreError, match="lost"):
        array.append([1, 2])
    assert zarr_c.open_array(store).shape == (3,)
