"""Resizing and appending: what changes the shape of an array, and what is stored of it."""

from __future__ import annotations

from itertools import product
from math import prod
from operator import ge
from typing import TYPE_CHECKING, Any

import numpy as np

from zarr_c import node_changes
from zarr_c._native._locks import note_all_written
from zarr_c.codecs.pipeline import compile_pipeline
from zarr_c.errors import ReadOnlyError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from zarr_c.array import Array
    from zarr_c.array_properties import ArrayProperties
    from zarr_c.metadata.array import ArrayMetadata
    from zarr_c.metadata.chunk_grid import ChunkGrid
    from zarr_c.storage.path import StorePath

__all__ = [
    "append",
    "chunk_box",
    "count_stored",
    "key_decoder",
    "resize",
    "stored_chunks",
]

Coords = tuple[int, ...]
Shape = tuple[int, ...]

# Chunks whose keys are tried one by one; where more may be concerned, the store is listed.
FEW_CHUNKS = 4096
_BATCH = 1024  # chunks deleted at once


def stored_chunks(place: StorePath, metadata: ArrayMetadata) -> Iterator[tuple[str, Coords]]:
    """Keys and grid coordinates of the chunks that are stored, in no particular order."""
    head = len(place.path) + 1 if place.path else 0
    decode = key_decoder(metadata)
    for key in place.store._list(place.path):
        coords = decode(key[head:])
        if coords is not None:
            yield key, coords


def count_stored(array: ArrayProperties) -> int:
    """Number of chunks that are stored; in a shard, those there may be."""
    metadata, inner = array.metadata, array._pipeline.inner_chunk_shape
    stored = (coords for _, coords in stored_chunks(array.store_path, metadata))
    if inner is None:
        return sum(1 for _ in stored)
    shape_of = metadata.chunk_grid.shape_of
    return sum(prod(shape_of(coords, metadata.shape)) // prod(inner) for coords in stored)


def key_decoder(metadata: ArrayMetadata) -> Callable[[str], Coords | None]:
    """What gives the grid coordinates that a key within the array stands for, if any."""
    try:
        return metadata.chunk_key.decoder(metadata.ndim)
    except NotImplementedError:  # then the keys of all chunks that there may be
        encode = metadata.chunk_key.encode_chunk_key
        return {encode(i): i for i in product(*map(range, metadata.grid_shape))}.get


def _reads_keys(metadata: ArrayMetadata) -> bool:
    """Whether the keys of chunks tell their coordinates."""
    try:
        metadata.chunk_key.decoder(metadata.ndim)
    except NotImplementedError:
        return False
    return True


# ---- resizing


def resize(array: Array, new_shape: Any, delete_outside_chunks: bool = True) -> ArrayMetadata:
    """Remove what is stored outside a new shape, then store the shape; returns the metadata.

    Where it is cut short, the array has its old shape.

    Raises
    ------
    ValueError
        If the new shape has another number of axes.
    """
    from zarr_c.array import Array
    from zarr_c.creation import parse_shape

    shape = parse_shape(new_shape)
    if len(shape) != array.ndim:
        raise ValueError(f"new_shape: expected {array.ndim} axes, found {shape}")
    place, known = array.store_path, array.metadata
    with node_changes.alone(place, known):
        before = node_changes.read_again(place, known)
        node_changes.serialize(_resized(array, before, shape))  # fails before data are lost
        if delete_outside_chunks and any(
            n < m for n, m in zip(shape, before.shape, strict=True)
        ):
            _clear_outside(Array(place, before, array.config), shape)
        return node_changes.change_alone(
            place, known, lambda stored: _resized(array, stored, shape)
        )


def _resized(array: Array, stored: ArrayMetadata, shape: Shape) -> ArrayMetadata:
    changed = stored.resized(shape, array._pipeline.inner_chunk_shape)
    if not changed.chunk_grid.regular:
        compile_pipeline(changed)  # what cannot take a new chunk is not stored
    return changed


def _clear_outside(array: Array, shape: Shape) -> None:
    """Delete the chunks outside a shape, and fill what lies outside of those that it cuts.

    So what was cut off does not come back when the array grows again.
    """
    grid, inside = array.metadata.chunk_grid, tuple(map(min, shape, array.shape))
    kept = grid.grid_shape(inside)
    whole = tuple(  # chunks along each axis that lie inside as far as they lie in the array
        n - (end < before and chunk_box(grid, axis, n - 1, before)[1] > end)
        for axis, (n, end, before) in enumerate(zip(kept, inside, array.shape, strict=True))
    )
    doomed = []
    for key, coords in _concerned(array, whole):
        if any(i >= n for i, n in zip(coords, kept, strict=True)):
            doomed.append(key)
        elif any(i >= n for i, n in zip(coords, whole, strict=True)):
            _fill_outside(array, coords, inside)
    for start in range(0, len(doomed), _BATCH):
        array.store._discard_many(doomed[start : start + _BATCH])
    if doomed:
        note_all_written()


def _concerned(array: Array, whole: Shape) -> Iterable[tuple[str, Coords]]:
    """Chunks that are stored, or may be: all that do not lie within `whole` are among them."""
    metadata, place = array.metadata, array.store_path
    grid = metadata.grid_shape
    if prod(grid) - prod(whole) > FEW_CHUNKS and _reads_keys(metadata):
        found = stored_chunks(place, metadata)
        return [item for item in found if any(map(ge, item[1], whole))]
    outside = (
        coords
        for axis in range(len(grid))
        for coords in product(
            *map(range, whole[:axis]),
            range(whole[axis], grid[axis]),
            *map(range, grid[axis + 1 :]),
        )
    )
    keys = ((place.key(metadata.chunk_key.safe_key(coords)), coords) for coords in outside)
    return ((key, coords) for key, coords in keys if place.store._exists(key))


def _fill_outside(array: Array, coords: Coords, inside: Shape) -> None:
    """Fill a stored chunk where it lies beyond the new ends of axes."""
    grid, metadata = array.metadata.chunk_grid, array.metadata
    boxes = [chunk_box(grid, axis, i, array.shape[axis]) for axis, i in enumerate(coords)]
    raw = metadata.fill_value
    fill = metadata.data_type.scalar(metadata.data_type.zero() if raw is None else raw)
    for axis, (begin, end) in enumerate(boxes):
        if end > inside[axis]:
            selection = [slice(*box) for box in boxes]
            selection[axis] = slice(max(begin, inside[axis]), end)
            array[tuple(selection)] = fill


def chunk_box(grid: ChunkGrid, axis: int, index: int, extent: int) -> tuple[int, int]:
    """Where a chunk begins and ends along an axis, which ends at `extent`."""
    begin = 0
    for length, count in grid.runs(axis, extent):
        if index < count:
            begin += index * length
            return begin, min(begin + length, extent)
        index -= count
        begin += count * length
    raise IndexError(f"axis {axis} has no chunk that many behind its end: {index}")


# ---- appending


def append(array: Array, data: Any, axis: int) -> ArrayMetadata:
    """Write data behind the end of an axis, then store the longer shape; returns the metadata.

    Raises
    ------
    ValueError
        If the data do not fit, or a writer that waits for nobody changed the shape meanwhile.
    StoreError
        If the lock on the array was lost while the data were written.
    """
    from zarr_c.array import Array

    place, known = array.store_path, array.metadata
    if place.read_only:
        raise ReadOnlyError(f"{place}: cannot append, the store is read-only")
    if not isinstance(data, np.ndarray) and not hasattr(data, "__cuda_array_interface__"):
        data = np.asarray(data)
    if not -array.ndim <= axis < array.ndim:
        raise ValueError(f"axis: expected one of {array.ndim} axes, found {axis}")
    axis %= array.ndim
    with node_changes.alone(place, known) as lock:
        before = node_changes.read_again(place, known)
        shape = _appended(before.shape, data, axis)
        longer = Array(place, _resized(array, before, shape), array.config)
        longer[(slice(None),) * axis + (slice(before.shape[axis], None),)] = data
        if lock is not None:
            lock.check()

        def lengthen(stored: ArrayMetadata) -> ArrayMetadata:
            if stored.shape != before.shape:
                raise ValueError(
                    f"{place}: expected shape {before.shape} while appending, "
                    f"found {stored.shape}; another writer has changed it"
                )
            return _resized(array, stored, shape)

        return node_changes.change_alone(place, known, lengthen)


def _appended(before: Shape, data: Any, axis: int) -> Shape:
    """The shape of an array with data behind the end of an axis."""
    expected = (*before[:axis], *before[axis + 1 :])
    if data.ndim != len(before) or (*data.shape[:axis], *data.shape[axis + 1 :]) != expected:
        raise ValueError(
            f"data: expected shape {before} but for axis {axis}, found {data.shape}"
        )
    return (*before[:axis], before[axis] + data.shape[axis], *before[axis + 1 :])
