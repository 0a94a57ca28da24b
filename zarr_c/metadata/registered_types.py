"""Types that a program defines: each is one of its classes, of which `zarr_c.dtype.ZDType` is
the base, and the scalars, JSON and NumPy dtype that this class makes.
"""

from __future__ import annotations

from typing import Any, Protocol

import numpy as np

from zarr_c.frozen import set_field
from zarr_c.metadata.data_type import DataType
from zarr_c.metadata.dtype import REGISTERED

__all__ = ["Definition", "RegisteredType", "find_dtype", "find_json", "of"]


class Definition(Protocol):
    """What a type of a program can do, see `zarr_c.dtype.ZDType`."""

    def to_native_dtype(self) -> Any: ...
    def to_json(self, zarr_format: Any) -> Any: ...
    def default_scalar(self) -> Any: ...
    def cast_scalar(self, data: object) -> Any: ...
    def from_json_scalar(self, data: Any, *, zarr_format: Any) -> Any: ...
    def to_json_scalar(self, data: object, *, zarr_format: Any) -> Any: ...


_MADE: dict[Any, RegisteredType] = {}


class RegisteredType(DataType):
    """A type of a program.

    Attributes
    ----------
    definition : Definition
    """

    __slots__ = ("definition",)

    family = "number"

    definition: Definition

    def __init__(self, definition: Definition) -> None:
        set_field(self, "definition", definition)
        dtype = np.dtype(definition.to_native_dtype())
        spec = definition.to_json(3)
        name = spec if isinstance(spec, str) else spec["name"]
        word = dtype.itemsize // 2 if dtype.kind == "c" else dtype.itemsize
        super().__init__(name, dtype, 1 if dtype.kind in "SV" else word)

    def to_v3(self) -> Any:
        return self.definition.to_json(3)

    @property
    def v2_name(self) -> Any:
        return self.definition.to_json(2)["name"]

    def fill_from_json(self, value: Any, zarr_format: int) -> bytes:
        return self._raw(self.definition.from_json_scalar(value, zarr_format=zarr_format))

    def fill_to_json(self, raw: bytes, zarr_format: int) -> Any:
        return self.definition.to_json_scalar(self.scalar(raw), zarr_format=zarr_format)

    def fill_from_user(self, value: Any) -> bytes:
        return self._raw(self.definition.cast_scalar(value))

    def zero(self) -> bytes:
        return self._raw(self.definition.default_scalar())

    def _raw(self, scalar: Any) -> bytes:
        return np.array(scalar, self.dtype).tobytes()

    def __reduce__(self) -> tuple[Any, ...]:
        return of, (self.definition,)


def of(definition: Definition) -> DataType:
    """The data type of what a program has defined: always the same one."""
    found = _MADE.get(definition)
    return found or _MADE.setdefault(definition, RegisteredType(definition))


def find_json(spec: Any, zarr_format: int) -> DataType | None:
    """The type of a document that a registered class takes; None where none does."""
    data = spec if zarr_format == 3 else {"name": spec, "object_codec_id": None}
    for kind in REGISTERED.values():
        try:
            return of(kind.from_json(data, zarr_format=zarr_format))
        except (TypeError, ValueError):
            continue
    return None


def find_dtype(dtype: np.dtype[Any]) -> DataType | None:
    """The type of a NumPy dtype that a registered class takes; None where none does."""
    for kind in REGISTERED.values():
        try:
            return of(kind.from_native_dtype(dtype))
        except (TypeError, ValueError):
            continue
    return None
