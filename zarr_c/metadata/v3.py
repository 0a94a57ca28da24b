"""Zarr v3: ``zarr.json`` <-> `ArrayMetadata` and `GroupMetadata`.

Read leniently: short-hand names; null for absent attributes, dimension names and consolidated
metadata; ``must_understand`` where it says nothing. Written strictly, in the order of
zarr-python. See Zarr v3 core, "Array metadata" and "Group metadata".
"""

from __future__ import annotations

import warnings
from typing import Any

from zarr_c.errors import (
    DataTypeValidationError,
    MetadataValidationError,
    NodeTypeValidationError,
    ZarrUserWarning,
)
from zarr_c.metadata import chunk_grid, chunk_key
from zarr_c.metadata.array import ArrayMetadata
from zarr_c.metadata.checks import expect_object, in_document, invalid
from zarr_c.metadata.dtype import parse_v3
from zarr_c.metadata.extension import parse_extensions
from zarr_c.metadata.group import GroupMetadata

__all__ = ["array_document", "group_document", "parse_array", "parse_group", "parse_node"]

_ARRAY_REQUIRED = (
    *("shape", "data_type", "chunk_grid", "chunk_key_encoding", "fill_value", "codecs"),
)
_ARRAY_FIELDS = frozenset(
    (
        *_ARRAY_REQUIRED,
        *("zarr_format", "node_type", "attributes", "dimension_names", "storage_transformers"),
    )
)
_GROUP_FIELDS = frozenset(("zarr_format", "node_type", "attributes", "consolidated_metadata"))


def parse_node(doc: dict[str, Any], key: str) -> ArrayMetadata | GroupMetadata:
    """Read the metadata of an array or a group, as ``node_type`` says.

    Parameters
    ----------
    doc : dict
        A parsed ``zarr.json``.
    key : str
        Its key, for errors.

    Raises
    ------
    MetadataValidationError
        If the document breaks the specification or needs what zarr_c does not have. The message
        names the key, the field, what was expected and what was found.
    """
    node_type = doc.get("node_type") if isinstance(doc, dict) else "array"
    if node_type == "array":
        return parse_array(doc, key)
    if node_type == "group":
        return parse_group(doc, key)
    problem = invalid("node_type", "'array' or 'group'", node_type)
    raise MetadataValidationError(f"{key}: {problem}")


def parse_array(doc: dict[str, Any], key: str) -> ArrayMetadata:
    """Read the metadata of an array; see `parse_node`.

    Raises
    ------
    NodeTypeValidationError
        If the document is of a group.
    MetadataValidationError
        As `parse_node`.
    """
    _check_node(doc, key, "array")
    try:
        return _array(doc)
    except (MetadataValidationError, DataTypeValidationError) as error:
        raise in_document(key, error) from None


def _array(doc: dict[str, Any]) -> ArrayMetadata:
    try:
        shape, data_type, grid, encoding, fill_value, codecs = [doc[f] for f in _ARRAY_REQUIRED]
    except KeyError as error:
        raise MetadataValidationError(
            f"{error.args[0]}: expected this field, found none"
        ) from None
    if not isinstance(shape, list | tuple):
        raise invalid("shape", "a list of integers", shape)
    shape = tuple(shape)
    data_type = parse_v3(data_type)
    names = doc.get("dimension_names")
    if names is not None:
        if not isinstance(names, list | tuple):
            raise invalid("dimension_names", "a list of strings or nulls", names)
        names = tuple(names)
    chain = parse_extensions("codecs", codecs)
    if getattr(data_type, "legacy", False) and data_type.word != 1:
        chain = tuple(map(_with_endian, chain))
    if doc.get("storage_transformers"):
        raise invalid("storage_transformers", "none", doc["storage_transformers"])
    return ArrayMetadata(
        zarr_format=3,
        shape=shape,
        chunk_grid=chunk_grid.parse(grid, shape),
        data_type=data_type,
        fill_value=data_type.fill_from_json(fill_value, 3),
        chunk_key=chunk_key.parse(encoding),
        codecs=chain,
        attributes=_attributes(doc),
        dimension_names=names,
        extra=_extra(doc, _ARRAY_FIELDS),
    )


def _with_endian(codec: dict[str, Any]) -> dict[str, Any]:
    """``bytes`` of a legacy record that does not say its byte order: it is little."""
    configuration = codec["configuration"]
    if codec["name"] == "sharding_indexed":
        inner = configuration.get("codecs")
        if isinstance(inner, list):
            parsed = parse_extensions("codecs", inner)
            configuration = configuration | {"codecs": list(map(_with_endian, parsed))}
        return codec | {"configuration": configuration}
    if codec["name"] != "bytes" or "endian" in configuration:
        return codec
    warnings.warn(
        "codec 'bytes': endian: expected 'little' or 'big' for a structured data type, found "
        "none; taken as 'little'",
        ZarrUserWarning,
        stacklevel=2,
    )
    return codec | {"configuration": configuration | {"endian": "little"}}


def parse_group(doc: dict[str, Any], key: str) -> GroupMetadata:
    """Read the metadata of a group; see `parse_node`.

    Raises
    ------
    NodeTypeValidationError
        If the document is of an array.
    MetadataValidationError
        As `parse_node`.
    """
    _check_node(doc, key, "group")
    try:
        extra = _extra(doc, _GROUP_FIELDS)
        return GroupMetadata(
            zarr_format=3,
            attributes=_attributes(doc),
            consolidated=_consolidated(doc, extra),
            extra=extra,
        )
    except MetadataValidationError as error:
        raise in_document(key, error) from None


def array_document(meta: ArrayMetadata) -> dict[str, Any]:
    """Write the metadata of an array as the JSON of its ``zarr.json``."""
    assert meta.fill_value is not None
    doc: dict[str, Any] = {
        "shape": list(meta.shape),
        "data_type": meta.data_type.to_v3(),
        "chunk_grid": meta.chunk_grid.to_json(),
        "chunk_key_encoding": meta.chunk_key.to_json(),
        "fill_value": meta.data_type.fill_to_json(meta.fill_value, 3),
        "codecs": [_codec_document(codec) for codec in meta.codecs],
        "attributes": meta.attributes,
    }
    if meta.dimension_names is not None:
        doc["dimension_names"] = list(meta.dimension_names)
    doc |= {"zarr_format": 3, "node_type": "array", "storage_transformers": []}
    return doc | meta.extra


def group_document(meta: GroupMetadata) -> dict[str, Any]:
    """Write the metadata of a group as the JSON of its ``zarr.json``."""
    doc: dict[str, Any] = {"attributes": meta.attributes, "zarr_format": 3}
    if meta.consolidated is not None:
        doc["consolidated_metadata"] = {
            "kind": "inline",
            "must_understand": False,
            "metadata": meta.consolidated,
        }
    doc["node_type"] = "group"
    return doc | meta.extra


def _codec_document(codec: dict[str, Any]) -> dict[str, Any]:
    # Only zarr-python's numcodecs.* want an empty configuration to be there; the others are
    # written without one, as everyone writes bytes and crc32c.
    if codec["configuration"] or codec["name"].startswith("numcodecs."):
        return codec
    return {"name": codec["name"]}


def _check_node(doc: dict[str, Any], key: str, node_type: str) -> None:
    # Documents inside consolidated metadata may be anything.
    if not isinstance(doc, dict):
        raise MetadataValidationError(f"{key}: {invalid('document', 'an object', doc)}")
    found = doc.get("zarr_format")
    if type(found) is not int or found != 3:
        raise MetadataValidationError(
            f"{key}: {invalid('zarr_format', 'the integer 3', found)}"
        )
    found = doc.get("node_type")
    if found != node_type:
        raise NodeTypeValidationError(f"{key}: {invalid('node_type', repr(node_type), found)}")


def _attributes(doc: dict[str, Any]) -> dict[str, Any]:
    attributes = doc.get("attributes")
    return {} if attributes is None else expect_object("attributes", attributes)


def _extra(doc: dict[str, Any], known: frozenset[str]) -> dict[str, Any]:
    """Collect the fields that need not be understood; any other unknown field is an error."""
    if doc.keys() <= known:
        return {}
    extra = {name: value for name, value in doc.items() if name not in known}
    for name, value in extra.items():
        if not isinstance(value, dict) or value.get("must_understand") is not False:
            raise invalid(
                name, 'a known field, or an object with "must_understand": false', value
            )
    return extra


def _consolidated(doc: dict[str, Any], extra: dict[str, Any]) -> dict[str, Any] | None:
    found = doc.get("consolidated_metadata")
    if found is None:
        return None
    field = "consolidated_metadata"
    kind = expect_object(field, found).get("kind")
    if kind == "inline":
        return expect_object(f"{field}.metadata", found.get("metadata"))
    if found.get("must_understand") is not False:
        raise invalid(f"{field}.kind", "'inline'", kind)
    extra[field] = found
    return None
