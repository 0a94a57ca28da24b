"""Names -> codec classes: ours, those a program registers, and those of installed packages."""

from __future__ import annotations

from functools import cache
from importlib import import_module
from typing import Any

from zarr_c.codecs.base import BytesBytesCodec, Codec
from zarr_c.errors import UnknownCodecError
from zarr_c.recent import note_registration

__all__ = ["ENTRY_POINTS", "get_codec_class", "get_v2_codec_class", "register_codec"]

ENTRY_POINTS = "zarr_c.codecs"
"""Group of the entry points by which a package offers codecs: codec name = class."""

# Ours, by module and class: most programs need one or two, so each is imported on use.
_NUMCODECS = {  # by their id, which is the name in v2; in v3 numcodecs.<id>
    "adler32": ("checksums", "Adler32"),
    "astype": ("filters", "AsType"),
    "bitround": ("filters", "BitRound"),
    "blosc": ("blosc", "Blosc"),
    "bz2": ("standard_library", "BZ2"),
    "crc32": ("checksums", "CRC32"),
    "crc32c": ("checksums", "CRC32C"),
    "delta": ("filters", "Delta"),
    "fixedscaleoffset": ("filters", "FixedScaleOffset"),
    "fletcher32": ("checksums", "Fletcher32"),
    "gzip": ("gzip", "GZip"),
    "jenkins_lookup3": ("checksums", "JenkinsLookup3"),
    "lz4": ("lz4", "LZ4"),
    "lzma": ("standard_library", "LZMA"),
    "packbits": ("filters", "PackBits"),
    "pcodec": ("pcodec", "PCodec"),
    "quantize": ("filters", "Quantize"),
    "shuffle": ("shuffle", "Shuffle"),
    "zfpy": ("zfp", "ZFPY"),
    "zlib": ("gzip", "Zlib"),
    "zstd": ("zstd", "Zstd"),
}
_URI = "https://codec.zarrs.dev/"
_V3 = {
    "bitround": ("bitround", "BitroundCodec"),
    "blosc": ("blosc", "BloscCodec"),
    "bytes": ("bytes_", "BytesCodec"),
    "endian": ("bytes_", "BytesCodec"),  # what `bytes` was called before the format was final
    "cast_value": ("cast_value", "CastValue"),
    "conditional": ("conditional", "ConditionalCodec"),
    "crc32c": ("checksums", "Crc32cCodec"),
    "gzip": ("gzip", "GzipCodec"),
    "n5_default": ("n5", "N5DefaultCodec"),
    "packbits": ("packbits", "PackBitsCodec"),
    "reshape": ("reshape", "ReshapeCodec"),
    "scale_offset": ("scale_offset", "ScaleOffset"),
    "sharding_indexed": ("sharding", "ShardingCodec"),
    "transpose": ("transpose", "TransposeCodec"),
    "vlen-bytes": ("vlen", "VLenBytesCodec"),
    "vlen-utf8": ("vlen", "VLenUTF8Codec"),
    "zfp": ("zfp", "ZfpCodec"),
    "zstd": ("zstd", "ZstdCodec"),
    # what zarrs called them before they had names
    f"{_URI}array_to_array/bitround": ("bitround", "BitroundCodec"),
    f"{_URI}array_to_bytes/pcodec": ("pcodec", "PCodec"),
    f"{_URI}array_to_bytes/zfp": ("zfp", "ZfpCodec"),
    f"{_URI}bytes_to_bytes/bz2": ("standard_library", "BZ2"),
    f"{_URI}bytes_to_bytes/fletcher32": ("checksums", "Fletcher32"),
} | {f"numcodecs.{name}": place for name, place in _NUMCODECS.items()}
_CODECS: dict[str, type[Codec]] = {}  # those registered, and those of _V3 that were asked for


@cache
def _ours(module: str, name: str) -> type[Any]:
    found: type[Any] = getattr(import_module(f"zarr_c.codecs.{module}"), name)
    return found


def register_codec(name: str, codec: Any) -> None:
    """Make a codec known by a name, in this process.

    Parameters
    ----------
    name : str
        As documents have it.
    codec : type or PyCapsule
        A subclass of `zarr_c.codecs.Codec`, for example of `BytesBytesCodec`; or a codec from
        bytes to bytes without parameters that is written in C: a capsule named "zarr_c.codec"
        around a ``zc_codec`` of ``zarr_c/codec.h``.

    Raises
    ------
    TypeError
        If `codec` is neither.
    CodecError
        If a codec in C was built for another version of zarr_c.
    """
    if type(codec).__name__ == "PyCapsule":
        codec = _from_capsule(name, codec)
    if not (isinstance(codec, type) and issubclass(codec, Codec)):
        raise TypeError(f"codec: expected a subclass of zarr_c.codecs.Codec, found {codec!r}")
    if not hasattr(codec, "name"):  # as those written for zarr-python have none
        codec.name = name
    _CODECS[name] = codec
    note_registration()


def _from_capsule(name: str, capsule: Any) -> type[Codec]:
    from zarr_c.codecs._capsule import CapsuleStage

    CapsuleStage(capsule)  # refuses what it cannot run, now rather than at the first array
    namespace = {
        "name": name,
        "stage": lambda self, itemsize: CapsuleStage(capsule),
        "__doc__": f"{name}, written in C.",
    }
    return type("CapsuleCodec", (BytesBytesCodec,), namespace)


def get_codec_class(name: str) -> type[Codec]:
    """The codec of a name.

    Raises
    ------
    UnknownCodecError
        If there is none, here or in an installed package.
    """
    found = _CODECS.get(name)
    if found is not None:
        return found
    if name in _V3:
        return _CODECS.setdefault(name, _ours(*_V3[name]))
    return _from_entry_points(name)


def get_v2_codec_class(name: Any) -> type[Codec] | None:
    """The codec for an id of numcodecs, None if only numcodecs has it."""
    place = _NUMCODECS.get(name)
    return _ours(*place) if place else None


def _from_entry_points(name: str) -> type[Codec]:
    from importlib.metadata import entry_points

    for point in entry_points(group=ENTRY_POINTS, name=name):
        register_codec(name, point.load())
        return _CODECS[name]
    raise UnknownCodecError(
        f"codec {name!r}: expected one of {sorted({*_V3, *_CODECS})} or one that an installed "
        f"package offers under the entry point group {ENTRY_POINTS!r}"
    )
