"""Bytes and arrays in some memory, as programs written for zarr-python handle them.

zarr_c itself has no use for such wrappers: stores give bytes, arrays give NumPy arrays.
"""

from __future__ import annotations

import sys
from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, Any, Literal, NamedTuple, Protocol, Self, runtime_checkable

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

__all__ = ["ArrayLike", "Buffer", "BufferPrototype", "NDArrayLike", "NDBuffer"]

Order = Literal["C", "F"]


@runtime_checkable
class ArrayLike(Protocol):
    """What a `Buffer` may lie in: a flat array."""

    @property
    def dtype(self) -> np.dtype[Any]: ...
    @property
    def ndim(self) -> int: ...
    @property
    def size(self) -> int: ...
    def __getitem__(self, key: slice) -> Self: ...
    def __setitem__(self, key: slice, value: Any) -> None: ...
    def copy(self) -> Self: ...


@runtime_checkable
class NDArrayLike(Protocol):
    """What an `NDBuffer` may lie in: an array of NumPy, or one that has its methods."""

    @property
    def dtype(self) -> np.dtype[Any]: ...
    @property
    def ndim(self) -> int: ...
    @property
    def size(self) -> int: ...
    @property
    def shape(self) -> tuple[int, ...]: ...
    def __len__(self) -> int: ...
    def __getitem__(self, key: slice) -> Self: ...
    def __setitem__(self, key: slice, value: Any) -> None: ...
    def __array__(self) -> Any: ...
    def reshape(
        self, shape: tuple[int, ...], /, *, order: Any = ..., copy: bool | None = ...
    ) -> Any: ...
    def view(self, dtype: Any) -> Self: ...
    def astype(self, dtype: Any, order: Any = ..., *, copy: bool = ...) -> Self: ...
    def fill(self, value: Any) -> None: ...
    def copy(self) -> Self: ...
    def transpose(self, axes: Any) -> Self: ...
    def ravel(self, order: Any = ...) -> Self: ...
    def all(self) -> Any: ...


def _is_contiguous(key: object) -> None:
    if not isinstance(key, slice):
        raise TypeError(f"key: expected a slice, found {type(key).__name__}")
    if key.step not in (None, 1):
        raise ValueError(f"key: expected a slice of step 1, found {key!r}")


class Buffer(ABC):
    """Bytes in some memory.

    Parameters
    ----------
    array_like : ArrayLike
        Flat, of unsigned bytes; it is not copied.

    Raises
    ------
    ValueError
        If it has more than one axis, or other elements.
    """

    def __init__(self, array_like: ArrayLike) -> None:
        if array_like.ndim != 1:
            raise ValueError(f"array_like: expected one axis, found {array_like.ndim}")
        if array_like.dtype != np.dtype("B"):
            raise ValueError(f"array_like: expected uint8, found {array_like.dtype}")
        self._data: Any = array_like

    @classmethod
    @abstractmethod
    def create_zero_length(cls) -> Self:
        """No bytes."""

    @classmethod
    def from_array_like(cls, array_like: ArrayLike) -> Self:
        """The bytes of a flat array of unsigned bytes."""
        return cls(array_like)

    @classmethod
    @abstractmethod
    def from_buffer(cls, buffer: Buffer) -> Self:
        """The bytes of another buffer, which are copied only to another memory."""

    @classmethod
    @abstractmethod
    def from_bytes(cls, bytes_like: Any) -> Self:
        """The bytes of what has the buffer protocol."""

    def as_array_like(self) -> Any:
        """The array within."""
        return self._data

    @abstractmethod
    def as_numpy_array(self) -> np.ndarray[Any, Any]:
        """The bytes as a NumPy array, copied from a GPU."""

    def as_buffer_like(self) -> Any:
        """The bytes as a `memoryview`, copied from a GPU."""
        return self.as_numpy_array().data

    def to_bytes(self) -> bytes:
        """A copy as `bytes`."""
        return self.as_numpy_array().tobytes()

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> Any:
        return np.array(self.as_numpy_array(), dtype=dtype, copy=copy)

    def __getitem__(self, key: slice) -> Self:
        _is_contiguous(key)
        return type(self)(self._data[key])

    def __setitem__(self, key: slice, value: Any) -> None:
        _is_contiguous(key)
        self._data[key] = value.as_array_like() if isinstance(value, Buffer) else value

    def __len__(self) -> int:
        return int(self._data.size)

    @abstractmethod
    def combine(self, others: Iterable[Buffer]) -> Self:
        """These bytes, and those of others behind them, in new memory."""

    def __add__(self, other: Buffer) -> Self:
        return self.combine([other])

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Buffer) and np.array_equal(
            self.as_numpy_array(), other.as_numpy_array()
        )

    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        return f"<{type(self).__name__} of {len(self)} bytes>"


class NDBuffer(ABC):
    """An array in some memory.

    Parameters
    ----------
    array : NDArrayLike
        It is not copied.
    """

    def __init__(self, array: NDArrayLike) -> None:
        self._data: Any = array

    @classmethod
    @abstractmethod
    def create(
        cls,
        *,
        shape: Iterable[int],
        dtype: Any,
        order: Order = "C",
        fill_value: Any | None = None,
    ) -> Self:
        """A new array, of zeros unless a `fill_value` is given."""

    @classmethod
    def empty(cls, shape: tuple[int, ...], dtype: Any, order: Order = "C") -> Self:
        """A new array of which the elements are anything."""
        return cls.create(shape=shape, dtype=dtype, order=order)

    @classmethod
    def from_ndarray_like(cls, ndarray_like: NDArrayLike) -> Self:
        """Around an array, which is not copied."""
        return cls(ndarray_like)

    @classmethod
    @abstractmethod
    def from_numpy_array(cls, array_like: Any) -> Self:
        """Around what NumPy takes for an array, copied only to another memory."""

    def as_ndarray_like(self) -> Any:
        """The array within."""
        return self._data

    @abstractmethod
    def as_numpy_array(self) -> np.ndarray[Any, Any]:
        """The array as one of NumPy, copied from a GPU."""

    def as_scalar(self) -> Any:
        """The only element.

        Raises
        ------
        ValueError
            If there are more, or none.
        """
        if self._data.size != 1:
            raise ValueError(f"expected a single element, found shape {self.shape}")
        return self.as_numpy_array().reshape(())[()]

    @property
    def dtype(self) -> np.dtype[Any]:
        """The type of the elements."""
        return self._data.dtype  # type: ignore[no-any-return]

    @property
    def shape(self) -> tuple[int, ...]:
        """The lengths of the axes."""
        return tuple(self._data.shape)

    @property
    def byteorder(self) -> Literal["little", "big"]:
        """The byte order of the elements, that of the machine where there is none."""
        orders: dict[str, Literal["little", "big"]] = {"<": "little", ">": "big"}
        return orders.get(self.dtype.byteorder, sys.byteorder)

    def reshape(self, newshape: tuple[int, ...] | Literal[-1]) -> Self:
        """The same elements with other axes."""
        return type(self)(self._data.reshape((-1,) if newshape == -1 else newshape))

    def squeeze(self, axis: tuple[int, ...]) -> Self:
        """Without some axes of length 1."""
        kept = (length for i, length in enumerate(self.shape) if i not in axis)
        return self.reshape(tuple(kept))

    def astype(self, dtype: Any, order: Literal["K", "A", "C", "F"] = "K") -> Self:
        """A copy with other elements."""
        return type(self)(self._data.astype(dtype=dtype, order=order))

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> Any:
        return np.array(self.as_numpy_array(), dtype=dtype, copy=copy)

    @abstractmethod
    def __getitem__(self, key: Any) -> Self: ...

    def __setitem__(self, key: Any, value: Any) -> None:
        self._data[key] = value.as_ndarray_like() if isinstance(value, NDBuffer) else value

    def __len__(self) -> int:
        return len(self._data)

    def __repr__(self) -> str:
        return f"<{type(self).__name__} of shape {self.shape} and type {self.dtype}>"

    def all_equal(self, other: Any, equal_nan: bool = True) -> bool:
        """Whether all elements equal a value, or those of an array; never if it is None.

        Zeros of different signs are not equal.
        """
        if other is None:
            return False
        array = self.as_numpy_array()
        value = np.asarray(other)
        equal_nan = equal_nan and array.dtype.kind in "fcmM"
        if not np.array_equal(array, np.broadcast_to(value, array.shape), equal_nan=equal_nan):
            return False
        if value.dtype.kind not in "fc" or array.dtype.kind not in "fc":
            return True
        parts = [(array.real, value.real), (array.imag, value.imag)]
        return all(
            bool(np.all((mine != 0) | (np.signbit(mine) == np.signbit(its))))
            for mine, its in (parts if array.dtype.kind == "c" else parts[:1])
        )

    def fill(self, value: Any) -> None:
        """Set all elements."""
        self._data.fill(value)

    def copy(self) -> Self:
        """A copy in the same memory."""
        return type(self)(self._data.copy())

    def transpose(self, axes: Sequence[int] | None) -> Self:
        """The same elements with the axes in another order."""
        return type(self)(self._data.transpose(axes))


class BufferPrototype(NamedTuple):
    """Which memory is meant.

    Attributes
    ----------
    buffer : type
        The class for bytes.
    nd_buffer : type
        The class for arrays.
    """

    buffer: type[Buffer]
    nd_buffer: type[NDBuffer]
