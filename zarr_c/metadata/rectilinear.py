"""Chunk grids whose chunks differ in shape.

``rectilinear`` (zarr-extensions) says for each axis how long every chunk is, as a list with
runs of equal lengths as ``[length, count]``, or as one length that is repeated.
``rectangular`` is its draft (ZEP 3), which zarrs wrote. ``zarrs.regular_bounded`` is a regular
grid whose chunks end with the array.
"""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING, Any, TypeAlias

from zarr_c.frozen import set_field
from zarr_c.metadata.checks import MAX_LENGTH, invalid
from zarr_c.metadata.chunk_grid import ChunkGrid, RegularGrid

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

__all__ = [
    "BoundedGrid",
    "RectangularGrid",
    "RectilinearGrid",
    "each_length",
    "every_length",
    "parse",
    "spell",
]

Spelling: TypeAlias = "int | tuple[int | tuple[int, int], ...]"
"""Chunks along an axis, as documents have them: a length that is repeated, or lengths and
``(length, count)``."""


class RectilinearGrid(ChunkGrid):
    """Chunks as long as a list says (zarr-extensions, "Rectilinear chunk grid").

    Attributes
    ----------
    chunk_shapes : tuple of int or tuple
        For each axis one length that is repeated as often as it takes, or the length of each
        chunk, ``(length, count)`` standing for several. Runs are never spelled out, so their
        number may be huge.
    """

    __slots__ = ("chunk_shapes",)

    name = "rectilinear"
    regular = False
    chunk_shapes: tuple[Spelling, ...]

    def __init__(self, chunk_shapes: tuple[Spelling, ...]) -> None:
        set_field(self, "chunk_shapes", chunk_shapes)

    def check(self, shape: tuple[int, ...], field: str) -> None:
        lengths = self.chunk_shapes
        if len(lengths) != len(shape):
            raise invalid(_FIELD, f"{len(shape)} items, one per dimension", lengths)
        for axis, (spelling, extent) in enumerate(zip(lengths, shape, strict=True)):
            name = f"{_FIELD}[{axis}]"
            for length, count in each_length(spelling, name):
                for number in (length, count):
                    if type(number) is not int or not 1 <= number < MAX_LENGTH:
                        raise invalid(name, "integers from 1 to 2**63 - 1", number)
            if not isinstance(spelling, int) and _total(spelling) < extent:
                raise invalid(
                    name, f"lengths that reach {extent}, the end of the axis", _total(spelling)
                )

    def runs(self, axis: int, extent: int) -> list[tuple[int, int]]:
        spelling = self.chunk_shapes[axis]
        if isinstance(spelling, int):
            return RegularGrid((spelling,)).runs(0, extent)
        found: list[tuple[int, int]] = []
        for length, count in each_length(spelling):
            if extent <= 0:
                break
            count = min(count, -(-extent // length))
            if found and found[-1][0] == length:
                found[-1] = length, found[-1][1] + count
            else:
                found.append((length, count))
            extent -= length * count
        return found

    def largest(self, shape: tuple[int, ...]) -> tuple[int, ...]:
        return tuple(
            max((length for length, _ in self.runs(axis, extent)), default=1)
            for axis, extent in enumerate(shape)
        )

    def resized(
        self, shape: tuple[int, ...], new_shape: tuple[int, ...], unit: tuple[int, ...]
    ) -> RectilinearGrid:
        """Where the axis grows beyond its chunks, one chunk more reaches its new end.

        Chunks beyond the end of an axis that has become shorter stay in the grid.
        """
        grown: list[Spelling] = []
        for spelling, extent, step in zip(self.chunk_shapes, new_shape, unit, strict=True):
            if not isinstance(spelling, int) and _total(spelling) < extent:
                missing = -(-(extent - _total(spelling)) // step)
                spelling = (*spelling, missing * step)
            grown.append(spelling)
        return type(self)(tuple(grown))

    def to_json(self) -> dict[str, Any]:
        lengths = [_listed(spelling) for spelling in self.chunk_shapes]
        configuration = {"kind": "inline", "chunk_shapes": lengths}
        return {"name": self.name, "configuration": configuration}


_FIELD = "chunk_grid.configuration.chunk_shapes"


class RectangularGrid(RectilinearGrid):
    """The draft of `RectilinearGrid`, which has other names and no runs (ZEP 3)."""

    __slots__ = ()

    name = "rectangular"

    def to_json(self) -> dict[str, Any]:
        lengths = [_listed(spelling) for spelling in self.chunk_shapes]
        return {"name": self.name, "configuration": {"chunk_shape": lengths}}


class BoundedGrid(ChunkGrid):
    """Chunks of one shape, but for those at the end of an axis, which end with the array.

    Attributes
    ----------
    chunk_lengths : tuple of int
        Of a chunk that does not lie at the end.
    """

    __slots__ = ("chunk_lengths",)

    name = "zarrs.regular_bounded"
    regular = False
    chunk_lengths: tuple[int, ...]

    def __init__(self, chunk_lengths: tuple[int, ...]) -> None:
        set_field(self, "chunk_lengths", chunk_lengths)

    def check(self, shape: tuple[int, ...], field: str) -> None:
        RegularGrid(self.chunk_lengths).check(shape, field)

    def runs(self, axis: int, extent: int) -> list[tuple[int, int]]:
        length = self.chunk_lengths[axis]
        whole, rest = divmod(extent, length)
        return [(length, whole)] * (whole > 0) + [(rest, 1)] * (rest > 0)

    def largest(self, shape: tuple[int, ...]) -> tuple[int, ...]:
        pairs = zip(self.chunk_lengths, shape, strict=True)
        return tuple(max(1, min(length, extent)) for length, extent in pairs)

    def resized(
        self, shape: tuple[int, ...], new_shape: tuple[int, ...], unit: tuple[int, ...]
    ) -> BoundedGrid:
        """Refused where a chunk that stays would have to change its length.

        Raises
        ------
        ValueError
            If the old or the new end of an axis cuts a chunk that lies in both shapes.
        """
        for length, old, new in zip(self.chunk_lengths, shape, new_shape, strict=True):
            shared = -(-min(old, new) // length)
            if min(shared * length, old) != min(shared * length, new):
                raise ValueError(
                    f"new_shape: expected to leave the chunks of a {self.name!r} grid as they "
                    f"are, but from {old} to {new} one would change its length"
                )
        return self

    def to_json(self) -> dict[str, Any]:
        lengths = list(self.chunk_lengths)
        return {"name": self.name, "configuration": {"chunk_shape": lengths}}


def each_length(spelling: Any, field: str = _FIELD) -> Iterator[tuple[int, int]]:
    """Lengths of chunks along an axis and how often each is repeated, as they are spelled."""
    if isinstance(spelling, int):
        yield spelling, 1
        return
    for item in spelling:
        if not isinstance(item, tuple):
            yield item, 1
        elif len(item) == 2:
            yield item
        else:
            raise invalid(field, "lengths and pairs of length and count", list(item))


def _total(spelling: tuple[int | tuple[int, int], ...]) -> int:
    return sum(length * count for length, count in each_length(spelling))


def _listed(spelling: Spelling) -> Any:
    if isinstance(spelling, int):
        return spelling
    return [list(item) if isinstance(item, tuple) else item for item in spelling]


def parse(name: str, configuration: dict[str, Any]) -> ChunkGrid:
    """Read the configuration of a grid of this module.

    Raises
    ------
    MetadataValidationError
        If there is no such grid, or it is not well formed.
    """
    keys = _KEYS.get(name)
    if keys is None:
        raise invalid("chunk_grid.name", f"'regular', or one of {', '.join(_KEYS)}", name)
    if configuration.keys() != keys:
        raise invalid(
            "chunk_grid.configuration", f"{' and '.join(sorted(keys))}", configuration
        )
    if configuration.get("kind", "inline") != "inline":
        raise invalid("chunk_grid.configuration.kind", "'inline'", configuration["kind"])
    key = "chunk_shapes" if name == "rectilinear" else "chunk_shape"
    lengths = configuration[key]
    if not isinstance(lengths, list | tuple):
        raise invalid(f"chunk_grid.configuration.{key}", "a list", lengths)
    if name == "zarrs.regular_bounded":
        return BoundedGrid(tuple(lengths))
    made = RectilinearGrid if name == "rectilinear" else RectangularGrid
    return made(tuple(_spelling(item, made.name) for item in lengths))


_KEYS: dict[str, set[str]] = {
    "rectilinear": {"kind", "chunk_shapes"},
    "rectangular": {"chunk_shape"},
    "zarrs.regular_bounded": {"chunk_shape"},
}


def _spelling(item: Any, name: str) -> Any:
    """The JSON of an axis as tuples; what is in it is checked with the grid."""
    if not isinstance(item, list | tuple):
        if type(item) is not int:
            raise invalid(_FIELD, "a length or a list of them", item)
        return item
    if name == "rectangular":
        return tuple(item)
    return tuple(tuple(one) if isinstance(one, list) else one for one in item)


def spell(lengths: Sequence[int]) -> Spelling:
    """Spell the lengths of chunks along an axis, with runs where that is shorter."""
    runs = [(length, sum(1 for _ in group)) for length, group in groupby(lengths)]
    if len(runs) == len(lengths):
        return tuple(lengths)
    return tuple(length if count == 1 else (length, count) for length, count in runs)


def every_length(grid: ChunkGrid, shape: tuple[int, ...]) -> Iterator[tuple[int, ...]]:
    """Shapes of chunks such that each length along each axis is in one of them."""
    lengths = [
        sorted({length for length, _ in grid.runs(axis, extent)}, reverse=True) or [1]
        for axis, extent in enumerate(shape)
    ]
    for i in range(max(map(len, lengths), default=1)):
        yield tuple(found[min(i, len(found) - 1)] for found in lengths)
