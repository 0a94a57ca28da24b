"""The latency of the smallest read and write."""

from .common import Stored


class OneElement(Stored):
    """One number of a chunk of 2 MiB."""

    def time_read(self, *_):
        self.array[33, 129, 130]


class OneChunk(Stored):
    """One number in a chunk of its own: no more than the way there and back."""

    shape, chunks = (4, 4, 4), (1, 1, 1)

    def time_read(self, *_):
        self.array[1, 2, 3]

    def time_write(self, *_):
        self.array[1, 2, 3] = 1.0
