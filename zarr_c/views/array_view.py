"""Arrays whose elements are seen as others: what `Array.astype` and `Array.view` give."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from zarr_c.views.lazy import LazyArray

if TYPE_CHECKING:
    from zarr_c.array import Array
    from zarr_c.indexing.selection import Selection
    from zarr_c.views.elements import Fields
    from zarr_c.views.lazy import Casting

__all__ = ["ArrayView"]


class ArrayView(LazyArray):
    """An array whose elements are seen as others.

    Selecting from it reads, as it does from an array; its `lazy` selects without reading.
    """

    __slots__ = ()

    @classmethod
    def cast(cls, array: Array, dtype: Any, casting: Casting) -> ArrayView:
        """See `Array.astype`."""
        return cls(array)._stepped(LazyArray(array).astype(dtype, casting=casting))

    @classmethod
    def look(cls, array: Array, dtype: Any) -> ArrayView:
        """See `Array.view`."""
        return cls(array)._stepped(LazyArray(array).view(dtype))

    def _stepped(self, view: LazyArray) -> ArrayView:
        self._steps = view._steps
        return self

    @property
    def lazy(self) -> LazyArray:
        """The same, from which selecting gives views."""
        return self._with()

    def _select(self, selection: Selection, fields: Fields | None = None) -> Any:
        return super()._select(selection, fields).result()
