"""Chunk grids: what all have, regular ones, and how grids are read.

In a regular grid every chunk has the same shape, also at the edge of the array (Zarr v3 core,
"Regular grids"). Grids whose chunks differ are in `rectilinear`, which is imported when one is
met.
"""

from __future__ import annotations

from typing import Any, ClassVar

from zarr_c.frozen import Frozen, set_field
from zarr_c.metadata.checks import MAX_LENGTH, MAX_RANK, invalid
from zarr_c.metadata.extension import parse_extension

__all__ = ["ChunkGrid", "RegularGrid", "check_lengths", "clamp_empty", "parse"]


class ChunkGrid(Frozen):
    """How an array is cut into chunks: a grid, so each axis is cut for itself.

    Attributes
    ----------
    name : str
        As documents have it.
    regular : bool
        Whether all chunks have the shape `chunk_shape`.
    """

    __slots__ = ()

    name: ClassVar[str]
    regular: ClassVar[bool]

    @property
    def chunk_shape(self) -> tuple[int, ...]:
        """Shape of every chunk.

        Raises
        ------
        NotImplementedError
            If they differ.
        """
        raise NotImplementedError(f"chunks of a {self.name!r} grid differ in shape")

    def check(self, shape: tuple[int, ...], field: str) -> None:
        """Refuse a grid that does not fit an array; errors call it `field`.

        Raises
        ------
        MetadataValidationError
            If it has another number of axes, or does not reach the end of one.
        """
        raise NotImplementedError

    def runs(self, axis: int, extent: int) -> list[tuple[int, int]]:
        """Lengths of the chunks along an axis of the array, with how often each is repeated.

        Chunks that begin beyond `extent` are not among them; lengths of neighbours differ.
        """
        raise NotImplementedError

    def largest(self, shape: tuple[int, ...]) -> tuple[int, ...]:
        """The longest chunk along each axis, which some chunk has along all of them."""
        raise NotImplementedError

    def grid_shape(self, shape: tuple[int, ...]) -> tuple[int, ...]:
        """Number of chunks along each axis."""
        return tuple(sum(n for _, n in self.runs(i, end)) for i, end in enumerate(shape))

    def shape_of(self, coords: tuple[int, ...], shape: tuple[int, ...]) -> tuple[int, ...]:
        """Shape of the chunk at some coordinates; 0 along an axis that it lies beyond."""
        found = []
        for axis, (coord, extent) in enumerate(zip(coords, shape, strict=True)):
            for length, count in self.runs(axis, extent):
                if coord < count:
                    found.append(length)
                    break
                coord -= count
            else:
                found.append(0)
        return tuple(found)

    def chunk_sizes(self, shape: tuple[int, ...]) -> tuple[tuple[int, ...], ...]:
        """Elements of the array in each chunk along each axis, so the last may have fewer."""
        sizes = []
        for axis, extent in enumerate(shape):
            lengths = [c for c, count in self.runs(axis, extent) for _ in range(count)]
            if lengths:
                lengths[-1] -= sum(lengths) - extent
            sizes.append(tuple(lengths))
        return tuple(sizes)

    def resized(
        self, shape: tuple[int, ...], new_shape: tuple[int, ...], unit: tuple[int, ...]
    ) -> ChunkGrid:
        """The grid of the array when its shape has changed; chunks that stay are the same.

        New chunks are multiples of `unit` along each axis.
        """
        raise NotImplementedError

    def to_json(self) -> dict[str, Any]:
        """Write a ``chunk_grid``."""
        raise NotImplementedError


class RegularGrid(ChunkGrid):
    """Chunks of one shape.

    Attributes
    ----------
    chunk_shape : tuple of int
    """

    __slots__ = ("chunk_shape",)

    name = "regular"
    regular = True
    chunk_shape: tuple[int, ...]

    def __init__(self, chunk_shape: tuple[int, ...]) -> None:
        set_field(self, "chunk_shape", chunk_shape)

    def check(self, shape: tuple[int, ...], field: str) -> None:
        check_lengths(field, self.chunk_shape, 1)
        if len(self.chunk_shape) != len(shape):
            raise invalid(field, f"{len(shape)} lengths, one per dimension", self.chunk_shape)

    def runs(self, axis: int, extent: int) -> list[tuple[int, int]]:
        length = self.chunk_shape[axis]
        return [(length, -(-extent // length))] if extent else []

    def largest(self, shape: tuple[int, ...]) -> tuple[int, ...]:
        return self.chunk_shape

    def grid_shape(self, shape: tuple[int, ...]) -> tuple[int, ...]:
        return tuple(-(-n // chunk) for n, chunk in zip(shape, self.chunk_shape, strict=True))

    def resized(
        self, shape: tuple[int, ...], new_shape: tuple[int, ...], unit: tuple[int, ...]
    ) -> RegularGrid:
        return self

    def to_json(self) -> dict[str, Any]:
        return {"name": "regular", "configuration": {"chunk_shape": list(self.chunk_shape)}}


def check_lengths(field: str, lengths: tuple[int, ...], least: int) -> None:
    """Refuse what is no shape of the kind that `field` has.

    Raises
    ------
    MetadataValidationError
        If there are too many lengths, or one is no integer or not within bounds.
    """
    if len(lengths) > MAX_RANK:
        raise invalid(field, f"at most {MAX_RANK} dimensions", len(lengths))
    for n in lengths:
        if type(n) is not int or not least <= n < MAX_LENGTH:
            raise invalid(field, f"integers from {least} to 2**63 - 1", lengths)


def parse(spec: Any, shape: tuple[int, ...]) -> ChunkGrid:
    """Read the ``chunk_grid`` of a v3 document.

    How it fits the array is checked when the `ArrayMetadata` is made.

    Raises
    ------
    MetadataValidationError
        If the grid is not known or not well formed.
    """
    name, configuration = parse_extension("chunk_grid", spec)
    if name != "regular":
        from zarr_c.metadata import rectilinear

        return rectilinear.parse(name, configuration)
    chunk_shape = configuration.get("chunk_shape")
    if not isinstance(chunk_shape, list | tuple):
        raise invalid("chunk_grid.configuration.chunk_shape", "a list of integers", chunk_shape)
    if len(configuration) != 1:
        raise invalid("chunk_grid.configuration", "only chunk_shape", configuration)
    return RegularGrid(clamp_empty(tuple(chunk_shape), shape))


def clamp_empty(chunk_shape: tuple[int, ...], shape: tuple[int, ...]) -> tuple[int, ...]:
    """Read a chunk length of 0 as 1 along a dimension of length 0, where old writers put it."""
    if 0 not in chunk_shape or len(chunk_shape) != len(shape):
        return chunk_shape
    return tuple(
        1 if type(c) is int and c == 0 == n else c
        for c, n in zip(chunk_shape, shape, strict=True)
    )
