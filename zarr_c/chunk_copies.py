"""Copying chunks as they are stored, between arrays that encode them in the same way."""

from __future__ import annotations

from typing import TYPE_CHECKING

from zarr_c.progress import measured
from zarr_c.resizing import stored_chunks

if TYPE_CHECKING:
    from zarr_c.array import Array
    from zarr_c.progress import Progress

__all__ = ["copy_chunks", "same_encoding"]

_AT_ONCE = 64 << 20
"""Bytes of decoded chunks that are copied as one batch."""
_MOST = 256
"""Chunks of a batch: as many as a store makes use of at once."""


def same_encoding(one: Array, other: Array) -> bool:
    """Whether a stored chunk of one array is that of another too, and so is an absent one.

    Where the other is to store chunks of fill value too, its chunks cannot be those of an array
    that leaves them out.
    """
    ours, theirs = (
        array.metadata.with_(attributes={}, dimension_names=None, extra={})
        for array in (one, other)
    )
    if ours.zarr_format != theirs.zarr_format or other.config.write_empty_chunks:
        return False
    return ours.with_(chunk_key=theirs.chunk_key) == theirs


def copy_chunks(source: Array, target: Array, progress: Progress = False) -> None:
    """Copy all stored chunks of an array to another one of the same encoding.

    Parameters
    ----------
    source, target : Array
        For which `same_encoding` holds.
    progress : bool or callable
        As of `zarr_c.from_array`; steps are stored objects.
    """
    place, encode = target.store_path, target.metadata.chunk_key.encode_chunk_key
    grid = source.metadata.grid_shape
    keys = {
        key: place.key(encode(coords))
        for key, coords in stored_chunks(source.store_path, source.metadata)
        if all(i < n for i, n in zip(coords, grid, strict=True))
    }
    step = max(1, min(_MOST, _AT_ONCE // max(1, source.metadata.chunk_nbytes)))
    names = list(keys)
    with measured(progress, len(names), "copying") as meter:
        for start in range(0, len(names), step):
            batch = names[start : start + step]
            found = source.store.get_many(batch)
            place.store.set_many({keys[key]: value for key, value in found.items()})
            meter.add(len(batch))
