"""Strings, bytes, times and records; `numbers` has the others."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar, Self

import numpy as np

from zarr_c.dtype.base import NativeType, ZarrFormat, ZDType
from zarr_c.dtype.numbers import ORDERS, Endianness, check, endianness_of
from zarr_c.frozen import set_field
from zarr_c.metadata.data_type import MAX_NBYTES

if TYPE_CHECKING:
    from collections.abc import Iterable

    from zarr_c.metadata.data_type import DataType

__all__ = [
    "DateTime64",
    "FixedLengthUTF32",
    "NullTerminatedBytes",
    "RawBytes",
    "Struct",
    "Structured",
    "TimeDelta64",
    "VariableLengthBytes",
    "VariableLengthUTF8",
]


class _Sized(NativeType):
    __slots__ = ("length",)

    _unit: ClassVar[int] = 1

    length: int

    def __init__(self, *, length: int) -> None:
        limit = MAX_NBYTES // self._unit
        valid = isinstance(length, int) and 0 < length <= limit
        check("length", valid, f"an integer from 1 to {limit}", length)
        set_field(self, "length", length)

    @classmethod
    def _from_dtype(cls, dtype: np.dtype[Any]) -> Self:
        return cls(length=dtype.itemsize)

    def to_json(self, zarr_format: ZarrFormat) -> Any:
        if zarr_format == 2:
            return super().to_json(2)
        configuration = {"length_bytes": self.length * self._unit}
        return {"name": self._zarr_v3_name, "configuration": configuration}


class FixedLengthUTF32(_Sized):
    """Strings of up to `length` code points, each in 4 bytes.

    Parameters
    ----------
    length : int
    endianness : {'little', 'big'}
    """

    __slots__ = ("endianness",)

    _zarr_v3_name = "fixed_length_utf32"
    dtype_cls = type(np.dtype("U1"))
    code_point_bytes: ClassVar[int] = 4
    _unit = code_point_bytes

    endianness: Endianness

    def __init__(self, *, length: int, endianness: Endianness = "little") -> None:
        super().__init__(length=length)
        check("endianness", endianness in ORDERS, "'little' or 'big'", endianness)
        set_field(self, "endianness", endianness)

    @classmethod
    def _from_dtype(cls, dtype: np.dtype[Any]) -> Self:
        length = dtype.itemsize // cls.code_point_bytes
        return cls(length=length, endianness=endianness_of(dtype))

    def to_native_dtype(self) -> np.dtype[Any]:
        return np.dtype(f"{ORDERS[self.endianness]}U{self.length}")


class NullTerminatedBytes(_Sized):
    """Bytes, `length` at most; zeros at the end are not part of a value."""

    __slots__ = ()

    _zarr_v3_name = "null_terminated_bytes"
    dtype_cls = type(np.dtype("S1"))

    def to_native_dtype(self) -> np.dtype[Any]:
        return np.dtype(f"S{self.length}")


class RawBytes(_Sized):
    """Bytes without meaning, always `length` of them."""

    __slots__ = ()

    _zarr_v3_name = "raw_bytes"
    dtype_cls = type(np.dtype("V1"))

    @classmethod
    def _check_native_dtype(cls, dtype: np.dtype[Any]) -> bool:
        return super()._check_native_dtype(dtype) and dtype.fields is None

    @classmethod
    def _stands_for(cls, found: DataType) -> bool:
        return found.family == "raw"

    def to_native_dtype(self) -> np.dtype[Any]:
        return np.dtype(f"V{self.length}")


class _Time(NativeType):
    __slots__ = ("endianness", "scale_factor", "unit")

    endianness: Endianness
    scale_factor: int
    unit: str

    def __init__(
        self,
        *,
        endianness: Endianness = "little",
        scale_factor: int = 1,
        unit: str = "generic",
    ) -> None:
        check("endianness", endianness in ORDERS, "'little' or 'big'", endianness)
        valid = isinstance(scale_factor, int) and 0 < scale_factor < 2**31
        check("scale_factor", valid, "an integer from 1 to 2**31 - 1", scale_factor)
        set_field(self, "endianness", endianness)
        set_field(self, "scale_factor", scale_factor)
        set_field(self, "unit", "us" if unit == "μs" else unit)
        try:
            self.to_native_dtype()
        except TypeError:
            check("unit", False, "a unit of NumPy's times", unit)

    @classmethod
    def _from_dtype(cls, dtype: np.dtype[Any]) -> Self:
        unit, scale_factor = np.datetime_data(dtype)
        return cls(endianness=endianness_of(dtype), scale_factor=scale_factor, unit=unit)

    def to_native_dtype(self) -> np.dtype[Any]:
        order, kind = ORDERS[self.endianness], np.dtype(self._zarr_v3_name[6:]).kind
        if self.unit == "generic":
            return np.dtype(f"{order}{kind}8")
        return np.dtype(f"{order}{kind}8[{self.scale_factor}{self.unit}]")

    def to_json(self, zarr_format: ZarrFormat) -> Any:
        if zarr_format == 2:
            return super().to_json(2)
        configuration = {"unit": self.unit, "scale_factor": self.scale_factor}
        return {"name": self._zarr_v3_name, "configuration": configuration}


class DateTime64(_Time):
    """Moments, as a number of `scale_factor` times `unit` since 1970.

    Parameters
    ----------
    endianness : {'little', 'big'}
    scale_factor : int
    unit : str
        As NumPy spells it: ``"s"``, ``"ns"``, ``"D"``.
    """

    __slots__ = ()

    _zarr_v3_name = "numpy.datetime64"
    dtype_cls = type(np.dtype("M8"))


class TimeDelta64(_Time):
    """Spans of time; the parameters are those of `DateTime64`."""

    __slots__ = ()

    _zarr_v3_name = "numpy.timedelta64"
    dtype_cls = type(np.dtype("m8"))


class _Variable(NativeType):
    __slots__ = ()

    object_codec_id: ClassVar[str]

    def to_json(self, zarr_format: ZarrFormat) -> Any:
        if zarr_format == 2:
            return {"name": "|O", "object_codec_id": self.object_codec_id}
        return self._zarr_v3_name


class VariableLengthUTF8(_Variable):
    """Strings of any length."""

    __slots__ = ()

    _zarr_v3_name = "string"
    dtype_cls = np.dtypes.StringDType
    object_codec_id = "vlen-utf8"

    @classmethod
    def _stands_for(cls, found: DataType) -> bool:
        return found.family == "string"

    def to_native_dtype(self) -> np.dtype[Any]:
        return np.dtypes.StringDType()


class VariableLengthBytes(_Variable):
    """Bytes of any length."""

    __slots__ = ()

    _zarr_v3_name = "variable_length_bytes"
    dtype_cls = type(np.dtype("O"))
    object_codec_id = "vlen-bytes"

    @classmethod
    def _stands_for(cls, found: DataType) -> bool:
        return found.family == "bytes"

    def to_native_dtype(self) -> np.dtype[Any]:
        return np.dtype("O")


class Struct(NativeType):
    """Records: named fields, one after another.

    Parameters
    ----------
    fields : iterable of (str, ZDType)
    """

    __slots__ = ("fields",)

    _zarr_v3_name = "struct"
    dtype_cls = type(np.dtype("V1"))

    fields: tuple[tuple[str, ZDType[Any, Any]], ...]

    def __init__(self, *, fields: Iterable[tuple[str, ZDType[Any, Any]]]) -> None:
        found = tuple((name, field) for name, field in fields)
        check("fields", bool(found), "at least one field", found)
        set_field(self, "fields", found)

    @classmethod
    def _check_native_dtype(cls, dtype: np.dtype[Any]) -> bool:
        return super()._check_native_dtype(dtype) and dtype.fields is not None

    @classmethod
    def _from_dtype(cls, dtype: np.dtype[Any]) -> Self:
        from zarr_c.dtype import parse_dtype

        return cls(
            fields=[(n, parse_dtype(dtype[n], zarr_format=2)) for n in dtype.names or ()]
        )

    @classmethod
    def _stands_for(cls, found: DataType) -> bool:
        return found.family == "struct"

    def to_native_dtype(self) -> np.dtype[Any]:
        return np.dtype([(name, field.to_native_dtype()) for name, field in self.fields])

    def has_multi_byte_fields(self) -> bool:
        """Whether byte order means something for a field."""
        return any(
            field.has_multi_byte_fields()
            if isinstance(field, Struct)
            else hasattr(field, "endianness")
            for _, field in self.fields
        )

    def to_json(self, zarr_format: ZarrFormat) -> Any:
        if zarr_format == 2:
            fields = [[name, field.to_json(2)["name"]] for name, field in self.fields]
            return {"name": fields, "object_codec_id": None}
        return {"name": self._zarr_v3_name, "configuration": {"fields": self._fields_v3()}}

    def _fields_v3(self) -> list[Any]:
        return [{"name": name, "data_type": field.to_json(3)} for name, field in self.fields]


class Structured(Struct):
    """Records in the spelling of older versions of zarr-python: ``structured``."""

    __slots__ = ()

    _zarr_v3_name = "structured"

    def _fields_v3(self) -> list[Any]:
        return [[name, field.to_json(3)] for name, field in self.fields]
