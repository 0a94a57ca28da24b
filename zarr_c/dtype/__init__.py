"""Data types as objects: for ``dtype=`` where a NumPy dtype does not say enough.

`ZDType` is the base of all, also of those that a program adds to `data_type_registry`;
`parse_dtype` finds the one of what NumPy or a document has.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

import numpy as np

from zarr_c.dtype.base import TBaseDType, TBaseScalar, ZDType
from zarr_c.dtype.documents import (
    DateTime64JSON_V2,
    DateTime64JSON_V3,
    DTypeSpec_V2,
    FixedLengthUTF32JSON_V2,
    FixedLengthUTF32JSON_V3,
    NullterminatedBytesJSON_V2,
    NullTerminatedBytesJSON_V3,
    RawBytesJSON_V2,
    RawBytesJSON_V3,
    StructJSON_V3,
    StructuredJSON_V2,
    StructuredJSON_V3,
    TimeDelta64JSON_V2,
    TimeDelta64JSON_V3,
    VariableLengthBytesJSON_V2,
    VariableLengthUTF8JSON_V2,
    check_dtype_spec_no_object_codec_v2,
    check_dtype_spec_v2,
)
from zarr_c.dtype.numbers import (
    Bool,
    Complex64,
    Complex128,
    Float16,
    Float32,
    Float64,
    Int8,
    Int16,
    Int32,
    Int64,
    UInt8,
    UInt16,
    UInt32,
    UInt64,
)
from zarr_c.dtype.registry import DataTypeRegistry, data_type_registry
from zarr_c.dtype.types import (
    DateTime64,
    FixedLengthUTF32,
    NullTerminatedBytes,
    RawBytes,
    Struct,
    Structured,
    TimeDelta64,
    VariableLengthBytes,
    VariableLengthUTF8,
)
from zarr_c.errors import DataTypeValidationError

__all__ = [
    "Bool",
    "Complex64",
    "Complex128",
    "DTypeSpec_V2",
    "DataTypeRegistry",
    "DateTime64",
    "DateTime64JSON_V2",
    "DateTime64JSON_V3",
    "FixedLengthUTF32",
    "FixedLengthUTF32JSON_V2",
    "FixedLengthUTF32JSON_V3",
    "Float16",
    "Float32",
    "Float64",
    "Int8",
    "Int16",
    "Int32",
    "Int64",
    "NullTerminatedBytes",
    "NullTerminatedBytesJSON_V3",
    "NullterminatedBytesJSON_V2",
    "RawBytes",
    "RawBytesJSON_V2",
    "RawBytesJSON_V3",
    "Struct",
    "StructJSON_V3",
    "Structured",
    "StructuredJSON_V2",
    "StructuredJSON_V3",
    "TBaseDType",
    "TBaseScalar",
    "TimeDelta64",
    "TimeDelta64JSON_V2",
    "TimeDelta64JSON_V3",
    "UInt8",
    "UInt16",
    "UInt32",
    "UInt64",
    "VariableLengthBytes",
    "VariableLengthBytesJSON_V2",
    "VariableLengthUTF8",
    "VariableLengthUTF8JSON_V2",
    "ZDType",
    "check_dtype_spec_no_object_codec_v2",
    "check_dtype_spec_v2",
    "data_type_registry",
    "parse_data_type",
    "parse_dtype",
]


def parse_dtype(dtype_spec: Any, *, zarr_format: Literal[2, 3]) -> ZDType[Any, Any]:
    """The data type of what users name one by.

    Parameters
    ----------
    dtype_spec : ZDType, dtype_like, str or mapping
        A data type, what documents of the format have (``"int8"``, ``{"name": ...}``), or what
        `numpy.dtype` takes. `str` and ``"string"`` are strings of any length, `bytes` and
        ``"bytes"`` bytes of any length.
    zarr_format : {2, 3}

    Raises
    ------
    DataTypeValidationError
        If there is no such type.
    TypeError
        If it is nothing of the kind.

    Examples
    --------
    >>> parse_dtype("datetime64[10s]", zarr_format=3)
    DateTime64(endianness='little', scale_factor=10, unit='s')
    """
    if isinstance(dtype_spec, ZDType):
        return dtype_spec
    if dtype_spec in (str, "str", "string"):
        return VariableLengthUTF8()
    if dtype_spec in (bytes, "bytes"):
        return VariableLengthBytes()
    if isinstance(dtype_spec, str | Mapping):
        try:
            return data_type_registry.match_json(dtype_spec, zarr_format=zarr_format)
        except DataTypeValidationError:
            if isinstance(dtype_spec, Mapping):
                raise
    return data_type_registry.match_dtype(np.dtype(dtype_spec))


parse_data_type = parse_dtype
"""The former name of `parse_dtype`."""
