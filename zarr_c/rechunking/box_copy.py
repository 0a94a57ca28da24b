"""Copying arrays box by box: grids and memory of real arrays, and the loop over the boxes."""

from __future__ import annotations

from math import prod
from sys import getsizeof
from typing import TYPE_CHECKING, Any

import numpy as np

from zarr_c._native.threads import call_concurrency, call_threads
from zarr_c.array import Array
from zarr_c.metadata.chunk_grid import RegularGrid
from zarr_c.rechunking.boxes import cuts_of, direct

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from zarr_c.progress import Meter
    from zarr_c.rechunking.boxes import Grid

__all__ = [
    "copy_boxes",
    "copy_elements",
    "element_nbytes",
    "read_grid",
    "scratch",
    "workers",
    "write_grid",
]

Region = tuple[slice, ...]

MEMORY = 256 << 20
"""Bytes that are in memory at once, unless a single chunk or shard takes more."""
_SAMPLE = 1000  # elements that tell how many bytes the others have


def write_grid(array: Array) -> Grid:
    """Where an array is cut into stored objects, which are written as a whole."""
    return tuple(map(cuts_of, array.write_chunk_sizes))


def read_grid(data: Any) -> Grid:
    """Where an array-like is cut into what can be read by itself; nowhere if it does not say.

    Parameters
    ----------
    data : Array or array-like
        An attribute ``chunks`` holds one length for each axis, as in h5py, or the length of
        each chunk along it, as in dask.
    """
    if isinstance(data, Array):
        metadata, inner = data.metadata, data._pipeline.inner_chunk_shape
        grid = metadata.chunk_grid
        if inner is not None and data._pipeline.shard is not None:
            grid = RegularGrid(inner)
        return tuple(map(cuts_of, grid.chunk_sizes(metadata.shape)))
    shape = tuple(map(int, data.shape))
    chunks = getattr(data, "chunks", None)
    if not isinstance(chunks, tuple) or len(chunks) != len(shape):
        chunks = shape
    lengths = []
    for extent, given in zip(shape, chunks, strict=True):
        if isinstance(given, int) and given > 0:
            given = RegularGrid((given,)).chunk_sizes((extent,))[0]
        valid = isinstance(given, tuple) and sum(given) == extent and all(given)
        lengths.append(given if valid else (extent,) * (extent > 0))
    return tuple(map(cuts_of, lengths))


def element_nbytes(array: Array) -> int:
    """Bytes of an element in memory; where they vary, an estimate from some of the first ones.

    These are read for that.
    """
    itemsize = array.metadata.data_type.itemsize
    if not array.metadata.data_type.variable or not array.size:
        return itemsize
    first = tuple(slice(0, int(cuts[1])) for cuts in read_grid(array))
    sample = np.asarray(array[first]).reshape(-1)[:_SAMPLE].tolist()
    return itemsize + sum(map(getsizeof, sample)) // len(sample)


def scratch(array: Array, element: int | None = None) -> int:
    """Bytes that a worker holds while it reads or writes one object: decoded and encoded.

    Where chunks lie in shards, one decoded chunk, and as many encoded ones as may be one
    request or make up the shard that is written.

    Parameters
    ----------
    array : Array
    element : int, optional
        Bytes of an element, by default those of its data type.
    """
    element = element or array.metadata.data_type.itemsize
    stored = prod(array.metadata.chunk_grid.largest(array.shape)) * element
    inner = array._pipeline.inner_chunk_shape
    if inner is None or array._pipeline.shard is None:
        return 2 * stored
    return prod(inner) * element + stored


def workers(array: Array, threads: int) -> int:
    """How many workers a call takes at most, if it may use some threads.

    A store far away is asked for more objects at once, and may have been made for a number of
    them, whatever the settings say.
    """
    concurrency = array.store._concurrency()
    if not concurrency:
        return threads
    inner = array._pipeline.inner_chunk_shape or array.metadata.chunk_grid.largest(array.shape)
    return call_concurrency(
        concurrency, threads, prod(inner) * array.metadata.data_type.itemsize
    )


def copy_elements(source: Any, target: Array, meter: Meter) -> None:
    """Copy an array or array-like by decoding and encoding, within about `MEMORY`.

    Parameters
    ----------
    source : Array or array-like
        As of `copy_boxes`.
    target : Array
        Of the same shape; each of its chunks or shards is written once.
    meter : Meter
        Counts the decoded bytes.
    """
    itemsize, chunk = target.metadata.data_type.itemsize, target.metadata.chunk_nbytes
    room = MEMORY - workers(target, call_threads()) * scratch(target)
    found = direct(read_grid(source), write_grid(target), max(room, chunk) // itemsize)
    assert found is not None  # one chunk of the target is always allowed
    copy_boxes(source, target, found[0], lambda elements: meter.add(elements * itemsize))


def copy_boxes(
    source: Any, target: Array, boxes: Iterable[Region], copied: Callable[[int], object]
) -> None:
    """Copy boxes from an array or array-like to an array.

    Parameters
    ----------
    source : Array or array-like
        What is no `Array` is read by ``source[region]``.
    target : Array
        Of the same shape.
    boxes : iterable of tuple of slice
    copied : callable
        Called with the number of elements of each of them, when it is in the store.
    """
    buffer: np.ndarray[Any, Any] | None = None
    for region in boxes:
        if not isinstance(source, Array):
            block = source[region]
            if not hasattr(block, "__cuda_array_interface__"):
                block = np.asarray(block)
        elif source._data_type.variable:
            block = np.asarray(source[region])
        else:  # into the same memory again and again, so that it is mapped once
            shape = tuple(part.stop - part.start for part in region)
            size = prod(shape)
            if buffer is None or buffer.size < size:
                buffer = None  # before the larger one is there
                buffer = np.empty(size, source.dtype)
            block = buffer[:size].reshape(shape)
            source.get_basic_selection(region, out=block)
        target[region] = block
        size = block.size
        del block  # before the next one is read
        copied(size)
