"""The chunks of an array: where each lies and how long it is."""

from __future__ import annotations

from itertools import product
from math import prod
from typing import TYPE_CHECKING, NamedTuple

from zarr_c.frozen import Frozen, set_field
from zarr_c.metadata.chunk_grid import RegularGrid

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from zarr_c.metadata.array import ArrayMetadata

__all__ = ["ChunkGrid", "ChunkSpec", "Dimension"]


class ChunkSpec(NamedTuple):
    """One chunk.

    Attributes
    ----------
    slices : tuple of slice
        Its place in the array.
    codec_shape : tuple of int
        The shape that is stored.
    """

    slices: tuple[slice, ...]
    codec_shape: tuple[int, ...]

    @property
    def shape(self) -> tuple[int, ...]:
        """How much of it lies within the array."""
        return tuple(part.stop - part.start for part in self.slices)

    @property
    def is_boundary(self) -> bool:
        """Whether a part of it lies beyond the array."""
        return self.shape != self.codec_shape


class Dimension(Frozen):
    """The chunks along one axis.

    Attributes
    ----------
    extent : int
        Length of the axis.
    runs : tuple of (int, int)
        Lengths of the chunks, and how often each is repeated.
    regular : bool
        Whether all chunks are meant to be equal, those too that a longer axis would have.
    """

    __slots__ = ("extent", "runs", "regular")

    extent: int
    runs: tuple[tuple[int, int], ...]
    regular: bool

    def __init__(self, extent: int, runs: tuple[tuple[int, int], ...], regular: bool) -> None:
        set_field(self, "extent", extent)
        set_field(self, "runs", runs)
        set_field(self, "regular", regular)

    @classmethod
    def of(cls, extent: int, chunks: int | Sequence[int]) -> Dimension:
        """Chunks of one length, or of lengths that are listed.

        Raises
        ------
        ValueError
            If a length is not positive, or the lengths do not reach the end.
        """
        if isinstance(chunks, int):
            if chunks < 1:
                raise ValueError(f"chunk_sizes: expected at least 1, found {chunks}")
            count = -(-extent // chunks)
            return cls(extent, ((chunks, count),), True)
        lengths = tuple(chunks)
        if min(lengths, default=1) < 1 or sum(lengths) < extent:
            raise ValueError(
                f"chunk_sizes: expected lengths from 1 on, {extent} together, found {lengths}"
            )
        return cls(extent, tuple((length, 1) for length in lengths), False)

    @property
    def nchunks(self) -> int:
        """Number of chunks."""
        return sum(count for _, count in self.runs)

    def place(self, index: int) -> tuple[int, int]:
        """Where a chunk begins, and its length as it is stored."""
        start = 0
        for length, count in self.runs:
            if index < count:
                return start + index * length, length
            start += count * length
            index -= count
        raise IndexError(f"index: expected less than {self.nchunks} chunks along the axis")

    def resize(self, extent: int) -> Dimension:
        """The chunks of a longer or shorter axis: a longer one has a new one at its end."""
        if self.regular:
            return self.of(extent, self.runs[0][0])
        lengths: list[int] = []
        for length, count in self.runs:
            lengths += [length] * min(count, max(0, -(-(extent - sum(lengths)) // length)))
        if sum(lengths) < extent:
            lengths.append(extent - sum(lengths))
        return self.of(extent, lengths)


class ChunkGrid(Frozen):
    """The chunks of an array.

    Parameters
    ----------
    dimensions : tuple of Dimension
        One for each axis; `from_sizes` and `from_metadata` make them.
    """

    __slots__ = ("dimensions",)

    dimensions: tuple[Dimension, ...]

    def __init__(self, *, dimensions: tuple[Dimension, ...]) -> None:
        set_field(self, "dimensions", dimensions)

    @classmethod
    def from_metadata(cls, metadata: ArrayMetadata) -> ChunkGrid:
        """The chunks of an array that has this metadata; the shards, where it has them."""
        grid, regular = metadata.chunk_grid, metadata.chunk_grid.regular
        dimensions = []
        for axis, extent in enumerate(metadata.shape):
            runs = tuple(grid.runs(axis, extent))
            if isinstance(grid, RegularGrid):
                runs = runs or ((grid.chunk_shape[axis], 0),)
            dimensions.append(Dimension(extent, runs, regular))
        return cls(dimensions=tuple(dimensions))

    @classmethod
    def from_sizes(
        cls, array_shape: int | Sequence[int], chunk_sizes: Sequence[int | Sequence[int]]
    ) -> ChunkGrid:
        """The chunks of an array of some shape.

        Parameters
        ----------
        array_shape : int or sequence of int
        chunk_sizes : sequence
            For each axis the length of all chunks, or the lengths of all one by one.

        Raises
        ------
        ValueError
            If they are not one for each axis, or do not reach the end of one.
        """
        shape = (array_shape,) if isinstance(array_shape, int) else tuple(array_shape)
        if len(shape) != len(chunk_sizes):
            raise ValueError(
                f"chunk_sizes: expected {len(shape)}, one for each axis, found {chunk_sizes}"
            )
        pairs = zip(shape, chunk_sizes, strict=True)
        return cls(dimensions=tuple(Dimension.of(extent, sizes) for extent, sizes in pairs))

    @property
    def ndim(self) -> int:
        """Number of axes."""
        return len(self.dimensions)

    @property
    def is_regular(self) -> bool:
        """Whether all chunks have one shape."""
        return all(dimension.regular for dimension in self.dimensions)

    @property
    def grid_shape(self) -> tuple[int, ...]:
        """Number of chunks along each axis."""
        return tuple(dimension.nchunks for dimension in self.dimensions)

    @property
    def chunk_shape(self) -> tuple[int, ...]:
        """The shape of all chunks.

        Raises
        ------
        ValueError
            If they differ.
        """
        if not self.is_regular:
            raise ValueError("chunk_shape: chunks differ in shape; ask for one, grid[coords]")
        return tuple(dimension.runs[0][0] for dimension in self.dimensions)

    @property
    def chunk_sizes(self) -> tuple[tuple[int, ...], ...]:
        """Elements of the array in each chunk along each axis, as dask has them."""
        return tuple(
            tuple(
                min(start + length, dimension.extent) - start
                for start, length in map(dimension.place, range(dimension.nchunks))
            )
            for dimension in self.dimensions
        )

    def __getitem__(self, coords: int | tuple[int, ...]) -> ChunkSpec | None:
        coords = (coords,) if isinstance(coords, int) else coords
        if len(coords) != self.ndim:
            raise ValueError(f"coords: expected {self.ndim}, one for each axis, found {coords}")
        if not all(0 <= i < n for i, n in zip(coords, self.grid_shape, strict=True)):
            return None
        places = [d.place(i) for d, i in zip(self.dimensions, coords, strict=True)]
        slices = tuple(
            slice(start, min(start + length, dimension.extent), 1)
            for (start, length), dimension in zip(places, self.dimensions, strict=True)
        )
        return ChunkSpec(slices, tuple(length for _, length in places))

    def __iter__(self) -> Iterator[ChunkSpec]:
        for coords in self.all_chunk_coords():
            chunk = self[coords]
            assert chunk is not None
            yield chunk

    def all_chunk_coords(
        self,
        *,
        origin: Sequence[int] | None = None,
        selection_shape: Sequence[int] | None = None,
    ) -> Iterator[tuple[int, ...]]:
        """The coordinates of chunks, those of a box of them if one is given.

        Parameters
        ----------
        origin : sequence of int, optional
            The first chunk along each axis.
        selection_shape : sequence of int, optional
            The number of chunks along each axis; by default all from `origin` on.

        Raises
        ------
        IndexError
            If the box does not lie within the grid.
        """
        first = (0,) * self.ndim if origin is None else tuple(origin)
        rest = [n - start for n, start in zip(self.grid_shape, first, strict=True)]
        counts = rest if selection_shape is None else [*selection_shape]
        for axis, (count, most) in enumerate(zip(counts, rest, strict=True)):
            if count > most:
                raise IndexError(
                    f"selection_shape: expected at most {most} chunks along axis {axis}, "
                    f"found {count}"
                )
        return product(*(range(i, i + n) for i, n in zip(first, counts, strict=True)))

    def iter_chunk_regions(
        self,
        *,
        origin: Sequence[int] | None = None,
        selection_shape: Sequence[int] | None = None,
    ) -> Iterator[tuple[slice, ...]]:
        """The places of chunks in the array; the parameters are those of `all_chunk_coords`."""
        for coords in self.all_chunk_coords(origin=origin, selection_shape=selection_shape):
            chunk = self[coords]
            assert chunk is not None
            yield chunk.slices

    def get_nchunks(self) -> int:
        """Number of chunks."""
        return prod(self.grid_shape)

    def update_shape(self, new_shape: tuple[int, ...]) -> ChunkGrid:
        """The chunks of the array when its shape has changed.

        Raises
        ------
        ValueError
            If the new shape has another number of axes.
        """
        if len(new_shape) != self.ndim:
            raise ValueError(f"new_shape: expected {self.ndim} lengths, found {new_shape}")
        pairs = zip(self.dimensions, new_shape, strict=True)
        return ChunkGrid(dimensions=tuple(d.resize(extent) for d, extent in pairs))
