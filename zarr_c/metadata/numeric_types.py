"""Bools and numbers that NumPy has: Zarr v3 core, "Core data types"."""

from __future__ import annotations

import struct
from typing import Any, Literal

import numpy as np

from zarr_c.frozen import set_field
from zarr_c.metadata import fill_value as fill
from zarr_c.metadata.data_type import DataType

__all__ = ["BoolType", "ComplexType", "FloatType", "IntegerType", "make"]


class BoolType(DataType):
    """``bool``: one byte, 0 or 1."""

    __slots__ = ()

    family = "number"

    def fill_from_json(self, value: Any, zarr_format: int) -> bytes:
        return fill.bool_from_json(value, zarr_format)

    def fill_to_json(self, raw: bytes, zarr_format: int) -> bool:
        return raw != b"\0"

    def fill_from_user(self, value: Any) -> bytes:
        return fill.bool_from_user(value)

    @property
    def needs_normalizing(self) -> bool:
        return True

    def normalize(self, array: np.ndarray[Any, Any]) -> None:
        np.not_equal(array.view(np.uint8), 0, out=array)


class IntegerType(DataType):
    """``int8`` to ``uint64``: two's complement."""

    __slots__ = ("layout",)

    family = "number"

    layout: fill.IntLayout

    def __init__(
        self, name: str, dtype: np.dtype[Any], word: int, layout: fill.IntLayout
    ) -> None:
        super().__init__(name, dtype, word)
        set_field(self, "layout", layout)

    def fill_from_json(self, value: Any, zarr_format: int) -> bytes:
        return fill.int_from_json(value, self.layout)

    def fill_to_json(self, raw: bytes, zarr_format: int) -> int:
        return fill.int_to_json(raw, self.layout)

    def fill_from_user(self, value: Any) -> bytes:
        return fill.int_from_user(value, self.layout)


class FloatType(DataType):
    """``float16``, ``float32``, ``float64``: IEEE 754."""

    __slots__ = ("layout",)

    family = "number"

    layout: fill.FloatLayout

    def __init__(
        self, name: str, dtype: np.dtype[Any], word: int, layout: fill.FloatLayout
    ) -> None:
        super().__init__(name, dtype, word)
        set_field(self, "layout", layout)

    def fill_from_json(self, value: Any, zarr_format: int) -> bytes:
        return fill.float_from_json(value, self.layout, zarr_format)

    def fill_to_json(self, raw: bytes, zarr_format: int) -> float | str:
        return fill.float_to_json(raw, self.layout, zarr_format)

    def fill_from_user(self, value: Any) -> bytes:
        return fill.float_from_user(value, self.layout)


class ComplexType(DataType):
    """``complex64``, ``complex128``: the real part, then the imaginary part."""

    __slots__ = ("part",)

    family = "number"

    part: fill.FloatLayout

    def __init__(
        self, name: str, dtype: np.dtype[Any], word: int, part: fill.FloatLayout
    ) -> None:
        super().__init__(name, dtype, word)
        set_field(self, "part", part)

    def fill_from_json(self, value: Any, zarr_format: int) -> bytes:
        return fill.complex_from_json(value, self.part, zarr_format)

    def fill_to_json(self, raw: bytes, zarr_format: int) -> list[float | str]:
        return fill.complex_to_json(raw, self.part, zarr_format)

    def fill_from_user(self, value: Any) -> bytes:
        return fill.complex_from_user(value, self.part)


ByteOrder = Literal["<", ">"]


def make(name: str, dtype: np.dtype[Any]) -> DataType:
    """Make the type of a name in the byte order of a dtype."""
    order: ByteOrder = ">" if dtype.str[0] == ">" else "<"
    match dtype.kind:
        case "b":
            return BoolType(name, dtype, 1)
        case "f":
            layout = float_layout(name, order, dtype.char)
            return FloatType(name, dtype, dtype.itemsize, layout)
        case "c":
            part = float_layout(f"a part of {name}", order, dtype.char.lower())
            return ComplexType(name, dtype, dtype.itemsize // 2, part)
        case _:
            return IntegerType(name, dtype, dtype.itemsize, int_layout(name, order, dtype))


def float_layout(name: str, order: ByteOrder, letter: str) -> fill.FloatLayout:
    """How the IEEE float of a letter of `struct` lies in memory."""
    inf, nan = {
        "e": (0x7C00, 0x7E00),
        "f": (0x7F80_0000, 0x7FC0_0000),
        "d": (0x7FF0_0000_0000_0000, 0x7FF8_0000_0000_0000),
    }[letter]
    packer = struct.Struct(order + letter)
    sign = 1 << (8 * packer.size - 1)
    return fill.FloatLayout(
        name, packer, "big" if order == ">" else "little", sign, inf, inf, nan
    )


def int_layout(name: str, order: ByteOrder, dtype: np.dtype[Any]) -> fill.IntLayout:
    """How the integers of a dtype lie in memory; times are such integers too."""
    bits = 8 * dtype.itemsize
    letter = {8: "b", 16: "h", 32: "i", 64: "q"}[bits]
    if dtype.kind == "u":
        return fill.IntLayout(name, struct.Struct(order + letter.upper()), 0, 2**bits - 1)
    limit = 2 ** (bits - 1)
    return fill.IntLayout(name, struct.Struct(order + letter), -limit, limit - 1)
