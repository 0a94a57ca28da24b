"""Selections of selections: what is selected of an array through any number of them.

Slices stay slices, by arithmetic. Points are made where points are selected of something, or
something of points: then the axes that depend on each other become one group.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from math import prod
from typing import TYPE_CHECKING, Any

import numpy as np

from zarr_c.indexing.selection import Points, Selection, Slice

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

__all__ = ["View", "compose", "describe", "transpose", "whole"]

REPEATED = -1


@dataclass(frozen=True, eq=False, slots=True)
class View:
    """An array of what is selected of another one.

    Attributes
    ----------
    selection : Selection
        What is selected, in an order that the kernels read; each axis of its flat result has
        as many axes in its shape as `dims` says.
    dims : tuple of tuple of int
        For each axis of the flat result its shape: of a slice one length, of points any number.
    axes : tuple of int
        For each axis of the view the axis of the selection's shape that it is; -1 where it is
        none, and elements repeat along it.
    shape : tuple of int
        Shape of the view.
    scalar : bool
        Whether NumPy would give a scalar.
    """

    selection: Selection
    dims: tuple[tuple[int, ...], ...]
    axes: tuple[int, ...]
    shape: tuple[int, ...]
    scalar: bool = False

    @property
    def is_plain(self) -> bool:
        """Whether `present` changes nothing."""
        return self.axes == tuple(range(len(self.selection.shape)))

    def present(self, elements: NDArray[Any]) -> NDArray[Any]:
        """What was read of the selection as the view has it; no copy.

        Parameters
        ----------
        elements : numpy.ndarray
            Of the selection's shape.

        Returns
        -------
        numpy.ndarray
            Of the view's shape; not writable where elements repeat.
        """
        elements = elements.transpose([axis for axis in self.axes if axis != REPEATED])
        shown = elements[tuple(None if a == REPEATED else slice(None) for a in self.axes)]
        return shown if shown.shape == self.shape else np.broadcast_to(shown, self.shape)

    def place(self, value: NDArray[Any]) -> NDArray[Any]:
        """The inverse of `present`: what is to be written to the selection; no copy.

        Parameters
        ----------
        value : numpy.ndarray
            Of the view's shape. Of elements that go to the same place the last one stays.

        Returns
        -------
        numpy.ndarray
            Of the selection's shape.
        """
        last = tuple(-1 if axis == REPEATED else slice(None) for axis in self.axes)
        kept = [axis for axis in self.axes if axis != REPEATED]
        return value[(*last, ...)].transpose(np.argsort(kept))


@dataclass(frozen=True, slots=True)
class _Use:
    """What a selection takes along one axis of a view, and for which axis of its flat result.

    `entry` is None where it takes one element, which is the slice's first.
    """

    entry: int | None
    taken: Slice | NDArray[np.int64]

    def indices(self, entries: list[int], lengths: tuple[int, ...]) -> NDArray[np.int64] | int:
        """Taken elements, shaped to be broadcast with those of some entries."""
        if isinstance(self.taken, tuple):
            start, step, count = self.taken
            if self.entry is None:
                return start
            taken = start + step * np.arange(count, dtype=np.int64)
        else:
            taken = self.taken
        return taken.reshape([lengths[e] if e == self.entry else 1 for e in entries])


def whole(shape: tuple[int, ...]) -> View:
    """The view of all of an array."""
    axes = tuple(range(len(shape)))
    everything = Selection(tuple((0, 1, n) for n in shape), (), axes, shape)
    return View(everything, tuple((n,) for n in shape), axes, shape)


def transpose(view: View, axes: tuple[int, ...]) -> View:
    """A view with its axes in another order, as in `numpy.transpose`.

    Parameters
    ----------
    view : View
    axes : tuple of int
        A permutation of the axes; none negative.
    """
    return replace(
        view,
        axes=tuple(view.axes[axis] for axis in axes),
        shape=tuple(view.shape[axis] for axis in axes),
    )


def compose(view: View, selection: Selection) -> View:
    """What is selected of a view.

    Parameters
    ----------
    view : View
    selection : Selection
        Of an array of the view's shape.

    Returns
    -------
    View
        Of the array that `view` is of: its elements are those that `selection` takes out of an
        array that holds the elements of `view`.
    """
    if 0 in selection.shape:
        return _nothing(view, selection)
    if not _is_product(selection):
        selection = _as_points(selection)
    entry_dims, entry_of = _entries(selection)
    uses = _uses(view, selection)
    factors = _factors(view, uses)
    composed = _Composed(view.selection, selection.flat_shape)
    axis_of: dict[int, int] = {}  # from an entry to its first axis in the composed shape
    for entries, members in _components(factors, selection):
        dims = tuple(n for entry in entries for n in entry_dims[entry])
        for entry in entries:
            before = sum(len(entry_dims[e]) for e in entries if e < entry)
            axis_of[entry] = composed.ndim + before
        composed.add(entries, members, dims)
    for factor in factors:
        if not factor.entries:
            composed.add_element(factor)
    axes = [
        REPEATED if found is None or found[0] not in axis_of else axis_of[found[0]] + found[1]
        for found in entry_of
    ]
    return composed.view(tuple(axes), selection)


def _nothing(view: View, selection: Selection) -> View:
    empty = Selection(((0, 1, 0),) * len(view.selection.slices), (), (), ())
    return View(empty, (), (REPEATED,) * len(selection.shape), selection.shape)


def _is_product(selection: Selection) -> bool:
    """Whether each axis of the flat result has axes of its own in the shape."""
    lengths = iter([n for n in selection.shape if n != 1])
    for length in selection.flat_shape:
        size = 1
        while size < length:
            size *= next(lengths)
        if size != length:
            return False
    return True


def _as_points(selection: Selection) -> Selection:
    """A selection whose result is flattened, such as a mask of everything, as one group.

    It takes memory for the coordinates of every element of the result.
    """
    lengths = selection.flat_shape
    entries = list(range(len(lengths)))
    found: dict[int, NDArray[np.int64]] = {}
    slices = list(selection.slices)
    for axis, use in _taken(selection).items():
        if use.entry is not None:
            at = np.broadcast_to(use.indices(entries, lengths), lengths)
            found[axis], slices[axis] = np.ascontiguousarray(at).reshape(-1), None
        elif isinstance(use.taken, tuple):
            slices[axis] = use.taken
    ordered = tuple(sorted(found))
    points = (Points(ordered, tuple(found[axis] for axis in ordered)),) if found else ()
    axes = (~0,) if found else ()
    return Selection(tuple(slices), points, axes, selection.shape, selection.scalar)


def _entries(
    selection: Selection,
) -> tuple[list[tuple[int, ...]], list[tuple[int, int] | None]]:
    """Which axes of a selection's shape are which axis of its flat result.

    Returns
    -------
    dims : list of tuple of int
        For each axis of the flat result, its shape without axes of length one.
    found : list of (int, int) or None
        For each axis of the shape, the axis of the flat result and which of its `dims` it is;
        None where its length is one.
    """
    dims: list[tuple[int, ...]] = []
    found: list[tuple[int, int] | None] = [None] * len(selection.shape)
    longer = iter(axis for axis, n in enumerate(selection.shape) if n != 1)
    for entry, length in enumerate(selection.flat_shape):
        own: tuple[int, ...] = ()
        while prod(own) != length:
            axis = next(longer)
            found[axis] = entry, len(own)
            own = (*own, selection.shape[axis])
        dims.append(own)
    return dims, found


def _uses(view: View, selection: Selection) -> dict[int, _Use]:
    """How each axis of the shape of a view's selection is used by a selection of the view."""
    taken = _taken(selection)
    return {own: taken[axis] for axis, own in enumerate(view.axes) if own != REPEATED}


def _taken(selection: Selection) -> dict[int, _Use]:
    """What a selection takes along each axis."""
    taken: dict[int, _Use] = {}
    for axis, along in enumerate(selection.slices):
        if along is not None:
            entry = selection.axes.index(axis) if along[2] != 1 else None
            taken[axis] = _Use(entry, along)
    for k, points in enumerate(selection.points):
        for axis, coordinates in zip(points.axes, points.coordinates, strict=True):
            if len(points) == 1:
                taken[axis] = _Use(None, (int(coordinates[0]), 1, 1))
            else:
                taken[axis] = _Use(selection.axes.index(~k), coordinates)
    return taken


@dataclass(frozen=True, slots=True)
class _Factor:
    """An axis of a view's flat result, and how those of its shape are used."""

    axis: int  # of the array, or ~k for points
    dims: tuple[int, ...]
    uses: list[_Use]

    @property
    def entries(self) -> set[int]:
        return {use.entry for use in self.uses if use.entry is not None}

    def indices(self, entries: list[int], lengths: tuple[int, ...]) -> tuple[Any, ...]:
        return tuple(use.indices(entries, lengths) for use in self.uses)


def _factors(view: View, uses: dict[int, _Use]) -> list[_Factor]:
    factors = []
    first = 0
    for axis, dims in zip(view.selection.axes, view.dims, strict=True):
        own = [uses[i] for i in range(first, first + len(dims))]
        factors.append(_Factor(axis, dims, own))
        first += len(dims)
    return factors


def _components(
    factors: list[_Factor], selection: Selection
) -> Iterator[tuple[list[int], list[_Factor]]]:
    """What depends on each other: axes of a flat result, and axes of a view that they use."""
    groups: list[set[int]] = []
    for factor in factors:
        joined = factor.entries
        apart = [group for group in groups if not group & joined]
        joined = joined.union(*(group for group in groups if group & joined))
        groups = [*apart, joined] if joined else apart
    for group in sorted(groups, key=min):
        yield sorted(group), [factor for factor in factors if factor.entries & group]


class _Composed:
    """A selection in the making."""

    def __init__(self, below: Selection, lengths: tuple[int, ...]) -> None:
        self._below = below
        self._lengths = lengths  # of the axes of the flat result
        self._slices = list(below.slices)
        self._points: list[Points] = []
        self._axes: list[int] = []
        self._dims: list[tuple[int, ...]] = []

    @property
    def ndim(self) -> int:
        """Axes of the shape so far."""
        return sum(map(len, self._dims))

    def add(self, entries: list[int], factors: list[_Factor], dims: tuple[int, ...]) -> None:
        """Add an axis to the flat result: a slice of a slice, or points."""
        self._dims.append(dims)
        axis, taken = factors[0].axis, factors[0].uses[0].taken
        below = self._below.slices[axis] if axis >= 0 else None
        if len(factors) == 1 and below is not None and isinstance(taken, tuple):
            self._slices[axis] = _slice_of(below, taken)
            self._axes.append(axis)
            return
        shape = tuple(self._lengths[entry] for entry in entries)
        found: dict[int, NDArray[np.int64]] = {}
        for factor in factors:
            for own, at in self._coordinates(factor, entries):
                found[own] = np.ascontiguousarray(np.broadcast_to(at, shape)).reshape(-1)
                self._slices[own] = None
        ordered = tuple(sorted(found))
        self._axes.append(~len(self._points))
        self._points.append(Points(ordered, tuple(found[own] for own in ordered)))

    def _coordinates(self, factor: _Factor, entries: list[int]) -> Iterator[tuple[int, Any]]:
        indices = factor.indices(entries, self._lengths)
        if factor.axis >= 0:
            below = self._below.slices[factor.axis]
            assert below is not None
            yield factor.axis, below[0] + below[1] * indices[0]
            return
        points = self._below.points[~factor.axis]
        for axis, coordinates in zip(points.axes, points.coordinates, strict=True):
            yield axis, coordinates.reshape(factor.dims)[indices]

    def add_element(self, factor: _Factor) -> None:
        """Take one element along axes of the array; the result has none of them."""
        for axis, at in self._coordinates(factor, []):
            self._slices[axis] = (int(at), 1, 1)

    def view(self, axes: tuple[int, ...], selection: Selection) -> View:
        shape = tuple(n for dims in self._dims for n in dims)
        made = Selection(tuple(self._slices), tuple(self._points), tuple(self._axes), shape)
        return View(made, tuple(self._dims), axes, selection.shape, selection.scalar)


def _slice_of(below: Slice, taken: Slice) -> Slice:
    start, step, _ = below
    return start + step * taken[0], step * taken[1], taken[2]


def describe(selection: Selection) -> str:
    """A selection as it would stand between brackets."""
    parts = []
    for axis, along in enumerate(selection.slices):
        if along is None:
            count = next(len(group) for group in selection.points if axis in group.axes)
            parts.append(f"<{count} points>")
        elif axis not in selection.axes and along[2] == 1:
            parts.append(f"{along[0]}")
        else:
            start, step, count = along
            stop = start + step * count
            end = "" if stop < 0 else f"{stop}"
            parts.append(f"{start}:{end}" + (f":{step}" if step != 1 else ""))
    return ", ".join(parts) or "()"
