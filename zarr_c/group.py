"""Groups: the inner nodes of a hierarchy, as mappings of names to arrays and groups."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Self, TypeVar

from zarr_c import node_changes, nodes
from zarr_c.array import Array
from zarr_c.creation import array_config, parse_format
from zarr_c.errors import ContainsGroupError, NodeTypeValidationError
from zarr_c.group_creation import MemberCreation
from zarr_c.metadata.array import ArrayMetadata
from zarr_c.metadata.group import GroupMetadata
from zarr_c.node import Node
from zarr_c.report import Report, Tree, draw_tree
from zarr_c.storage.resolve import StoreLike, resolve

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from zarr_c.storage.path import StorePath

__all__ = ["Group"]

D = TypeVar("D")


class Group(Node[GroupMetadata], MemberCreation):
    """A group: a mapping of names, or paths, to arrays and groups.

    Parameters
    ----------
    store_path : StorePath
        Where the group is stored.
    metadata : GroupMetadata
        What is stored there.
    """

    __slots__ = ()

    def __init__(self, store_path: StorePath, metadata: GroupMetadata) -> None:
        self._place = store_path
        self._metadata = metadata

    @classmethod
    def open(cls, store: StoreLike, zarr_format: int | None = 3) -> Self:
        """Open the group at a place.

        Parameters
        ----------
        store : StoreLike
            Where it is.
        zarr_format : {2, 3} or None, default 3
            Its format, None for either.

        Raises
        ------
        GroupNotFoundError
            If there is no group.
        ContainsArrayError
            If there is an array.
        """
        place = resolve(store)
        return cls(place, nodes.read_group(place, zarr_format))

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
    def synchronizer(self) -> None:
        """None, as in zarr-python: there are no synchronizers."""

    def _node(self, place: StorePath, metadata: ArrayMetadata | GroupMetadata) -> Array | Group:
        if isinstance(metadata, ArrayMetadata):
            return Array(place, metadata, array_config(metadata, None))
        return Group(place, metadata)

    def get(self, path: str, default: D | None = None) -> Array | Group | D | None:
        """The member at a path, `default` if there is none."""
        try:
            return self[path]
        except KeyError:
            return default

    def __getitem__(self, path: str) -> Array | Group:
        place = self._place / _checked(path)
        metadata = nodes.read_node(place, self._metadata.zarr_format)
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
        NodeTypeValidationError
            If there is an array.
        """
        found = self[path]
        if not isinstance(found, Group):
            raise NodeTypeValidationError(
                f"there is an array at {found.store_path}, not a group"
            )
        return found

    def __contains__(self, path: object) -> bool:
        if not isinstance(path, str) or not path.strip("/"):
            return False
        return nodes.read_node(self._place / path, self._metadata.zarr_format) is not None

    def __setitem__(self, path: str, value: Any) -> None:
        """Store an array-like at a path, in the place of an array that is there."""
        self.create_array(_checked(path), data=value, overwrite=True)

    def __delitem__(self, path: str) -> None:
        place = self._place / _checked(path)
        place.store._check_writable(place.path)
        if nodes.read_node(place, self._metadata.zarr_format) is None:
            raise KeyError(path)
        place.delete_dir()

    def move(self, source: str, dest: str) -> None:
        """Move a member, with all that lies below it.

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
        old, new = self._place / _checked(source), self._place / _checked(dest)
        if f"{new.path}/".startswith(f"{old.path}/"):
            raise ValueError(f"dest: expected a path outside of {source!r}, found {dest!r}")
        metadata = nodes.read_node(old, self._metadata.zarr_format)
        if metadata is None:
            raise KeyError(source)
        node_changes.create_node(new, metadata)
        # the documents last, so that a move that is cut short has lost nothing
        for key in self.store.list_prefix(old.path):
            target = new.path + key[len(old.path) :]
            self.store[target] = self.store[key]
        old.delete_dir()

    def _members(self) -> Iterator[tuple[str, Array | Group]]:
        for name, metadata in nodes.members(self._place, self._metadata.zarr_format):
            yield name, self._node(self._place / name, metadata)

    def members(
        self, max_depth: int | None = 0, *, use_consolidated_for_children: bool = True
    ) -> tuple[tuple[str, Array | Group], ...]:
        """The members as (path, node).

        Parameters
        ----------
        max_depth : int or None, default 0
            How many levels below the direct members to descend, None for all.
        use_consolidated_for_children : bool
            Accepted; members are always read from their own documents.

        Raises
        ------
        ValueError
            If `max_depth` is negative.
        """
        if max_depth is not None and max_depth < 0:
            raise ValueError(f"max_depth: expected None or at least 0, found {max_depth!r}")
        return tuple(self._descend(max_depth, ""))

    def _descend(self, depth: int | None, above: str) -> Iterator[tuple[str, Array | Group]]:
        for name, node in self._members():
            yield above + name, node
            if isinstance(node, Group) and depth != 0:
                below = None if depth is None else depth - 1
                yield from node._descend(below, f"{above}{name}/")

    def nmembers(self, max_depth: int | None = 0) -> int:
        """How many members there are; `max_depth` as of `members`."""
        return len(self.members(max_depth))

    def __iter__(self) -> Iterator[str]:
        return (name for name, _ in nodes.members(self._place, self._metadata.zarr_format))

    def __len__(self) -> int:
        return sum(1 for _ in self)

    def keys(self) -> Iterator[str]:
        """The names of all members."""
        return iter(self)

    def values(self) -> Iterator[Array | Group]:
        """All members."""
        return (node for _, node in self._members())

    def items(self) -> Iterator[tuple[str, Array | Group]]:
        """The names of all members with the members."""
        return self._members()

    def arrays(self) -> Iterator[tuple[str, Array]]:
        """The names of the arrays with the arrays."""
        return ((name, node) for name, node in self._members() if not isinstance(node, Group))

    def groups(self) -> Iterator[tuple[str, Group]]:
        """The names of the groups with the groups."""
        return ((name, node) for name, node in self._members() if isinstance(node, Group))

    def array_keys(self) -> Iterator[str]:
        """The names of the arrays."""
        return (name for name, _ in self.arrays())

    def array_values(self) -> Iterator[Array]:
        """The arrays."""
        return (node for _, node in self.arrays())

    def group_keys(self) -> Iterator[str]:
        """The names of the groups."""
        return (name for name, _ in self.groups())

    def group_values(self) -> Iterator[Group]:
        """The groups."""
        return (node for _, node in self.groups())

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
            How many levels to draw.
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
        if not isinstance(other, Group):
            return NotImplemented
        return self._place == other._place and self._metadata == other._metadata

    __hash__ = None  # type: ignore[assignment]

    def __reduce__(self) -> tuple[Any, ...]:
        return Group, (self._place, self._metadata)

    def __repr__(self) -> str:
        return f"<Group {self._place}>"


def _checked(path: Any) -> str:
    if not isinstance(path, str):
        raise TypeError(f"path: expected a string, found {path!r}")
    if not path.strip("/"):
        raise KeyError(path)
    return path
