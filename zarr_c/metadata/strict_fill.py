"""Fill values that are read, but that their specification does not allow."""

from __future__ import annotations

import math
import re
from typing import TYPE_CHECKING, Any

from zarr_c.errors import MetadataValidationError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from zarr_c.metadata.dtype import DataType

__all__ = ["fill_problem"]

_SECTIONS = {2: "Zarr v2, fill value encoding", 3: "Zarr v3 core, fill value"}
_HEX = re.compile("0x[0-9a-fA-F]+")


def fill_problem(
    value: Any, data_type: DataType, zarr_format: int
) -> Iterator[tuple[str, str, Any, str]]:
    """What is wrong with a fill value, as (field, expected, found, section), if anything is.

    Parameters
    ----------
    value : JSON
        As the document has it, not null.
    data_type : DataType
        Of the array.
    zarr_format : {2, 3}
        What JSON means depends on it.
    """
    kind = data_type.dtype.kind if data_type.family == "number" else ""
    if kind == "b":
        expected = None if isinstance(value, bool) else "true or false"
    elif kind in ("i", "u"):
        expected = None if type(value) is int else "an integer without fraction or exponent"
    elif kind == "f":
        expected = None if _is_float(value, zarr_format) else _float(zarr_format)
    elif kind == "c":
        parts = isinstance(value, list) and len(value) == 2
        valid = parts and all(_is_float(part, zarr_format) for part in value)
        expected = None if valid else f"two of: {_float(zarr_format)}"
    else:
        expected = _written(value, data_type, zarr_format)
    if expected is not None:
        yield "fill_value", expected, value, _SECTIONS[zarr_format]


def _is_float(value: Any, zarr_format: int) -> bool:
    if isinstance(value, str):
        named = value in ("NaN", "Infinity", "-Infinity")
        return named or (zarr_format == 3 and _HEX.fullmatch(value) is not None)
    return type(value) is int or (type(value) is float and math.isfinite(value))


def _float(zarr_format: int) -> str:
    bits = ", or bits in hex" if zarr_format == 3 else ""
    return f'a number, "NaN", "Infinity" or "-Infinity"{bits}'


def _written(value: Any, data_type: DataType, zarr_format: int) -> str | None:
    """How the value of any other type would be written, if otherwise."""
    try:
        written = data_type.fill_to_json(
            data_type.fill_from_json(value, zarr_format), zarr_format
        )
    except MetadataValidationError:
        return None  # an error of reading
    if written == value or (value == "NaT" and zarr_format == 3):
        return None
    if isinstance(written, str) and isinstance(value, str):
        return None  # base64 with other padding
    return repr(written)
