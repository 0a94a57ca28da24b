"""What users pass as codecs, turned into what documents hold.

Codecs are given by name, as dictionaries, as codec objects (``to_dict()``, Zarr v3) or as
numcodecs objects (``get_config()``, Zarr v2). Nothing of numcodecs is imported for that.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Any

from zarr_c.codecs.base import ArrayArrayCodec, ArrayBytesCodec, BytesBytesCodec
from zarr_c.codecs.registry import get_codec_class

if TYPE_CHECKING:
    from zarr_c.metadata.dtype import DataType

__all__ = ["complete", "sharded", "v2_codecs", "v3_codecs", "with_object_codec"]

Codec = dict[str, Any]

# Parameters that a document must hold and a user may leave out, as zarr-python fills them in.
_DEFAULTS: dict[str, Codec] = {
    "gzip": {"level": 5},
    "zstd": {"level": 0, "checksum": False},
    "blosc": {"cname": "zstd", "clevel": 5, "blocksize": 0},
}
# What each argument takes.
_KINDS = {
    "filters": (ArrayArrayCodec, "codecs from array to array, such as transpose"),
    "serializer": (ArrayBytesCodec, "a codec from array to bytes, such as bytes"),
    "compressors": (BytesBytesCodec, "codecs from bytes to bytes, such as zstd"),
}


def v3_codecs(
    filters: Any, serializer: Any, compressors: Any, data_type: DataType
) -> tuple[Codec, ...]:
    """The codec chain of a v3 array.

    Parameters
    ----------
    filters, compressors : 'auto', None, codec or iterable of codecs
        'auto' is no filter, and zstd at level 0; None is neither.
    serializer : 'auto' or codec
        'auto' is that of the data type: ``bytes``, little endian where that means something, or
        ``vlen-utf8`` and ``vlen-bytes``.
    data_type : DataType
        Type of the elements.

    Raises
    ------
    TypeError
        If something is no codec, or a codec of Zarr v2.
    ValueError
        If a codec is of another kind than its argument takes.
    UnknownCodecError
        If there is no codec of a name.
    """
    first = () if _is_auto(filters) else _each("filters", filters, _v3_codec)
    auto = serializer is None or _is_auto(serializer)
    middle = {"name": data_type.serializer} if auto else serializer
    last = {"name": "zstd"} if _is_auto(compressors) else compressors
    chain = [_of_kind("filters", codec) for codec in first]
    chain.append(_of_kind("serializer", _v3_codec("serializer", middle)))
    chain += [_of_kind("compressors", codec) for codec in _each("compressors", last, _v3_codec)]
    return complete(chain, data_type)


def complete(chain: Iterable[Any], data_type: DataType) -> tuple[Codec, ...]:
    """A v3 chain with the parameters that users may leave out.

    Parameters
    ----------
    chain : iterable of codecs
        In the order of the document.
    data_type : DataType
        Type of the elements, which decides on byte order and Blosc's type size.
    """
    completed = []
    for item in chain:
        codec = _v3_codec("codecs", item)
        name, given = codec["name"], codec["configuration"]
        defaults = dict(_DEFAULTS.get(name, {}))
        if name == "bytes" and data_type.word != 1:
            defaults["endian"] = "little"
        if name == "blosc":
            size = given.get("typesize") or data_type.itemsize
            defaults["typesize"] = min(size, 255)
            defaults["shuffle"] = "bitshuffle" if size == 1 else "shuffle"
        known = {key: value for key, value in given.items() if value is not None}
        completed.append({"name": name, "configuration": defaults | known})
    return tuple(completed)


def sharded(
    chain: tuple[Codec, ...], chunk_shape: tuple[int, ...], index_location: str
) -> tuple[Codec, ...]:
    """The chain of a sharded array whose inner chunks are encoded by `chain`."""
    from zarr_c.codecs.sharding import ShardingCodec

    codec = ShardingCodec(chunk_shape=chunk_shape, codecs=chain, index_location=index_location)
    return (codec.to_dict(),)


def v2_codecs(filters: Any, compressor: Any) -> tuple[tuple[Codec, ...], Codec | None]:
    """The filters and the compressor of a v2 array.

    Parameters
    ----------
    filters : 'auto', None, codec or iterable of codecs
        'auto' and None are no filter; see `with_object_codec`.
    compressor : 'auto', None, codec or iterable of at most one codec
        'auto' is zstd at level 0; None is none.

    Raises
    ------
    TypeError
        If something is no codec, or a codec of Zarr v3.
    ValueError
        If there is more than one compressor.
    """
    found = () if _is_auto(filters) else _each("filters", filters, _v2_codec)
    if _is_auto(compressor):
        return found, {"id": "zstd", "level": 0}
    compressors = _each("compressors", compressor, _v2_codec)
    if len(compressors) > 1:
        raise ValueError(
            f"compressors: expected at most one in Zarr v2, found {list(compressors)}"
        )
    return found, compressors[0] if compressors else None


def with_object_codec(
    filters: tuple[Codec, ...], compressor: Codec | None, data_type: DataType
) -> tuple[Codec, ...]:
    """The filters of a v2 array, with the one that elements without a fixed size need."""
    name = data_type.serializer
    if not data_type.variable or name in [c["id"] for c in (*filters, compressor) if c]:
        return filters
    return ({"id": name}, *filters)


def _is_auto(value: Any) -> bool:
    return isinstance(value, str) and value == "auto"


def _each(argument: str, value: Any, parse: Callable[[str, Any], Codec]) -> tuple[Codec, ...]:
    """One codec or several, as a tuple."""
    if value is None:
        return ()
    if isinstance(value, Mapping | str) or not isinstance(value, Iterable):
        return (parse(argument, value),)
    return tuple(parse(argument, item) for item in value)


def _v3_codec(argument: str, value: Any) -> Codec:
    given = value.to_dict() if hasattr(value, "to_dict") else value
    if isinstance(given, str):
        return {"name": given, "configuration": {}}
    if isinstance(given, Mapping) and isinstance(given.get("name"), str):
        return {
            "name": given["name"],
            "configuration": _plain(given.get("configuration") or {}),
        }
    hint = ""
    if (isinstance(given, Mapping) and "id" in given) or hasattr(value, "get_config"):
        hint = (
            ", which is a codec of Zarr v2; in v3 it is {'name': ..., 'configuration': {...}}"
        )
    raise TypeError(
        f"{argument}: expected codecs of Zarr v3 or their names, found {value!r}{hint}"
    )


def _v2_codec(argument: str, value: Any) -> Codec:
    given = value.get_config() if hasattr(value, "get_config") else value
    if isinstance(given, str):
        return {"id": given}
    if isinstance(given, Mapping) and isinstance(given.get("id"), str):
        config: Codec = _plain(given)
        if config["id"] == "zstd" and config.get("checksum") is False:
            del config["checksum"]  # as zarr-python writes it
        return config
    hint = ""
    if (isinstance(given, Mapping) and "name" in given) or hasattr(value, "to_dict"):
        hint = ", which is a codec of Zarr v3; in v2 it is {'id': ..., ...}"
    raise TypeError(
        f"{argument}: expected numcodecs codecs or their dicts, found {value!r}{hint}"
    )


def _of_kind(argument: str, codec: Codec) -> Codec:
    kind, takes = _KINDS[argument]
    if issubclass(get_codec_class(codec["name"]), kind):
        return codec
    raise ValueError(f"{argument}: expected {takes}, found {codec['name']!r}")


def _plain(value: Any) -> Any:
    """Tuples as lists and enumerations as their values, as JSON has them."""
    if isinstance(value, Mapping):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    inner = getattr(value, "value", value)
    return (
        value
        if isinstance(value, bool | int | float | str | None) and inner is value
        else inner
    )
