"""``packbits``: https://github.com/zarr-developers/zarr-extensions/tree/main/codecs/packbits"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from zarr_c.codecs.base import ArrayBytesCodec, expect

if TYPE_CHECKING:
    from zarr_c.codecs._chain import Stage
    from zarr_c.codecs.representation import Representation
    from zarr_c.metadata.dtype import DataType

__all__ = ["PackBitsCodec"]

_PADDINGS = ("none", "first_byte", "last_byte")


class PackBitsCodec(ArrayBytesCodec):
    """Elements as some of their bits, one behind the other, the lowest first.

    Parameters
    ----------
    padding_encoding : {'none', 'first_byte', 'last_byte'}, default 'none'
        Where a byte says how many bits of the last one are unused.
    first_bit, last_bit : int, optional
        The bits of an element (of each part, for complex numbers) to keep, counted from the
        lowest; by default all that its type has, which is 1 for truth values and 4 for int4.
        Bits below are lost, those above repeat the last one in signed integers.

    Raises
    ------
    MetadataValidationError
        If a parameter is none of these, or elements are not of a type with a number of bits.
    """

    name = "packbits"
    parameters = ("padding_encoding", "first_bit", "last_bit")
    fixed_size = True

    def __init__(
        self,
        *,
        padding_encoding: str = "none",
        first_bit: int | None = None,
        last_bit: int | None = None,
    ) -> None:
        valid = padding_encoding in _PADDINGS
        expect(self.name, "padding_encoding", valid, f"one of {_PADDINGS}", padding_encoding)
        for name, bit in (("first_bit", first_bit), ("last_bit", last_bit)):
            valid = bit is None or (type(bit) is int and 0 <= bit < 64)
            expect(self.name, name, valid, "an integer from 0 to 63 or null", bit)
        valid = first_bit is None or last_bit is None or first_bit <= last_bit
        expect(self.name, "last_bit", valid, f"at least first_bit, {first_bit}", last_bit)
        self.padding_encoding, self.first_bit, self.last_bit = (
            padding_encoding,
            first_bit,
            last_bit,
        )

    def configuration(self) -> dict[str, Any]:
        given = super().configuration()
        return {name: value for name, value in given.items() if value is not None}

    def stage(self, given: Representation) -> Stage:
        from zarr_c.codecs._packbits import PackBitsStage

        data_type = given.data_type
        bits, size = _component(self.name, data_type)
        first = 0 if self.first_bit is None else self.first_bit
        last = bits - 1 if self.last_bit is None else self.last_bit
        expected = f"a bit of {data_type.name}, which has {bits}"
        expect(self.name, "last_bit", last < bits, expected, last)
        expect(self.name, "first_bit", first <= last, f"at most last_bit, {last}", first)
        signed = data_type.name.startswith(("int", "numpy.")) or data_type.dtype.kind in "mM"
        truth = data_type.dtype.kind == "b"
        return PackBitsStage(size, first, last, signed, truth, self.padding_encoding)


def _component(codec: str, data_type: DataType) -> tuple[int, int]:
    """Bits that are stored of a component, and its bytes in memory."""
    name, size = data_type.name, data_type.itemsize
    if name.startswith("complex"):
        size //= 2
        name = name.removeprefix("complex_")
    narrow = {"bool": 1, "int2": 2, "uint2": 2, "int4": 4, "uint4": 4}.get(name)
    if name.startswith(("float4_", "float6_")):
        narrow = int(name[5])
    whole = name.startswith(("int", "uint", "float", "bfloat", "complex", "numpy."))
    valid = (narrow is not None or whole) and size in (1, 2, 4, 8)
    expect(codec, "data_type", valid, "truth values, numbers or times", data_type.name)
    return narrow or 8 * size, size
