"""Elements of views: read, and written through to the array."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from zarr_c._native.threads import call_threads
from zarr_c._selected import read_selection, write_selection
from zarr_c._write import broadcast, held_objects
from zarr_c.elements import as_elements
from zarr_c.errors import ArrayIndexError
from zarr_c.indexing.fields import field_spans
from zarr_c.metadata.dtype import from_numpy

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from zarr_c.array import Array
    from zarr_c.indexing.composing import View

__all__ = ["Fields", "Step", "read_view", "write_view"]

Fields = str | list[str]


@dataclass(frozen=True, slots=True)
class Step:
    """What is done to elements that were read: a cast, or another look at their bytes."""

    dtype: np.dtype[Any]
    cast: bool

    def apply(self, elements: NDArray[Any]) -> NDArray[Any]:
        """The elements after the step."""
        return elements.astype(self.dtype) if self.cast else elements.view(self.dtype)


def read_view(
    array: Array, view: View, fields: Fields | None, out: NDArray[Any] | None
) -> NDArray[Any]:
    """Read what a view selects of an array, in the shape of its selection.

    Parameters
    ----------
    array : Array
    view : View
        Of at least one element.
    fields : str or list of str, optional
        Of records.
    out : numpy.ndarray, optional
        Where to put it, of the selection's shape.

    Raises
    ------
    IndexError
        If the array is smaller than it was when the view was made.
    """
    _check_bounds(array, view)
    return np.asarray(
        read_selection(
            array._plan,
            view.selection,
            call_threads(),
            array._data_type,
            array._config.order,
            out,
            fields,
        )
    )


def write_view(
    array: Array, view: View, fields: Fields | None, steps: tuple[Step, ...], value: Any
) -> None:
    """Write to what a view selects of an array.

    Parameters
    ----------
    array, view, fields
        As of `read_view`.
    steps : tuple of Step
        What a value has to be taken through, in reverse.
    value : array-like
        Broadcast to the view's shape, of the type that the last step gives.

    Raises
    ------
    ReadOnlyError
        If the store is read-only.
    TypeError
        If one of the steps is a cast, or the value is of a kind that would lose something.
    ValueError
        If the value cannot be broadcast.
    IndexError
        If the array is smaller than it was when the view was made.
    """
    array._place.store._check_writable(array._place.path)
    if any(step.cast for step in steps):
        raise TypeError("a view of another type, by astype, cannot be written to")
    if hasattr(value, "__cuda_array_interface__"):
        from zarr_c.storage.device import to_host

        value = to_host(value)
    empty = 0 in view.shape
    if steps or empty or not view.is_plain:
        value = _as_stored(array, view, fields, steps, value)
    if not empty:
        _check_bounds(array, view)
        write_selection(
            array._plan,
            view.selection,
            call_threads(),
            array._data_type,
            value if view.is_plain else view.place(value),
            fields,
        )


def _as_stored(
    array: Array, view: View, fields: Fields | None, steps: tuple[Step, ...], value: Any
) -> NDArray[Any]:
    """A value as elements of what is stored, of the view's shape."""
    data_type = array._data_type
    stored, _ = field_spans(data_type.dtype, fields)
    seen = steps[-1].dtype if steps else stored
    if data_type.dtype.hasobject and fields is None:
        value = held_objects(value, data_type, view.shape)
    elif seen is data_type.dtype:
        value = as_elements(value, data_type)
    else:
        value = as_elements(value, from_numpy(seen, 2))
    if value.shape != view.shape:
        value = broadcast(value, view.shape, None)
    if steps:
        value = np.ascontiguousarray(value, seen).view(stored).reshape(view.shape)
    return np.asarray(value)


def _check_bounds(array: Array, view: View) -> None:
    """Refuse to touch what a smaller array no longer has."""
    for axis, extent in enumerate(array.shape):
        along = view.selection.slices[axis]
        last = 0 if along is None else max(along[0], along[0] + along[1] * (along[2] - 1))
        if last >= extent:
            raise ArrayIndexError(
                f"the array has {extent} elements along axis {axis} by now, and the view "
                "reaches further"
            )
