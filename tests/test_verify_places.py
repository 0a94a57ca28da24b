"""`verify` and objects that the store cannot give, or in whose place something else lies."""

import os

import numpy as np
import pytest

import zarr_c
from zarr_c.storage import MemoryStore, WrapperStore

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
