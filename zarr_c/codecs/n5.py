"""``n5_default``: https://github.com/zarr-developers/zarr-extensions/tree/main/codecs/n5_default"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from zarr_c.codecs.base import ArrayBytesCodec, BytesBytesCodec, expect
from zarr_c.codecs.bytes_ import BytesCodec
from zarr_c.codecs.nested import documents, make
from zarr_c.codecs.transpose import TransposeCodec

if TYPE_CHECKING:
    from collections.abc import Iterable

    from zarr_c.codecs._n5 import N5Stage
    from zarr_c.codecs.representation import Representation

__all__ = ["N5DefaultCodec"]

_TYPES = {f"{kind}int{bits}" for kind in ("", "u") for bits in (8, 16, 32, 64)}
_TYPES |= {"float32", "float64"}


class N5DefaultCodec(ArrayBytesCodec):
    """Chunks as blocks of N5 in its default mode, behind a header with their shape.

    Blocks are written as large as the chunk. Those that are read may be smaller, as N5 has
    them at the end of an array, and what they lack is fill value; of larger ones the rest is
    cut off. For N5 to find them, the array has the chunk key encoding ``v2`` with the separator
    ``/``.

    Parameters
    ----------
    codecs : iterable of codec
        ``transpose`` that reverses all axes, ``bytes`` in big-endian order, and at most one
        more, from bytes to bytes.

    Raises
    ------
    MetadataValidationError
        If `codecs` are none of these, or the data type is none that N5 has.
    UnknownCodecError
        If there is no codec of a name.
    """

    name = "n5_default"
    parameters = ("codecs",)
    required = ("codecs",)

    def __init__(self, *, codecs: Iterable[Any]) -> None:
        found = [make(document) for document in documents(self.name, "codecs", codecs)]
        names = [codec.name for codec in found]
        kinds = (TransposeCodec, BytesCodec, BytesBytesCodec)
        valid = len(found) in (2, 3) and all(map(isinstance, found, kinds))
        expected = "transpose, bytes, and at most one codec from bytes to bytes"
        expect(self.name, "codecs", valid, expected, names)
        transpose, serializer, *compressors = found
        assert isinstance(transpose, TransposeCodec)
        assert isinstance(serializer, BytesCodec)
        axes = tuple(range(len(transpose.order)))
        valid = transpose.order == axes[::-1]
        expect(self.name, "order of transpose", valid, "all axes reversed", transpose.order)
        valid = serializer.endian in ("big", None)
        expect(self.name, "endian of bytes", valid, "'big'", serializer.endian)
        self.transpose, self.bytes = transpose, serializer
        self.compressors = [c for c in compressors if isinstance(c, BytesBytesCodec)]

    def configuration(self) -> dict[str, Any]:
        codecs = [self.transpose, self.bytes, *self.compressors]
        return {"codecs": [codec.to_dict() for codec in codecs]}

    def stage(self, given: Representation) -> N5Stage:
        from zarr_c.codecs._chain import Chain
        from zarr_c.codecs._n5 import N5Stage

        data_type, shape = given.data_type, given.shape
        valid = data_type.name in _TYPES
        expect(self.name, "data type", valid, f"one of {sorted(_TYPES)}", data_type.name)
        valid = all(n < 2**32 for n in shape)
        expect(self.name, "chunk shape", valid, "sizes of 32 bits", shape)
        self.transpose.permutation(len(shape))  # refuses another number of axes
        swapped = self.bytes.swaps(data_type)
        fill = given.fill_value[::-1] if swapped else given.fill_value
        # What is read may be larger than the chunk: a block of 128 x 128 x 128 float64 in the
        # last corner of an array whose chunks end with it.
        most = 16 * given.nbytes + 2**24
        stages = [codec.stage(data_type.itemsize) for codec in self.compressors]
        return N5Stage(Chain(stages, most), shape, fill, swapped)
