"""Arrays whose chunks of 64 KiB lie in shards of 2 MiB."""

import zarr_c as zarr

from .common import STORES, Sharded, Stored


class Shards(Sharded, Stored):
    """16 MiB in 8 shards."""

    params = (("none", "zstd", "blosc"), STORES)
    param_names = ("codec", "store")

    def setup(self, codec, store):
        super().setup(codec, 3, store)

    def time_read(self, *_):
        self.array[...]

    def time_read_box(self, *_):
        """64 KiB that touch 12 inner chunks of eight shards."""
        self.array[24:40, 112:144, 112:144]

    def time_read_element(self, *_):
        self.array[33, 129, 130]

    def time_open_and_read_element(self, *_):
        """With no index at hand."""
        zarr.open_array(self.store, mode="r")[33, 129, 130]

    def time_read_inner_chunk(self, *_):
        self.array[16:32, 32:64, 32:64]

    def time_write(self, *_):
        self.array[...] = self.data

    def time_update_box(self, *_):
        """What is beside it is copied as it is stored."""
        self.array[24:40, 112:144, 112:144] = self.data[24:40, 112:144, 112:144]

    def time_points(self, *_):
        self.array.vindex[[5, 20, 40, 60], [9, 90, 140, 250], [100, 7, 200, 131]]
