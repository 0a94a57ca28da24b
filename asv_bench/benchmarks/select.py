"""Points, lists along axes, masks, and fields of records."""

import numpy as np

from .common import SHAPE, Stored


class Select(Stored):
    """What is strewn over 16 MiB in chunks of 2 MiB."""

    def setup(self, *parameters):
        super().setup(*parameters)
        rng = np.random.default_rng(2)
        self.points = tuple(rng.integers(0, extent, 20_000) for extent in SHAPE)
        self.quarter = tuple(np.sort(rng.permutation(n)[: n // 4]) for n in SHAPE)
        self.mask = rng.random(SHAPE) < 0.01

    def time_vindex(self, *_):
        self.array.vindex[self.points]

    def time_oindex(self, *_):
        self.array.oindex[self.quarter]

    def time_mask(self, *_):
        self.array[self.mask]

    def time_write_vindex(self, *_):
        self.array.vindex[self.points] = 1


class SelectFromManyChunks(Stored):
    """100,000 points in 512 chunks of 8 KiB: the cost per point, and per chunk."""

    shape, chunks = (64, 128, 128), (8, 16, 16)

    def setup(self, *parameters):
        super().setup(*parameters)
        rng = np.random.default_rng(2)
        self.points = tuple(rng.integers(0, extent, 100_000) for extent in self.shape)

    def time_vindex(self, *_):
        self.array.vindex[self.points]
