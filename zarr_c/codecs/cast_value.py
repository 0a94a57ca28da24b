"""``cast_value``: https://github.com/zarr-developers/zarr-extensions/tree/main/codecs/cast_value"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from zarr_c.codecs.base import ArrayArrayCodec, encoded_fill, expect
from zarr_c.codecs.casts import OUT_OF_RANGE, ROUNDINGS, convert, is_integer
from zarr_c.errors import CodecError, DataTypeValidationError, MetadataValidationError
from zarr_c.metadata.dtype import DataType, parse_v3

if TYPE_CHECKING:
    from zarr_c.codecs._chain import Stage
    from zarr_c.codecs.representation import Representation

__all__ = ["CastValue"]


class CastValue(ArrayArrayCodec):
    """Numbers of another type, converted by value on both ways.

    Parameters
    ----------
    data_type : str or dict
        Type to store: integers or floats, as the document of an array names it.
    rounding : str, default 'nearest-even'
        For what the type cannot hold exactly: also 'towards-zero', 'towards-positive',
        'towards-negative' and 'nearest-away'.
    out_of_range : {'clamp', 'wrap'}, optional
        For what it cannot reach: its nearest number, or infinity for floats; or the remainder,
        for integers. By default an error.
    scalar_map : dict, optional
        ``{"encode": [[from, to], ...], "decode": [[from, to], ...]}``, elements as fill values
        are written, that are not converted but replaced; the first that matches counts.

    Raises
    ------
    MetadataValidationError
        If a parameter is none of these, or elements are neither integers nor floats.
    """

    name = "cast_value"
    parameters = ("data_type", "rounding", "out_of_range", "scalar_map")
    required = ("data_type",)

    def __init__(
        self,
        *,
        data_type: Any,
        rounding: str = "nearest-even",
        out_of_range: str | None = None,
        scalar_map: Any = None,
    ) -> None:
        try:
            self._made = data_type if isinstance(data_type, DataType) else parse_v3(data_type)
        except DataTypeValidationError as error:
            raise MetadataValidationError(f"codec {self.name!r}: {error}") from error
        _check_type(self._made)
        expect(self.name, "rounding", rounding in ROUNDINGS, f"one of {ROUNDINGS}", rounding)
        valid = out_of_range is None or out_of_range in OUT_OF_RANGE
        expect(self.name, "out_of_range", valid, f"one of {OUT_OF_RANGE}", out_of_range)
        wraps = out_of_range == "wrap" and not is_integer(self._made.dtype)
        expected = f"no 'wrap' for {self._made.name}"
        expect(self.name, "out_of_range", not wraps, expected, out_of_range)
        self.data_type, self.rounding = self._made.to_v3(), rounding
        self.out_of_range, self.scalar_map = out_of_range, _checked_map(self.name, scalar_map)

    def configuration(self) -> dict[str, Any]:
        given = super().configuration()
        return {key: value for key, value in given.items() if value is not None}

    def encoded(self, given: Representation) -> Representation:
        return given.with_(data_type=self._made, fill_value=encoded_fill(self, given))

    def stage(self, given: Representation) -> Stage:
        from zarr_c.codecs._python import PythonStage

        _check_type(given.data_type)
        cast = _Cast(self, given.data_type, self._made)
        before, after, shape = given.data_type.dtype, self._made.dtype, given.shape
        return PythonStage((cast,), before, shape, encoded_dtype=after, encoded_shape=shape)


class _Cast:
    """The codec between two types."""

    name = CastValue.name

    def __init__(self, codec: CastValue, decoded: DataType, encoded: DataType) -> None:
        self._decoded, self._encoded = decoded.dtype, encoded.dtype
        self._rounding, self._out_of_range = codec.rounding, codec.out_of_range
        maps = codec.scalar_map or {}
        self._encode = _elements(maps.get("encode", ()), decoded, encoded)
        self._decode = _elements(maps.get("decode", ()), encoded, decoded)

    def encode(self, data: Any) -> Any:
        try:
            return self._cast(data, self._encoded, self._encode)
        except ValueError as error:
            raise CodecError(f"codec {self.name!r}: {error}") from error

    def decode(self, data: Any) -> Any:
        return self._cast(data, self._decoded, self._decode)

    def _cast(self, data: Any, dtype: np.dtype[Any], pairs: list[tuple[Any, Any]]) -> Any:
        out_of_range = self._out_of_range
        if out_of_range == "wrap" and not is_integer(dtype):
            out_of_range = None
        left = np.ones(data.shape, bool)  # what nothing in the map stands for
        replaced = np.zeros(data.shape, dtype)
        for key, value in pairs:
            same = left & ((data == key) | ((data != data) & (key != key)))
            replaced[same] = value
            left &= ~same
        if left.all():
            return convert(data, dtype, self._rounding, out_of_range)
        replaced[left] = convert(data[left], dtype, self._rounding, out_of_range)
        return replaced


def _check_type(data_type: DataType) -> None:
    name = data_type.name
    valid = data_type.dtype.kind in "iuf" or name.startswith(("int", "uint", "float", "bfloat"))
    valid = valid and name != "float8_e8m0fnu"  # has neither sign nor zero
    expect(CastValue.name, "data_type", valid, "integers or floats", name)


def _checked_map(codec: str, scalar_map: Any) -> dict[str, list[Any]] | None:
    if scalar_map is None:
        return None
    valid = isinstance(scalar_map, dict) and scalar_map.keys() <= {"encode", "decode"}
    expect(codec, "scalar_map", valid, "an object with 'encode' and 'decode'", scalar_map)
    for pairs in scalar_map.values():
        valid = isinstance(pairs, list | tuple) and all(
            isinstance(pair, list | tuple) and len(pair) == 2 for pair in pairs
        )
        expect(codec, "scalar_map", valid, "lists of pairs", pairs)
    return {key: [list(pair) for pair in pairs] for key, pairs in scalar_map.items()}


def _elements(pairs: Any, before: DataType, after: DataType) -> list[tuple[Any, Any]]:
    """Pairs of a scalar map as NumPy's scalars."""
    try:
        return [(_scalar(key, before), _scalar(value, after)) for key, value in pairs]
    except ValueError as error:
        raise MetadataValidationError(
            f"codec {CastValue.name!r}: scalar_map: {error}"
        ) from error


def _scalar(value: Any, data_type: DataType) -> Any:
    return np.frombuffer(data_type.fill_from_json(value, 3), data_type.dtype)[0]
