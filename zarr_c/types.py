"""Names for type annotations."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Literal

from zarr_c.aio.array import AsyncArray
from zarr_c.array import Array
from zarr_c.dtype.documents import DTypeJSON, DTypeSpec_V2

__all__ = [
    "JSON",
    "AnyArray",
    "AnyAsyncArray",
    "ArrayV2",
    "ArrayV3",
    "AsyncArrayV2",
    "AsyncArrayV3",
    "DTypeConfig_V2",
    "DTypeJSON",
    "ZarrFormat",
]

ZarrFormat = Literal[2, 3]
"""The formats."""

JSON = str | int | float | Mapping[str, Any] | Sequence[Any] | bool | None
"""What a document may hold."""

DTypeConfig_V2 = DTypeSpec_V2
"""A type of Zarr v2 and the codec of its objects."""

AnyArray = ArrayV2 = ArrayV3 = Array
"""An array; one class is for both formats."""

AnyAsyncArray = AsyncArrayV2 = AsyncArrayV3 = AsyncArray
"""An array that is awaited; one class is for both formats."""
