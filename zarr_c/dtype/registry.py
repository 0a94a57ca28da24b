"""The classes of data types, by the names that Zarr v3 has for them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

from zarr_c.dtype import numbers, types
from zarr_c.errors import DataTypeValidationError
from zarr_c.metadata.dtype import REGISTERED
from zarr_c.recent import note_registration

if TYPE_CHECKING:
    import numpy as np

    from zarr_c.dtype.base import ZDType

__all__ = ["DataTypeRegistry", "data_type_registry"]


class DataTypeRegistry:
    """What finds the `zarr_c.dtype.ZDType` of a document or of a NumPy dtype.

    Attributes
    ----------
    contents : dict of str to type
        The classes that are known.
    """

    def __init__(self) -> None:
        names = [name for name in types.__all__ if name != "Structured"]
        ours: list[type[ZDType[Any, Any]]] = [getattr(types, name) for name in names]
        ours += [getattr(numbers, name) for name in numbers.__all__]
        self._ours = {kind._zarr_v3_name: kind for kind in ours}

    @property
    def contents(self) -> dict[str, type[ZDType[Any, Any]]]:
        """The classes that are known: those of zarr_c, and those of the program."""
        return {**self._ours, **REGISTERED}

    def register(self, key: str, cls: type[ZDType[Any, Any]]) -> None:
        """Make a class known, so that arrays can be created with such a type and opened.

        Parameters
        ----------
        key : str
            The name that Zarr v3 documents have.
        cls : type
            A subclass of `zarr_c.dtype.ZDType`. What zarr_c has itself comes first.
        """
        if self._ours.get(key) is not cls:
            REGISTERED[key] = cls
            note_registration()

    def unregister(self, key: str) -> None:
        """Forget a class that was registered.

        Raises
        ------
        KeyError
            If none was under this name.
        """
        del REGISTERED[key]
        note_registration()

    def get(self, key: str) -> type[ZDType[Any, Any]]:
        """The class of a name.

        Raises
        ------
        KeyError
            If there is none.
        """
        return self.contents[key]

    def match_dtype(self, dtype: np.dtype[Any]) -> ZDType[Any, Any]:
        """The type of a NumPy dtype.

        Raises
        ------
        DataTypeValidationError
            If there is none.
        """
        if dtype.kind == "O":
            raise DataTypeValidationError(
                "dtype: expected 'string' or 'bytes' for objects, or a ZDType, found object"
            )
        for kind in self.contents.values():
            try:
                return kind.from_native_dtype(dtype)
            except DataTypeValidationError:
                continue
        raise DataTypeValidationError(f"dtype: {dtype} is not supported")

    def match_json(self, data: Any, *, zarr_format: Literal[2, 3]) -> ZDType[Any, Any]:
        """The type of a document, as `ZDType.from_json` takes it.

        Raises
        ------
        DataTypeValidationError
            If there is none.
        """
        kinds: list[type[ZDType[Any, Any]]] = [*self.contents.values(), types.Structured]
        for kind in kinds:
            try:
                return kind.from_json(data, zarr_format=zarr_format)
            except DataTypeValidationError:
                continue
        raise DataTypeValidationError(f"dtype: {data!r} is not supported")

    def __repr__(self) -> str:
        return f"DataTypeRegistry({sorted(self.contents)})"


data_type_registry = DataTypeRegistry()
