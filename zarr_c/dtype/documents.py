"""What documents have as data types, for type checkers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal, TypedDict, TypeGuard

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = [
    "DTypeJSON",
    "DTypeSpec_V2",
    "DateTime64JSON_V2",
    "DateTime64JSON_V3",
    "FixedLengthUTF32JSON_V2",
    "FixedLengthUTF32JSON_V3",
    "NullTerminatedBytesJSON_V3",
    "NullterminatedBytesJSON_V2",
    "RawBytesJSON_V2",
    "RawBytesJSON_V3",
    "StructJSON_V3",
    "StructuredJSON_V2",
    "StructuredJSON_V3",
    "TimeDelta64JSON_V2",
    "TimeDelta64JSON_V3",
    "VariableLengthBytesJSON_V2",
    "VariableLengthUTF8JSON_V2",
    "check_dtype_spec_no_object_codec_v2",
    "check_dtype_spec_v2",
]


class DTypeSpec_V2(TypedDict):
    """A type of Zarr v2: the ``dtype`` of a document, and the codec of its objects."""

    name: Any
    object_codec_id: str | None


class _Plain(TypedDict):
    name: str
    object_codec_id: None


class DateTime64JSON_V2(_Plain):
    """``{"name": "<M8[s]", ...}``."""


class TimeDelta64JSON_V2(_Plain):
    """``{"name": "<m8[s]", ...}``."""


class FixedLengthUTF32JSON_V2(_Plain):
    """``{"name": "<U3", ...}``."""


class NullterminatedBytesJSON_V2(_Plain):
    """``{"name": "|S3", ...}``."""


class RawBytesJSON_V2(_Plain):
    """``{"name": "|V3", ...}``."""


class StructuredJSON_V2(TypedDict):
    """``{"name": [["a", "<i4"]], ...}``."""

    name: Sequence[Any]
    object_codec_id: None


class VariableLengthUTF8JSON_V2(TypedDict):
    """Objects that ``vlen-utf8`` stores."""

    name: Literal["|O"]
    object_codec_id: Literal["vlen-utf8"]


class VariableLengthBytesJSON_V2(TypedDict):
    """Objects that ``vlen-bytes`` stores."""

    name: Literal["|O"]
    object_codec_id: Literal["vlen-bytes"]


class _Length(TypedDict):
    length_bytes: int


class _Time(TypedDict):
    unit: str
    scale_factor: int


class DateTime64JSON_V3(TypedDict):
    """Unit and number of units."""

    name: Literal["numpy.datetime64"]
    configuration: _Time


class TimeDelta64JSON_V3(TypedDict):
    """Unit and number of units."""

    name: Literal["numpy.timedelta64"]
    configuration: _Time


class FixedLengthUTF32JSON_V3(TypedDict):
    """The length in bytes, four for each code point."""

    name: Literal["fixed_length_utf32"]
    configuration: _Length


class NullTerminatedBytesJSON_V3(TypedDict):
    """The length in bytes."""

    name: Literal["null_terminated_bytes"]
    configuration: _Length


class RawBytesJSON_V3(TypedDict):
    """The length in bytes."""

    name: Literal["raw_bytes"]
    configuration: _Length


class StructJSON_V3(TypedDict):
    """Fields as ``{"name": ..., "data_type": ...}``."""

    name: Literal["struct"]
    configuration: dict[str, Sequence[dict[str, Any]]]


class StructuredJSON_V3(TypedDict):
    """Fields as ``[name, data_type]``."""

    name: Literal["structured"]
    configuration: dict[str, Sequence[Sequence[Any]]]


DTypeJSON = str | dict[str, Any]
"""The ``data_type`` of a v3 document."""


def check_dtype_spec_v2(data: object) -> TypeGuard[DTypeSpec_V2]:
    """Whether this is a type of Zarr v2, as `DTypeSpec_V2` has it."""
    return (
        isinstance(data, dict)
        and data.keys() == {"name", "object_codec_id"}
        and isinstance(data["name"], str | list | tuple)
        and isinstance(data["object_codec_id"], str | None)
    )


def check_dtype_spec_no_object_codec_v2(data: object) -> TypeGuard[DTypeSpec_V2]:
    """Whether this is a type of Zarr v2 whose elements are no objects."""
    return check_dtype_spec_v2(data) and data["object_codec_id"] is None
