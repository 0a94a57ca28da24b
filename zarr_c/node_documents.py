"""The metadata documents of a node: which there are, and how they are written."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from zarr_c.config import config as settings
from zarr_c.metadata.array import ArrayMetadata
from zarr_c.metadata.document import dumps, loads

if TYPE_CHECKING:
    from collections.abc import Mapping

    from zarr_c.nodes import Metadata

__all__ = ["documents", "encode", "main_document", "plain_attributes", "serialize"]


def main_document(metadata: Metadata) -> str:
    """The document that makes a node one."""
    if metadata.zarr_format == 3:
        return "zarr.json"
    return ".zarray" if isinstance(metadata, ArrayMetadata) else ".zgroup"


def documents(metadata: Metadata) -> dict[str, dict[str, Any]]:
    """The documents of a node by name, as JSON, in the order in which to write them."""
    found = metadata.documents()
    return {".zattrs": found.pop(".zattrs")} | found if metadata.zarr_format == 2 else found


def serialize(metadata: Metadata) -> dict[str, bytes]:
    """The documents of a node by name, as they are stored; in the order of `documents`.

    Raises
    ------
    MetadataValidationError
        If an attribute is not JSON.
    """
    return {name: encode(name, document) for name, document in documents(metadata).items()}


def encode(name: str, document: Mapping[str, Any], lenient: bool = False) -> bytes:
    """A document as it is stored, or as another has stored it if `lenient`.

    Raises
    ------
    MetadataValidationError
        If something in it is not JSON.
    """
    # The readers of v2 attributes take NaN, and netCDF's missing values are often just that.
    allow_nan = lenient or name in (".zattrs", ".zmetadata")
    indent = None if name == ".zmetadata" else settings.get("json_indent")
    return dumps(document, allow_nan=allow_nan, indent=indent)


def plain_attributes(attributes: Mapping[str, Any] | None, zarr_format: int) -> dict[str, Any]:
    """Attributes as they will be read again: lists for tuples, numbers for NumPy scalars.

    Raises
    ------
    TypeError
        If a name is not a string.
    MetadataValidationError
        If a value is not JSON.
    """
    if not attributes:
        return {}
    for name in attributes:
        if not isinstance(name, str):
            raise TypeError(f"attributes: expected strings as names, found {name!r}")
    return loads(dumps(attributes, allow_nan=zarr_format == 2, indent=None), "attributes")
