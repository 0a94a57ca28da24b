"""The base of all data types, and of those that zarr_c has itself."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, Any, ClassVar, Generic, Literal, Self, TypeVar

import numpy as np

from zarr_c.errors import DataTypeValidationError, MetadataValidationError
from zarr_c.frozen import Frozen
from zarr_c.metadata.dtype import parse_v2, parse_v3

if TYPE_CHECKING:
    from zarr_c.metadata.data_type import DataType

__all__ = ["TBaseDType", "TBaseScalar", "ZDType"]

TBaseDType = np.dtype[Any]
TBaseScalar = np.generic | str | bytes
DType_co = TypeVar("DType_co", bound=np.dtype[Any], covariant=True)
Scalar_co = TypeVar("Scalar_co", bound=TBaseScalar, covariant=True)
ZarrFormat = Literal[2, 3]


class ZDType(ABC, Generic[DType_co, Scalar_co]):
    """The type of an array's elements: a NumPy dtype, and how documents spell it.

    Subclass it for a type of your own, give it to ``data_type_registry.register``, and arrays
    have elements of this type.

    Attributes
    ----------
    dtype_cls : type
        The class of the NumPy dtypes that this type stands for.
    """

    __slots__ = ()

    dtype_cls: ClassVar[type[np.dtype[Any]]]
    _zarr_v3_name: ClassVar[str]

    @classmethod
    def _check_native_dtype(cls, dtype: np.dtype[Any]) -> bool:
        return type(dtype) is cls.dtype_cls

    @classmethod
    @abstractmethod
    def from_native_dtype(cls, dtype: np.dtype[Any]) -> Self:
        """The type of a NumPy dtype.

        Raises
        ------
        DataTypeValidationError
            If the dtype is another one.
        """

    @abstractmethod
    def to_native_dtype(self) -> DType_co:
        """The NumPy dtype."""

    @classmethod
    @abstractmethod
    def _from_json_v2(cls, data: Any) -> Self: ...

    @classmethod
    @abstractmethod
    def _from_json_v3(cls, data: Any) -> Self: ...

    @classmethod
    def from_json(cls, data: Any, *, zarr_format: ZarrFormat) -> Self:
        """The type of a document.

        Parameters
        ----------
        data : str or mapping
            In v3 the ``data_type``; in v2 a mapping of ``name``, which is the ``dtype`` of the
            document, and ``object_codec_id``, the codec of its objects or None.
        zarr_format : {2, 3}

        Raises
        ------
        DataTypeValidationError
            If the document has another type.
        """
        return cls._from_json_v2(data) if zarr_format == 2 else cls._from_json_v3(data)

    @abstractmethod
    def to_json(self, zarr_format: ZarrFormat) -> Any:
        """What `from_json` takes."""

    @abstractmethod
    def _check_scalar(self, data: object) -> bool: ...

    @abstractmethod
    def cast_scalar(self, data: object) -> Scalar_co:
        """Make a scalar of this type out of a value.

        Raises
        ------
        TypeError
            If the type cannot hold the value.
        """

    @abstractmethod
    def default_scalar(self) -> Scalar_co:
        """The fill value of new arrays: zero, not a time, nothing."""

    @abstractmethod
    def from_json_scalar(self, data: Any, *, zarr_format: ZarrFormat) -> Scalar_co:
        """The scalar that a document has as ``fill_value``."""

    @abstractmethod
    def to_json_scalar(self, data: object, *, zarr_format: ZarrFormat) -> Any:
        """What a document has as ``fill_value`` for a scalar."""


class NativeType(Frozen, ZDType[Any, Any]):
    """Base of the types that zarr_c has: a thin face of a `zarr_c.metadata.dtype.DataType`."""

    __slots__ = ()

    def data_type(self, zarr_format: ZarrFormat) -> DataType:
        """The type as the metadata of a format has it."""
        spec = self.to_json(zarr_format)
        if zarr_format == 3:
            return parse_v3(spec)
        return parse_v2(spec["name"], ({"id": spec["object_codec_id"]},))

    @property
    def item_size(self) -> int:
        """Bytes of one element."""
        return self.to_native_dtype().itemsize  # type: ignore[no-any-return]

    @classmethod
    def from_native_dtype(cls, dtype: np.dtype[Any]) -> Self:
        if not cls._check_native_dtype(dtype):
            raise DataTypeValidationError(
                f"dtype: expected one of {cls.__name__}, found {dtype}"
            )
        return cls._from_dtype(dtype)

    @classmethod
    def _from_dtype(cls, dtype: np.dtype[Any]) -> Self:
        return cls()

    @classmethod
    def _from_json_v2(cls, data: Any) -> Self:
        if not isinstance(data, dict) or data.keys() != {"name", "object_codec_id"}:
            raise DataTypeValidationError(
                f"dtype: expected a name and an object_codec_id, found {data!r}"
            )
        codecs = ({"id": data["object_codec_id"]},)
        return cls._from_data_type(parse_v2(data["name"], codecs), data)

    @classmethod
    def _from_json_v3(cls, data: Any) -> Self:
        return cls._from_data_type(parse_v3(data), data)

    @classmethod
    def _from_data_type(cls, found: DataType, data: Any) -> Self:
        """The type of what a document has been parsed to."""
        made = cls.from_native_dtype(found.dtype) if cls._stands_for(found) else None
        if made is None:
            raise DataTypeValidationError(f"dtype: expected {cls.__name__}, found {data!r}")
        return made

    @classmethod
    def _stands_for(cls, found: DataType) -> bool:
        return found.name == cls._zarr_v3_name

    def to_json(self, zarr_format: ZarrFormat) -> Any:
        if zarr_format == 2:
            return {"name": self.to_native_dtype().str, "object_codec_id": None}
        return self._zarr_v3_name

    def _check_scalar(self, data: object) -> bool:
        try:
            self.cast_scalar(data)
        except TypeError:
            return False
        return True

    def cast_scalar(self, data: object) -> Any:
        from zarr_c.metadata.fill_value import fill_from_user

        found = self.data_type(2)
        try:
            return found.scalar(fill_from_user(data, found))
        except MetadataValidationError as error:
            raise TypeError(f"{self}: {error}") from None

    def default_scalar(self) -> Any:
        found = self.data_type(2)
        return found.scalar(found.zero())

    def from_json_scalar(self, data: Any, *, zarr_format: ZarrFormat) -> Any:
        found = self.data_type(zarr_format)
        return found.scalar(found.fill_from_json(data, zarr_format))

    def to_json_scalar(self, data: object, *, zarr_format: ZarrFormat) -> Any:
        from zarr_c.metadata.fill_value import fill_from_user

        found = self.data_type(zarr_format)
        return found.fill_to_json(fill_from_user(data, found), zarr_format)
