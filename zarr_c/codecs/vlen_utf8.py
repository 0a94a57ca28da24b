"""The codecs of elements of any length, under the name of the module of zarr-python."""

from zarr_c.codecs.vlen import VLenBytesCodec, VLenUTF8Codec

__all__ = ["VLenBytesCodec", "VLenUTF8Codec"]
