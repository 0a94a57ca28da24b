"""What `Array.oindex`, `Array.vindex` and `Array.blocks` are: ways to write a selection."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from zarr_c.indexing.fields import split_fields
from zarr_c.indexing.items import as_items
from zarr_c.indexing.parsing import parse_vectorized, selects_points

if TYPE_CHECKING:
    from zarr_c.array_selection import ArraySelection

__all__ = ["BlockIndex", "OIndex", "VIndex"]


@dataclass(frozen=True, slots=True)
class OIndex:
    """Orthogonal indexing: along each axis for itself.

    ``array.oindex[i, j]`` is a product of what `i` selects along the first axis and `j` along
    the second: integers, slices of any step, or arrays with one axis. Strings select fields.

    Attributes
    ----------
    array : Array
    """

    array: ArraySelection

    def __getitem__(self, selection: Any) -> Any:
        fields, rest = split_fields(selection)
        return self.array.get_orthogonal_selection(rest, fields=fields)

    def __setitem__(self, selection: Any, value: Any) -> None:
        fields, rest = split_fields(selection)
        self.array.set_orthogonal_selection(rest, value, fields=fields)


@dataclass(frozen=True, slots=True)
class VIndex:
    """Vectorized indexing: points, or the elements where a mask is true.

    ``array.vindex[i, j]`` takes integers for each axis and broadcasts them together to the
    result's shape. Where an axis is given a slice or nothing, each point is a row: the axes of
    the points come first, those of the slices follow. Strings select fields.

    Attributes
    ----------
    array : Array
    """

    array: ArraySelection

    def __getitem__(self, selection: Any) -> Any:
        fields, rest = split_fields(selection)
        return self.array._read(parse_vectorized(rest, self.array._shape), None, fields)

    def __setitem__(self, selection: Any, value: Any) -> None:
        fields, rest = split_fields(selection)
        shape, items = self.array._shape, as_items(rest)  # what is stored is read once
        points = selects_points(items, shape)
        self.array._write(parse_vectorized(items, shape), value, fields, points)


@dataclass(frozen=True, slots=True)
class BlockIndex:
    """Indexing of whole chunks, of shards where there are any.

    ``array.blocks[i, j]`` takes the numbers of chunks along each axis, as integers or slices of
    step 1. Strings select fields.

    Attributes
    ----------
    array : Array
    """

    array: ArraySelection

    def __getitem__(self, selection: Any) -> Any:
        fields, rest = split_fields(selection)
        return self.array.get_block_selection(rest, fields=fields)

    def __setitem__(self, selection: Any, value: Any) -> None:
        fields, rest = split_fields(selection)
        self.array.set_block_selection(rest, value, fields=fields)
