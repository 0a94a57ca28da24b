"""Arrays <-> bytes: one codec per file, and the chain that runs them.

``registry`` finds a codec by name, ``pipeline`` compiles the chain of an array, ``_chain`` runs
it on one chunk without the GIL. A native codec is a Python class that checks its configuration
(``zstd.py``) and a kernel beside it (``_zstd.pyx``).
"""

from zarr_c.codecs.base import BytesBytesCodec, Codec
from zarr_c.codecs.blosc import BloscCodec
from zarr_c.codecs.bytes_ import BytesCodec
from zarr_c.codecs.crc32c import Crc32cCodec
from zarr_c.codecs.gzip import GzipCodec
from zarr_c.codecs.registry import get_codec_class, register_codec
from zarr_c.codecs.transpose import TransposeCodec
from zarr_c.codecs.zstd import ZstdCodec

__all__ = [
    "BloscCodec",
    "BytesBytesCodec",
    "BytesCodec",
    "Codec",
    "Crc32cCodec",
    "GzipCodec",
    "TransposeCodec",
    "ZstdCodec",
    "get_codec_class",
    "register_codec",
]
