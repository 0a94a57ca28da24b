"""copy_store: objects from store to store, documents last."""

import io
import json

import numpy as np
import pytest
import zarr

import zarr_c
from zarr_c.errors import CopyError, ReadOnlyError
from zarr_c.storage import LocalStore, MemoryStore


def store_of(*keys):
    return MemoryStore({key: key.encode() for key in keys})


KEYS = ("zarr.json", "foo/zarr.json", "foo/c/0", "foo/bar/zarr.json", "foo/bar/c/0", "foobar/c")


def test_copy_store():
    source, dest = store_of(*KEYS), {}
    assert zarr_c.copy_store(source, dest) == (6, 0, sum(map(len, KEYS)))
    assert dest == dict(source)
    dest = {}
    log = io.StringIO()
    assert zarr_c.copy_store(source, dest, "/foo/", "x", log=log)[:2] == (4, 0)
    assert dest.keys() == {"x/zarr.json", "x/c/0", "x/bar/zarr.json", "x/bar/c/0"}
    assert dest["x/c/0"] == b"foo/c/0"
    # data first, then documents from below
    assert log.getvalue().splitlines() == [
        "copy foo/bar/c/0 -> x/bar/c/0",
        "copy foo/c/0 -> x/c/0",
        "copy foo/bar/zarr.json -> x/bar/zarr.json",
        "copy foo/zarr.json -> x/zarr.json",
        "all done: 4 copied, 0 skipped, 48 bytes copied",
    ]


def test_excludes_and_includes():
    def copied(**arguments):
        dest = {}
        zarr_c.copy_store(store_of(*KEYS), dest, **arguments)
        return dest.keys()

    assert copied(excludes="foo") == {"zarr.json"}
    assert copied(excludes=["/C", "BAR"], flags=2) == {"zarr.json", "foo/zarr.json"}
    assert copied(excludes=r"\.json$", includes="^zarr|bar/z") == set(KEYS) - {"foo/zarr.json"}


def test_keys_that_are_there():
    dest = store_of("foo/c/0")
    dest["foo/c/0"] = b"old"
    source = store_of(*KEYS)
    with pytest.raises(CopyError, match="'foo/c/0'"):
        zarr_c.copy_store(source, dest)
    assert list(dest) == ["foo/c/0"]  # looked before anything was copied
    assert zarr_c.copy_store(source, dest, if_exists="replace", dry_run=True) == (6, 0, 0)
    assert list(dest) == ["foo/c/0"]
    assert zarr_c.copy_store(source, dest, if_exists="skip")[:2] == (5, 1)
    assert dest["foo/c/0"] == b"old"
    assert zarr_c.copy_store(source, dest, if_exists="replace")[:2] == (6, 0)
    assert dict(dest) == dict(source)
    with pytest.raises(ValueError, match="if_exists"):
        zarr_c.copy_store(source, dest, if_exists="skip_initialized")
    with pytest.raises(ReadOnlyError):
        zarr_c.copy_store(source, dest.with_read_only(True))


def test_a_store_to_a_zip_and_back(tmp_path):
    source = zarr_c.create_group(None, attributes={"root": 1})
    source.create_array("foo/spam", data=np.arange(1000))
    steps = []
    zarr_c.copy_store(source.store, tmp_path / "a.zip", progress=lambda *s: steps.append(s))
    assert steps[-1] == (len(source.store), len(source.store))
    zarr_c.copy_store(tmp_path / "a.zip", LocalStore(tmp_path / "b"))
    assert (zarr.open_group(tmp_path / "b", mode="r")["foo/spam"][:] == np.arange(1000)).all()
    assert zarr_c.open_group(tmp_path / "b", mode="r").attrs == {"root": 1}


def test_handles_see_what_was_copied():
    store = MemoryStore()
    zarr_c.create_group(store)
    group = zarr_c.consolidate_metadata(store)
    assert list(group) == []
    source = MemoryStore()
    zarr_c.create_array(source, "foo/x", shape=3)
    zarr_c.copy_store(source, store, "foo", "foo")
    assert list(group) == ["foo"]
    assert group["foo/x"].shape == (3,)
    assert "consolidated_metadata" in json.loads(store["zarr.json"])
