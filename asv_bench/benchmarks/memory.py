"""The most memory that a process had while it did one thing, its 16 MiB of data included."""

from .common import CODECS, Sharded, Stored


class PeakChunks(Stored):
    """Chunks of 2 MiB in a local store."""

    params = (CODECS,)
    param_names = ("codec",)

    def setup(self, codec):
        super().setup(codec, 3, "local")

    def peakmem_read(self, *_):
        self.array[...]

    def peakmem_write(self, *_):
        self.array[...] = self.data

    def peakmem_update(self, *_):
        self.array[24:40, 112:144, 112:144] = 1


class PeakShards(Sharded, PeakChunks):
    """Chunks of 64 KiB in shards of 2 MiB."""
