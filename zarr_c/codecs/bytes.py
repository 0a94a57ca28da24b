"""The codec ``bytes`` under the name of the module that zarr-python has it in."""

from zarr_c.codecs.bytes_ import BytesCodec
from zarr_c.codecs.enums import Endian

__all__ = ["BytesCodec", "Endian"]
