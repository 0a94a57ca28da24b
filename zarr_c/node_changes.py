"""Writing the metadata documents of nodes: making new ones, and changing those that are stored.

A new node is serialised before anything is deleted, its parents are written before it, and the
document that makes it visible comes last.
"""

from __future__ import annotations

import os
from _thread import allocate_lock  # `threading` would take longer to import
from typing import TYPE_CHECKING, Any, TypeVar

from zarr_c import consolidated, nodes
from zarr_c.config import config as settings
from zarr_c.errors import ContainsArrayError
from zarr_c.metadata import v2, v3
from zarr_c.metadata.array import ArrayMetadata
from zarr_c.metadata.document import dumps, loads
from zarr_c.metadata.group import GroupMetadata
from zarr_c.storage.keys import DOCUMENTS, is_document
from zarr_c.storage.primitives import Primitives

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from zarr_c.nodes import Metadata
    from zarr_c.storage.path import StorePath

__all__ = [
    "check_names",
    "check_place",
    "create_node",
    "delete_node",
    "documents",
    "edit_attributes",
    "encode",
    "plain_attributes",
    "prepare",
    "serialize",
    "transfer_node",
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


def documents(metadata: Metadata) -> dict[str, dict[str, Any]]:
    """The documents of a node by name, as JSON, in the order in which to write them."""
    if metadata.zarr_format == 3:
        if isinstance(metadata, ArrayMetadata):
            return {"zarr.json": v3.array_document(metadata)}
        return {"zarr.json": v3.group_document(metadata)}
    if isinstance(metadata, ArrayMetadata):
        found = v2.array_documents(metadata)
    else:
        found = v2.group_documents(metadata)
    return {".zattrs": found.pop(".zattrs")} | found


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
    parents = _missing_parents(place)
    prepare(place, overwrite)
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


def transfer_node(old: StorePath, new: StorePath, metadata: Metadata) -> None:
    """Put a node with all that lies below it to another place of its store.

    In one step, after which the old place is empty, where the store can rename a directory;
    otherwise it is copied, the documents last, so that what is cut short has lost nothing.

    Parameters
    ----------
    old, new : StorePath
        From where, and where to.
    metadata : ArrayMetadata or GroupMetadata
        What the node is.

    Raises
    ------
    ContainsArrayError, ContainsGroupError
        If there is a node at `new`, or an array above it.
    """
    store = new.store
    check_names(new, metadata.zarr_format)
    parents = _missing_parents(new)
    prepare(new, overwrite=False)
    for parent in parents:
        write_node(parent, GroupMetadata(zarr_format=metadata.zarr_format))
    if type(store)._rename_dir is not Primitives._rename_dir and new.is_empty():
        store._rename_dir(old.path, new.path)
    else:
        _copy_below(old, new, metadata)
    consolidated.note_written_below(new, metadata.zarr_format)


def _copy_below(old: StorePath, new: StorePath, metadata: Metadata) -> None:
    store, head = new.store, len(old.path)

    def copy(key: str) -> None:
        value = store._get(key)
        if value is not None:
            store._set(new.path + key[head:], value)

    keys = [*store._list(old.path)]
    store._concurrently(copy, [key for key in keys if not is_document(key)])
    below = [key for key in keys if is_document(key) and "/" in key[head + 1 :]]
    for key in sorted(below, key=lambda key: -key.count("/")):
        copy(key)
    create_node(new, metadata)  # in one step, as another process may have been faster
    for key in {*keys}.intersection(map(old.key, DOCUMENTS)):
        copy(key)  # with what the metadata have left out


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


def check_place(place: StorePath, zarr_format: int) -> None:
    """Refuse a place for a node that it may not have: by its name, or as an array is above.

    Raises
    ------
    ValueError, ContainsArrayError
        If it is one.
    """
    check_names(place, zarr_format)
    _missing_parents(place)


def _missing_parents(place: StorePath) -> list[StorePath]:
    """The places above that hold no node, from the top; the first group has its own parents."""
    missing: list[StorePath] = []
    while place.path:
        place = place.parent
        found = nodes.read_node(place)
        if isinstance(found, ArrayMetadata):
            raise ContainsArrayError(
                f"{nodes.in_the_way('array', place)}; only groups have members"
            )
        if found is not None:
            break
        missing.insert(0, place)
    return missing


def update_node(place: StorePath, metadata: M, change: Callable[[M], M]) -> M:
    """Change the metadata of a node as it is stored now, and write the documents that differ.

    Threads of this process wait for each other, so that none undoes another's change.

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
    """
    place.store._check_writable(place.path)
    with _locks[hash((place.store._identity(), place.path)) % len(_locks)]:
        stored: Any = _read(place, metadata)
        changed = change(stored)
        before = {n: encode(n, document, True) for n, document in documents(stored).items()}
        for name, data in serialize(changed).items():
            if data != before.get(name):
                place.store[place.key(name)] = data
        consolidated.note_written(place, documents(changed))
    return changed


def _read(place: StorePath, metadata: Metadata) -> Any:
    if isinstance(metadata, ArrayMetadata):
        return nodes.read_array(place, metadata.zarr_format)
    # a .zmetadata repeats the attributes of its group, so it is changed with them
    keep = metadata.zarr_format == 3 or metadata.consolidated is not None
    return nodes.read_group(place, metadata.zarr_format, None if keep else False)


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


# Striped, so that arrays seldom wait for each other; new in a child, where no thread would
# unlock.
_locks = [allocate_lock() for _ in range(64)]


def _renew_locks() -> None:
    _locks[:] = [allocate_lock() for _ in _locks]


os.register_at_fork(after_in_child=_renew_locks)
