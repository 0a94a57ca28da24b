"""A store over any mapping of strings to bytes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, MutableMapping
from typing import Any

from zarr_c.storage.base import Store
from zarr_c.storage.verbs import as_bytes

__all__ = ["MappingStore", "directory_names"]


def directory_names(keys: Iterable[str], prefix: str) -> Iterator[str]:
    """The names directly below a directory, each once, out of all keys of a store."""
    start = len(prefix) + 1 if prefix else 0
    return iter({key[start:].partition("/")[0]: None for key in below(keys, prefix)})


def below(keys: Iterable[str], prefix: str) -> Iterator[str]:
    """The keys that lie below a directory."""
    head = f"{prefix}/" if prefix else ""
    return (key for key in keys if key.startswith(head))


class MappingStore(Store):
    """A store whose objects live in a mapping, such as a dictionary or an fsspec mapper.

    Parameters
    ----------
    mapping : MutableMapping[str, bytes]
        Where the objects are; it is used as it is and not copied.
    normalize_keys : bool, default True
        Whether leading slashes are stripped from keys and doubled ones collapsed.
    read_only : bool, default False
        Whether writing is refused.

    Raises
    ------
    TypeError
        If `mapping` is not a mutable mapping.
    """

    def __init__(
        self,
        mapping: MutableMapping[str, Any],
        normalize_keys: bool = True,
        *,
        read_only: bool = False,
    ) -> None:
        if not isinstance(mapping, MutableMapping):
            raise TypeError(
                f"mapping: expected a mutable mapping of keys to bytes, found {mapping!r}"
            )
        super().__init__(normalize_keys=normalize_keys, read_only=read_only)
        self._mapping = mapping

    @property
    def mapping(self) -> MutableMapping[str, Any]:
        """The mapping that holds the objects."""
        return self._mapping

    def _lock_file(self, prefix: str, chosen: str | None) -> tuple[str, str] | None:
        return None if type(self._mapping) is dict else super()._lock_file(prefix, chosen)

    def _identity(self) -> int:
        return id(self._mapping)

    def _get(self, key: str) -> bytes | None:
        try:
            value = self._mapping[key]
        except KeyError:
            return None
        return as_bytes(key, value)

    def _set(self, key: str, value: bytes) -> None:
        self._mapping[key] = value

    def _delete(self, key: str) -> bool:
        try:
            del self._mapping[key]
        except KeyError:
            return False
        return True

    def _exists(self, key: str) -> bool:
        return key in self._mapping

    def _list(self, prefix: str) -> Iterator[str]:
        return below(list(self._mapping), prefix)

    def _list_dir(self, prefix: str) -> Iterator[str]:
        return directory_names(list(self._mapping), prefix)

    def _arguments(self) -> dict[str, Any]:
        return {
            "mapping": self._mapping,
            "normalize_keys": self._normalize,
            "read_only": self._read_only,
        }

    def __str__(self) -> str:
        return f"mapping://{id(self._mapping)}"
