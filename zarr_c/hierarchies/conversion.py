"""`convert_metadata`: from the documents of one format to those of the other; chunks stay."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from zarr_c import node_changes, nodes
from zarr_c.codecs.pipeline import compile_pipeline
from zarr_c.consolidated import gathered
from zarr_c.errors import (
    BaseZarrError,
    DataTypeValidationError,
    MetadataValidationError,
    NodeNotFoundError,
)
from zarr_c.hierarchies.array_conversion import array_to_v2, array_to_v3
from zarr_c.metadata.array import ArrayMetadata
from zarr_c.metadata.document import loads
from zarr_c.metadata.group import GroupMetadata
from zarr_c.storage.keys import DOCUMENTS
from zarr_c.storage.resolve import StoreLike, resolve

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from zarr_c.nodes import Metadata
    from zarr_c.storage.path import StorePath

__all__ = ["convert_metadata"]

Nodes = list[tuple["StorePath", "Metadata"]]  # each before those below it


def convert_metadata(
    store: StoreLike,
    path: str | None = None,
    *,
    zarr_format: int = 3,
    recursive: bool = True,
    remove: bool = False,
    dry_run: bool = False,
    storage_options: Mapping[str, Any] | None = None,
) -> dict[str, bytes]:
    """Convert a hierarchy to the other format in place: documents are written, chunks stay.

    All nodes are converted and checked before anything is written. Documents of the lowest
    nodes are written first, and the old ones removed last, so that the hierarchy is whole in
    one format or the other whenever the conversion stops; done again, it goes on.

    Where both formats are there, readers take v3 unless told otherwise: without `remove`, a
    conversion to v3 takes effect and one to v2 waits for ``zarr_format=2``.

    Parameters
    ----------
    store, path, storage_options
        As of `zarr_c.open`: an array, or a group.
    zarr_format : {2, 3}, default 3
        The format to convert to.
    recursive : bool, default True
        Whether to convert all nodes below a group too.
    remove : bool, default False
        Whether to delete the documents of the other format afterwards.
    dry_run : bool, default False
        Whether only to check and to return what would be written.

    Returns
    -------
    dict of str to bytes
        The documents that were written, by key; those that were there already are left out.

    Raises
    ------
    NodeNotFoundError
        If there is no node of the other format.
    MetadataValidationError
        If a node cannot be converted, or has a document of the new format that says something
        else. The message names the document, what was expected and what was found.
    ReadOnlyError
        If the store is read-only.
    ValueError
        If `zarr_format` is neither 2 nor 3, or documents are to be removed from a store that
        cannot delete.

    Notes
    -----
    In Zarr v3 an order of F is a ``transpose``, the byte order an option of ``bytes``, a fill
    value of null the zero of the type. xarray's ``_ARRAY_DIMENSIONS`` become
    ``dimension_names`` and back. Groups that were consolidated are consolidated again. Folders
    without a ``.zgroup`` above a node of v2 become groups; groups above `path` stay as they
    are.
    """
    if zarr_format not in (2, 3) or isinstance(zarr_format, bool):
        raise ValueError(f"zarr_format: expected 2 or 3, found {zarr_format!r}")
    mode = "r" if dry_run else "r+"
    place = resolve(store, path, mode=mode, storage_options=storage_options)
    if remove and not place.store.supports_deletes:
        raise ValueError(f"remove: {type(place.store).__name__} cannot delete")
    found = _collect(place, 5 - zarr_format, recursive)
    new = _new_documents(found, zarr_format)
    written = _absent(place, new)
    if not dry_run:
        for key, data in written.items():
            place.store[key] = data
        if remove:
            _remove(found, 5 - zarr_format)
    return written


# ---- what there is


def _collect(place: StorePath, zarr_format: int, recursive: bool) -> Nodes:
    """The nodes of a format, and those of the other format where there is none of this one.

    The latter are what an earlier conversion has left, or what was mixed with the others.
    """
    top = nodes.read_node(place, zarr_format) or nodes.read_node(place, 5 - zarr_format)
    found: Nodes = [] if top is None else [(place, top)]
    if isinstance(top, GroupMetadata):
        found = [(place, nodes.own(top))]
        if recursive:
            found = [(place, top), *_below(place, zarr_format)]
    if not any(metadata.zarr_format == zarr_format for _, metadata in found):
        raise NodeNotFoundError(
            f"no node of Zarr format {zarr_format} at the path {place.path!r} in {place.store}"
        )
    return found


def _below(place: StorePath, zarr_format: int) -> Iterator[tuple[StorePath, Metadata]]:
    known = dict(nodes.members(place, zarr_format))
    for name, metadata in known.items():
        if isinstance(metadata, ArrayMetadata):
            yield place / name, metadata
            continue
        if zarr_format == 2 and place.store._exists(place.key(f"{name}/.zmetadata")):
            metadata = metadata.with_(consolidated={})
        yield place / name, metadata
        yield from _below(place / name, zarr_format)
    for name in place.store.list_dir(place.path):
        if name not in known and name not in DOCUMENTS:
            yield from _others(place / name, zarr_format)


def _others(place: StorePath, zarr_format: int) -> Iterator[tuple[StorePath, Metadata]]:
    """A node of the other format; or a folder without a document in which there are nodes."""
    there = nodes.read_node(place, 5 - zarr_format)
    if isinstance(there, ArrayMetadata):
        yield place, there
        return
    inner = list(_below(place, zarr_format))
    if there is not None or inner:
        yield place, there or GroupMetadata(zarr_format=zarr_format)
        yield from inner


# ---- what it becomes


def _new_documents(found: Nodes, zarr_format: int) -> dict[str, bytes]:
    """The documents of all nodes in the new format by key, the lowest nodes first."""
    documents: dict[str, bytes] = {}
    below: Nodes = []
    for place, metadata in reversed(found):
        if metadata.zarr_format == zarr_format:
            below.append((place, metadata))
            continue
        try:
            node_changes.check_names(place, zarr_format)
            converted = _converted(metadata, zarr_format)
            if isinstance(converted, GroupMetadata) and converted.consolidated is not None:
                converted = converted.with_(consolidated=_consolidated(place, below))
            encoded = node_changes.serialize(converted)
        except (BaseZarrError, DataTypeValidationError, ValueError) as error:
            key = place.key(_document(metadata))
            raise MetadataValidationError(
                f"{key}: cannot be converted to Zarr v{zarr_format}: {error}"
            ) from error
        below.append((place, converted))
        documents |= {place.key(name): data for name, data in encoded.items()}
    return documents


def _document(metadata: Metadata) -> str:
    if metadata.zarr_format == 3:
        return "zarr.json"
    return ".zarray" if isinstance(metadata, ArrayMetadata) else ".zgroup"


def _converted(metadata: Metadata, zarr_format: int) -> Metadata:
    if isinstance(metadata, ArrayMetadata):
        array = array_to_v3(metadata) if zarr_format == 3 else array_to_v2(metadata)
        compile_pipeline(array)  # refuses codecs that would not run
        return array
    extra = {
        name: value
        for name, value in metadata.extra.items()
        if isinstance(value, dict) and value.get("must_understand") is False
    }
    extra.pop("consolidated_metadata", None)
    return metadata.with_(zarr_format=zarr_format, extra=extra)


def _consolidated(place: StorePath, below: Nodes) -> dict[str, Any]:
    """What the group at a place consolidates, out of the nodes that are converted already."""
    head = len(place.path) + 1 if place.path else 0
    inner = [
        (node.path[head:], node_changes.documents(nodes.own(metadata)))
        for node, metadata in below
        if node.path.startswith(f"{place.path}/" if place.path else "")
    ]
    return gathered(inner, below[0][1].zarr_format) if inner else {}


# ---- what is written and removed


def _absent(place: StorePath, documents: dict[str, bytes]) -> dict[str, bytes]:
    """The documents that are not stored yet; one that says something else is in the way."""
    stored = place.store._get_many(list(documents))
    absent = {}
    for (key, data), present in zip(documents.items(), stored, strict=True):
        if present is None:
            absent[key] = data
        elif present != data and _own(key, present) != _own(key, data):
            raise MetadataValidationError(
                f"{key}: expected no document, or the one that the conversion makes, found "
                "another"
            )
    return absent


def _own(key: str, data: bytes) -> dict[str, Any]:
    """What a document says about its own node, not about those below."""
    document = loads(data, key)
    document.pop("consolidated_metadata", None)
    return {} if key.endswith(".zmetadata") else document


def _remove(found: Nodes, zarr_format: int) -> None:
    names = (
        ("zarr.json",) if zarr_format == 3 else (".zarray", ".zgroup", ".zmetadata", ".zattrs")
    )
    for place, _ in found:  # from the top, so that what is left below is not found
        for name in names:
            place.store.delete(place.key(name))
