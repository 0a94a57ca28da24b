"""How a ZIP store publishes, ends, is pickled and moved, and what if others write too."""

import gc
import os
import pickle
import zipfile
from unittest.mock import Mock

import numpy as np
import pytest
from zips import contents, fill, least_size, temporaries

from zarr_c.errors import ReadOnlyError, StoreError
from zarr_c.storage.zip import ZipStore


@pytest.fixture
def path(tmp_path):
    return tmp_path / "a.zip"


@pytest.mark.parametrize("mode", ["x", "a"])
def test_an_archive_that_another_made_in_the_meantime_is_not_replaced(path, mode):
    store = ZipStore(path, mode)
    store["a"] = b"1"
    fill(path, {"other": b"2"})
    with pytest.raises(FileExistsError, match="another writer"):
        store.close()
    assert contents(path) == {"other": b"2"}
    assert store["a"] == b"1"  # it can still be saved elsewhere
    path.unlink()
    store.close()
    assert contents(path) == {"a": b"1"}


def test_an_archive_that_another_changed_is_not_replaced(path):
    fill(path, {"a": b"1"})
    first, second = ZipStore(path, "a"), ZipStore(path, "a")
    first["b"], second["c"] = b"2", b"3"
    second.close()
    with pytest.raises(StoreError, match="what another writer made of it"):
        first.flush()
    assert contents(path) == {"a": b"1", "c": b"3"}
    path.unlink()
    with pytest.raises(StoreError, match="found none"):
        first.flush()
    assert dict(first) == {"a": b"1", "b": b"2"}
    with pytest.raises(StoreError, match="found none"):
        first.close()
    del first  # it was told once, and is not told again
    gc.collect()
    assert temporaries(path) == []


def test_large_objects_are_copied_as_they_are(path, monkeypatch):
    """By the system, or where it cannot, by reading and writing."""
    objects = {f"c/{i}": np.random.default_rng(i).bytes(3_000_000) for i in range(3)}
    fill(path, objects, compression=zipfile.ZIP_DEFLATED)
    for attempt in (None, OSError(18, "Invalid cross-device link")):
        if attempt:
            monkeypatch.setattr(os, "copy_file_range", Mock(side_effect=attempt))
        with ZipStore(path, "a") as store:
            store.rename("c/0", "d")
            store.rename("d", "c/0")
            store["a"] = b"1"
            store.flush()
            del store["a"]
        assert contents(path) == objects
        assert path.stat().st_size == least_size(path)
    assert os.copy_file_range.called


@pytest.mark.parametrize("mode", ["w", "x"])
def test_an_interrupt_when_the_archive_is_in_place(path, monkeypatch, mode):
    """The file is the archive then, and is no longer changed."""
    name = {"w": "replace", "x": "link"}[mode]
    real = getattr(os, name)

    def interrupted(*arguments):
        real(*arguments)
        raise KeyboardInterrupt

    store = ZipStore(path, mode)
    store["c/0"] = b"1"
    monkeypatch.setattr(os, name, interrupted)
    with pytest.raises(KeyboardInterrupt):
        store.flush()
    assert contents(path) == dict(store) == {"c/0": b"1"}
    assert temporaries(path) == []
    monkeypatch.undo()
    store["c/1"] = b"2"
    store.close()
    assert contents(path) == {"c/0": b"1", "c/1": b"2"}


def test_a_system_that_reads_and_writes_less_than_it_is_told(path, monkeypatch):
    """As Linux does with more than 2 GiB."""
    pread, pwrite = os.pread, os.pwrite
    monkeypatch.setattr(os, "pread", lambda fd, size, offset: pread(fd, min(size, 999), offset))
    monkeypatch.setattr(os, "pwrite", lambda fd, data, offset: pwrite(fd, data[:999], offset))
    value = np.random.default_rng(0).bytes(2_000_000)
    fill(path, {"a": value})
    with ZipStore(path) as store:
        assert store["a"] == value
        assert store.get_range("a", 500, 5000) == value[500:5500]
    assert contents(path) == {"a": value}


def test_a_file_system_without_links(path, monkeypatch):
    monkeypatch.setattr(os, "link", Mock(side_effect=PermissionError(1, "no links")))
    fill(path, {"a": b"1"}, "x")
    assert contents(path) == {"a": b"1"}
    path.unlink()
    store = ZipStore(path, "x")
    fill(path, {"b": b"2"})
    with pytest.raises(FileExistsError):
        store.close()
    assert contents(path) == {"b": b"2"}


def test_moving(path):
    with ZipStore(path, "a") as store:
        store["a"] = b"1"
        with pytest.raises(FileExistsError, match="path"):
            store.move(path.parent)
        target = path.parent / "deep" / "b.zip"
        store.move(target)
        assert (store.path, store["a"]) == (target, b"1")
        store["b"] = b"2"
    assert not path.exists()
    assert contents(target) == {"a": b"1", "b": b"2"}


def test_a_closed_store_says_so(path):
    store = ZipStore(path, "w")
    reader = store.with_read_only(True)
    store["a"] = b"1"
    store.close()
    for use in (
        lambda: store["a"],
        lambda: reader.get("a"),
        lambda: store.set("a", b""),
        lambda: store.delete("a"),
        lambda: store.get_ranges("a", [(0, 1)]),
        store.list,
        store.clear,
        store.flush,
        store.compact,
    ):
        with pytest.raises(StoreError, match=r"a\.zip: the store is closed"):
            use()
    assert temporaries(path) == []


def test_read_only_handles(path):
    fill(path, {"a": b"1"})
    with pytest.raises(ReadOnlyError, match="opened with mode 'r'"):
        ZipStore(path).with_read_only(False)
    store = ZipStore(path, "a")
    reader = store.with_read_only(True)
    store["b"] = b"2"
    assert reader["b"] == b"2"
    assert reader._identity() == store._identity() != ZipStore(path)._identity()
    assert ZipStore(path, "a") == store != ZipStore(path)


def test_an_exception_keeps_what_was_written(path):
    def fail():
        with ZipStore(path, "w") as store:
            store["a"] = b"1"
            raise RuntimeError("in between")

    with pytest.raises(RuntimeError, match="in between"):
        fail()
    assert contents(path) == {"a": b"1"}


def test_a_store_that_is_forgotten_loses_nothing(path):
    store = ZipStore(path, "w")
    store["a"] = b"1"
    reader = store.with_read_only(True)
    del store
    gc.collect()
    assert not path.exists()  # it is still in use
    del reader
    gc.collect()
    assert contents(path) == {"a": b"1"}
    assert temporaries(path) == []


@pytest.mark.parametrize("mode", ["w", "x", "a"])
def test_a_pickled_store_finds_what_was_written_and_wipes_nothing(path, mode):
    store = ZipStore(path, mode, 8, normalize_keys=False)
    store["a"] = b"1"
    copy = pickle.loads(pickle.dumps(store))
    assert (copy["a"], copy.compression, copy.read_only) == (b"1", 8, False)
    assert copy == store
    copy["b"] = b"2"
    copy.close()
    assert contents(path) == {"a": b"1", "b": b"2"}
    reader = pickle.loads(pickle.dumps(ZipStore(path)))
    assert (reader["b"], reader.read_only) == (b"2", True)


def test_temporary_files_of_killed_writers_are_swept(path):
    fill(path, {"a": b"1"})
    store = ZipStore(path, "w")
    store["c/0"] = b""
    (left,) = temporaries(path)
    os.rename(path.parent / left, path.parent / f"{left}-killed")
    store["b"] = b"2"
    others = ZipStore(path.with_name("other.zip"), "w")
    others["c/0"] = b""
    sweeper = ZipStore(path, "a")
    assert sweeper.sweep() == 0
    assert sweeper.sweep(older_than=-1) == 1
    assert len(temporaries(path)) == 1
    others.close()
    with pytest.raises(FileNotFoundError):
        store.close()
