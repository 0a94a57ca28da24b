"""The codecs of numcodecs from array to array.

They work on the elements as they lie in memory, seen as numbers of a ``dtype`` of their own.
What no kernel does, such as half precision, numcodecs does.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from zarr_c.codecs.base import ArrayArrayCodec, encoded_fill, expect
from zarr_c.codecs.element_types import NUMBERS, is_finite, is_swapped, number, parse_type
from zarr_c.metadata.dtype import from_numpy

if TYPE_CHECKING:
    from zarr_c.codecs._chain import Stage
    from zarr_c.codecs.representation import Representation
    from zarr_c.metadata.dtype import DataType

__all__ = ["AsType", "BitRound", "Delta", "FixedScaleOffset", "PackBits", "Quantize"]


class NumcodecsFilter(ArrayArrayCodec):
    """A type to work on, by default that of the array, and one to store.

    Subclasses name the two parameters in `types`.
    """

    types = ("dtype", "astype")
    _worked: DataType | None = None
    _stored: DataType | None = None

    def _set_types(self, worked: Any, stored: Any) -> None:
        self._worked = None if worked is None else parse_type(self.name, self.types[0], worked)
        self._stored = None if stored is None else parse_type(self.name, self.types[1], stored)

    def configuration(self) -> dict[str, Any]:
        spelled = zip(self.types, (self._worked, self._stored), strict=True)
        types = {name: found.v2_name for name, found in spelled if found is not None}
        rest = [name for name in self.parameters if name not in self.types]
        return {name: getattr(self, name) for name in rest} | types

    def _dtypes(self, given: Representation) -> tuple[np.dtype[Any], np.dtype[Any]]:
        worked = (self._worked or given.data_type).dtype
        return worked, self._stored.dtype if self._stored else worked

    def encoded(self, given: Representation) -> Representation:
        made = self._stored or self._worked or given.data_type
        size, shape = self._dtypes(given)[0].itemsize, given.shape
        if size == given.data_type.itemsize:
            fill_value = self._encoded_fill(given)
        else:  # the bytes of several elements, or parts of them, are taken for one
            shape, fill_value = (given.nbytes // size,), bytes(made.itemsize)
        return given.with_(shape=shape, data_type=made, fill_value=fill_value)

    def _encoded_fill(self, given: Representation) -> bytes:
        return encoded_fill(self, given)

    def _by_numcodecs(self, given: Representation) -> Stage:
        import numcodecs

        from zarr_c.codecs._python import PythonStage

        worked, stored = self._dtypes(given)
        types = dict(zip(self.types, (worked.str, stored.str), strict=True))
        name = self.name.removeprefix("numcodecs.")
        codec = numcodecs.get_codec({"id": name, **self.configuration(), **types})
        count = given.nbytes // worked.itemsize
        if count == 0:  # in v2, behind what gives any number of bytes
            return PythonStage((codec,), given.data_type.dtype)
        return PythonStage(
            (codec,), given.data_type.dtype, encoded_dtype=stored, encoded_shape=(count,)
        )


class Delta(NumcodecsFilter):
    """Differences of neighbouring elements; integers wrap.

    Parameters
    ----------
    dtype : dtype_like
        Type of the elements.
    astype : dtype_like, optional
        Type to store, by default `dtype`.

    Raises
    ------
    MetadataValidationError
        If a type is none of numbers.
    """

    name = "numcodecs.delta"
    parameters = ("dtype", "astype")
    required = ("dtype",)

    def __init__(self, *, dtype: Any, astype: Any = None) -> None:
        expect(self.name, "dtype", dtype is not None, "a NumPy type", dtype)
        self._set_types(dtype, astype)

    def _encoded_fill(self, given: Representation) -> bytes:
        # A difference says nothing without what comes before it, so there is no element that
        # the fill value becomes: it stays the number that it is, as with zarr-python.
        worked, stored = self._dtypes(given)
        with np.errstate(all="ignore"):
            return np.frombuffer(given.fill_value, worked).astype(stored).tobytes()

    def stage(self, given: Representation) -> Stage:
        worked, stored = self._dtypes(given)
        # NumPy sums integers without a common type, such as i1 and u8, as floats
        common = np.promote_types(worked, stored)
        native = common.kind in "iu" or (
            common.kind == "f" and worked.str[1:] == stored.str[1:]
        )
        decoded, encoded = number(worked), number(stored)
        if decoded is None or encoded is None or not native:
            return self._by_numcodecs(given)
        from zarr_c.codecs._filters import DeltaStage

        return DeltaStage(decoded, encoded, is_swapped(worked), is_swapped(stored))


class FixedScaleOffset(NumcodecsFilter):
    """``round((x - offset) * scale)``; ``x / scale + offset`` to decode.

    Parameters
    ----------
    offset, scale : float
    dtype : dtype_like, optional
        Type of the elements, by default that of the array.
    astype : dtype_like, optional
        Type to store, by default `dtype`.

    Raises
    ------
    MetadataValidationError
        If `offset` or `scale` is no finite number, `scale` is 0, or a type is none of numbers.
    """

    name = "numcodecs.fixedscaleoffset"
    parameters = ("offset", "scale", "dtype", "astype")
    required = ("offset", "scale")
    required_in_v2 = ("dtype",)

    def __init__(
        self, *, offset: float, scale: float, dtype: Any = None, astype: Any = None
    ) -> None:
        expect(self.name, "offset", is_finite(offset), "a finite number", offset)
        valid = is_finite(scale) and scale != 0
        expect(self.name, "scale", valid, "a finite number other than 0", scale)
        self.offset, self.scale = offset, scale
        self._set_types(dtype, astype)

    def stage(self, given: Representation) -> Stage:
        worked, stored = self._dtypes(given)
        decoded, encoded = number(worked), number(stored)
        if decoded is None or encoded is None or worked.kind != "f":
            return self._by_numcodecs(given)
        from zarr_c.codecs._filters import ScaleStage

        swapped = is_swapped(worked), is_swapped(stored)
        return ScaleStage(decoded, encoded, *swapped, float(self.offset), float(self.scale))


class Quantize(NumcodecsFilter):
    """Floats rounded to a number of decimal digits, in binary steps.

    Parameters
    ----------
    digits : int
        Decimal digits that stay.
    dtype : dtype_like, optional
        Type of the elements, by default that of the array.
    astype : dtype_like, optional
        Type to store, by default `dtype`.

    Raises
    ------
    MetadataValidationError
        If `digits` is no integer from -300 to 300, or a type is no float.
    """

    name = "numcodecs.quantize"
    parameters = ("digits", "dtype", "astype")
    required = ("digits",)
    required_in_v2 = ("dtype",)

    def __init__(self, *, digits: int, dtype: Any = None, astype: Any = None) -> None:
        valid = type(digits) is int and -300 <= digits <= 300
        expect(self.name, "digits", valid, "an integer from -300 to 300", digits)
        self.digits = digits
        self._set_types(dtype, astype)

    def stage(self, given: Representation) -> Stage:
        for name, dtype in zip(self.types, self._dtypes(given), strict=True):
            expect(self.name, name, dtype.kind == "f", "floats", dtype.str)
        return self._by_numcodecs(given)


class AsType(NumcodecsFilter):
    """Elements as another type, cast as NumPy casts.

    Parameters
    ----------
    encode_dtype : dtype_like
        Type to store.
    decode_dtype : dtype_like, optional
        Type of the elements, by default that of the array.

    Raises
    ------
    MetadataValidationError
        If a type is none of numbers, truth values or times.
    """

    name = "numcodecs.astype"
    parameters = ("encode_dtype", "decode_dtype")
    types = ("decode_dtype", "encode_dtype")
    required = ("encode_dtype",)
    required_in_v2 = ("decode_dtype",)

    def __init__(self, *, encode_dtype: Any, decode_dtype: Any = None) -> None:
        expect(
            self.name, "encode_dtype", encode_dtype is not None, "a NumPy type", encode_dtype
        )
        self._set_types(decode_dtype, encode_dtype)

    def stage(self, given: Representation) -> Stage:
        return self._by_numcodecs(given)


class BitRound(ArrayArrayCodec):
    """Floats rounded to some bits of their significand, as numcodecs does: NaN may change.

    Parameters
    ----------
    keepbits : int
        Bits that stay: at most 10, 23 or 52, as the type has.

    Raises
    ------
    MetadataValidationError
        If `keepbits` is no such integer, or elements are no floats of 2, 4 or 8 bytes.
    """

    name = "numcodecs.bitround"
    parameters = ("keepbits",)
    required = ("keepbits",)

    def __init__(self, *, keepbits: int) -> None:
        valid = type(keepbits) is int and 0 <= keepbits <= 52
        expect(self.name, "keepbits", valid, "an integer from 0 to 52", keepbits)
        self.keepbits = keepbits

    def encoded(self, given: Representation) -> Representation:
        return given.with_(fill_value=encoded_fill(self, given))

    def stage(self, given: Representation) -> Stage:
        from zarr_c.codecs._filters import RoundStage

        dtype = given.data_type.dtype
        bits = {"f2": 10, "f4": 23, "f8": 52}.get(dtype.str[1:], 0)
        expect(self.name, "data_type", bits > 0, "float16, float32 or float64", dtype.name)
        valid = self.keepbits <= bits
        expect(self.name, "keepbits", valid, f"at most {bits} for {dtype.name}", self.keepbits)
        word = NUMBERS.index(f"u{dtype.itemsize}")
        return RoundStage(word, is_swapped(dtype), self.keepbits, bits)


class PackBits(ArrayArrayCodec):
    """Truth values as bits, behind a byte that says how many of the last byte's are none.

    Raises
    ------
    MetadataValidationError
        If elements have more than one byte.
    """

    name = "numcodecs.packbits"

    def encoded(self, given: Representation) -> Representation:
        fill = b"\0" if given.fill_value == b"\0" else b"\xff"
        data_type = from_numpy("|u1", 2)
        return given.with_(
            shape=(1 + -(-given.size // 8),), data_type=data_type, fill_value=fill
        )

    def stage(self, given: Representation) -> Stage:
        from zarr_c.codecs._packbits import BitsStage

        valid = given.data_type.itemsize == 1
        expect(self.name, "data_type", valid, "bool", given.data_type.name)
        return BitsStage()
