"""``bytes``: Zarr v3 core, codecs, bytes. It costs a byte swap at most, often none."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

from zarr_c.codecs.base import ArrayBytesCodec, expect
from zarr_c.errors import MetadataValidationError

if TYPE_CHECKING:
    from zarr_c.codecs._chain import Stage
    from zarr_c.codecs.representation import Representation
    from zarr_c.metadata.dtype import DataType

__all__ = ["BytesCodec"]


class BytesCodec(ArrayBytesCodec):
    """Elements one after another, in C order.

    Parameters
    ----------
    endian : {'little', 'big'} or None, default 'little'
        Byte order; None where elements have one byte.

    Raises
    ------
    MetadataValidationError
        If `endian` is none of these.
    """

    name = "bytes"
    parameters = ("endian",)
    fixed_size = True

    def __init__(self, *, endian: str | None = "little") -> None:
        endian = getattr(endian, "value", endian)
        valid = endian in ("little", "big", None)
        expect("bytes", "endian", valid, "'little' or 'big'", endian)
        self.endian = endian

    @classmethod
    def from_configuration(cls, configuration: Any) -> BytesCodec:
        # What a document does not say is not little: that is for the data type to judge.
        return super().from_configuration({"endian": None} | dict(configuration))

    def configuration(self) -> dict[str, Any]:
        return {} if self.endian is None else {"endian": self.endian}

    def swaps(self, data_type: DataType) -> bool:
        """Whether stored elements have another byte order than this machine.

        Raises
        ------
        MetadataValidationError
            If the data type has a byte order and the codec does not say which.
        """
        if data_type.word == 1:
            return False
        if self.endian is None:
            raise MetadataValidationError(
                f"codec 'bytes': endian: expected 'little' or 'big' for {data_type.name}, "
                "found none"
            )
        return self.endian != sys.byteorder

    def stage(self, given: Representation) -> Stage | None:
        from zarr_c.codecs._swap import SwapStage

        data_type = given.data_type
        valid = not data_type.variable
        expect("bytes", "data type", valid, "one of fixed size", data_type.name)
        if not self.swaps(data_type):
            return None
        return SwapStage(data_type.itemsize, data_type.words)
