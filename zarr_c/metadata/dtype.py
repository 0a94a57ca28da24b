"""Data types: one class per family, one cached instance per type.

A type is found by its v3 name (`parse_v3`), its v2 string (`parse_v2`) or a NumPy dtype
(`from_numpy`). In v3 the byte order belongs to the codecs, so the dtype is the native one; in
v2 it belongs to the type, and the dtype keeps it.

To add a family, write a class with the three fill value methods and register its instances or,
for a family without end such as ``r8``, ``r16``, ..., the function that makes them.
"""

from __future__ import annotations

import struct
import sys
from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from zarr_c.errors import DataTypeValidationError, MetadataValidationError
from zarr_c.metadata import fill_value as fill
from zarr_c.metadata.checks import shown
from zarr_c.metadata.extension import parse_extension

__all__ = [
    "DataType",
    "BoolType",
    "IntegerType",
    "FloatType",
    "ComplexType",
    "RawType",
    "RawBytesType",
    "parse_v3",
    "parse_v2",
    "from_numpy",
]


@dataclass(frozen=True, slots=True, eq=False)
class DataType(ABC):
    """The type of an array's elements.

    Attributes
    ----------
    name : str
        Name in Zarr v3, without byte order: ``"int32"``.
    dtype : numpy.dtype
        As the user sees it: in native byte order in v3, in the stored one in v2.
    word : int
        Bytes per unit that byte order swaps: 4 for complex64, 1 for 1-byte and raw types.
    """

    name: str
    dtype: np.dtype[Any]
    word: int

    @property
    def itemsize(self) -> int:
        """Bytes of one element."""
        return self.dtype.itemsize

    @property
    def v2_name(self) -> str:
        """The type string of Zarr v2, with byte order: ``"<i4"``."""
        return self.dtype.str

    def to_v3(self) -> str | dict[str, Any]:
        """Write the ``data_type`` of a v3 document."""
        return self.name

    @abstractmethod
    def fill_from_json(self, value: Any, zarr_format: int) -> bytes:
        """Read the fill value of a document; a v2 ``null`` is for the caller."""

    @abstractmethod
    def fill_to_json(self, raw: bytes, zarr_format: int) -> Any:
        """Write the fill value of a document."""

    @abstractmethod
    def fill_from_user(self, value: Any) -> bytes:
        """Convert an argument; use `fill_value.fill_from_user`, which documents it."""

    def __reduce__(self) -> tuple[Any, ...]:
        return parse_v2, (self.v2_name,)

    def __str__(self) -> str:
        return self.name


class BoolType(DataType):
    """``bool``: one byte, 0 or 1."""

    __slots__ = ()

    def fill_from_json(self, value: Any, zarr_format: int) -> bytes:
        return fill.bool_from_json(value, zarr_format)

    def fill_to_json(self, raw: bytes, zarr_format: int) -> bool:
        return raw != b"\0"

    def fill_from_user(self, value: Any) -> bytes:
        return fill.bool_from_user(value)


@dataclass(frozen=True, slots=True, eq=False)
class IntegerType(DataType):
    """``int8`` to ``uint64``: two's complement."""

    layout: fill.IntLayout

    def fill_from_json(self, value: Any, zarr_format: int) -> bytes:
        return fill.int_from_json(value, self.layout)

    def fill_to_json(self, raw: bytes, zarr_format: int) -> int:
        return fill.int_to_json(raw, self.layout)

    def fill_from_user(self, value: Any) -> bytes:
        return fill.int_from_user(value, self.layout)


@dataclass(frozen=True, slots=True, eq=False)
class FloatType(DataType):
    """``float16``, ``float32``, ``float64``: IEEE 754."""

    layout: fill.FloatLayout

    def fill_from_json(self, value: Any, zarr_format: int) -> bytes:
        return fill.float_from_json(value, self.layout, zarr_format)

    def fill_to_json(self, raw: bytes, zarr_format: int) -> float | str:
        return fill.float_to_json(raw, self.layout, zarr_format)

    def fill_from_user(self, value: Any) -> bytes:
        return fill.float_from_user(value, self.layout)


@dataclass(frozen=True, slots=True, eq=False)
class ComplexType(DataType):
    """``complex64``, ``complex128``: the real part, then the imaginary part."""

    part: fill.FloatLayout

    def fill_from_json(self, value: Any, zarr_format: int) -> bytes:
        return fill.complex_from_json(value, self.part, zarr_format)

    def fill_to_json(self, raw: bytes, zarr_format: int) -> list[float | str]:
        return fill.complex_to_json(raw, self.part, zarr_format)

    def fill_from_user(self, value: Any) -> bytes:
        return fill.complex_from_user(value, self.part)


class RawType(DataType):
    """``r8``, ``r16``, ...: that many bits without meaning, a NumPy void."""

    __slots__ = ()

    def fill_from_json(self, value: Any, zarr_format: int) -> bytes:
        return fill.raw_from_json(value, self.itemsize, zarr_format)

    def fill_to_json(self, raw: bytes, zarr_format: int) -> list[int] | str:
        return fill.raw_to_base64(raw) if zarr_format == 2 else list(raw)

    def fill_from_user(self, value: Any) -> bytes:
        return fill.raw_from_user(value, self.itemsize)


class RawBytesType(RawType):
    """``raw_bytes`` of zarr-python: a raw type in its spelling, which a rewrite keeps."""

    __slots__ = ()

    def to_v3(self) -> dict[str, Any]:
        return {"name": self.name, "configuration": {"length_bytes": self.itemsize}}

    def fill_to_json(self, raw: bytes, zarr_format: int) -> str:
        return fill.raw_to_base64(raw)

    def __reduce__(self) -> tuple[Any, ...]:
        return parse_v3, (self.to_v3(),)


def parse_v3(spec: Any) -> DataType:
    """Find the type of a v3 ``data_type``: a name, or an object with a name.

    Raises
    ------
    DataTypeValidationError
        If the type is unknown; the message names it.
    """
    if isinstance(spec, str):
        found = _BY_NAME.get(spec)
        if found is not None:
            return found
    try:
        name, configuration = parse_extension("data_type", spec)
    except MetadataValidationError as error:
        raise DataTypeValidationError(str(error)) from None
    if name == "raw_bytes":
        return _raw_bytes(configuration)
    if configuration:
        raise DataTypeValidationError(f"data_type: {shown(spec)} is not supported")
    if name in _BY_NAME:
        return _BY_NAME[name]
    if name[0] == "r" and _is_count(name[1:]):
        return _raw(int(name[1:]))
    raise DataTypeValidationError(f"data_type: {shown(spec)} is not supported")


def parse_v2(spec: Any) -> DataType:
    """Find the type of a v2 ``dtype``: a NumPy type string that starts with its byte order.

    Raises
    ------
    DataTypeValidationError
        If the type is unknown or its byte order is not said.
    """
    if isinstance(spec, list):
        raise DataTypeValidationError(f"dtype: structured type {shown(spec)} is not supported")
    if not isinstance(spec, str):
        raise DataTypeValidationError(f"dtype: expected a type string, found {shown(spec)}")
    found = _BY_STRING.get(spec)
    if found is not None:
        return found
    if spec.startswith("|V") and _is_count(spec[2:]) and 0 < int(spec[2:]) <= _MAX_RAW_BYTES:
        return _raw(8 * int(spec[2:]))
    bare = spec.lstrip("=|")
    if f"<{bare}" in _BY_STRING:
        raise DataTypeValidationError(
            f"dtype: expected a byte order, '<{bare}' or '>{bare}', found {shown(spec)}"
        )
    raise DataTypeValidationError(f"dtype: {shown(spec)} is not supported")


def from_numpy(dtype: Any, zarr_format: int) -> DataType:
    """Find the type for a NumPy dtype, or what `numpy.dtype` takes.

    Parameters
    ----------
    dtype : dtype_like
        In v3 only its native form counts: the byte order goes to the codecs. What NumPy does
        not know may be a v3 ``data_type``, such as ``"r24"``.
    zarr_format : int
        2 keeps the byte order of the dtype.

    Raises
    ------
    DataTypeValidationError
        If Zarr has no such type, or zarr_c does not support it.
    """
    try:
        given = np.dtype(dtype)
    except (TypeError, ValueError):
        if zarr_format == 3:
            return parse_v3(dtype)
        raise DataTypeValidationError(f"dtype: {shown(dtype)} is not a NumPy type") from None
    if given.kind == "V" and given.names is None and given.subdtype is None and given.itemsize:
        return _raw(8 * given.itemsize)
    found = _BY_STRING.get((given.newbyteorder("=") if zarr_format == 3 else given).str)
    if found is None:
        raise DataTypeValidationError(f"dtype: {given} is not supported in Zarr v{zarr_format}")
    return found


# ---- the registry

_BY_NAME: dict[str, DataType] = {}
_BY_STRING: dict[str, DataType] = {}
_BY_LENGTH: dict[int, DataType] = {}

# The largest void that NumPy can describe.
_MAX_RAW_BYTES = 2**31 - 1


def _is_count(text: str) -> bool:
    return text.isascii() and text.isdigit() and text[0] != "0" and len(text) < 12


def _raw(bits: int) -> DataType:
    nbytes, rest = divmod(bits, 8)
    if rest or not 0 < nbytes <= _MAX_RAW_BYTES:
        raise DataTypeValidationError(
            f"data_type: expected 8 to {8 * _MAX_RAW_BYTES} bits in steps of 8, found {bits}"
        )
    name = f"r{bits}"
    found = _BY_NAME.get(name)
    if found is None:
        found = _BY_NAME.setdefault(name, RawType(name, np.dtype(f"V{nbytes}"), 1))
    return found


def _raw_bytes(configuration: dict[str, Any]) -> DataType:
    nbytes = configuration.get("length_bytes")
    if type(nbytes) is not int or not 0 < nbytes <= _MAX_RAW_BYTES or len(configuration) != 1:
        raise DataTypeValidationError(
            "data_type: expected raw_bytes with only length_bytes, "
            f"from 1 to {_MAX_RAW_BYTES}, found {shown(configuration)}"
        )
    found = _BY_LENGTH.get(nbytes)
    if found is None:
        made = RawBytesType("raw_bytes", np.dtype(f"V{nbytes}"), 1)
        found = _BY_LENGTH.setdefault(nbytes, made)
    return found


_ByteOrder = Literal["<", ">"]


def _float_layout(name: str, order: _ByteOrder, letter: str) -> fill.FloatLayout:
    inf, nan = {
        "e": (0x7C00, 0x7E00),
        "f": (0x7F80_0000, 0x7FC0_0000),
        "d": (0x7FF0_0000_0000_0000, 0x7FF8_0000_0000_0000),
    }[letter]
    packer = struct.Struct(order + letter)
    return fill.FloatLayout(name, packer, "big" if order == ">" else "little", inf, nan)


def _int_layout(name: str, order: _ByteOrder) -> fill.IntLayout:
    limits = np.iinfo(name)
    letter = {8: "b", 16: "h", 32: "i", 64: "q"}[limits.bits]
    packer = struct.Struct(order + (letter.upper() if limits.kind == "u" else letter))
    return fill.IntLayout(name, packer, int(limits.min), int(limits.max))


def _make(name: str, order: _ByteOrder) -> DataType:
    """Make a type that is not raw, in one byte order."""
    dtype = np.dtype(name).newbyteorder(order)
    match dtype.kind:
        case "b":
            return BoolType(name, dtype, 1)
        case "f":
            layout = _float_layout(name, order, dtype.char)
            return FloatType(name, dtype, dtype.itemsize, layout)
        case "c":
            part = _float_layout(f"a part of {name}", order, dtype.char.lower())
            return ComplexType(name, dtype, dtype.itemsize // 2, part)
        case _:
            return IntegerType(name, dtype, dtype.itemsize, _int_layout(name, order))


def _register(name: str) -> None:
    little, big = _make(name, "<"), _make(name, ">")
    if little.itemsize == 1:  # byte order means nothing here, but some writers state one
        _BY_NAME[name] = little
        for order in "|<>":
            _BY_STRING[order + little.v2_name[1:]] = little
    else:
        _BY_NAME[name] = little if sys.byteorder == "little" else big
        _BY_STRING.update({little.v2_name: little, big.v2_name: big})


for _name in (
    *("bool", "int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64"),
    *("float16", "float32", "float64", "complex64", "complex128"),
):
    _register(_name)
