"""Data types: one class per family, one cached instance per type.

A type is found by its v3 name (`parse_v3`), its v2 string (`parse_v2`) or a NumPy dtype
(`from_numpy`). In v3 the byte order belongs to the codecs, so the dtype is the native one; in
v2 it belongs to the type, and the dtype keeps it.

To add a family, write a class with the three fill value methods and name its types in
``_CODES`` and ``_make`` or, for a family without end such as ``r8``, ``r16``, ..., write the
function that makes them.
"""

from __future__ import annotations

import struct
import sys
from abc import ABC, abstractmethod
from typing import Any, Literal

import numpy as np

from zarr_c.errors import DataTypeValidationError, MetadataValidationError
from zarr_c.frozen import Frozen, set_field
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


class DataType(Frozen, ABC):
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

    __slots__ = ("name", "dtype", "word")

    name: str
    dtype: np.dtype[Any]
    word: int

    def __init__(self, name: str, dtype: np.dtype[Any], word: int) -> None:
        set_field(self, "name", name)
        set_field(self, "dtype", dtype)
        set_field(self, "word", word)

    @property
    def itemsize(self) -> int:
        """Bytes of one element."""
        return self.dtype.itemsize

    @property
    def words(self) -> tuple[tuple[int, int, int], ...]:
        """What byte order swaps in an element: runs of words as (offset, size, count)."""
        return ((0, self.word, self.itemsize // self.word),) if self.word > 1 else ()

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

    # there is one instance per type

    def __eq__(self, other: object) -> bool:
        return self is other

    def __hash__(self) -> int:
        return object.__hash__(self)

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


class IntegerType(DataType):
    """``int8`` to ``uint64``: two's complement."""

    __slots__ = ("layout",)

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
        found = _named(spec)
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
    found = _named(name)
    if found is not None:
        return found
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
    found = _spelled(spec)
    if found is not None:
        return found
    if spec.startswith("|V") and _is_count(spec[2:]) and 0 < int(spec[2:]) <= _MAX_RAW_BYTES:
        return _raw(8 * int(spec[2:]))
    bare = spec.lstrip("=|")
    if bare in _NAMES:
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
    found = _spelled((given.newbyteorder("=") if zarr_format == 3 else given).str)
    if found is None:
        raise DataTypeValidationError(f"dtype: {given} is not supported in Zarr v{zarr_format}")
    return found


# ---- the registry

# Types by their v3 name, with what follows the byte order in their v2 string. An instance is
# made when it is first asked for.
_CODES = {
    "bool": "b1",
    "int8": "i1",
    "int16": "i2",
    "int32": "i4",
    "int64": "i8",
    "uint8": "u1",
    "uint16": "u2",
    "uint32": "u4",
    "uint64": "u8",
    "float16": "f2",
    "float32": "f4",
    "float64": "f8",
    "complex64": "c8",
    "complex128": "c16",
}
_NAMES = {code: name for name, code in _CODES.items()}
_NATIVE = "<" if sys.byteorder == "little" else ">"

_BY_NAME: dict[str, DataType] = {}
_BY_STRING: dict[str, DataType] = {}
_BY_LENGTH: dict[int, DataType] = {}

# The largest void that NumPy can describe.
_MAX_RAW_BYTES = 2**31 - 1


def _named(name: str) -> DataType | None:
    """The type of a v3 name, or of a raw type that has been met; None for any other."""
    found = _BY_NAME.get(name)
    if found is None and name in _CODES:
        made = _spelled(_NATIVE + _CODES[name])
        assert made is not None
        found = _BY_NAME.setdefault(name, made)
    return found


def _spelled(text: str) -> DataType | None:
    """The type of a v2 string; None if it is raw or unknown."""
    found = _BY_STRING.get(text)
    if found is not None or text[1:] not in _NAMES:
        return found
    # The byte order of one byte means nothing, but some writers state one.
    if text[0] not in ("<>|" if text[2:] == "1" else "<>"):
        return None
    dtype = np.dtype(text)
    made = _BY_STRING.setdefault(dtype.str, _make(_NAMES[text[1:]], dtype))
    return _BY_STRING.setdefault(text, made)


def _make(name: str, dtype: np.dtype[Any]) -> DataType:
    """Make a type that is not raw, in the byte order of the dtype."""
    order: _ByteOrder = ">" if dtype.str[0] == ">" else "<"
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
            return IntegerType(name, dtype, dtype.itemsize, _int_layout(name, order, dtype))


_ByteOrder = Literal["<", ">"]


def _float_layout(name: str, order: _ByteOrder, letter: str) -> fill.FloatLayout:
    inf, nan = {
        "e": (0x7C00, 0x7E00),
        "f": (0x7F80_0000, 0x7FC0_0000),
        "d": (0x7FF0_0000_0000_0000, 0x7FF8_0000_0000_0000),
    }[letter]
    packer = struct.Struct(order + letter)
    return fill.FloatLayout(name, packer, "big" if order == ">" else "little", inf, nan)


def _int_layout(name: str, order: _ByteOrder, dtype: np.dtype[Any]) -> fill.IntLayout:
    bits = 8 * dtype.itemsize
    letter = {8: "b", 16: "h", 32: "i", 64: "q"}[bits]
    if dtype.kind == "u":
        return fill.IntLayout(name, struct.Struct(order + letter.upper()), 0, 2**bits - 1)
    limit = 2 ** (bits - 1)
    return fill.IntLayout(name, struct.Struct(order + letter), -limit, limit - 1)


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
