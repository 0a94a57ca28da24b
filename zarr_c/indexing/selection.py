"""What is selected of an array, whatever the user's way to say it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

__all__ = ["Points", "Selection", "Slice"]

Slice = tuple[int, int, int]
"""First element, step (of any sign, but not 0) and number of elements along an axis."""


@dataclass(frozen=True, eq=False, slots=True)
class Points:
    """Elements along some axes of an array, one by one.

    Attributes
    ----------
    axes : tuple of int
        Axes of the array, ascending.
    coordinates : tuple of numpy.ndarray
        For each of these axes the coordinate of each point: ``int64``, contiguous, with one
        axis, all of one length, none negative.
    """

    axes: tuple[int, ...]
    coordinates: tuple[NDArray[np.int64], ...]

    def __len__(self) -> int:
        return len(self.coordinates[0])


@dataclass(frozen=True, eq=False, slots=True)
class Selection:
    """A product of slices along axes and of points along groups of axes.

    Attributes
    ----------
    slices : tuple of (int, int, int) or None
        For each axis of the array its `Slice`; None where points select. An axis that was given
        an integer is a slice of one element that is not in `axes`.
    points : tuple of Points
        Groups of points; no axis is in two.
    axes : tuple of int
        What the axes of the flat result are: an axis of the array, or ``~k`` for the points of
        group ``k``.
    shape : tuple of int
        Shape of the result; the flat one is reshaped to it.
    scalar : bool
        Whether NumPy would give a scalar.
    """

    slices: tuple[Slice | None, ...]
    points: tuple[Points, ...]
    axes: tuple[int, ...]
    shape: tuple[int, ...]
    scalar: bool = False

    @property
    def flat_shape(self) -> tuple[int, ...]:
        """Elements along each axis of the flat result."""
        return tuple(self._length(axis) for axis in self.axes)

    def _length(self, axis: int) -> int:
        if axis < 0:
            return len(self.points[~axis])
        found = self.slices[axis]
        assert found is not None
        return found[2]
