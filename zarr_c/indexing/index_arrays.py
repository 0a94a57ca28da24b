"""Arrays that users give as an index: checked, and turned into coordinates.

All of it is NumPy over whole arrays, so that 10**7 points cost a fraction of a second.
"""

from __future__ import annotations

import reprlib
from typing import TYPE_CHECKING, Any

import numpy as np

from zarr_c.errors import ArrayIndexError, BoundsCheckError

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from zarr_c.indexing.selection import Slice

__all__ = ["as_coordinates", "as_index_array", "as_mask", "as_progression", "check_mask"]


def as_index_array(item: Any) -> NDArray[Any]:
    """The array of integers or booleans that an item of a selection is.

    Parameters
    ----------
    item : array-like
        A stored array is read.

    Returns
    -------
    numpy.ndarray
        With one axis or more; an empty list has integers.

    Raises
    ------
    ArrayIndexError
        If it is something else.
    """
    try:
        array = np.asarray(item)
    except ValueError:  # lists of unequal lengths
        raise _not_an_index(item) from None
    if array.size == 0 and array.dtype == float and isinstance(item, list | tuple):
        array = array.astype(np.int64)
    if array.dtype.kind not in "iub" or array.ndim == 0:
        raise _not_an_index(item)
    return array


def as_coordinates(array: NDArray[Any], axis: int, extent: int) -> NDArray[np.int64]:
    """Check integers against an axis and count negative ones from its end.

    Parameters
    ----------
    array : numpy.ndarray
        Integers of any type and shape.
    axis : int
        The axis, for the error.
    extent : int
        Number of its elements.

    Returns
    -------
    numpy.ndarray
        Of ``int64``, contiguous, of the same shape; `array` itself where it is that.

    Raises
    ------
    BoundsCheckError
        If one is out of bounds.
    """
    if array.size == 0:
        return np.empty(array.shape, np.int64)
    low, high = int(array.min()), int(array.max())
    if low < -extent or high >= extent:
        raise BoundsCheckError(
            f"index {high if high >= extent else low} is out of bounds for axis {axis} "
            f"with size {extent}"
        )
    found = np.ascontiguousarray(array, np.int64)
    if low >= 0:
        return found
    return found + extent * (found < 0)


def as_progression(coordinates: NDArray[np.int64]) -> Slice | None:
    """The slice that selects some coordinates in their order; None where there is none."""
    n = len(coordinates)
    if n == 0:
        return 0, 1, 0
    first, last = int(coordinates[0]), int(coordinates[-1])
    if n == 1:
        return first, 1, 1
    step = int(coordinates[1]) - first
    if step == 0 or last != first + step * (n - 1):
        return None
    return (first, step, n) if np.all(np.diff(coordinates) == step) else None


def as_mask(mask: Any, shape: tuple[int, ...]) -> NDArray[np.bool_]:
    """The mask of a whole array.

    Raises
    ------
    ArrayIndexError
        If it is not of booleans, not of the array's shape, or the array has no axes.
    """
    found = as_index_array(mask)
    if found.dtype.kind != "b" or found.shape != shape:
        raise ArrayIndexError(
            f"mask: expected booleans of shape {shape}, found {found.dtype} of shape "
            f"{found.shape}"
        )
    return found


def check_mask(mask: NDArray[np.bool_], axis: int, shape: tuple[int, ...]) -> None:
    """Refuse a mask whose shape is not that of the array from an axis on.

    Raises
    ------
    ArrayIndexError
        If that is so.
    """
    expected = shape[axis : axis + mask.ndim]
    for i, (length, extent) in enumerate(zip(mask.shape, expected, strict=True)):
        if length != extent:
            raise ArrayIndexError(
                f"boolean index for axis {axis + i}: expected {extent} booleans, found {length}"
            )


def _not_an_index(item: Any) -> ArrayIndexError:
    found = (
        f"an array of {item.dtype}"
        if getattr(item, "shape", ())
        else f"{reprlib.repr(item)} of type {type(item).__name__}"
    )
    return ArrayIndexError(
        "selection: expected integers, slices, Ellipsis, newaxis, and arrays of integers or "
        f"booleans, found {found}"
    )
