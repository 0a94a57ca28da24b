"""`consolidate_metadata`: copies the documents of all nodes below a group to the group."""

from __future__ import annotations

from zarr_c import node_changes, nodes
from zarr_c.consolidated import collect
from zarr_c.group import Group
from zarr_c.storage.resolve import StoreLike, resolve

__all__ = ["consolidate_metadata"]


def consolidate_metadata(
    store: StoreLike, path: str | None = None, zarr_format: int | None = None
) -> Group:
    """Store the metadata of all nodes below a group with the group.

    Whoever opens the group then finds all its members in one request. What is stored is a
    copy: consolidate again after changes. Zarr v3 core, "Consolidated metadata": inline in the
    group's ``zarr.json``; in Zarr v2 the document ``.zmetadata``. Nodes of the other format in
    the same folders are left alone.

    Parameters
    ----------
    store, path
        As of `zarr_c.open`.
    zarr_format : {2, 3}, optional
        Of the group; otherwise 3 if there is one of v3, then 2.

    Returns
    -------
    Group
        The group, which uses what has been consolidated.

    Raises
    ------
    GroupNotFoundError, ContainsArrayError
        If there is no group.
    MetadataValidationError
        If a document below is damaged, or cannot be written as strict JSON.
    TypeError
        If the store is of a kind that takes no consolidated metadata.
    ReadOnlyError
        If the store is read-only.
    """
    place = resolve(store, path, mode="r+")
    if not place.store.supports_consolidated_metadata:
        raise TypeError(
            f"store: {type(place.store).__name__} does not support consolidated metadata"
        )
    found = nodes.read_group(place, zarr_format, use_consolidated=False)
    collected = collect(place, found.zarr_format)
    changed = node_changes.update_node(
        place, found, lambda stored: stored.with_(consolidated=collected)
    )
    return Group(place, changed)
