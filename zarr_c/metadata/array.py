"""The metadata of an array, one frozen class for both formats."""

from __future__ import annotations

from math import prod
from typing import TYPE_CHECKING, Any

from zarr_c.errors import MetadataValidationError
from zarr_c.frozen import Frozen, set_field
from zarr_c.metadata.checks import MAX_LENGTH, MAX_RANK, invalid

if TYPE_CHECKING:
    import numpy as np

    from zarr_c.metadata.chunk_key import ChunkKeyEncoding
    from zarr_c.metadata.dtype import DataType

__all__ = ["ArrayMetadata"]


class ArrayMetadata(Frozen):
    """The metadata of an array; what contradicts itself cannot be made.

    Attributes
    ----------
    zarr_format : {2, 3}
    shape : tuple of int
        Elements along each dimension; 0 is allowed, and no dimensions at all.
    chunk_shape : tuple of int
        Elements of a chunk along each dimension, at least 1.
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

    Raises
    ------
    MetadataValidationError
        If fields do not fit each other or the limits of zarr_c; the message names the field.
    """

    __slots__ = (
        *("zarr_format", "shape", "chunk_shape", "data_type", "fill_value", "chunk_key"),
        *("codecs", "order", "filters", "compressor", "attributes", "dimension_names", "extra"),
    )

    zarr_format: int
    shape: tuple[int, ...]
    chunk_shape: tuple[int, ...]
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
        chunk_shape: tuple[int, ...],
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
        set_field(self, "chunk_shape", chunk_shape)
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
        _check_lengths("shape", shape, 0)
        _check_lengths(chunks, chunk_shape, 1)
        if len(chunk_shape) != len(shape):
            raise invalid(chunks, f"{len(shape)} lengths, one per dimension", chunk_shape)
        itemsize = data_type.itemsize
        if prod(chunk_shape) * itemsize >= MAX_LENGTH:
            raise invalid(
                chunks,
                f"fewer than 2**63 bytes in a chunk of {itemsize}-byte elements",
                chunk_shape,
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
    def chunk_nbytes(self) -> int:
        """Bytes of a decoded chunk, which is always full, also at the edge."""
        return prod(self.chunk_shape) * self.data_type.itemsize

    @property
    def grid_shape(self) -> tuple[int, ...]:
        """Number of chunks along each dimension."""
        return tuple(
            -(-n // chunk) for n, chunk in zip(self.shape, self.chunk_shape, strict=True)
        )


def _check_lengths(name: str, lengths: tuple[int, ...], least: int) -> None:
    if len(lengths) > MAX_RANK:
        raise invalid(name, f"at most {MAX_RANK} dimensions", len(lengths))
    for n in lengths:
        if type(n) is not int or not least <= n < MAX_LENGTH:
            raise invalid(name, f"integers from {least} to 2**63 - 1", lengths)
