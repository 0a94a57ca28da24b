"""Arrays: a thin face over the compiled read and write paths."""

from __future__ import annotations

from math import prod
from typing import TYPE_CHECKING, Any, Self

import numpy as np

from zarr_c import nodes
from zarr_c._native.threads import call_threads
from zarr_c._read import read
from zarr_c._write import write
from zarr_c.array_config import ArrayConfig, ArrayConfigLike, parse_array_config
from zarr_c.codecs.base import ArrayArrayCodec, ArrayBytesCodec, BytesBytesCodec
from zarr_c.codecs.pipeline import compile_pipeline
from zarr_c.errors import ReadOnlyError
from zarr_c.metadata.chunk_grid import RegularGrid
from zarr_c.node import Node
from zarr_c.plan import make_plan
from zarr_c.resizing import append, count_stored, resize
from zarr_c.storage.resolve import StoreLike, resolve

if TYPE_CHECKING:
    from collections.abc import Iterator

    from zarr_c.array_view import ArrayView
    from zarr_c.lazy import Casting, LazyArray
    from zarr_c.metadata.array import ArrayMetadata
    from zarr_c.metadata.chunk_grid import ChunkGrid
    from zarr_c.report import Report
    from zarr_c.storage.path import StorePath

__all__ = ["Array"]


class Array(Node["ArrayMetadata"]):
    """A chunked array in a store; indexing it reads and writes.

    Parameters
    ----------
    store_path : StorePath
        Where the array is stored.
    metadata : ArrayMetadata
        What is stored there.
    config : ArrayConfig or mapping, optional
        How this handle behaves.

    Raises
    ------
    UnknownCodecError, MetadataValidationError
        If its chunks cannot be read with the codecs that there are.
    """

    def __init__(
        self,
        store_path: StorePath,
        metadata: ArrayMetadata,
        config: ArrayConfigLike | None = None,
    ) -> None:
        self._place = store_path
        self._config = parse_array_config(config)
        self._compile(metadata)

    def _compile(self, metadata: ArrayMetadata) -> None:
        self._pipeline = compile_pipeline(metadata)
        self._take_over(metadata)

    def _set_metadata(self, metadata: ArrayMetadata) -> None:
        """Take over metadata that are in the store now; only shape and grid may differ."""
        if metadata.chunk_grid.regular:
            self._take_over(metadata)
        else:  # the largest chunk may be another one
            self._compile(metadata)

    def _take_over(self, metadata: ArrayMetadata) -> None:
        self._metadata = metadata
        self._shape = metadata.shape
        self._data_type = metadata.data_type
        self._dtype = metadata.data_type.dtype
        self._plan = make_plan(self._place, metadata, self._pipeline, self._config)

    @classmethod
    def open(cls, store: StoreLike, *, config: ArrayConfigLike | None = None) -> Self:
        """Open the array at a place.

        Parameters
        ----------
        store : StoreLike
            Where it is.
        config : ArrayConfig or mapping, optional
            How this handle behaves.

        Raises
        ------
        ArrayNotFoundError
            If there is no array.
        NodeTypeValidationError
            If there is a group.
        """
        place = resolve(store)
        return cls(place, nodes.read_array(place), config)

    # ---- reading and writing

    def __getitem__(self, selection: Any) -> Any:
        """Read a selection of integers, slices of any step, Ellipsis and newaxis.

        Raises
        ------
        IndexError
            If the selection does not fit the array.
        ChunkCorruptError
            If a stored chunk cannot be what the metadata say.
        """
        return read(
            self._plan,
            self._shape,
            selection,
            call_threads(),
            self._data_type,
            self._config.order,
        )

    def __setitem__(self, selection: Any, value: Any) -> None:
        """Write to a selection; the value is broadcast to it and cast within its kind.

        Raises
        ------
        IndexError
            If the selection does not fit the array.
        ValueError
            If the value cannot be broadcast, or the store is read-only.
        TypeError
            If the value is of a kind that would lose something, such as float for int.
        """
        if self._place.store._read_only:
            raise ReadOnlyError(
                f"{self._place}: store was opened in read-only mode and does not support "
                "writing"
            )
        if hasattr(value, "__cuda_array_interface__"):
            from zarr_c.storage.device import to_host

            value = to_host(value)
        write(self._plan, self._shape, selection, call_threads(), self._data_type, value)

    def get_basic_selection(self, selection: Any = Ellipsis, *, out: Any = None) -> Any:
        """Read a basic selection, into an array of yours if you give one.

        Parameters
        ----------
        selection : integers, slices, Ellipsis, newaxis, or a tuple of them
        out : numpy.ndarray or cupy.ndarray, optional
            Writable, of the selection's shape and the array's data type; any strides will do.
            One on a GPU is filled on its device's current stream.

        Returns
        -------
        numpy.ndarray, cupy.ndarray or scalar
            `out` where it was given.

        Raises
        ------
        IndexError
            If the selection does not fit the array.
        TypeError, ValueError
            If `out` does not fit the selection.
        """
        if hasattr(out, "__cuda_array_interface__"):
            from zarr_c.device_arrays import read_to_device

            return read_to_device(self, selection, out)
        return read(
            self._plan,
            self._shape,
            selection,
            call_threads(),
            self._data_type,
            self._config.order,
            out,
        )

    def set_basic_selection(self, selection: Any, value: Any) -> None:
        """Write to a basic selection; the same as ``array[selection] = value``."""
        self[selection] = value

    @property
    def lazy(self) -> LazyArray:
        """A view from which selecting gives views: nothing is read before their `result()`."""
        from zarr_c.lazy import LazyArray

        return LazyArray(self)

    def astype(self, dtype: Any, *, casting: Casting = "unsafe") -> ArrayView:
        """The array with its elements cast when they are read; see `LazyArray.astype`."""
        from zarr_c.array_view import ArrayView

        return ArrayView.cast(self, dtype, casting)

    def view(self, dtype: Any) -> ArrayView:
        """The array with its bytes taken for another type; see `LazyArray.view`."""
        from zarr_c.array_view import ArrayView

        return ArrayView.look(self, dtype)

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> np.ndarray[Any, Any]:
        if copy is False:
            raise ValueError("copy: a stored array cannot become a NumPy array without a copy")
        return np.asarray(self[...], dtype=dtype)

    def __len__(self) -> int:
        if not self._shape:
            raise TypeError("len() of an array without axes")
        return self._shape[0]

    def __iter__(self) -> Iterator[Any]:
        if not self._shape:
            raise TypeError("iteration over an array without axes")
        start = 0
        for length, count in self._metadata.chunk_grid.runs(0, self._shape[0]):
            for _ in range(count):  # decodes every chunk once
                yield from self[start : start + length]
                start += length

    # ---- what it is

    @property
    def shape(self) -> tuple[int, ...]:
        """Elements along each axis; assigning one resizes."""
        return self._shape

    @shape.setter
    def shape(self, new_shape: Any) -> None:
        self.resize(new_shape)

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
        """Codecs from array to array; of Zarr v2, the configurations of the filters."""
        if self._metadata.zarr_format == 2:
            return self._metadata.filters
        return tuple(c for c in self._pipeline.codecs if isinstance(c, ArrayArrayCodec))

    @property
    def serializer(self) -> Any:
        """Codec from array to bytes; None in Zarr v2."""
        return next((c for c in self._pipeline.codecs if isinstance(c, ArrayBytesCodec)), None)

    @property
    def compressors(self) -> tuple[Any, ...]:
        """Codecs from bytes to bytes; of Zarr v2, the configuration of the compressor."""
        if self._metadata.zarr_format == 2:
            compressor = self._metadata.compressor
            return () if compressor is None else (compressor,)
        return tuple(c for c in self._pipeline.codecs if isinstance(c, BytesBytesCodec))

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

    # ---- changing it

    def resize(self, new_shape: Any) -> None:
        """Change the shape; chunks that lie outside the new one are deleted.

        Parameters
        ----------
        new_shape : int or tuple of int

        Raises
        ------
        ValueError
            If it has another number of axes or a negative length, or the store is read-only.
        """
        self._set_metadata(resize(self, new_shape))

    def append(self, data: Any, axis: int = 0) -> tuple[int, ...]:
        """Write data behind the end of an axis and lengthen it: the data first, then the shape.

        Parameters
        ----------
        data : array-like
            Of the array's shape along all other axes.
        axis : int, default 0

        Returns
        -------
        tuple of int
            The new shape.

        Raises
        ------
        ValueError
            If the shape of `data` does not fit, or the store is read-only.
        TypeError
            If `data` is of a kind that would lose something, such as float for int.
        """
        self._set_metadata(append(self, data, axis))
        return self._shape

    def refresh(self) -> Self:
        """Take over what another handle or process has made of shape and attributes.

        Raises
        ------
        ArrayNotFoundError
            If the array is gone.
        """
        metadata = nodes.read_array(self._place, self._metadata.zarr_format)
        self._compile(metadata)
        return self

    def with_config(self, config: ArrayConfigLike) -> Self:
        """Another handle on the same array that behaves otherwise."""
        return type(self)(self._place, self._metadata, config)

    # ---- what any object is

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Array):
            return NotImplemented
        return self._place == other._place and self._metadata == other._metadata

    __hash__ = None  # type: ignore[assignment]

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), (self._place, self._metadata, self._config)

    def __repr__(self) -> str:
        return f"<Array {self._place} shape={self._shape} dtype={self._dtype}>"
