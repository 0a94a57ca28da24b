"""How to walk from one chunk grid to another in boxes that fit memory: arithmetic only.

An axis is cut into intervals by its *cuts*, ascending numbers from 0 to its length. Two ways to
cut it have as many pairs of overlapping intervals as their cuts together make pieces, which is
how reads are counted here.

Rechunking by boxes that cover whole target chunks, and by an intermediate array where such
boxes would read the source over and over, is the idea of the package rechunker (Pangeo) and of
dask's rechunking. Unlike theirs, an intermediate chunk here always lies in one box of the first
pass and in one of the second, as its grid need not be regular: it is written and read once.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise, product
from math import log, prod
from typing import TYPE_CHECKING, TypeAlias

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

__all__ = ["Cuts", "Grid", "Boxes", "cuts_of", "direct", "finer", "pieces", "through"]

Cuts: TypeAlias = NDArray[np.int64]
Grid: TypeAlias = tuple[Cuts, ...]
"""The cuts of each axis."""


@dataclass(frozen=True, eq=False)
class Boxes:
    """Boxes that cover an array, in C order.

    Parameters
    ----------
    grid : tuple of numpy.ndarray
        The cuts of each axis.
    """

    grid: Grid

    def __len__(self) -> int:
        return prod(len(cuts) - 1 for cuts in self.grid)

    def __iter__(self) -> Iterator[tuple[slice, ...]]:
        axes = [[slice(a, b) for a, b in pairwise(cuts.tolist())] for cuts in self.grid]
        return product(*axes)

    @property
    def largest(self) -> int:
        """Elements of the largest box."""
        return prod(map(longest, self.grid))


def cuts_of(lengths: Sequence[int]) -> Cuts:
    """The cuts between intervals of given lengths.

    Parameters
    ----------
    lengths : sequence of int
        One after the other from the beginning of the axis, all positive.
    """
    return np.concatenate(([0], np.cumsum(lengths, dtype=np.int64)))


def longest(cuts: Cuts) -> int:
    """Length of the longest interval, 0 where there is none."""
    return int(np.diff(cuts).max(initial=0))


def pieces(one: Cuts, other: Cuts) -> int:
    """Number of pieces that the cuts of both make together."""
    return len(one) + len(other) - len(_common(one, other)) - 1


def _common(one: Cuts, other: Cuts) -> Cuts:
    """The cuts that both have; `numpy.intersect1d` would sort what is sorted."""
    few, many = (one, other) if len(one) < len(other) else (other, one)
    found: Cuts = few[many[np.searchsorted(many, few)] == few]
    return found


def _packed(cuts: Cuts, most: int, preferred: Cuts) -> Cuts:
    """Some of the cuts, so that intervals become as long as `most` allows.

    Of the cuts within reach the last one that is also among `preferred` is taken if there is
    one. An interval that is longer than `most` stays as it is.
    """
    common = _common(cuts, preferred)
    taken, end = [0], int(cuts[-1])
    while taken[-1] < end:
        start = taken[-1]
        for choice in (common, cuts):
            last = int(choice[np.searchsorted(choice, start + most, "right") - 1])
            if last > start:
                break
        else:
            last = int(cuts[np.searchsorted(cuts, start, "right")])
        taken.append(last)
    return np.array(taken, np.int64)


def _choices(cuts: Cuts, other: Cuts) -> list[Cuts]:
    """Ways to put neighbouring intervals together, the shortest ones first.

    Lengths double from that of one interval and, as boxes that end where both ways to cut the
    axis do never split anything, from the distance of such ends.
    """
    end = int(cuts[-1])
    lengths = {end}
    for length in (longest(cuts), longest(_common(cuts, other))):
        while 0 < length < end:
            lengths.add(length)
            length *= 2
    found: dict[tuple[int, int], Cuts] = {}
    for length in sorted(lengths):
        packed = _packed(cuts, length, other)
        found.setdefault((longest(packed), len(packed)), packed)
    return list(found.values())


# ---- one pass


def direct(source: Grid, target: Grid, most: int) -> tuple[Boxes, int] | None:
    """Boxes that cover whole chunks of the target and read those of the source least often.

    Parameters
    ----------
    source, target : tuple of numpy.ndarray
        The cuts of the grids, of the same array.
    most : int
        Elements that a box may have.

    Returns
    -------
    boxes : Boxes
        Among those that read least, the fewest boxes that are found.
    reads : int
        How many chunks of the source are read, those that several boxes need several times.
        None is returned if a single chunk of the target has more than `most` elements.
    """
    # what is best so far for each size: (elements of a box, chunks read, boxes, cuts)
    front: list[tuple[int, int, int, Grid]] = [(1, 1, 1, ())]
    least = prod(map(longest, target))
    for ours, theirs in zip(source, target, strict=True):
        least //= max(longest(theirs), 1)
        options = [
            (longest(cuts), pieces(ours, cuts), len(cuts) - 1, cuts)
            for cuts in _choices(theirs, ours)
        ]
        grown = [
            (size * length, reads * more, boxes * count, (*grid, cuts))
            for size, reads, boxes, grid in front
            for length, more, count, cuts in options
            if size * length * least <= most
        ]
        front = _undominated(grown)
    if not front:
        return None
    grid = _filled(front[-1][3], target, source, most)
    return Boxes(grid), prod(map(pieces, source, grid))


def _undominated(
    states: list[tuple[int, int, int, Grid]],
) -> list[tuple[int, int, int, Grid]]:
    """Those that read less, or the same by fewer boxes, than every smaller one."""
    kept: list[tuple[int, int, int, Grid]] = []
    for state in sorted(states, key=lambda found: found[:3]):
        if not kept or state[1:3] < kept[-1][1:3]:
            kept.append(state)
    return kept


def _filled(grid: Grid, cuts: Grid, other: Grid, most: int) -> Grid:
    """Longer boxes along one axis after the other, where there is room and it saves pieces.

    Lengths that double leave up to half of what is allowed.
    """
    filled = list(grid)
    for axis, (ours, theirs) in enumerate(zip(cuts, other, strict=True)):
        around = prod(longest(c) for c in (*filled[:axis], *filled[axis + 1 :]))
        longer = _packed(ours, most // max(around, 1), theirs)
        if (pieces(theirs, longer), len(longer)) < (
            pieces(theirs, filled[axis]),
            len(filled[axis]),
        ):
            filled[axis] = longer
    return tuple(filled)


# ---- two passes


def through(source: Grid, target: Grid, most: int) -> tuple[Boxes, Boxes] | None:
    """Boxes of a first pass that cover whole chunks of the source, and of a second pass.

    Parameters
    ----------
    source, target, most
        As of `direct`.

    Returns
    -------
    first, second : Boxes
        Each chunk of the source lies in one box of the first pass, each of the target in one of
        the second; boxes are grown so that those of both cut the array into few pieces, the
        chunks of the array in between. None is returned if a single chunk of either has more
        than `most` elements.
    """
    axes = range(len(source))
    options = [
        [_choices(ours, theirs) for ours, theirs in zip(source, target, strict=True)],
        [_choices(theirs, ours) for ours, theirs in zip(source, target, strict=True)],
    ]
    at = [[0] * len(source), [0] * len(source)]

    def grid(side: int, axis: int, step: int = 0) -> Cuts:
        return options[side][axis][at[side][axis] + step]

    def size(side: int) -> int:
        return prod(longest(grid(side, axis)) for axis in axes)

    def gain(axis: int, sides: tuple[int, ...]) -> float:
        """Pieces that are saved for each doubling of the boxes, as logarithms; 0 if none."""
        cost = 0.0
        for side in sides:
            if at[side][axis] + 1 == len(options[side][axis]):
                return 0.0
            growth = longest(grid(side, axis, 1)) / longest(grid(side, axis))
            if size(side) * growth > most:
                return 0.0
            cost += log(growth)
        before = pieces(grid(0, axis), grid(1, axis))
        after = pieces(grid(0, axis, 0 in sides), grid(1, axis, 1 in sides))
        return log(before / after) / max(cost, 1e-9)

    if max(size(0), size(1)) > most:
        return None
    moves = [(axis, sides) for axis in axes for sides in ((0,), (1,), (0, 1))]
    while moves:
        best = max(moves, key=lambda move: gain(*move))
        if gain(*best) <= 0:
            break
        for side in best[1]:
            at[side][best[0]] += 1
    first, second = (tuple(grid(side, axis) for axis in axes) for side in (0, 1))
    first = _filled(first, source, second, most)
    return Boxes(first), Boxes(_filled(second, target, first, most))


def finer(one: Grid, other: Grid, most: int) -> Grid:
    """The cuts of both grids, and more of them until no piece has more than `most` elements.

    Parameters
    ----------
    one, other : tuple of numpy.ndarray
        Cuts of the same array.
    most : int
        At least 1.
    """
    both = [np.union1d(a, b) for a, b in zip(one, other, strict=True)]
    lengths = [max(longest(cuts), 1) for cuts in both]
    while prod(lengths) > most:
        axis = lengths.index(max(lengths))
        lengths[axis] = -(-lengths[axis] // 2)
    return tuple(_split(cuts, length) for cuts, length in zip(both, lengths, strict=True))


def _split(cuts: Cuts, most: int) -> Cuts:
    """More cuts, so that intervals have at most a length."""
    if longest(cuts) <= most:
        return cuts
    parts = [np.arange(a, b, most) for a, b in pairwise(cuts.tolist())]
    return np.concatenate((*parts, cuts[-1:]))
