"""``zstd``: https://github.com/zarr-developers/zarr-extensions/tree/main/codecs/zstd"""

from __future__ import annotations

from zarr_c.codecs._zstd import ZstdStage
from zarr_c.codecs.base import BytesBytesCodec, expect

__all__ = ["Zstd", "ZstdCodec"]


class ZstdCodec(BytesBytesCodec):
    """Zstandard (RFC 8878).

    Parameters
    ----------
    level : int, default 0
        From -131072 (fastest) to 22 (smallest); 0 is the library's default, 3.
    checksum : bool, default False
        Whether a checksum is stored; one that is there is always verified.

    Raises
    ------
    MetadataValidationError
        If a parameter is out of range.
    """

    name = "zstd"
    parameters = ("level", "checksum")

    def __init__(self, *, level: int = 0, checksum: bool = False) -> None:
        valid = type(level) is int and -131072 <= level <= 22
        expect(self.name, "level", valid, "an integer from -131072 to 22", level)
        expect(self.name, "checksum", type(checksum) is bool, "true or false", checksum)
        self.level, self.checksum = level, checksum

    def stage(self, itemsize: int) -> ZstdStage:
        return ZstdStage(self.level, self.checksum)


class Zstd(ZstdCodec):
    """Zstandard as numcodecs has it: the same, under its name."""

    name = "numcodecs.zstd"
