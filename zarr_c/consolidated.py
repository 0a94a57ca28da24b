"""Consolidated metadata: the documents of all nodes below a group, kept with the group.

In Zarr v3 they lie inline in the group's ``zarr.json``, by path; in v2 in its ``.zmetadata``,
by key. A `Snapshot` is what a handle found there. It may be older than the store, but never
older than what this process has written: `node_changes` tells every snapshot.
"""

from __future__ import annotations

import os
from _thread import allocate_lock  # `threading` would take longer to import
from typing import TYPE_CHECKING, Any
from weakref import WeakSet

from zarr_c import nodes
from zarr_c.metadata.group import GroupMetadata
from zarr_c.storage.keys import expect_short

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from zarr_c.nodes import Documents, Metadata
    from zarr_c.storage.path import StorePath

__all__ = [
    "Snapshot",
    "collect",
    "gathered",
    "nodes_below",
    "note_deleted",
    "note_written",
    "note_written_below",
]


Changes = tuple[list[str], list[str]]
"""Paths below a group, of nodes that were dropped and of nodes that were written."""


class Snapshot:
    """The nodes below a group as they were consolidated; each is parsed when it is asked for.

    Threads may share one: each step that changes it is one operation on a dictionary, and what
    is iterated over is a copy.

    Parameters
    ----------
    place : StorePath
        Where the group is.
    metadata : GroupMetadata
        Of the group; what is consolidated must not be None.
    """

    __slots__ = (
        *("__weakref__", "_children", "_dropped", "_nodes", "_unlisted", "_written"),
        *("place", "zarr_format"),
    )

    def __init__(self, place: StorePath, metadata: GroupMetadata) -> None:
        self.place = place
        self.zarr_format = metadata.zarr_format
        self._nodes: dict[str, Documents] = {}  # by path below the place
        self._children: dict[str, dict[str, None]] = {}  # names by the path above, in order
        self._unlisted: dict[str, None] = {}  # paths above nodes that are none themselves
        self._written: dict[str, None] = {}  # paths that differ from what is consolidated
        self._dropped: dict[str, None] = {}
        for path, documents in _split(metadata.consolidated or {}, metadata.zarr_format):
            self._nodes.setdefault(path, {}).update(documents)
        for path in self._nodes:
            self._link(path)
        with _lock:
            _snapshots.add(self)

    def get(self, place: StorePath) -> Metadata | None:
        """The metadata of the node at a place below, None if there is none.

        Raises
        ------
        MetadataValidationError
            If its documents are damaged.
        """
        found = nodes.parse(self._nodes.get(self._within(place), {}), place)
        if isinstance(found, GroupMetadata):
            return found.with_(consolidated=self.documents(place))
        return found

    def names(self, place: StorePath) -> list[str]:
        """The names of the nodes directly below a place."""
        path = self._within(place)
        names = list(self._children.get(path, ()))
        return [name for name in names if self._is_node(f"{path}/{name}" if path else name)]

    def lists(self, place: StorePath) -> bool:
        """Whether there is a node at a place below; its documents are not parsed."""
        return self._is_node(self._within(place))

    def _is_node(self, path: str) -> bool:
        return not self._nodes.get(path, {}).keys().isdisjoint(_NODE_DOCUMENTS)

    def documents(self, place: StorePath) -> dict[str, Any]:
        """The consolidated metadata of a group at or below the snapshot's place."""
        path = self._within(place)
        found = self._below(path) if path else list(self._nodes.items())
        return gathered(found, self.zarr_format)

    def put(self, place: StorePath, documents: Documents) -> None:
        """Take over what has been written."""
        path = self._within(place)
        if path and ("zarr.json" in documents) == (self.zarr_format == 3):
            self._nodes[path] = {n: d for n, d in documents.items() if n != ".zmetadata"}
            self._link(path)
            self._written[path] = None

    def drop(self, place: StorePath) -> None:
        """Forget what has been deleted: a node and all below it."""
        path = self._within(place)
        if path in self._nodes or path in self._children:
            self._dropped[path] = None
        above, _, name = path.rpartition("/")
        self._children.get(above, {}).pop(name, None)
        head = f"{path}/" if path else ""
        tops = [path, *(top for top in list(self._unlisted) if top.startswith(head))]
        for top in tops:
            head = f"{top}/" if top else ""
            for inner in [top, *(head + inner for inner, _ in self._below(top))]:
                for paths in (self._nodes, self._children, self._unlisted):
                    paths.pop(inner, None)

    def changes(self) -> Changes:
        """The paths that were dropped and written since the snapshot was stored."""
        return [*self._dropped], [*self._written]

    def merged(self, stored: GroupMetadata, changes: Changes) -> dict[str, Any]:
        """The consolidated metadata that are stored now, with changes of this snapshot.

        What other processes have stored of other nodes stays as it is.
        """
        other = Snapshot(self.place, stored)
        dropped, written = changes
        for path in dropped:
            other.drop(self.place / path)
        for path in written:
            if path in self._nodes:
                other.put(self.place / path, self._nodes[path])
        return other.documents(self.place)

    def note_stored(self, changes: Changes) -> None:
        """Take note that changes of this snapshot are stored."""
        for noted, paths in zip((self._dropped, self._written), changes, strict=True):
            for path in paths:
                noted.pop(path, None)

    def _within(self, place: StorePath) -> str:
        head = len(self.place.path)
        return place.path[head + 1 if head else 0 :]

    def _link(self, path: str) -> None:
        above, _, name = path.rpartition("/")
        self._children.setdefault(above, {})[name] = None
        if above and above not in self._nodes:
            self._unlisted[above] = None

    def _below(self, path: str) -> Iterator[tuple[str, Documents]]:
        """The nodes below a path, with their paths below it."""
        waiting = [path]
        while waiting:
            above = waiting.pop()
            for name in list(self._children.get(above, ())):
                inner = f"{above}/{name}" if above else name
                waiting.append(inner)
                yield inner[len(path) + 1 if path else 0 :], self._nodes.get(inner, {})


def gathered(found: Iterable[tuple[str, Documents]], zarr_format: int) -> dict[str, Any]:
    """Nodes by path, as consolidated metadata hold them: by depth, then by name.

    Nested groups of Zarr v3 get an empty consolidated metadata of their own, as zarr-python
    writes it.
    """
    consolidated: dict[str, Any] = {}
    for path, documents in sorted(found, key=lambda item: (item[0].count("/"), item[0])):
        if zarr_format == 2:
            consolidated |= {f"{path}/{name}": documents[name] for name in sorted(documents)}
            continue
        document = documents.get("zarr.json")
        if document is None:  # deleted meanwhile
            continue
        if isinstance(document, dict) and document.get("node_type") == "group":
            kept = {
                k: v
                for k, v in document.items()
                if k not in ("consolidated_metadata", "node_type")
            }
            document = kept | {"consolidated_metadata": _EMPTY, "node_type": "group"}
        consolidated[path] = document
    return consolidated


_NODE_DOCUMENTS = ("zarr.json", ".zarray", ".zgroup")
_EMPTY = {"kind": "inline", "must_understand": False, "metadata": {}}


def _split(consolidated: dict[str, Any], zarr_format: int) -> Iterator[tuple[str, Documents]]:
    """Consolidated metadata as nodes: (path, documents), of one node perhaps in parts."""
    if zarr_format == 2:
        for key, document in consolidated.items():
            expect_short(key)
            path, _, name = key.strip("/").rpartition("/")
            if path and name in (
                ".zarray",
                ".zgroup",
                ".zattrs",
            ):  # those of the group itself are read from the store
                yield path, {name: document}
        return
    waiting = [("", consolidated)]
    while waiting:
        head, level = waiting.pop()
        for key, document in level.items():
            path = head + key.strip("/")
            expect_short(path)
            if path and not (head and path in consolidated):
                yield path, {"zarr.json": document}
            waiting.append((f"{path}/", _nested(document)))


def _nested(document: Any) -> dict[str, Any]:
    """What a group within consolidated metadata lists itself; zarr-python leaves it empty."""
    listed = document.get("consolidated_metadata") if isinstance(document, dict) else None
    found = listed.get("metadata") if isinstance(listed, dict) else None
    return found if isinstance(found, dict) else {}


def collect(place: StorePath, zarr_format: int) -> dict[str, Any]:
    """The consolidated metadata of a group, out of the documents of all nodes below.

    Raises
    ------
    MetadataValidationError
        If a document is damaged.
    """
    return gathered(nodes_below(place, zarr_format), zarr_format)


def nodes_below(place: StorePath, zarr_format: int) -> Iterator[tuple[str, Documents]]:
    """The nodes below a group, as (path below it, documents); level by level."""
    head = len(place.path) + 1 if place.path else 0
    groups = [place]
    while groups:
        below = []
        for node, documents in nodes.documents_below(groups, zarr_format):
            if isinstance(nodes.parse(documents, node), GroupMetadata):
                below.append(node)
            yield node.path[head:], documents
        groups = below


def note_written(place: StorePath, documents: Documents) -> None:
    """Tell every snapshot in this process what the documents of a node are now."""
    for snapshot in _same_store(place):
        if _is_below(place, snapshot.place):
            snapshot.put(place, documents)


def note_written_below(place: StorePath, zarr_format: int) -> None:
    """Tell every snapshot what the documents of all nodes at and below a place are now."""
    if _same_store(place):
        names = ("zarr.json",) if zarr_format == 3 else (".zarray", ".zgroup", ".zattrs")
        own = zip(names, nodes.load_many(place, *names), strict=True)
        if documents := {name: found for name, found in own if found is not None}:
            note_written(place, documents)
        for path, documents in nodes_below(place, zarr_format):
            note_written(place / path, documents)


def note_deleted(place: StorePath) -> None:
    """Tell every snapshot in this process that nothing is left at and below a place."""
    for snapshot in _same_store(place):
        if _is_below(place, snapshot.place):
            snapshot.drop(place)
        elif _is_below(snapshot.place, place):
            snapshot.drop(snapshot.place)


def _same_store(place: StorePath) -> list[Snapshot]:
    """The snapshots of a store, however it is reached."""
    if not _snapshots:
        return []
    with _lock:
        alive = list(_snapshots)
    identity = place.store._identity()
    return [found for found in alive if found.place.store._identity() == identity]


def _is_below(place: StorePath, top: StorePath) -> bool:
    return f"{place.path}/".startswith(f"{top.path}/" if top.path else "")


_snapshots: WeakSet[Snapshot] = WeakSet()
_lock = allocate_lock()


def _renew_lock() -> None:
    global _lock
    _lock = allocate_lock()


os.register_at_fork(after_in_child=_renew_lock)
