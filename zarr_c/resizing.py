"""Resizing and appending: what changes the shape of an array, and what is stored of it."""

from __future__ import annotations

from itertools import product
from math import prod
from typing import TYPE_CHECKING, Any

import numpy as np

from zarr_c import node_changes, nodes
from zarr_c.codecs.pipeline import compile_pipeline
from zarr_c.errors import ReadOnlyError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from zarr_c.array import Array
    from zarr_c.metadata.array import ArrayMetadata
    from zarr_c.storage.path import StorePath

__all__ = ["append", "count_stored", "resize", "stored_chunks"]


def stored_chunks(
    place: StorePath, metadata: ArrayMetadata
) -> Iterator[tuple[str, tuple[int, ...]]]:
    """Keys and grid coordinates of the chunks that are stored, in no particular order."""
    head = len(place.path) + 1 if place.path else 0
    decode = _decoder(metadata)
    for key in place.store._list(place.path):
        coords = decode(key[head:])
        if coords is not None:
            yield key, coords


def count_stored(array: Array) -> int:
    """Number of chunks that are stored; in a shard, those there may be."""
    metadata, inner = array.metadata, array._pipeline.inner_chunk_shape
    stored = (coords for _, coords in stored_chunks(array.store_path, metadata))
    if inner is None:
        return sum(1 for _ in stored)
    shape_of = metadata.chunk_grid.shape_of
    return sum(prod(shape_of(coords, metadata.shape)) // prod(inner) for coords in stored)


def _decoder(metadata: ArrayMetadata) -> Callable[[str], tuple[int, ...] | None]:
    """What gives the grid coordinates that a key within the array stands for, if any."""
    try:
        return metadata.chunk_key.decoder(metadata.ndim)
    except NotImplementedError:  # then the keys of all chunks that there may be
        encode = metadata.chunk_key.encode_chunk_key
        return {encode(i): i for i in product(*map(range, metadata.grid_shape))}.get


def resize(array: Array, new_shape: Any) -> ArrayMetadata:
    """Store a new shape, then delete the chunks outside it; returns the new metadata.

    Raises
    ------
    ValueError
        If the new shape has another number of axes.
    """
    from zarr_c.creation import parse_shape

    shape = parse_shape(new_shape)
    if len(shape) != array.ndim:
        raise ValueError(f"new_shape: expected {array.ndim} axes, found {shape}")
    place, before = array.store_path, array.metadata
    changed = node_changes.update_node(
        place, before, lambda stored: _resized(array, stored, shape)
    )
    grid = changed.grid_shape
    if any(new < old for new, old in zip(grid, before.grid_shape, strict=True)):
        for key, coords in list(stored_chunks(place, before)):
            if any(i >= n for i, n in zip(coords, grid, strict=True)):
                place.store._delete(key)
    return changed


def _resized(array: Array, stored: ArrayMetadata, shape: tuple[int, ...]) -> ArrayMetadata:
    changed = stored.resized(shape, array._pipeline.inner_chunk_shape)
    if not changed.chunk_grid.regular:
        compile_pipeline(changed)  # what cannot take a new chunk is not stored
    return changed


def append(array: Array, data: Any, axis: int) -> ArrayMetadata:
    """Write data behind the end of an axis, then store the longer shape; returns the metadata.

    Raises
    ------
    ValueError
        If the data do not fit, or another writer changed the shape meanwhile.
    """
    from zarr_c.array import Array

    place = array.store_path
    if place.read_only:
        raise ReadOnlyError(f"{place}: cannot append, the store is read-only")
    if not isinstance(data, np.ndarray) and not hasattr(data, "__cuda_array_interface__"):
        data = np.asarray(data)
    if not -array.ndim <= axis < array.ndim:
        raise ValueError(f"axis: expected one of {array.ndim} axes, found {axis}")
    axis %= array.ndim
    before = nodes.read_array(place, array.metadata.zarr_format)
    shape = list(before.shape)
    expected = (*shape[:axis], *shape[axis + 1 :])
    if data.ndim != array.ndim or (*data.shape[:axis], *data.shape[axis + 1 :]) != expected:
        raise ValueError(
            f"data: expected shape {before.shape} but for axis {axis}, found {data.shape}"
        )
    start = shape[axis]
    shape[axis] += data.shape[axis]
    longer = Array(place, _resized(array, before, tuple(shape)), array.config)
    longer[(slice(None),) * axis + (slice(start, None),)] = data

    def lengthen(stored: ArrayMetadata) -> ArrayMetadata:
        if stored.shape != before.shape:
            raise ValueError(
                f"{place}: expected shape {before.shape} while appending, "
                f"found {stored.shape}; another writer has changed it"
            )
        return _resized(array, stored, tuple(shape))

    return node_changes.update_node(place, array.metadata, lengthen)
