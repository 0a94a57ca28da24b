"""The codecs of numcodecs under the names that zarr-python gives them in Zarr v3.

Their configuration is that of numcodecs without ``id``, and in Zarr v2 they are found by it.
They are no part of the Zarr v3 specification.
"""

from zarr_c.codecs.blosc import Blosc
from zarr_c.codecs.checksums import CRC32, CRC32C, Adler32, Fletcher32, JenkinsLookup3
from zarr_c.codecs.filters import (
    AsType,
    BitRound,
    Delta,
    FixedScaleOffset,
    PackBits,
    Quantize,
)
from zarr_c.codecs.gzip import GZip, Zlib
from zarr_c.codecs.lz4 import LZ4
from zarr_c.codecs.pcodec import PCodec
from zarr_c.codecs.shuffle import Shuffle
from zarr_c.codecs.standard_library import BZ2, LZMA
from zarr_c.codecs.zfp import ZFPY
from zarr_c.codecs.zstd import Zstd

__all__ = [
    "BZ2",
    "CRC32",
    "CRC32C",
    "LZ4",
    "LZMA",
    "ZFPY",
    "Adler32",
    "AsType",
    "BitRound",
    "Blosc",
    "Delta",
    "Fletcher32",
    "FixedScaleOffset",
    "GZip",
    "JenkinsLookup3",
    "PCodec",
    "PackBits",
    "Quantize",
    "Shuffle",
    "Zlib",
    "Zstd",
]
