"""What a codec works on: the elements of one chunk, as the codecs before it left them."""

from __future__ import annotations

from math import prod
from typing import TYPE_CHECKING

from zarr_c.frozen import Frozen, set_field

if TYPE_CHECKING:
    from zarr_c.metadata.dtype import DataType

__all__ = ["Representation"]


class Representation(Frozen):
    """The elements of a chunk, in C order (Zarr v3 core, "Codecs": decoded representation).

    Attributes
    ----------
    shape : tuple of int
    data_type : DataType
    fill_value : bytes
        Raw bytes of one element: what an absent element is at this point of the chain.
    """

    __slots__ = ("shape", "data_type", "fill_value")

    shape: tuple[int, ...]
    data_type: DataType
    fill_value: bytes

    def __init__(self, shape: tuple[int, ...], data_type: DataType, fill_value: bytes) -> None:
        set_field(self, "shape", shape)
        set_field(self, "data_type", data_type)
        set_field(self, "fill_value", fill_value)

    @property
    def size(self) -> int:
        """Number of elements."""
        return prod(self.shape)

    @property
    def nbytes(self) -> int:
        """Bytes that the elements take in memory."""
        return self.size * self.data_type.itemsize
