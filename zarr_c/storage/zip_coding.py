"""The compression methods of ZIP archives, bounded when they decompress."""

from __future__ import annotations

import struct
import sys
import zlib
from typing import Any

try:
    from isal import isal_zlib as fast  # the same CRC in a tenth of the time
except ImportError:
    fast = zlib  # type: ignore[misc]

__all__ = ["BZIP2", "DEFLATED", "LZMA", "STORED", "VERSIONS", "compress", "crc32", "decompress"]

STORED, DEFLATED, BZIP2, LZMA = 0, 8, 12, 14  # as in `zipfile`
VERSIONS = {STORED: 20, DEFLATED: 20, BZIP2: 46, LZMA: 63}  # of ZIP, that can extract it

RAW = -15  # deflate without a header
DEFLATE_RATIO = 1032  # no byte of deflate yields more
LZMA_HEADER = struct.Struct("<2BHBL")  # version, length of what follows, properties, window
PROPERTIES, WINDOW = 0x5D, 1 << 23  # lc 3, lp 0, pb 2; 8 MiB: what preset 6 takes
END_MARKER = 1 << 1  # flag

crc32 = fast.crc32


def compress(value: bytes, method: int) -> tuple[bytes, int]:
    """An object as it goes into an archive, and the flags that say how it was compressed."""
    if method == STORED:
        return value, 0
    if method == DEFLATED:
        # ISA-L's level 3 is about as small as zlib's 6 in a tenth of its time
        return fast.compress(value, 6 if fast is zlib else 3, RAW), 0
    if method == BZIP2:
        import bz2

        return bz2.compress(value), 0
    import lzma

    packed = lzma.compress(value, lzma.FORMAT_RAW, filters=[_lzma_filter(PROPERTIES, WINDOW)])
    return LZMA_HEADER.pack(9, 4, 5, PROPERTIES, WINDOW) + packed, END_MARKER


def decompress(data: bytes, method: int, size: int) -> bytes:
    """At most one byte more than `size`, with no more memory than that takes.

    Raises
    ------
    ValueError
        If the data are damaged, or cannot yield as much.
    """
    most = min(size + 1, sys.maxsize)
    try:
        if method == DEFLATED:
            if size > DEFLATE_RATIO * len(data):
                raise ValueError(f"{len(data)} bytes of deflate, which cannot yield as many")
            return zlib.decompressobj(RAW).decompress(data, most)
        if method == BZIP2:
            import bz2

            return bz2.BZ2Decompressor().decompress(data, most)
        return _decompress_lzma(data, size, most)
    except (zlib.error, OSError, EOFError, struct.error) as error:
        raise ValueError(str(error)) from error


def _decompress_lzma(data: bytes, size: int, most: int) -> bytes:
    import lzma

    _, _, _, properties, window = LZMA_HEADER.unpack_from(data)
    try:
        # no window has to be larger than the object; liblzma would allocate what is claimed
        filters = [_lzma_filter(properties, max(min(window, size), 4096))]
        return lzma.LZMADecompressor(lzma.FORMAT_RAW, filters=filters).decompress(
            data[LZMA_HEADER.size :], most
        )
    except lzma.LZMAError as error:
        raise ValueError(str(error)) from error


def _lzma_filter(properties: int, window: int) -> dict[str, Any]:
    import lzma

    rest, lc = divmod(properties, 9)
    pb, lp = divmod(rest, 5)
    return {"id": lzma.FILTER_LZMA1, "dict_size": window, "lc": lc, "lp": lp, "pb": pb}
