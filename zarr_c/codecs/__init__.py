"""Arrays <-> bytes: one codec per file, and the chain that runs them.

``registry`` finds a codec by name, ``pipeline`` compiles the chain of an array, ``_chain`` runs
it on one chunk without the GIL. A native codec is a Python class that checks its configuration
(``zstd.py``) and a kernel beside it (``_zstd.pyx``).
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from zarr_c.codecs.base import ArrayArrayCodec, ArrayBytesCodec, BytesBytesCodec, Codec
from zarr_c.codecs.bytes_ import BytesCodec
from zarr_c.codecs.registry import get_codec_class, register_codec
from zarr_c.codecs.transpose import TransposeCodec

if TYPE_CHECKING:
    from zarr_c.codecs import numcodecs
    from zarr_c.codecs._capsule import CapsuleStage
    from zarr_c.codecs.bitround import BitroundCodec
    from zarr_c.codecs.blosc import BloscCodec
    from zarr_c.codecs.cast_value import CastValue
    from zarr_c.codecs.checksums import Crc32cCodec
    from zarr_c.codecs.conditional import ConditionalCodec
    from zarr_c.codecs.enums import (
        BloscCname,
        BloscShuffle,
        Endian,
        ShardingCodecIndexLocation,
        SubchunkWriteOrder,
    )
    from zarr_c.codecs.gzip import GzipCodec
    from zarr_c.codecs.n5 import N5DefaultCodec
    from zarr_c.codecs.packbits import PackBitsCodec
    from zarr_c.codecs.reshape import ReshapeCodec
    from zarr_c.codecs.scale_offset import ScaleOffset
    from zarr_c.codecs.sharding import ShardingCodec
    from zarr_c.codecs.vlen import VLenBytesCodec, VLenUTF8Codec
    from zarr_c.codecs.zfp import ZfpCodec
    from zarr_c.codecs.zstd import ZstdCodec

__all__ = [
    "ArrayArrayCodec",
    "ArrayBytesCodec",
    "BitroundCodec",
    "BloscCname",
    "BloscCodec",
    "BloscShuffle",
    "BytesBytesCodec",
    "BytesCodec",
    "CapsuleStage",
    "CastValue",
    "Codec",
    "ConditionalCodec",
    "Crc32cCodec",
    "Endian",
    "GzipCodec",
    "N5DefaultCodec",
    "PackBitsCodec",
    "ReshapeCodec",
    "ScaleOffset",
    "ShardingCodec",
    "ShardingCodecIndexLocation",
    "SubchunkWriteOrder",
    "TransposeCodec",
    "VLenBytesCodec",
    "VLenUTF8Codec",
    "ZfpCodec",
    "ZstdCodec",
    "get_codec_class",
    "numcodecs",
    "register_codec",
]

# The others, most of them with a kernel, are imported on use, as the registry has them too.
_ON_USE = {
    "BloscCname": "enums",
    "BloscShuffle": "enums",
    "Endian": "enums",
    "ShardingCodecIndexLocation": "enums",
    "SubchunkWriteOrder": "enums",
    "CapsuleStage": "_capsule",
    "BitroundCodec": "bitround",
    "BloscCodec": "blosc",
    "CastValue": "cast_value",
    "ConditionalCodec": "conditional",
    "Crc32cCodec": "checksums",
    "GzipCodec": "gzip",
    "N5DefaultCodec": "n5",
    "PackBitsCodec": "packbits",
    "ReshapeCodec": "reshape",
    "ScaleOffset": "scale_offset",
    "ShardingCodec": "sharding",
    "VLenBytesCodec": "vlen",
    "VLenUTF8Codec": "vlen",
    "ZfpCodec": "zfp",
    "ZstdCodec": "zstd",
}


def __getattr__(name: str) -> Any:
    if name == "numcodecs":
        return import_module("zarr_c.codecs.numcodecs")
    if name in _ON_USE:
        return getattr(import_module(f"zarr_c.codecs.{_ON_USE[name]}"), name)
    raise AttributeError(f"module 'zarr_c.codecs' has no attribute {name!r}")
