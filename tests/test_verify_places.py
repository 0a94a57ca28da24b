"""`verify` and objects that the store cannot give, or in whose place something else lies."""

import os

import numpy as np
import pytest

import zarr_c
from zarr_c.storage import LocalStore, MemoryStore, WrapperStore

DATA = np.arange(32, dtype="i4")
formats = pytest.mark.parametrize("zarr_format", [2, 3])


class Failing(WrapperStore):
    """A store that cannot give one object."""

    bad = ""

    def get(self, key, default=None, *, byte_range=None):
        if key == self.bad:
            raise OSError(5, "Input/output error", key)
        return super().get(key, default, byte_range=byte_range)


@formats
@pytest.mark.parametrize("what", ["chunk", "document", "shard"])
def test_an_object_that_cannot_be_read_is_found(what, zarr_format):
    store = Failing(MemoryStore())
    shards = {"shards": (8, 4)} if what == "shard" and zarr_format == 3 else {}
    arguments = {"data": DATA.reshape(8, 4), "chunks": (2, 2)} | shards
    zarr_c.create_array(store, "x", zarr_format=zarr_format, **arguments)
    document = "x/.zarray" if zarr_format == 2 else "x/zarr.json"
    store.bad = document if what == "document" else "x/0.0" if zarr_format == 2 else "x/c/0/0"
    assert [(f.kind, f.key) for f in zarr_c.verify(store)] == [("unreadable", store.bad)]


PLACES = {
    "directory": os.mkdir,
    "pipe": os.mkfifo,
    "dangling": lambda path: os.symlink("nowhere", path),
    "leading out": lambda path: os.symlink("/etc/hostname", path),
}


@formats
@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("what", ["chunk", "document", "orphan"])
def test_something_else_in_the_place_of_an_object(what, place, zarr_format, tmp_path):
    zarr_c.create_group(tmp_path, zarr_format=zarr_format).create_array(
        "x", data=DATA, chunks=16
    )
    key = {
        "chunk": "x/1" if zarr_format == 2 else "x/c/1",
        "document": "x/.zarray" if zarr_format == 2 else "x/zarr.json",
        "orphan": "x/odd",
    }[what]
    (tmp_path / key).unlink(missing_ok=True)
    PLACES[place](tmp_path / key)
    found = [(f.kind, f.key) for f in zarr_c.verify(tmp_path)]
    if what == "orphan":
        assert found == ([] if place == "directory" else [("orphan", key)])
    else:
        assert found == [("unreadable", key)]


@formats
@pytest.mark.parametrize("what", ["chunk", "document"])
def test_a_directory_with_files_in_the_place_of_an_object(what, zarr_format, tmp_path):
    zarr_c.create_array(tmp_path, name="x", data=DATA, chunks=16, zarr_format=zarr_format)
    key = "1" if zarr_format == 2 else "c/1"
    if what == "document":
        key = ".zarray" if zarr_format == 2 else "zarr.json"
    key = f"x/{key}"
    (tmp_path / key).unlink()
    (tmp_path / key / "below").mkdir(parents=True)
    for name in ("a", "below/b"):
        (tmp_path / key / name).write_bytes(b"?")
    assert [(f.kind, f.key) for f in zarr_c.verify(tmp_path)] == [("unreadable", key)]


@pytest.fixture
def unlistable(monkeypatch):
    """Paths of directories that the system does not list."""
    refused, scandir = set(), os.scandir

    def refusing(path):
        if not isinstance(path, int) and os.fspath(path) in refused:  # it may be a descriptor
            raise PermissionError(13, "Permission denied", path)
        return scandir(path)

    monkeypatch.setattr(os, "scandir", refusing)
    return refused


@formats
@pytest.mark.parametrize("wrap", [lambda store: store, WrapperStore])
def test_directories_that_cannot_be_listed(wrap, zarr_format, unlistable, tmp_path):
    root = zarr_c.create_group(tmp_path, zarr_format=zarr_format)
    for name in ("a", "b/in", "c"):
        root.create_array(name, data=DATA, chunks=4)
    zarr_c.consolidate_metadata(tmp_path, zarr_format=zarr_format)
    chunk = "a/1" if zarr_format == 2 else "a/c/1"
    (tmp_path / chunk).write_bytes(b"?")
    before = {p: p.read_bytes() for p in tmp_path.rglob("*") if p.is_file()}
    hidden = ["b", "c"] if zarr_format == 2 else ["b", "c/c"]
    unlistable |= {str(tmp_path / directory) for directory in hidden}
    (tmp_path / "late").mkdir()
    store = wrap(LocalStore(tmp_path))
    for arguments in ({}, {"complete": True}, {"repair": True}):
        found = zarr_c.verify(store, **arguments)
        assert {(f.kind, f.key) for f in found} == {
            ("unreadable", hidden[0]),
            ("unreadable", hidden[1]),
            ("truncated", chunk),
        }
        assert "listing this directory: [Errno 13]" in str(found)
    unlistable.clear()
    assert before == {p: p.read_bytes() for p in tmp_path.rglob("*") if p.is_file()}
    unlistable.add(str(tmp_path))
    with pytest.raises(PermissionError):
        zarr_c.verify(store)


@formats
def test_what_may_lie_in_a_directory_that_cannot_be_listed_stays_in_copies(
    zarr_format, unlistable, tmp_path
):
    root = zarr_c.create_group(tmp_path, zarr_format=zarr_format)
    for name in ("a", "b/in"):
        root.create_array(name, data=DATA)
    zarr_c.consolidate_metadata(tmp_path, zarr_format=zarr_format)
    changed = LocalStore(tmp_path / "a")  # of the copy in the group above it knows nothing
    zarr_c.open_array(changed, mode="r+").attrs["later"] = 1
    unlistable.add(str(tmp_path / "b"))
    kinds = {(f.kind, f.action) for f in zarr_c.verify(tmp_path, repair=True)}
    assert kinds == {("unreadable", None), ("consolidation", None)}
    unlistable.clear()
    kinds = {(f.kind, f.action) for f in zarr_c.verify(tmp_path, repair=True)}
    assert kinds == {("consolidation", "consolidated again")}
