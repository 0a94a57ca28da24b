"""What every store is: a synchronous mapping of keys to bytes."""

from __future__ import annotations

from collections.abc import Iterator, MutableMapping
from typing import TYPE_CHECKING, Any, Self

from zarr_c.errors import ReadOnlyError
from zarr_c.storage.keys import clean_key, clean_prefix

if TYPE_CHECKING:
    from zarr_c.storage._store import NativeStore

__all__ = ["Store"]

_Keys = list[str]  # within the class, `list` is a method


class Store(MutableMapping[str, bytes]):
    """A mapping of keys to stored objects, ``store[key] -> bytes``.

    A subclass gives five primitives, `_get`, `_set`, `_delete`, `_list` and `_list_dir`, which
    receive checked keys, and `_arguments`, which make an equal store. A prefix is a directory:
    ``"6/f"`` holds ``"6/f/0"`` and not ``"6/fa"``.

    Parameters
    ----------
    normalize_keys : bool
        Whether leading slashes are stripped from keys and doubled ones collapsed.
    read_only : bool
        Whether writing is refused.
    """

    supports_writes: bool = True
    supports_deletes: bool = True
    supports_listing: bool = True
    supports_partial_writes: bool = False
    supports_consolidated_metadata: bool = True

    def __init__(self, *, normalize_keys: bool = True, read_only: bool = False) -> None:
        self._normalize = normalize_keys
        self._read_only = read_only

    # ---- what a store must give

    def _get(self, key: str) -> bytes | None:
        """The object under a key, None if there is none."""
        raise NotImplementedError

    def _set(self, key: str, value: bytes) -> None:
        """Replace the object under a key, as a whole or not at all."""
        raise NotImplementedError

    def _delete(self, key: str) -> bool:
        """Remove the object under a key; whether there was one."""
        raise NotImplementedError

    def _list(self, prefix: str) -> Iterator[str]:
        """All keys below a directory (without a slash at its end)."""
        raise NotImplementedError

    def _list_dir(self, prefix: str) -> Iterator[str]:
        """The names, of objects and directories, that lie directly in a directory."""
        raise NotImplementedError

    def _arguments(self) -> dict[str, Any]:
        """The arguments of the constructor that make an equal store."""
        raise NotImplementedError

    # ---- what a store may give because it knows a cheaper way

    def _exists(self, key: str) -> bool:
        return self._get(key) is not None

    def _size(self, key: str) -> int | None:
        value = self._get(key)
        return None if value is None else len(value)

    def _get_range(self, key: str, start: int, length: int) -> bytes | None:
        value = self._get(key)
        return None if value is None else value[start : start + length]

    def _delete_dir(self, prefix: str) -> None:
        for key in list(self._list(prefix)):
            self._delete(key)

    def _native(self) -> NativeStore:
        """What the workers use for chunks."""
        from zarr_c.storage._python import PythonStore

        return PythonStore(self, self._identity())

    def _identity(self) -> int:
        """Equal for stores over the same objects, so that their writers wait for each other."""
        return id(self)

    # ---- the mapping

    def __getitem__(self, key: str) -> bytes:
        value = self._get(clean_key(key, self._normalize))
        if value is None:
            raise KeyError(key)
        return value

    def __setitem__(self, key: str, value: bytes) -> None:
        key = clean_key(key, self._normalize)
        self._check_writable(key)
        self._set(key, _as_bytes(key, value))

    def __delitem__(self, key: str) -> None:
        name = clean_key(key, self._normalize)
        self._check_writable(name)
        if not self._delete(name):
            raise KeyError(key)

    def __contains__(self, key: object) -> bool:
        return isinstance(key, str) and self._exists(clean_key(key, self._normalize))

    def __iter__(self) -> Iterator[str]:
        return iter(self.list())

    def __len__(self) -> int:
        return sum(1 for _ in self._list(""))

    def get(self, key: str, default: Any = None) -> Any:
        """The object under a key as bytes, or `default`."""
        value = self._get(clean_key(key, self._normalize))
        return default if value is None else value

    def set(self, key: str, value: bytes) -> None:
        """Store an object; the same as ``store[key] = value``."""
        self[key] = value

    def delete(self, key: str) -> None:
        """Remove an object if there is one."""
        key = clean_key(key, self._normalize)
        self._check_writable(key)
        self._delete(key)

    def exists(self, key: str) -> bool:
        """Whether there is an object under a key."""
        return key in self

    def get_range(self, key: str, start: int, length: int) -> bytes:
        """`length` bytes of an object from `start` on, fewer at its end.

        Raises
        ------
        KeyError
            If there is no such object.
        ValueError
            If `start` or `length` is negative.
        """
        if start < 0 or length < 0:
            raise ValueError(f"range: expected start, length >= 0, found {start}, {length}")
        value = self._get_range(clean_key(key, self._normalize), start, length)
        if value is None:
            raise KeyError(key)
        return value

    def getsize(self, key: str) -> int:
        """Size of an object in bytes.

        Raises
        ------
        FileNotFoundError
            If there is no such object.
        """
        size = self._size(clean_key(key, self._normalize))
        if size is None:
            raise FileNotFoundError(f"no object under the key {key!r} in {self}")
        return size

    # ---- directories

    def list(self) -> _Keys:
        """All keys, in no particular order."""
        return [*self._list("")]

    def list_prefix(self, prefix: str) -> _Keys:
        """All keys below a directory, with its path before them."""
        return [*self._list(clean_prefix(prefix, self._normalize))]

    def list_dir(self, prefix: str = "") -> _Keys:
        """The names that lie directly in a directory, of objects and of directories."""
        return [*self._list_dir(clean_prefix(prefix, self._normalize))]

    def is_empty(self, prefix: str = "") -> bool:
        """Whether there is no object below a directory."""
        return next(self._list(clean_prefix(prefix, self._normalize)), None) is None

    def getsize_prefix(self, prefix: str) -> int:
        """Size of all objects below a directory in bytes."""
        keys = self._list(clean_prefix(prefix, self._normalize))
        return sum(self._size(key) or 0 for key in keys)

    def delete_dir(self, prefix: str) -> None:
        """Remove all objects below a directory."""
        prefix = clean_prefix(prefix, self._normalize)
        self._check_writable(prefix)
        self._delete_dir(prefix)

    def clear(self) -> None:
        """Remove all objects."""
        self.delete_dir("")

    # ---- the store itself

    @property
    def read_only(self) -> bool:
        """Whether writing is refused."""
        return self._read_only

    def with_read_only(self, read_only: bool = False) -> Self:
        """The same store, for reading only or for writing too."""
        other = object.__new__(type(self))
        other.__dict__.update(self.__dict__)
        other._read_only = read_only
        return other

    def close(self) -> None:
        """Give back what the store holds open."""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc_info: object) -> None:
        self.close()

    def _check_writable(self, key: str) -> None:
        if self._read_only:
            raise ReadOnlyError(f"{self}: cannot write {key!r}, the store is read-only")

    def __eq__(self, other: object) -> bool:
        if type(other) is not type(self) or not isinstance(other, Store):
            return NotImplemented
        return self._arguments() == other._arguments()

    def __hash__(self) -> int:
        return hash(type(self))  # equal contents may make equal stores, and contents change

    def __reduce__(self) -> tuple[Any, ...]:
        return _rebuild, (type(self), self._arguments())

    def __str__(self) -> str:
        return f"{type(self).__name__.lower()}://{id(self)}"

    def __repr__(self) -> str:
        return f"{type(self).__name__}({str(self)!r})"


def _rebuild(kind: type[Store], arguments: dict[str, Any]) -> Store:
    return kind(**arguments)


def _as_bytes(key: str, value: Any) -> bytes:
    if isinstance(value, bytes):
        return value
    try:
        return memoryview(value).tobytes()
    except TypeError:
        found = type(value).__name__
        raise TypeError(f"{key!r}: expected a bytes-like object, found {found}") from None
