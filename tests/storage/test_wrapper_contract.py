"""What every store promises, through stores around other stores."""

import logging

from zarr_c.storage import CacheStore, LocalStore, LoggingStore, MemoryStore, WrapperStore
from zarr_c.testing import LatencyStore, StoreContract


class Everything(WrapperStore):
    """Overrides every verb, and changes nothing."""

    def get(self, key, default=None, *, byte_range=None):
        return super().get(key, default, byte_range=byte_range)

    def set(self, key, value):
        super().set(key, value)

    def set_if_not_exists(self, key, value):
        return super().set_if_not_exists(key, value)

    def delete(self, key):
        super().delete(key)

    def exists(self, key):
        return super().exists(key)

    def getsize(self, key):
        return super().getsize(key)

    def list_prefix(self, prefix):
        return super().list_prefix(prefix)

    def list_dir(self, prefix=""):
        return super().list_dir(prefix)

    def delete_dir(self, prefix):
        super().delete_dir(prefix)

    def rename(self, source, target):
        super().rename(source, target)


class TestWrapped(StoreContract):
    def make_store(self, tmp_path, **options):
        return WrapperStore(LocalStore(tmp_path / "root", **options))


class TestOverridden(StoreContract):
    survives = False

    def make_store(self, tmp_path, **options):
        return Everything(MemoryStore(**options))


class TestTwice(StoreContract):
    def make_store(self, tmp_path, **options):
        return WrapperStore(Everything(LocalStore(tmp_path / "root", **options)))


class TestLogged(StoreContract):
    def make_store(self, tmp_path, **options):
        log = logging.getLogger("tests.logged")
        log.setLevel(logging.DEBUG)
        log.propagate = False
        log.addHandler(logging.NullHandler())
        return LoggingStore(LocalStore(tmp_path / "root", **options), log)


class TestSilent(StoreContract):
    def make_store(self, tmp_path, **options):
        return LoggingStore(LocalStore(tmp_path / "root", **options), log_level=logging.DEBUG)


class TestCached(StoreContract):
    def make_store(self, tmp_path, **options):
        inner = LocalStore(tmp_path / "root", **options)
        return CacheStore(inner, cache_store=tmp_path / "cache", max_size=1 << 20)


class TestCachedInMemory(StoreContract):
    survives = False

    def make_store(self, tmp_path, **options):
        return CacheStore(MemoryStore(**options), cache_store=MemoryStore())


class TestLatency(StoreContract):
    survives = False

    def make_store(self, tmp_path, **options):
        return LatencyStore(MemoryStore(**options), get_latency=1e-4, set_latency=1e-4)
