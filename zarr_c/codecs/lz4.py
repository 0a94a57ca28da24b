"""LZ4 as numcodecs frames it."""

from __future__ import annotations

from zarr_c.codecs._lz4 import Lz4Stage
from zarr_c.codecs.base import BytesBytesCodec, expect

__all__ = ["LZ4"]


class LZ4(BytesBytesCodec):
    """LZ4 blocks behind their decoded size.

    Parameters
    ----------
    acceleration : int, default 1
        Larger is faster and bigger; below 1 is 1.
    """

    name = "numcodecs.lz4"
    parameters = ("acceleration",)

    def __init__(self, *, acceleration: int = 1) -> None:
        valid = type(acceleration) is int and -(2**31) <= acceleration < 2**31
        expect(self.name, "acceleration", valid, "a 32-bit integer", acceleration)
        self.acceleration = acceleration

    def stage(self, itemsize: int) -> Lz4Stage:
        return Lz4Stage(self.acceleration)
