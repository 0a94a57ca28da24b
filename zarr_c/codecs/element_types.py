"""NumPy types in the configurations of numcodecs."""

from __future__ import annotations

import sys
from math import isfinite
from typing import TYPE_CHECKING, Any

from zarr_c.codecs.base import expect
from zarr_c.errors import DataTypeValidationError
from zarr_c.metadata.dtype import from_numpy

if TYPE_CHECKING:
    import numpy as np

    from zarr_c.metadata.dtype import DataType

__all__ = ["NUMBERS", "is_finite", "is_swapped", "number", "parse_type"]

NUMBERS = ("i1", "u1", "i2", "u2", "i4", "u4", "i8", "u8", "f4", "f8")
"""The numbers that kernels have loops for, in the order of ``elements.h``."""


def number(dtype: np.dtype[Any]) -> int | None:
    """The index of a type among `NUMBERS`, in either byte order; None if it is none of them."""
    name = dtype.str[1:]
    return NUMBERS.index(name) if name in NUMBERS else None


def is_swapped(dtype: np.dtype[Any]) -> bool:
    """Whether a type has the byte order that this machine does not have."""
    return dtype.str[0] == (">" if sys.byteorder == "little" else "<")


def parse_type(codec: str, parameter: str, value: Any) -> DataType:
    """Find the type that a configuration names as NumPy spells it.

    Raises
    ------
    MetadataValidationError
        If it is no type of numbers, truth values or times.
    """
    expected = "a NumPy type of numbers, truth values or times"
    try:
        found = from_numpy(value, 2)
    except (DataTypeValidationError, TypeError, ValueError):
        found = None
    valid = found is not None and value is not None and found.dtype.kind in "biufcmM"
    expect(codec, parameter, valid, expected, value)
    assert found is not None
    return found


def is_finite(value: Any) -> bool:
    """Whether a parameter is a number that double precision holds."""
    try:
        return type(value) in (int, float) and isfinite(value)
    except OverflowError:
        return False
