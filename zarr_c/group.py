"""Groups: the inner nodes of a hierarchy, as mappings of names to arrays and groups."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Self, TypeVar

from zarr_c import node_changes, nodes
from zarr_c.array import Array
from zarr_c.consolidated import Snapshot
from zarr_c.creation import array_config, parse_format
from zarr_c.errors import ContainsArrayError, ContainsGroupError
from zarr_c.group_names import FamiliarNames
from zarr_c.metadata.array import ArrayMetadata
from zarr_c.metadata.group import GroupMetadata
from zarr_c.node import Node
from zarr_c.report import Report, Tree, draw_tree
from zarr_c.storage.path import StorePath
from zarr_c.storage.resolve import StoreLike, resolve
from zarr_c.synchronizers import ProcessSynchronizer

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from zarr_c.aio.group import AsyncGroup

__all__ = ["Group"]

D = TypeVar("D")


class Group(Node[GroupMetadata], FamiliarNames):
    """A group: a mapping of names, or paths, to arrays and groups.

    A group with consolidated metadata finds its members in them, without a request. They may be
    older than the store where another process has written since, but never older than what this
    process has written; deleting, moving or replacing a member stores them anew, other changes
    do so with the next `zarr_c.consolidate_metadata`.

    Parameters
    ----------
    store_path : StorePath or AsyncGroup
        Where the group is stored; an asynchronous group, alone, gives the group behind it.
    metadata : GroupMetadata
        What is stored there.
    use_consolidated : bool, default True
        Whether to find members in consolidated metadata, in this group and in those below.
    lock : bool or str, optional
        That of all arrays found or made in this group and in those below; see `ArrayConfig`.
    """

    __slots__ = ("_lock", "_snapshot", "_use_consolidated")

    def __init__(
        self,
        store_path: StorePath | AsyncGroup,
        metadata: GroupMetadata | None = None,
        use_consolidated: bool = True,
        lock: bool | str | None = None,
    ) -> None:
        if not isinstance(store_path, StorePath):
            return  # what is behind an AsyncGroup is complete
        if metadata is None:
            raise TypeError(
                f"metadata: expected those of the group at {store_path}, found None"
            )
        self._place = store_path
        self._metadata = metadata if use_consolidated else nodes.own(metadata)
        self._use_consolidated, self._lock = use_consolidated, lock
        self._snapshot: Snapshot | None = None
        if self._metadata.consolidated is not None:
            self._snapshot = Snapshot(store_path, metadata)

    @classmethod
    def open(
        cls,
        store: StoreLike,
        zarr_format: int | None = 3,
        use_consolidated: bool | str | None = None,
    ) -> Self:
        """Open the group at a place.

        Parameters
        ----------
        store : StoreLike
            Where it is.
        zarr_format : {2, 3} or None, default 3
            Its format, None for either.
        use_consolidated : bool or str, optional
            As of `zarr_c.open_group`.

        Raises
        ------
        GroupNotFoundError
            If there is no group.
        ContainsArrayError
            If there is an array.
        ValueError
            If consolidated metadata are needed and there are none.
        """
        place = resolve(store)
        metadata = nodes.read_group(place, zarr_format, use_consolidated)
        return cls(place, metadata, use_consolidated is not False)

    @classmethod
    def from_store(
        cls,
        store: StoreLike | None,
        *,
        attributes: Mapping[str, Any] | None = None,
        zarr_format: int | None = 3,
        overwrite: bool = False,
    ) -> Self:
        """Create a group.

        Parameters
        ----------
        store : StoreLike
            Where.
        attributes : mapping, optional
            User attributes.
        zarr_format : {2, 3} or None, default 3
            Format to write, None for ``config["default_zarr_format"]``.
        overwrite : bool, default False
            Whether to delete what is stored there.

        Raises
        ------
        ContainsArrayError, ContainsGroupError
            If there is a node and `overwrite` is false, or an array above the place.
        """
        place = resolve(store)
        version = parse_format(zarr_format)
        plain = node_changes.plain_attributes(attributes, version)
        metadata = GroupMetadata(zarr_format=version, attributes=plain)
        node_changes.create_node(place, metadata, overwrite)
        return cls(place, metadata)

    # ---- what it is

    @property
    def _async_group(self) -> AsyncGroup:
        """The same group with coroutines for methods."""
        from zarr_c.aio.group import AsyncGroup

        return AsyncGroup._of(self)

    async def update_attributes_async(self, new_attributes: Mapping[str, Any]) -> Self:
        """Add or replace user attributes, in one write; returns the group."""
        await self._async_group.update_attributes(new_attributes)
        return self

    @property
    def synchronizer(self) -> ProcessSynchronizer | None:
        """Whose lock file the arrays of the group use; None where they use no such file."""
        return ProcessSynchronizer(self._lock) if isinstance(self._lock, str) else None

    def _with_lock(self, lock: bool | str | None) -> Self:
        self._lock = lock
        return self

    def _node(
        self,
        place: StorePath,
        metadata: ArrayMetadata | GroupMetadata,
        use_consolidated: bool = True,
    ) -> Array | Group:
        if isinstance(metadata, ArrayMetadata):
            config = None if self._lock is None else {"lock": self._lock}
            return Array(place, metadata, array_config(metadata, config))
        if self._snapshot is None:
            use_consolidated = self._use_consolidated and use_consolidated
            return Group(place, metadata, use_consolidated, self._lock)
        group = Group(place, nodes.own(metadata), lock=self._lock)
        group._metadata, group._snapshot = metadata, self._snapshot
        return group

    def _at(self, path: str) -> StorePath:
        return nodes.below(self._place, path, self._metadata.zarr_format)

    def _find(self, place: StorePath) -> ArrayMetadata | GroupMetadata | None:
        """The metadata of the member at a place."""
        if self._snapshot is not None:
            return self._snapshot.get(place)
        return nodes.read_node(place, self._metadata.zarr_format, self._use_consolidated)

    def get(self, path: str, default: D | None = None) -> Array | Group | D | None:
        """The member at a path, `default` if there is none."""
        try:
            return self[path]
        except KeyError:
            return default

    def __getitem__(self, path: str) -> Array | Group:
        if isinstance(path, str) and not path.strip("/"):
            return self
        place = self._at(_checked(path))
        metadata = self._find(place)
        if metadata is None:
            raise KeyError(path)
        return self._node(place, metadata)

    def get_array(self, path: str) -> Array:
        """The array at a path.

        Raises
        ------
        KeyError
            If there is nothing.
        ContainsGroupError
            If there is a group.
        """
        found = self[path]
        if isinstance(found, Group):
            raise ContainsGroupError(f"there is a group at {found.store_path}, not an array")
        return found

    def get_group(self, path: str) -> Group:
        """The group at a path.

        Raises
        ------
        KeyError
            If there is nothing.
        ContainsArrayError
            If there is an array.
        """
        found = self[path]
        if not isinstance(found, Group):
            raise ContainsArrayError(f"there is an array at {found.store_path}, not a group")
        return found

    def __contains__(self, path: object) -> bool:
        if not isinstance(path, str):
            return False
        return not path.strip("/") or self._find(self._at(path)) is not None

    def __setitem__(self, path: str, value: Any) -> None:
        """Store an array-like at a path, in the place of an array that is there."""
        self.create_array(_checked(path), data=value, overwrite=True)

    def __delitem__(self, path: str) -> None:
        place = self._at(_checked(path))
        place.store._check_writable(place.path)
        if self._find(place) is None:
            raise KeyError(path)
        if self._snapshot is not None:
            self._snapshot.drop(place)
            self._store_snapshot()  # first, so that no reader is led to what is half deleted
        node_changes.delete_node(place)

    def _lists(self, place: StorePath) -> bool:
        """Whether there is consolidated metadata for a place."""
        return self._snapshot is not None and self._snapshot.lists(place)

    def _store_snapshot(self) -> None:
        """Bring the consolidated metadata up to date, if they are still in the store."""
        snapshot = self._snapshot
        if snapshot is None:
            return
        found = GroupMetadata(zarr_format=snapshot.zarr_format, consolidated={})
        changes = snapshot.changes()

        def change(stored: GroupMetadata) -> GroupMetadata:
            if stored.consolidated is None:
                return stored
            return stored.with_(consolidated=snapshot.merged(stored, changes))

        node_changes.update_node(snapshot.place, found, change)
        snapshot.note_stored(changes)

    def move(self, source: str, dest: str) -> None:
        """Move a member, with all that lies below it; in one step in a `LocalStore`.

        Parameters
        ----------
        source, dest : str
            Paths in the group.

        Raises
        ------
        KeyError
            If there is nothing at `source`.
        ContainsArrayError, ContainsGroupError
            If there is a node at `dest`.
        ValueError
            If `dest` lies within `source`.
        """
        from zarr_c.hierarchies.moving import transfer_node

        old, new = self._at(_checked(source)), self._at(_checked(dest))
        if f"{new.path}/".startswith(f"{old.path}/"):
            raise ValueError(f"dest: expected a path outside of {source!r}, found {dest!r}")
        metadata = self._find(old)
        if metadata is None:
            raise KeyError(source)
        transfer_node(old, new, nodes.own(metadata))
        if self._snapshot is not None:
            self._snapshot.drop(old)
            self._store_snapshot()
        node_changes.delete_node(old)

    def _names(self) -> Iterator[str]:
        if self._snapshot is not None:
            return iter(sorted(self._snapshot.names(self._place)))
        format_ = self._metadata.zarr_format
        return (name for name, _ in nodes.member_documents(self._place, format_))

    def _listed(self) -> Iterator[tuple[str, ArrayMetadata | GroupMetadata]]:
        """The members that consolidated metadata list, which there must be."""
        assert self._snapshot is not None
        for name in sorted(self._snapshot.names(self._place)):
            metadata = self._snapshot.get(self._place / name)
            if metadata is not None:
                yield name, metadata

    def _set_metadata(self, metadata: GroupMetadata) -> None:
        """Take over what is in the store now."""
        self._metadata = metadata if self._use_consolidated else nodes.own(metadata)
        if self._metadata.consolidated is not None:
            self._snapshot = Snapshot(self._place, metadata)

    # ---- what it shows

    def tree(
        self,
        expand: bool | None = None,
        level: int | None = None,
        *,
        max_nodes: int = 500,
        plain: bool = False,
    ) -> Tree:
        """A drawing of the hierarchy.

        Parameters
        ----------
        expand, plain : bool
            Accepted; the drawing is always plain text, in full.
        level : int, optional
            How many levels below the direct members to draw; all by default.
        max_nodes : int, default 500
            After how many nodes to stop.
        """
        return draw_tree(self, level, max_nodes)

    @property
    def info(self) -> Report:
        """Facts about the group."""
        return Report(
            {
                "Name": self._place.path,
                "Type": "Group",
                "Zarr format": self._metadata.zarr_format,
                "Read-only": self.read_only,
                "Store type": type(self.store).__name__,
            }
        )

    def info_complete(self) -> Report:
        """Facts about the group, with those that need its members to be read."""
        found = [isinstance(node, Group) for _, node in self.members(max_depth=None)]
        counts = {
            "members": len(found),
            "arrays": found.count(False),
            "groups": found.count(True),
        }
        return Report(dict(self.info) | {f"No. {name}": n for name, n in counts.items()})

    def __eq__(self, other: object) -> bool:
        """Whether it is the same group; how its members are found does not count."""
        if not isinstance(other, Group):
            return NotImplemented
        same = nodes.own(self._metadata) == nodes.own(other._metadata)
        return same and self._place == other._place

    __hash__ = None  # type: ignore[assignment]

    def __reduce__(self) -> tuple[Any, ...]:
        metadata = self._metadata
        if self._snapshot is not None:
            metadata = metadata.with_(consolidated=self._snapshot.documents(self._place))
        return Group, (self._place, metadata, self._use_consolidated, self._lock)

    def __repr__(self) -> str:
        return f"<Group {self._place}>"


def _checked(path: Any) -> str:
    if not isinstance(path, str):
        raise TypeError(f"path: expected a string, found {path!r}")
    if not path.strip("/"):
        raise KeyError(path)
    return path
