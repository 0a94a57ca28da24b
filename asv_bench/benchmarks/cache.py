"""Reads that come back to the same chunks, with a cache of decoded chunks and without."""

from .common import Stored


class Cached(Stored):
    """Base: the array in zstd chunks of 2 MiB."""

    params = (("without", "cached"), ("memory", "local"))
    param_names = ("cache", "store")

    def setup(self, cache, store):
        super().setup("zstd", 3, store)
        if cache == "cached":
            self.array = self.array.with_cache(64 << 20)
            self.array[...]


class CachedElement(Cached):
    """One number of a chunk that was read before."""

    def time_read(self, *_):
        self.array[33, 129, 130]


class SlidingSlab(Cached):
    """Slabs of 3 planes that move by one: each plane is wanted by three of them."""

    def time_read(self, *_):
        for i in range(1, 63):
            self.array[i - 1 : i + 2]


class Rows(Cached):
    """Each row of a plane by a read of its own."""

    def time_read(self, *_):
        for i in range(256):
            self.array[5, i]
