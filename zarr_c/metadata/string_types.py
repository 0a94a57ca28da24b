"""Strings of a fixed length: ``fixed_length_utf32`` and ``null_terminated_bytes``.

Both are padded with zeros, so zeros at the end of a value are not part of it.
"""

from __future__ import annotations

from typing import Any, Literal

import numpy as np

from zarr_c.errors import ChunkCorruptError, DataTypeValidationError
from zarr_c.frozen import set_field
from zarr_c.metadata import fill_value as fill
from zarr_c.metadata.checks import invalid, shown
from zarr_c.metadata.data_type import MAX_NBYTES, DataType, length_bytes

__all__ = ["FixedBytesType", "FixedStringType", "make_string", "string_from_v3"]

_UTF32 = 4  # bytes of a code point
_LAST = 0x10FFFF  # code point of Unicode


class FixedStringType(DataType):
    """``fixed_length_utf32``: a number of code points, each in 4 bytes."""

    __slots__ = ("codec",)

    family = "text"

    codec: str

    def __init__(self, name: str, dtype: np.dtype[Any], word: int, codec: str) -> None:
        super().__init__(name, dtype, word)
        set_field(self, "codec", codec)

    def to_v3(self) -> dict[str, Any]:
        return {"name": self.name, "configuration": {"length_bytes": self.itemsize}}

    def fill_from_json(self, value: Any, zarr_format: int) -> bytes:
        if zarr_format == 2 and fill.is_int(value) and value == 0:
            value = ""  # how Zarr-Python 2 spelled the zero of any type
        length = self.itemsize // _UTF32
        if not isinstance(value, str) or len(value) > length:
            raise invalid(
                fill.FIELD, f"a string of at most {length} code points for {self.dtype}", value
            )
        # JSON can hold half a surrogate pair, and so can NumPy
        return value.encode(self.codec, "surrogatepass").ljust(self.itemsize, b"\0")

    def fill_to_json(self, raw: bytes, zarr_format: int) -> str:
        return raw.decode(self.codec, "surrogatepass").rstrip("\0")

    def fill_from_user(self, value: Any) -> bytes:
        return self.fill_from_json(value, 2)

    @property
    def needs_normalizing(self) -> bool:
        return self.itemsize > 0

    def normalize(self, array: np.ndarray[Any, Any]) -> None:
        """Refuse what no string has: NumPy cannot make one of it (SystemError)."""
        points = array[..., np.newaxis].view(np.dtype("u4").newbyteorder(array.dtype.byteorder))
        if points.size and (found := points.max()) > _LAST:
            raise ChunkCorruptError(
                f"text of type {self.dtype}: expected code points up to {_LAST:#x}, "
                f"found {found:#x}"
            )


class FixedBytesType(DataType):
    """``null_terminated_bytes``: a number of bytes, padded with zeros."""

    __slots__ = ()

    family = "text"

    def to_v3(self) -> dict[str, Any]:
        return {"name": self.name, "configuration": {"length_bytes": self.itemsize}}

    def fill_from_json(self, value: Any, zarr_format: int) -> bytes:
        if zarr_format == 2 and fill.is_int(value) and value == 0:
            return bytes(self.itemsize)
        raw = fill.from_base64(value)
        if raw is None or len(raw) > self.itemsize:
            raise invalid(fill.FIELD, f"at most {self.itemsize} bytes in base64", value)
        return raw.ljust(self.itemsize, b"\0")

    def fill_to_json(self, raw: bytes, zarr_format: int) -> str:
        return fill.to_base64(raw)  # with its padding, as tensorstore asks for

    def fill_from_user(self, value: Any) -> bytes:
        if fill.is_int(value) and value == 0:
            return bytes(self.itemsize)
        if isinstance(value, str) and value.isascii():
            value = value.encode("ascii")
        if isinstance(value, bytes | bytearray | memoryview) and len(value) <= self.itemsize:
            return bytes(value).ljust(self.itemsize, b"\0")
        raise invalid(fill.FIELD, f"at most {self.itemsize} bytes", value)


_CACHE: dict[str, DataType] = {}


def make_string(kind: Literal["S", "U"], length: int, order: str) -> DataType:
    """Find the type of NumPy's S or U.

    Parameters
    ----------
    kind : {"S", "U"}
    length : int
        In bytes or code points; 0 is 1, as Zarr-Python 2 wrote 0 where all strings were empty.
    order : {"<", ">"}
        Byte order of code points.

    Raises
    ------
    DataTypeValidationError
        If NumPy has no string as long.
    """
    length = max(length, 1)
    size = length * (_UTF32 if kind == "U" else 1)
    if size > MAX_NBYTES:
        raise DataTypeValidationError(
            f"dtype: expected strings of at most {MAX_NBYTES} bytes, found {size}"
        )
    dtype = np.dtype(f"{order if kind == 'U' else '|'}{kind}{length}")
    found = _CACHE.get(dtype.str)
    if found is not None:
        return found
    made: DataType
    if kind == "U":
        codec = "utf-32-be" if order == ">" else "utf-32-le"
        made = FixedStringType("fixed_length_utf32", dtype, _UTF32, codec)
    else:
        made = FixedBytesType("null_terminated_bytes", dtype, 1)
    return _CACHE.setdefault(dtype.str, made)


def string_from_v3(name: str, configuration: dict[str, Any], order: str) -> DataType:
    """Find the type of a v3 name and its ``length_bytes``.

    Raises
    ------
    DataTypeValidationError
        If the configuration is not just a length that fits.
    """
    nbytes = length_bytes(name, configuration)
    if name == "null_terminated_bytes":
        return make_string("S", nbytes, order)
    if nbytes % _UTF32:
        raise DataTypeValidationError(
            f"data_type: expected a multiple of {_UTF32} as length_bytes of {name}, "
            f"found {shown(nbytes)}"
        )
    return make_string("U", nbytes // _UTF32, order)
