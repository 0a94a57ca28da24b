"""Conversion of numbers by value, with a choice of rounding, in NumPy.

What a number and its result differ by is worked out exactly, so that nothing is rounded twice.
"""

from __future__ import annotations

from typing import Any

import numpy as np

__all__ = ["OUT_OF_RANGE", "ROUNDINGS", "convert", "is_integer"]

ROUNDINGS = (
    "nearest-even",
    "towards-zero",
    "towards-positive",
    "towards-negative",
    "nearest-away",
)
OUT_OF_RANGE = ("clamp", "wrap")

Array = Any  # of NumPy, of any type


def is_integer(dtype: np.dtype[Any]) -> bool:
    """Whether a type holds integers, those of ml_dtypes included."""
    return dtype.kind in "iu" or dtype.name in ("int2", "int4", "uint2", "uint4")


def convert(
    values: Array, dtype: np.dtype[Any], rounding: str, out_of_range: str | None
) -> Array:
    """Convert numbers to the type that is nearest to them in value, as `rounding` says.

    Parameters
    ----------
    values : ndarray
        Integers or floats.
    dtype : numpy.dtype
        Integers or floats, those of ml_dtypes included.
    rounding : str
        One of `ROUNDINGS`.
    out_of_range : {'clamp', 'wrap'} or None
        Numbers that the type does not reach, after rounding: the nearest that it does, or an
        infinity where it has one; their remainder, for integers; or an error.

    Raises
    ------
    ValueError
        If a number is out of range, or NaN or infinite and `dtype` has no such thing.
    """
    if is_integer(values.dtype):
        # 64 bits hold all of them
        values = values.astype(np.uint64 if values.dtype == np.uint64 else np.int64)
        if is_integer(dtype):
            return _integers(values, dtype, out_of_range)
        return _floats(values, dtype, rounding, out_of_range)
    if values.dtype == dtype:
        return values.copy()
    values = values.astype(np.float64)  # exact
    if is_integer(dtype):
        if not np.isfinite(values).all():
            raise ValueError(f"expected numbers, found NaN or infinity, which {dtype} has not")
        return _integers(_whole(values, rounding), dtype, out_of_range)
    return _floats(values, dtype, rounding, out_of_range)


def _whole(values: Array, rounding: str) -> Array:
    """Round floats to whole numbers."""
    match rounding:
        case "nearest-even":
            return np.rint(values)
        case "towards-zero":
            return np.trunc(values)
        case "towards-positive":
            return np.ceil(values)
        case "towards-negative":
            return np.floor(values)
        case _:
            down = np.trunc(values)
            return down + np.copysign(np.abs(values - down) >= 0.5, values)


def _integers(values: Array, dtype: np.dtype[Any], out_of_range: str | None) -> Array:
    """Whole numbers, as integers or floats, in a type of integers."""
    low, high = _limits(dtype)
    if values.dtype.kind == "f":  # high + 1 is a power of two, which floats hold
        below, above = values < float(low), values >= float(high + 1)
    else:
        below, above = values < low, values > high
    outside = below | above
    if not outside.any():
        return values.astype(dtype)
    if out_of_range == "wrap":
        return _wrapped(values, dtype)
    if out_of_range is None:
        raise _out_of_range(values[outside][0], dtype)
    made = np.where(outside, 0, values).astype(dtype)
    made[below], made[above] = low, high
    return made


def _wrapped(values: Array, dtype: np.dtype[Any]) -> Array:
    """Whole numbers modulo the range of a type of integers."""
    if values.dtype.kind == "f":
        rest = np.fmod(values, 2.0**64)
        size = np.abs(rest).astype(np.uint64)
        values = np.where(rest < 0, np.uint64(0) - size, size)
    low, high = _limits(dtype)
    if low == 0 or dtype.kind == "i":
        masked = values.astype(np.uint64) & np.uint64(high - low)
        return masked.astype(dtype)
    masked = (values.astype(np.int64) - low) & (high - low)  # int2 and int4
    return (masked + low).astype(dtype)


def _floats(
    values: Array, dtype: np.dtype[Any], rounding: str, out_of_range: str | None
) -> Array:
    """Integers or doubles in a type of floats."""
    with np.errstate(all="ignore"):
        made = values.astype(dtype)
        largest = np.float64(_largest(dtype))
        wide = values.astype(np.float64)  # near the limits of a narrower type this is exact
        finite = np.isfinite(wide)
        size = np.abs(wide)
        inside = finite & (size <= largest)
        made[inside] = _one_zero(made[inside])
        made[inside] = _one_zero(_rounded(values[inside], made[inside], dtype, rounding))
        past = finite & (size > largest)
        if past.any():
            up = _rounds_past(wide[past], dtype, rounding)
            if up.any() and out_of_range != "clamp":
                raise _out_of_range(wide[past][up][0], dtype)
            edge = np.where(up & _has_infinity(dtype), np.inf, largest)
            made[past] = np.copysign(edge, wide[past]).astype(dtype)
        if (np.isinf(wide).any() and not _has_infinity(dtype)) or (
            np.isnan(wide).any() and not np.isnan(made[np.isnan(wide)].astype(float)).all()
        ):
            raise ValueError(f"expected numbers, found NaN or infinity, which {dtype} has not")
    return made


def _one_zero(made: Array) -> Array:
    """Put right numbers of types in which the bits of -0 are those of NaN."""
    if made.dtype.name.endswith("fnuz"):
        made[np.isnan(made.astype(np.float64))] = 0
    return made


def _rounded(values: Array, made: Array, dtype: np.dtype[Any], rounding: str) -> Array:
    """Put right what a conversion rounded in its own way, within the range of the type."""
    error = _difference(values, made.astype(np.float64))
    most = np.array(_largest(dtype), dtype)  # not every type has infinity
    lower = _one_zero(np.where(error < 0, np.nextafter(made, -most), made))
    upper = _one_zero(np.where(error > 0, np.nextafter(made, most), made))
    if rounding == "towards-positive":
        up = np.ones(made.shape, bool)
    elif rounding == "towards-negative":
        up = np.zeros(made.shape, bool)
    elif rounding == "towards-zero":
        up = values < 0
    else:
        below = _difference(values, lower.astype(np.float64))
        above = -_difference(values, upper.astype(np.float64))
        even = _bits(upper) & 1 == 0
        tie = even if rounding == "nearest-even" else values > 0
        up = np.where(below == above, tie, above < below)
    exact = error == 0
    return np.where(exact, made, np.where(up, upper, lower)).astype(dtype)


def _difference(values: Array, near: Array) -> Array:
    """Exactly `values` - `near`, where they are neighbours."""
    if values.dtype.kind == "f":
        return values - near
    high = values & ~values.dtype.type(0xFFFFFFFF)
    low = values & values.dtype.type(0xFFFFFFFF)
    return (high.astype(np.float64) - near) + low.astype(np.float64)


def _rounds_past(values: Array, dtype: np.dtype[Any], rounding: str) -> Array:
    """Whether numbers beyond the largest of a type round to what would come after it."""
    largest = np.array(_largest(dtype), dtype)
    before = np.nextafter(largest, np.array(0, dtype)).astype(np.float64)
    step = largest.astype(np.float64) - before
    size, after = np.abs(values), largest.astype(np.float64) + step
    match rounding:
        case "towards-zero":
            up = np.zeros(values.shape, bool)
        case "towards-positive":
            up = values > 0
        case "towards-negative":
            up = values < 0
        case _:
            up = size >= after - step / 2
    return up | (size >= after)


def _bits(values: Array) -> Array:
    return np.ascontiguousarray(values).view(f"u{values.dtype.itemsize}")


def _limits(dtype: np.dtype[Any]) -> tuple[int, int]:
    if dtype.kind in "iu":
        info = np.iinfo(dtype)
        return int(info.min), int(info.max)
    bits = int(dtype.name[-1])
    return (
        (0, 2**bits - 1) if dtype.name[0] == "u" else (-(2 ** (bits - 1)), 2 ** (bits - 1) - 1)
    )


def _largest(dtype: np.dtype[Any]) -> float:
    if dtype.kind == "f" and dtype.name.startswith("float"):
        return float(np.finfo(dtype).max) if dtype.itemsize > 1 else _ml_largest(dtype)
    return _ml_largest(dtype)


def _ml_largest(dtype: np.dtype[Any]) -> float:
    from ml_dtypes import finfo

    most: Any = finfo(dtype)
    return float(most.max)


def _has_infinity(dtype: np.dtype[Any]) -> bool:
    return bool(np.isinf(np.array(np.inf).astype(dtype).astype(np.float64)))


def _out_of_range(value: Any, dtype: np.dtype[Any]) -> ValueError:
    return ValueError(f"expected numbers within the range of {dtype}, found {value}")
