"""Elements of any length: ``string``, ``bytes``, and the objects of Zarr v2.

The raw bytes of such an element are its UTF-8, its bytes, or the JSON of an object.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from zarr_c.errors import DataTypeValidationError, MetadataValidationError
from zarr_c.frozen import set_field
from zarr_c.metadata import fill_value as fill
from zarr_c.metadata.checks import invalid
from zarr_c.metadata.data_type import DataType

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

__all__ = ["BytesType", "ObjectType", "StringType", "make_bytes", "make_object", "make_string"]

# What Zarr-Python 2 called object codecs; the names without 2 are of old numcodecs.
_OBJECT_CODECS = (
    *("vlen-utf8", "vlen-bytes", "vlen-array", "json2", "msgpack2", "pickle", "categorize"),
    *("json", "msgpack"),
)


class StringType(DataType):
    """``string``: Unicode of any length; in v2 objects that vlen-utf8 stores."""

    __slots__ = ()

    variable = True
    family = "string"

    @property
    def serializer(self) -> str:
        return "vlen-utf8"

    @property
    def v2_name(self) -> str:
        return "|O"

    def fill_from_json(self, value: Any, zarr_format: int) -> bytes:
        if zarr_format == 2 and fill.is_int(value) and value == 0:
            value = ""  # the default of Zarr-Python 2 for any type
        return self.fill_from_user(value)

    def fill_to_json(self, raw: bytes, zarr_format: int) -> str:
        return raw.decode("utf-8")

    def fill_from_user(self, value: Any) -> bytes:
        if not isinstance(value, str):
            raise invalid(fill.FIELD, "a string", value)
        try:
            return value.encode("utf-8")
        except UnicodeEncodeError:
            raise invalid(fill.FIELD, "a string without half surrogate pairs", value) from None

    def zero(self) -> bytes:
        return b""

    def scalar(self, raw: bytes) -> str:
        return raw.decode("utf-8")

    def __reduce__(self) -> tuple[Any, ...]:
        return make_string, ()


class BytesType(DataType):
    """``bytes``: bytes of any length; in v2 objects that vlen-bytes stores.

    zarr-python calls it ``variable_length_bytes``; that spelling is another instance, which a
    rewrite keeps.
    """

    __slots__ = ()

    variable = True
    family = "bytes"

    @property
    def serializer(self) -> str:
        return "vlen-bytes"

    def fill_from_json(self, value: Any, zarr_format: int) -> bytes:
        if zarr_format == 2 and fill.is_int(value) and value == 0:
            return b""
        if isinstance(value, list) and all(fill.is_int(v) and 0 <= v <= 255 for v in value):
            return bytes(value)
        raw = fill.from_base64(value)
        if raw is None:
            raise invalid(fill.FIELD, "integers from 0 to 255, or base64", value)
        return raw

    def fill_to_json(self, raw: bytes, zarr_format: int) -> str:
        return fill.to_base64(raw)

    def fill_from_user(self, value: Any) -> bytes:
        if isinstance(value, bytes | bytearray | memoryview):
            return bytes(value)
        raise invalid(fill.FIELD, "bytes", value)

    def zero(self) -> bytes:
        return b""

    def scalar(self, raw: bytes) -> bytes:
        return raw

    def __reduce__(self) -> tuple[Any, ...]:
        return make_bytes, (self.name,)


class ObjectType(DataType):
    """Python objects of Zarr v2, as the codec `serializer` stores them."""

    __slots__ = ("_codec",)

    variable = True
    family = "object"

    _codec: str

    def __init__(self, codec: str) -> None:
        super().__init__("object", np.dtype(object), 1)
        set_field(self, "_codec", codec)

    @property
    def serializer(self) -> str:
        return self._codec

    def to_v3(self) -> str | dict[str, Any]:
        raise DataTypeValidationError(
            "data_type: Zarr v3 has no type of any objects, only 'string' and 'bytes'"
        )

    def fill_from_json(self, value: Any, zarr_format: int) -> bytes:
        from zarr_c.metadata.document import dumps

        try:
            return dumps(value, allow_nan=True, indent=None)
        except MetadataValidationError as error:
            raise MetadataValidationError(f"{fill.FIELD}: {error}") from None

    def fill_to_json(self, raw: bytes, zarr_format: int) -> Any:
        return self.scalar(raw)

    def fill_from_user(self, value: Any) -> bytes:
        return self.fill_from_json(value, 2)

    def zero(self) -> bytes:
        return b"null"

    def scalar(self, raw: bytes) -> Any:
        from json import loads

        return loads(raw)

    def __reduce__(self) -> tuple[Any, ...]:
        return _object_of, (self.serializer,)


_CACHE: dict[str, DataType] = {}


def make_string() -> DataType:
    """Find the one ``string``."""
    return _CACHE.get("string") or _CACHE.setdefault(
        "string", StringType("string", np.dtypes.StringDType(), 1)
    )


def make_bytes(name: str = "bytes") -> DataType:
    """Find the ``bytes`` of either spelling."""
    found = _CACHE.get(name)
    return found or _CACHE.setdefault(name, BytesType(name, np.dtype(object), 1))


def _object_of(codec: str) -> DataType:
    return _CACHE.get(codec) or _CACHE.setdefault(codec, ObjectType(codec))


def make_object(codecs: Iterable[Mapping[str, Any]]) -> DataType:
    """Find the type of v2's ``|O``, which its codecs decide.

    Parameters
    ----------
    codecs : iterable of mapping
        The filters and the compressor of the array. The first that stores objects counts,
        wherever it stands.

    Raises
    ------
    DataTypeValidationError
        If none of them stores objects.
    """
    ids = [codec.get("id") for codec in codecs]
    codec = next((str(name) for name in ids if name in _OBJECT_CODECS), None)
    if codec is None:
        raise DataTypeValidationError(
            f"dtype: expected a codec for the objects of '|O', one of "
            f"{', '.join(_OBJECT_CODECS[:7])}, found {ids or 'none'}"
        )
    if codec == "vlen-utf8":
        return make_string()
    return make_bytes() if codec == "vlen-bytes" else _object_of(codec)
