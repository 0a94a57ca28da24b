"""``scale_offset``: https://github.com/zarr-developers/zarr-extensions/tree/main/codecs/scale_offset"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from zarr_c.codecs.base import ArrayArrayCodec, encoded_fill, expect
from zarr_c.codecs.element_types import number
from zarr_c.errors import MetadataValidationError

if TYPE_CHECKING:
    from zarr_c.codecs._chain import Stage
    from zarr_c.codecs.representation import Representation

__all__ = ["ScaleOffset"]


class ScaleOffset(ArrayArrayCodec):
    """``(x - offset) * scale`` in the arithmetic of the data type; ``x / scale + offset`` back.

    A result that an integer type cannot hold exactly is an error, on both ways.

    Parameters
    ----------
    offset, scale : int, float or str, default 0 and 1
        Written as the fill value of the array would be.

    Raises
    ------
    MetadataValidationError
        If `offset` or `scale` is no element, `scale` is 0, or elements are neither integers nor
        floats.
    """

    name = "scale_offset"
    parameters = ("offset", "scale")

    def __init__(self, *, offset: Any = 0, scale: Any = 1) -> None:
        for name, value in (("offset", offset), ("scale", scale)):
            valid = type(value) in (int, float, str)
            expect(self.name, name, valid, "a number or a string", value)
        self.offset, self.scale = offset, scale

    def configuration(self) -> dict[str, Any]:
        given = super().configuration()
        return {key: value for key, value in given.items() if value != {"scale": 1}.get(key, 0)}

    def encoded(self, given: Representation) -> Representation:
        return given.with_(fill_value=encoded_fill(self, given))

    def stage(self, given: Representation) -> Stage:
        from zarr_c.codecs._python import PythonStage
        from zarr_c.codecs._scale_offset import ScaleOffsetStage

        data_type = given.data_type
        valid = data_type.dtype.kind in "iuf" or data_type.name.startswith(("float", "bfloat"))
        expect(self.name, "data_type", valid, "integers or floats", data_type.name)
        offset, scale = self._element("offset", given), self._element("scale", given)
        zero = not np.frombuffer(scale, data_type.dtype)[0]
        expect(self.name, "scale", not zero, "other than 0", self.scale)
        index = number(data_type.dtype)
        if index is not None:
            return ScaleOffsetStage(index, offset, scale)
        rounded = _Rounded(*(np.frombuffer(x, data_type.dtype) for x in (offset, scale)))
        dtype, shape = data_type.dtype, given.shape
        return PythonStage((rounded,), dtype, shape, encoded_dtype=dtype, encoded_shape=shape)

    def _element(self, parameter: str, given: Representation) -> bytes:
        value = getattr(self, parameter)
        try:
            return given.data_type.fill_from_json(value, 3)
        except ValueError as error:
            raise MetadataValidationError(
                f"codec {self.name!r}: {parameter}: expected an element, {error}"
            ) from error


class _Rounded:
    """Floats that no kernel adds: each step is rounded to them, as NumPy does."""

    name = ScaleOffset.name

    def __init__(self, offset: Any, scale: Any) -> None:
        self._offset, self._scale = offset, scale

    def encode(self, data: Any) -> Any:
        with np.errstate(all="ignore"):
            return (data - self._offset) * self._scale

    def decode(self, data: Any) -> Any:
        with np.errstate(all="ignore"):
            return data / self._scale + self._offset
