"""From what stands between brackets to a `Selection`, for each way to index.

Pure functions of the selection and of what it selects from; none touches a store. Plain
integers and slices have a way of their own, `_basic`, which takes no `Selection`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from zarr_c.errors import ArrayIndexError, BoundsCheckError, VindexInvalidSelectionError
from zarr_c.indexing._basic import is_basic
from zarr_c.indexing.index_arrays import as_coordinates, as_mask
from zarr_c.indexing.items import (
    as_item,
    as_items,
    as_slice,
    check_integer,
    flatten_mesh,
    is_integers,
    is_stretch,
    kind_of,
    parse_items,
)
from zarr_c.indexing.selection_builder import SelectionBuilder

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from zarr_c.indexing.items import Items
    from zarr_c.indexing.selection import Selection
    from zarr_c.metadata.chunk_grid import ChunkGrid

__all__ = [
    "parse_basic",
    "parse_blocks",
    "parse_coordinates",
    "parse_index",
    "parse_mask",
    "parse_orthogonal",
    "parse_vectorized",
    "selects_points",
]


def parse_index(selection: Any, shape: tuple[int, ...]) -> Selection:
    """What ``array[selection]`` selects.

    Parameters
    ----------
    selection : integers, slices, Ellipsis, newaxis, array-likes, or a tuple of them
    shape : tuple of int
        Shape of the array.

    Notes
    -----
    NumPy's rules, but two that zarr-python has of its own: a single array with one axis leaves
    its axis where it is, and where each axis is given an array with one axis, of which one or
    more are boolean, the arrays are taken along each axis for itself.

    Raises
    ------
    BoundsCheckError
        If an integer is out of bounds.
    ArrayIndexError
        If the selection does not fit the array in another way.
    """
    items = parse_items(selection, shape)
    if len(items) == 1 and _is_mask(items[0][0], shape):
        return parse_mask(items[0][0], shape)
    arrays = [item for item, _ in items if isinstance(item, np.ndarray)]
    flat = all(array.ndim == 1 for array in arrays)
    masks = any(array.dtype.kind == "b" for array in arrays)
    if flat and (len(arrays) <= 1 or (masks and len(arrays) == len(items) == len(shape))):
        return _outer(items, shape)
    return _joint(items, shape, _joint_position(items))


def parse_basic(selection: Any, shape: tuple[int, ...]) -> Selection:
    """What integers, slices, Ellipsis and newaxis select.

    Raises
    ------
    BoundsCheckError
        If an integer is out of bounds.
    ArrayIndexError
        If the selection does not fit the array in another way.
    """
    for item in selection if isinstance(selection, tuple) else (selection,):
        if not is_basic((item,)):
            raise ArrayIndexError(
                f"selection: expected integers, slices, Ellipsis and newaxis, found {item!r} "
                f"of type {type(item).__name__}"
            )
    return _outer(parse_items(selection, shape), shape)


def parse_orthogonal(selection: Any, shape: tuple[int, ...]) -> Selection:
    """What ``array.oindex[selection]`` selects: a product of what each axis is given.

    Parameters
    ----------
    selection : integers, slices, Ellipsis, newaxis, array-likes, or a tuple of them
        Arrays have one axis, or come from `numpy.ix_`.
    shape : tuple of int
        Shape of the array.

    Raises
    ------
    BoundsCheckError
        If an integer is out of bounds.
    ArrayIndexError
        If the selection does not fit the array in another way.
    """
    items = flatten_mesh(parse_items(selection, shape))
    for item, axis in items:
        if isinstance(item, np.ndarray) and item.ndim != 1:
            raise ArrayIndexError(
                f"orthogonal selection: expected arrays with one axis, found one of shape "
                f"{item.shape} for axis {axis}"
            )
    return _outer(items, shape)


def parse_coordinates(selection: Any, shape: tuple[int, ...]) -> Selection:
    """What coordinates of points select: integers for each axis, broadcast together.

    Parameters
    ----------
    selection : integers, array-likes of them, or a tuple of these
        One for each axis.
    shape : tuple of int
        Shape of the array.

    Raises
    ------
    BoundsCheckError
        If a coordinate is out of bounds.
    ArrayIndexError
        If there is not one array of integers for each axis.
    BroadcastError
        If they cannot be broadcast together.
    """
    given = selection if isinstance(selection, tuple) else (selection,)
    items = [as_item(item) for item in given]
    if len(items) != len(shape) or not all(map(is_integers, items)):
        raise ArrayIndexError(
            f"coordinates: expected integers for each of {len(shape)} axes, found "
            f"{', '.join(map(kind_of, items)) or 'none'}"
        )
    return _joint([(item, axis) for axis, item in enumerate(items)], shape, 0)


def selects_points(selection: Any, shape: tuple[int, ...]) -> bool:
    """Whether a selection is one that `parse_coordinates` takes."""
    items = as_items(selection)
    return len(items) == len(shape) and all(map(is_integers, items))


def parse_mask(mask: Any, shape: tuple[int, ...]) -> Selection:
    """What a mask of the whole array selects: its true elements, in C order.

    Parameters
    ----------
    mask : array-like of bool
        Of the array's shape; a tuple may be around it.
    shape : tuple of int
        Shape of the array.

    Raises
    ------
    ArrayIndexError
        If the mask is not that, or the array has no axes.
    """
    if isinstance(mask, tuple) and len(mask) == 1:
        mask = mask[0]
    found = as_mask(mask, shape)
    if not found.all():
        return _joint([(found, 0)], shape, 0)
    builder = SelectionBuilder(shape)
    for axis, extent in enumerate(shape):
        builder.keep(axis, (0, 1, extent))
    builder.flatten()
    return builder.finish(scalar=False)


def parse_vectorized(selection: Any, shape: tuple[int, ...]) -> Selection:
    """What ``array.vindex[selection]`` selects: points, or what a mask has.

    Parameters
    ----------
    selection : integers, array-likes of them, slices, Ellipsis, or a tuple of these; or a mask
        Axes with integers make points, whose axes come first in the result. Axes with a slice
        and axes that are left out follow in their order. A mask has the shape of the array.
    shape : tuple of int
        Shape of the array.

    Raises
    ------
    BoundsCheckError
        If a coordinate is out of bounds.
    VindexInvalidSelectionError
        If the selection is none of that.
    BroadcastError
        If the integers cannot be broadcast together.
    """
    try:
        items = parse_items(selection, shape)
    except BoundsCheckError:
        raise
    except ArrayIndexError as error:
        raise VindexInvalidSelectionError(f"vectorized selection: {error}") from None
    given = [item for item, _ in items]
    if len(given) == 1 and _is_mask(given[0], shape):
        return parse_mask(given[0], shape)
    points = [item for item in given if is_integers(item)]
    others = [item for item in given if not (is_integers(item) or is_stretch(item))]
    if others or (shape and not points):
        raise VindexInvalidSelectionError(
            "vectorized selection: expected integers along some axes and slices along the "
            f"others, or a mask of shape {shape}, found {', '.join(map(kind_of, given))}"
        )
    return _joint(items, shape, 0)


def parse_blocks(selection: Any, shape: tuple[int, ...], grid: ChunkGrid) -> Selection:
    """What ``array.blocks[selection]`` selects: whole chunks, of shards where there are any.

    Parameters
    ----------
    selection : integers, slices of step 1, Ellipsis, or a tuple of them
        Numbers of chunks along each axis. Integers keep their axis.
    shape : tuple of int
        Shape of the array.
    grid : ChunkGrid
        How it is cut.

    Raises
    ------
    BoundsCheckError
        If an integer is out of bounds.
    ArrayIndexError
        If the selection does not fit the grid in another way.
    """
    builder = SelectionBuilder(shape)
    blocks = grid.grid_shape(shape)
    for item, axis in parse_items(selection, blocks):
        if item is Ellipsis:
            continue
        if isinstance(item, int):
            start = check_integer(item, axis, blocks[axis])
            stop = start + 1
        elif isinstance(item, slice) and item.step in (None, 1):
            start, stop, _ = item.indices(blocks[axis])
        else:
            raise ArrayIndexError(
                "block selection: expected integers and slices of step 1, found "
                f"{kind_of(item)}"
            )
        first, last = (_offset(grid, axis, shape[axis], i) for i in (start, max(start, stop)))
        builder.keep(axis, as_slice(slice(first, last), shape[axis]))
    return builder.finish(scalar=not shape)


def _offset(grid: ChunkGrid, axis: int, extent: int, chunk: int) -> int:
    """Where a chunk begins along an axis, or where the array ends."""
    offset = 0
    for length, count in grid.runs(axis, extent):
        offset += length * min(chunk, count)
        chunk -= min(chunk, count)
    return min(offset, extent)


# ---- from items to selections


def _outer(items: Items, shape: tuple[int, ...]) -> Selection:
    """Take each item along its own axis."""
    builder = SelectionBuilder(shape)
    for item, axis in items:
        if isinstance(item, int):
            builder.drop(axis, check_integer(item, axis, shape[axis]))
        elif isinstance(item, np.ndarray):
            builder.gather(_coordinates(item, axis, shape))
        else:
            _add_rest(builder, item, axis)
    return builder.finish(_is_scalar(items, shape))


def _joint(items: Items, shape: tuple[int, ...], position: int) -> Selection:
    """Broadcast integers and arrays together; their axes stand before item `position`."""
    builder = SelectionBuilder(shape)
    together = {}
    for item, axis in items:
        if isinstance(item, int):
            together[axis] = np.array(check_integer(item, axis, shape[axis]), np.int64)
        elif isinstance(item, np.ndarray):
            together |= _coordinates(item, axis, shape)
    for i, (item, axis) in enumerate(items):
        if i == position:
            builder.gather(together)
        if not isinstance(item, int | np.ndarray):
            _add_rest(builder, item, axis)
    return builder.finish(_is_scalar(items, shape))


def _add_rest(builder: SelectionBuilder, item: Any, axis: int) -> None:
    if item is None:
        builder.new_axis()
    elif isinstance(item, slice):
        builder.keep(axis, as_slice(item, builder.extents[axis]))


def _is_mask(item: Any, shape: tuple[int, ...]) -> bool:
    return isinstance(item, np.ndarray) and item.dtype.kind == "b" and item.shape == shape


def _coordinates(
    item: NDArray[Any], axis: int, shape: tuple[int, ...]
) -> dict[int, NDArray[np.int64]]:
    """Coordinates along each axis that an array selects from."""
    if item.dtype.kind != "b":
        return {axis: as_coordinates(item, axis, shape[axis])}
    # in half of the time that numpy.nonzero takes for several axes
    found = np.unravel_index(np.flatnonzero(item), item.shape)
    return {i: np.ascontiguousarray(part) for i, part in enumerate(found, axis)}


def _joint_position(items: Items) -> int:
    """Before which item NumPy puts the axes of arrays: first, unless they stand together."""
    places = [i for i, (item, _) in enumerate(items) if isinstance(item, int | np.ndarray)]
    together = places[-1] - places[0] == len(places) - 1
    return places[0] if together else 0


def _is_scalar(items: Items, shape: tuple[int, ...]) -> bool:
    """Whether NumPy gives a scalar; zarr-python also gives one for ``[...]`` without axes."""
    return all(isinstance(item, int) or (item is Ellipsis and not shape) for item, _ in items)
