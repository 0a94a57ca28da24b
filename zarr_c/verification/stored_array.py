"""The stored objects of one array: which are its chunks, and whether they can be decoded.

They are read by the array's own read path, one by one, so that each error has its object, and
beyond the end of the array too, so that whole chunks are decoded.
"""

from __future__ import annotations

from itertools import pairwise
from math import prod
from typing import TYPE_CHECKING, Any

from zarr_c.array import Array
from zarr_c.config import config
from zarr_c.errors import BaseZarrError, DataTypeValidationError
from zarr_c.resizing import chunk_box, key_decoder
from zarr_c.verification.report import Finding, of_error
from zarr_c.verification.shard_index import ShardIndex

if TYPE_CHECKING:
    from collections.abc import Iterator

    from zarr_c.metadata.array import ArrayMetadata
    from zarr_c.storage.path import StorePath

__all__ = ["StoredArray"]

Coords = tuple[int, ...]
Box = tuple[tuple[int, int], ...]
"""Where something begins and ends along each axis."""

AT_ONCE = 16 << 20
"""Bytes of a shard that are decoded at once, or one inner chunk."""


class StoredArray:
    """An array as it is stored.

    Parameters
    ----------
    place : StorePath
        Where it is.
    metadata : ArrayMetadata
        What its document says.
    """

    def __init__(self, place: StorePath, metadata: ArrayMetadata) -> None:
        self.place, self.metadata = place, metadata
        self.grid = metadata.grid_shape
        self._coords_of = key_decoder(metadata)
        self._indexes: dict[Coords, ShardIndex | None] = {}
        self._handles: list[Array | None] = []  # the one, once it is opened

    @property
    def _array(self) -> Array | None:
        # a cached_property has a lock in Python 3.11, which a child may find held for ever
        if not self._handles:
            self._handles.append(_opened(self.place, self.metadata))
        return self._handles[0]

    @property
    def readable(self) -> bool:
        """Whether there are codecs for its chunks."""
        return self._array is not None

    def coords(self, name: str) -> Coords | None:
        """The coordinates that a key within the array stands for, None if for none."""
        return self._coords_of(name)

    def has(self, coords: Coords) -> bool:
        """Whether a chunk lies in the grid."""
        return all(i < n for i, n in zip(coords, self.grid, strict=True))

    def nbytes(self, coords: Coords) -> int:
        """Bytes of the elements of a chunk."""
        shape = self.metadata.chunk_grid.shape_of(coords, self.metadata.shape)
        return prod(shape) * self.metadata.data_type.itemsize

    def at_once(self) -> int:
        """Bytes that checking one chunk takes."""
        largest = prod(self.metadata.chunk_grid.largest(self.metadata.shape))
        nbytes = largest * self.metadata.data_type.itemsize
        inner = self._array and self._array._pipeline.inner_chunk_shape
        if not inner:
            return nbytes
        return min(nbytes, max(AT_ONCE, prod(inner) * self.metadata.data_type.itemsize))

    def check(self, key: str, coords: Coords) -> list[Finding]:
        """What is wrong with a stored chunk, or shard; nothing if it is gone by now."""
        array = self._array
        assert array is not None
        grid, shape = self.metadata.chunk_grid, array.shape
        box = tuple(chunk_box(grid, axis, i, shape[axis]) for axis, i in enumerate(coords))
        try:
            shard = self._index_of(tuple(end - start for start, end in box))
            problems = [] if shard is None else shard.check(array.store, key)
        except Exception as error:
            return [self._finding(key, error)]
        inner = array.chunks if shard is not None else None
        return [*problems, *self._check_box(key, box, box, inner)]

    def _index_of(self, shape: Coords) -> ShardIndex | None:
        """What is known of the indexes of shards of a shape; None if it is one of a chunk."""
        assert self._array is not None
        if shape not in self._indexes:
            self._indexes[shape] = ShardIndex.of(self._array, shape)
        return self._indexes[shape]

    def _check_box(
        self, key: str, outer: Box, box: Box, inner: Coords | None
    ) -> Iterator[Finding]:
        """Decode a box of a chunk, in halves where it is large or damaged."""
        halves = _halves(box, inner) if inner is not None else None
        error = None
        if halves is None or self._size(box) <= AT_ONCE:
            error = self._read(box)
            if error is None:
                return
        if halves is None or isinstance(error, OSError):
            assert error is not None
            yield self._finding(key, error, _name(outer, box, inner))
            return
        for half in halves:
            yield from self._check_box(key, outer, half, inner)

    def _size(self, box: Box) -> int:
        return prod(end - start for start, end in box) * self.metadata.data_type.itemsize

    def _read(self, box: Box) -> Exception | None:
        assert self._array is not None
        try:
            self._array[tuple(slice(*bounds) for bounds in box)]
        except Exception as error:  # codecs of users raise what they like
            return error
        return None

    def _finding(self, key: str, error: Exception, where: str = "") -> Finding:
        try:
            size = self.place.store._size(key)
        except Exception:
            size = None
        return of_error(key, error, size, where)


def _opened(place: StorePath, metadata: ArrayMetadata) -> Array | None:
    """A handle to read whole chunks with, None where there are no codecs for them."""
    grid, shape = metadata.chunk_grid, metadata.shape
    whole = tuple(sum(n * m for n, m in grid.runs(i, end)) for i, end in enumerate(shape))
    # a checksum that nobody asks for is no reason to take damage for data
    with config.set({"codec_pipeline.validate_checksums": True}):
        for reach in (whole, shape):  # chunks may reach beyond what an array can have
            try:
                wanted = metadata.with_(shape=reach)
                return Array(place, wanted, {"read_missing_chunks": True, "lock": False})
            except (BaseZarrError, DataTypeValidationError, ImportError):
                continue
    return None


def _halves(box: Box, inner: Coords) -> list[Box] | None:
    """A box of inner chunks as two of them; None if it is one."""
    counts = [(end - start) // n for (start, end), n in zip(box, inner, strict=True)]
    axis = max(range(len(box)), key=counts.__getitem__, default=0)
    if not counts or counts[axis] < 2:
        return None
    start, end = box[axis]
    cuts = (start, start + counts[axis] // 2 * inner[axis], end)
    return [(*box[:axis], bounds, *box[axis + 1 :]) for bounds in pairwise(cuts)]


def _name(outer: Box, box: Box, inner: Coords | None) -> str:
    if inner is None:
        return ""
    found: Any = zip(outer, box, inner, strict=True)
    return f"inner chunk {tuple((b[0] - a[0]) // n for a, b, n in found)}"
