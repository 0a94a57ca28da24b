"""What a directory as a store is, beyond what every store promises."""

import os
import time
import tracemalloc

import pytest
from children import start

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


def test_sweep_removes_half_deleted_directories_that_are_old(tmp_path):
    left = tmp_path / ".zc-tmp-00" / "c"
    left.mkdir(parents=True)
    (left / "0").write_bytes(b"x")
    store = LocalStore(tmp_path)
    assert list(store) == []
    assert store.sweep() == 0
    assert (left / "0").exists()
    assert store.sweep(older_than=-1) == 1
    assert list(tmp_path.iterdir()) == []


def test_moving(tmp_path):
    store = LocalStore(tmp_path / "x")
    store["a"] = b"1"
    with pytest.raises(FileExistsError, match="dest_root"):
        store.move(tmp_path)
    store.move(tmp_path / "deep" / "y")
    assert store["a"] == b"1"
    assert not (tmp_path / "x").exists()


def test_a_million_keys_would_not_be_held(tmp_path):
    """Counting and finding keys takes memory that does not grow with their number."""
    store = LocalStore(tmp_path)
    for i in range(20):
        directory = tmp_path / "a" / str(i)
        directory.mkdir(parents=True)
        for j in range(500):
            (directory / str(j)).touch()
    tracemalloc.start()
    try:
        assert len(store) == 10_000
        assert not store.is_empty()
        assert sum(1 for key in store if key.endswith("/7")) == 20
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 200_000  # ten thousand keys as a list take 800,000


@pytest.mark.parametrize("durability", ["none", "commit", "write"])
def test_renaming_and_deleting_with_every_durability(tmp_path, durability):
    store = LocalStore(tmp_path / "root", durability=durability)
    store.update({"a/0": b"0", "a/1": b"1", "b": b"2"})
    store.rename("a", "c/d")
    store.rename("b", "e")
    del store["c/d/0"]
    assert dict(store) == {"c/d/1": b"1", "e": b"2"}
    store.delete_dir("c")
    assert list(store) == ["e"]


def test_renaming_does_not_follow_links_out(tmp_path):
    (tmp_path / "outside").mkdir()
    store = LocalStore(tmp_path / "root")
    store["a"] = b"1"
    (tmp_path / "root" / "link").symlink_to(tmp_path / "outside")
    with pytest.raises(UnsafeKeyError, match="link"):
        store.rename("a", "link/a")
    assert list((tmp_path / "outside").iterdir()) == []


def test_one_of_many_processes_creates(tmp_path):
    """Each of 4 processes tries 50 keys; every key has one winner, whose value it holds."""
    attempt = """
        import sys
        from zarr_c.storage import LocalStore
        store, value = LocalStore(sys.argv[1]), sys.argv[2].encode()
        print(*(i for i in range(50) if store.set_if_not_exists(f"k/{i}", value)))
    """
    children = [start(attempt, tmp_path / "root", str(i)) for i in range(4)]
    won = {}
    for i, child in enumerate(children):
        for key in child.communicate()[0].split():
            assert key not in won
            won[key] = str(i).encode()
    store = LocalStore(tmp_path / "root")
    assert {key: store[f"k/{key}"] for key in won} == won
    assert len(won) == len(store) == 50
