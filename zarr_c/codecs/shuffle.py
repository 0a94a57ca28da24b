"""The shuffle of numcodecs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from zarr_c.codecs.base import BytesBytesCodec, expect

if TYPE_CHECKING:
    from zarr_c.codecs._shuffle import ShuffleStage

__all__ = ["Shuffle"]


class Shuffle(BytesBytesCodec):
    """Bytes of elements ordered by their place in the element.

    Parameters
    ----------
    elementsize : int, optional
        Bytes of an element, by default those of the array's; numcodecs' own default is 4.

    Raises
    ------
    MetadataValidationError
        If `elementsize` is no integer from 0 to 65536.
    """

    name = "numcodecs.shuffle"
    parameters = ("elementsize",)
    required_in_v2 = ("elementsize",)
    fixed_size = True

    def __init__(self, *, elementsize: int | None = None) -> None:
        valid = elementsize is None or (type(elementsize) is int and 0 <= elementsize <= 65536)
        expect(self.name, "elementsize", valid, "an integer from 0 to 65536", elementsize)
        self.elementsize = elementsize

    def configuration(self) -> dict[str, Any]:
        return {} if self.elementsize is None else super().configuration()

    def stage(self, itemsize: int) -> ShuffleStage:
        from zarr_c.codecs._shuffle import ShuffleStage

        size = itemsize if self.elementsize is None else self.elementsize
        return ShuffleStage(max(size, 1))  # numcodecs takes 0 for 1
