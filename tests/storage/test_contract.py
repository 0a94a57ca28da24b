"""What every store promises, for those that need nothing but this process."""

import pytest

from zarr_c.errors import UnsafeKeyError
from zarr_c.storage import LocalStore, MappingStore, MemoryStore
from zarr_c.storage.base import Store
from zarr_c.testing import StoreContract


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

    def __str__(self):
        return "least"


# format.md T1
def test_the_abstract_store_interface(tmp_path):
    """The operations of Zarr v3 core, "Abstract store interface", with its examples."""
    for store in (LocalStore(tmp_path), MemoryStore(), MappingStore({}), LeastStore({})):
        for key in ("a/b", "a/c/d", "e/f/g"):
            store[key] = key.encode() * 2
        assert sorted(store.list()) == ["a/b", "a/c/d", "e/f/g"]
        assert sorted(store.list_prefix("a/")) == ["a/b", "a/c/d"]
        assert sorted(store.list_dir("a/")) == ["b", "c"]
        assert sorted(store.list_dir("")) == ["a", "e"]
        assert store.get("a/b") == b"a/ba/b"
        assert store.get("nothing") is None
        assert store.get_range("a/b", 1, 3) == b"/ba"
        assert store.get_range("a/b", 4) == b"/b"
        assert store.get_range("a/b", -2) == b"/b"
        with pytest.raises(UnsafeKeyError, match="ends with '/'"):
            store["a/"] = b""
        store.delete("a/b")
        store.delete_dir("e")
        assert list(store.list()) == ["a/c/d"]


class TestLocal(StoreContract):
    def make_store(self, tmp_path, **options):
        return LocalStore(tmp_path / "root", **options)


class TestLocalMapped(StoreContract):
    def make_store(self, tmp_path, **options):
        return LocalStore(tmp_path / "root", mmap=True, map_size=1 << 16, **options)


class TestMemory(StoreContract):
    survives = False

    def make_store(self, tmp_path, **options):
        return MemoryStore(**options)


class TestMapping(StoreContract):
    survives = False

    def make_store(self, tmp_path, **options):
        return MappingStore({}, **options)


class TestLeast(StoreContract):
    """Only the primitives, so that the defaults of the base are tested."""

    survives = False

    def make_store(self, tmp_path, **options):
        return LeastStore({}, **options)
