"""The metadata of an array, one frozen class for both formats."""

from __future__ import annotations

from math import prod
from typing import TYPE_CHECKING, Any

from zarr_c.errors import MetadataValidationError
from zarr_c.frozen import set_field
from zarr_c.metadata.checks import MAX_LENGTH, invalid
from zarr_c.metadata.chunk_grid import RegularGrid, check_lengths
from zarr_c.metadata.documented import DocumentedArray

if TYPE_CHECKING:
    import numpy as np

    from zarr_c.metadata.chunk_grid import ChunkGrid
    from zarr_c.metadata.chunk_key import ChunkKeyEncoding
    from zarr_c.metadata.dtype import DataType

__all__ = ["ArrayMetadata"]


class ArrayMetadata(DocumentedArray):
    """The metadata of an array; what contradicts itself cannot be made.

    Attributes
    ----------
    zarr_format : {2, 3}
    shape : tuple of int
        Elements along each dimension; 0 is allowed, and no dimensions at all.
    chunk_grid : ChunkGrid
        How the array is cut into chunks; in v2 always regular.
    data_type : DataType
    fill_value : bytes or None
        Raw bytes of one element in the byte order of ``data_type.dtype``, of any length for a
        variable-length type; None only for a v2 ``null``.
    chunk_key : ChunkKeyEncoding
    codecs : tuple of dict
        The v3 chain as ``{"name", "configuration"}``; empty in v2.
    order : {"C", "F"}
        Order of the elements in a v2 chunk; ``"C"`` in v3.
    filters : tuple of dict
        v2 only.
    compressor : dict or None
        v2 only.
    attributes : dict
    dimension_names : tuple of (str or None), or None
        v3 only.
    extra : dict
        Unknown fields that were allowed, kept for rewriting.

    Parameters
    ----------
    chunk_shape : tuple of int
        Shape of every chunk, instead of `chunk_grid`.
    **fields
        The attributes.

    Raises
    ------
    MetadataValidationError
        If fields do not fit each other or the limits of zarr_c; the message names the field.
    """

    __slots__ = (
        *("zarr_format", "shape", "chunk_grid", "data_type", "fill_value", "chunk_key"),
        *("codecs", "order", "filters", "compressor", "attributes", "dimension_names", "extra"),
    )

    zarr_format: int
    shape: tuple[int, ...]
    chunk_grid: ChunkGrid
    data_type: DataType
    fill_value: bytes | None
    chunk_key: ChunkKeyEncoding
    codecs: tuple[dict[str, Any], ...]
    order: str
    filters: tuple[dict[str, Any], ...]
    compressor: dict[str, Any] | None
    attributes: dict[str, Any]
    dimension_names: tuple[str | None, ...] | None
    extra: dict[str, Any]

    def __init__(
        self,
        *,
        zarr_format: int,
        shape: tuple[int, ...],
        chunk_grid: ChunkGrid | None = None,
        chunk_shape: tuple[int, ...] | None = None,
        data_type: DataType,
        fill_value: bytes | None,
        chunk_key: ChunkKeyEncoding,
        codecs: tuple[dict[str, Any], ...] = (),
        order: str = "C",
        filters: tuple[dict[str, Any], ...] = (),
        compressor: dict[str, Any] | None = None,
        attributes: dict[str, Any] | None = None,
        dimension_names: tuple[str | None, ...] | None = None,
        extra: dict[str, Any] | None = None,
    ) -> None:
        set_field(self, "zarr_format", zarr_format)
        set_field(self, "shape", shape)
        if chunk_shape is not None:
            chunk_grid = RegularGrid(chunk_shape)
        assert chunk_grid is not None
        set_field(self, "chunk_grid", chunk_grid)
        set_field(self, "data_type", data_type)
        set_field(self, "fill_value", fill_value)
        set_field(self, "chunk_key", chunk_key)
        set_field(self, "codecs", codecs)
        set_field(self, "order", order)
        set_field(self, "filters", filters)
        set_field(self, "compressor", compressor)
        set_field(self, "attributes", {} if attributes is None else attributes)
        set_field(self, "dimension_names", dimension_names)
        set_field(self, "extra", {} if extra is None else extra)

        chunks = "chunks" if zarr_format == 2 else "chunk_shape"
        check_lengths("shape", shape, 0)
        chunk_grid.check(shape, chunks)
        itemsize = data_type.itemsize
        if prod(chunk_grid.largest(shape)) * itemsize >= MAX_LENGTH:
            raise invalid(
                chunks,
                f"fewer than 2**63 bytes in a chunk of {itemsize}-byte elements",
                chunk_grid.largest(shape),
            )
        size = itemsize if fill_value is None or data_type.variable else len(fill_value)
        if size != itemsize:
            raise invalid(
                "fill_value", f"{itemsize} raw bytes for {data_type.name}", fill_value
            )
        if zarr_format == 3:
            self._check_v3()
        else:
            self._check_v2()

    def _check_v3(self) -> None:
        if self.fill_value is None:
            raise invalid("fill_value", "a value, as Zarr v3 has no null", None)
        if self.filters or self.compressor is not None or self.order != "C":
            raise MetadataValidationError(
                "codecs: expected no filters, compressor or order F beside them, found some"
            )
        if not self.codecs:
            raise invalid("codecs", "at least one codec", self.codecs)
        if not self.data_type.dtype.isnative:
            raise invalid("data_type", "native byte order in Zarr v3", self.data_type.dtype)
        self.chunk_key.check(len(self.shape))
        names = self.dimension_names
        if names is None:
            return
        if len(names) != len(self.shape):
            raise invalid("dimension_names", f"{len(self.shape)} strings or nulls", names)
        for name in names:
            if name is not None and not isinstance(name, str):
                raise invalid("dimension_names", "strings or nulls", names)

    def _check_v2(self) -> None:
        if self.zarr_format != 2:
            raise invalid("zarr_format", "2 or 3", self.zarr_format)
        if self.order not in ("C", "F"):
            raise invalid("order", "'C' or 'F'", self.order)
        if self.codecs:
            raise invalid(
                "codecs", "none in Zarr v2, but filters and a compressor", self.codecs
            )
        if self.chunk_key.name != "v2":
            raise invalid("chunk_key_encoding", "'v2' in Zarr v2", self.chunk_key.name)
        if not self.chunk_grid.regular:
            raise invalid("chunk_grid", "a regular one in Zarr v2", self.chunk_grid.name)
        if self.dimension_names is not None:
            raise invalid("dimension_names", "none in Zarr v2", self.dimension_names)

    @property
    def ndim(self) -> int:
        """Number of dimensions."""
        return len(self.shape)

    @property
    def dtype(self) -> np.dtype[Any]:
        """NumPy dtype as the user sees it."""
        return self.data_type.dtype

    @property
    def chunk_shape(self) -> tuple[int, ...]:
        """Elements of every chunk along each dimension.

        Raises
        ------
        NotImplementedError
            If chunks differ in shape.
        """
        return self.chunk_grid.chunk_shape

    @property
    def chunk_nbytes(self) -> int:
        """Bytes of a decoded chunk, of the largest one where they differ.

        A chunk is always full, also at the edge.
        """
        return prod(self.chunk_grid.largest(self.shape)) * self.data_type.itemsize

    @property
    def grid_shape(self) -> tuple[int, ...]:
        """Number of chunks along each dimension."""
        return self.chunk_grid.grid_shape(self.shape)

    def resized(
        self, shape: tuple[int, ...], unit: tuple[int, ...] | None = None
    ) -> ArrayMetadata:
        """The metadata of the array when its shape has changed.

        Parameters
        ----------
        shape : tuple of int
        unit : tuple of int, optional
            What new chunks are multiples of, where chunks differ in shape.

        Raises
        ------
        MetadataValidationError, ValueError
            If the grid cannot take the new shape.
        """
        grid = self.chunk_grid.resized(self.shape, shape, unit or (1,) * len(shape))
        return self.with_(shape=shape, chunk_grid=grid)

    update_shape = resized
