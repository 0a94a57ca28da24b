"""What `Array` has for reading and writing selections of every kind."""

from __future__ import annotations

from math import prod
from typing import TYPE_CHECKING, Any, cast

import numpy as np

from zarr_c._native.threads import call_threads
from zarr_c._read import read
from zarr_c._write import write
from zarr_c.errors import ReadOnlyError
from zarr_c.indexing._basic import is_basic
from zarr_c.indexing.fields import given_fields, split_fields

if TYPE_CHECKING:
    from zarr_c._plan import Plan
    from zarr_c.array import Array
    from zarr_c.array_config import ArrayConfig
    from zarr_c.indexers import BlockIndex, OIndex, VIndex
    from zarr_c.indexing.fields import Fields
    from zarr_c.indexing.selection import Selection
    from zarr_c.metadata.array import ArrayMetadata
    from zarr_c.metadata.data_type import DataType
    from zarr_c.storage.path import StorePath

__all__ = ["ArraySelection"]


class ArraySelection:
    """Base of `Array`: reads and writes what is selected of it.

    Methods that read take an ``out`` to read into, which they return. It is a writable
    `numpy.ndarray` of the result's shape and data type with any strides, a `cupy.ndarray`,
    which is filled on its device's current stream, or what has ``as_ndarray_like()``, such as
    buffers of zarr-python. ``fields`` are of records: one name, or a list that gives records.
    ``prototype`` is there for programs that were written for zarr-python, and does nothing.
    """

    __slots__ = ()

    if TYPE_CHECKING:
        _plan: Plan
        _shape: tuple[int, ...]
        _data_type: DataType
        _config: ArrayConfig
        _place: StorePath
        _metadata: ArrayMetadata

    # ---- between brackets

    def __getitem__(self, selection: Any) -> Any:
        """Read a selection, as NumPy would.

        Integers, slices of any step, Ellipsis, newaxis, integer and boolean arrays or lists are
        taken as NumPy takes them. Two rules are those of zarr-python, which leaves axes where
        they are:

        * One array with one axis among integers and slices selects along its axis, and this
          stays in its place: ``a[0, :, [1, 2]]`` has the shape ``(a.shape[1], 2)``, where NumPy
          gives ``(2, a.shape[1])``.
        * Where every axis is given an array with one axis and some of these are boolean, each
          selects along its own axis, as in `oindex`: ``a[mask, [0, 1]]`` of two axes has the
          shape ``(mask.sum(), 2)``, where NumPy would pair them.

        Strings select fields of records: ``a["x"]``, ``a["x", 0:2]``, ``a[["x", "y"]]``.

        Raises
        ------
        IndexError
            If the selection does not fit the array.
        ChunkCorruptError
            If a stored chunk cannot be what the metadata say.
        """
        if is_basic(selection):
            return read(
                self._plan,
                self._shape,
                selection,
                call_threads(),
                self._data_type,
                self._config.order,
            )
        fields, rest = split_fields(selection)
        return self._read(_parsing().parse_index(rest, self._shape), None, fields)

    def __setitem__(self, selection: Any, value: Any) -> None:
        """Write to a selection; the value is broadcast to it and cast within its kind.

        What is selected twice has the last of its values afterwards.

        Raises
        ------
        IndexError
            If the selection does not fit the array.
        ValueError
            If the value cannot be broadcast, or the store is read-only.
        TypeError
            If the value is of a kind that would lose something, such as float for int.
        """
        if is_basic(selection):
            value = self._on_host(value)
            write(self._plan, self._shape, selection, call_threads(), self._data_type, value)
            return
        from zarr_c.indexing.items import as_items

        fields, rest = split_fields(selection)
        parsing, items = _parsing(), as_items(rest)  # what is stored is read once
        parsed = parsing.parse_index(items, self._shape)
        self._write(parsed, value, fields, parsing.selects_points(items, self._shape))

    @property
    def oindex(self) -> OIndex:
        """Selects along each axis for itself: ``array.oindex[[0, 2], mask, 1:3]``."""
        from zarr_c.indexers import OIndex

        return OIndex(self)

    @property
    def vindex(self) -> VIndex:
        """Selects points, or what a mask has: ``array.vindex[[0, 2], [1, 3]]``."""
        from zarr_c.indexers import VIndex

        return VIndex(self)

    @property
    def blocks(self) -> BlockIndex:
        """Selects whole chunks, of shards where there are any: ``array.blocks[0, 1:3]``."""
        from zarr_c.indexers import BlockIndex

        return BlockIndex(self)

    # ---- reading

    def get_basic_selection(
        self,
        selection: Any = Ellipsis,
        *,
        out: Any = None,
        prototype: Any = None,
        fields: Fields = None,
    ) -> Any:
        """Read a basic selection, into an array of yours if you give one.

        Parameters
        ----------
        selection : integers, slices, Ellipsis, newaxis, or a tuple of them
        out, prototype, fields
            See `ArraySelection`.

        Returns
        -------
        numpy.ndarray, cupy.ndarray or scalar
            `out` where it was given.

        Raises
        ------
        IndexError
            If the selection does not fit the array, or there is no such field.
        TypeError, ValueError
            If `out` does not fit the selection.
        """
        out = _as_array(out)
        if given_fields(fields) is not None:
            return self._read(_parsing().parse_basic(selection, self._shape), out, fields)
        if hasattr(out, "__cuda_array_interface__"):
            from zarr_c.device_arrays import read_to_device

            return read_to_device(cast("Array", self), selection, out)
        if out is not None and _adds_axes(selection):
            return self._read(_parsing().parse_basic(selection, self._shape), out)
        return read(
            self._plan,
            self._shape,
            selection,
            call_threads(),
            self._data_type,
            self._config.order,
            out,
        )

    def get_orthogonal_selection(
        self, selection: Any, *, out: Any = None, fields: Fields = None, prototype: Any = None
    ) -> Any:
        """Read a product of what is selected along each axis; the same as `oindex`.

        Parameters
        ----------
        selection : integers, slices, Ellipsis, newaxis, array-likes, or a tuple of them
            Arrays have one axis and are of integers, or of a boolean for each element of it.
            Those of `numpy.ix_` may be given too.
        out, fields, prototype
            See `ArraySelection`.

        Raises
        ------
        IndexError
            If the selection does not fit the array, or there is no such field.
        TypeError, ValueError
            If `out` does not fit the selection.
        """
        return self._read(_parsing().parse_orthogonal(selection, self._shape), out, fields)

    def get_coordinate_selection(
        self, selection: Any, *, out: Any = None, fields: Fields = None, prototype: Any = None
    ) -> Any:
        """Read points.

        Parameters
        ----------
        selection : integers, array-likes of them, or a tuple of these
            Coordinates along each axis; they are broadcast together to the result's shape.
        out, fields, prototype
            See `ArraySelection`.

        Raises
        ------
        IndexError
            If the selection does not fit the array, or there is no such field.
        TypeError, ValueError
            If `out` does not fit the selection.
        """
        return self._read(_parsing().parse_coordinates(selection, self._shape), out, fields)

    def get_mask_selection(
        self, mask: Any, *, out: Any = None, fields: Fields = None, prototype: Any = None
    ) -> Any:
        """Read the elements where a mask is true, in C order.

        Parameters
        ----------
        mask : array-like of bool
            Of the array's shape.
        out, fields, prototype
            See `ArraySelection`.

        Raises
        ------
        IndexError
            If the mask does not fit the array, or there is no such field.
        TypeError, ValueError
            If `out` does not fit the selection.
        """
        return self._read(_parsing().parse_mask(mask, self._shape), out, fields)

    def get_block_selection(
        self, selection: Any, *, out: Any = None, fields: Fields = None, prototype: Any = None
    ) -> Any:
        """Read whole chunks, of shards where there are any; the same as `blocks`.

        Parameters
        ----------
        selection : integers, slices of step 1, Ellipsis, or a tuple of them
            Numbers of chunks along each axis.
        out, fields, prototype
            See `ArraySelection`.

        Raises
        ------
        IndexError
            If there are no such chunks, or there is no such field.
        TypeError, ValueError
            If `out` does not fit the selection.
        """
        return self._read(self._parse_blocks(selection), out, fields)

    # ---- writing

    def set_basic_selection(
        self, selection: Any, value: Any, *, fields: Fields = None, prototype: Any = None
    ) -> None:
        """Write to a basic selection; see `get_basic_selection` and `__setitem__`."""
        if given_fields(fields) is None and is_basic(selection):
            self[selection] = value
        else:
            self._write(_parsing().parse_basic(selection, self._shape), value, fields)

    def set_orthogonal_selection(
        self, selection: Any, value: Any, *, fields: Fields = None, prototype: Any = None
    ) -> None:
        """Write along each axis; see `get_orthogonal_selection` and `__setitem__`."""
        self._write(_parsing().parse_orthogonal(selection, self._shape), value, fields)

    def set_coordinate_selection(
        self, selection: Any, value: Any, *, fields: Fields = None, prototype: Any = None
    ) -> None:
        """Write to points; see `get_coordinate_selection` and `__setitem__`.

        As many values as there are points may come in any shape.
        """
        self._write(_parsing().parse_coordinates(selection, self._shape), value, fields, True)

    def set_mask_selection(
        self, mask: Any, value: Any, *, fields: Fields = None, prototype: Any = None
    ) -> None:
        """Write where a mask is true; see `get_mask_selection` and `__setitem__`."""
        self._write(_parsing().parse_mask(mask, self._shape), value, fields)

    def set_block_selection(
        self, selection: Any, value: Any, *, fields: Fields = None, prototype: Any = None
    ) -> None:
        """Write whole chunks; see `get_block_selection` and `__setitem__`."""
        self._write(self._parse_blocks(selection), value, fields)

    # ---- what they share

    def _parse_blocks(self, selection: Any) -> Selection:
        from zarr_c.indexing.parsing import parse_blocks

        return parse_blocks(selection, self._shape, self._metadata.chunk_grid)

    def _read(self, selection: Selection, out: Any = None, fields: Fields = None) -> Any:
        """Read a `Selection`; every way to read but the basic one ends here."""
        from zarr_c._selected import read_selection

        out = _as_array(out)
        on_device = hasattr(out, "__cuda_array_interface__")
        found = read_selection(
            self._plan,
            selection,
            call_threads(),
            self._data_type,
            self._config.order,
            None if on_device else out,
            given_fields(fields),
        )
        if not on_device:
            return found
        from zarr_c.device_arrays import copy_to_device

        return copy_to_device(np.asarray(found), out)

    def _write(
        self, selection: Selection, value: Any, fields: Fields = None, points: bool = False
    ) -> None:
        """Write to a `Selection`; `points` says that values may have any shape."""
        from zarr_c._selected import write_selection

        value = self._on_host(value)
        if points and (hasattr(value, "shape") or self._data_type.family == "number"):
            value = _reshaped(value, selection.shape)
        threads, fields = call_threads(), given_fields(fields)
        write_selection(self._plan, selection, threads, self._data_type, value, fields)

    def _on_host(self, value: Any) -> Any:
        """A value that can be written, when the store can be written to."""
        if self._place.store._read_only:
            raise ReadOnlyError(
                f"{self._place}: store was opened in read-only mode and does not support "
                "writing"
            )
        if hasattr(value, "__cuda_array_interface__"):
            from zarr_c.storage.device import to_host

            return to_host(value)
        return value


def _parsing() -> Any:
    """The module that parses selections; programs with slices alone need not import it."""
    from zarr_c.indexing import parsing

    return parsing


def _as_array(out: Any) -> Any:
    """What is in a buffer of zarr-python."""
    return out.as_ndarray_like() if hasattr(out, "as_ndarray_like") else out


def _adds_axes(selection: Any) -> bool:
    items = selection if isinstance(selection, tuple) else (selection,)
    return any(item is None for item in items)


def _reshaped(value: Any, shape: tuple[int, ...]) -> Any:
    """As many values as there are points, in whatever shape zarr-python takes them."""
    found = np.shape(value)
    if found and found != shape and prod(found) == prod(shape):
        return np.reshape(value, shape)
    return value
