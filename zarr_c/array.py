"""Arrays: a thin face over the compiled read and write paths."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Self

from zarr_c import nodes
from zarr_c.array_config import ArrayConfig, ArrayConfigLike, parse_array_config
from zarr_c.array_properties import ArrayProperties
from zarr_c.array_protocols import ArrayProtocols
from zarr_c.array_selection import ArraySelection
from zarr_c.codecs.pipeline import compile_pipeline
from zarr_c.plan import make_plan
from zarr_c.resizing import append, resize
from zarr_c.storage.path import StorePath
from zarr_c.storage.resolve import StoreLike, resolve
from zarr_c.write_units import check_aligned

if TYPE_CHECKING:
    from collections.abc import Mapping

    from zarr_c.aio.array import AsyncArray
    from zarr_c.chunk_cache import ChunkCache
    from zarr_c.metadata.array import ArrayMetadata
    from zarr_c.views.array_view import ArrayView
    from zarr_c.views.lazy import Casting, LazyArray

__all__ = ["Array"]


class Array(ArrayProperties, ArraySelection, ArrayProtocols):
    """A chunked array in a store; indexing it reads and writes.

    Parameters
    ----------
    store_path : StorePath or AsyncArray
        Where the array is stored; an asynchronous array, alone, gives the array behind it.
    metadata : ArrayMetadata
        What is stored there.
    config : ArrayConfig or mapping, optional
        How this handle behaves.
    cache : ChunkCache, optional
        Where its reads keep decoded chunks.

    Raises
    ------
    UnknownCodecError, MetadataValidationError
        If its chunks cannot be read with the codecs that there are.
    """

    def __init__(
        self,
        store_path: StorePath | AsyncArray,
        metadata: ArrayMetadata | None = None,
        config: ArrayConfigLike | None = None,
        cache: ChunkCache | None = None,
    ) -> None:
        if not isinstance(store_path, StorePath):
            return  # what is behind an AsyncArray is complete
        if metadata is None:
            raise TypeError(
                f"metadata: expected those of the array at {store_path}, found None"
            )
        self._place = store_path
        self._cache = cache
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
        self._plan = make_plan(self._place, metadata, self._pipeline, self._config, self._cache)

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

    @classmethod
    def from_dict(cls, store_path: StorePath, data: Mapping[str, Any]) -> Self:
        """A handle on an array whose metadata document is known; nothing is read.

        Parameters
        ----------
        store_path : StorePath
            Where the array is.
        data : mapping
            Its ``zarr.json``, or its ``.zarray`` with ``attributes`` in it.

        Raises
        ------
        MetadataValidationError
            If it is no such document.
        """
        return cls(store_path, nodes.parse_array(store_path, data))

    @property
    def async_array(self) -> AsyncArray:
        """The same array with coroutines for methods."""
        from zarr_c.aio.array import AsyncArray

        return AsyncArray._of(self)

    _async_array = async_array  # as xarray names it

    @property
    def shape(self) -> tuple[int, ...]:
        """Elements along each axis; assigning one resizes."""
        return self._shape

    @shape.setter
    def shape(self, new_shape: Any) -> None:
        self.resize(new_shape)

    # ---- seeing it otherwise

    @property
    def lazy(self) -> LazyArray:
        """A view from which selecting gives views: nothing is read before their `result()`."""
        from zarr_c.views.lazy import LazyArray

        return LazyArray(self)

    def astype(self, dtype: Any, *, casting: Casting = "unsafe") -> ArrayView:
        """The array with its elements cast when they are read; see `LazyArray.astype`."""
        from zarr_c.views.array_view import ArrayView

        return ArrayView.cast(self, dtype, casting)

    def view(self, dtype: Any) -> ArrayView:
        """The array with its bytes taken for another type; see `LazyArray.view`."""
        from zarr_c.views.array_view import ArrayView

        return ArrayView.look(self, dtype)

    # ---- changing it

    def write_region(self, selection: Any, value: Any, *, exclusive: bool = True) -> None:
        """Write to a selection that no other writer shares a stored object with.

        What covers chunks, or shards, as a whole is written without being read. So processes
        that write disjoint regions this way lose nothing, without locks and in any order.

        Parameters
        ----------
        selection : integers, slices, Ellipsis, newaxis, or a tuple of these
            As between the brackets, where it begins and ends at multiples of `write_unit`, or
            at the end of the array as this handle knows it (see `refresh`).
        value : array-like
            Broadcast to the selection and cast within its kind.
        exclusive : bool, default True
            Whether other selections are refused; otherwise they are written as by
            ``array[selection] = value``, which is safe among threads, and among processes if
            the array was opened with a ``lock``.

        Raises
        ------
        UnalignedWriteError
            If a chunk, or a shard, is selected in part. Nothing has been read or written; the
            error tells the aligned selections around it and within it.
        TypeError
            If the selection is of another kind.
        IndexError, ValueError, TypeError
            As ``array[selection] = value``.
        """
        if exclusive:
            check_aligned(selection, self._metadata, self._place)
        self[selection] = value

    def resize(self, new_shape: Any, delete_outside_chunks: bool = True) -> None:
        """Change the shape, and remove what is stored outside it.

        Where an axis becomes shorter, chunks outside are deleted, and those that its end cuts
        are filled beyond it; so what was cut off does not come back when the axis grows again.
        The shape is stored last.

        Parameters
        ----------
        new_shape : int or tuple of int
        delete_outside_chunks : bool, default True
            Whether to remove anything; otherwise all chunks stay as they are, and what lies
            outside comes back when the array grows.

        Raises
        ------
        ValueError
            If it has another number of axes or a negative length, or the store is read-only.
        """
        self._set_metadata(resize(self, new_shape, delete_outside_chunks))

    def append(self, data: Any, axis: int = 0) -> tuple[int, ...]:
        """Write data behind the end of an axis and lengthen it: the data first, then the shape.

        It starts from the shape that is stored, and others who append to the array wait:
        threads of this process, and other processes where the store can lock.

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
        StoreError
            If the lock was lost meanwhile.
        """
        self._set_metadata(append(self, data, axis))
        return self._shape

    def refresh(self) -> Self:
        """Take over what another handle or process has made of shape, attributes and chunks.

        What is in a cache of decoded chunks is dropped.

        Raises
        ------
        ArrayNotFoundError
            If the array is gone.
        """
        self._compile(nodes.read_array(self._place, self._metadata.zarr_format))
        self._plan.forget_chunks()
        return self

    def with_config(self, config: ArrayConfigLike) -> Self:
        """Another handle on the same array that behaves otherwise.

        Parameters
        ----------
        config : ArrayConfig or mapping
            Fields that a mapping leaves out stay as they are.
        """
        if not isinstance(config, ArrayConfig):
            config = {n: getattr(self._config, n) for n in ArrayConfig.__slots__} | {**config}
        return type(self)(self._place, self._metadata, config, self._cache)

    def with_cache(self, cache: ChunkCache | int | None) -> Self:
        """Another handle on the same array, whose reads keep the chunks that they decode.

        Parameters
        ----------
        cache : ChunkCache, int or None
            A cache that arrays may share, or the bytes of a new one; None for none.

        Raises
        ------
        TypeError, ValueError
            If it is nothing of that.

        Examples
        --------
        >>> array = zarr.open_array("x.zarr").with_cache(256 << 20)
        >>> for t in range(1, len(array) - 1):
        ...     step(array[t - 1 : t + 2])  # each chunk is decoded once
        """
        from zarr_c.chunk_cache import parse_cache

        return type(self)(self._place, self._metadata, self._config, parse_cache(cache))

    @property
    def cache(self) -> ChunkCache | None:
        """Where reads of this handle keep decoded chunks; None if they do not."""
        return self._cache

    # ---- what any object is

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Array):
            return NotImplemented
        return self._place == other._place and self._metadata == other._metadata

    __hash__ = None  # type: ignore[assignment]

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), (self._place, self._metadata, self._config, self._cache)

    def __repr__(self) -> str:
        return f"<Array {self._place} shape={self._shape} dtype={self._dtype}>"
