"""Buffers in the memory of the host."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Self

import numpy as np

from zarr_c.buffer import base

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

__all__ = [
    "Buffer",
    "NDBuffer",
    "as_numpy_array_wrapper",
    "buffer_prototype",
    "numpy_buffer_prototype",
]


class Buffer(base.Buffer):
    """Bytes in the memory of the host; the parameter is that of `zarr_c.abc.buffer.Buffer`."""

    @classmethod
    def create_zero_length(cls) -> Self:
        return cls(np.empty(0, "B"))

    @classmethod
    def from_buffer(cls, buffer: base.Buffer) -> Self:
        return cls(buffer.as_numpy_array())

    @classmethod
    def from_bytes(cls, bytes_like: Any) -> Self:
        return cls(np.frombuffer(bytes_like, "B"))

    def as_numpy_array(self) -> np.ndarray[Any, Any]:
        return np.asanyarray(self._data)

    def combine(self, others: Iterable[base.Buffer]) -> Self:
        parts = [self.as_numpy_array(), *(other.as_numpy_array() for other in others)]
        return type(self)(np.concatenate(parts))


class NDBuffer(base.NDBuffer):
    """An array in the memory of the host."""

    @classmethod
    def create(
        cls,
        *,
        shape: Iterable[int],
        dtype: Any,
        order: base.Order = "C",
        fill_value: Any | None = None,
    ) -> Self:
        array = np.zeros(tuple(shape), dtype, order)
        if fill_value is not None:
            array[...] = fill_value
        return cls(array)

    @classmethod
    def empty(cls, shape: tuple[int, ...], dtype: Any, order: base.Order = "C") -> Self:
        return cls(np.empty(shape, dtype, order))

    @classmethod
    def from_numpy_array(cls, array_like: Any) -> Self:
        return cls(np.asanyarray(array_like))

    def as_numpy_array(self) -> np.ndarray[Any, Any]:
        return np.asanyarray(self._data)

    def __getitem__(self, key: Any) -> Self:
        return type(self)(np.asanyarray(self._data[key]))


buffer_prototype = base.BufferPrototype(buffer=Buffer, nd_buffer=NDBuffer)
"""The memory of the host."""


def numpy_buffer_prototype() -> base.BufferPrototype:
    """The memory of the host."""
    return buffer_prototype


def as_numpy_array_wrapper(
    func: Callable[[Any], Any], buf: base.Buffer, prototype: base.BufferPrototype
) -> base.Buffer:
    """Give the bytes of a buffer to a function that takes NumPy arrays.

    Parameters
    ----------
    func : callable
        From bytes to bytes, such as ``encode`` of a codec of numcodecs.
    buf : Buffer
    prototype : BufferPrototype
        The memory that the result is to lie in.
    """
    return prototype.buffer.from_bytes(func(buf.as_numpy_array()))
