"""Numbers of few bits, which NumPy has only with the ``ml_dtypes`` package.

Floats of 16 bits and less that are not IEEE half precision, complex numbers of them, and
integers of 2 and 4 bits. One of fewer than 8 bits takes a byte whose upper bits mean nothing;
they are zero in memory, as ``ml_dtypes`` leaves them.
"""

from __future__ import annotations

import sys
from bisect import bisect_left
from math import copysign
from typing import Any

import numpy as np

from zarr_c.errors import DataTypeValidationError
from zarr_c.frozen import set_field
from zarr_c.metadata import fill_value as fill
from zarr_c.metadata.data_type import DataType

__all__ = [
    "SMALL",
    "SmallComplexType",
    "SmallFloatType",
    "SmallIntegerType",
    "make_small",
    "small_from_numpy",
]

# By name: the bit of the sign, how many patterns from 0 on are finite, infinity, canonical NaN.
_FLOATS: dict[str, tuple[int, int, int | None, int | None]] = {
    "bfloat16": (0x8000, 0x7F80, 0x7F80, 0x7FC0),
    "float8_e3m4": (0x80, 0x70, 0x70, 0x78),
    "float8_e4m3": (0x80, 0x78, 0x78, 0x7C),
    # of tensorstore, not registered: the bits of e4m3 with another meaning, so another type
    "float8_e4m3fn": (0x80, 0x7F, None, 0x7F),
    "float8_e4m3b11fnuz": (0x80, 0x80, None, 0x80),
    "float8_e4m3fnuz": (0x80, 0x80, None, 0x80),
    "float8_e5m2": (0x80, 0x7C, 0x7C, 0x7E),
    "float8_e5m2fnuz": (0x80, 0x80, None, 0x80),
    "float8_e8m0fnu": (0, 0xFF, None, 0xFF),
    "float6_e2m3fn": (0x20, 0x20, None, None),
    "float6_e3m2fn": (0x20, 0x20, None, None),
    "float4_e2m1fn": (0x08, 0x08, None, None),
}
_INTEGERS = {"int2": (2, -2, 1), "int4": (4, -8, 7), "uint2": (2, 0, 3), "uint4": (4, 0, 15)}
# By name: what ml_dtypes calls it, None where neither it nor NumPy has it, and its parts.
_COMPLEX: dict[str, tuple[str | None, str]] = {
    "complex_float16": ("complex32", "float16"),
    "complex_bfloat16": ("bcomplex32", "bfloat16"),
    **{
        f"complex_{name}": (None, name)
        for name in _FLOATS
        if name not in ("bfloat16", "float8_e4m3fn")
    },
}
# The specification of v2 has none of these types, but tensorstore stores some under their name.
_V2 = frozenset(
    (
        *("int2", "int4", "bfloat16", "float8_e3m4", "float8_e4m3fn", "float8_e4m3b11fnuz"),
        *("float8_e4m3fnuz", "float8_e5m2", "float8_e5m2fnuz", "float8_e8m0fnu"),
    )
)
SMALL = frozenset((*_FLOATS, *_INTEGERS, *_COMPLEX))
"""The names of these types."""


class _FloatPacker:
    """Rounds to nearest even by looking magnitudes up, which are few."""

    def __init__(self, dtype: np.dtype[Any], name: str) -> None:
        self.size = dtype.itemsize
        self._sign, finite, _, nan = _FLOATS[name]
        patterns = np.arange(finite, dtype=f"u{self.size}")
        self._values = patterns.view(dtype).astype(np.float64)
        self._negative_zero = nan != self._sign

    @property
    def limit(self) -> float:
        """The magnitude from which on numbers round to one more than the largest."""
        largest = self._values[-2:]
        return float(largest[1] + (largest[1] - largest[0]) / 2)

    def pack(self, value: float, /) -> bytes:
        magnitude, values = abs(value), self._values
        negative = copysign(1, value) < 0
        out = magnitude < values[0] / 2 or (negative and not self._sign)
        last = len(values) - 1
        if out or magnitude > self.limit or (magnitude == self.limit and last % 2):
            raise OverflowError
        bits = min(int(bisect_left(values, magnitude)), last)
        if bits and values[bits] > magnitude:
            above, below = values[bits] - magnitude, magnitude - values[bits - 1]
            if below < above or (below == above and bits % 2):
                bits -= 1
        if negative and (bits or self._negative_zero):
            bits |= self._sign
        return bits.to_bytes(self.size, sys.byteorder)

    def unpack(self, raw: bytes, /) -> tuple[float]:
        bits = int.from_bytes(raw, sys.byteorder)
        magnitude = float(self._values[bits & ~self._sign])
        return (-magnitude if bits & self._sign else magnitude,)


class _IntegerPacker:
    """Two's complement in the lower bits of a byte."""

    size = 1

    def __init__(self, bits: int, low: int) -> None:
        self._mask = (1 << bits) - 1
        self._sign = 1 << (bits - 1) if low else 0

    def pack(self, value: int, /) -> bytes:
        return bytes([value & self._mask])

    def unpack(self, raw: bytes, /) -> tuple[int]:
        return (((raw[0] & self._mask) ^ self._sign) - self._sign,)


class _SmallType(DataType):
    """What is common to them: a byte may hold bits that mean nothing.

    Attributes
    ----------
    mask : int
        The bits of a byte that have a meaning.
    """

    __slots__ = ("layout", "mask")

    family = "small"

    mask: int

    def __init__(self, name: str, dtype: np.dtype[Any], word: int, layout: Any, mask: int):
        super().__init__(name, dtype, word)
        set_field(self, "layout", layout)
        set_field(self, "mask", mask)

    @property
    def v2_name(self) -> str:
        if self.name in _V2:
            return self.name
        raise DataTypeValidationError(f"dtype: Zarr v2 has no type for {self.name}")

    @property
    def needs_normalizing(self) -> bool:
        return self.mask != 0xFF

    def normalize(self, array: np.ndarray[Any, Any]) -> None:
        if self.mask != 0xFF:
            view = array.view(np.uint8)
            np.bitwise_and(view, np.uint8(self.mask), out=view)

    def __reduce__(self) -> tuple[Any, ...]:
        return make_small, (self.name,)


class SmallIntegerType(_SmallType):
    """``int2``, ``int4``, ``uint2``, ``uint4``."""

    __slots__ = ()

    layout: fill.IntLayout

    def fill_from_json(self, value: Any, zarr_format: int) -> bytes:
        return fill.int_from_json(value, self.layout)

    def fill_to_json(self, raw: bytes, zarr_format: int) -> int:
        return fill.int_to_json(raw, self.layout)

    def fill_from_user(self, value: Any) -> bytes:
        return fill.int_from_user(value, self.layout)


class SmallFloatType(_SmallType):
    """``bfloat16`` and floats of 8, 6 and 4 bits."""

    __slots__ = ()

    layout: fill.FloatLayout

    def fill_from_json(self, value: Any, zarr_format: int) -> bytes:
        return self._masked(fill.float_from_json(value, self.layout, zarr_format))

    def fill_to_json(self, raw: bytes, zarr_format: int) -> float | str:
        return fill.float_to_json(self._masked(raw), self.layout, zarr_format)

    def fill_from_user(self, value: Any) -> bytes:
        return self._masked(fill.float_from_user(value, self.layout))

    def _masked(self, raw: bytes) -> bytes:
        return raw if self.mask == 0xFF else bytes([raw[0] & self.mask])


class SmallComplexType(_SmallType):
    """``complex_float16``, ``complex_bfloat16``: the real part, then the imaginary part."""

    __slots__ = ()

    layout: fill.FloatLayout

    def fill_from_json(self, value: Any, zarr_format: int) -> bytes:
        return fill.complex_from_json(value, self.layout, zarr_format)

    def fill_to_json(self, raw: bytes, zarr_format: int) -> list[float | str]:
        return fill.complex_to_json(raw, self.layout, zarr_format)

    def fill_from_user(self, value: Any) -> bytes:
        return fill.complex_from_user(value, self.layout)


_CACHE: dict[str, DataType] = {}


def make_small(name: str) -> DataType:
    """Find the type of one of the names in `SMALL`.

    Raises
    ------
    DataTypeValidationError
        If there is no NumPy type for it.
    ImportError
        If ``ml_dtypes`` is not there.
    """
    return _CACHE.get(name) or _CACHE.setdefault(name, _make(name))


def small_from_numpy(dtype: np.dtype[Any]) -> DataType | None:
    """Find the type of a dtype of ``ml_dtypes``; None if Zarr has none."""
    names = {found: name for name, (found, _) in _COMPLEX.items() if found is not None}
    name = names.get(dtype.name, dtype.name)
    return make_small(name) if name in SMALL else None


def _make(name: str) -> DataType:
    if name in _INTEGERS:
        bits, low, high = _INTEGERS[name]
        integer = fill.IntLayout(name, _IntegerPacker(bits, low), low, high)
        return SmallIntegerType(name, _dtype(name, name), 1, integer, (1 << bits) - 1)
    if name in _FLOATS:
        dtype, (sign, finite, _, nan) = _dtype(name, name), _FLOATS[name]
        mask = 0xFF if nan is not None else sign | (finite - 1)
        return SmallFloatType(name, dtype, dtype.itemsize, float_layout(name, name), mask)
    found, part = _COMPLEX[name]
    if found is None:
        raise DataTypeValidationError(
            f"data_type: {name!r} is not supported, as NumPy has no type for it"
        )
    layout = float_layout(part, f"a part of {name}")
    return SmallComplexType(name, _dtype(name, found), 2, layout, 0xFF)


def float_layout(kind: str, name: str) -> fill.FloatLayout:
    """How a float of 16 bits or fewer lies in native memory."""
    if kind == "float16":
        from zarr_c.metadata import numeric_types

        order: Any = "<" if sys.byteorder == "little" else ">"
        return numeric_types.float_layout(name, order, "e")
    packer = _FloatPacker(_dtype(name, kind), kind)
    return fill.FloatLayout(name, packer, sys.byteorder, *_FLOATS[kind])


def _dtype(name: str, attribute: str) -> np.dtype[Any]:
    try:
        import ml_dtypes

        dtype: np.dtype[Any] = np.dtype(getattr(ml_dtypes, attribute))
    except ImportError:
        raise ImportError(
            f"data type {name!r} needs ml_dtypes: pip install 'zarr_c[ml-dtypes]'"
        ) from None
    except AttributeError:
        raise ImportError(
            f"data type {name!r} needs a newer ml_dtypes than {ml_dtypes.__version__}: "
            "pip install --upgrade 'zarr_c[ml-dtypes]'"
        ) from None
    return dtype
