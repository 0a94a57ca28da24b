"""Opening what exists and creating what does not."""

import zarr_c as zarr

from .common import FORMATS, STORES, Stored


class Open(Stored):
    """One array, from the path or store to an object that can be read."""

    shape, chunks = (8, 8, 8), (8, 8, 8)
    params = (("none",), FORMATS, STORES)

    def time_open_array(self, *_):
        zarr.open_array(self.store, mode="r")

    def time_open(self, *_):
        zarr.open(self.store, mode="r")

    def time_create(self, codec, zarr_format, store):
        zarr.create_array(
            self.store,
            shape=self.shape,
            chunks=self.chunks,
            dtype="float32",
            zarr_format=zarr_format,
            overwrite=True,
        )
