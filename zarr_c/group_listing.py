"""The methods of a group that list its members."""

from __future__ import annotations

from typing import TYPE_CHECKING

from zarr_c.array import Array

if TYPE_CHECKING:
    from collections.abc import Iterator

    from zarr_c.group import Group

__all__ = ["MemberListing"]


class MemberListing:
    """What lists members; a part of `Group`."""

    __slots__ = ()

    if TYPE_CHECKING:

        def _names(self) -> Iterator[str]: ...
        def _members(
            self, use_consolidated: bool = True
        ) -> Iterator[tuple[str, Array | Group]]: ...

    def members(
        self, max_depth: int | None = 0, *, use_consolidated_for_children: bool = True
    ) -> tuple[tuple[str, Array | Group], ...]:
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
        return tuple(self._walk(max_depth, use_consolidated_for_children))

    def _walk(
        self, max_depth: int | None, use_consolidated: bool
    ) -> Iterator[tuple[str, Array | Group]]:
        """The members one by one, as they are asked for."""
        if max_depth is not None and max_depth < 0:
            raise ValueError(f"max_depth: expected None or at least 0, found {max_depth!r}")
        return self._descend(max_depth, "", use_consolidated)

    def _descend(
        self, depth: int | None, above: str, use_consolidated: bool
    ) -> Iterator[tuple[str, Array | Group]]:
        for name, node in self._members(use_consolidated):
            yield above + name, node
            if not isinstance(node, Array) and depth != 0:
                below = None if depth is None else depth - 1
                yield from node._descend(below, f"{above}{name}/", use_consolidated)

    def nmembers(self, max_depth: int | None = 0) -> int:
        """How many members there are; `max_depth` as of `members`."""
        return len(self.members(max_depth))

    def __iter__(self) -> Iterator[str]:
        return self._names()

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
        return ((name, node) for name, node in self._members() if isinstance(node, Array))

    def groups(self) -> Iterator[tuple[str, Group]]:
        """The names of the groups with the groups."""
        return ((name, node) for name, node in self._members() if not isinstance(node, Array))

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
