"""A store that counts what is asked of it, and arrays to ask for."""

from collections import Counter

import numpy as np

import zarr_c
from zarr_c.storage import WrapperStore


class Counting(WrapperStore):
    """Counts which objects are read and written."""

    def __init__(self, store):
        super().__init__(store)
        self.read, self.written = Counter(), Counter()

    def get(self, key, default=None, *, byte_range=None):
        self.read[key] += 1
        return super().get(key, default, byte_range=byte_range)

    def set(self, key, value):
        self.written[key] += 1
        super().set(key, value)


def chunks_in(counter, prefix=""):
    """How often each chunk was touched, of an array at a path."""
    names = ("zarr.json", ".zarray", ".zattrs", ".zgroup", "journal.json", "task")
    return {
        key: count
        for key, count in counter.items()
        if key.startswith(prefix) and key.rpartition("/")[2] not in names
    }


def filled(store, values, **kwargs):
    array = zarr_c.create_array(store, shape=values.shape, dtype=values.dtype, **kwargs)
    array[...] = values
    return array


def numbers(*shape, dtype="f4"):
    return np.random.default_rng(0).integers(1, 100, shape).astype(dtype)
