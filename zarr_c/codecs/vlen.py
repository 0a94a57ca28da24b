"""``vlen-utf8`` and ``vlen-bytes``: elements of any length, each behind its length.

https://github.com/zarr-developers/zarr-extensions/tree/main/codecs/vlen-utf8
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from zarr_c.codecs.base import ArrayBytesCodec, expect
from zarr_c.config import config

if TYPE_CHECKING:
    from zarr_c.codecs._vlen import VlenStage
    from zarr_c.codecs.representation import Representation

__all__ = ["VLenBytesCodec", "VLenUTF8Codec", "most_bytes"]

# What numcodecs and Blosc can have in one buffer.
_MOST = 2**31 - 1


def most_bytes() -> int:
    """Most bytes of a chunk of elements, which say nothing of their sizes before."""
    limit = config.get("limits.chunk_bytes")
    return _MOST if limit is None else min(_MOST, limit)


class VLenUTF8Codec(ArrayBytesCodec):
    """Strings as UTF-8; what is stored must be valid."""

    name = "vlen-utf8"

    def stage(self, given: Representation) -> VlenStage:
        return _stage(self.name, "string", given)


class VLenBytesCodec(ArrayBytesCodec):
    """Bytes as they are."""

    name = "vlen-bytes"

    def stage(self, given: Representation) -> VlenStage:
        return _stage(self.name, "bytes", given)


def _stage(name: str, family: str, given: Representation) -> VlenStage:
    from zarr_c.codecs._vlen import VlenStage

    found = given.data_type
    expect(name, "data type", found.family == family, family, found.name)
    return VlenStage(family == "string", most_bytes())
