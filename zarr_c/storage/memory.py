"""A store in the memory of this process."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from zarr_c.storage._memory import MemoryObjects
from zarr_c.storage.base import Store
from zarr_c.storage.keys import clean_key
from zarr_c.storage.mapping import below, directory_names
from zarr_c.storage.verbs import as_bytes

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

__all__ = ["MemoryStore"]


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

    Raises
    ------
    TypeError
        If an object is not bytes-like.
    UnsafeKeyError
        If a key is not a relative path.
    """

    def __init__(
        self,
        store_dict: Mapping[str, bytes] | None = None,
        normalize_keys: bool = True,
        read_only: bool = False,
    ) -> None:
        if isinstance(store_dict, bool):  # MemoryStore(False): the first argument by position
            store_dict, normalize_keys = None, store_dict
        super().__init__(normalize_keys=normalize_keys, read_only=read_only)
        self._objects = MemoryObjects()
        for key, value in (store_dict or {}).items():
            self._objects.put(clean_key(key, normalize_keys), as_bytes(key, value))

    @property
    def nbytes(self) -> int:
        """Size of all objects in bytes."""
        return self._objects.nbytes

    def _native(self) -> MemoryObjects:
        return self._objects

    def _get(self, key: str) -> bytes | None:
        return self._objects.get(key)

    def _get_range(self, key: str, start: int, length: int | None) -> bytes | None:
        return self._objects.get(key, start, length)

    def _set(self, key: str, value: bytes) -> None:
        self._objects.put(key, value)

    def _delete(self, key: str) -> bool:
        return self._objects.delete(key)

    def _exists(self, key: str) -> bool:
        return self._objects.exists(key)

    def _size(self, key: str) -> int | None:
        return self._objects.size(key)

    def _list(self, prefix: str) -> Iterator[str]:
        return below(self._objects.keys(), prefix)

    def _list_dir(self, prefix: str) -> Iterator[str]:
        return directory_names(self._objects.keys(), prefix)

    def _delete_dir(self, prefix: str) -> None:
        if prefix:
            super()._delete_dir(prefix)
        else:
            self._objects.clear()

    def _arguments(self) -> dict[str, Any]:
        return {
            "store_dict": {key: self._objects.get(key) for key in self.list()},
            "normalize_keys": self._normalize,
            "read_only": self._read_only,
        }

    def __eq__(self, other: object) -> bool:
        if isinstance(other, MemoryStore) and self._objects is other._objects:
            return self._read_only == other._read_only
        return super().__eq__(other)

    __hash__ = Store.__hash__

    def __str__(self) -> str:
        return f"memory://{id(self._objects)}"
