"""Whole writes, unaligned updates, appended steps, and what they leave in the store."""

import numpy as np

from .common import Stored


class WriteAll(Stored):
    """16 MiB in chunks of 2 MiB; chunks are replaced."""

    def time_replace(self, *_):
        self.array[...] = self.data

    def track_bytes_stored(self, *_):
        return self.array.nbytes_stored()

    track_bytes_stored.unit = "bytes"


class WriteManyChunks(Stored):
    """512 chunks of 8 KiB: the cost per chunk."""

    shape, chunks = (64, 128, 128), (8, 16, 16)

    def time_replace(self, *_):
        self.array[...] = self.data


class UpdateBox(Stored):
    """64 KiB that touch eight chunks of 512 KiB: read, change, write."""

    chunks = (32, 64, 64)

    def time_unaligned(self, *_):
        self.array[20:36, 50:82, 50:82] = self.data[20:36, 50:82, 50:82]


class AppendSteps(Stored):
    """One more time step of 256 KiB at each call."""

    shape, chunks = (1, 256, 256), (1, 256, 256)

    def setup(self, *parameters):
        super().setup(*parameters)
        self.step = np.ascontiguousarray(self.data)

    def time_step(self, *_):
        self.array.append(self.step, axis=0)
