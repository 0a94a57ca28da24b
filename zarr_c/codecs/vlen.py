"""``vlen-utf8`` and ``vlen-bytes``: elements of any length, each behind its length.

https://github.com/zarr-developers/zarr-extensions/tree/main/codecs/vlen-utf8
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from zarr_c.codecs.base import ArrayBytesCodec, expect

if TYPE_CHECKING:
    from zarr_c.codecs._vlen import VlenStage
    from zarr_c.codecs.representation import Representation

__all__ = ["VLenBytesCodec", "VLenUTF8Codec"]


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
    return VlenStage(family == "string")
