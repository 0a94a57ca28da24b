"""Groups whose members are awaited."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Self, TypeVar

from zarr_c import nodes
from zarr_c.aio.array import AsyncArray
from zarr_c.aio.awaiting import Shared, asynchronous, iterate, method, synchronous
from zarr_c.aio.node import AsyncNode
from zarr_c.group import Group
from zarr_c.metadata.group import GroupMetadata
from zarr_c.storage.concurrent import in_thread, to_the_end

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, AsyncIterator, Mapping

    from zarr_c.nodes import Metadata
    from zarr_c.storage.path import StorePath
    from zarr_c.storage.resolve import StoreLike

__all__ = ["AsyncGroup"]

T = TypeVar("T")


class _OfGroup(Shared[Group, T]):
    """An attribute of a group."""


class AsyncGroup(AsyncNode[Group]):
    """A group whose members are awaited; ``async for name in group`` gives their names.

    ``Group(async_group)`` is the group behind it. See `AsyncNode` on what cancelling does.

    Parameters
    ----------
    metadata : GroupMetadata or dict
        What is stored there.
    store_path : StorePath
        Where the group is stored.
    """

    __slots__ = ()

    _face_of = Group

    def __init__(
        self, metadata: GroupMetadata | Mapping[str, Any], store_path: StorePath
    ) -> None:
        if not isinstance(metadata, GroupMetadata):
            metadata = nodes.parse_group(store_path, metadata)
        self._node = Group(store_path, metadata)

    @classmethod
    def from_dict(cls, store_path: StorePath, data: Mapping[str, Any]) -> Self:
        """The group of a dictionary of metadata; nothing is written.

        Parameters
        ----------
        store_path : StorePath
            Where the group is, or will be, stored.
        data : dict
            Its ``zarr.json``; of Zarr v2 its ``.zgroup``, with the attributes as a field.

        Raises
        ------
        MetadataValidationError
            If they are not the metadata of a group.
        """
        return cls(data, store_path)

    @classmethod
    async def open(
        cls,
        store: StoreLike,
        zarr_format: int | None = 3,
        use_consolidated: bool | str | None = None,
    ) -> Self:
        """Open the group at a place; parameters and errors as of `Group.open`."""
        return cls._of(await in_thread(Group.open, store, zarr_format, use_consolidated))

    @classmethod
    async def from_store(
        cls,
        store: StoreLike | None,
        *,
        attributes: Mapping[str, Any] | None = None,
        overwrite: bool = False,
        zarr_format: int | None = 3,
    ) -> Self:
        """Create a group; parameters and errors as of `Group.from_store`."""
        group = await to_the_end(
            Group.from_store,
            store,
            attributes=attributes,
            zarr_format=zarr_format,
            overwrite=overwrite,
        )
        return cls._of(group)

    # ---- what it is

    metadata = _OfGroup(lambda group: group.metadata)
    info = _OfGroup(lambda group: group.info)
    synchronizer = _OfGroup(lambda group: group.synchronizer)

    info_complete = method(Group.info_complete, reads=True)
    tree = method(Group.tree, reads=True)

    # ---- its members

    async def getitem(self, key: str) -> AsyncArray | AsyncGroup:
        """The member at a path.

        Raises
        ------
        KeyError
            If there is nothing.
        """
        found: AsyncArray | AsyncGroup = asynchronous(
            await in_thread(self._node.__getitem__, key)
        )
        return found

    async def contains(self, member: str) -> bool:
        """Whether there is a member at a path."""
        return await in_thread(self._node.__contains__, member)

    async def setitem(self, key: str, value: Any) -> None:
        """Store an array-like at a path, in the place of an array that is there."""
        await to_the_end(self._node.__setitem__, key, synchronous(value))

    async def delitem(self, key: str) -> None:
        """Delete the member at a path, with all that lies below it.

        Raises
        ------
        KeyError
            If there is nothing.
        """
        await to_the_end(self._node.__delitem__, key)

    async def get(
        self, key: str, default: T | None = None
    ) -> AsyncArray | AsyncGroup | T | None:
        """The member at a path, `default` if there is none."""
        try:
            return await self.getitem(key)
        except KeyError:
            return default

    get_array = method(Group.get_array, AsyncArray, reads=True)

    async def get_group(self, path: str) -> AsyncGroup:
        """The group at a path.

        Raises
        ------
        KeyError
            If there is nothing.
        ContainsArrayError
            If there is an array.
        """
        return (await in_thread(self._node.get_group, path))._async_group

    nmembers = method(Group.nmembers, reads=True)
    move = method(Group.move)

    create_array = method(Group.create_array, AsyncArray)
    create = create_array

    async def create_group(
        self,
        name: str,
        *,
        overwrite: bool = False,
        attributes: Mapping[str, Any] | None = None,
    ) -> AsyncGroup:
        """Create a group in the group; parameters and errors as of `Group.create_group`."""
        create = self._node.create_group
        made = await to_the_end(create, name, attributes=attributes, overwrite=overwrite)
        return made._async_group

    require_array = method(Group.require_array, AsyncArray)  # type: ignore[arg-type]

    async def require_group(
        self, name: str, overwrite: bool = False, **kwargs: Any
    ) -> AsyncGroup:
        """The group at a path, created if there is none; as `Group.require_group`."""
        require = self._node.require_group
        return (await to_the_end(require, name, overwrite=overwrite, **kwargs))._async_group

    async def require_groups(self, *names: str) -> tuple[AsyncGroup, ...]:
        """The groups at several paths, created where there is none."""
        groups: tuple[AsyncGroup, ...] = asynchronous(
            await to_the_end(self._node.require_groups, *names)
        )
        return groups

    # mypy sees that their `**kwargs` could hold a `self`
    create_dataset = method(Group.create_dataset, AsyncArray)  # type: ignore[arg-type]
    require_dataset = method(Group.require_dataset, AsyncArray)  # type: ignore[arg-type]

    empty = method(Group.empty, AsyncArray)  # type: ignore[arg-type]
    zeros = method(Group.zeros, AsyncArray)  # type: ignore[arg-type]
    ones = method(Group.ones, AsyncArray)  # type: ignore[arg-type]
    full = method(Group.full, AsyncArray)  # type: ignore[arg-type]
    empty_like = method(Group.empty_like, AsyncArray)  # type: ignore[arg-type]
    zeros_like = method(Group.zeros_like, AsyncArray)  # type: ignore[arg-type]
    ones_like = method(Group.ones_like, AsyncArray)  # type: ignore[arg-type]
    full_like = method(Group.full_like, AsyncArray)  # type: ignore[arg-type]

    async def create_hierarchy(
        self, nodes: Mapping[str, Metadata], *, overwrite: bool = False
    ) -> AsyncGenerator[tuple[str, AsyncArray | AsyncGroup], None]:
        """Create arrays and groups below the group, when the first is asked for.

        Parameters and errors are those of `Group.create_hierarchy`.

        Yields
        ------
        (str, AsyncArray or AsyncGroup)
            What was created with its path.
        """
        create = self._node.create_hierarchy
        for created in await to_the_end(create, nodes, overwrite=overwrite):
            yield asynchronous(created)

    # ---- iteration, which reads ahead by some members

    async def members(
        self, max_depth: int | None = 0, *, use_consolidated_for_children: bool = True
    ) -> AsyncGenerator[tuple[str, AsyncArray | AsyncGroup], None]:
        """The members as (path, node).

        Parameters
        ----------
        max_depth : int or None, default 0
            How many levels below the direct members to descend, None for all.
        use_consolidated_for_children : bool, default True
            Whether to use consolidated metadata of groups below a group that has none itself.

        Raises
        ------
        ValueError
            If `max_depth` is negative.
        """
        walk = self._node._walk
        async for member in iterate(walk, max_depth, use_consolidated_for_children):
            yield member

    async def glob(
        self, pattern: str
    ) -> AsyncGenerator[tuple[str, AsyncArray | AsyncGroup], None]:
        """The nodes below whose path matches a pattern, as (path, node); see `Group.glob`."""
        async for member in iterate(self._node.glob, pattern):
            yield member

    async def keys(self) -> AsyncGenerator[str, None]:
        """The names of all members."""
        async for name in iterate(self._node.keys):
            yield name

    def __aiter__(self) -> AsyncIterator[str]:
        return self.keys()

    async def values(self) -> AsyncGenerator[AsyncArray | AsyncGroup, None]:
        """All members."""
        async for node in iterate(self._node.values):
            yield node

    async def items(self) -> AsyncGenerator[tuple[str, AsyncArray | AsyncGroup], None]:
        """The names of all members with the members."""
        async for member in iterate(self._node.items):
            yield member

    async def arrays(self) -> AsyncGenerator[tuple[str, AsyncArray], None]:
        """The names of the arrays with the arrays."""
        async for member in iterate(self._node.arrays):
            yield member

    async def groups(self) -> AsyncGenerator[tuple[str, AsyncGroup], None]:
        """The names of the groups with the groups."""
        async for member in iterate(self._node.groups):
            yield member

    async def array_keys(self) -> AsyncGenerator[str, None]:
        """The names of the arrays."""
        async for name in iterate(self._node.array_keys):
            yield name

    async def array_values(self) -> AsyncGenerator[AsyncArray, None]:
        """The arrays."""
        async for node in iterate(self._node.array_values):
            yield node

    async def group_keys(self) -> AsyncGenerator[str, None]:
        """The names of the groups."""
        async for name in iterate(self._node.group_keys):
            yield name

    async def group_values(self) -> AsyncGenerator[AsyncGroup, None]:
        """The groups."""
        async for node in iterate(self._node.group_values):
            yield node
