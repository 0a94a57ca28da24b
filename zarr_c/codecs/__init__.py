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
    from zarr_c.codecs.blosc import BloscCodec
    from zarr_c.codecs.checksums import Crc32cCodec
    from zarr_c.codecs.gzip import GzipCodec
    from zarr_c.codecs.sharding import ShardingCodec
    from zarr_c.codecs.zstd import ZstdCodec

__all__ = [
    "ArrayArrayCodec",
    "ArrayBytesCodec",
    "BloscCodec",
    "BytesBytesCodec",
    "BytesCodec",
    "Codec",
    "Crc32cCodec",
    "GzipCodec",
    "ShardingCodec",
    "TransposeCodec",
    "ZstdCodec",
    "get_codec_class",
    "register_codec",
]

# those with a kernel, as the registry has them too
_ON_USE = {
    "BloscCodec": "blosc",
    "Crc32cCodec": "checksums",
    "GzipCodec": "gzip",
    "ShardingCodec": "sharding",
    "ZstdCodec": "zstd",
}


def __getattr__(name: str) -> Any:
    if name in _ON_USE:
        return getattr(import_module(f"zarr_c.codecs.{_ON_USE[name]}"), name)
    raise AttributeError(f"module 'zarr_c.codecs' has no attribute {name!r}")
