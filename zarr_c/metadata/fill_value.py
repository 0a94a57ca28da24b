"""Fill values: the exact bits of one element, as JSON and as users pass them.

A fill value is kept as the raw bytes of one element, because a NaN has many bit patterns and
64-bit integers do not fit a float. The functions ``*_from_json`` and ``*_to_json`` follow the
tables of Zarr v3 core, "Fill value", and of Zarr v2, "Fill value encoding"; ``*_from_user``
take Python and NumPy values.

The families of data types have their functions from here, those of strings, times and records
excepted.
"""

from __future__ import annotations

import struct
import sys
from typing import TYPE_CHECKING, Any, Literal, Protocol

import numpy as np

from zarr_c.errors import MetadataValidationError
from zarr_c.frozen import Frozen, set_field
from zarr_c.metadata.checks import invalid

if TYPE_CHECKING:
    from zarr_c.metadata.data_type import DataType

__all__ = ["FIELD", "FloatLayout", "IntLayout", "Packer", "fill_from_user", "fill_scalar"]

FIELD = "fill_value"
"""What errors call a fill value."""


class Packer(Protocol):
    """What `struct.Struct` does with one number, for numbers that it does not know too."""

    @property
    def size(self) -> int:
        """Bytes of a number."""

    def pack(self, value: Any, /) -> bytes:
        """Lay down a number; OverflowError if it is out of range."""

    def unpack(self, raw: bytes, /) -> tuple[Any, ...]:
        """Read the one number."""


def fill_from_user(value: Any, data_type: DataType) -> bytes:
    """Turn what a user passes as ``fill_value`` into the bytes of one element.

    Parameters
    ----------
    value : scalar, str or sequence
        A Python or NumPy scalar or 0-d array, or the JSON form of a fill value (``"NaN"``,
        ``"Infinity"``, ``"0x7fc00001"``, ``[re, im]``). A NumPy NaN of the same size keeps its
        bits.
    data_type : DataType
        The type of the array.

    Returns
    -------
    bytes
        One element, in the byte order of ``data_type.dtype``.

    Raises
    ------
    MetadataValidationError
        If the type cannot hold the value: 300 for int8, 1.5 for an integer, 1e40 for float32.
    """
    if isinstance(value, np.ndarray) and value.ndim == 0:
        value = value[()]
    if isinstance(value, np.generic) and value.dtype.isbuiltin == 2:  # of ml_dtypes
        if type(value) is data_type.dtype.type:
            return value.tobytes()
        value = complex(value.astype(np.complex128))
        value = value if value.imag else value.real
    return data_type.fill_from_user(value)


def fill_scalar(raw: bytes, data_type: DataType) -> Any:
    """Return the NumPy or Python scalar that the bytes of one element stand for."""
    return data_type.scalar(raw)


# ---- bool


def bool_from_json(value: Any, zarr_format: int) -> bytes:
    """Read ``true`` or ``false``; v2 also had 0 and 1."""
    if isinstance(value, bool) or (zarr_format == 2 and is_int(value) and value in (0, 1)):
        return b"\1" if value else b"\0"
    raise invalid(FIELD, "true or false for bool", value)


def bool_from_user(value: Any) -> bytes:
    """Take a bool, or a number that is 0 or 1."""
    if isinstance(value, bool | int | float | np.bool_ | np.number) and value in (0, 1):
        return b"\1" if value else b"\0"
    raise invalid(FIELD, "True or False for bool", value)


# ---- integers


class IntLayout(Frozen):
    """How one integer lies in memory."""

    __slots__ = ("name", "packer", "low", "high")

    name: str
    packer: Packer
    low: int
    high: int

    def __init__(self, name: str, packer: Packer, low: int, high: int) -> None:
        set_field(self, "name", name)
        set_field(self, "packer", packer)
        set_field(self, "low", low)
        set_field(self, "high", high)


def int_from_json(value: Any, layout: IntLayout) -> bytes:
    """Read a JSON number without a fraction; ``1.0`` and ``1e2`` count, as all read them."""
    if type(value) is float and value.is_integer():
        value = int(value)
    if is_int(value) and layout.low <= value <= layout.high:
        return layout.packer.pack(value)
    raise invalid(
        FIELD, f"an integer from {layout.low} to {layout.high} for {layout.name}", value
    )


def int_from_user(value: Any, layout: IntLayout) -> bytes:
    """Take any Python or NumPy number, or bool, that is an integer in range."""
    plain = value.item() if isinstance(value, np.number | np.bool_) else value
    return int_from_json(int(plain) if isinstance(plain, bool) else plain, layout)


def int_to_json(raw: bytes, layout: IntLayout) -> int:
    """Write an exact integer."""
    (value,) = layout.packer.unpack(raw)
    return int(value)


# ---- floats


class FloatLayout(Frozen):
    """How one float lies in memory: a sign bit, then patterns in the order of magnitudes.

    Attributes
    ----------
    name : str
    packer : Packer
        Rounds to nearest even.
    order : {"little", "big"}
    sign : int
        The bit of the sign; 0 if there is none.
    finite : int
        How many patterns, from 0 on, are finite magnitudes.
    inf : int or None
        The pattern of infinity.
    nan : int or None
        The pattern of the one NaN that Zarr calls ``"NaN"``: quiet and without a payload.
    """

    __slots__ = ("name", "packer", "order", "sign", "finite", "inf", "nan")

    name: str
    packer: Packer
    order: Literal["little", "big"]
    sign: int
    finite: int
    inf: int | None
    nan: int | None

    def __init__(
        self,
        name: str,
        packer: Packer,
        order: Literal["little", "big"],
        sign: int,
        finite: int,
        inf: int | None,
        nan: int | None,
    ) -> None:
        set_field(self, "name", name)
        set_field(self, "packer", packer)
        set_field(self, "order", order)
        set_field(self, "sign", sign)
        set_field(self, "finite", finite)
        set_field(self, "inf", inf)
        set_field(self, "nan", nan)

    def from_bits(self, bits: int | None, sign: int = 0) -> bytes | None:
        """Lay down a bit pattern; None for one that the format does not have."""
        if bits is None:
            return None
        return (bits | sign).to_bytes(self.packer.size, self.order)

    def from_number(self, value: float) -> bytes | None:
        """Lay down a number, rounded to nearest even; None if the format cannot hold it."""
        if value != value:
            return self.from_bits(self.nan)
        try:
            return self.packer.pack(float(value))
        except OverflowError:  # half way to the next power of two and beyond is infinity
            return self.from_bits(self.inf, self.sign if value < 0 else 0)

    @property
    def expected(self) -> str:
        """What a document may hold, for errors."""
        named = [] if self.nan is None else ['"NaN"']
        if self.inf is not None:
            named += ['"Infinity"', '"-Infinity"']
        return ", ".join(["a number" if self.inf is not None else "a number in range", *named])


def float_from_json(
    value: Any, layout: FloatLayout, zarr_format: int, field: str = FIELD
) -> bytes:
    """Read a JSON number, rounded to nearest even, or one of the strings for what is no number.

    ``-0`` arrives as ``-0.0`` (see `zarr_c.metadata.document`). A hexadecimal string is the bit
    pattern as an unsigned integer, in v3 only.
    """
    raw = None
    if type(value) is float or is_int(value):  # a literal NaN is not JSON, but is written
        raw = layout.from_number(value)
    elif isinstance(value, str):
        raw = _float_from_string(value, layout, zarr_format)
    if raw is not None:
        return raw
    digits = 2 * layout.packer.size
    hexadecimal = f' or "0x" and {digits} digits' if zarr_format == 3 else ""
    raise invalid(field, f"{layout.expected}{hexadecimal} for {layout.name}", value)


def _float_from_string(text: str, layout: FloatLayout, zarr_format: int) -> bytes | None:
    if text == "NaN":
        return layout.from_bits(layout.nan)
    if text in ("Infinity", "+Infinity"):
        return layout.from_bits(layout.inf)
    if text == "-Infinity":
        return layout.from_bits(layout.inf, layout.sign)
    if zarr_format == 3 and text.startswith("0x"):
        try:
            # The big-endian hexadecimal digits of the integer; fromhex would skip blanks.
            bits = bytes.fromhex(text[2:]) if len(text) == 2 * layout.packer.size + 2 else b""
        except ValueError:
            return None
        if len(bits) == layout.packer.size:
            return layout.from_bits(int.from_bytes(bits, "big"))
    return None


def float_from_user(value: Any, layout: FloatLayout, field: str = FIELD) -> bytes:
    """Take a real Python or NumPy number, a bool, or a string as in JSON.

    A NumPy float of the same size is copied bit by bit; any other NaN is the canonical one, as
    its bits are an accident of how it was computed. A finite value that would become infinite
    is an error, unlike in a document.
    """
    if isinstance(value, str):
        return float_from_json(value, layout, 3, field)
    same = isinstance(value, np.floating) and value.dtype.itemsize == layout.packer.size
    if same and isinstance(layout.packer, struct.Struct):  # of the same format too
        bits: bytes = value.tobytes()
        return bits if layout.order == sys.byteorder else bits[::-1]
    if not isinstance(value, bool | int | float | np.bool_ | np.integer | np.floating):
        raise invalid(field, f"a real number for {layout.name}", value)
    finite = value == value and abs(value) != float("inf")
    try:
        number = float(value)
        raw = layout.packer.pack(number) if finite else layout.from_number(number)
    except OverflowError:
        raw = None
    if raw is None:
        raise invalid(field, f"a number within the range of {layout.name}", value)
    return raw


def float_to_json(raw: bytes, layout: FloatLayout, zarr_format: int) -> float | str:
    """Write the exact value; a NaN other than the canonical one as hexadecimal bits.

    Raises
    ------
    MetadataValidationError
        For such a NaN in v2, which has no way to write it.
    """
    bits = int.from_bytes(raw, layout.order)
    magnitude = bits & ~layout.sign
    if bits == layout.nan:
        return "NaN"
    if magnitude < layout.finite:
        (value,) = layout.packer.unpack(raw)
        return float(value)
    if magnitude == layout.inf:
        return "Infinity" if bits == magnitude else "-Infinity"
    digits = 2 * layout.packer.size
    pattern = f"0x{bits:0{digits}x}"
    if zarr_format == 3:
        return pattern
    raise MetadataValidationError(
        f"fill_value: expected the NaN with bits 0x{layout.nan:0{digits}x}, the only one "
        f"that Zarr v2 can store, found {pattern}; pass float('nan') or use zarr_format=3"
    )


# ---- complex numbers: two floats


def complex_from_json(value: Any, part: FloatLayout, zarr_format: int) -> bytes:
    """Read ``[re, im]``; in v2 a lone number is the real part."""
    if zarr_format == 2 and not isinstance(value, list):
        value = [value, 0.0]
    if not isinstance(value, list) or len(value) != 2:
        raise invalid(FIELD, "a list [re, im] for a complex type", value)
    re, im = value
    raw = float_from_json(re, part, zarr_format, "fill_value[0]")
    return raw + float_from_json(im, part, zarr_format, "fill_value[1]")


def complex_from_user(value: Any, part: FloatLayout) -> bytes:
    """Take a complex or real number, or a pair of what `float_from_user` takes."""
    if isinstance(value, complex | np.complexfloating):
        re, im = value.real, value.imag
    elif isinstance(value, list | tuple) and len(value) == 2:
        re, im = value
    else:
        re, im = value, 0.0
    return float_from_user(re, part) + float_from_user(im, part)


def complex_to_json(raw: bytes, part: FloatLayout, zarr_format: int) -> list[float | str]:
    """Write ``[re, im]``."""
    half = len(raw) // 2
    return [
        float_to_json(raw[:half], part, zarr_format),
        float_to_json(raw[half:], part, zarr_format),
    ]


# ---- raw bytes


def raw_from_json(value: Any, nbytes: int, zarr_format: int) -> bytes:
    """Read a list of byte values or base64; old v2 data also has a plain 0."""
    if zarr_format == 2 and is_int(value) and value == 0:
        return bytes(nbytes)
    raw = from_base64(value)
    if isinstance(value, list) and all(is_int(v) and 0 <= v <= 255 for v in value):
        raw = bytes(value)
    if raw is None or len(raw) != nbytes:
        raise invalid(
            FIELD, f"{nbytes} integers from 0 to 255, or {nbytes} bytes in base64", value
        )
    return raw


def raw_from_user(value: Any, nbytes: int) -> bytes:
    """Take bytes or a void scalar of the right length, 0 for zeros, or what JSON has."""
    if isinstance(value, np.void):
        value = value.tobytes()
    if isinstance(value, bytes | bytearray | memoryview):
        raw = bytes(value)
        if len(raw) == nbytes:
            return raw
        raise invalid(FIELD, f"{nbytes} bytes", raw)
    if isinstance(value, np.integer):
        value = value.item()
    return raw_from_json(list(value) if isinstance(value, tuple) else value, nbytes, 2)


# ---- what families share


def from_base64(value: Any) -> bytes | None:
    """Read base64; None if it is none."""
    if not isinstance(value, str):
        return None
    from base64 import b64decode  # few arrays need it

    try:
        return b64decode(value, validate=True)
    except ValueError:
        return None


def to_base64(raw: bytes) -> str:
    """Write base64."""
    from base64 import b64encode

    return b64encode(raw).decode("ascii")


def is_int(value: Any) -> bool:
    """Whether a JSON value is an integer; Python takes bools for some."""
    return isinstance(value, int) and not isinstance(value, bool)
