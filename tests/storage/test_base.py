"""What every store promises, for each of the stores."""

import os
import pickle
import time
from collections.abc import MutableMapping

import numpy as np
import pytest

from zarr_c.errors import ReadOnlyError, UnsafeKeyError
from zarr_c.storage import LocalStore, MappingStore, MemoryStore
from zarr_c.storage.base import Store


class LeastStore(Store):
    """Only the primitives, so that the defaults of the base are tested."""

    def __init__(self, mapping, **options):
        super().__init__(**options)
        self.mapping = mapping

    def _get(self, key):
        return self.mapping.get(key)

    def _set(self, key, value):
        self.mapping[key] = value

    def _delete(self, key):
        return self.mapping.pop(key, None) is not None

    def _list(self, prefix):
        return MappingStore(self.mapping)._list(prefix)

    def _list_dir(self, prefix):
        return MappingStore(self.mapping)._list_dir(prefix)

    def _arguments(self):
        return {"mapping": self.mapping, "read_only": self.read_only}

    __hash__ = None

    def __str__(self):
        return "least"


@pytest.fixture(params=["local", "memory", "mapping", "least"])
def store(request, tmp_path):
    make = {
        "local": lambda: LocalStore(tmp_path / "root"),
        "memory": MemoryStore,
        "mapping": lambda: MappingStore({}),
        "least": lambda: LeastStore({}),
    }
    return make[request.param]()


def fill(store, *keys):
    for key in keys:
        store[key] = key.encode()


def test_it_is_a_mutable_mapping(store):
    assert isinstance(store, MutableMapping)
    assert len(store) == 0
    assert list(store) == []
    fill(store, "a", "b/c")
    assert store["b/c"] == b"b/c"
    assert "a" in store
    assert "b" not in store
    assert 1 not in store
    assert sorted(store) == sorted(store.keys()) == ["a", "b/c"]
    assert dict(store.items()) == {"a": b"a", "b/c": b"b/c"}
    assert store.get("z") is None
    assert store.get("z", b"1") == b"1"
    assert store.pop("a") == b"a"
    assert store.setdefault("a", b"2") == b"2"
    store.update({"d": b"4"})
    del store["d"]
    assert sorted(store.list()) == ["a", "b/c"]


def test_absent_keys(store):
    with pytest.raises(KeyError, match="nothing"):
        store["nothing"]
    with pytest.raises(KeyError, match="nothing"):
        del store["nothing"]
    with pytest.raises(FileNotFoundError, match="nothing"):
        store.getsize("nothing")
    with pytest.raises(KeyError, match="nothing"):
        store.get_range("nothing", 0, 1)
    store.delete("nothing")


def test_values_are_bytes(store):
    store["a"] = bytearray(b"12")
    store["b"] = memoryview(b"1234")[::2]
    store["c"] = np.arange(2, dtype="u1")
    store["empty"] = b""
    assert (store["a"], store["b"], store["c"], store["empty"]) == (b"12", b"13", b"\0\1", b"")
    assert all(type(value) is bytes for value in store.values())
    for value in ("text", 1, None, [1]):
        with pytest.raises(TypeError, match="'d': expected a bytes-like object"):
            store["d"] = value
    assert "d" not in store


def test_ranges_and_sizes(store):
    store["a/x"] = b"0123456789"
    assert store.get_range("a/x", 2, 3) == b"234"
    assert store.get_range("a/x", 8, 5) == b"89"
    assert store.get_range("a/x", 50, 5) == b""
    with pytest.raises(ValueError, match="range"):
        store.get_range("a/x", -1, 5)
    assert store.getsize("a/x") == store.getsize_prefix("a") == 10
    assert store.getsize_prefix("b") == 0


def test_a_prefix_is_a_directory(store):
    fill(store, "6/f/0", "6/f/1", "6/fa", "6/f.json", "7/x", "top")
    assert (
        sorted(store.list_prefix("6/f"))
        == sorted(store.list_prefix("6/f/"))
        == ["6/f/0", "6/f/1"]
    )
    assert sorted(store.list_prefix("")) == sorted(store)
    assert sorted(store.list_dir("6")) == ["f", "f.json", "fa"]
    assert sorted(store.list_dir()) == sorted(store.list_dir("/")) == ["6", "7", "top"]
    assert store.list_dir("nothing") == store.list_prefix("top/x") == []
    assert not store.is_empty("6/f")
    assert store.is_empty("6/g")
    store.delete_dir("6/f")
    assert sorted(store) == ["6/f.json", "6/fa", "7/x", "top"]
    store.delete_dir("nothing")
    store.clear()
    assert store.is_empty()


def test_keys_stay_in_the_store(store):
    for key in ("../a", "a/../../b", "/..", "", "a\0b"):
        for use in (store.__getitem__, store.delete, store.getsize, store.exists):
            with pytest.raises(UnsafeKeyError, match="key"):
                use(key)
        with pytest.raises(UnsafeKeyError, match="key"):
            store[key] = b""
    for prefix in ("..", "a/../.."):
        for use in (store.list_prefix, store.list_dir, store.delete_dir, store.is_empty):
            with pytest.raises(UnsafeKeyError):
                use(prefix)
    store["//a//b"] = b"1"
    assert store["a/b"] == b"1"


def test_read_only(store):
    fill(store, "a")
    reader = store.with_read_only(True)
    assert reader.read_only
    assert not store.read_only
    assert reader["a"] == b"a"
    for change in (
        lambda: reader.__setitem__("b", b""),
        lambda: reader.__delitem__("a"),
        lambda: reader.delete("a"),
        lambda: reader.delete_dir("a"),
        reader.clear,
    ):
        with pytest.raises(ReadOnlyError, match="read-only"):
            change()
    assert list(store) == ["a"]
    assert not reader.with_read_only(False).read_only


def test_equality_pickle_and_closing(store):
    fill(store, "a")
    copy = pickle.loads(pickle.dumps(store))
    assert copy == store
    assert copy["a"] == b"a"
    assert store != store.with_read_only(True)
    assert store != "store"
    with store as entered:
        assert entered is store


def test_memory_store_by_its_arguments():
    assert dict(MemoryStore({"a": b"1"})) == {"a": b"1"}
    assert not MemoryStore(False)._normalize
    assert MemoryStore({"a": b"12"}).nbytes == 2
    assert MemoryStore() != MemoryStore({"a": b"1"})
    assert hash(MemoryStore()) == hash(MemoryStore())
    with pytest.raises(TypeError, match="'a'"):
        MemoryStore({"a": "text"})


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
