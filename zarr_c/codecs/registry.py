"""Names -> codec classes: ours, those a program registers, and those of installed packages."""

from __future__ import annotations

from typing import Any

from zarr_c.codecs.base import Codec
from zarr_c.codecs.blosc import BloscCodec, NumcodecsBlosc
from zarr_c.codecs.bytes_ import BytesCodec
from zarr_c.codecs.crc32c import Crc32cCodec, NumcodecsCrc32c
from zarr_c.codecs.gzip import GzipCodec, ZlibCodec
from zarr_c.codecs.lz4 import Lz4Codec
from zarr_c.codecs.transpose import TransposeCodec
from zarr_c.codecs.zstd import ZstdCodec
from zarr_c.errors import UnknownCodecError

__all__ = ["ENTRY_POINTS", "V2_NATIVE", "get_codec_class", "register_codec"]

ENTRY_POINTS = "zarr_c.codecs"
"""Group of the entry points by which a package offers codecs: codec name = class."""

_CODECS: dict[str, type[Codec]] = {
    "blosc": BloscCodec,
    "bytes": BytesCodec,
    "endian": BytesCodec,  # what `bytes` was called before the format was final
    "crc32c": Crc32cCodec,
    "gzip": GzipCodec,
    "transpose": TransposeCodec,
    "zstd": ZstdCodec,
}

V2_NATIVE: dict[str, type[Any]] = {
    "blosc": NumcodecsBlosc,
    "crc32c": NumcodecsCrc32c,
    "gzip": GzipCodec,
    "lz4": Lz4Codec,
    "zlib": ZlibCodec,
    "zstd": ZstdCodec,
}
"""The codecs of numcodecs that are native here, by their id."""


def register_codec(name: str, codec: type[Codec]) -> None:
    """Make a codec known by a name, in this process.

    Parameters
    ----------
    name : str
        As documents have it.
    codec : type
        A subclass of `zarr_c.codecs.Codec`, for example of `BytesBytesCodec`.

    Raises
    ------
    TypeError
        If `codec` is no such class.
    """
    if not (isinstance(codec, type) and issubclass(codec, Codec)):
        raise TypeError(f"codec: expected a subclass of zarr_c.codecs.Codec, found {codec!r}")
    _CODECS[name] = codec


def get_codec_class(name: str) -> type[Codec]:
    """The codec of a name.

    Raises
    ------
    UnknownCodecError
        If there is none, here or in an installed package.
    """
    found = _CODECS.get(name)
    return found if found is not None else _from_entry_points(name)


def _from_entry_points(name: str) -> type[Codec]:
    from importlib.metadata import entry_points

    for point in entry_points(group=ENTRY_POINTS, name=name):
        register_codec(name, point.load())
        return _CODECS[name]
    raise UnknownCodecError(
        f"codec {name!r}: expected one of {sorted(_CODECS)} or one that an installed package "
        f"offers under the entry point group {ENTRY_POINTS!r}"
    )
