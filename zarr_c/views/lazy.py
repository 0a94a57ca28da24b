"""Lazy views of arrays: selections of selections, which are read at once or not at all."""

from __future__ import annotations

from math import prod
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from zarr_c._read import check_out
from zarr_c.errors import ArrayIndexError
from zarr_c.indexing.composing import REPEATED, compose, describe, transpose, whole
from zarr_c.indexing.fields import field_spans, split_fields
from zarr_c.indexing.parsing import parse_index, parse_orthogonal, parse_vectorized
from zarr_c.views.elements import Fields, Step, read_view, write_view

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from numpy.typing import NDArray

    from zarr_c.array import Array
    from zarr_c.indexing.selection import Selection

__all__ = ["LazyArray"]

Casting = Literal["no", "equiv", "safe", "same_kind", "unsafe"]


class LazyArray:
    """A view of an array that reads when it is asked for its elements, and only these.

    Selecting from it gives another view, without any I/O; however many selections stand one
    after the other, they become one, and each chunk is read once. Errors of bounds are raised
    when a view is made.

    Parameters
    ----------
    array : Array
        The array that it is a view of.

    Examples
    --------
    >>> view = array.lazy[100:200, ::-1][:, [3, 1]].T  # nothing is read
    >>> view.shape
    (2, 100)
    >>> view.result()  # 200 elements are read
    >>> view[0] = 7  # and 100 are written
    """

    __slots__ = ("_array", "_fields", "_steps", "_view")

    def __init__(self, array: Array) -> None:
        self._array = array
        self._view = whole(array.shape)
        self._fields: Fields | None = None
        self._steps: tuple[Step, ...] = ()

    def _with(self, **changed: Any) -> LazyArray:
        return _remade(LazyArray, *((self._parts() | changed).values()))

    def _parts(self) -> dict[str, Any]:
        return {name: getattr(self, name) for name in LazyArray.__slots__}

    # ---- selecting

    def __getitem__(self, selection: Any) -> Any:
        """A view of a selection: as `Array.__getitem__`, but lazy.

        Parameters
        ----------
        selection : object
            Whatever selects from an array: integers, slices of any step, Ellipsis, newaxis,
            lists and arrays of integers, masks; or the name of a field, or a list of such.

        Raises
        ------
        IndexError
            If the selection does not fit the view.
        """
        fields, rest = split_fields(selection)
        return self._select(parse_index(rest, self.shape), fields)

    def __setitem__(self, selection: Any, value: Any) -> None:
        """Write through to the array.

        Parameters
        ----------
        selection : object
            As of `__getitem__`.
        value : array-like
            Broadcast to the selection and cast within its kind. Of two values for one element,
            one stays.

        Raises
        ------
        IndexError
            If the selection does not fit the view.
        ValueError
            If the value cannot be broadcast, or the store is read-only.
        TypeError
            If the value is of a kind that would lose something, or the view is of other types
            than what is stored, by `astype`.
        """
        LazyArray.__getitem__(self._with(), selection)._write(value)

    @property
    def oindex(self) -> _Indexer:
        """Selects along each axis for itself, as `Array.oindex`; reads nothing."""
        return _Indexer(self, parse_orthogonal)

    @property
    def vindex(self) -> _Indexer:
        """Selects points, or what a mask has, as `Array.vindex`; reads nothing."""
        return _Indexer(self, parse_vectorized)

    def _select(self, selection: Selection, fields: Fields | None = None) -> Any:
        view = compose(self._view, selection)
        if fields is None:
            return self._with(_view=view)
        if self._fields is not None or self._steps:
            raise ArrayIndexError(f"fields: there are none in elements of type {self.dtype}")
        dtype, _ = field_spans(self._array.dtype, fields)
        if dtype.subdtype is not None:
            raise ArrayIndexError(
                f"fields: {fields!r} has axes of its own and cannot be selected lazily; "
                "take it out of what result() gives"
            )
        return self._with(_view=view, _fields=fields)

    def __iter__(self) -> Iterator[Any]:
        return (self[i] for i in range(len(self)))

    @property
    def T(self) -> LazyArray:
        """The view with its axes in reverse order."""
        return self.transpose()

    def transpose(self, *axes: Any) -> LazyArray:
        """The view with its axes in another order.

        Parameters
        ----------
        *axes : int, or one tuple of int
            Which axis comes where; reversed where there are none.

        Raises
        ------
        ValueError
            If they are not a permutation of the axes.
        """
        given = axes[0] if len(axes) == 1 and not isinstance(axes[0], int) else axes
        if not given and self.ndim:
            given = None
        order = tuple(reversed(range(self.ndim))) if given is None else tuple(given)
        order = tuple(axis + self.ndim if axis < 0 else axis for axis in order)
        if sorted(order) != list(range(self.ndim)):
            raise ValueError(f"axes: expected a permutation of {self.ndim} axes, found {given}")
        return self._with(_view=transpose(self._view, order))

    def astype(self, dtype: Any, *, casting: Casting = "unsafe") -> LazyArray:
        """The view with its elements cast when they are read, as by `numpy.ndarray.astype`.

        Parameters
        ----------
        dtype : data type
        casting : {"no", "equiv", "safe", "same_kind", "unsafe"}, default "unsafe"
            What kind of cast may happen.

        Raises
        ------
        TypeError
            If such a cast may not happen.
        """
        target = np.dtype(dtype)
        if not np.can_cast(self.dtype, target, casting):
            raise TypeError(f"casting: {casting!r} forbids {self.dtype} to become {target}")
        return self._with(_steps=(*self._steps, Step(target, cast=True)))

    def view(self, dtype: Any) -> LazyArray:
        """The view with the bytes of its elements taken for another type of the same size.

        Parameters
        ----------
        dtype : data type

        Raises
        ------
        ValueError
            If its elements have another size.
        TypeError
            If either has elements without a fixed size.
        """
        target = np.dtype(dtype)
        for found in (self.dtype, target):
            if found.hasobject or found.kind == "T":
                raise TypeError(f"dtype: elements of type {found} have no bytes to look at")
        if target.itemsize != self.dtype.itemsize:
            raise ValueError(
                f"dtype: expected elements of {self.dtype.itemsize} bytes, "
                f"found {target} of {target.itemsize}"
            )
        return self._with(_steps=(*self._steps, Step(target, cast=False)))

    # ---- reading and writing

    def result(self, *, out: NDArray[Any] | None = None) -> Any:
        """Read the elements of the view.

        Parameters
        ----------
        out : numpy.ndarray, optional
            Where to put them: writable, of the view's shape and data type; any strides will do.

        Returns
        -------
        numpy.ndarray or scalar
            `out` where it was given; a scalar where NumPy gives one.

        Raises
        ------
        IndexError
            If the array was made smaller after the view was made.
        TypeError, ValueError
            If `out` does not fit.
        ChunkCorruptError
            If a stored chunk cannot be what the metadata say.
        """
        if out is not None:
            check_out(out, self.shape, self.dtype)
        if out is None or self._steps or REPEATED in self._view.axes:
            found = self._read()
            if out is None:
                return found[()] if self._view.scalar else found
            out[...] = found
        elif self.size:
            self._read_to(self._view.place(out))
        return out

    def _read(self) -> NDArray[Any]:
        if not self.size:
            return np.empty(self.shape, self.dtype)
        found = self._view.present(self._read_to(None))
        for step in self._steps:
            found = step.apply(found)
        return found if found.flags.writeable else found.copy()

    def _read_to(self, out: NDArray[Any] | None) -> NDArray[Any]:
        return read_view(self._array, self._view, self._fields, out)

    def _write(self, value: Any) -> None:
        write_view(self._array, self._view, self._fields, self._steps, value)

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> NDArray[Any]:
        if copy is False:
            raise ValueError("copy: a stored array cannot become a NumPy array without a copy")
        return np.asarray(self._read(), dtype=dtype)

    # ---- what it is

    @property
    def shape(self) -> tuple[int, ...]:
        """Elements along each axis."""
        return self._view.shape

    @property
    def dtype(self) -> np.dtype[Any]:
        """Data type of the elements."""
        if self._steps:
            return self._steps[-1].dtype
        return field_spans(self._array.dtype, self._fields)[0]

    @property
    def ndim(self) -> int:
        """Number of axes."""
        return len(self.shape)

    @property
    def size(self) -> int:
        """Number of elements."""
        return prod(self.shape)

    @property
    def itemsize(self) -> int:
        """Bytes of an element."""
        return self.dtype.itemsize

    @property
    def nbytes(self) -> int:
        """Bytes of all elements."""
        return self.size * self.itemsize

    @property
    def chunks(self) -> tuple[int, ...]:
        """Elements along each axis of a block that is good to read at once.

        As many as a chunk has along an axis that slices were taken of, and all along an axis of
        points.

        Raises
        ------
        NotImplementedError
            If the chunks of the array differ in shape.
        """
        chunks = self._array.chunks
        selection, dims = self._view.selection, self._view.dims
        lengths: list[int] = []
        for axis, own in zip(selection.axes, dims, strict=True):
            along = selection.slices[axis] if axis >= 0 else None
            if along is None:
                lengths.extend(own)
            else:
                lengths.append(min(along[2], -(-chunks[axis] // abs(along[1]))))
        return tuple(
            n if axis == REPEATED else lengths[axis]
            for axis, n in zip(self._view.axes, self.shape, strict=True)
        )

    @property
    def array(self) -> Array:
        """The array that it is a view of."""
        return self._array

    def __len__(self) -> int:
        if not self.shape:
            raise TypeError("len() of a view without axes")
        return self.shape[0]

    def __reduce__(self) -> tuple[Any, ...]:
        return _remade, (type(self), *self._parts().values())

    def __repr__(self) -> str:
        name, fields = type(self).__name__, self._fields
        chosen = "" if fields is None else f"[{fields!r}]"
        return (
            f"<{name} [{describe(self._view.selection)}]{chosen} of {self._array} "
            f"shape={self.shape} dtype={self.dtype}>"
        )


def _remade(kind: type[LazyArray], *parts: Any) -> LazyArray:
    made = object.__new__(kind)
    for name, part in zip(LazyArray.__slots__, parts, strict=True):
        setattr(made, name, part)
    return made


class _Indexer:
    """Another way to select from a view."""

    __slots__ = ("_parse", "_view")

    def __init__(
        self, view: LazyArray, parse: Callable[[Any, tuple[int, ...]], Selection]
    ) -> None:
        self._view, self._parse = view, parse

    def __getitem__(self, selection: Any) -> Any:
        fields, rest = split_fields(selection)
        return self._view._select(self._parse(rest, self._view.shape), fields)

    def __setitem__(self, selection: Any, value: Any) -> None:
        _Indexer(self._view._with(), self._parse)[selection]._write(value)
