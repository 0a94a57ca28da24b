"""Writing the metadata documents of nodes: making new ones, and changing those that are stored.

A new node is serialised before anything is deleted, its parents are written before it, and the
document that makes it visible comes last.
"""

from __future__ import annotations

import os
from _thread import allocate_lock  # `threading` would take longer to import
from contextlib import contextmanager
from random import random
from time import sleep
from typing import TYPE_CHECKING, Any, TypeVar

from zarr_c import consolidated, nodes
from zarr_c.errors import ContainsArrayError, StoreError
from zarr_c.metadata import v2, v3
from zarr_c.metadata.array import ArrayMetadata
from zarr_c.metadata.document import loads
from zarr_c.metadata.group import GroupMetadata
from zarr_c.node_documents import (
    documents,
    encode,
    main_document,
    plain_attributes,
    serialize,
)
from zarr_c.storage.keys import DOCUMENTS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from zarr_c.nodes import Metadata
    from zarr_c.storage.path import StorePath

__all__ = [
    "alone",
    "change_alone",
    "check_names",
    "create_node",
    "delete_node",
    "documents",
    "edit_attributes",
    "encode",
    "missing_parents",
    "plain_attributes",
    "prepare",
    "read_again",
    "serialize",
    "update_node",
    "write_node",
]

M = TypeVar("M", ArrayMetadata, GroupMetadata)


def write_node(place: StorePath, metadata: Metadata) -> None:
    """Write the documents of a node, the one that makes it visible last.

    Raises
    ------
    MetadataValidationError
        If an attribute is not JSON; nothing is written then.
    ReadOnlyError
        If the store is read-only.
    """
    for name, data in serialize(metadata).items():
        place.store[place.key(name)] = data
    consolidated.note_written(place, documents(metadata))


def prepare(place: StorePath, overwrite: bool) -> None:
    """Make way for a new node.

    Parameters
    ----------
    place : StorePath
        Where the node will be.
    overwrite : bool
        Whether to delete whatever is stored there.

    Raises
    ------
    ContainsArrayError, ContainsGroupError
        If there is a node and it may not be overwritten.
    ReadOnlyError
        If the store is read-only.
    """
    store = place.store
    store._check_writable(place.path)
    if overwrite:
        if not store.supports_deletes and not store.is_empty(place.path):
            raise ValueError(
                f"{place}: cannot overwrite, as {type(store).__name__} cannot delete"
            )
        delete_node(place)
        return
    document, array, group = nodes.load_many(place, "zarr.json", ".zarray", ".zgroup")
    if document is not None or array is not None or group is not None:
        raise nodes.occupied(place, document)


def create_node(place: StorePath, metadata: Metadata, overwrite: bool = False) -> None:
    """Store a new node, and a group for every missing one above it.

    Parameters
    ----------
    place : StorePath
        Where the node will be.
    metadata : ArrayMetadata or GroupMetadata
        What it is.
    overwrite : bool
        Whether to delete whatever is stored there.

    Raises
    ------
    ContainsArrayError, ContainsGroupError
        If there is a node and it may not be overwritten, or an array is above the place.
    ReadOnlyError
        If the store is read-only.
    """
    check_names(place, metadata.zarr_format)
    encoded = serialize(metadata)  # what cannot be written fails before anything is deleted
    parents = missing_parents(place, metadata.zarr_format)
    if overwrite or not parents or metadata.zarr_format == 2:
        prepare(place, overwrite)
    else:  # nothing is expected there, and the document is not written over another
        place.store._check_writable(place.path)
    for parent in parents:
        write_node(parent, GroupMetadata(zarr_format=metadata.zarr_format))
    *others, last = encoded.items()  # the last one makes the node visible
    for name, data in others:
        place.store[place.key(name)] = data
    key = place.key(last[0])
    if overwrite:
        place.store[key] = last[1]
    elif not place.store.set_if_not_exists(key, last[1]):  # another process was faster
        raise nodes.occupied(place, nodes.load(place, "zarr.json"))
    consolidated.note_written(place, documents(metadata))


def delete_node(place: StorePath) -> None:
    """Delete what is stored at and below a place."""
    place.delete_dir()
    consolidated.note_deleted(place)


def check_names(place: StorePath, zarr_format: int) -> None:
    """Refuse a path with the name of a node that the specification forbids.

    Zarr v3 core, "Node names": no name of periods only, none that starts with ``__``, none that
    is ``zarr.json``. In Zarr v2 the names of its own documents are taken.

    Raises
    ------
    ValueError
        If there is one.
    """
    for name in place.parts:
        if zarr_format == 2:
            valid = name not in DOCUMENTS
        else:
            valid = bool(name.strip(".")) and name[:2] != "__" and name != "zarr.json"
        if not valid:
            raise ValueError(
                f"path: expected names of nodes that Zarr v{zarr_format} does not reserve, "
                f"found {name!r} in {place.path!r}"
            )


def missing_parents(place: StorePath, zarr_format: int) -> list[StorePath]:
    """The places above that hold no node, from the top; the first group has its own parents."""
    missing: list[StorePath] = []
    while place.path:
        place = place.parent
        kind = nodes.kind(place, zarr_format)
        if kind == "array":
            raise ContainsArrayError(
                f"{nodes.in_the_way('array', place)}; only groups have members"
            )
        if kind is not None:
            break
        missing.insert(0, place)
    return missing


def update_node(place: StorePath, metadata: M, change: Callable[[M], M]) -> M:
    """Change the metadata of a node as it is stored now, and write the documents that differ.

    Nobody's change is undone by that of another: threads wait for each other, and processes do
    where the store can lock its files; where it compares versions, the change is made anew if
    the node has another one by then.

    Parameters
    ----------
    place : StorePath
        Where the node is.
    metadata : ArrayMetadata or GroupMetadata
        What the caller takes the node to be: its type and format count.
    change : callable
        Makes the new metadata from the stored one.

    Returns
    -------
    ArrayMetadata or GroupMetadata
        What is stored now.

    Raises
    ------
    ArrayNotFoundError, GroupNotFoundError
        If the node has been deleted.
    StoreError
        If others change it all the time.
    """
    store = place.store
    store._check_writable(place.path)
    with _one_thread(place):
        if store._compares():
            return change_alone(place, metadata, change)
        with store._lock(place.key(main_document(metadata))):
            return change_alone(place, metadata, change)


@contextmanager
def alone(place: StorePath, metadata: Metadata) -> Iterator[Any]:
    """Keep others that change a node waiting, for longer than `update_node` does.

    It ends when the node's document is written, so `change_alone` is the last step. Gives what
    the lock of the store gives.

    Parameters
    ----------
    place, metadata
        As of `update_node`.
    """
    place.store._check_writable(place.path)
    key = place.key(main_document(metadata))
    with _one_thread(place), place.store._lock(key) as lock:
        yield lock


def change_alone(place: StorePath, metadata: M, change: Callable[[M], M]) -> M:
    """Do what `update_node` does, when others have been made to wait.

    Raises
    ------
    ArrayNotFoundError, GroupNotFoundError
        If the node has been deleted.
    StoreError
        If others change it all the time.
    """
    for attempt in range(_ATTEMPTS):
        stored, versions = _read(place, metadata)
        changed = change(stored)
        before = {n: encode(n, document, True) for n, document in documents(stored).items()}
        different = {n: d for n, d in serialize(changed).items() if d != before.get(n)}
        if all(_replace(place, name, different[name], versions) for name in different):
            consolidated.note_written(place, documents(changed))
            return changed
        sleep(random() * min(0.001 * 2**attempt, 0.2))
    raise StoreError(
        f"{place}: expected its metadata to stay the same while changing them, "
        f"found others {_ATTEMPTS} times"
    )


_ATTEMPTS = 200


def _replace(place: StorePath, name: str, data: bytes, versions: dict[str, Any]) -> bool:
    """Store a document; False if it has another version by now than the one that was read."""
    key = place.key(name)
    if name in versions and place.store._compares():
        return place.store._replace(key, data, versions[name]) is not None
    place.store[key] = data
    return True


def read_again(place: StorePath, metadata: M) -> M:
    """The metadata of a node as they are stored now.

    Raises
    ------
    ArrayNotFoundError, GroupNotFoundError
        If the node has been deleted.
    """
    found: M = _read(place, metadata)[0]
    return found


def _read(place: StorePath, metadata: Metadata) -> tuple[Any, dict[str, Any]]:
    """The metadata of a node as they are stored, and the versions of its documents."""
    names = [main_document(metadata)]
    if metadata.zarr_format == 2:
        names.append(".zattrs")
        # a .zmetadata repeats the attributes of its group, so it is changed with them
        if isinstance(metadata, GroupMetadata) and metadata.consolidated is not None:
            names.append(".zmetadata")
    keys = [place.key(name) for name in names]
    store = place.store
    found = dict(zip(names, store._concurrently(store._get_version, keys), strict=True))
    versions = {name: version for name, (_, version) in found.items()}
    parsed = {
        name: loads(data, place.key(name))
        for name, (data, _) in found.items()
        if data is not None
    }
    return _parse(place, metadata, parsed), versions


def _parse(place: StorePath, metadata: Metadata, found: dict[str, Any]) -> Metadata:
    name = main_document(metadata)
    key = place.key(name)
    if name in found and metadata.zarr_format == 2:
        attributes = found.get(".zattrs")
        if isinstance(metadata, ArrayMetadata):
            return v2.parse_array(found[name], attributes, key)
        return v2.parse_group(found[name], attributes, key, found.get(".zmetadata"))
    if name in found and isinstance(metadata, ArrayMetadata):
        return v3.parse_array(found[name], key)
    if name in found and found[name].get("node_type") != "array":
        return v3.parse_group(found[name], key)
    read = nodes.read_array if isinstance(metadata, ArrayMetadata) else nodes.read_group
    return read(place, metadata.zarr_format)  # which says what there is in its place


def edit_attributes(
    place: StorePath, metadata: Metadata, edit: Callable[[dict[str, Any]], Any]
) -> dict[str, Any]:
    """Change the attributes of a node as they are stored now; returns what is stored then.

    Parameters
    ----------
    place, metadata
        As of `update_node`.
    edit : callable
        Changes a dictionary of attributes in place.

    Raises
    ------
    TypeError, MetadataValidationError
        If an attribute is not JSON; nothing is written then.
    """

    def change(stored: Any) -> Any:
        attributes = dict(stored.attributes)
        edit(attributes)
        return stored.with_(attributes=plain_attributes(attributes, stored.zarr_format))

    if isinstance(metadata, ArrayMetadata):
        return update_node(place, metadata, change).attributes
    return update_node(place, metadata, change).attributes


class _Turn:
    """Who changes a node now, among the threads of this process."""

    __slots__ = ("lock", "threads")

    def __init__(self) -> None:
        self.lock = allocate_lock()
        self.threads = 0  # that hold the lock or wait for it


_turns: dict[tuple[int, str], _Turn] = {}
_turns_lock = allocate_lock()


@contextmanager
def _one_thread(place: StorePath) -> Iterator[None]:
    """Let the threads that change one node do so one after the other."""
    node = (place.store._identity(), place.path)
    with _turns_lock:
        turn = _turns.setdefault(node, _Turn())
        turn.threads += 1
    try:
        with turn.lock:
            yield
    finally:
        with _turns_lock:
            turn.threads -= 1
            if not turn.threads:
                _turns.pop(node, None)


def _renew_turns() -> None:
    """In a child there is no thread that would unlock."""
    global _turns_lock
    _turns_lock = allocate_lock()
    _turns.clear()


os.register_at_fork(after_in_child=_renew_turns)
