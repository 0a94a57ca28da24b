"""Codecs that add a checksum: ``crc32c`` of Zarr v3 core, and those of numcodecs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from zarr_c.codecs.base import BytesBytesCodec, expect

if TYPE_CHECKING:
    from zarr_c.codecs._checksum import ChecksumStage

__all__ = [
    "Adler32",
    "CRC32",
    "CRC32C",
    "Crc32cCodec",
    "Fletcher32",
    "JenkinsLookup3",
]


class ChecksumCodec(BytesBytesCodec):
    """Four little-endian bytes beside the data, verified on reading.

    ``config["codec_pipeline.validate_checksums"] = False`` opens arrays whose checksums are cut
    off without a look.
    """

    fixed_size = True
    kind: ClassVar[str]
    first: ClassVar[bool] = False
    initval = 0

    def _stands_first(self) -> bool:
        return self.first

    def stage(self, itemsize: int) -> ChecksumStage:
        from zarr_c.codecs._checksum import ChecksumStage
        from zarr_c.config import config

        verified = config.get("codec_pipeline.validate_checksums")
        return ChecksumStage(self.kind, self._stands_first(), verified, self.initval)


class Crc32cCodec(ChecksumCodec):
    """CRC-32C in four little-endian bytes after the data (Zarr v3 core, codecs, crc32c)."""

    name = "crc32c"
    kind = "crc32c"


class LocatedChecksum(ChecksumCodec):
    """A checksum that may stand on either side of the data, as numcodecs lets it.

    Parameters
    ----------
    location : {'start', 'end'}, optional
        By default where numcodecs has it.

    Raises
    ------
    MetadataValidationError
        If `location` is none of these.
    """

    parameters = ("location",)

    def __init__(self, *, location: str | None = None) -> None:
        valid = location in ("start", "end", None)
        expect(self.name, "location", valid, "'start' or 'end'", location)
        self.location = location

    def _stands_first(self) -> bool:
        return self.first if self.location is None else self.location == "start"

    def configuration(self) -> dict[str, Any]:
        return {} if self.location is None else {"location": self.location}


class CRC32C(LocatedChecksum):
    """CRC-32C, by default after the data."""

    name = "numcodecs.crc32c"
    kind = "crc32c"


class CRC32(LocatedChecksum):
    """CRC-32, that of zlib, by default before the data."""

    name = "numcodecs.crc32"
    kind = "crc32"
    first = True


class Adler32(LocatedChecksum):
    """Adler-32, that of zlib, by default before the data."""

    name = "numcodecs.adler32"
    kind = "adler32"
    first = True


class Fletcher32(ChecksumCodec):
    """Fletcher-32 as HDF5 has it, after the data."""

    name = "numcodecs.fletcher32"
    kind = "fletcher32"


class JenkinsLookup3(ChecksumCodec):
    """Bob Jenkins' lookup3 as HDF5 has it, after the data.

    Parameters
    ----------
    initval : int, default 0
        What the hash starts from, of 32 bits.
    prefix : None
        numcodecs hashes bytes before the data; no document can hold any.

    Raises
    ------
    MetadataValidationError
        If a parameter is none of these.
    """

    name = "numcodecs.jenkins_lookup3"
    kind = "jenkins_lookup3"
    parameters = ("initval", "prefix")

    def __init__(self, *, initval: int = 0, prefix: None = None) -> None:
        valid = type(initval) is int and 0 <= initval < 2**32
        expect(self.name, "initval", valid, "an integer of 32 bits", initval)
        expect(self.name, "prefix", prefix is None, "null", prefix)
        self.initval = initval

    def configuration(self) -> dict[str, Any]:
        return {"initval": self.initval} if self.initval else {}
