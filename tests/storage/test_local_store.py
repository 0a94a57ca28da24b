"""What a directory as a store is, beyond what every store promises."""

import os
import time

import pytest

from zarr_c.errors import UnsafeKeyError
from zarr_c.storage import LocalStore


def test_a_local_store_makes_nothing_before_a_write(tmp_path):
    store = LocalStore(tmp_path / "x")
    assert store.list() == []
    assert not store.root.exists()
    store["a/b"] = b"1"
    assert (store.root / "a" / "b").read_bytes() == b"1"
    assert str(store) == f"file://{store.root}"
    assert {LocalStore(tmp_path / "x")} == {store}


@pytest.mark.parametrize(
    ("options", "error"),
    [({"durability": "always"}, ValueError), ({"map_size": -1}, ValueError)],
)
def test_a_local_store_checks_its_arguments(tmp_path, options, error):
    with pytest.raises(error, match=f"{next(iter(options))}: expected"):
        LocalStore(tmp_path, **options)
    with pytest.raises(TypeError):
        LocalStore(b"bytes")


def test_opening_by_mode(tmp_path):
    with pytest.raises(FileNotFoundError, match="root"):
        LocalStore.open(tmp_path / "x", mode="r")
    with pytest.raises(ValueError, match="mode"):
        LocalStore.open(tmp_path / "x", mode="q")
    LocalStore.open(tmp_path / "x")["a"] = b"1"
    assert LocalStore.open(tmp_path / "x", mode="r").read_only
    with pytest.raises(FileExistsError, match="w-"):
        LocalStore.open(tmp_path / "x", mode="w-")
    assert LocalStore.open(tmp_path / "x", mode="w").is_empty()


def test_temporary_files_are_no_keys_and_are_swept(tmp_path):
    store = LocalStore(tmp_path)
    store["a/b"] = b"1"
    old, new = tmp_path / "a" / ".zc-tmp-1-1", tmp_path / ".zc-tmp-2-1"
    old.write_bytes(b"half")
    new.write_bytes(b"half")
    os.utime(old, (time.time() - 7200,) * 2)
    assert store.list() == ["a/b"]
    assert store.list_dir("a") == ["b"]
    assert store.sweep() == 1
    assert (old.exists(), new.exists()) == (False, True)
    assert store.sweep(older_than=-1) == 1


def test_deleting_does_not_follow_links_out(tmp_path):
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "precious").write_text("x")
    store = LocalStore(tmp_path / "root")
    store["a"] = b"1"
    (tmp_path / "root" / "link").symlink_to(outside)
    with pytest.raises(UnsafeKeyError, match="link"):
        store.delete_dir("link")
    store.clear()
    assert (outside / "precious").exists()


def test_moving(tmp_path):
    store = LocalStore(tmp_path / "x")
    store["a"] = b"1"
    with pytest.raises(FileExistsError, match="dest_root"):
        store.move(tmp_path)
    store.move(tmp_path / "deep" / "y")
    assert store["a"] == b"1"
    assert not (tmp_path / "x").exists()
