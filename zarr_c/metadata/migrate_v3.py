"""`zarr_c.convert_metadata` under the names that zarr-python gives it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

from zarr_c.errors import ContainsArrayError, ContainsGroupError
from zarr_c.hierarchies.conversion import convert_metadata
from zarr_c.nodes import read_node
from zarr_c.storage.concurrent import in_thread
from zarr_c.storage.resolve import resolve

if TYPE_CHECKING:
    from zarr_c.array import Array
    from zarr_c.group import Group
    from zarr_c.storage.path import StorePath
    from zarr_c.storage.resolve import StoreLike

__all__ = ["migrate_to_v3", "migrate_v2_to_v3", "remove_metadata"]


_NODES = {2: (".zarray", ".zgroup"), 3: ("zarr.json",)}
_DOCUMENTS = {2: (*_NODES[2], ".zattrs", ".zmetadata"), 3: _NODES[3]}


def migrate_v2_to_v3(
    *,
    input_store: StoreLike,
    output_store: StoreLike | None = None,
    dry_run: bool = False,
) -> dict[str, bytes]:
    """Write documents of Zarr v3 for a hierarchy of v2, whose own documents and chunks stay.

    Parameters
    ----------
    input_store : StoreLike
        The hierarchy.
    output_store : StoreLike, optional
        Where to write the documents, by default beside the old ones.
    dry_run : bool, default False
        Whether only to check and to return what would be written.

    Returns
    -------
    dict of str to bytes
        The documents, by key.

    Raises
    ------
    NodeNotFoundError
        If there is no node of Zarr v2.
    ContainsArrayError, ContainsGroupError
        If there is a node in `output_store`.
    MetadataValidationError
        If a node cannot be converted; nothing is written then.
    """
    place = resolve(input_store, mode="r" if output_store is not None or dry_run else "r+")
    target = place if output_store is None else resolve(output_store, mode="a")
    return _migrated(place, target, dry_run)


def migrate_to_v3(
    zarr_v2: Array | Group, output_path: StorePath, dry_run: bool = False
) -> dict[str, bytes]:
    """Write documents of Zarr v3 for an array or a group of v2 and all nodes below it.

    Parameters
    ----------
    zarr_v2 : Array or Group
    output_path : StorePath
        Where to write them.
    dry_run : bool, default False
        Whether only to check and to return what would be written.

    Returns
    -------
    dict of str to bytes
        The documents, by key.

    Raises
    ------
    TypeError
        If the node is not of Zarr v2.
    """
    if zarr_v2.metadata.zarr_format != 2:
        raise TypeError(f"zarr_v2: expected a node of Zarr v2, found {zarr_v2!r}")
    return _migrated(zarr_v2.store_path, output_path, dry_run)


def _migrated(place: StorePath, target: StorePath, dry_run: bool) -> dict[str, bytes]:
    if target == place:
        return convert_metadata(place, zarr_format=3, dry_run=dry_run)
    found = read_node(target)
    if found is not None:
        kind = ContainsArrayError if hasattr(found, "shape") else ContainsGroupError
        raise kind(f"output_store: expected nothing there, found a node at {target}")
    documents = convert_metadata(place, zarr_format=3, dry_run=True)
    skipped = f"{place.path}/" if place.path else ""
    before = f"{target.path}/" if target.path else ""
    moved = {f"{before}{key.removeprefix(skipped)}": data for key, data in documents.items()}
    if not dry_run:
        for key, data in moved.items():
            target.store[key] = data
    return moved


async def remove_metadata(
    store: StoreLike,
    zarr_format: Literal[2, 3],
    force: bool = False,
    dry_run: bool = False,
) -> list[str]:
    """Remove the documents of one format from a hierarchy, for example after its conversion.

    Parameters
    ----------
    store : StoreLike
        The hierarchy.
    zarr_format : {2, 3}
        The format to remove.
    force : bool, default False
        Whether to remove them from nodes that have no document of the other format too, which
        are lost then.
    dry_run : bool, default False
        Whether only to check and to return what would be removed.

    Returns
    -------
    list of str
        The keys of the documents.

    Raises
    ------
    ValueError
        If a node has no document of the other format, unless forced; or the store cannot
        delete. Nothing is removed then.
    """
    return await in_thread(_remove, store, zarr_format, force, dry_run)


def _remove(store: Any, zarr_format: int, force: bool, dry_run: bool) -> list[str]:
    if zarr_format not in (2, 3):
        raise ValueError(f"zarr_format: expected 2 or 3, found {zarr_format!r}")
    place = resolve(store, mode="r" if dry_run else "r+")
    if not place.store.supports_deletes:
        raise ValueError(f"store: {type(place.store).__name__} cannot delete")
    keys = [key.rpartition("/") for key in place.store.list_prefix(place.path)]
    others = {parent for parent, _, name in keys if name in _NODES[5 - zarr_format]}
    doomed = [key for key in keys if key[2] in _DOCUMENTS[zarr_format]]
    lost = sorted(parent for parent, _, _ in doomed if parent not in others)
    if lost and not force:
        raise ValueError(
            f"store: expected documents of Zarr v{5 - zarr_format} beside those of "
            f"v{zarr_format}, found none at {lost[0]!r}; `force` removes them nevertheless"
        )
    found = sorted("".join(key) for key in doomed)
    if not dry_run:
        for key in found:
            place.store.delete(key)
    return found
