"""What `AsyncArray.oindex`, `AsyncArray.vindex` and `AsyncArray.blocks` are."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from zarr_c.aio.awaiting import synchronous
from zarr_c.storage.concurrent import in_thread, to_the_end

if TYPE_CHECKING:
    from zarr_c.aio.array import AsyncArray

__all__ = ["AsyncBlockIndex", "AsyncOIndex", "AsyncVIndex"]


class _AsyncIndex:
    """A way to write a selection of an array that is awaited.

    Parameters
    ----------
    array : AsyncArray
        Of which it selects.
    """

    __slots__ = ("array",)

    _name: ClassVar[str]  # of the array's property that does the same

    def __init__(self, array: AsyncArray) -> None:
        self.array = array

    async def getitem(self, selection: Any) -> Any:
        """Read a selection; arguments, results and errors are those of the brackets.

        Parameters
        ----------
        selection : integers, slices, integer or boolean arrays, or a tuple of them
        """
        index = getattr(self.array._node, self._name)
        return await in_thread(index.__getitem__, selection)

    async def setitem(self, selection: Any, value: Any) -> None:
        """Write to a selection; arguments and errors are those of the brackets.

        Parameters
        ----------
        selection : integers, slices, integer or boolean arrays, or a tuple of them
        value : array-like or AsyncArray
            Broadcast to the selection and cast within its kind.
        """
        index = getattr(self.array._node, self._name)
        await to_the_end(index.__setitem__, selection, synchronous(value))


class AsyncOIndex(_AsyncIndex):
    """Orthogonal indexing, along each axis for itself; see `zarr_c.indexers.OIndex`."""

    __slots__ = ()

    _name = "oindex"


class AsyncVIndex(_AsyncIndex):
    """Vectorized indexing, of points or by a mask; see `zarr_c.indexers.VIndex`."""

    __slots__ = ()

    _name = "vindex"


class AsyncBlockIndex(_AsyncIndex):
    """Indexing of whole chunks; see `zarr_c.indexers.BlockIndex`."""

    __slots__ = ()

    _name = "blocks"
