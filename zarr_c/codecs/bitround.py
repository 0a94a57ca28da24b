"""``bitround``: https://github.com/zarr-developers/zarr-extensions/tree/main/codecs/bitround"""

from __future__ import annotations

from typing import TYPE_CHECKING

from zarr_c.codecs.base import ArrayArrayCodec, encoded_fill, expect
from zarr_c.codecs.element_types import NUMBERS, is_swapped

if TYPE_CHECKING:
    from zarr_c.codecs._chain import Stage
    from zarr_c.codecs.representation import Representation

__all__ = ["BitroundCodec"]

# Bits of the significand that are stored, by the type of a real number.
_FLOATS = {"float16": 10, "bfloat16": 7, "float32": 23, "float64": 52}
_PARTS = {
    "complex64": "float32",
    "complex128": "float64",
    "complex_float16": "float16",
    "complex_bfloat16": "bfloat16",
    "complex_float32": "float32",
    "complex_float64": "float64",
}


class BitroundCodec(ArrayArrayCodec):
    """Numbers rounded to some of their highest bits, so that they compress better.

    Parameters
    ----------
    keepbits : int
        Bits of the significand that stay, of real and imaginary part; of integers and times,
        bits from the highest that is set. More than there are changes nothing. Ties go to the
        even neighbour. NaN stays NaN, and integers do not round beyond their type.

    Raises
    ------
    MetadataValidationError
        If `keepbits` is no positive integer, or elements are no numbers.
    """

    name = "bitround"
    parameters = ("keepbits",)
    required = ("keepbits",)

    def __init__(self, *, keepbits: int) -> None:
        valid = type(keepbits) is int and 1 <= keepbits < 2**31
        expect(self.name, "keepbits", valid, "a positive integer", keepbits)
        self.keepbits = keepbits

    def encoded(self, given: Representation) -> Representation:
        return given.with_(fill_value=encoded_fill(self, given))

    def stage(self, given: Representation) -> Stage:
        from zarr_c.codecs._filters import RoundStage

        name, dtype = given.data_type.name, given.data_type.dtype
        bits = _FLOATS.get(_PARTS.get(name, name), 0)
        valid = bits > 0 or (dtype.kind in "iumM" and dtype.itemsize in (1, 2, 4, 8))
        expect(self.name, "data_type", valid, "floats, complex numbers or integers", name)
        size = dtype.itemsize // (2 if name in _PARTS else 1)
        word, swapped = NUMBERS.index(f"u{size}"), is_swapped(dtype)
        if bits == 0:
            return RoundStage(word, swapped, min(self.keepbits, 64))
        infinity = (1 << (8 * size - 1)) - (1 << bits)
        return RoundStage(word, swapped, min(self.keepbits, bits), bits, infinity)
