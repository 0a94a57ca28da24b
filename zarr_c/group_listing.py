"""The methods of a group that list its members."""

from __future__ import annotations

from fnmatch import fnmatchcase
from itertools import groupby
from typing import TYPE_CHECKING, cast

from zarr_c import nodes
from zarr_c.array import Array

if TYPE_CHECKING:
    from collections.abc import Iterator

    from zarr_c.group import Group

__all__ = ["MemberListing", "children"]


class MemberListing:
    """What lists members; a part of `Group`."""

    __slots__ = ()

    if TYPE_CHECKING:

        def _names(self) -> Iterator[str]: ...

    def members(
        self, max_depth: int | None = 0, *, use_consolidated_for_children: bool = True
    ) -> tuple[tuple[str, Array | Group], ...]:
        """The members as (path, node): level by level, by name.

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
        return self._descend(max_depth, use_consolidated)

    def _descend(
        self, max_depth: int | None, use_consolidated: bool = True
    ) -> Iterator[tuple[str, Array | Group]]:
        groups = [("", cast("Group", self))]
        depth = 0
        while groups and (max_depth is None or depth <= max_depth):
            below = []
            for path, node in children(groups, use_consolidated):
                yield path, node
                if not isinstance(node, Array):
                    below.append((f"{path}/", node))
            groups, depth = below, depth + 1

    def _members(self) -> Iterator[tuple[str, Array | Group]]:
        return self._descend(0)

    def glob(self, pattern: str) -> Iterator[tuple[str, Array | Group]]:
        """The nodes below whose path matches a pattern, as (path, node).

        Only groups that the pattern can lead through are listed.

        Parameters
        ----------
        pattern : str
            Segments with ``*``, ``?`` and ``[...]`` as in `fnmatch`, case counts; ``**`` is any
            number of segments, none included.

        Returns
        -------
        iterator of (str, Array or Group)
            Level by level, by name.

        Raises
        ------
        ValueError
            If the pattern is empty.
        """
        segments = tuple(part for part in pattern.split("/") if part)
        if not segments:
            raise ValueError(f"pattern: expected at least one segment, found {pattern!r}")
        return _matching(cast("Group", self), segments)

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


def children(
    groups: list[tuple[str, Group]], use_consolidated: bool = True
) -> Iterator[tuple[str, Array | Group]]:
    """The members of several groups of one hierarchy, read together.

    Parameters
    ----------
    groups : list of (str, Group)
        The groups, each with what goes before the names of its members.
    use_consolidated : bool, default True
        Whether their members use consolidated metadata of their own.

    Yields
    ------
    (str, Array or Group)
        In the order of the groups, then by name.
    """
    for listed, run in groupby(groups, key=lambda item: item[1]._snapshot is not None):
        above = {group.path: (head, group) for head, group in run}
        if listed:
            for head, group in above.values():
                for name, metadata in group._listed():
                    yield head + name, group._node(group.store_path / name, metadata)
            continue
        group = next(iter(above.values()))[1]
        places = [group.store_path for _, group in above.values()]
        for place, documents in nodes.documents_below(places, group.metadata.zarr_format):
            head, group = above[place.parent.path]
            found = nodes.parse(documents, place)
            assert found is not None
            yield head + place.name, group._node(place, found, use_consolidated)


def _matching(group: Group, segments: tuple[str, ...]) -> Iterator[tuple[str, Array | Group]]:
    """The nodes that a pattern matches; each group knows which segments may come next."""
    groups = [("", group)]
    nexts = {"": _reached(segments, {0})}
    while groups:
        below = []
        for path, node in children(groups):
            above, _, name = path.rpartition("/")
            after = _reached(segments, _after(segments, nexts[above], name))
            if len(segments) in after:
                yield path, node
            if not isinstance(node, Array) and any(n < len(segments) for n in after):
                nexts[path] = after
                below.append((f"{path}/", node))
        groups = below


def _after(segments: tuple[str, ...], positions: set[int], name: str) -> set[int]:
    """Where in a pattern a name leads to."""
    found = set()
    for position in positions:
        if position < len(segments):
            if segments[position] == "**":
                found.add(position)
            elif fnmatchcase(name, segments[position]):
                found.add(position + 1)
    return found


def _reached(segments: tuple[str, ...], positions: set[int]) -> set[int]:
    """The positions and those behind them, as ``**`` may be no segment."""
    found = set(positions)
    for position, segment in enumerate(segments):
        if position in found and segment == "**":
            found.add(position + 1)
    return found
