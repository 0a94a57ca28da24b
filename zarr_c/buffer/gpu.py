"""Buffers in the memory of a GPU; they need CuPy."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Self

import numpy as np

from zarr_c.buffer import base

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["Buffer", "NDBuffer", "buffer_prototype"]


def _cupy() -> Any:
    from importlib import import_module

    try:
        return import_module("cupy")
    except ImportError as error:
        raise ImportError("zarr_c.buffer.gpu needs CuPy: pip install 'zarr_c[gpu]'") from error


class Buffer(base.Buffer):
    """Bytes in the memory of a GPU.

    Parameters
    ----------
    array_like : cupy.ndarray or object with ``__cuda_array_interface__``
        Flat, of unsigned bytes; it is not copied.

    Raises
    ------
    ImportError
        If CuPy is not there.
    """

    def __init__(self, array_like: Any) -> None:
        super().__init__(_cupy().asarray(array_like))

    @classmethod
    def create_zero_length(cls) -> Self:
        return cls(_cupy().empty(0, "B"))

    @classmethod
    def from_buffer(cls, buffer: base.Buffer) -> Self:
        return cls(buffer.as_array_like())

    @classmethod
    def from_bytes(cls, bytes_like: Any) -> Self:
        return cls(np.frombuffer(bytes_like, "B"))

    def as_numpy_array(self) -> np.ndarray[Any, Any]:
        return _cupy().asnumpy(self._data)  # type: ignore[no-any-return]

    def combine(self, others: Iterable[base.Buffer]) -> Self:
        cupy = _cupy()
        parts = [self._data, *(cupy.asarray(other.as_array_like()) for other in others)]
        joined, end = cupy.empty(sum(part.size for part in parts), "B"), 0
        for part in parts:
            joined[end : end + part.size] = part
            end += part.size
        return type(self)(joined)


class NDBuffer(base.NDBuffer):
    """An array in the memory of a GPU.

    Parameters
    ----------
    array : cupy.ndarray or object with ``__cuda_array_interface__``

    Raises
    ------
    ImportError
        If CuPy is not there.
    """

    def __init__(self, array: Any) -> None:
        super().__init__(_cupy().asarray(array))

    @classmethod
    def create(
        cls,
        *,
        shape: Iterable[int],
        dtype: Any,
        order: base.Order = "C",
        fill_value: Any | None = None,
    ) -> Self:
        array = _cupy().empty(tuple(shape), dtype, order=order)
        array[...] = 0 if fill_value is None else fill_value
        return cls(array)

    @classmethod
    def empty(cls, shape: tuple[int, ...], dtype: Any, order: base.Order = "C") -> Self:
        return cls(_cupy().empty(shape, dtype, order=order))

    @classmethod
    def from_numpy_array(cls, array_like: Any) -> Self:
        return cls(np.asarray(array_like))

    def as_numpy_array(self) -> np.ndarray[Any, Any]:
        return _cupy().asnumpy(self._data)  # type: ignore[no-any-return]

    def __getitem__(self, key: Any) -> Self:
        return type(self)(self._data[key])


buffer_prototype = base.BufferPrototype(buffer=Buffer, nd_buffer=NDBuffer)
"""The memory of a GPU."""
