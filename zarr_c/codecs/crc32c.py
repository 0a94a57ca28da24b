"""``crc32c``: Zarr v3 core, codecs, crc32c."""

from __future__ import annotations

from zarr_c.codecs._crc32c import Crc32cStage
from zarr_c.codecs.base import BytesBytesCodec, expect

__all__ = ["Crc32cCodec", "NumcodecsCrc32c"]


class Crc32cCodec(BytesBytesCodec):
    """CRC-32C in four little-endian bytes after the data, always verified."""

    name = "crc32c"
    fixed_size = True

    def stage(self, itemsize: int) -> Crc32cStage:
        return Crc32cStage(False)


class NumcodecsCrc32c(BytesBytesCodec):
    """The same for Zarr v2, where numcodecs lets the checksum stand before the data.

    Parameters
    ----------
    location : {'start', 'end'}, default 'end'
    """

    name = "crc32c"
    parameters = ("location",)

    def __init__(self, *, location: str | None = "end") -> None:
        valid = location in ("start", "end", None)
        expect("crc32c", "location", valid, "'start' or 'end'", location)
        self.location = location or "end"

    def stage(self, itemsize: int) -> Crc32cStage:
        return Crc32cStage(self.location == "start")
