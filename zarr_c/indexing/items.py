"""Items of a selection: what stands between brackets, each with its axis."""

from __future__ import annotations

import operator
from typing import TYPE_CHECKING, Any

import numpy as np

from zarr_c.errors import ArrayIndexError, BoundsCheckError
from zarr_c.indexing._basic import is_basic
from zarr_c.indexing.index_arrays import as_index_array, check_mask

if TYPE_CHECKING:
    from zarr_c.indexing.selection import Slice

__all__ = [
    "Items",
    "as_item",
    "as_items",
    "as_slice",
    "check_integer",
    "flatten_mesh",
    "is_integers",
    "is_stretch",
    "kind_of",
    "parse_items",
]

Items = list[tuple[Any, int]]
"""Items, each with the first axis that it selects from.

Integers are ``int``, arrays ``numpy.ndarray``. An Ellipsis is followed by the slices that it
stands for; one is added where axes are left out.
"""


def parse_items(selection: Any, shape: tuple[int, ...]) -> Items:
    """Give each item its axis, and each axis an item.

    Raises
    ------
    ArrayIndexError
        If there are too many items, or one may not stand in a selection.
    """
    items = list(as_items(selection))
    ellipses = sum(item is Ellipsis for item in items)
    if ellipses > 1:
        raise ArrayIndexError(f"selection: expected at most one Ellipsis, found {ellipses}")
    left = len(shape) - sum(map(_consumed, items))
    if left < 0:
        raise ArrayIndexError(
            f"too many indices for array: expected at most {len(shape)}, found "
            f"{len(shape) - left}"
        )
    if not ellipses and left:
        items.append(Ellipsis)
    found: Items = []
    axis = 0
    for item in items:
        found.append((item, axis))
        if item is Ellipsis:
            found.extend((slice(None), i) for i in range(axis, axis + left))
            axis += left
        elif isinstance(item, np.ndarray) and item.dtype.kind == "b":
            check_mask(item, axis, shape)
        axis += _consumed(item)
    return found


def as_items(selection: Any) -> tuple[Any, ...]:
    """The items of a selection, array-likes as arrays; those that are stored are read.

    Raises
    ------
    ArrayIndexError
        If one may not stand in a selection.
    """
    given = selection if isinstance(selection, tuple) else (selection,)
    return tuple(as_item(item) for item in given)


def as_item(item: Any) -> Any:
    """An ``int``, an array, or what else may stand in a selection.

    Raises
    ------
    ArrayIndexError
        If it may not.
    """
    if item is None or item is Ellipsis or isinstance(item, slice):
        return item
    if not isinstance(item, tuple) and is_basic(item):
        return operator.index(item)
    return as_index_array(item)


def _consumed(item: Any) -> int:
    """Number of axes that an item selects from."""
    if item is None or item is Ellipsis:
        return 0
    return item.ndim if isinstance(item, np.ndarray) and item.dtype.kind == "b" else 1


def is_integers(item: Any) -> bool:
    """Whether it is an integer or an array of them."""
    return isinstance(item, int) or (isinstance(item, np.ndarray) and item.dtype.kind != "b")


def is_stretch(item: Any) -> bool:
    """Whether it selects a stretch of an axis, or of several."""
    return item is Ellipsis or isinstance(item, slice)


def kind_of(item: Any) -> str:
    """How errors call an item."""
    if isinstance(item, np.ndarray):
        return f"an array of {item.dtype} of shape {item.shape}"
    return "newaxis" if item is None else repr(item)


def flatten_mesh(items: Items) -> Items:
    """Take the axes of length one from what `numpy.ix_` gives."""
    given = [item for item, _ in items if not is_stretch(item)]
    for i, item in enumerate(given):
        if not isinstance(item, np.ndarray) or item.ndim != len(given):
            return items
        if any(n != 1 for k, n in enumerate(item.shape) if k != i):
            return items
    return [
        (item.reshape(-1) if isinstance(item, np.ndarray) else item, axis)
        for item, axis in items
    ]


def check_integer(item: int, axis: int, extent: int) -> int:
    """Count a negative integer from the end of its axis.

    Raises
    ------
    BoundsCheckError
        If it is out of bounds.
    """
    if not -extent <= item < extent:
        raise BoundsCheckError(
            f"index {item} is out of bounds for axis {axis} with size {extent}"
        )
    return item + extent if item < 0 else item


def as_slice(item: slice, extent: int) -> Slice:
    """What a slice selects of an axis."""
    found = range(*item.indices(extent))
    count = len(found)
    # one element has no direction; a huge step must not overflow what is computed from it
    return (found.start if count else 0), (found.step if count > 1 else 1), count
