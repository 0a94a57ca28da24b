"""bz2 and LZMA (numcodecs), decoded by Python's own modules in bounded memory."""

from __future__ import annotations

import bz2
import lzma
from typing import TYPE_CHECKING, Any

from zarr_c.codecs.base import BytesBytesCodec, expect
from zarr_c.errors import CodecError

if TYPE_CHECKING:
    from collections.abc import Callable

    from zarr_c.codecs._chain import Stage

__all__ = ["BZ2", "LZMA"]


class _Bounded(BytesBytesCodec):
    def decode_bounded(self, data: Any, limit: int) -> bytes:
        """Decode no more than `limit` bytes."""
        raise NotImplementedError

    def stage(self, itemsize: int) -> Stage:
        from zarr_c.codecs._python import PythonStage

        return PythonStage((self,), bounded=True)


class BZ2(_Bounded):
    """bzip2.

    Parameters
    ----------
    level : int, default 1
        From 1 to 9.

    Raises
    ------
    MetadataValidationError
        If `level` is out of range.
    """

    name = "numcodecs.bz2"
    parameters = ("level",)

    def __init__(self, *, level: int = 1) -> None:
        valid = type(level) is int and 1 <= level <= 9
        expect(self.name, "level", valid, "an integer from 1 to 9", level)
        self.level = level

    def encode(self, data: Any) -> bytes:
        return bz2.compress(data, self.level)

    def decode_bounded(self, data: Any, limit: int) -> bytes:
        return _decompress(bz2.BZ2Decompressor, data, limit)


class LZMA(_Bounded):
    """LZMA, with the parameters of Python's ``lzma``.

    Parameters
    ----------
    format : {1, 2, 3}, default 1
        ``lzma.FORMAT_XZ``, ``FORMAT_ALONE``, ``FORMAT_RAW``.
    check : int, default -1
        Kind of checksum, such as ``lzma.CHECK_CRC32``; -1 for the default.
    preset : int, optional
        From 0 to 9, to which ``lzma.PRESET_EXTREME`` may be added.
    filters : list of dict, optional
        A chain of LZMA's own filters, in place of a preset; raw data needs it.

    Raises
    ------
    MetadataValidationError
        If a parameter is none of these.
    """

    name = "numcodecs.lzma"
    parameters = ("format", "check", "preset", "filters")

    def __init__(
        self,
        *,
        format: int = 1,
        check: int = -1,
        preset: int | None = None,
        filters: list[dict[str, Any]] | None = None,
    ) -> None:
        valid = type(format) is int and 1 <= format <= 3
        expect(self.name, "format", valid, "1, 2 or 3", format)
        valid = type(check) is int and -1 <= check <= 15
        expect(self.name, "check", valid, "an integer from -1 to 15", check)
        valid = preset is None or (
            type(preset) is int and 0 <= preset & ~lzma.PRESET_EXTREME <= 9
        )
        expect(self.name, "preset", valid, "an integer from 0 to 9 or null", preset)
        raw = format == lzma.FORMAT_RAW
        valid = _are_filters(filters) if raw or filters is not None else True
        expect(self.name, "filters", valid, "one to four objects with an id", filters)
        self.format, self.check, self.preset, self.filters = format, check, preset, filters

    def encode(self, data: Any) -> bytes:
        try:
            return lzma.compress(
                data,
                format=self.format,
                check=self.check,
                preset=self.preset,
                filters=self.filters,
            )
        except (lzma.LZMAError, ValueError, TypeError, OverflowError) as error:
            raise CodecError(f"codec {self.name!r} cannot encode: {error}") from error

    def decode_bounded(self, data: Any, limit: int) -> bytes:
        filters = self.filters if self.format == lzma.FORMAT_RAW else None
        return _decompress(
            lambda: lzma.LZMADecompressor(format=self.format, filters=filters), data, limit
        )


def _are_filters(filters: Any) -> bool:
    if not isinstance(filters, list | tuple) or not 1 <= len(filters) <= 4:
        return False
    return all(isinstance(item, dict) and type(item.get("id")) is int for item in filters)


def _decompress(make: Callable[[], Any], data: Any, limit: int) -> bytes:
    """Decode all streams; zero bytes may follow each, anything else is damage."""
    pieces: list[bytes] = []
    rest = bytes(data)
    left = limit + 1  # one more, to see that there is more
    while True:
        decompressor = make()
        while not decompressor.eof:
            piece = decompressor.decompress(rest, left)
            rest = b""
            left -= len(piece)
            pieces.append(piece)
            if left <= 0:
                raise ValueError(f"expected at most {limit} bytes, found more")
            if not piece and not decompressor.eof and decompressor.needs_input:
                raise ValueError("the data are cut short")
        rest = decompressor.unused_data.lstrip(b"\0")
        if not rest:
            return b"".join(pieces)
