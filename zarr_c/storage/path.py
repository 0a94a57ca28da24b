"""A place within a store."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from zarr_c.storage.keys import clean_path

if TYPE_CHECKING:
    from zarr_c.storage.base import Store

__all__ = ["StorePath"]


class StorePath:
    """A store and a path in it.

    Parameters
    ----------
    store : Store
        The store.
    path : str, default ""
        The path, ``""`` for the root; slashes around it and doubled ones are dropped.

    Raises
    ------
    UnsafeKeyError
        If the path would leave the store.
    """

    __slots__ = ("_path", "_store")

    def __init__(self, store: Store, path: str = "") -> None:
        self._store = store
        self._path = clean_path(path)

    @property
    def store(self) -> Store:
        """The store."""
        return self._store

    @property
    def path(self) -> str:
        """The path within the store, without slashes around it."""
        return self._path

    @property
    def read_only(self) -> bool:
        """Whether the store refuses writing."""
        return self._store.read_only

    @property
    def name(self) -> str:
        """The last segment of the path, ``""`` at the root."""
        return self._path.rpartition("/")[2]

    @property
    def suffix(self) -> str:
        """The last dot of the name and what follows it, ``""`` if there is none."""
        stem, dot, end = self.name.rpartition(".")
        return dot + end if stem and end else ""

    @property
    def parent(self) -> StorePath:
        """The path without its last segment; the root is its own parent."""
        return StorePath(self._store, self._path.rpartition("/")[0])

    def __truediv__(self, other: str) -> StorePath:
        if not isinstance(other, str):
            return NotImplemented
        return StorePath(self._store, f"{self._path}/{other}")

    def key(self, name: str) -> str:
        """The key of an object that lies directly at this path."""
        return f"{self._path}/{name}" if self._path else name

    def get(self, default: Any = None) -> Any:
        """The object under the path as bytes, or `default`."""
        return self._store.get(self._path, default)

    def set(self, value: bytes) -> None:
        """Store an object under the path."""
        self._store[self._path] = value

    def delete(self) -> None:
        """Remove the object under the path if there is one."""
        self._store.delete(self._path)

    def exists(self) -> bool:
        """Whether there is an object under the path."""
        return self._path != "" and self._path in self._store

    def is_empty(self) -> bool:
        """Whether there is no object below the path."""
        return self._store.is_empty(self._path)

    def delete_dir(self) -> None:
        """Remove all objects below the path."""
        self._store.delete_dir(self._path)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, StorePath):
            return NotImplemented
        return self._path == other._path and self._store == other._store

    def __hash__(self) -> int:
        return hash((self._store, self._path))

    def __reduce__(self) -> tuple[Any, ...]:
        return StorePath, (self._store, self._path)

    def __str__(self) -> str:
        return f"{self._store}/{self._path}" if self._path else str(self._store)

    def __repr__(self) -> str:
        return f"StorePath({type(self._store).__name__}, {str(self)!r})"
