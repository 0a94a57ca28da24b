"""The attributes of an array or group, as a mapping that writes through."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, MutableMapping
from typing import TYPE_CHECKING, Any, Protocol

from zarr_c import node_changes

if TYPE_CHECKING:
    from zarr_c.metadata.array import ArrayMetadata
    from zarr_c.metadata.group import GroupMetadata
    from zarr_c.storage.path import StorePath

__all__ = ["Attributes"]


class Node(Protocol):
    """What attributes need of the array or group that they belong to."""

    @property
    def store_path(self) -> StorePath: ...
    @property
    def metadata(self) -> ArrayMetadata | GroupMetadata: ...
    def _set_attributes(self, attributes: dict[str, Any]) -> None:
        """Take over attributes that are in the store now."""


class Attributes(MutableMapping[str, Any]):
    """User attributes: reading is from memory, each change is one write.

    A change is applied to what is stored at that moment, so that two handles on one node do not
    undo each other's changes; nor do processes, where the store can lock or compare. A change
    that cannot be stored leaves memory and store as they were.

    Parameters
    ----------
    node : Array or Group
        Whose attributes these are.
    """

    __slots__ = ("_node",)

    def __init__(self, node: Node) -> None:
        self._node = node

    def _change(self, edit: Callable[[dict[str, Any]], Any]) -> None:
        node = self._node
        stored = node_changes.edit_attributes(node.store_path, node.metadata, edit)
        node._set_attributes(stored)

    def __getitem__(self, key: str) -> Any:
        return self._node.metadata.attributes[key]

    def __setitem__(self, key: str, value: Any) -> None:
        self._change(lambda stored: stored.__setitem__(key, value))

    def __delitem__(self, key: str) -> None:
        self._change(lambda stored: stored.__delitem__(key))

    def __iter__(self) -> Iterator[str]:
        return iter(self._node.metadata.attributes)

    def __len__(self) -> int:
        return len(self._node.metadata.attributes)

    def __contains__(self, key: object) -> bool:
        return key in self._node.metadata.attributes

    def asdict(self) -> dict[str, Any]:
        """All attributes as a dictionary of its own."""
        return dict(self._node.metadata.attributes)

    def put(self, d: Mapping[str, Any]) -> None:
        """Replace all attributes, in one write.

        Parameters
        ----------
        d : mapping
            The attributes to have afterwards.

        Raises
        ------
        TypeError, MetadataValidationError
            If a name is not a string, or a value is not JSON; nothing changes then.
        """

        def replace(stored: dict[str, Any]) -> None:
            stored.clear()
            stored.update(d)

        self._change(replace)

    def update(self, *args: Any, **kwargs: Any) -> None:
        """Add or replace attributes, in one write.

        Parameters
        ----------
        *args, **kwargs
            As of `dict.update`.

        Raises
        ------
        TypeError, MetadataValidationError
            If a name is not a string, or a value is not JSON; nothing changes then.
        """
        self._change(lambda stored: stored.update(*args, **kwargs))

    def clear(self) -> None:
        """Remove all attributes, in one write."""
        self._change(dict.clear)

    def __eq__(self, other: object) -> bool:
        if isinstance(other, Attributes):
            return self.asdict() == other.asdict()
        return self.asdict() == other if isinstance(other, Mapping) else NotImplemented

    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        return f"<Attributes {self.asdict()}>"
