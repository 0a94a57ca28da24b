"""Moving a node, with all that lies below it, to another place of its store."""

from __future__ import annotations

from typing import TYPE_CHECKING

from zarr_c import consolidated, node_changes
from zarr_c.metadata.group import GroupMetadata
from zarr_c.storage.keys import DOCUMENTS, is_document
from zarr_c.storage.primitives import Primitives

if TYPE_CHECKING:
    from zarr_c.nodes import Metadata
    from zarr_c.storage.path import StorePath

__all__ = ["transfer_node"]


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
    node_changes.check_names(new, metadata.zarr_format)
    parents = node_changes.missing_parents(new, metadata.zarr_format)
    node_changes.prepare(new, overwrite=False)
    for parent in parents:
        node_changes.write_node(parent, GroupMetadata(zarr_format=metadata.zarr_format))
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
    node_changes.create_node(
        new, metadata
    )  # in one step, as another process may have been faster
    for key in {*keys}.intersection(map(old.key, DOCUMENTS)):
        copy(key)  # with what the metadata have left out
