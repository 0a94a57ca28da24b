"""What some parameters of codecs may be, as enumerations whose members are strings."""

from __future__ import annotations

from enum import StrEnum
from typing import Literal

__all__ = [
    "BloscCname",
    "BloscShuffle",
    "Endian",
    "ShardingCodecIndexLocation",
    "SubchunkWriteOrder",
]


class BloscCname(StrEnum):
    """Compressors of Blosc."""

    lz4 = "lz4"
    lz4hc = "lz4hc"
    blosclz = "blosclz"
    zstd = "zstd"
    snappy = "snappy"
    zlib = "zlib"


class BloscShuffle(StrEnum):
    """What Blosc does with the bytes of elements before it compresses them."""

    noshuffle = "noshuffle"
    shuffle = "shuffle"
    bitshuffle = "bitshuffle"

    @classmethod
    def from_int(cls, num: int) -> BloscShuffle:
        """The member of a number of numcodecs.

        Raises
        ------
        ValueError
            If it is none of 0, 1 and 2.
        """
        if num not in (0, 1, 2):
            raise ValueError(f"num: expected 0, 1 or 2, found {num!r}")
        return list(cls)[num]


class Endian(StrEnum):
    """Byte orders."""

    big = "big"
    little = "little"


class ShardingCodecIndexLocation(StrEnum):
    """Where the index of a shard lies."""

    start = "start"
    end = "end"


SubchunkWriteOrder = Literal["morton", "unordered", "lexicographic", "colexicographic"]
"""Orders of inner chunks within a shard."""
