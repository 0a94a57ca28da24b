"""How a `Selection` is put together, one axis of its result after the other."""

from __future__ import annotations

from itertools import pairwise
from math import prod
from typing import TYPE_CHECKING

import numpy as np

from zarr_c.errors import BroadcastError
from zarr_c.indexing.index_arrays import as_progression
from zarr_c.indexing.selection import Points, Selection

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from zarr_c.indexing.selection import Slice

__all__ = ["SelectionBuilder"]

Coordinates = dict[int, "NDArray[np.int64]"]
"""Coordinates of points along axes of an array."""


class SelectionBuilder:
    """A selection in the making; each method adds the next axes of the result.

    Parameters
    ----------
    extents : tuple of int
        Shape of the array.
    """

    def __init__(self, extents: tuple[int, ...]) -> None:
        self.extents = extents
        self._slices: list[Slice | None] = [None] * len(extents)
        self._points: list[Points] = []
        self._axes: list[int] = []
        self._shape: list[int] = []

    def keep(self, axis: int, found: Slice) -> None:
        """Add an axis of the array, of which a slice is selected."""
        self._slices[axis] = found
        self._axes.append(axis)
        self._shape.append(found[2])

    def drop(self, axis: int, index: int) -> None:
        """Select one element along an axis, which adds none to the result."""
        self._slices[axis] = (index, 1, 1)

    def new_axis(self) -> None:
        """Add an axis of length one."""
        self._shape.append(1)

    def flatten(self) -> None:
        """Make all axes of the result one."""
        self._shape = [prod(self._shape)]

    def gather(self, coordinates: Coordinates) -> None:
        """Add the axes to which coordinates along some axes of the array broadcast.

        Those that lie in a product are selected as one, and regular ones as slices: both take
        much less work than points.

        Raises
        ------
        BroadcastError
            If they do not broadcast together.
        """
        arrays = coordinates.values()
        try:
            shape = np.broadcast_shapes(*(array.shape for array in arrays))
        except ValueError:
            raise BroadcastError(
                "selection: expected arrays that broadcast together, found shapes "
                f"{', '.join(str(array.shape) for array in arrays)}"
            ) from None
        rest: Coordinates = {}
        for axis, array in coordinates.items():
            if array.size == 1:
                self.drop(axis, array.item())
            else:
                rest[axis] = array
        for group in _groups(rest, shape):
            self._add_points(group)
        self._shape.extend(shape)

    def _add_points(self, coordinates: Coordinates) -> None:
        if len(coordinates) == 1:
            ((axis, array),) = coordinates.items()
            found = as_progression(array)
            if found is not None:
                self._slices[axis] = found
                self._axes.append(axis)
                return
        self._axes.append(~len(self._points))
        axes = tuple(sorted(coordinates))
        self._points.append(Points(axes, tuple(coordinates[axis] for axis in axes)))

    def finish(self, scalar: bool) -> Selection:
        """The selection, when every axis of the array has been given something."""
        return Selection(
            tuple(self._slices),
            tuple(self._points),
            tuple(self._axes),
            tuple(self._shape),
            scalar,
        )


def _groups(coordinates: Coordinates, shape: tuple[int, ...]) -> list[Coordinates]:
    """Flat coordinates in groups, the product of which, in this order, is all points.

    Coordinates lie in a product if those of no axis vary where those of another do, as in what
    `numpy.ix_` gives.
    """
    spans = sorted((_span(array, len(shape)), axis) for axis, array in coordinates.items())
    apart = all(a[1] < b[0] for (a, _), (b, _) in pairwise(spans))
    if apart:
        return [{axis: coordinates[axis].reshape(-1)} for _, axis in spans]
    return [
        {axis: np.broadcast_to(array, shape).reshape(-1) for axis, array in coordinates.items()}
    ]


def _span(array: NDArray[np.int64], ndim: int) -> tuple[int, int]:
    """First and last axis of the points along which coordinates vary."""
    varying = [i + ndim - array.ndim for i, n in enumerate(array.shape) if n != 1]
    return varying[0], varying[-1]
