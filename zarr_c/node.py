"""What arrays and groups have in common: a place in a store and what is stored there."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Generic, Self, TypeVar

from zarr_c import node_changes
from zarr_c.attributes import Attributes
from zarr_c.storage.path import StorePath

if TYPE_CHECKING:
    from collections.abc import Mapping

    from zarr_c.metadata.array import ArrayMetadata
    from zarr_c.metadata.group import GroupMetadata
    from zarr_c.storage.base import Store

__all__ = ["Node"]

M = TypeVar("M", "ArrayMetadata", "GroupMetadata")


class Node(Generic[M]):
    """Base of `Array` and `Group`.

    Parameters
    ----------
    store_path : StorePath
        Where the node is stored.
    metadata : ArrayMetadata or GroupMetadata
        What is stored there.
    """

    __slots__ = ("_metadata", "_place")

    def __new__(cls, store_path: Any, *args: Any, **kwargs: Any) -> Self:
        if isinstance(store_path, StorePath):
            return super().__new__(cls)
        from zarr_c.aio.node import node_behind

        return node_behind(store_path, cls)

    _place: StorePath
    _metadata: M

    @property
    def store_path(self) -> StorePath:
        """Where the node is stored."""
        return self._place

    @property
    def store(self) -> Store:
        """The store."""
        return self._place.store

    @property
    def path(self) -> str:
        """Path in the store, ``""`` at its root."""
        return self._place.path

    @property
    def name(self) -> str:
        """Path in the store with a slash before it, ``"/"`` at its root."""
        return f"/{self._place.path}"

    @property
    def basename(self) -> str:
        """Last segment of the path."""
        return self._place.name

    @property
    def read_only(self) -> bool:
        """Whether the store refuses writing."""
        return self._place.read_only

    @property
    def metadata(self) -> M:
        """What is stored at the node's place."""
        return self._metadata

    @property
    def attrs(self) -> Attributes:
        """User attributes; changing them writes."""
        return Attributes(self)

    def update_attributes(self, new_attributes: Mapping[str, Any]) -> Self:
        """Add or replace user attributes, in one write; returns the node."""
        self.attrs.update(new_attributes)
        return self

    def refresh(self) -> Self:
        """Take over what other handles and processes have made of the node's metadata.

        Raises
        ------
        ArrayNotFoundError, GroupNotFoundError
            If the node is gone.
        """
        self._set_metadata(node_changes.read_again(self._place, self._metadata))
        return self

    def _set_metadata(self, metadata: M) -> None:
        """Take over metadata that are in the store now."""
        raise NotImplementedError

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc_info: object) -> None:
        self._place.store.close()

    def _set_attributes(self, attributes: dict[str, Any]) -> None:
        """Take over attributes that are in the store now."""
        self._metadata = self._metadata.with_(attributes=attributes)
