"""Zarr v2: ``.zarray``, ``.zgroup``, ``.zattrs``, ``.zmetadata`` <-> the classes of v3 too.

Read leniently: ``filters``, ``compressor`` and ``dimension_separator`` may be missing,
``filters`` may be an empty list, unknown fields are kept. See the Zarr v2 specification,
"Metadata".
"""

from __future__ import annotations

from typing import Any

from zarr_c.errors import DataTypeValidationError, MetadataValidationError
from zarr_c.limits import expect_within
from zarr_c.metadata import chunk_key
from zarr_c.metadata.array import ArrayMetadata
from zarr_c.metadata.checks import expect_object, in_document, invalid
from zarr_c.metadata.chunk_grid import clamp_empty
from zarr_c.metadata.dtype import parse_v2
from zarr_c.metadata.group import GroupMetadata

__all__ = ["array_documents", "group_documents", "parse_array", "parse_group"]

_REQUIRED = ("shape", "chunks", "dtype", "fill_value", "order")
_FIELDS = frozenset(
    (*_REQUIRED, "zarr_format", "filters", "compressor", "dimension_separator"),
)


def parse_array(
    zarray: dict[str, Any], zattrs: dict[str, Any] | None, key: str
) -> ArrayMetadata:
    """Read the metadata of an array.

    Parameters
    ----------
    zarray, zattrs : dict
        The parsed ``.zarray`` and ``.zattrs``; None where there is no ``.zattrs``.
    key : str
        The key of the ``.zarray``, for errors.

    Raises
    ------
    MetadataValidationError
        If the document breaks the specification or needs what zarr_c does not have. The message
        names the key, the field, what was expected and what was found.
    """
    try:
        _check_format(zarray)
        return _array(zarray, _attributes(zattrs))
    except (MetadataValidationError, DataTypeValidationError) as error:
        raise in_document(key, error) from None


def _array(zarray: dict[str, Any], zattrs: dict[str, Any]) -> ArrayMetadata:
    try:
        shape, chunks, dtype, fill_value, order = [zarray[f] for f in _REQUIRED]
    except KeyError as error:
        raise MetadataValidationError(
            f"{error.args[0]}: expected this field, found none"
        ) from None
    for name, lengths in (("shape", shape), ("chunks", chunks)):
        if not isinstance(lengths, list | tuple):
            raise invalid(name, "a list of integers", lengths)
    shape = tuple(shape)
    filters = _filters(zarray.get("filters"))
    compressor = _codec("compressor", zarray.get("compressor"))
    data_type = parse_v2(dtype, filters if compressor is None else (*filters, compressor))
    return ArrayMetadata(
        zarr_format=2,
        shape=shape,
        chunk_shape=clamp_empty(tuple(chunks), shape),
        data_type=data_type,
        fill_value=None if fill_value is None else data_type.fill_from_json(fill_value, 2),
        chunk_key=_chunk_key(zarray),
        order=order,
        filters=filters,
        compressor=compressor,
        attributes=zattrs,
        extra=_extra(zarray, _FIELDS),
    )


def array_documents(meta: ArrayMetadata) -> dict[str, dict[str, Any]]:
    """Write the metadata of an array as the JSON of its ``.zarray`` and ``.zattrs``."""
    fill_value = meta.fill_value
    zarray = {
        "shape": list(meta.shape),
        "chunks": list(meta.chunk_shape),
        "dtype": meta.data_type.v2_name,
        "fill_value": None
        if fill_value is None
        else meta.data_type.fill_to_json(fill_value, 2),
        "order": meta.order,
        "filters": list(meta.filters) or None,
        "dimension_separator": meta.chunk_key.configuration()["separator"],
        "compressor": meta.compressor,
        "zarr_format": 2,
    }
    return {".zarray": zarray | meta.extra, ".zattrs": meta.attributes}


def parse_group(
    zgroup: dict[str, Any],
    zattrs: dict[str, Any] | None,
    key: str,
    zmetadata: dict[str, Any] | None = None,
) -> GroupMetadata:
    """Read the metadata of a group.

    Parameters
    ----------
    zgroup, zattrs : dict
        The parsed ``.zgroup`` and ``.zattrs``; None where there is no ``.zattrs``.
    key : str
        The key of the ``.zgroup``, for errors.
    zmetadata : dict, optional
        The parsed ``.zmetadata``, if it is to be used.

    Raises
    ------
    MetadataValidationError
        If a document breaks the specification.
    """
    try:
        _check_format(zgroup)
        consolidated = None
        if zmetadata is not None:
            version = zmetadata.get("zarr_consolidated_format")
            if version != 1:
                raise invalid("zarr_consolidated_format", "1", version)
            consolidated = expect_object(".zmetadata: metadata", zmetadata.get("metadata"))
        return GroupMetadata(
            zarr_format=2,
            attributes=_attributes(zattrs),
            consolidated=consolidated,
            extra=_extra(zgroup, frozenset(("zarr_format",))),
        )
    except MetadataValidationError as error:
        raise in_document(key, error) from None


def group_documents(meta: GroupMetadata) -> dict[str, dict[str, Any]]:
    """Write the metadata of a group as the JSON of its documents, by name.

    ``.zmetadata`` is among them only if the group is consolidated.
    """
    documents = {".zgroup": {"zarr_format": 2} | meta.extra, ".zattrs": meta.attributes}
    if meta.consolidated is not None:
        documents[".zmetadata"] = {
            "metadata": documents | meta.consolidated | documents,
            "zarr_consolidated_format": 1,
        }
    return documents


def _attributes(zattrs: Any) -> dict[str, Any]:
    return {} if zattrs is None else expect_object(".zattrs", zattrs)


def _check_format(doc: Any) -> None:
    # Documents inside consolidated metadata may be anything.
    found = expect_object("document", doc).get("zarr_format")
    if type(found) is not int or found != 2:
        raise invalid("zarr_format", "the integer 2", found)


def _chunk_key(zarray: dict[str, Any]) -> chunk_key.ChunkKeyEncoding:
    separator = zarray.get("dimension_separator")
    if separator is None:
        return _DOTTED
    if separator not in ("/", "."):
        raise invalid("dimension_separator", "'/' or '.'", separator)
    return chunk_key.parse(("v2", separator))


_DOTTED = chunk_key.parse("v2")


def _filters(found: Any) -> tuple[dict[str, Any], ...]:
    """Null, an empty list and nothing at all mean the same."""
    if not found and (found is None or isinstance(found, list)):
        return ()
    if not isinstance(found, list):
        raise invalid("filters", "a list of codecs or null", found)
    expect_within("codecs", len(found), "filters")
    for i, codec in enumerate(found):
        if codec is None:
            raise invalid(f"filters[{i}]", "a codec", codec)
        _codec(f"filters[{i}]", codec)
    return tuple(found)


def _codec(field: str, found: Any) -> dict[str, Any] | None:
    if found is None:
        return None
    name = expect_object(field, found).get("id")
    if not isinstance(name, str) or not name:
        raise invalid(f"{field}.id", "the name of a codec", name)
    return dict(found)


def _extra(doc: dict[str, Any], known: frozenset[str]) -> dict[str, Any]:
    if doc.keys() <= known:
        return {}
    return {name: value for name, value in doc.items() if name not in known}
