"""Copying chunks as they are stored, between arrays that encode them in the same way."""

from __future__ import annotations

from math import prod
from typing import TYPE_CHECKING

from zarr_c.resizing import stored_chunks

if TYPE_CHECKING:
    from zarr_c.array import Array
    from zarr_c.progress import Meter

__all__ = ["copy_chunks", "discard_chunks", "same_encoding"]


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


def discard_chunks(array: Array) -> None:
    """Delete what is stored of an array, so that a new one does not read the chunks of an old.

    They lie there where a document was deleted and nothing else, or a copy was cut short.
    """
    stale = [key for key, _ in stored_chunks(array.store_path, array.metadata)]
    array.store._discard_many(stale)


def copy_chunks(source: Array, target: Array, meter: Meter) -> None:
    """Copy all stored chunks, or shards, to an array that encodes them in the same way.

    Parameters
    ----------
    source, target : Array
        The target may be of the other format.
    meter : Meter
        Counts the decoded bytes.
    """
    sizes = source.write_chunk_sizes
    encode = target.metadata.chunk_key.encode_chunk_key
    read, write, itemsize = source.store, target.store, source.itemsize

    def copy_one(item: tuple[str, tuple[int, ...]]) -> None:
        key, coords = item
        value = read._get(key)
        if value is not None:
            write._set(target.store_path.key(encode(coords)), value)
        meter.add(nbytes(coords))

    def nbytes(coords: tuple[int, ...]) -> int:
        return prod(lengths[i] for lengths, i in zip(sizes, coords, strict=True)) * itemsize

    found = stored_chunks(source.store_path, source.metadata)
    grid = source.metadata.grid_shape  # another writer may have left chunks outside of it
    stored = [item for item in found if all(i < n for i, n in zip(item[1], grid, strict=True))]
    store = write if write._concurrency() else read  # that for which requests at once pay
    store._concurrently(copy_one, stored)
    meter.add(source.nbytes - sum(nbytes(coords) for _, coords in stored))  # of fill values
