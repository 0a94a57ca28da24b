"""The metadata of a node out of its documents as they are stored: bytes.

Arrays are opened again and again, and of many arrays the documents are equal. So what was made
of the latest documents of arrays is kept, and copies of it are handed out.
"""

from __future__ import annotations

import marshal
from typing import TYPE_CHECKING, Any, TypeVar

from zarr_c.frozen import set_field
from zarr_c.metadata import v2
from zarr_c.metadata.array import ArrayMetadata
from zarr_c.metadata.document import loads
from zarr_c.recent import Recent, registrations

if TYPE_CHECKING:
    from collections.abc import Callable

    from zarr_c.metadata.group import GroupMetadata

__all__ = ["read_v2_array", "read_v3"]

M = TypeVar("M", bound="ArrayMetadata | GroupMetadata")

_JSON = ("codecs", "filters", "compressor", "attributes", "extra")
"""Fields of `ArrayMetadata` that hold what a program could change: lists and dictionaries."""

_MOST_BYTES = 8192  # of the documents of an array, so that at most 1 MiB of them is kept


class _Kept:
    """Metadata of which each copy has lists and dictionaries of its own."""

    __slots__ = ("_json", "_rest")

    def __init__(self, metadata: ArrayMetadata) -> None:
        # `marshal` copies JSON faster than anything else that the standard library has.
        self._json = marshal.dumps([getattr(metadata, name) for name in _JSON])
        fields = [name for name in metadata._fields if name not in _JSON]
        self._rest = [(name, getattr(metadata, name)) for name in fields]

    def copy(self) -> ArrayMetadata:
        made = ArrayMetadata.__new__(ArrayMetadata)  # its fields have been checked
        for name, value in self._rest:
            set_field(made, name, value)
        for name, value in zip(_JSON, marshal.loads(self._json), strict=True):
            set_field(made, name, value)
        return made


_Documents = tuple[int, bytes, bytes | None]
_recent: Recent[_Documents, _Kept] = Recent(128)


def read_v3(data: bytes, key: str, parse: Callable[[dict[str, Any], str], M]) -> M:
    """Read the metadata of a node of Zarr v3.

    Parameters
    ----------
    data : bytes
        Its ``zarr.json``.
    key : str
        The key of that, for errors.
    parse : callable
        `v3.parse_node`, or `v3.parse_array` to refuse a group.

    Raises
    ------
    MetadataValidationError
        If the document is no JSON, and as `parse` does.
    """
    documents = registrations(), data, None
    kept = _recent.get(documents)
    if kept is not None:
        return kept.copy()  # type: ignore[return-value]  # both take arrays
    return _keep(documents, parse(loads(data, key), key))


def read_v2_array(
    zarray: bytes, zattrs: bytes | None, place: Callable[[str], str]
) -> ArrayMetadata:
    """Read the metadata of an array of Zarr v2.

    Parameters
    ----------
    zarray, zattrs : bytes
        Its documents; None where there is no ``.zattrs``.
    place : callable
        Gives the key of a document by its name, for errors.

    Raises
    ------
    MetadataValidationError
        If a document is no JSON, and as `v2.parse_array` does.
    """
    documents = registrations(), zarray, zattrs
    kept = _recent.get(documents)
    if kept is not None:
        return kept.copy()
    array = loads(zarray, place(".zarray"))
    attributes = None if zattrs is None else loads(zattrs, place(".zattrs"))
    return _keep(documents, v2.parse_array(array, attributes, place(".zarray")))


def _keep(documents: _Documents, metadata: M) -> M:
    if not isinstance(metadata, ArrayMetadata) or _warned(metadata):
        return metadata
    _, first, second = documents
    if len(first) + len(second or b"") <= _MOST_BYTES:
        _recent.put(documents, _Kept(metadata))
    return metadata


def _warned(metadata: ArrayMetadata) -> bool:
    """Whether reading such metadata may warn, which each reading is to do."""
    return getattr(metadata.data_type, "legacy", False)
