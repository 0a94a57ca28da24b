"""``reshape``: https://github.com/zarr-developers/zarr-extensions/tree/main/codecs/reshape"""

from __future__ import annotations

from itertools import pairwise
from math import prod
from typing import TYPE_CHECKING, Any

from zarr_c.codecs.base import ArrayArrayCodec, expect

if TYPE_CHECKING:
    from zarr_c.codecs.representation import Representation

__all__ = ["ReshapeCodec"]


class ReshapeCodec(ArrayArrayCodec):
    """The same elements, in C order, under another shape. It costs nothing.

    Parameters
    ----------
    shape : list of int or list of int
        The encoded shape. At most one length may be -1, which the others determine; a list of
        axes of the decoded shape, in ascending order, stands for the product of their lengths.

    Raises
    ------
    MetadataValidationError
        If `shape` is none, or does not fit the elements.
    """

    name = "reshape"
    parameters = ("shape",)
    required = ("shape",)

    def __init__(self, *, shape: Any) -> None:
        expected = "a list of positive integers, at most one -1, and lists of axes"
        valid = isinstance(shape, list | tuple)
        expect(self.name, "shape", valid, expected, shape)
        self.shape: list[Any] = []
        axes: list[int] = []
        for item in shape:
            if isinstance(item, list | tuple):
                valid = all(type(axis) is int and axis >= 0 for axis in item)
                axes += item if valid else []
                self.shape.append(list(item))
            else:
                valid = type(item) is int and (item == -1 or 0 < item < 2**63)
                self.shape.append(item)
            expect(self.name, "shape", valid, expected, shape)
        valid = self.shape.count(-1) <= 1
        expect(self.name, "shape", valid, "at most one -1", shape)
        valid = all(a < b for a, b in pairwise(axes))
        expect(self.name, "shape", valid, "axes in ascending order", shape)

    def encoded(self, given: Representation) -> Representation:
        lengths: list[int] = []
        for item in self.shape:
            if isinstance(item, int):
                lengths.append(item)
                continue
            valid = all(axis < len(given.shape) for axis in item)
            axes = f"axes below {len(given.shape)}"
            expect(self.name, "shape", valid, axes, self.shape)
            lengths.append(prod(given.shape[axis] for axis in item))
        if -1 in lengths:
            known = prod(length for length in lengths if length != -1)
            rest = given.size // known if known else 0
            lengths[lengths.index(-1)] = rest
        expected = f"{given.size} elements, as {given.shape} has"
        expect(self.name, "shape", prod(lengths) == given.size, expected, self.shape)
        return given.with_(shape=tuple(lengths))

    def stage(self, given: Representation) -> None:
        return None
