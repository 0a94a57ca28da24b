"""What every data type is; the families are in the modules beside this one."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Any, ClassVar

import numpy as np

from zarr_c.errors import DataTypeValidationError
from zarr_c.frozen import Frozen, set_field
from zarr_c.metadata.checks import shown

__all__ = ["MAX_NBYTES", "SLOT", "DataType", "length_bytes"]

SLOT = 16
"""Bytes of a variable-length element in memory: a pointer and a length."""

MAX_NBYTES = 2**31 - 1
"""Bytes of the largest element that NumPy can describe."""


class DataType(Frozen, ABC):
    """The type of an array's elements.

    Attributes
    ----------
    name : str
        Name in Zarr v3, without byte order: ``"int32"``.
    dtype : numpy.dtype
        As the user sees it: in native byte order in v3, in the stored one in v2.
    word : int
        Bytes per unit that byte order swaps: 4 for complex64, 1 for 1-byte, raw and
        variable-length types, 0 for records of which not all units have one size (see `words`).
    variable : bool
        Whether elements have no fixed size; the raw bytes of one may be of any length then.
    family : str
        Which values may become elements; `zarr_c.elements` has a cast for each.
    """

    __slots__ = ("name", "dtype", "word")

    variable: ClassVar[bool] = False
    family: ClassVar[str]

    name: str
    dtype: np.dtype[Any]
    word: int

    def __init__(self, name: str, dtype: np.dtype[Any], word: int) -> None:
        set_field(self, "name", name)
        set_field(self, "dtype", dtype)
        set_field(self, "word", word)

    def to_native_dtype(self) -> np.dtype[Any]:
        """The `dtype`, under zarr-python's name."""
        return self.dtype

    @property
    def itemsize(self) -> int:
        """Bytes of one element in a decoded chunk."""
        return SLOT if self.variable else self.dtype.itemsize

    @property
    def serializer(self) -> str:
        """The codec from array to bytes that stores such elements unless another is chosen."""
        return "bytes"

    @property
    def words(self) -> tuple[tuple[int, int, int], ...]:
        """What byte order swaps in one element, as (offset, size, count) in bytes."""
        return ((0, self.word, self.itemsize // self.word),) if self.word > 1 else ()

    @property
    def v2_name(self) -> Any:
        """The ``dtype`` of a v2 document, with byte order: ``"<i4"``, or a list of fields."""
        return self.dtype.str

    def to_v3(self) -> str | dict[str, Any]:
        """Write the ``data_type`` of a v3 document.

        Raises
        ------
        DataTypeValidationError
            If Zarr v3 has no such type.
        """
        return self.name

    @abstractmethod
    def fill_from_json(self, value: Any, zarr_format: int) -> bytes:
        """Read the fill value of a document; a v2 ``null`` is for the caller."""

    @abstractmethod
    def fill_to_json(self, raw: bytes, zarr_format: int) -> Any:
        """Write the fill value of a document."""

    @abstractmethod
    def fill_from_user(self, value: Any) -> bytes:
        """Convert an argument; use `fill_value.fill_from_user`, which documents it."""

    def zero(self) -> bytes:
        """The raw bytes of the fill value that a new array has unless another is given."""
        return bytes(self.itemsize)

    def scalar(self, raw: bytes) -> Any:
        """The NumPy or Python scalar that the raw bytes of one element stand for."""
        return np.frombuffer(raw, self.dtype, count=1)[0]

    @property
    def needs_normalizing(self) -> bool:
        """Whether stored bytes may hold what elements must not; see `normalize`."""
        return False

    def normalize(self, array: np.ndarray[Any, Any]) -> None:
        """Put right in place what was read: bools other than 0 and 1, bits without meaning.

        What cannot be an element at all is a `ChunkCorruptError`.

        Parameters
        ----------
        array : numpy.ndarray
            Of this type, writable, with any strides.
        """

    def __reduce__(self) -> tuple[Any, ...]:
        from zarr_c.metadata.dtype import parse_v2

        return parse_v2, (self.v2_name,)

    # there is one instance per type

    def __eq__(self, other: object) -> bool:
        return self is other

    def __hash__(self) -> int:
        return object.__hash__(self)

    def __str__(self) -> str:
        return self.name


def length_bytes(name: str, configuration: dict[str, Any]) -> int:
    """Read the configuration of a v3 type that has nothing but a length in bytes.

    Raises
    ------
    DataTypeValidationError
        If it is missing, out of range, or not alone.
    """
    nbytes = configuration.get("length_bytes")
    if type(nbytes) is int and 0 < nbytes <= MAX_NBYTES and len(configuration) == 1:
        return nbytes
    raise DataTypeValidationError(
        f"data_type: expected {name} with only length_bytes, from 1 to {MAX_NBYTES}, "
        f"found {shown(configuration)}"
    )
