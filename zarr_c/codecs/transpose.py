"""``transpose``: Zarr v3 core, codecs, transpose. First in a chain, it costs strides only."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from zarr_c.codecs.base import ArrayArrayCodec, expect

if TYPE_CHECKING:
    from zarr_c.codecs._chain import Stage
    from zarr_c.codecs.representation import Representation

__all__ = ["TransposeCodec"]


class TransposeCodec(ArrayArrayCodec):
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
    required = ("order",)

    def __init__(self, *, order: Iterable[int] | str) -> None:
        self.order: tuple[int, ...] | str
        valid = order in ("C", "F") if isinstance(order, str) else isinstance(order, Iterable)
        expect("transpose", "order", valid, "a permutation of the axes", order)
        if isinstance(order, str):
            self.order = order
            return
        self.order = tuple(order)
        valid = all(type(axis) is int for axis in self.order)
        expect("transpose", "order", valid, "integers", self.order)
        valid = sorted(self.order) == list(range(len(self.order)))
        expect("transpose", "order", valid, "each axis once", self.order)

    def permutation(self, ndim: int) -> tuple[int, ...]:
        """The order for an array of `ndim` axes.

        Raises
        ------
        MetadataValidationError
            If the order is for another number of axes.
        """
        if isinstance(self.order, str):
            axes = tuple(range(ndim))
            return axes if self.order == "C" else axes[::-1]
        expect("transpose", "order", len(self.order) == ndim, f"{ndim} axes", self.order)
        return self.order

    def configuration(self) -> dict[str, Any]:
        return {"order": self.order if isinstance(self.order, str) else list(self.order)}

    def encoded(self, given: Representation) -> Representation:
        order = self.permutation(len(given.shape))
        return given.with_(shape=tuple(given.shape[axis] for axis in order))

    def stage(self, given: Representation) -> Stage:
        from zarr_c.codecs._transpose import TransposeStage

        order = self.permutation(len(given.shape))
        return TransposeStage(given.shape, order, given.data_type.itemsize)
