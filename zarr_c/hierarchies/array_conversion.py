"""The metadata of an array of one format as metadata of the other, for the same chunks.

What differs: the byte order is in the data type in Zarr v2 and in the codec ``bytes`` in v3;
order F is the codec ``transpose``; filters and compressor are one chain of codecs, most of
which bear the prefix ``numcodecs.`` in v3; xarray's ``_ARRAY_DIMENSIONS`` are the dimension
names.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from zarr_c.errors import MetadataValidationError
from zarr_c.metadata import chunk_key
from zarr_c.metadata.array import ArrayMetadata
from zarr_c.metadata.checks import invalid
from zarr_c.metadata.dtype import from_numpy

if TYPE_CHECKING:
    from zarr_c.metadata.dtype import DataType

__all__ = ["array_to_v2", "array_to_v3"]

Codec = dict[str, Any]

DIMENSIONS = "_ARRAY_DIMENSIONS"
"""The attribute that holds the names of dimensions in Zarr v2, by xarray's convention."""

# Names of Zarr v2 by what their codecs do; in v3 most have the prefix `numcodecs.`.
_ARRAY_TO_ARRAY = frozenset(
    ("astype", "bitround", "delta", "fixedscaleoffset", "packbits", "quantize"),
)
_ARRAY_TO_BYTES = frozenset(("pcodec", "vlen-bytes", "vlen-utf8", "zfpy"))
_BYTES_TO_BYTES = frozenset(
    (
        *("adler32", "blosc", "bz2", "crc32", "crc32c", "fletcher32", "gzip"),
        *("jenkins_lookup3", "lz4", "lzma", "shuffle", "zlib", "zstd"),
    )
)
_SAME_NAME = ("vlen-bytes", "vlen-utf8")
_PREFIX = "numcodecs."
_SHUFFLES = ("noshuffle", "shuffle", "bitshuffle")


def array_to_v3(meta: ArrayMetadata) -> ArrayMetadata:
    """The metadata of an array of Zarr v2 as those of Zarr v3.

    Fields that Zarr v2 does not know are dropped, but for those that v3 may ignore too.

    Raises
    ------
    MetadataValidationError, DataTypeValidationError
        If Zarr v3 cannot say the same; the message names the field.
    """
    data_type = from_numpy(meta.data_type, 3)
    attributes, names = dict(meta.attributes), None
    found = attributes.get(DIMENSIONS)
    if _are_names(found, meta.ndim):
        names = tuple(attributes.pop(DIMENSIONS))
    if meta.fill_value is None:
        fill_value = data_type.zero()
    else:
        fill_value = _reordered(meta.fill_value, meta.data_type, data_type)
    return ArrayMetadata(
        zarr_format=3,
        shape=meta.shape,
        chunk_grid=meta.chunk_grid,
        data_type=data_type,
        fill_value=fill_value,
        chunk_key=meta.chunk_key,
        codecs=_chain(meta),
        attributes=attributes,
        dimension_names=names,
        extra={
            name: value
            for name, value in meta.extra.items()
            if isinstance(value, dict) and value.get("must_understand") is False
        },
    )


def _are_names(found: Any, ndim: int) -> bool:
    return (
        isinstance(found, list)
        and len(found) == ndim
        and all(isinstance(name, str) for name in found)
    )


def _reordered(raw: bytes, before: DataType, after: DataType) -> bytes:
    """A fill value in the byte order of another type."""
    if before.dtype.isnative == after.dtype.isnative:
        return raw
    swapped = bytearray(raw)
    for offset, size, count in before.words:
        for start in range(offset, offset + size * count, size):
            swapped[start : start + size] = raw[start : start + size][::-1]
    return bytes(swapped)


def _endian(data_type: DataType, filters: tuple[Codec, ...]) -> str | None:
    """The byte order in which elements are stored, after filters that may change their type."""
    dtype, matters = data_type.dtype, bool(data_type.words)
    for codec in filters:
        changed = codec.get("encode_dtype") or codec.get("astype") or codec.get("dtype")
        if codec["id"] == "packbits":
            changed = "|u1"
        if changed is not None:
            dtype = np.dtype(changed)
            matters = dtype.itemsize > 1
    if not matters:
        return None
    native = dtype.newbyteorder("=")
    if dtype != native and dtype != native.newbyteorder("S"):
        raise invalid("dtype", "one byte order for all fields, as Zarr v3 has", str(dtype))
    return "little" if dtype == native.newbyteorder("<") else "big"


def _chain(meta: ArrayMetadata) -> tuple[Codec, ...]:
    """The codecs of Zarr v3 that stand for order, filters and compressor."""
    fields = [(f"filters[{i}]", codec) for i, codec in enumerate(meta.filters)]
    if meta.compressor is not None:
        fields.append(("compressor", meta.compressor))
    arrays = [codec for _, codec in fields if codec["id"] in _ARRAY_TO_ARRAY]
    chain: list[Codec] = []
    if meta.order == "F" and meta.ndim > 1:
        chain.append(_named("transpose", {"order": list(range(meta.ndim))[::-1]}))
    stored = False  # whether the elements have become bytes
    for field, codec in fields:
        name = codec["id"]
        if name in _BYTES_TO_BYTES:
            if not stored:
                chain.append(_bytes(meta, arrays))
        elif name not in _ARRAY_TO_ARRAY | _ARRAY_TO_BYTES:
            raise invalid(field, "a codec that Zarr v3 has too", name)
        elif stored:
            raise invalid(field, "codecs that take elements before those that take bytes", name)
        stored = stored or name not in _ARRAY_TO_ARRAY
        chain.append(_codec_to_v3(codec, meta.data_type.itemsize))
    if not stored:
        chain.append(_bytes(meta, arrays))
    return tuple(chain)


def _bytes(meta: ArrayMetadata, filters: list[Codec]) -> Codec:
    endian = _endian(meta.data_type, tuple(filters))
    return _named("bytes", {} if endian is None else {"endian": endian})


def _named(name: str, configuration: Codec) -> Codec:
    return {"name": name, "configuration": configuration}


def _codec_to_v3(codec: Codec, itemsize: int) -> Codec:
    name = codec["id"]
    given = {key: value for key, value in codec.items() if key != "id"}
    match name:
        case "blosc":
            shuffle = given.get("shuffle", 1)
            if shuffle == -1:  # "automatic", which is no value in Zarr v3
                shuffle = 2 if itemsize == 1 else 1
            if shuffle not in (0, 1, 2):
                raise invalid("blosc.shuffle", "-1, 0, 1 or 2", shuffle)
            return _named(
                "blosc",
                {
                    "typesize": min(given.get("typesize") or itemsize, 255),
                    "cname": given.get("cname", "lz4"),
                    "clevel": given.get("clevel", 5),
                    "shuffle": _SHUFFLES[shuffle],
                    "blocksize": given.get("blocksize", 0),
                },
            )
        case "gzip":
            return _named("gzip", {"level": given.get("level", 1)})
        case "zstd":
            return _named("zstd", {"level": 0, "checksum": False} | given)
        case "crc32c" if given.get("location", "end") == "end":
            return _named("crc32c", {})
    return _named(name if name in _SAME_NAME else _PREFIX + name, given)


# ---- and back


def array_to_v2(meta: ArrayMetadata) -> ArrayMetadata:
    """The metadata of an array of Zarr v3 as those of Zarr v2.

    Raises
    ------
    MetadataValidationError, DataTypeValidationError
        If Zarr v2 cannot say the same; the message names the field.
    """
    encoding = meta.chunk_key
    if encoding.name != "v2":
        raise invalid(
            "chunk_key_encoding.name", "'v2', as chunks keep their keys", encoding.name
        )
    order, codecs = _order(meta)
    filters, endian = _filters(codecs)
    compressor = filters.pop() if filters and filters[-1]["id"] in _BYTES_TO_BYTES else None
    data_type = _v2_type(meta.data_type, filters, endian)
    assert meta.fill_value is not None
    fill_value = _reordered(meta.fill_value, meta.data_type, data_type)
    _check_fill(fill_value, data_type)
    return ArrayMetadata(
        zarr_format=2,
        shape=meta.shape,
        chunk_grid=meta.chunk_grid,
        data_type=data_type,
        fill_value=fill_value,
        chunk_key=chunk_key.parse(("v2", encoding.configuration()["separator"])),
        order=order,
        filters=tuple(filters),
        compressor=compressor,
        attributes=_with_dimensions(meta),
        extra=meta.extra,
    )


def _order(meta: ArrayMetadata) -> tuple[str, list[Codec]]:
    """The memory order that a transpose at the beginning stands for, and the other codecs."""
    first, *others = meta.codecs
    if first["name"] != "transpose":
        return "C", list(meta.codecs)
    given, axes = first["configuration"].get("order"), list(range(meta.ndim))
    if given in ("C", axes):
        return "C", others
    if given in ("F", axes[::-1]):
        return "F", others
    raise invalid("codecs[0]", "all axes in order or in reverse, as Zarr v2 has them", given)


def _filters(codecs: list[Codec]) -> tuple[list[Codec], str | None]:
    """The codecs but ``bytes`` as those of Zarr v2, and the byte order that it states."""
    endian = None
    converted = []
    for codec in codecs:
        name, given = codec["name"], codec["configuration"]
        if name in ("bytes", "endian"):
            endian = given.get("endian")
            continue
        converted.append(_codec_to_v2(name, given))
    return converted, endian


def _codec_to_v2(name: str, given: Codec) -> Codec:
    match name:
        case "blosc":
            shuffle = given.get("shuffle", "noshuffle")
            if shuffle not in _SHUFFLES:
                raise invalid("blosc.shuffle", f"one of {_SHUFFLES}", shuffle)
            kept = {key: given[key] for key in ("cname", "clevel") if key in given}
            blocksize = given.get("blocksize", 0)
            number = {"shuffle": _SHUFFLES.index(shuffle), "blocksize": blocksize}
            return {"id": "blosc"} | kept | number
        case "zstd" if given.get("checksum") is False:
            return {"id": "zstd", "level": given.get("level", 0)}
        case "zstd" | "gzip" | "crc32c" | "vlen-bytes" | "vlen-utf8":
            return {"id": name} | given
    known = _ARRAY_TO_ARRAY | _ARRAY_TO_BYTES | _BYTES_TO_BYTES
    if not name.startswith(_PREFIX) or name[len(_PREFIX) :] not in known:
        raise invalid("codecs", "codecs that Zarr v2 has too", name)
    return {"id": name[len(_PREFIX) :]} | given


def _v2_type(data_type: DataType, filters: list[Codec], endian: str | None) -> DataType:
    """The type with the byte order in which the first of the codecs sees the elements."""
    found = from_numpy(data_type, 2)
    arrays = [codec for codec in filters if codec["id"] in _ARRAY_TO_ARRAY]
    if arrays:
        first = arrays[0].get("decode_dtype") or arrays[0].get("dtype")
        stored = _endian(found, tuple(arrays))
        if stored is not None and stored != endian:
            raise invalid("codecs", f"{stored} endian bytes after {arrays[-1]['id']!r}", endian)
        if first is not None:
            endian = "big" if np.dtype(first).str[0] == ">" else "little"
    if not found.words:
        return found
    return from_numpy(found.dtype.newbyteorder(">" if endian == "big" else "<"), 2)


def _check_fill(raw: bytes, data_type: DataType) -> None:
    """Refuse a fill value that comes back as another one, such as a NaN with a payload."""
    shown: Any = raw
    try:
        shown = data_type.fill_to_json(raw, 2)
        if data_type.fill_from_json(shown, 2) == raw:
            return
    except MetadataValidationError:
        pass
    raise invalid("fill_value", "one that Zarr v2 can say", shown)


def _with_dimensions(meta: ArrayMetadata) -> dict[str, Any]:
    """The attributes, with the names of dimensions as xarray keeps them."""
    names = meta.dimension_names
    if not names or not any(name is not None for name in names):
        return meta.attributes
    if not _are_names(list(names), meta.ndim):
        raise invalid("dimension_names", "a name for all or for none in Zarr v2", names)
    if meta.attributes.get(DIMENSIONS, list(names)) != list(names):
        raise invalid(
            f"attributes.{DIMENSIONS}", repr(list(names)), meta.attributes[DIMENSIONS]
        )
    return meta.attributes | {DIMENSIONS: list(names)}
