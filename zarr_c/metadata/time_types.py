"""``numpy.datetime64`` and ``numpy.timedelta64``: 64-bit counts of a unit."""

from __future__ import annotations

import datetime
import re
from typing import Any

import numpy as np

from zarr_c.errors import DataTypeValidationError
from zarr_c.frozen import set_field
from zarr_c.metadata import fill_value as fill
from zarr_c.metadata.checks import invalid, shown
from zarr_c.metadata.data_type import DataType
from zarr_c.metadata.numeric_types import int_layout

__all__ = ["TimeType", "cast_times", "time_from_v2", "time_from_v3"]

_UNITS = ("Y", "M", "W", "D", "h", "m", "s", "ms", "us", "ns", "ps", "fs", "as", "generic")
_MICROSECONDS = ("\N{MICRO SIGN}s", "\N{GREEK SMALL LETTER MU}s")
_MAX_SCALE = 2**31 - 1
_NAT = -(2**63)
_V2 = re.compile(r"([<>])([mM])8(?:\[([1-9]\d{0,9})?([a-zA-Z]{1,7}|[µμ]s)\])?", re.ASCII)


class TimeType(DataType):
    """Moments or durations: a signed integer in a unit; the least one is "not a time".

    Attributes
    ----------
    unit : str
    scale : int
        How many units one step is.
    """

    __slots__ = ("unit", "scale", "layout")

    family = "time"

    unit: str
    scale: int
    layout: fill.IntLayout

    def __init__(self, name: str, dtype: np.dtype[Any]) -> None:
        super().__init__(name, dtype, dtype.itemsize)
        unit, scale = np.datetime_data(dtype)
        set_field(self, "unit", unit)
        set_field(self, "scale", scale)
        order = dtype.newbyteorder("<") == dtype
        set_field(self, "layout", int_layout(name, "<" if order else ">", dtype))

    def to_v3(self) -> dict[str, Any]:
        configuration = {"unit": self.unit, "scale_factor": self.scale}
        return {"name": self.name, "configuration": configuration}

    def fill_from_json(self, value: Any, zarr_format: int) -> bytes:
        return fill.int_from_json(_NAT if value == "NaT" else value, self.layout)

    def fill_to_json(self, raw: bytes, zarr_format: int) -> int:
        return fill.int_to_json(raw, self.layout)

    def fill_from_user(self, value: Any) -> bytes:
        """Take a count, a time that the unit can hold, or a string that NumPy reads as one."""
        given = np.datetime64 if self.dtype.kind == "M" else np.timedelta64
        plain = datetime.date if self.dtype.kind == "M" else datetime.timedelta
        if isinstance(value, str) and value == "NaT":
            return self.layout.packer.pack(_NAT)
        if isinstance(value, plain) or (isinstance(value, str) and self.dtype.kind == "M"):
            try:
                value = given(value)
            except ValueError:
                raise invalid(fill.FIELD, f"a time for {self.dtype}", value) from None
        if isinstance(value, given):
            cast, wrong = cast_times(np.asarray(value), self.dtype)
            if wrong.any():
                raise invalid(fill.FIELD, f"a time that {self.dtype} can hold", value)
            return cast.tobytes()
        if isinstance(value, np.datetime64 | np.timedelta64):
            raise invalid(fill.FIELD, f"a time for {self.dtype}", value)
        return fill.int_from_user(value, self.layout)

    def zero(self) -> bytes:
        return self.layout.packer.pack(_NAT)


def cast_times(
    times: np.ndarray[Any, Any], dtype: np.dtype[Any]
) -> tuple[np.ndarray[Any, Any], np.ndarray[Any, Any]]:
    """Cast times to another unit, and say which of them it cannot hold.

    NumPy rounds to coarser units and overflows in finer ones, often in silence. A unit that is
    generic can become any, but not the other way.
    """
    source, target = (np.datetime_data(d)[0] == "generic" for d in (times.dtype, dtype))
    if source or target:
        cast = times.astype(np.int64).astype(dtype)
        return cast, np.full(times.shape, target and not source) & ~np.isnat(times)
    absent = np.isnat(times)
    try:
        cast = times.astype(dtype)
    except OverflowError:  # which NumPy says since 2.5
        return times, ~absent
    back = cast.astype(times.dtype)
    return cast, np.where(absent, ~np.isnat(cast), back != times)


_CACHE: dict[str, DataType] = {}


def time_from_v2(spec: str) -> DataType | None:
    """Find the type of ``<M8[10us]``; None if it is no time. Without a unit it is generic."""
    match = _V2.fullmatch(spec)
    if match is None:
        return None
    order, kind, scale, unit = match.groups("")
    return _of_parts("dtype", spec, f"{order}{kind}8", unit or "generic", int(scale or 1))


def time_from_v3(name: str, configuration: dict[str, Any], order: str) -> DataType:
    """Find the type of a v3 name with its ``unit`` and ``scale_factor``, and nothing else.

    Raises
    ------
    DataTypeValidationError
        If the configuration is another.
    """
    if configuration.keys() != {"unit", "scale_factor"}:
        raise DataTypeValidationError(
            f"data_type: expected {name} with unit and scale_factor, and nothing else, "
            f"found {shown(configuration)}"
        )
    code = f"{order}{'M' if name == 'numpy.datetime64' else 'm'}8"
    unit, scale = configuration["unit"], configuration["scale_factor"]
    return _of_parts("data_type", configuration, code, unit, scale)


def _of_parts(field: str, spec: Any, code: str, unit: Any, scale: Any) -> DataType:
    if unit in _MICROSECONDS:
        unit = "us"
    if unit not in _UNITS or type(scale) is not int or not 1 <= scale <= _MAX_SCALE:
        raise DataTypeValidationError(
            f"{field}: expected a unit of {', '.join(_UNITS)} and a scale from 1 to "
            f"{_MAX_SCALE}, found {shown(spec)}"
        )
    if unit == "generic":
        if scale != 1:  # which NumPy would drop
            raise DataTypeValidationError(
                f"{field}: expected a scale of 1 for the generic unit, found {shown(spec)}"
            )
        dtype = np.dtype(code)
        if not dtype.isnative:  # arrays that NumPy makes of it are in native order
            raise DataTypeValidationError(
                f"{field}: {shown(spec)} is not supported, as NumPy has times without a unit "
                "in native byte order only"
            )
    else:
        dtype = np.dtype(f"{code}[{scale}{unit}]")
    found = _CACHE.get(dtype.str)
    if found is not None:
        return found
    name = "numpy.datetime64" if dtype.kind == "M" else "numpy.timedelta64"
    return _CACHE.setdefault(dtype.str, TimeType(name, dtype))
