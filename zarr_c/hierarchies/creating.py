"""`create_hierarchy`: many nodes in one call, checked before the first write."""

from __future__ import annotations

from typing import TYPE_CHECKING

from zarr_c import consolidated, node_changes, nodes
from zarr_c.array import Array
from zarr_c.creation import array_config
from zarr_c.errors import ContainsArrayError, ContainsGroupError
from zarr_c.group import Group
from zarr_c.metadata.array import ArrayMetadata
from zarr_c.metadata.document import loads
from zarr_c.metadata.group import GroupMetadata
from zarr_c.nodes import Metadata
from zarr_c.storage.path import StorePath
from zarr_c.storage.resolve import StoreLike, resolve

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from collections.abc import Set as AbstractSet

    from zarr_c.storage.base import Store

__all__ = ["create_hierarchy", "create_nodes"]

Nodes = dict[str, Metadata]
"""Metadata by the path of their node in the store."""


def create_hierarchy(
    *, store: StoreLike, nodes: Mapping[str, Metadata], overwrite: bool = False
) -> Iterator[tuple[str, Array | Group]]:
    """Create arrays and groups, and a group at every place above them that holds none.

    Everything is checked before anything is written, and is written when the function
    returns. The documents of nodes of one depth are written at once, parents before their
    members; in an empty place that takes one listing and one request for each document.

    Parameters
    ----------
    store : StoreLike
        Where: a store, or a place in one, to which the paths are relative.
    nodes : mapping of str to ArrayMetadata or GroupMetadata
        The nodes by path, ``""`` for the place itself; all of one format. Consolidated
        metadata of groups are not taken over.
    overwrite : bool, default False
        Whether to delete what is stored at and below the paths of `nodes`. Groups above them
        stay as they are.

    Returns
    -------
    iterator of (str, Array or Group)
        What was created with its path, by depth; groups that were not in `nodes` first, then
        in the order of `nodes`.

    Raises
    ------
    ContainsArrayError, ContainsGroupError
        If there is a node at a path and `overwrite` is false, or an array above one.
    ValueError
        If formats are mixed, two paths name one place, or a path leads through an array.
    TypeError
        If a value is no metadata.
    ReadOnlyError
        If the store is read-only.
    """
    place = resolve(store)
    created = create_nodes(place, nodes, overwrite)
    return iter([(path, _node(where, metadata)) for path, where, metadata in created])


def create_nodes(
    place: StorePath, given: Mapping[str, Metadata], overwrite: bool
) -> list[tuple[str, StorePath, Metadata]]:
    """Store nodes as `create_hierarchy` does.

    Returns
    -------
    list of (str, StorePath, ArrayMetadata or GroupMetadata)
        What was created at and below the place, with its path from there.
    """
    store = place.store
    store._check_writable(place.path)
    named = _parse(place, given)
    if not named:
        return []
    implied = _implied(store, named)
    stored = _possibly_stored(place, [*implied, *named])
    replaced = _topmost(named.keys() & stored) if overwrite else set()
    present = _kinds(store, sorted(stored - named.keys() if overwrite else stored))
    for path, kind in present.items():
        if kind == "array" and not _lies_within(path, replaced):
            raise ContainsArrayError(nodes.in_the_way("array", StorePath(store, path)))
        if path in named:
            raise ContainsGroupError(nodes.in_the_way("group", StorePath(store, path)))
    version = next(iter(named.values())).zarr_format
    new: Nodes = {
        path: GroupMetadata(zarr_format=version)
        for path in sorted(implied)
        if path not in present or _lies_within(path, replaced)
    }
    new = dict(sorted((new | named).items(), key=lambda item: _depth(item[0])))
    _write(store, new, replaced, overwrite)
    head = len(place.path) + 1 if place.path else 0
    return [
        (path[head:], StorePath(store, path), metadata)
        for path, metadata in new.items()
        if _lies_within(path, {place.path})
    ]


def _node(place: StorePath, metadata: Metadata) -> Array | Group:
    if isinstance(metadata, ArrayMetadata):
        return Array(place, metadata, array_config(metadata, None))
    return Group(place, metadata)


def _parse(place: StorePath, given: Mapping[str, Metadata]) -> Nodes:
    """The nodes as they will be stored, by their paths in the store."""
    found: Nodes = {}
    formats: dict[int, str] = {}
    for path, metadata in given.items():
        if not isinstance(metadata, ArrayMetadata | GroupMetadata):
            raise TypeError(
                f"nodes[{path!r}]: expected ArrayMetadata or GroupMetadata, found {metadata!r}"
            )
        version = metadata.zarr_format
        where = nodes.below(place, path, version)
        node_changes.check_names(where, version)
        if where.path in found:
            raise ValueError(f"nodes: expected one node at {where.path!r}, found several")
        formats.setdefault(version, path)
        plain = node_changes.plain_attributes(metadata.attributes, version)
        found[where.path] = nodes.own(metadata).with_(attributes=plain)
        _node(where, found[where.path])  # refuses codecs that cannot run
    if len(formats) > 1:
        raise ValueError(
            f"nodes: expected nodes of one format, found {formats[2]!r} of Zarr v2 and "
            f"{formats[3]!r} of Zarr v3"
        )
    return found


def _implied(store: Store, named: Nodes) -> set[str]:
    """The paths above the nodes that are not named themselves."""
    arrays = {path for path, node in named.items() if isinstance(node, ArrayMetadata)}
    implied = set()
    for path in named:
        above = {parent.path for parent in StorePath(store, path).parents}
        if not above.isdisjoint(arrays):
            raise ValueError(
                f"nodes: expected groups above {path!r}, found an array at "
                f"{(above & arrays).pop()!r}"
            )
        implied |= above - named.keys()
    return implied


def _possibly_stored(place: StorePath, paths: list[str]) -> set[str]:
    """The paths at which something may be stored, by a listing of the place."""
    if not place.store.supports_listing:
        return set(paths)
    depth = _depth(place.path) + 1
    names = {place.key(name) for name in place.store._list_dir(place.path)}
    return {
        path
        for path in paths
        if _depth(path) < depth or "/".join(path.split("/")[:depth]) in names
    }


def _kinds(store: Store, paths: list[str]) -> dict[str, str]:
    """'array' or 'group' for each of several paths where a node of either format is."""
    keys = [StorePath(store, path).key(name) for path in paths for name in _DOCUMENTS]
    documents = iter(store._get_many(keys))
    found = {}
    for path in paths:
        document, array, group = (next(documents) for _ in _DOCUMENTS)
        if document is not None:
            parsed = loads(document, StorePath(store, path).key("zarr.json"))
            found[path] = "array" if parsed.get("node_type") == "array" else "group"
        elif array is not None or group is not None:
            found[path] = "group" if array is None else "array"
    return found


def _write(store: Store, new: Nodes, replaced: set[str], overwrite: bool) -> None:
    """Write documents, those that make nodes visible by depth; nothing if one cannot be."""
    first: list[tuple[str, bytes]] = []
    levels: dict[int, list[tuple[str, bytes]]] = {}
    for path, metadata in new.items():
        place = StorePath(store, path)
        *others, last = node_changes.serialize(metadata).items()
        first += [(place.key(name), data) for name, data in others]
        levels.setdefault(_depth(path), []).append((place.key(last[0]), last[1]))
    for path in sorted(replaced):
        node_changes.prepare(StorePath(store, path), overwrite=True)
    store._set_many(first)
    for _, documents in sorted(levels.items()):
        if overwrite:
            store._set_many(documents)
        else:
            _set_absent(store, documents)
    for path, metadata in new.items():
        consolidated.note_written(StorePath(store, path), node_changes.documents(metadata))


def _set_absent(store: Store, documents: list[tuple[str, bytes]]) -> None:
    """Store documents that another process must not have stored meanwhile."""
    written = store._concurrently(lambda item: store._set_if_absent(*item), documents)
    for (key, _), done in zip(documents, written, strict=True):
        if not done:
            place = StorePath(store, _above(key))
            raise nodes.occupied(place, nodes.load(place, "zarr.json"))


def _topmost(paths: AbstractSet[str]) -> set[str]:
    """Those of several paths that lie below none of the others."""
    return {path for path in paths if not path or not _lies_within(_above(path), paths)}


def _lies_within(path: str, tops: AbstractSet[str]) -> bool:
    """Whether a path is one of several others, or below one."""
    while path and path not in tops:
        path = _above(path)
    return path in tops


def _above(path: str) -> str:
    return path.rpartition("/")[0]


def _depth(path: str) -> int:
    return path.count("/") + 1 if path else 0


_DOCUMENTS = ("zarr.json", ".zarray", ".zgroup")
