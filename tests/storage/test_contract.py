"""What every store promises, for those that need nothing but this process."""

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
