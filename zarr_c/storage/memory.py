"""A store in the memory of this process."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar, Self

from zarr_c.storage._memory import MemoryObjects
from zarr_c.storage.base import Store
from zarr_c.storage.keys import clean_key
from zarr_c.storage.verbs import as_bytes

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

__all__ = ["ManagedMemoryStore", "MemoryStore"]


class MemoryStore(Store):
    """A store in memory, which workers read and write without the GIL.

    A pickled store carries its objects with it.

    Parameters
    ----------
    store_dict : mapping of str to bytes, optional
        Objects to begin with; they are copied. For a store over a dictionary of yours, take
        `MappingStore`.
    normalize_keys : bool, default True
        Whether leading slashes are stripped from keys and doubled ones collapsed.
    read_only : bool, default False
        Whether writing is refused.
    max_bytes : int, optional
        Most bytes that all objects together may have. What would pass it raises MemoryError
        and leaves the store as it was.

    Raises
    ------
    TypeError
        If an object is not bytes-like.
    MemoryError
        If the objects to begin with pass `max_bytes`.
    UnsafeKeyError
        If a key is not a relative path.
    """

    def __init__(
        self,
        store_dict: Mapping[str, bytes] | None = None,
        normalize_keys: bool = True,
        read_only: bool = False,
        *,
        max_bytes: int | None = None,
    ) -> None:
        if isinstance(store_dict, bool):  # MemoryStore(False): the first argument by position
            store_dict, normalize_keys = None, store_dict
        super().__init__(normalize_keys=normalize_keys, read_only=read_only)
        if max_bytes is not None and (not isinstance(max_bytes, int) or max_bytes < 0):
            raise ValueError(f"max_bytes: expected at least 0 or None, found {max_bytes!r}")
        self._max_bytes = max_bytes
        self._objects = MemoryObjects() if max_bytes is None else MemoryObjects(max_bytes)
        for key, value in (store_dict or {}).items():
            self._objects.put(clean_key(key, normalize_keys), as_bytes(key, value))

    @property
    def nbytes(self) -> int:
        """Size of all objects in bytes."""
        return self._objects.nbytes

    def _lock_file(self, prefix: str, chosen: str | None) -> tuple[str, str] | None:
        return None  # its objects are those of one process

    def _identity(self) -> int:
        return self._objects.identity

    def _native(self) -> MemoryObjects:
        return self._objects

    def _get(self, key: str) -> bytes | None:
        return self._objects.get(key)

    def _get_range(self, key: str, start: int, length: int | None) -> bytes | None:
        return self._objects.get(key, start, length)

    def _set(self, key: str, value: bytes) -> None:
        self._objects.put(key, value)

    def _set_if_absent(self, key: str, value: bytes) -> bool:
        return self._objects.put(key, value, exclusive=True)

    def _delete(self, key: str) -> bool:
        return self._objects.delete(key)

    def _exists(self, key: str) -> bool:
        return self._objects.exists(key)

    def _size(self, key: str) -> int | None:
        return self._objects.size(key)

    def _list(self, prefix: str) -> Iterator[str]:
        return iter(self._objects.keys(prefix))

    def _list_dir(self, prefix: str) -> Iterator[str]:
        start = len(prefix) + 1 if prefix else 0
        found = self._objects.keys(prefix, deep=False)
        return iter({key[start:].rstrip("/"): None for key in found})

    def _delete_dir(self, prefix: str) -> None:
        if prefix:
            self._discard_many(self._objects.keys(prefix))
        else:
            self._objects.clear()

    def _arguments(self) -> dict[str, Any]:
        return {
            "store_dict": {key: self._objects.get(key) for key in self.list()},
            "normalize_keys": self._normalize,
            "read_only": self._read_only,
            "max_bytes": self._max_bytes,
        }

    def __eq__(self, other: object) -> bool:
        if isinstance(other, MemoryStore) and self._objects is other._objects:
            return self._read_only == other._read_only
        return super().__eq__(other)

    __hash__ = Store.__hash__

    def __str__(self) -> str:
        return f"memory://{id(self._objects)}"


class ManagedMemoryStore(MemoryStore):
    """A store in memory that is found by its name, as ``memory://name`` finds it.

    Stores of one name are the same one as long as this process lives; a pickled store is its
    name and carries no objects.

    Parameters
    ----------
    name : str, optional
        Its name; without one a new name is made.
    read_only : bool, default False
        Whether writing is refused.

    Raises
    ------
    ValueError
        If the name contains a slash.
    """

    _named: ClassVar[dict[str, MemoryObjects]] = {}

    def __init__(self, name: str | None = None, *, read_only: bool = False) -> None:
        super().__init__(read_only=read_only)
        self._name = name if name is not None else f"{id(self._objects):x}"
        if "/" in self._name:
            raise ValueError(f"name: expected none with a slash, found {name!r}")
        self._objects = self._named.setdefault(self._name, self._objects)

    @classmethod
    def from_url(cls, url: str, *, read_only: bool = False) -> Self:
        """The store of a URL ``memory://name``.

        Raises
        ------
        ValueError
            If it is no such URL, or has a path; `StorePath` stands for a place in a store.
        """
        scheme, _, name = url.partition("://")
        if scheme != "memory":
            raise ValueError(f"url: expected memory://name, found {url!r}")
        return cls(name.rstrip("/"), read_only=read_only)

    @property
    def name(self) -> str:
        """The name under which it is found."""
        return self._name

    def _arguments(self) -> dict[str, Any]:
        return {"name": self._name, "read_only": self._read_only}

    def __str__(self) -> str:
        return f"memory://{self._name}"
