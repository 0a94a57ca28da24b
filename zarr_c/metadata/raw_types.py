"""Bits without meaning: ``r8``, ``r16``, ..., what NumPy calls void."""

from __future__ import annotations

from typing import Any

import numpy as np

from zarr_c.errors import DataTypeValidationError
from zarr_c.metadata import fill_value as fill
from zarr_c.metadata.data_type import MAX_NBYTES, DataType, length_bytes

__all__ = ["RawBytesType", "RawType", "make_raw", "make_raw_bytes"]


class RawType(DataType):
    """``r8``, ``r16``, ...: that many bits (Zarr v3 core, "Core data types")."""

    __slots__ = ()

    family = "raw"

    def fill_from_json(self, value: Any, zarr_format: int) -> bytes:
        return fill.raw_from_json(value, self.itemsize, zarr_format)

    def fill_to_json(self, raw: bytes, zarr_format: int) -> list[int] | str:
        return fill.to_base64(raw) if zarr_format == 2 else list(raw)

    def fill_from_user(self, value: Any) -> bytes:
        return fill.raw_from_user(value, self.itemsize)


class RawBytesType(RawType):
    """``raw_bytes`` of zarr-python: a raw type in its spelling, which a rewrite keeps."""

    __slots__ = ()

    def to_v3(self) -> dict[str, Any]:
        return {"name": self.name, "configuration": {"length_bytes": self.itemsize}}

    def fill_to_json(self, raw: bytes, zarr_format: int) -> str:
        return fill.to_base64(raw)

    def __reduce__(self) -> tuple[Any, ...]:
        return make_raw_bytes, (self.to_v3()["configuration"],)


_RAW: dict[int, RawType] = {}
_RAW_BYTES: dict[int, RawBytesType] = {}


def make_raw(bits: int) -> DataType:
    """Find the raw type of a number of bits.

    Raises
    ------
    DataTypeValidationError
        If it is not a number of bytes that NumPy can describe.
    """
    nbytes, rest = divmod(bits, 8)
    if rest or not 0 < nbytes <= MAX_NBYTES:
        raise DataTypeValidationError(
            f"data_type: expected 8 to {8 * MAX_NBYTES} bits in steps of 8, found {bits}"
        )
    found = _RAW.get(nbytes)
    if found is None:
        made = RawType(f"r{bits}", np.dtype(f"V{nbytes}"), 1)
        found = _RAW.setdefault(nbytes, made)
    return found


def make_raw_bytes(configuration: dict[str, Any]) -> DataType:
    """Find the ``raw_bytes`` of a configuration.

    Raises
    ------
    DataTypeValidationError
        If it is not just a length that NumPy can describe.
    """
    nbytes = length_bytes("raw_bytes", configuration)
    found = _RAW_BYTES.get(nbytes)
    if found is None:
        made = RawBytesType("raw_bytes", np.dtype(f"V{nbytes}"), 1)
        found = _RAW_BYTES.setdefault(nbytes, made)
    return found
