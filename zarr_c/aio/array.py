"""Arrays whose reads and writes are awaited."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Self, TypeVar

from zarr_c import nodes
from zarr_c.aio.awaiting import Shared, method, synchronous
from zarr_c.aio.indexers import AsyncBlockIndex, AsyncOIndex, AsyncVIndex
from zarr_c.aio.node import AsyncNode
from zarr_c.array import Array
from zarr_c.metadata.array import ArrayMetadata
from zarr_c.storage.concurrent import in_thread, to_the_end
from zarr_c.storage.resolve import StoreLike, resolve

if TYPE_CHECKING:
    from collections.abc import Mapping

    from zarr_c.array_config import ArrayConfigLike
    from zarr_c.storage.path import StorePath

__all__ = ["AsyncArray"]

T = TypeVar("T")


class _OfArray(Shared[Array, T]):
    """An attribute of an array."""


class AsyncArray(AsyncNode[Array]):
    """An array whose reads and writes are awaited; those awaited together overlap.

    ``array.async_array`` is that of an `Array`, and ``Array(async_array)`` is the array again.
    See `AsyncNode` on what cancelling does.

    Parameters
    ----------
    metadata : ArrayMetadata or dict
        What is stored there.
    store_path : StorePath
        Where the array is stored.
    config : ArrayConfig or mapping, optional
        How this handle behaves.

    Raises
    ------
    UnknownCodecError, MetadataValidationError
        If its chunks cannot be read with the codecs that there are.
    """

    __slots__ = ()

    _face_of = Array

    def __init__(
        self,
        metadata: ArrayMetadata | Mapping[str, Any],
        store_path: StorePath,
        config: ArrayConfigLike | None = None,
    ) -> None:
        if not isinstance(metadata, ArrayMetadata):
            metadata = nodes.parse_array(store_path, metadata)
        self._node = Array(store_path, metadata, config)

    @classmethod
    def from_dict(cls, store_path: StorePath, data: Mapping[str, Any]) -> Self:
        """The array of a dictionary of metadata; nothing is written.

        Parameters
        ----------
        store_path : StorePath
            Where the array is, or will be, stored.
        data : dict
            Its ``zarr.json``; of Zarr v2 its ``.zarray``, with the attributes as a field.

        Raises
        ------
        MetadataValidationError
            If they are not the metadata of an array.
        """
        return cls(data, store_path)

    @classmethod
    async def open(
        cls,
        store: StoreLike,
        zarr_format: int | None = 3,
        *,
        config: ArrayConfigLike | None = None,
    ) -> Self:
        """Open the array at a place.

        Parameters
        ----------
        store : StoreLike
            Where it is.
        zarr_format : {2, 3} or None, default 3
            Its format, None for either.
        config : ArrayConfig or mapping, optional
            How this handle behaves.

        Raises
        ------
        ArrayNotFoundError
            If there is no array of the format.
        NodeTypeValidationError
            If there is a group.
        """

        def read() -> Array:
            place = resolve(store)
            return Array(place, nodes.read_array(place, zarr_format), config)

        return cls._of(await in_thread(read))

    # ---- reading and writing

    async def getitem(self, selection: Any, *, prototype: Any = None) -> Any:
        """Read a selection, as ``array[selection]``.

        Parameters
        ----------
        selection : integers, slices, Ellipsis, newaxis, arrays, names of fields, or a tuple
            As between the brackets of an `Array`.
        prototype : optional
            Accepted, and does nothing.

        Raises
        ------
        IndexError
            If the selection does not fit the array.
        ChunkCorruptError
            If a stored chunk cannot be what the metadata say.
        """
        return await in_thread(self._node.__getitem__, selection)

    async def setitem(self, selection: Any, value: Any, prototype: Any = None) -> None:
        """Write to a selection, as ``array[selection] = value``.

        Parameters
        ----------
        selection : integers, slices, Ellipsis, newaxis, arrays, names of fields, or a tuple
            As between the brackets of an `Array`.
        value : array-like or AsyncArray
            Broadcast to the selection and cast within its kind.
        prototype : optional
            Accepted, and does nothing.

        Raises
        ------
        IndexError
            If the selection does not fit the array.
        ValueError
            If the value cannot be broadcast, or the store is read-only.
        TypeError
            If the value is of a kind that would lose something, such as float for int.
        """
        await to_the_end(self._node.__setitem__, selection, synchronous(value))

    get_basic_selection = method(Array.get_basic_selection, reads=True)
    get_orthogonal_selection = method(Array.get_orthogonal_selection, reads=True)
    get_coordinate_selection = method(Array.get_coordinate_selection, reads=True)
    get_mask_selection = method(Array.get_mask_selection, reads=True)
    get_block_selection = method(Array.get_block_selection, reads=True)
    set_basic_selection = method(Array.set_basic_selection)
    set_orthogonal_selection = method(Array.set_orthogonal_selection)
    set_coordinate_selection = method(Array.set_coordinate_selection)
    set_mask_selection = method(Array.set_mask_selection)
    set_block_selection = method(Array.set_block_selection)

    @property
    def oindex(self) -> AsyncOIndex:
        """Selects along each axis by itself: ``await array.oindex.getitem(([0, 2], mask))``."""
        return AsyncOIndex(self)

    @property
    def vindex(self) -> AsyncVIndex:
        """Selects points or by a mask: ``await array.vindex.getitem(([0, 2], [1, 3]))``."""
        return AsyncVIndex(self)

    @property
    def blocks(self) -> AsyncBlockIndex:
        """Selects whole chunks: ``await array.blocks.getitem((0, slice(2)))``."""
        return AsyncBlockIndex(self)

    # ---- what it is

    metadata = _OfArray(lambda array: array.metadata)
    config = _OfArray(lambda array: array.config)
    shape = _OfArray(lambda array: array.shape)
    dtype = _OfArray(lambda array: array.dtype)
    ndim = _OfArray(lambda array: array.ndim)
    size = _OfArray(lambda array: array.size)
    nbytes = _OfArray(lambda array: array.nbytes)
    itemsize = _OfArray(lambda array: array.itemsize)
    fill_value = _OfArray(lambda array: array.fill_value)
    order = _OfArray(lambda array: array.order)
    chunks = _OfArray(lambda array: array.chunks)
    shards = _OfArray(lambda array: array.shards)
    read_chunk_sizes = _OfArray(lambda array: array.read_chunk_sizes)
    write_chunk_sizes = _OfArray(lambda array: array.write_chunk_sizes)
    write_unit = _OfArray(lambda array: array.write_unit)
    cdata_shape = _OfArray(lambda array: array.cdata_shape)
    nchunks = _OfArray(lambda array: array.nchunks)
    filters = _OfArray(lambda array: array.filters)
    serializer = _OfArray(lambda array: array.serializer)
    compressor = _OfArray(lambda array: array.compressor)
    compressors = _OfArray(lambda array: array.compressors)
    info = _OfArray(lambda array: array.info)

    def __len__(self) -> int:
        return len(self._node)

    async def nchunks_initialized(self) -> int:
        """Number of chunks that are stored, in a shard all of them; lists the store."""
        return await in_thread(lambda: self._node.nchunks_initialized)

    nbytes_stored = method(Array.nbytes_stored, reads=True)
    digest = method(Array.digest, reads=True)
    hexdigest = method(Array.hexdigest, reads=True)
    info_complete = method(Array.info_complete, reads=True)

    # ---- changing it

    resize = method(Array.resize)
    append = method(Array.append)
    write_region = method(Array.write_region)

    def with_config(self, config: ArrayConfigLike) -> Self:
        """Another handle on the same array that behaves otherwise."""
        return self._of(self._node.with_config(config))
