"""Whole paths through arrays of chunks: reads, writes, updates, appends."""

import numpy as np

import zarr_c as zarr

from .common import CODECS, Many, Stored


class OneElement(Stored):
    """The latency of the smallest read: one number of a chunk of 2 MiB."""

    def time_read(self, *_):
        self.array[33, 129, 130]


class OneChunk(Stored):
    """One number in a chunk of its own: no more than the way there and back."""

    shape, chunks = (4, 4, 4), (1, 1, 1)

    def time_read(self, *_):
        self.array[1, 2, 3]

    def time_write(self, *_):
        self.array[1, 2, 3] = 1.0


class ReadAll(Stored):
    """16 MiB in chunks of 2 MiB."""

    def time_new_array(self, *_):
        self.array[...]


class ReadInto(Stored):
    """The same into memory that exists."""

    def setup(self, *parameters):
        super().setup(*parameters)
        self.out = np.zeros_like(self.data)
        self.turned = np.zeros_like(self.data, order="F")

    def time_same_memory(self, *_):
        self.array.get_basic_selection(..., out=self.out)

    def time_turned(self, *_):
        self.array.get_basic_selection(..., out=self.turned)


class ReadParts(Stored):
    """One plane along each axis, and 64 KiB out of the middle of eight chunks."""

    def time_planes(self, *_):
        self.array[20]
        self.array[:, 77]
        self.array[..., 77]

    def time_box(self, *_):
        self.array[24:40, 112:144, 112:144]

    def time_every_third(self, *_):
        self.array[::3, ::3, ::3]


class ReadManyChunks(Many, Stored):
    """512 chunks of 8 KiB: the cost per chunk."""

    def time_new_array(self, *_):
        self.array[...]


class WriteAll(Stored):
    """16 MiB in chunks of 2 MiB; chunks are replaced."""

    def time_replace(self, *_):
        self.array[...] = self.data

    def track_bytes_stored(self, *_):
        return self.array.nbytes_stored()

    track_bytes_stored.unit = "bytes"


class WriteManyChunks(Many, Stored):
    """512 chunks of 8 KiB: the cost per chunk."""

    def time_replace(self, *_):
        self.array[...] = self.data


class UpdateBox(Stored):
    """64 KiB that touch eight chunks of 2 MiB: read, change, write."""

    def time_unaligned(self, *_):
        self.array[24:40, 112:144, 112:144] = self.data[24:40, 112:144, 112:144]


class AppendSteps(Stored):
    """One more time step of 256 KiB at each call."""

    shape, chunks = (1, 256, 256), (1, 256, 256)

    def setup(self, *parameters):
        super().setup(*parameters)
        self.step = np.ascontiguousarray(self.data)

    def time_step(self, *_):
        self.array.append(self.step, axis=0)


class Threads(Stored):
    """16 MiB of a local store by one thread and by two."""

    params = (CODECS, (1, 2))
    param_names = ("codec", "threads")

    def setup(self, codec, threads):
        super().setup(codec, 3, "local")
        zarr.config.set({"threads": threads})

    def time_read(self, *_):
        self.array[...]

    def time_write(self, *_):
        self.array[...] = self.data
