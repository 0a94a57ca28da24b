"""What a ZIP archive as a store is, beyond what every store promises."""

import os
import stat
import zipfile

import numpy as np
import pytest
from zips import contents, fill, least_size, temporaries

import zarr_c
from zarr_c.errors import ReadOnlyError, StoreError, UnsafeKeyError
from zarr_c.storage import zip_archive
from zarr_c.storage.zip import ZipStore

METHODS = {
    "stored": zipfile.ZIP_STORED,
    "deflated": zipfile.ZIP_DEFLATED,
    "bzip2": zipfile.ZIP_BZIP2,
    "lzma": zipfile.ZIP_LZMA,
}


@pytest.fixture
def path(tmp_path):
    return tmp_path / "a.zip"


# ---- modes


def test_reading_needs_an_archive(path):
    with pytest.raises(FileNotFoundError, match=r"a\.zip"):
        ZipStore(path)


def test_a_new_archive_replaces_the_old_one_when_it_is_closed(path):
    fill(path, {"old": b"1"})
    store = ZipStore(path, "w")
    assert store.list() == []
    store["new"] = b"2"
    assert contents(path) == {"old": b"1"}
    store.close()
    assert contents(path) == {"new": b"2"}
    assert temporaries(path) == []


def test_modes_that_make_an_archive_make_an_empty_one(path):
    for mode in ("x", "w"):
        ZipStore(path, mode).close()
        assert contents(path) == {}
        assert ZipStore(path).list() == []


def test_appending(path):
    ZipStore(path, "a").close()
    assert not path.exists()  # nothing was written
    fill(path, {"a": b"1", "b": b"2"}, "a")
    with ZipStore(path, "a") as store:
        store["c"] = b"3"
        del store["a"]
        store["b"] = b"4"
    assert contents(path) == {"b": b"4", "c": b"3"}
    path.write_bytes(b"")  # as `touch` and temporary files leave it
    fill(path, {"d": b"5"}, "a")
    assert contents(path) == {"d": b"5"}


def test_exclusive_creation(path):
    with ZipStore(path, "x") as store:
        store["a"] = b"1"
        store.flush()
        store["b"] = b"2"
    assert contents(path) == {"a": b"1", "b": b"2"}
    with pytest.raises(FileExistsError, match="'x' makes a new archive"):
        ZipStore(path, "x")


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ({"mode": "r+"}, ValueError, "mode: expected one of"),
        (
            {"compression": 93},
            ValueError,
            "compression: expected one of 0, 8, 12, 14, found 93",
        ),
        (
            {"mode": "r", "read_only": False},
            ValueError,
            "read_only: expected True with mode 'r'",
        ),
        ({"mode": "w", "read_only": True}, ValueError, "read_only: expected False"),
        ({"path": 5}, TypeError, "path: expected a path or a binary file object, found 5"),
        ({"path": b"a.zip"}, TypeError, "path"),
    ],
)
def test_arguments(path, arguments, error, message):
    with pytest.raises(error, match=message):
        ZipStore(**{"path": path, "mode": "a"} | arguments)


def test_what_is_no_file(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    for name in ("pipe", "."):
        for mode in ("r", "a"):
            with pytest.raises(StoreError, match="expected a file"):
                ZipStore(tmp_path / name, mode)
    with pytest.raises(IsADirectoryError, match="path"):
        ZipStore(tmp_path, "w")


def test_as_zarr_python_calls_it(path):
    with ZipStore(path=path, mode="w", read_only=None, compression=8, allowZip64=True) as store:
        store["a"] = bytes(1000)
    assert (store.path, store.compression, store.allowZip64) == (path, 8, True)
    assert str(store) == f"zip://{path}"
    assert ZipStore(path, mode="a", read_only=True).read_only


# ---- what is in the archive


@pytest.mark.parametrize("method", METHODS.values(), ids=METHODS)
def test_methods(path, method):
    """What we write zipfile reads, and what zipfile writes we read."""
    objects = {
        "empty": b"",
        "text": b"a chunk " * 5000,
        "noise": np.random.default_rng(0).bytes(100_000),
        "ünï/数据": b"1",
    }
    fill(path, objects, compression=method)
    assert contents(path) == objects
    with zipfile.ZipFile(path) as archive:
        assert {entry.compress_type for entry in archive.infolist()} == {method}
    with zipfile.ZipFile(path, "w", method) as archive:
        for key, value in objects.items():
            archive.writestr(key, value)
    with ZipStore(path) as store:
        assert dict(store) == objects
        assert store.get_range("text", 8, 7) == b"a chunk"
        assert store.get_ranges("noise", [(0, 5), (-3, None)]) == [
            objects["noise"][:5],
            objects["noise"][-3:],
        ]


def test_nothing_is_left_of_what_was_replaced_and_deleted(path):
    with ZipStore(path, "w") as store:
        for i in range(30):
            store[f"c/{i % 10}"] = bytes([i]) * 1000
            store["zarr.json"] = str(i).encode()
        store.delete_dir("c/1")
        del store["c/2"]
        store.rename("c/3", "d/3")
        store.flush()
        assert path.stat().st_size == least_size(path)
        store["c/4"] = b"4"
        store.delete("c/5")
    assert path.stat().st_size == least_size(path)
    kept = {f"c/{i}": bytes([20 + i]) * 1000 for i in (0, 1, 6, 7, 8, 9)}
    renamed = {"d/3": bytes([23]) * 1000}
    assert contents(path) == kept | renamed | {"c/4": b"4", "zarr.json": b"29"}


def test_metadata_that_changes_does_not_make_closing_copy_the_chunks(path, monkeypatch):
    """The file that chunks were written to becomes the archive."""
    store = ZipStore(path, "w")
    z = zarr_c.create_array(store, data=np.arange(1000), chunks=100)
    (temporary,) = temporaries(path)
    inode = (path.parent / temporary).stat().st_ino
    z.attrs["unit"] = "m"
    z.resize(1100)
    store.close()
    assert path.stat().st_ino == inode
    assert path.stat().st_size == least_size(path)
    z = zarr_c.open_array(ZipStore(path), mode="r")
    assert (z.shape, z.attrs["unit"], z[999]) == ((1100,), "m", 999)


def test_flushing(path):
    fill(path, {"old": b"0"})
    with ZipStore(path, "a") as store:
        for i in range(3):
            store[f"c/{i}"] = bytes([i]) * 100_000
            store.flush()
            assert contents(path).keys() == {"old", *(f"c/{j}" for j in range(i + 1))}
            assert store[f"c/{i}"] == bytes([i]) * 100_000
            assert temporaries(path) == []
        before = path.stat()
        store.flush()
    assert path.stat() == before  # nothing changed, nothing is written
    with pytest.raises(ReadOnlyError):
        ZipStore(path).compact()


def test_compacting_what_others_wrote(path):
    with zipfile.ZipFile(path, "w") as archive:
        archive.comment = b"by hand"
        archive.writestr("a", b"old" * 1000)
        archive.mkdir("empty")
        with pytest.warns(UserWarning, match="Duplicate"):
            archive.writestr("a", b"new")
        archive.writestr("b", bytes(100_000), zipfile.ZIP_DEFLATED)
    with ZipStore(path, "a") as store:
        assert dict(store) == {"a": b"new", "b": bytes(100_000)}
        store.compact()
        assert path.stat().st_size == least_size(path) + len("by hand")
        before = path.stat()
        store.compact()
    assert path.stat() == before
    assert contents(path) == {"a": b"new", "b": bytes(100_000)}
    with zipfile.ZipFile(path) as archive:
        assert archive.comment == b"by hand"
        assert archive.getinfo("b").compress_type == zipfile.ZIP_DEFLATED


def test_the_same_objects_make_the_same_bytes(path):
    objects = {"zarr.json": b"{}", "c/0": bytes(1000), "c/ü": b"1"}
    fill(path, objects, compression=8)
    first = path.read_bytes()
    fill(path, {"c/0": b"x"})
    with ZipStore(path, "a", compression=8) as store:  # in another way
        store.clear()
        store.update(objects)
    assert path.read_bytes() == first
    with zipfile.ZipFile(path) as archive:
        for entry in archive.infolist():
            assert entry.date_time == (1980, 1, 1, 0, 0, 0)
            assert stat.filemode(entry.external_attr >> 16) == "-rw-r--r--"


def test_a_chunk_that_is_written_over_and_over_does_not_fill_the_disk(path, monkeypatch):
    monkeypatch.setattr(zip_archive, "DEAD_BYTES", 50_000)
    with ZipStore(path, "w") as store:
        store["kept"] = b"1"
        for i in range(200):
            store["c/0"] = bytes([i]) * 5000
            (temporary,) = temporaries(path)
            assert (path.parent / temporary).stat().st_size < 65_000
        assert dict(store) == {"kept": b"1", "c/0": bytes([199]) * 5000}
    assert contents(path) == {"kept": b"1", "c/0": bytes([199]) * 5000}


def test_the_mode_and_the_link_of_an_archive_stay(path):
    fill(path, {"a": b"1"})
    path.chmod(0o640)
    link = path.with_name("link.zip")
    link.symlink_to(path)
    fill(link, {"b": b"2"}, "a")
    assert link.is_symlink()
    assert stat.S_IMODE(path.stat().st_mode) == 0o640
    assert contents(path) == {"a": b"1", "b": b"2"}


def test_keys_that_no_header_can_hold(path):
    with zarr_c.config.set({"limits.name_bytes": None}), ZipStore(path, "w") as store:
        for key in ("a" * 70_000, "\udcff"):
            with pytest.raises(UnsafeKeyError, match="key"):
                store[key] = b""
            assert key not in store
        store["b" * 65_535] = b"1"
    assert contents(path) == {"b" * 65_535: b"1"}
