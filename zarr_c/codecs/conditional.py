"""``conditional``: https://github.com/zarr-developers/zarr-extensions/tree/main/codecs/conditional"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from zarr_c.codecs.base import BytesBytesCodec, expect
from zarr_c.codecs.nested import documents, expect_few_levels, make

if TYPE_CHECKING:
    from collections.abc import Iterable

    from zarr_c.codecs._conditional import ConditionalStage

__all__ = ["ConditionalCodec"]

_MOST_BITS = 2**16  # each chunk begins with them


class ConditionalCodec(BytesBytesCodec):
    """Codecs that each chunk goes through or not; its first bytes say which, a bit for each.

    A chunk is written as the smallest of what the codecs give, tried one after another: one
    that makes it larger is left out, and so are those at the end that do not make it smaller.
    A shuffle is thus kept where a compressor behind it gains something, and a stored chunk is
    at most its header larger than what came in. A checksum, which never makes anything smaller,
    belongs behind this codec and not into it.

    Parameters
    ----------
    codecs : iterable of codec
        From bytes to bytes, at most 16.
    header_bits : int, optional
        Bits at the beginning of each chunk, a multiple of 8; by default as few as there have to
        be. More of them let codecs be added behind those of an array that has chunks.

    Raises
    ------
    MetadataValidationError
        If a parameter is none of these.
    UnknownCodecError
        If there is no codec of a name.
    """

    name = "conditional"
    parameters = ("codecs", "header_bits")
    required = ("codecs",)

    def __init__(self, *, codecs: Iterable[Any], header_bits: int | None = None) -> None:
        nested = documents(self.name, "codecs", codecs)
        expect_few_levels(self.name, nested)
        found = [make(document) for document in nested]
        wrong = [codec.name for codec in found if not isinstance(codec, BytesBytesCodec)]
        expect(self.name, "codecs", not wrong, "codecs from bytes to bytes", wrong)
        self.codecs = tuple(c for c in found if isinstance(c, BytesBytesCodec))
        valid = header_bits is None or (
            type(header_bits) is int
            and header_bits % 8 == 0
            and len(self.codecs) <= header_bits <= _MOST_BITS
        )
        expected = f"a multiple of 8 from {len(self.codecs)} to {_MOST_BITS}"
        expect(self.name, "header_bits", valid, expected, header_bits)
        self.header_bits = header_bits

    def configuration(self) -> dict[str, Any]:
        codecs = {"codecs": [codec.to_dict() for codec in self.codecs]}
        return (
            codecs if self.header_bits is None else codecs | {"header_bits": self.header_bits}
        )

    def stage(self, itemsize: int) -> ConditionalStage:
        from zarr_c.codecs._chain import Chain
        from zarr_c.codecs._conditional import ConditionalStage

        bits = len(self.codecs) if self.header_bits is None else self.header_bits
        chain = Chain([codec.stage(itemsize) for codec in self.codecs], 0)
        return ConditionalStage(chain, (bits + 7) // 8)
