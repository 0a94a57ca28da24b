"""Whole write units: what a selection needs of chunks, or of shards, lest writers share one.

Chunks make a grid, so each axis is looked at for itself: a selection covers all that it touches
if it does so along every axis.
"""

from __future__ import annotations

from itertools import repeat
from typing import TYPE_CHECKING, Any

from zarr_c.errors import UnalignedWriteError
from zarr_c.indexing._basic import is_basic, normalize

if TYPE_CHECKING:
    from collections.abc import Iterable

    from zarr_c.metadata.array import ArrayMetadata
    from zarr_c.metadata.chunk_grid import ChunkGrid

__all__ = ["check_aligned"]

Span = tuple[int, int]


def check_aligned(selection: Any, metadata: ArrayMetadata, place: object) -> None:
    """Refuse a selection that covers a part of a write unit; reads nothing.

    Parameters
    ----------
    selection : integers, slices, Ellipsis, newaxis, or a tuple of these
    metadata : ArrayMetadata
        Shape and grid of the array. What lies beyond its ends belongs to nobody.
    place : object
        Of the array, for errors.

    Raises
    ------
    UnalignedWriteError
        If there is such a unit.
    TypeError
        If the selection is of another kind.
    IndexError
        If it does not fit the array.
    """
    if not is_basic(selection):
        raise TypeError(
            f"selection: expected integers, slices and Ellipsis, found {selection!r}"
        )
    grid, shape = metadata.chunk_grid, metadata.shape
    asked = [(start, step, n) for start, step, n, _ in normalize(selection, shape)]
    if any(n == 0 for _, _, n in asked):
        return
    axes = range(len(shape))
    if all(_covers(grid, axis, shape[axis], *asked[axis]) for axis in axes):
        return
    found, outer, inner = [], [], []
    for axis, (start, step, n) in enumerate(asked):
        begin, end = _ends(start, step, n)
        first = _unit_at(grid, axis, shape[axis], begin)
        last = _unit_at(grid, axis, shape[axis], end - 1)
        found.append((begin, end))
        outer.append((first[0], last[1]))
        inner.append(
            (begin if begin == first[0] else first[1], end if end == last[1] else last[0])
        )
    steps = [abs(step) for _, step, _ in asked]
    unit = f"units of {metadata.chunk_shape}" if grid.regular else "units of its grid"
    message = (
        f"{place}: expected a selection of whole {unit}, as an exclusive write must not read, "
        f"found {_text(found, steps)}; the smallest around it is {_text(outer)}"
    )
    if max(steps) == 1:
        contained = _text(inner) if all(i < j for i, j in inner) else "no whole one"
        message += f", the largest within it {contained}"
    raise UnalignedWriteError(message)


def _ends(start: int, step: int, count: int) -> Span:
    """Where the elements of a slice begin and end, in ascending order."""
    last = start + (count - 1) * step
    return min(start, last), max(start, last) + 1


def _covers(grid: ChunkGrid, axis: int, extent: int, start: int, step: int, count: int) -> bool:
    """Whether all units that a selection touches along an axis are covered by it."""
    if abs(step) == 1 or count == 1:
        begin, end = _ends(start, step, count)
        begins = _unit_at(grid, axis, extent, begin)[0]
        return begins == begin and _unit_at(grid, axis, extent, end - 1)[1] == end
    # elements with gaps between them cover nothing but units of one element
    if grid.regular:
        return grid.chunk_shape[axis] == 1
    units = (_unit_at(grid, axis, extent, start + i * step) for i in range(count))
    return all(end - begin == 1 for begin, end in units)


def _unit_at(grid: ChunkGrid, axis: int, extent: int, position: int) -> Span:
    """Where the unit that has an element begins, and where it ends within the array."""
    begin = 0
    for length, count in grid.runs(axis, extent):
        if position < begin + length * count:
            begin += (position - begin) // length * length
            return begin, min(begin + length, extent)
        begin += length * count
    raise IndexError(f"axis {axis} has no element {position}")


def _text(spans: list[Span], steps: Iterable[int] = repeat(1)) -> str:
    """A selection as one would write it."""
    texts = (
        f"{begin}:{end}" if step == 1 else f"{begin}:{end}:{step}"
        for (begin, end), step in zip(spans, steps, strict=False)
    )
    return f"[{', '.join(texts)}]"
