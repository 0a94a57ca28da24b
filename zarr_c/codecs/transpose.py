"""``transpose``: Zarr v3 core, codecs, transpose. It costs strides only, so it has no stage."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from zarr_c.codecs.base import Codec, expect

__all__ = ["TransposeCodec"]


class TransposeCodec(Codec):
    """A permutation of the axes.

    Parameters
    ----------
    order : iterable of int
        Axis *i* of the encoded array is axis ``order[i]`` of the decoded one. Documents of old
        also say "C" and "F".

    Raises
    ------
    MetadataValidationError
        If `order` is no permutation.
    """

    name = "transpose"
    parameters = ("order",)

    def __init__(self, *, order: Iterable[int] | str) -> None:
        if order not in ("C", "F"):
            valid = isinstance(order, Iterable) and not isinstance(order, str)
            expect("transpose", "order", valid, "a permutation of the axes", order)
            order = tuple(order)
            valid = all(type(axis) is int for axis in order)
            expect("transpose", "order", valid, "integers", order)
            valid = sorted(order) == list(range(len(order)))
            expect("transpose", "order", valid, "each axis once", order)
        self.order = order

    def permutation(self, ndim: int) -> tuple[int, ...]:
        """The order for an array of `ndim` axes.

        Raises
        ------
        MetadataValidationError
            If the order is for another number of axes.
        """
        if self.order == "C":
            return tuple(range(ndim))
        if self.order == "F":
            return tuple(reversed(range(ndim)))
        expect("transpose", "order", len(self.order) == ndim, f"{ndim} axes", self.order)
        return tuple(self.order)  # type: ignore[arg-type]

    def configuration(self) -> dict[str, Any]:
        return {"order": list(self.order)}
