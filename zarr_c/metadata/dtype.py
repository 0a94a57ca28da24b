"""The registry of data types: one class per family, one cached instance per type.

A type is found by its v3 name (`parse_v3`), its v2 string (`parse_v2`) or a NumPy dtype
(`from_numpy`). In v3 the byte order belongs to the codecs, so the dtype is the native one; in
v2 it belongs to the type, and the dtype keeps it.

To add a family, write a class with the three fill value methods in a module beside this one,
name its types here, and give `zarr_c.elements` a cast for what users assign. All families but
the numbers are imported when the first type of theirs is met.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

import numpy as np

from zarr_c.errors import DataTypeValidationError, MetadataValidationError
from zarr_c.metadata.checks import shown
from zarr_c.metadata.data_type import MAX_NBYTES, SLOT, DataType
from zarr_c.metadata.extension import parse_extension
from zarr_c.metadata.numeric_types import make

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

__all__ = ["REGISTERED", "SLOT", "DataType", "from_numpy", "parse_v2", "parse_v3"]


def parse_v3(spec: Any) -> DataType:
    """Find the type of a v3 ``data_type``: a name, or an object with a name.

    Raises
    ------
    DataTypeValidationError
        If the type is unknown; the message names it.
    ImportError
        If it needs a package that is not there; the message names it.
    """
    if isinstance(spec, str):
        found = _named(spec)
        if found is not None:
            return found
    try:
        name, configuration = parse_extension("data_type", spec)
    except MetadataValidationError as error:
        raise DataTypeValidationError(str(error)) from None
    found = _configured(name, configuration)
    if found is None and not configuration:
        found = _named(name) or _plain_extension(name)
    found = found or _registered(spec, 3)
    if found is None:
        raise DataTypeValidationError(f"data_type: {shown(spec)} is not supported")
    return found


def _registered(spec: Any, zarr_format: int) -> DataType | None:
    """The type of a document that the program has registered; None for any other."""
    if not REGISTERED:
        return None
    from zarr_c.metadata.registered_types import find_json

    return find_json(spec, zarr_format)


def _configured(name: str, configuration: dict[str, Any]) -> DataType | None:
    """The type of a name that goes with a configuration; None for any other."""
    match name:
        case "numpy.datetime64" | "numpy.timedelta64":
            from zarr_c.metadata.time_types import time_from_v3

            return time_from_v3(name, configuration, _NATIVE)
        case "fixed_length_utf32" | "null_terminated_bytes":
            from zarr_c.metadata.string_types import string_from_v3

            return string_from_v3(name, configuration, _NATIVE)
        case "struct" | "structured":
            from zarr_c.metadata.struct_parsing import struct_from_v3

            return struct_from_v3(name, configuration)
        case "raw_bytes":
            from zarr_c.metadata.raw_types import make_raw_bytes

            return make_raw_bytes(configuration)
    return None


def _plain_extension(name: str) -> DataType | None:
    """The type of a name that stands alone, but is no number of NumPy's."""
    if name in _VARIABLE:
        from zarr_c.metadata import variable_types

        return (
            variable_types.make_string()
            if name == "string"
            else variable_types.make_bytes(name)
        )
    if name[0] == "r" and _is_count(name[1:]):
        from zarr_c.metadata.raw_types import make_raw

        return make_raw(int(name[1:]))
    if "float" in name or "int" in name:
        from zarr_c.metadata.small_types import SMALL, make_small

        return make_small(name) if name in SMALL else None
    return None


def parse_v2(spec: Any, codecs: Iterable[Mapping[str, Any]] = ()) -> DataType:
    """Find the type of a v2 ``dtype``: a NumPy type string with its byte order, or fields.

    Parameters
    ----------
    spec : str or list
        The JSON value.
    codecs : iterable of mapping
        The filters and the compressor, which decide what the objects of ``"|O"`` are.

    Raises
    ------
    DataTypeValidationError
        If the type is unknown or its byte order is not said.
    ImportError
        If it needs a package that is not there; the message names it.
    """
    if isinstance(spec, list):
        from zarr_c.metadata.struct_parsing import struct_from_v2

        return struct_from_v2(spec)
    if not isinstance(spec, str):
        raise DataTypeValidationError(f"dtype: expected a type string, found {shown(spec)}")
    found = _spelled(spec)
    if found is not None:
        return found
    if spec == "|O":
        from zarr_c.metadata.variable_types import make_object

        return make_object(codecs)
    found = _sized(spec) or _of_tensorstore(spec)
    if found is not None:
        return found
    found = _registered(spec, 2)
    if found is not None:
        return found
    bare = spec.lstrip("<>=|")
    if bare in _NAMES:
        raise DataTypeValidationError(
            f"dtype: expected a byte order, '<{bare}' or '>{bare}', found {shown(spec)}"
        )
    if bare in ("f12", "f16", "c24", "c32"):
        raise DataTypeValidationError(
            f"dtype: {shown(spec)} is not supported: a long double has another format on every "
            "platform"
        )
    raise DataTypeValidationError(f"dtype: {shown(spec)} is not supported")


def _sized(spec: str) -> DataType | None:
    """The type of a v2 string that has a length or a unit; None for any other."""
    order, kind, rest = spec[:1], spec[1:2], spec[2:]
    if kind in ("S", "U") and (rest == "0" or _is_count(rest)):
        if order in ("<>" if kind == "U" else "<>|"):
            from zarr_c.metadata.string_types import make_string

            return make_string("S" if kind == "S" else "U", int(rest), order)
    elif kind == "V" and order == "|" and _is_count(rest) and int(rest) <= MAX_NBYTES:
        from zarr_c.metadata.raw_types import make_raw

        return make_raw(8 * int(rest))
    elif kind in ("M", "m"):
        from zarr_c.metadata.time_types import time_from_v2

        return time_from_v2(spec)
    return None


def _of_tensorstore(spec: str) -> DataType | None:
    """Types that tensorstore writes in v2 by their v3 names; the specification has them not."""
    if "int" in spec or "float" in spec:
        from zarr_c.metadata.small_types import SMALL, make_small

        small = make_small(spec) if spec in SMALL else None
        return small if small is not None and small.v2_name == spec else None
    return None


def from_numpy(
    dtype: Any, zarr_format: int, codecs: Iterable[Mapping[str, Any]] = ()
) -> DataType:
    """Find the type for a NumPy dtype, or what `numpy.dtype` takes.

    Parameters
    ----------
    dtype : dtype_like
        Or a `DataType` of either format, or a `zarr_c.dtype.ZDType`. In v3 only the native form
        counts: the byte order goes to the codecs. What NumPy does not know may be a v3
        ``data_type``: ``"r24"``. `str` and ``"string"`` are strings of any length, `bytes` and
        ``"bytes"`` bytes of any length.
    zarr_format : int
        2 keeps the byte order of the dtype.
    codecs : iterable of mapping
        The filters and the compressor of a v2 array, which decide what objects are.

    Raises
    ------
    DataTypeValidationError
        If Zarr has no such type, or zarr_c does not support it.
    """
    if isinstance(dtype, DataType):
        return _converted(dtype, zarr_format)
    if hasattr(dtype, "to_native_dtype"):
        return _defined(dtype, zarr_format)
    if isinstance(dtype, str | type) and dtype in (str, bytes, "str", "string", "bytes"):
        name = dtype if isinstance(dtype, str) else dtype.__name__
        return _converted(parse_v3("bytes" if name == "bytes" else "string"), zarr_format)
    try:
        given = np.dtype(dtype)
    except (TypeError, ValueError):
        return _converted(parse_v3(dtype), zarr_format)
    found = _of_dtype(given, zarr_format, codecs)
    if found is None and REGISTERED:
        from zarr_c.metadata.registered_types import find_dtype

        found = find_dtype(given)
    if found is None:
        raise DataTypeValidationError(f"dtype: {given} is not supported in Zarr v{zarr_format}")
    return found


def _defined(definition: Any, zarr_format: int) -> DataType:
    """The type of a `zarr_c.dtype.ZDType`."""
    spec = definition.to_json(zarr_format)
    if zarr_format == 3:
        return parse_v3(spec)
    return parse_v2(spec["name"], ({"id": spec["object_codec_id"]},))


def _converted(data_type: DataType, zarr_format: int) -> DataType:
    """The same type in a format, whichever it is of."""
    if zarr_format == 3:
        native = data_type.dtype.isnative
        return parse_v3(data_type.to_v3()) if native else from_numpy(data_type.dtype, 3)
    if data_type.variable:
        return parse_v2("|O", ({"id": data_type.serializer},))
    return parse_v2(data_type.v2_name)


def _of_dtype(
    dtype: np.dtype[Any], zarr_format: int, codecs: Iterable[Mapping[str, Any]]
) -> DataType | None:
    if dtype.isbuiltin == 2:  # of ml_dtypes, whose type strings are those of raw bytes
        from zarr_c.metadata.small_types import small_from_numpy

        small = small_from_numpy(dtype)
        return None if small is None else _converted(small, zarr_format)
    if dtype.names is not None:
        from zarr_c.metadata.struct_parsing import struct_from_numpy

        return struct_from_numpy(dtype, zarr_format)
    if dtype.kind == "T":
        return parse_v3("string")
    if dtype.kind == "O":
        if zarr_format == 2:
            return parse_v2("|O", codecs)
        raise DataTypeValidationError(
            "dtype: object is not supported in Zarr v3, which has 'string' and 'bytes'"
        )
    if dtype.subdtype is not None:
        return None
    if dtype.kind in "SU" and dtype.itemsize == 0:
        raise DataTypeValidationError(
            f"dtype: expected a length, such as '{dtype.kind}8', or 'string' or 'bytes', found "
            f"{dtype}"
        )
    string = (dtype.newbyteorder("=") if zarr_format == 3 else dtype).str
    return _spelled(string) or _sized(string)


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
_ALIASES = {"complex_float32": "complex64", "complex_float64": "complex128"}
_VARIABLE = ("string", "bytes", "variable_length_bytes")
_NATIVE = "<" if sys.byteorder == "little" else ">"

REGISTERED: dict[str, Any] = {}
"""Classes of programs, by the v3 names of their types; see `registered_types`."""

_BY_NAME: dict[str, DataType] = {}
_BY_STRING: dict[str, DataType] = {}


def _named(name: str) -> DataType | None:
    """The number type of a v3 name; None for any other."""
    found = _BY_NAME.get(name)
    code = _CODES.get(_ALIASES.get(name, name)) if found is None else None
    if code is not None:
        made = _spelled(_NATIVE + code)
        assert made is not None
        found = _BY_NAME.setdefault(name, made)
    return found


def _spelled(text: str) -> DataType | None:
    """The number type of a v2 string; None for any other."""
    found = _BY_STRING.get(text)
    if found is not None or text[1:] not in _NAMES:
        return found
    # The byte order of one byte means nothing, but some writers state one.
    if text[0] not in ("<>|" if text[2:] == "1" else "<>"):
        return None
    dtype = np.dtype(text)
    made = _BY_STRING.setdefault(dtype.str, make(_NAMES[text[1:]], dtype))
    return _BY_STRING.setdefault(text, made)


def _is_count(text: str) -> bool:
    return text.isascii() and text.isdigit() and text[0] != "0" and len(text) < 12
