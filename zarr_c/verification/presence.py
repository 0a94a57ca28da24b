"""Which chunks of an array are there: little memory, for full grids and for vast empty ones."""

from __future__ import annotations

from itertools import count
from math import prod
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["Presence"]

_PAGE = 4096  # chunks whose marks are made together, a byte each


class Presence:
    """Marks of the chunks of a grid.

    Parameters
    ----------
    grid : tuple of int
        Chunks along each axis.
    """

    def __init__(self, grid: tuple[int, ...]) -> None:
        self._grid = grid
        self._pages: dict[int, bytearray] = {}

    def add(self, coords: tuple[int, ...]) -> None:
        """Mark a chunk."""
        number = 0
        for i, n in zip(coords, self._grid, strict=True):
            number = number * n + i
        page, at = divmod(number, _PAGE)
        self._pages.setdefault(page, bytearray(_PAGE))[at] = 1

    def count_absent(self) -> int:
        """Number of chunks without a mark."""
        return prod(self._grid) - sum(page.count(1) for page in self._pages.values())

    def absent(self) -> Iterator[tuple[int, ...]]:
        """Coordinates of the chunks without a mark, in C order."""
        total, none = prod(self._grid), bytes(_PAGE)
        for start in count(0, _PAGE):
            page = self._pages.get(start // _PAGE, none)
            for number in range(start, min(start + _PAGE, total)):
                if not page[number - start]:
                    yield self._coords(number)
            if start + _PAGE >= total:
                return

    def _coords(self, number: int) -> tuple[int, ...]:
        coords = []
        for n in reversed(self._grid):
            number, i = divmod(number, n)
            coords.append(i)
        return tuple(reversed(coords))
