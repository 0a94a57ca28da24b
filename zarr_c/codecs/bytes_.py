"""``bytes``: Zarr v3 core, codecs, bytes. It costs a byte swap at most, so it has no stage."""

from __future__ import annotations

from typing import Any

from zarr_c.codecs.base import Codec, expect

__all__ = ["BytesCodec"]


class BytesCodec(Codec):
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
