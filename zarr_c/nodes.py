"""Reading the metadata documents of a hierarchy's nodes from a store.

A node is an array or a group. Reading takes the fewest requests: one for a node of Zarr v3,
whose ``zarr.json`` is asked for first; ``.zarray`` or ``.zgroup`` and ``.zattrs`` after it for
one of v2, and ``.zmetadata`` with them for a group.
"""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING, Any, TypeVar

from zarr_c.errors import (
    ArrayNotFoundError,
    BaseZarrError,
    ContainsArrayError,
    ContainsGroupError,
    GroupNotFoundError,
    NodeTypeValidationError,
)
from zarr_c.metadata import stored, v2, v3
from zarr_c.metadata.array import ArrayMetadata
from zarr_c.metadata.document import loads
from zarr_c.metadata.group import GroupMetadata
from zarr_c.storage.keys import DOCUMENTS

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from zarr_c.storage.path import StorePath

__all__ = [
    "Documents",
    "Metadata",
    "below",
    "documents_below",
    "kind",
    "load_many",
    "member_documents",
    "members",
    "occupied",
    "own",
    "parse",
    "parse_array",
    "parse_group",
    "read_array",
    "read_group",
    "read_node",
]

Metadata = ArrayMetadata | GroupMetadata
M = TypeVar("M", ArrayMetadata, GroupMetadata, Metadata)
Documents = dict[str, Any]
"""The parsed documents of one node by name, such as ``".zarray"``."""

_BATCH = 1024  # members of a group whose documents are asked for at once


def read_node(
    place: StorePath, zarr_format: int | None = None, use_consolidated: bool = True
) -> Metadata | None:
    """The metadata of the node at a place, None if there is none.

    Parameters
    ----------
    place : StorePath
        Where to look.
    zarr_format : {2, 3}, optional
        Look for this format only; otherwise for 3, then 2.
    use_consolidated : bool, default True
        Whether to take the consolidated metadata of a group that has them.

    Raises
    ------
    MetadataValidationError
        If a document is damaged.
    """
    if zarr_format != 2:
        key = place.key("zarr.json")
        data = place.store._get(key)
        if data is not None:
            found = stored.read_v3(data, key, v3.parse_node)
            return found if use_consolidated else own(found)
    if zarr_format == 3:
        return None
    array, attributes = _get_many(place, ".zarray", ".zattrs")
    if array is not None:
        return stored.read_v2_array(array, attributes, place.key)
    names = (".zgroup", ".zmetadata") if use_consolidated else (".zgroup",)
    group, *zmetadata = load_many(place, *names)
    if group is None:
        return None
    own_attributes = None if attributes is None else loads(attributes, place.key(".zattrs"))
    return v2.parse_group(group, own_attributes, place.key(".zgroup"), *zmetadata)


def kind(place: StorePath, zarr_format: int) -> str | None:
    """'array' or 'group' for the node at a place, of either format; None if there is none.

    A group of `zarr_format` takes one request.
    """
    if zarr_format == 2 and place.store._exists(place.key(".zgroup")):
        return "group"
    document = load(place, "zarr.json")
    if document is not None:
        return "array" if document.get("node_type") == "array" else "group"
    if place.store._exists(place.key(".zarray")):
        return "array"
    if zarr_format == 3 and place.store._exists(place.key(".zgroup")):
        return "group"
    return None


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
        key = place.key("zarr.json")
        data = place.store._get(key)
        if data is not None:
            return stored.read_v3(data, key, v3.parse_array)
    if zarr_format != 3:
        array, attributes = _get_many(place, ".zarray", ".zattrs")
        if array is not None:
            return stored.read_v2_array(array, attributes, place.key)
        if place.store._exists(place.key(".zgroup")):
            key = place.key(".zgroup")
            raise NodeTypeValidationError(
                f"{key} in {place.store}: expected an array, found a group"
            )
    raise ArrayNotFoundError(_absent("array", place, zarr_format))


def read_group(
    place: StorePath,
    zarr_format: int | None = None,
    use_consolidated: bool | str | None = None,
) -> GroupMetadata:
    """The metadata of the group at a place.

    Parameters
    ----------
    place, zarr_format
        As of `read_node`.
    use_consolidated : bool or str, optional
        Whether to take the consolidated metadata: None if there are any, False not to look for
        them, True to need them. In Zarr v2, a string is their key in the place of
        ``.zmetadata``, and needs them too.

    Raises
    ------
    GroupNotFoundError
        If there is no group.
    ContainsArrayError
        If there is an array.
    ValueError
        If consolidated metadata are needed and there are none.
    TypeError
        If their key is given for a group of Zarr v3.
    """
    if zarr_format != 2:
        document = load(place, "zarr.json")
        if document is not None:
            if document.get("node_type") == "array":
                raise ContainsArrayError(in_the_way("array", place))
            group = v3.parse_group(document, place.key("zarr.json"))
            if isinstance(use_consolidated, str):
                raise TypeError(
                    f"use_consolidated: expected True, False or None for {place}, a group of "
                    f"Zarr v3, found {use_consolidated!r}"
                )
            return _consolidated(group, place, "zarr.json", use_consolidated)
    if zarr_format != 3:
        key = use_consolidated if isinstance(use_consolidated, str) else ".zmetadata"
        names = (
            (".zgroup", ".zattrs") if use_consolidated is False else (".zgroup", ".zattrs", key)
        )
        zgroup, attributes, *zmetadata = load_many(place, *names)
        if zgroup is not None:
            group = v2.parse_group(zgroup, attributes, place.key(".zgroup"), *zmetadata)
            return _consolidated(group, place, key, use_consolidated)
        if place.store._exists(place.key(".zarray")):
            raise ContainsArrayError(in_the_way("array", place))
    raise GroupNotFoundError(_absent("group", place, zarr_format))


def own(metadata: M) -> M:
    """The metadata of a node without those of the nodes below."""
    if isinstance(metadata, GroupMetadata) and metadata.consolidated is not None:
        return metadata.with_(consolidated=None)
    return metadata


def _consolidated(
    group: GroupMetadata, place: StorePath, key: str, use_consolidated: bool | str | None
) -> GroupMetadata:
    if use_consolidated is False:
        return own(group)
    if use_consolidated and group.consolidated is None:
        raise ValueError(
            f"use_consolidated: expected consolidated metadata in {key!r} of {place}, "
            "found none"
        )
    return group


def below(place: StorePath, path: str, zarr_format: int) -> StorePath:
    """The place of a path below a group; a backslash is a slash in Zarr v2 only."""
    return place / (path.replace("\\", "/") if zarr_format == 2 else path)


def members(place: StorePath, zarr_format: int) -> Iterator[tuple[str, Metadata]]:
    """The nodes directly below a group, of the group's own format, as (name, metadata)."""
    for name, documents in member_documents(place, zarr_format):
        found = parse(documents, place / name)
        assert found is not None
        yield name, found


def member_documents(place: StorePath, zarr_format: int) -> Iterator[tuple[str, Documents]]:
    """The nodes directly below a group, of the group's own format, as (name, documents)."""
    for node, documents in documents_below([place], zarr_format):
        yield node.name, documents


def documents_below(
    places: Sequence[StorePath], zarr_format: int
) -> Iterator[tuple[StorePath, Documents]]:
    """The nodes directly below several groups of a store, of their own format.

    Folders are listed at once, and documents are read at once: two round trips for a level of a
    hierarchy in a store far away.

    Yields
    ------
    (StorePath, dict)
        Each node and its documents, in the order of the groups and then by name.
    """
    if not places:
        return
    listed = places[0].store._concurrently(_folders, places)
    found = (
        place / name
        for place, names in zip(places, listed, strict=True)
        for name in names
        if zarr_format == 2 or not name.startswith("__")  # reserved, no nodes
    )
    while batch := [*islice(found, _BATCH)]:
        yield from _read_v3(batch) if zarr_format == 3 else _read_v2(batch)


def _folders(place: StorePath) -> list[str]:
    return sorted(n for n in place.store._list_dir(place.path) if n not in DOCUMENTS)


def parse(documents: Documents, place: StorePath) -> Metadata | None:
    """The metadata in the documents of a node, None if none of them makes it one.

    Raises
    ------
    MetadataValidationError
        If a document is damaged.
    """
    if "zarr.json" in documents:
        return v3.parse_node(documents["zarr.json"], place.key("zarr.json"))
    attributes = documents.get(".zattrs")
    if ".zarray" in documents:
        return v2.parse_array(documents[".zarray"], attributes, place.key(".zarray"))
    if ".zgroup" in documents:
        return v2.parse_group(documents[".zgroup"], attributes, place.key(".zgroup"))
    return None


def parse_array(place: StorePath, data: Mapping[str, Any]) -> ArrayMetadata:
    """The metadata in one document of an array; in Zarr v2 with its attributes in it.

    Raises
    ------
    MetadataValidationError
        If it is no such document.
    """
    document = dict(data)
    if document.get("zarr_format") != 2:
        return v3.parse_array(document, place.key("zarr.json"))
    attributes = document.pop("attributes", None)
    return v2.parse_array(document, attributes, place.key(".zarray"))


def parse_group(place: StorePath, data: Mapping[str, Any]) -> GroupMetadata:
    """The metadata in one document of a group; in Zarr v2 with its attributes in it.

    Raises
    ------
    MetadataValidationError
        If it is no such document.
    """
    document = dict(data)
    if document.get("zarr_format") != 2:
        return v3.parse_group(document, place.key("zarr.json"))
    attributes = document.pop("attributes", None)
    return v2.parse_group(document, attributes, place.key(".zgroup"))


def _read_v3(places: list[StorePath]) -> Iterator[tuple[StorePath, Documents]]:
    for place, document in zip(places, _gather(places, "zarr.json"), strict=True):
        if document is not None:
            yield place, {"zarr.json": document}


def _read_v2(places: list[StorePath]) -> Iterator[tuple[StorePath, Documents]]:
    found: list[tuple[StorePath, Documents]] = []
    absent = places
    for name in (".zarray", ".zgroup"):
        pairs = list(zip(absent, _gather(absent, name), strict=True))
        found += [(place, {name: data}) for place, data in pairs if data is not None]
        absent = [place for place, data in pairs if data is None]
    order = {place.path: position for position, place in enumerate(places)}
    found.sort(key=lambda node: order[node[0].path])
    attributes = _gather([place for place, _ in found], ".zattrs")
    for (place, node), own in zip(found, attributes, strict=True):
        yield place, node if own is None else node | {".zattrs": own}


def _gather(places: Sequence[StorePath], name: str) -> list[Documents | None]:
    """One document of each of several nodes, where there is one."""
    if not places:
        return []
    keys = [place.key(name) for place in places]
    found = zip(keys, places[0].store._get_many(keys), strict=True)
    return [None if data is None else loads(data, key) for key, data in found]


def load(place: StorePath, name: str) -> dict[str, Any] | None:
    """A document of the node at a place, None if there is none."""
    key = place.key(name)
    data = place.store._get(key)
    return None if data is None else loads(data, key)


def load_many(place: StorePath, *names: str) -> list[dict[str, Any] | None]:
    """Several documents of the node at a place, asked for together."""
    found = zip(names, _get_many(place, *names), strict=True)
    return [None if data is None else loads(data, place.key(name)) for name, data in found]


def _get_many(place: StorePath, *names: str) -> list[bytes | None]:
    """Several documents of the node at a place as they are stored, asked for together."""
    return place.store._get_many([place.key(name) for name in names])


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
