"""Truth values and numbers."""

from __future__ import annotations

import sys
from typing import Any, Literal, Self

import numpy as np

from zarr_c.dtype.base import NativeType
from zarr_c.frozen import set_field

__all__ = [
    "Bool",
    "Complex128",
    "Complex64",
    "Float16",
    "Float32",
    "Float64",
    "Int16",
    "Int32",
    "Int64",
    "Int8",
    "UInt16",
    "UInt32",
    "UInt64",
    "UInt8",
]

Endianness = Literal["little", "big"]
ORDERS = {"little": "<", "big": ">"}
"""How NumPy spells byte orders."""


def check(name: str, valid: bool, expected: str, found: object) -> None:
    """Refuse a parameter that is not valid.

    Raises
    ------
    ValueError
        Naming it, what was expected and what was found.
    """
    if not valid:
        raise ValueError(f"{name}: expected {expected}, found {found!r}")


def endianness_of(dtype: np.dtype[Any]) -> Endianness:
    """The byte order of a dtype, that of the machine where there is none."""
    order = dtype.str[0]
    big = order == ">" or (order == "|" and sys.byteorder == "big")
    return "big" if big else "little"


class _OneByte(NativeType):
    __slots__ = ()

    def to_native_dtype(self) -> np.dtype[Any]:
        return np.dtype(self._zarr_v3_name)


class _Number(NativeType):
    __slots__ = ("endianness",)

    endianness: Endianness

    def __init__(self, *, endianness: Endianness = "little") -> None:
        check("endianness", endianness in ORDERS, "'little' or 'big'", endianness)
        set_field(self, "endianness", endianness)

    @classmethod
    def _from_dtype(cls, dtype: np.dtype[Any]) -> Self:
        return cls(endianness=endianness_of(dtype))

    def to_native_dtype(self) -> np.dtype[Any]:
        return np.dtype(self._zarr_v3_name).newbyteorder(ORDERS[self.endianness])  # type: ignore[arg-type]


class Bool(_OneByte):
    """False or True, in one byte."""

    __slots__ = ()

    _zarr_v3_name = "bool"
    dtype_cls = type(np.dtype("bool"))


class Int8(_OneByte):
    """Integers from -128 to 127."""

    __slots__ = ()

    _zarr_v3_name = "int8"
    dtype_cls = type(np.dtype("int8"))


class UInt8(_OneByte):
    """Integers from 0 to 255."""

    __slots__ = ()

    _zarr_v3_name = "uint8"
    dtype_cls = type(np.dtype("uint8"))


class Int16(_Number):
    """Integers of 2 bytes."""

    __slots__ = ()

    _zarr_v3_name = "int16"
    dtype_cls = type(np.dtype("int16"))


class Int32(_Number):
    """Integers of 4 bytes."""

    __slots__ = ()

    _zarr_v3_name = "int32"
    dtype_cls = type(np.dtype("int32"))


class Int64(_Number):
    """Integers of 8 bytes."""

    __slots__ = ()

    _zarr_v3_name = "int64"
    dtype_cls = type(np.dtype("int64"))


class UInt16(_Number):
    """Integers from 0 on, of 2 bytes."""

    __slots__ = ()

    _zarr_v3_name = "uint16"
    dtype_cls = type(np.dtype("uint16"))


class UInt32(_Number):
    """Integers from 0 on, of 4 bytes."""

    __slots__ = ()

    _zarr_v3_name = "uint32"
    dtype_cls = type(np.dtype("uint32"))


class UInt64(_Number):
    """Integers from 0 on, of 8 bytes."""

    __slots__ = ()

    _zarr_v3_name = "uint64"
    dtype_cls = type(np.dtype("uint64"))


class Float16(_Number):
    """IEEE 754 half precision."""

    __slots__ = ()

    _zarr_v3_name = "float16"
    dtype_cls = type(np.dtype("float16"))


class Float32(_Number):
    """IEEE 754 single precision."""

    __slots__ = ()

    _zarr_v3_name = "float32"
    dtype_cls = type(np.dtype("float32"))


class Float64(_Number):
    """IEEE 754 double precision."""

    __slots__ = ()

    _zarr_v3_name = "float64"
    dtype_cls = type(np.dtype("float64"))


class Complex64(_Number):
    """Two numbers of single precision."""

    __slots__ = ()

    _zarr_v3_name = "complex64"
    dtype_cls = type(np.dtype("complex64"))


class Complex128(_Number):
    """Two numbers of double precision."""

    __slots__ = ()

    _zarr_v3_name = "complex128"
    dtype_cls = type(np.dtype("complex128"))
