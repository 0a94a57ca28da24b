"""Records: ``struct`` of Zarr v3, the structured types of v2."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from math import prod
from typing import Any

import numpy as np

from zarr_c.errors import DataTypeValidationError, MetadataValidationError
from zarr_c.frozen import Frozen, set_field
from zarr_c.metadata import fill_value as fill
from zarr_c.metadata.checks import invalid
from zarr_c.metadata.data_type import DataType

__all__ = ["Field", "StructType", "check_v3", "make_struct"]


class Field(Frozen):
    """One field of a record.

    Attributes
    ----------
    name : str
    data_type : DataType
    shape : tuple of int
        Of a subarray; () for none. Only v2 has them.
    offset : int
        Bytes from the start of the record.
    """

    __slots__ = ("name", "data_type", "shape", "offset")

    name: str
    data_type: DataType
    shape: tuple[int, ...]
    offset: int

    def __init__(
        self, name: str, data_type: DataType, shape: tuple[int, ...], offset: int
    ) -> None:
        set_field(self, "name", name)
        set_field(self, "data_type", data_type)
        set_field(self, "shape", shape)
        set_field(self, "offset", offset)

    @property
    def count(self) -> int:
        """Elements of the subarray."""
        return prod(self.shape)

    @property
    def nbytes(self) -> int:
        """Bytes that the field takes."""
        return self.count * self.data_type.itemsize


class StructType(DataType):
    """``struct``: named fields, one after another.

    Attributes
    ----------
    fields : tuple of Field
    legacy : bool
        Whether it was called ``structured``, whose chunks may leave the byte order out.
    """

    __slots__ = ("fields", "legacy")

    family = "struct"

    fields: tuple[Field, ...]
    legacy: bool

    def __init__(self, fields: tuple[Field, ...], itemsize: int, legacy: bool) -> None:
        set_field(self, "fields", fields)
        set_field(self, "legacy", legacy)
        swapped = any(field.data_type.word != 1 for field in fields)
        super().__init__("struct", _dtype(fields, itemsize), 0 if swapped else 1)

    @property
    def packed(self) -> bool:
        """Whether there is no padding, here or in a record within."""
        inner = (f.data_type for f in self.fields)
        return sum(f.nbytes for f in self.fields) == self.itemsize and all(
            t.packed for t in inner if isinstance(t, StructType)
        )

    @property
    def words(self) -> tuple[tuple[int, int, int], ...]:
        return tuple(
            (field.offset + i * field.data_type.itemsize + offset, size, count)
            for field in self.fields
            for i in range(field.count)
            for offset, size, count in field.data_type.words
        )

    @property
    def v2_name(self) -> list[list[Any]]:
        spec: list[list[Any]] = []
        end = 0
        for field in self.fields:
            if field.offset > end:
                spec.append(["", f"|V{field.offset - end}"])
            entry = [field.name, field.data_type.v2_name]
            spec.append([*entry, list(field.shape)] if field.shape else entry)
            end = field.offset + field.nbytes
        return [*spec, ["", f"|V{self.itemsize - end}"]] if self.itemsize > end else spec

    def to_v3(self) -> dict[str, Any]:
        check_v3(self)
        fields = [{"name": f.name, "data_type": f.data_type.to_v3()} for f in self.fields]
        return {"name": self.name, "configuration": {"fields": fields}}

    # ---- fill values

    def fill_from_json(self, value: Any, zarr_format: int) -> bytes:
        if zarr_format == 2 and fill.is_int(value) and value == 0:
            return bytes(self.itemsize)  # the default of Zarr-Python 2 for any type
        if zarr_format == 3 and isinstance(value, dict):
            self._check_names(value)
            return self._join(
                _named(f.name, f.data_type.fill_from_json, value[f.name], 3)
                if f.name in value
                else f.data_type.zero()  # invalid, but zarr-python reads it
                for f in self.fields
            )
        raw = fill.from_base64(value)
        if raw is None or len(raw) != self.itemsize:
            objects = "an object with a value for every field, or " if zarr_format == 3 else ""
            raise invalid(fill.FIELD, f"{objects}{self.itemsize} bytes in base64", value)
        if zarr_format == 3 and sys.byteorder == "big":
            little = np.frombuffer(raw, self.dtype.newbyteorder("<"))
            return little.astype(self.dtype).tobytes()
        return raw

    def fill_to_json(self, raw: bytes, zarr_format: int) -> Any:
        if zarr_format == 2:
            return fill.to_base64(raw)
        return {
            f.name: f.data_type.fill_to_json(raw[f.offset : f.offset + f.nbytes], 3)
            for f in self.fields
        }

    def fill_from_user(self, value: Any) -> bytes:
        """Take a record of these fields, a mapping, a tuple, raw bytes, or 0 for zeros."""
        names = [f.name for f in self.fields]
        if isinstance(value, np.void) and value.dtype.names is not None:
            value = {name: value[name] for name in value.dtype.names}
        if isinstance(value, Mapping):
            self._check_names(value)
            if len(value) == len(names):
                value = tuple(value[name] for name in names)
        if isinstance(value, list | tuple) and len(value) == len(names):
            return self._join(
                _named(f.name, _repeated, f.data_type, part, f.shape)
                for f, part in zip(self.fields, value, strict=True)
            )
        if isinstance(value, np.void):
            value = value.tobytes()
        if isinstance(value, bytes | bytearray | memoryview) and len(value) == self.itemsize:
            return bytes(value)
        if fill.is_int(value) and value == 0:
            return bytes(self.itemsize)
        if isinstance(value, str):
            return self.fill_from_json(value, 2)
        raise invalid(fill.FIELD, f"values for the fields {names}", value)

    def _check_names(self, value: Iterable[Any]) -> None:
        known = {field.name for field in self.fields}
        unknown = next((name for name in value if name not in known), None)
        if unknown is not None:
            raise invalid(fill.FIELD, f"the fields {[f.name for f in self.fields]}", unknown)

    def _join(self, parts: Iterable[bytes]) -> bytes:
        raw = bytearray(self.itemsize)
        for field, part in zip(self.fields, parts, strict=True):
            raw[field.offset : field.offset + len(part)] = part
        return bytes(raw)

    # ---- elements

    @property
    def needs_normalizing(self) -> bool:
        return any(field.data_type.needs_normalizing for field in self.fields)

    def normalize(self, array: np.ndarray[Any, Any]) -> None:
        for field in self.fields:
            if field.data_type.needs_normalizing:
                field.data_type.normalize(array[field.name])

    def __reduce__(self) -> tuple[Any, ...]:
        return make_struct, (self.fields, self.itemsize, self.legacy)


def _named(name: str, parse: Callable[..., bytes], *arguments: Any) -> bytes:
    """Parse a part of a fill value, so that errors name it."""
    try:
        return parse(*arguments)
    except MetadataValidationError as error:
        rest = str(error).removeprefix(fill.FIELD)
        raise MetadataValidationError(f"{fill.FIELD}[{name!r}]{rest}") from None


def _repeated(data_type: DataType, value: Any, shape: tuple[int, ...]) -> bytes:
    """One value for all of a subarray, or nested sequences of them."""
    if not shape:
        return fill.fill_from_user(value, data_type)
    if isinstance(value, list) or (isinstance(value, np.ndarray) and value.ndim):
        if len(value) != shape[0]:
            raise invalid(fill.FIELD, f"{shape[0]} values", value)
        return b"".join(_repeated(data_type, part, shape[1:]) for part in value)
    return fill.fill_from_user(value, data_type) * prod(shape)


_CACHE: dict[tuple[tuple[Field, ...], int, bool], DataType] = {}


def make_struct(fields: tuple[Field, ...], itemsize: int, legacy: bool = False) -> DataType:
    """Find the one record of these fields."""
    key = (fields, itemsize, legacy)
    return _CACHE.get(key) or _CACHE.setdefault(key, StructType(*key))


def _dtype(fields: Sequence[Field], itemsize: int) -> np.dtype[Any]:
    formats = [(f.data_type.dtype, f.shape) if f.shape else f.data_type.dtype for f in fields]
    return np.dtype(
        {
            "names": [f.name for f in fields],
            "formats": formats,
            "offsets": [f.offset for f in fields],
            "itemsize": itemsize,
        }
    )


def check_v3(struct: DataType) -> None:
    """Refuse a record that Zarr v3 cannot describe.

    Raises
    ------
    DataTypeValidationError
        If it has subarrays or padding.
    """
    assert isinstance(struct, StructType)
    for field in struct.fields:
        if field.shape:
            raise DataTypeValidationError(
                f"data_type: Zarr v3 has no subarrays in records, found field {field.name!r} "
                f"of shape {field.shape}; use one field each, an axis of the array, or Zarr v2"
            )
    if not struct.packed:
        raise DataTypeValidationError(
            f"data_type: Zarr v3 has no padding in records, found {struct.dtype}"
        )
