"""Finding records: by the fields of v3, of v2, and of NumPy."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from zarr_c.errors import DataTypeValidationError, LimitError, MetadataValidationError
from zarr_c.limits import expect_within
from zarr_c.metadata.checks import shown
from zarr_c.metadata.data_type import MAX_NBYTES, DataType
from zarr_c.metadata.extension import parse_extension
from zarr_c.metadata.struct_type import Field, check_v3, make_struct

if TYPE_CHECKING:
    from collections.abc import Iterable

    import numpy as np

__all__ = ["struct_from_numpy", "struct_from_v2", "struct_from_v3"]


def _struct(where: str, entries: Iterable[tuple[str, Any, Any]], legacy: bool) -> DataType:
    """Make a record out of names, types and shapes, where a name of "" is padding."""
    fields: list[Field] = []
    end = 0
    for name, data_type, shape in entries:
        if data_type.variable:
            raise DataTypeValidationError(
                f"{where}: expected a type of fixed size for field {name!r}, found {data_type}"
            )
        field = Field(name, data_type, shape, end)
        end += field.nbytes
        if name:
            fields.append(field)
    names = [field.name for field in fields]
    if not fields or len(set(names)) < len(names):
        raise DataTypeValidationError(
            f"{where}: expected fields, each with a name of its own, found {shown(names)}"
        )
    if not 0 < end <= MAX_NBYTES:
        raise DataTypeValidationError(
            f"{where}: expected records of 1 to {MAX_NBYTES} bytes, found {end}"
        )
    try:
        return make_struct(tuple(fields), end, legacy)
    except (ValueError, TypeError) as error:
        raise DataTypeValidationError(f"{where}: NumPy refuses the fields: {error}") from None


def struct_from_v2(spec: list[Any], depth: int = 1) -> DataType:
    """Find the type of a list of ``[name, type]`` or ``[name, type, shape]``.

    A void without a name is padding, as NumPy describes aligned types.

    Raises
    ------
    DataTypeValidationError
        If it is something else, or a type is unknown.
    LimitError
        If records are nested more deeply than the setting ``limits.depth``.
    """
    from zarr_c.metadata.dtype import parse_v2

    expect_within("depth", depth, "dtype: levels of records")
    entries = []
    for item in spec:
        if not isinstance(item, list | tuple) or not 2 <= len(item) <= 3:
            raise invalid_type("dtype", "[name, type] or [name, type, shape]", item)
        name, inner, shape = (*item, [])[:3]
        if not isinstance(name, str) or not (name or str(inner).startswith("|V")):
            raise invalid_type("dtype", "a name for every field", item)
        lengths = [shape] if type(shape) is int else shape
        if not isinstance(lengths, list | tuple) or any(
            type(n) is not int or n < 1 for n in lengths
        ):
            raise invalid_type(f"dtype: field {name!r}", "a shape of integers", shape)
        try:
            nested = isinstance(inner, list)
            found = struct_from_v2(inner, depth + 1) if nested else parse_v2(inner)
        except DataTypeValidationError as error:
            raise DataTypeValidationError(_within("dtype", name, error)) from None
        entries.append((name, found, tuple(lengths)))
    return _struct("dtype", entries, legacy=False)


def struct_from_v3(name: str, configuration: dict[str, Any], depth: int = 1) -> DataType:
    """Find the type of a ``struct``, or of a legacy ``structured``, with its ``fields``.

    Raises
    ------
    DataTypeValidationError
        If the configuration has anything else, or a type is unknown.
    LimitError
        If records are nested more deeply than the setting ``limits.depth``.
    """
    from zarr_c.metadata.dtype import parse_v3

    expect_within("depth", depth, "data_type: levels of records")
    specs = configuration.get("fields")
    if not isinstance(specs, list) or configuration.keys() != {"fields"}:
        raise invalid_type("data_type", f"{name} with only a list of fields", configuration)
    entries = []
    for item in specs:
        if isinstance(item, dict) and item.keys() == {"name", "data_type"}:
            field, spec = item["name"], item["data_type"]
        elif isinstance(item, list | tuple) and len(item) == 2 and name == "structured":
            field, spec = item
        else:
            raise invalid_type("data_type", "fields with name and data_type", item)
        if not isinstance(field, str) or not field:
            raise invalid_type("data_type", "a name for every field", item)
        try:
            inner, configured = parse_extension("data_type", spec)
            nested = inner in ("struct", "structured")
            found = struct_from_v3(inner, configured, depth + 1) if nested else parse_v3(spec)
        except LimitError:
            raise
        except (DataTypeValidationError, MetadataValidationError) as error:
            raise DataTypeValidationError(_within("data_type", field, error)) from None
        entries.append((field, found, ()))
    return _struct("data_type", entries, legacy=name == "structured")


def struct_from_numpy(dtype: np.dtype[Any], zarr_format: int, depth: int = 1) -> DataType:
    """Find the type of a structured dtype; its padding is left out, as by zarr-python.

    Raises
    ------
    DataTypeValidationError
        If Zarr has no type for a field; of subarrays and titles v3 has none.
    LimitError
        If records are nested more deeply than the setting ``limits.depth``.
    """
    from zarr_c.metadata.dtype import from_numpy

    expect_within("depth", depth, "dtype: levels of records")
    assert dtype.names is not None
    assert dtype.fields is not None
    entries = []
    for name in dtype.names:
        inner, *rest = dtype.fields[name]
        if len(rest) > 1:
            raise invalid_type("dtype", f"no title of field {name!r}", rest[1])
        try:
            if inner.base.names is not None:
                found = struct_from_numpy(inner.base, zarr_format, depth + 1)
            else:
                found = from_numpy(inner.base, zarr_format)
        except DataTypeValidationError as error:
            raise DataTypeValidationError(_within("dtype", name, error)) from None
        entries.append((name, found, inner.shape))
    struct = _struct("dtype", entries, legacy=False)
    if zarr_format == 3:
        check_v3(struct)
    return struct


def invalid_type(where: str, expected: str, found: object) -> DataTypeValidationError:
    """Make the error that names what was expected and what was found."""
    return DataTypeValidationError(f"{where}: expected {expected}, found {shown(found)}")


def _within(where: str, name: str, error: Exception) -> str:
    return f"{where}: field {name!r}: {str(error).removeprefix(f'{where}: ')}"
