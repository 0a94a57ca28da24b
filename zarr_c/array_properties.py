"""What an array says about itself: its properties, none of which changes it."""

from __future__ import annotations

from math import prod
from typing import TYPE_CHECKING, Any

from zarr_c.codecs.base import ArrayArrayCodec, ArrayBytesCodec, BytesBytesCodec, Codec
from zarr_c.codecs.nested import make
from zarr_c.metadata.array import ArrayMetadata
from zarr_c.metadata.chunk_grid import RegularGrid
from zarr_c.metadata.extension import parse_extensions
from zarr_c.node import Node
from zarr_c.resizing import count_stored

if TYPE_CHECKING:
    import numpy as np

    from zarr_c.array_config import ArrayConfig
    from zarr_c.codecs.pipeline import Pipeline
    from zarr_c.metadata.chunk_grid import ChunkGrid
    from zarr_c.report import Report

__all__ = ["ArrayProperties"]


class ArrayProperties(Node[ArrayMetadata]):
    """Base of `Array`: shapes, types, codecs, counts and reports."""

    _config: ArrayConfig
    _dtype: np.dtype[Any]
    _pipeline: Pipeline
    _shape: tuple[int, ...]

    @property
    def dtype(self) -> np.dtype[Any]:
        """Data type of the elements."""
        return self._dtype

    @property
    def ndim(self) -> int:
        """Number of axes."""
        return len(self._shape)

    @property
    def size(self) -> int:
        """Number of elements."""
        return prod(self._shape)

    @property
    def nbytes(self) -> int:
        """Bytes of all elements, decoded."""
        return self.size * self._dtype.itemsize

    @property
    def itemsize(self) -> int:
        """Bytes of an element."""
        return self._dtype.itemsize

    @property
    def chunks(self) -> tuple[int, ...]:
        """Elements of a chunk along each axis; of an inner chunk, where there are shards.

        Raises
        ------
        NotImplementedError
            If chunks differ in shape; `read_chunk_sizes` has what each has.
        """
        return self._read_grid.chunk_shape

    @property
    def shards(self) -> tuple[int, ...] | None:
        """Elements of a shard along each axis; None where each chunk is an object.

        Raises
        ------
        NotImplementedError
            If shards differ in shape; `write_chunk_sizes` has what each has.
        """
        return None if self._pipeline.inner_chunk_shape is None else self._metadata.chunk_shape

    @property
    def _read_grid(self) -> ChunkGrid:
        inner = self._pipeline.inner_chunk_shape
        return self._metadata.chunk_grid if inner is None else RegularGrid(inner)

    @property
    def read_chunk_sizes(self) -> tuple[tuple[int, ...], ...]:
        """Elements in each chunk along each axis; of inner chunks, where there are shards.

        The last chunk counts as far as the array reaches, as in ``dask.array.Array.chunks``.
        """
        return self._read_grid.chunk_sizes(self._shape)

    @property
    def write_chunk_sizes(self) -> tuple[tuple[int, ...], ...]:
        """Elements in each stored object along each axis: of shards, where there are any."""
        return self._metadata.chunk_grid.chunk_sizes(self._shape)

    @property
    def write_unit(self) -> tuple[int, ...]:
        """Elements along each axis of what is written without being read: a shard, or a chunk.

        Writers of regions that begin and end at multiples of it share no stored object.

        Raises
        ------
        NotImplementedError
            If they differ in shape; `write_chunk_sizes` has what each has.
        """
        if not self._metadata.chunk_grid.regular:
            raise NotImplementedError(
                "write_unit: what is written together differs in shape, see write_chunk_sizes"
            )
        return self._metadata.chunk_shape

    @property
    def cdata_shape(self) -> tuple[int, ...]:
        """Number of chunks along each axis; of inner chunks, where there are shards."""
        return self._read_grid.grid_shape(self._shape)

    @property
    def nchunks(self) -> int:
        """Number of chunks, stored or not."""
        return prod(self.cdata_shape)

    @property
    def nchunks_initialized(self) -> int:
        """Number of chunks that are stored, in a shard all of them; lists the store."""
        return count_stored(self)

    def nbytes_stored(self) -> int:
        """Bytes that the array takes in its store, metadata included; lists the store."""
        return self._place.store.getsize_prefix(self._place.path)

    @property
    def fill_value(self) -> Any:
        """What elements of absent chunks are, as a scalar; None for a ``null`` in Zarr v2."""
        raw = self._metadata.fill_value
        return None if raw is None else self._metadata.data_type.scalar(raw)

    @property
    def order(self) -> str:
        """Memory order, "C" or "F", of what reading returns."""
        return self._config.order

    @property
    def filters(self) -> tuple[Any, ...]:
        """Codecs of a chunk from array to array; of Zarr v2, those of numcodecs."""
        if self._metadata.zarr_format == 2:
            return tuple(map(_numcodec, self._metadata.filters))
        return tuple(c for c in self._chunk_codecs() if isinstance(c, ArrayArrayCodec))

    @property
    def serializer(self) -> Any:
        """Codec of a chunk from array to bytes; None in Zarr v2."""
        return next((c for c in self._chunk_codecs() if isinstance(c, ArrayBytesCodec)), None)

    @property
    def compressors(self) -> tuple[Any, ...]:
        """Codecs of a chunk from bytes to bytes; of Zarr v2, that of numcodecs."""
        if self._metadata.zarr_format == 2:
            compressor = self._metadata.compressor
            return () if compressor is None else (_numcodec(compressor),)
        return tuple(c for c in self._chunk_codecs() if isinstance(c, BytesBytesCodec))

    def _chunk_codecs(self) -> tuple[Codec, ...]:
        """The codecs of a chunk, which are within those of its shard where there are shards."""
        if self._metadata.sharding_codec is None:
            return self._pipeline.codecs
        return tuple(map(make, parse_extensions("codecs", self._metadata.inner_codecs)))

    @property
    def compressor(self) -> Any:
        """The compressor of an array of Zarr v2, as numcodecs has it; None without one.

        Raises
        ------
        TypeError
            If the array is of Zarr v3, where `compressors` has all of them.
        """
        if self._metadata.zarr_format == 3:
            raise TypeError("compressor: Zarr v3 has any number of them, see `compressors`")
        return next(iter(self.compressors), None)

    def digest(self, hashname: str = "sha1") -> bytes:
        """A checksum of all that is stored of the array: its chunks, then its documents.

        Of an array of Zarr v2 it is that of zarr-python 2. Equal elements that were compressed
        otherwise have another one.

        Parameters
        ----------
        hashname : str, default "sha1"
            An algorithm of `hashlib`.

        Raises
        ------
        ValueError
            If `hashlib` does not know the algorithm.
        """
        from zarr_c.report import digest

        return digest(self, hashname)

    def hexdigest(self, hashname: str = "sha1") -> str:
        """The `digest` in hexadecimal digits."""
        return self.digest(hashname).hex()

    @property
    def config(self) -> ArrayConfig:
        """How this handle behaves."""
        return self._config

    @property
    def info(self) -> Report:
        """Facts about the array that cost no I/O."""
        from zarr_c.report import describe_array

        return describe_array(self)

    def info_complete(self) -> Report:
        """Facts about the array and what is stored of it; lists the store."""
        from zarr_c.report import describe_array

        return describe_array(self, complete=True)


def _numcodec(configuration: dict[str, Any]) -> Any:
    """A codec of Zarr v2 as numcodecs has it; its configuration where numcodecs has none."""
    from numcodecs.errors import UnknownCodecError
    from numcodecs.registry import get_codec

    try:
        return get_codec(dict(configuration))
    except (UnknownCodecError, ValueError):  # one that zarr_c knows or a program registered
        return configuration
