"""Reading the metadata documents of a hierarchy's nodes from a store.

A node is an array or a group. Reading takes the fewest requests: one for a node of Zarr v3,
whose ``zarr.json`` is asked for first; ``.zarray`` or ``.zgroup`` and ``.zattrs`` after it for
one of v2.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

from zarr_c.errors import (
    ArrayNotFoundError,
    BaseZarrError,
    ContainsArrayError,
    ContainsGroupError,
    GroupNotFoundError,
    NodeTypeValidationError,
)
from zarr_c.metadata import v2, v3
from zarr_c.metadata.array import ArrayMetadata
from zarr_c.metadata.document import loads
from zarr_c.metadata.group import GroupMetadata
from zarr_c.storage.keys import DOCUMENTS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from zarr_c.storage.path import StorePath

__all__ = [
    "Metadata",
    "load_many",
    "members",
    "occupied",
    "read_array",
    "read_group",
    "read_node",
]

Metadata = ArrayMetadata | GroupMetadata
M = TypeVar("M", ArrayMetadata, GroupMetadata)

_BATCH = 1024  # members of a group whose documents are asked for at once


def read_node(place: StorePath, zarr_format: int | None = None) -> Metadata | None:
    """The metadata of the node at a place, None if there is none.

    Parameters
    ----------
    place : StorePath
        Where to look.
    zarr_format : {2, 3}, optional
        Look for this format only; otherwise for 3, then 2.

    Raises
    ------
    MetadataValidationError
        If a document is damaged.
    """
    if zarr_format != 2:
        document = load(place, "zarr.json")
        if document is not None:
            return v3.parse_node(document, place.key("zarr.json"))
    if zarr_format == 3:
        return None
    array, attributes = load_many(place, ".zarray", ".zattrs")
    if array is not None:
        return v2.parse_array(array, attributes, place.key(".zarray"))
    group = load(place, ".zgroup")
    return None if group is None else v2.parse_group(group, attributes, place.key(".zgroup"))


def read_array(place: StorePath, zarr_format: int | None = None) -> ArrayMetadata:
    """The metadata of the array at a place; parameters as of `read_node`.

    Raises
    ------
    ArrayNotFoundError
        If there is no array.
    NodeTypeValidationError
        If there is a group.
    """
    if zarr_format != 2:
        document = load(place, "zarr.json")
        if document is not None:
            return v3.parse_array(document, place.key("zarr.json"))
    if zarr_format != 3:
        array, attributes = load_many(place, ".zarray", ".zattrs")
        if array is not None:
            return v2.parse_array(array, attributes, place.key(".zarray"))
        if place.store._exists(place.key(".zgroup")):
            key = place.key(".zgroup")
            raise NodeTypeValidationError(
                f"{key} in {place.store}: expected an array, found a group"
            )
    raise ArrayNotFoundError(_absent("array", place, zarr_format))


def read_group(place: StorePath, zarr_format: int | None = None) -> GroupMetadata:
    """The metadata of the group at a place; parameters as of `read_node`.

    Raises
    ------
    GroupNotFoundError
        If there is no group.
    ContainsArrayError
        If there is an array.
    """
    if zarr_format != 2:
        document = load(place, "zarr.json")
        if document is not None:
            if document.get("node_type") == "array":
                raise ContainsArrayError(in_the_way("array", place))
            return v3.parse_group(document, place.key("zarr.json"))
    if zarr_format != 3:
        group, attributes = load_many(place, ".zgroup", ".zattrs")
        if group is not None:
            return v2.parse_group(group, attributes, place.key(".zgroup"))
        if place.store._exists(place.key(".zarray")):
            raise ContainsArrayError(in_the_way("array", place))
    raise GroupNotFoundError(_absent("group", place, zarr_format))


def members(place: StorePath, zarr_format: int) -> Iterator[tuple[str, Metadata]]:
    """The nodes directly below a group, of the group's own format, as (name, metadata)."""
    names = [n for n in place.store.list_dir(place.path) if n not in DOCUMENTS]
    for start in range(0, len(names), _BATCH):
        batch = names[start : start + _BATCH]
        yield from _read_v3(place, batch) if zarr_format == 3 else _read_v2(place, batch)


def _read_v3(place: StorePath, names: list[str]) -> Iterator[tuple[str, Metadata]]:
    keys = [place.key(f"{name}/zarr.json") for name in names]
    for name, key, data in zip(names, keys, place.store._get_many(keys), strict=True):
        if data is not None:
            yield name, v3.parse_node(loads(data, key), key)


def _read_v2(place: StorePath, names: list[str]) -> Iterator[tuple[str, Metadata]]:
    arrays = _gather(place, names, ".zarray")
    groups = _gather(place, [name for name in names if name not in arrays], ".zgroup")
    attributes = _gather(place, [*arrays, *groups], ".zattrs")
    for name in names:
        if name in arrays:
            key = place.key(f"{name}/.zarray")
            yield name, v2.parse_array(arrays[name], attributes.get(name), key)
        elif name in groups:
            key = place.key(f"{name}/.zgroup")
            yield name, v2.parse_group(groups[name], attributes.get(name), key)


def _gather(place: StorePath, names: list[str], document: str) -> dict[str, dict[str, Any]]:
    """One document of each of several nodes, where there is one."""
    keys = [place.key(f"{name}/{document}") for name in names]
    found = zip(names, keys, place.store._get_many(keys), strict=True)
    return {name: loads(data, key) for name, key, data in found if data is not None}


def load(place: StorePath, name: str) -> dict[str, Any] | None:
    """A document of the node at a place, None if there is none."""
    key = place.key(name)
    data = place.store._get(key)
    return None if data is None else loads(data, key)


def load_many(place: StorePath, *names: str) -> list[dict[str, Any] | None]:
    """Several documents of the node at a place, asked for together."""
    keys = [place.key(name) for name in names]
    found = zip(keys, place.store._get_many(keys), strict=True)
    return [None if data is None else loads(data, key) for key, data in found]


def occupied(place: StorePath, document: dict[str, Any] | None) -> BaseZarrError:
    """The error for a node in the way, by its ``zarr.json`` if it has one."""
    if document is None:
        is_array = place.store._exists(place.key(".zarray"))
    else:
        is_array = document.get("node_type") == "array"
    if is_array:
        return ContainsArrayError(in_the_way("array", place))
    return ContainsGroupError(in_the_way("group", place))


def _absent(kind: str, place: StorePath, zarr_format: int | None) -> str:
    version = f" of Zarr format {zarr_format}" if zarr_format else ""
    return f"no {kind}{version} at the path {place.path!r} in {place.store}"


def in_the_way(kind: str, place: StorePath) -> str:
    """What is said of a node that must not be there."""
    article = "an" if kind == "array" else "a"
    return f"there is {article} {kind} at the path {place.path!r} in {place.store}"
