"""ZFP: ``zfp`` of zarr-extensions, and ``zfpy`` as numcodecs has it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from zarr_c.codecs.base import ArrayBytesCodec, expect
from zarr_c.codecs.element_types import is_finite, number
from zarr_c.errors import MetadataValidationError

if TYPE_CHECKING:
    from zarr_c.codecs._chain import Stage
    from zarr_c.codecs.representation import Representation

__all__ = ["ZFPY", "ZfpCodec"]

_NEEDS = {  # the parameters of each mode
    "reversible": (),
    "fixed_rate": ("rate",),
    "fixed_precision": ("precision",),
    "fixed_accuracy": ("tolerance",),
    "expert": ("minbits", "maxbits", "maxprec", "minexp"),
}
_NUMPY_MODES = {2: "fixed_rate", 3: "fixed_precision", 4: "fixed_accuracy", 5: "reversible"}


def _check(codec: str, parameter: str, value: Any) -> None:
    if parameter in ("rate", "tolerance"):
        valid = is_finite(value) and value >= 0 and (value > 0 or parameter == "tolerance")
        expect(codec, parameter, valid, "a positive number", value)
        return
    low, high = {
        "precision": (1, 128),
        "minbits": (0, 16658),
        "maxbits": (1, 16658),
        "maxprec": (1, 64),
        "minexp": (-1074, 2**15),
    }[parameter]
    valid = type(value) is int and low <= value <= high
    expect(codec, parameter, valid, f"an integer from {low} to {high}", value)


def _stage(
    codec: str, given: Representation, mode: str, parameters: dict[str, Any], header: bool
) -> Stage:
    from zarr_c.codecs._zfp import ZfpStage

    dtype = given.data_type.dtype
    index = number(dtype)
    valid = index is not None and dtype.isnative
    valid = valid and not (header and (dtype.itemsize < 4 or dtype.kind == "u"))
    expect(codec, "data_type", valid, "integers or floats that zfp takes", given.data_type.name)
    assert index is not None
    axes = "one to four axes that are not empty"
    expect(codec, "shape", 1 <= len(given.shape) <= 4 and given.size > 0, axes, given.shape)
    values = tuple(parameters[name] for name in _NEEDS[mode])
    try:
        if mode == "expert":
            return ZfpStage(index, given.shape, mode, expert=values, header=header)
        value = values[0] if values else 0
        return ZfpStage(index, given.shape, mode, value, header=header)
    except ValueError as error:
        raise MetadataValidationError(f"codec {codec!r}: {error}") from error


class ZfpCodec(ArrayBytesCodec):
    """Floats and integers as a ZFP stream, with losses but for "reversible".

    Elements have one to four axes. Integers of 8 and 16 bits are promoted as zfp does it.
    Unsigned integers of 32 and 64 bits with their highest bit set are refused.

    Parameters
    ----------
    mode : {'reversible', 'fixed_rate', 'fixed_precision', 'fixed_accuracy', 'expert'}
    rate : float, optional
        Bits of an element, for "fixed_rate".
    precision : int, optional
        Bit planes, for "fixed_precision".
    tolerance : float, optional
        The largest error, for "fixed_accuracy".
    minbits, maxbits, maxprec, minexp : int, optional
        Bits of a block, bit planes and the lowest one, for "expert".

    Raises
    ------
    MetadataValidationError
        If a parameter is missing, wrong, or of another mode.
    """

    name = "zfp"
    parameters = (
        *("mode", "rate", "precision", "tolerance"),
        *("minbits", "maxbits", "maxprec", "minexp"),
    )
    required = ("mode",)

    def __init__(self, *, mode: str, **parameters: Any) -> None:
        valid = isinstance(mode, str) and mode in _NEEDS
        expect(self.name, "mode", valid, f"one of {tuple(_NEEDS)}", mode)
        for key in parameters:
            expect(self.name, key, key in _NEEDS[mode], f"no such parameter for {mode}", key)
        for key in _NEEDS[mode]:
            expect(self.name, key, key in parameters, f"this parameter for {mode}", None)
            _check(self.name, key, parameters[key])
        self.mode = mode
        self._given = parameters

    def configuration(self) -> dict[str, Any]:
        return {"mode": self.mode, **self._given}

    def stage(self, given: Representation) -> Stage:
        return _stage(self.name, given, self.mode, self._given, header=False)


class ZFPY(ArrayBytesCodec):
    """ZFP behind its header, as numcodecs writes it; reading goes by the header.

    Parameters
    ----------
    mode : {2, 3, 4, 5}, default 4
        Fixed rate, fixed precision, fixed accuracy, reversible.
    tolerance, rate, precision : float, float, int
        What the mode needs; without it (-1) nothing is lost.
    compression_kwargs : dict, optional
        numcodecs writes it; it says nothing new.

    Raises
    ------
    MetadataValidationError
        If a parameter is none of these.
    """

    name = "numcodecs.zfpy"
    parameters = ("mode", "tolerance", "rate", "precision", "compression_kwargs")

    def __init__(
        self,
        *,
        mode: int = 4,
        tolerance: float = -1,
        rate: float = -1,
        precision: int = -1,
        compression_kwargs: dict[str, Any] | None = None,
    ) -> None:
        valid = type(mode) is int and mode in _NUMPY_MODES
        expect(self.name, "mode", valid, f"one of {tuple(_NUMPY_MODES)}", mode)
        valid = compression_kwargs is None or isinstance(compression_kwargs, dict)
        expect(self.name, "compression_kwargs", valid, "an object", compression_kwargs)
        self.mode = mode
        self._given = {"tolerance": tolerance, "rate": rate, "precision": precision}
        for key, value in self._given.items():
            if value != -1:
                _check(self.name, key, value)

    def configuration(self) -> dict[str, Any]:
        return {"mode": self.mode, **self._given}

    def stage(self, given: Representation) -> Stage:
        mode = _NUMPY_MODES[self.mode]
        if any(self._given[name] == -1 for name in _NEEDS[mode]):
            mode = "reversible"
        return _stage(self.name, given, mode, self._given, header=True)
