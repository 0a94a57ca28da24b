"""The kernel that moves what is decoded into the caller's array, and back."""

import numpy as np

from zarr_c.indexing._copy import copy_into, fill

LAYOUTS = {  # of a block of 128^3: the view that is copied to or from
    "whole": lambda block: block[:128, :128, :128],
    "rows": lambda block: block[:128, :128, 5:133],
    "turned": lambda block: block[:128, :128, :128].T,
    "every-second": lambda block: block[:128, :128, ::2][..., :128],
    "reversed": lambda block: block[:128, :128, 127::-1],
}


class Copy:
    """128^3 items between a contiguous block and one of another layout."""

    params = (tuple(LAYOUTS), (1, 2, 4, 8))
    param_names = ("layout", "itemsize")

    def setup(self, layout, itemsize):
        extent = 128 if layout in ("whole", "turned") else 256
        self.outer = LAYOUTS[layout](np.ones((128, 128, extent), f"u{itemsize}"))
        self.block = np.ones((128, 128, 128), f"u{itemsize}")
        self.item = bytes(range(1, itemsize + 1))

    def time_scatter(self, *_):
        copy_into(self.outer, self.block)

    def time_gather(self, *_):
        copy_into(self.block, self.outer)

    def time_fill(self, *_):
        fill(self.outer, self.item)
