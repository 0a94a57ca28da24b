"""Selections: how they are parsed, and what those other than slices cost.

Points, lists along axes and masks are strewn over the array.
"""

import numpy as np

from zarr_c.indexing import parsing

from .common import SHAPE, Many, Stored


class Parse:
    """What is said of an array of 10^12 elements, as objects that the paths take."""

    shape = (10_000, 10_000, 10_000)

    def setup(self):
        rng = np.random.default_rng(2)
        self.points = tuple(rng.integers(0, extent, 10_000) for extent in self.shape)
        self.lists = tuple(np.sort(rng.permutation(n)[:1000]) for n in self.shape)

    def time_slices(self):
        parsing.parse_basic((slice(5, 900, 3), ..., 7), self.shape)

    def time_lists(self):
        parsing.parse_orthogonal(self.lists, self.shape)

    def time_points(self):
        parsing.parse_coordinates(self.points, self.shape)

    def time_mixed(self):
        parsing.parse_index((self.lists[0], slice(3, 9), self.lists[2]), self.shape)


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


class SelectFromManyChunks(Many, Stored):
    """100,000 points in 512 chunks of 8 KiB: the cost per point, and per chunk."""

    def setup(self, *parameters):
        super().setup(*parameters)
        rng = np.random.default_rng(2)
        self.points = tuple(rng.integers(0, extent, 100_000) for extent in self.shape)

    def time_vindex(self, *_):
        self.array.vindex[self.points]
