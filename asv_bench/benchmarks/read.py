"""Whole reads, reads of planes, and reads of many small chunks."""

import numpy as np

from .common import Stored


class ReadAll(Stored):
    """16 MiB in chunks of 2 MiB."""

    def time_new_array(self, *_):
        self.array[...]

    def peakmem_new_array(self, *_):
        self.array[...]


class ReadInto(Stored):
    """The same into memory that exists."""

    def setup(self, *parameters):
        super().setup(*parameters)
        self.out = np.empty_like(self.data)

    def time_same_memory(self, *_):
        self.array.get_basic_selection(..., out=self.out)


class ReadPlanes(Stored):
    """One plane along each axis."""

    def time_planes(self, *_):
        self.array[20]
        self.array[:, 77]
        self.array[..., 77]


class ReadManyChunks(Stored):
    """512 chunks of 8 KiB: the cost per chunk."""

    shape, chunks = (64, 128, 128), (8, 16, 16)

    def time_new_array(self, *_):
        self.array[...]
