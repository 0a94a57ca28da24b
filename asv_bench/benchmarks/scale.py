"""What does not grow with what an array, a group or a shard holds."""

import sys
import tracemalloc

import numpy as np

import zarr_c as zarr
from zarr_c.storage import MemoryStore, WrapperStore


class Counting(WrapperStore):
    """Counts its requests."""

    def __init__(self, store):
        super().__init__(store)
        self.requests = 0

    def get(self, key, default=None, *, byte_range=None):
        self.requests += 1
        return super().get(key, default, byte_range=byte_range)

    def set(self, key, value):
        self.requests += 1
        super().set(key, value)

    def delete(self, key):
        self.requests += 1
        super().delete(key)

    def list_prefix(self, prefix):
        self.requests += 1
        return super().list_prefix(prefix)

    def list_dir(self, prefix=""):
        self.requests += 1
        return super().list_dir(prefix)


class Chunks:
    """Arrays of 100, 1,000 and 10,000 chunks of 64 bytes."""

    params = (10, 100, 1000)
    param_names = ("rows",)

    def setup(self, rows):
        self.data = np.arange(1, rows * 160 + 1, dtype="i4").reshape(2 * rows, 80)
        self.out = np.empty_like(self.data)
        self.store = MemoryStore()
        self.array = zarr.create_array(
            self.store, data=self.data, chunks=(2, 8), compressors=None
        )

    def time_read(self, rows):
        self.array.get_basic_selection(..., out=self.out)

    def time_write(self, rows):
        self.array[...] = self.data

    def time_nchunks_initialized(self, rows):
        self.array.nchunks_initialized  # noqa: B018

    def time_one_element(self, rows):
        self.array[1, 1]

    def track_objects_of_a_read(self, rows):
        self.time_read(rows)
        before = sys.getallocatedblocks()
        self.time_read(rows)
        return sys.getallocatedblocks() - before

    track_objects_of_a_read.unit = "blocks"

    def track_python_memory_of_a_read(self, rows):
        self.time_read(rows)
        tracemalloc.start()
        self.time_read(rows)
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return peak

    track_python_memory_of_a_read.unit = "bytes"


class Grid:
    """Cubes of 10^6, 10^12 and 10^18 elements, of whose chunks two are stored."""

    params = (10**2, 10**4, 10**6)
    param_names = ("side",)

    def setup(self, side):
        self.store = Counting(MemoryStore())
        self.array = zarr.create_array(
            self.store, shape=(side,) * 3, chunks=(10,) * 3, dtype="f8", compressors=None
        )
        self.array[0, 0, 0] = self.array[side - 1, side - 1, side - 1] = 1

    def time_open(self, side):
        zarr.open_array(self.store, mode="r")

    def time_slice(self, side):
        self.array[0, 0, 0:3]

    def time_info(self, side):
        repr(self.array.info)

    def time_grow_and_shrink(self, side):
        self.array.resize((2 * side, side, side))
        self.array.resize((side,) * 3)

    def track_requests_of_growing(self, side):
        self.store.requests = 0
        self.array.resize((2 * side, side, side))
        return self.store.requests

    track_requests_of_growing.unit = "requests"

    def track_requests_of_counting(self, side):
        self.store.requests = 0
        self.array.nchunks_initialized  # noqa: B018
        return self.store.requests

    track_requests_of_counting.unit = "requests"


class Group:
    """Groups of 100 and 2,000 arrays."""

    params = (100, 2000)
    param_names = ("members",)

    def setup(self, members):
        self.store = Counting(MemoryStore())
        self.group = zarr.create_group(self.store)
        for i in range(members):
            self.group.create_array(f"a{i}", shape=(4,), dtype="i4")

    def time_members(self, members):
        self.group.members()

    def time_keys(self, members):
        list(self.group.keys())

    def time_contains(self, members):
        "a50" in self.group  # noqa: B015

    def time_item(self, members):
        self.group["a50"]

    def track_requests_of_an_item(self, members):
        self.store.requests = 0
        self.group["a50"]
        return self.store.requests

    track_requests_of_an_item.unit = "requests"

    def track_requests_for_a_member(self, members):
        self.store.requests = 0
        self.group.members()
        return self.store.requests / members

    track_requests_for_a_member.unit = "requests"


class Groups:
    """100 and 2,000 groups of one group each, in memory."""

    params = (100, 2000)
    param_names = ("groups",)

    def setup(self, groups):
        self.root = zarr.create_group(MemoryStore())
        for i in range(groups):
            self.root.create_group(f"g{i}/inner")

    def time_all_levels(self, groups):
        self.root.members(None)


class Shard:
    """One shard of 1,000 and of 100,000 inner chunks."""

    params = (10, 1000)
    param_names = ("rows",)

    def setup(self, rows):
        self.data = np.arange(1, rows * 400 + 1, dtype="i4").reshape(2 * rows, 200)
        self.store = MemoryStore()
        self.array = zarr.create_array(
            self.store, data=self.data, chunks=(2, 2), shards=self.data.shape, compressors=None
        )
        self.array[0, 0]

    def time_one_element(self, rows):
        self.array[1, 1]

    def time_one_element_cold(self, rows):
        zarr.open_array(self.store, mode="r")[1, 1]

    def time_read(self, rows):
        self.array[...]

    def time_update_one_chunk(self, rows):
        self.array[0, 0] = 7
