"""The codec ``crc32c`` under the name of the module that zarr-python has it in."""

from zarr_c.codecs.checksums import Crc32cCodec

__all__ = ["Crc32cCodec"]
