"""What Python and NumPy do with any array: convert it, iterate over it, ask for its truth."""

from __future__ import annotations

import operator
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterator

    from zarr_c.metadata.array import ArrayMetadata
    from zarr_c.metadata.chunk_grid import ChunkGrid
    from zarr_c.storage.path import StorePath

__all__ = ["ArrayProtocols"]


class ArrayProtocols:
    """Base of `Array`: what `numpy.ndarray` does under the same names.

    Whatever goes over all elements reads one row of chunks after the other.
    """

    if TYPE_CHECKING:
        _dtype: np.dtype[Any]
        _metadata: ArrayMetadata
        _place: StorePath
        _shape: tuple[int, ...]

        @property
        def order(self) -> str: ...
        @property
        def _read_grid(self) -> ChunkGrid: ...
        def __getitem__(self, selection: Any) -> Any: ...

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> np.ndarray[Any, Any]:
        """Read everything, cast to another data type if one is given.

        Raises
        ------
        ValueError
            If `copy` is False.
        """
        if copy is False:
            raise ValueError("copy: a stored array cannot become a NumPy array without a copy")
        wanted = self._dtype if dtype is None else np.dtype(dtype)
        # a type without a size takes that of its elements, which all must be seen for that
        if wanted == self._dtype or not self._shape or not wanted.itemsize or _unitless(wanted):
            return np.asarray(self[...], dtype=dtype)
        out = np.empty(self._shape, wanted, order="F" if self.order == "F" else "C")
        for rows in self._rows():
            out[rows] = self[rows]
        return out

    def _rows(self) -> Iterator[slice]:
        """The first axis, cut as chunks are: each chunk is decoded once."""
        start = 0
        for length, count in self._read_grid.runs(0, self._shape[0]):
            for _ in range(count):
                yield slice(start, start + length)
                start += length

    def __len__(self) -> int:
        if not self._shape:
            raise TypeError("len() of an array without axes")
        return self._shape[0]

    def __iter__(self) -> Iterator[Any]:
        if not self._shape:
            raise TypeError("iteration over an array without axes")
        return (row for rows in self._rows() for row in self[rows])

    def __contains__(self, value: Any) -> bool:
        if not self._shape or np.ndim(value) >= len(self._shape):
            return value in np.asarray(self)
        return any(value in self[rows] for rows in self._rows())

    # ---- one element as a number

    def _only(self) -> Any:
        """The only element, as a scalar."""
        if any(length != 1 for length in self._shape):
            raise TypeError(
                f"expected an array of one element to convert it, found shape {self._shape}"
            )
        return np.asarray(self).reshape(())[()]

    def __bool__(self) -> bool:
        # as in zarr-python and h5py, so that `group.get(name) or make()` finds empty arrays
        return True

    def __int__(self) -> int:
        return int(self._only())

    def __float__(self) -> float:
        return float(self._only())

    def __complex__(self) -> complex:
        return complex(self._only())

    def __index__(self) -> int:
        if self._shape or self._dtype.kind not in "iu":
            raise TypeError(
                "expected an array of integers without axes as an index, found shape "
                f"{self._shape} and data type {self._dtype}"
            )
        return operator.index(self._only())

    # ---- what dask asks for

    def __dask_tokenize__(self) -> tuple[Any, ...]:
        """What tells this array from others: its place and its documents, not its elements."""
        from zarr_c.node_documents import serialize

        place, documents = self._place, serialize(self._metadata)
        return (
            type(self).__qualname__,
            str(place.store),
            place.path,
            sorted(documents.items()),
        )


def _unitless(dtype: np.dtype[Any]) -> bool:
    return dtype.kind in "mM" and np.datetime_data(dtype)[0] == "generic"
