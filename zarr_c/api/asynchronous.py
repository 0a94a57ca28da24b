"""The functions of `zarr_c` as coroutines, under the module name that they have in zarr-python.

Nodes that they take and return are `AsyncArray` and `AsyncGroup`; arguments, results and errors
are otherwise those of the same function. See `zarr_c.aio.node.AsyncNode` on cancelling.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from zarr_c.aio.array import AsyncArray
from zarr_c.aio.awaiting import asynchronous, coroutine
from zarr_c.aio.group import AsyncGroup
from zarr_c.api import synchronous
from zarr_c.storage.concurrent import to_the_end

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Mapping

    from zarr_c.array_config import ArrayConfigLike
    from zarr_c.nodes import Metadata
    from zarr_c.storage.resolve import StoreLike

__all__ = [
    "array",
    "consolidate_metadata",
    "copy",
    "copy_all",
    "copy_store",
    "create",
    "create_array",
    "create_group",
    "create_hierarchy",
    "empty",
    "empty_like",
    "from_array",
    "full",
    "full_like",
    "group",
    "load",
    "ones",
    "ones_like",
    "open",
    "open_array",
    "open_consolidated",
    "open_group",
    "open_like",
    "save",
    "save_array",
    "save_group",
    "tree",
    "zeros",
    "zeros_like",
]

array = coroutine(synchronous.array, AsyncArray)
consolidate_metadata = coroutine(synchronous.consolidate_metadata, AsyncGroup)
copy = coroutine(synchronous.copy)
copy_all = coroutine(synchronous.copy_all)
copy_store = coroutine(synchronous.copy_store)
create = coroutine(synchronous.create, AsyncArray)
create_array = coroutine(synchronous.create_array, AsyncArray)
create_group = coroutine(synchronous.create_group, AsyncGroup)
empty = coroutine(synchronous.empty, AsyncArray)
empty_like = coroutine(synchronous.empty_like, AsyncArray)
from_array = coroutine(synchronous.from_array, AsyncArray)
full = coroutine(synchronous.full, AsyncArray)
full_like = coroutine(synchronous.full_like, AsyncArray)
group = coroutine(synchronous.group, AsyncGroup)
load = coroutine(synchronous.load, reads=True)
ones = coroutine(synchronous.ones, AsyncArray)
ones_like = coroutine(synchronous.ones_like, AsyncArray)
open_array = coroutine(synchronous.open_array, AsyncArray)
open_consolidated = coroutine(synchronous.open_consolidated, AsyncGroup)
open_group = coroutine(synchronous.open_group, AsyncGroup)
open_like = coroutine(synchronous.open_like, AsyncArray)
save = coroutine(synchronous.save)
save_array = coroutine(synchronous.save_array)
save_group = coroutine(synchronous.save_group)
tree = coroutine(synchronous.tree, reads=True)
zeros = coroutine(synchronous.zeros, AsyncArray)
zeros_like = coroutine(synchronous.zeros_like, AsyncArray)


async def open(
    store: StoreLike | None = None,
    *,
    mode: str | None = None,
    zarr_format: int | None = None,
    path: str | None = None,
    storage_options: Mapping[str, Any] | None = None,
    config: ArrayConfigLike | None = None,
    **kwargs: Any,
) -> AsyncArray | AsyncGroup:
    """Open an array or a group, or create one; parameters and errors as of `zarr_c.open`."""
    node = await to_the_end(
        synchronous.open,
        store,
        mode=mode,
        zarr_format=zarr_format,
        path=path,
        storage_options=storage_options,
        config=config,
        **kwargs,
    )
    found: AsyncArray | AsyncGroup = asynchronous(node)
    return found


async def create_hierarchy(
    *, store: StoreLike, nodes: Mapping[str, Metadata], overwrite: bool = False
) -> AsyncGenerator[tuple[str, AsyncArray | AsyncGroup], None]:
    """Create arrays and groups, when the first is asked for, and a group at every place above.

    Parameters and errors are those of `zarr_c.create_hierarchy`.

    Yields
    ------
    (str, AsyncArray or AsyncGroup)
        What was created with its path.
    """
    create = synchronous.create_hierarchy
    for created in await to_the_end(create, store=store, nodes=nodes, overwrite=overwrite):
        yield asynchronous(created)
