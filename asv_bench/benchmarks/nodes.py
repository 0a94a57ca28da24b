"""Arrays and groups: opened, created, listed, changed."""

import shutil

import zarr_c as zarr

from .common import FORMATS, STORES, Stored, temporary_folder


class Open(Stored):
    """One array, from the store to an object that can be read."""

    shape, chunks = (8, 8, 8), (8, 8, 8)
    params = (("none", "blosc"), FORMATS, STORES)

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

    def time_set_attribute(self, *_):
        self.array.attrs["run"] = 7

    def time_resize(self, *_):
        self.array.resize((16, 8, 8))
        self.array.resize((8, 8, 8))


class Groups:
    """A group of 100 arrays, and the same with consolidated metadata."""

    params = (FORMATS, STORES, (False, True))
    param_names = ("format", "store", "consolidated")

    def setup(self, zarr_format, store, consolidated):
        self.folder = temporary_folder()
        self.store = zarr.storage.MemoryStore()
        if store == "local":
            self.store = zarr.storage.LocalStore(f"{self.folder}/a.zarr")
        group = zarr.create_group(self.store, zarr_format=zarr_format)
        for i in range(100):
            group.create_array(f"a{i}", shape=(8,), chunks=(8,), dtype="float32")
        if consolidated:
            zarr.consolidate_metadata(self.store)
        self.group = zarr.open_group(self.store, mode="r")

    def teardown(self, *_):
        shutil.rmtree(self.folder, ignore_errors=True)

    def time_open(self, *_):
        zarr.open_group(self.store, mode="r")

    def time_list_members(self, *_):
        list(self.group.members())

    def time_one_member(self, *_):
        self.group["a50"]
