"""A store around another one."""

from __future__ import annotations

import copyreg
from typing import TYPE_CHECKING, Any, Self

from zarr_c.storage.base import Store
from zarr_c.storage.resolve import as_store

if TYPE_CHECKING:
    from collections.abc import Iterator, MutableMapping, Sequence
    from contextlib import AbstractContextManager

    from zarr_c.storage._store import NativeStore
    from zarr_c.storage.primitives import ListingFailed
    from zarr_c.storage.ranges import ByteRequest, Span

__all__ = ["WrapperStore"]

_Keys = list[str]  # within the class, `list` is a method

# What a class may not override in the place of a verb, as some path would lead past it.
INSTEAD = {
    "__getitem__": "get",
    "get_range": "get",
    "get_ranges": "get",
    "get_many": "get",
    "__setitem__": "set",
    "set_many": "set",
    "__delitem__": "delete",
    "__contains__": "exists",
    "__iter__": "list_prefix",
    "list": "list_prefix",
    "clear": "delete_dir",
    "_get": "get",
    "_get_range": "get",
    "_set": "set",
    "_set_if_absent": "set_if_not_exists",
    "_delete": "delete",
    "_discard": "delete",
    "_exists": "exists",
    "_size": "getsize",
    "_list": "list_prefix",
    "_list_dir": "list_dir",
}


class WrapperStore(Store):
    """A store that hands every request to another one, and a base for those that change some.

    A subclass overrides one of the verbs `get`, `set`, `set_if_not_exists`, `delete`,
    `exists`, `getsize`, `list_prefix`, `list_dir`, `delete_dir` and `rename`, and all paths go
    through it: the mapping, ranges (``get(key, byte_range=...)``), batches, coroutines,
    metadata and chunks of arrays, other wrappers. The verb of the base, ``super().get(...)``,
    asks the inner store. Batches of a verb that is not overridden go to the inner store as they
    are, and chunks go there natively as long as `get`, `set`, `set_if_not_exists` and `delete`
    are not. Where `set` is overridden and `set_if_not_exists` is not, the latter looks and then
    sets, which is one step within this process only. What the inner store's class has beyond a
    `Store` is found on the wrapper too.

    A pickle holds all attributes of the wrapper.

    Parameters
    ----------
    store : Store or MutableMapping
        The inner store; a store of obstore or a UPath stands for one too.

    Raises
    ------
    TypeError
        If `store` is neither; when a subclass is made, if it overrides something that not all
        paths go through, such as ``__getitem__`` in the place of `get`.
    """

    def __init__(self, store: Store | MutableMapping[str, Any]) -> None:
        if store is None:
            raise TypeError("store: expected a Store or a mutable mapping, found None")
        inner = as_store(store)
        super().__init__(normalize_keys=inner._normalize, read_only=inner.read_only)
        self._store = inner
        for name in dir(Store):
            if name.startswith("supports_"):
                setattr(self, name, getattr(inner, name))

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        for name, verb in INSTEAD.items():
            if getattr(cls, name) is not getattr(WrapperStore, name):
                raise TypeError(
                    f"{cls.__name__}.{name}: override the verb {verb!r}, which all paths to an "
                    f"inner store go through, and not {name!r}"
                )

    def _plain(self) -> type[WrapperStore]:
        """The class whose verbs do no more now than those of the inner store."""
        return WrapperStore

    def _overrides(self, *verbs: str) -> bool:
        cls, plain = type(self), self._plain()
        return any(getattr(cls, verb) is not getattr(plain, verb) for verb in verbs)

    def _overrides_last(self, verb: str, other: str) -> bool:
        """Whether a verb is overridden in a class derived from those that override `other`."""
        for cls in type(self).__mro__:
            if cls is WrapperStore or other in vars(cls):
                return False
            if verb in vars(cls):
                return True
        return False

    @property
    def inner_store(self) -> Store:
        """The store that is asked."""
        return self._store

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__") or name == "_store":  # copying and unpickling ask for these
            raise AttributeError(f"{type(self).__name__!r} object has no attribute {name!r}")
        return getattr(self._store, name)

    def with_read_only(self, read_only: bool = False) -> Self:
        """The same around an inner store for reading only, or for writing too."""
        other = super().with_read_only(read_only)
        other._store = self._store.with_read_only(read_only)
        other._read_only = other._store.read_only
        return other

    def flush(self) -> None:
        """Flush the inner store."""
        self._store.flush()

    def close(self) -> None:
        """Close the inner store."""
        self._store.close()

    # ---- the verbs

    def get(
        self, key: str, default: Any = None, *, byte_range: ByteRequest | None = None
    ) -> Any:
        """The object under a key as bytes, or `default`; see `Store.get`."""
        return self._store.get(key, default, byte_range=byte_range)

    def set(self, key: str, value: bytes) -> None:
        """Store an object; see `Store.set`."""
        self._store.set(key, value)

    def set_if_not_exists(self, key: str, value: bytes) -> bool:
        """Store an object unless there is one; see `Store.set_if_not_exists`."""
        if self._overrides_last("set", "set_if_not_exists"):
            return super().set_if_not_exists(key, value)
        return self._store.set_if_not_exists(key, value)

    def delete(self, key: str) -> None:
        """Remove an object if there is one; see `Store.delete`."""
        self._store.delete(key)

    def exists(self, key: str) -> bool:
        """Whether there is an object under a key; see `Store.exists`."""
        return self._store.exists(key)

    def getsize(self, key: str) -> int:
        """Size of an object in bytes; see `Store.getsize`."""
        return self._store.getsize(key)

    def list_prefix(self, prefix: str) -> _Keys:
        """All keys below a directory; see `Store.list_prefix`."""
        return self._store.list_prefix(prefix)

    def list_dir(self, prefix: str = "") -> _Keys:
        """The names directly in a directory; see `Store.list_dir`."""
        return self._store.list_dir(prefix)

    def delete_dir(self, prefix: str) -> None:
        """Remove all objects below a directory; see `Store.delete_dir`."""
        if self._overrides_last("delete", "delete_dir"):
            super().delete_dir(prefix)
        else:
            self._store.delete_dir(prefix)

    def rename(self, source: str, target: str) -> None:
        """Move an object or a directory; see `Store.rename`."""
        self._store.rename(source, target)

    # ---- everything else, made of the verbs

    def _get(self, key: str) -> bytes | None:
        value: bytes | None = self.get(key)
        return value

    def _get_range(self, key: str, start: int, length: int | None) -> bytes | None:
        value: bytes | None = self.get(key, byte_range=(start, length))
        return value

    def _get_ranges(
        self, key: str, spans: Sequence[Span], max_gap: int, max_size: int
    ) -> list[bytes] | None:
        if self._overrides("get"):
            return super()._get_ranges(key, spans, max_gap, max_size)
        return self._store._get_ranges(key, spans, max_gap, max_size)

    def _get_many(self, keys: Sequence[str]) -> list[bytes | None]:
        if self._overrides("get"):
            return super()._get_many(keys)
        return self._store._get_many(keys)

    def _set(self, key: str, value: bytes) -> None:
        self.set(key, value)

    def _set_many(self, items: Sequence[tuple[str, bytes]]) -> None:
        if self._overrides("set"):
            super()._set_many(items)
        else:
            self._store._set_many(items)

    def _set_if_absent(self, key: str, value: bytes) -> bool:
        if self._overrides_last("set", "set_if_not_exists"):
            return super()._set_if_absent(key, value)
        return self.set_if_not_exists(key, value)

    def _delete(self, key: str) -> bool:
        if not self._overrides("delete", "exists"):
            return self._store._delete(key)
        existed = self.exists(key)
        self.delete(key)
        return existed

    def _discard(self, key: str) -> None:
        self.delete(key)

    def _discard_many(self, keys: Sequence[str]) -> None:
        if self._overrides("delete"):
            super()._discard_many(keys)
        else:
            self._store._discard_many(keys)

    def _exists(self, key: str) -> bool:
        return self.exists(key)

    def _size(self, key: str) -> int | None:
        try:
            return self.getsize(key)
        except FileNotFoundError:
            return None

    def _list(self, prefix: str) -> Iterator[str]:
        if self._overrides("list_prefix"):
            return iter(self.list_prefix(prefix))
        return self._store._list(prefix)

    def _list_dir(self, prefix: str) -> Iterator[str]:
        return iter(self.list_dir(prefix))

    def _as_value(self, key: str, value: Any) -> Any:
        return self._store._as_value(key, value)

    def _lock(self, key: str) -> AbstractContextManager[Any]:
        return self._store._lock(key)

    def _lock_file(self, prefix: str, chosen: str | None) -> tuple[str, str] | None:
        return self._store._lock_file(prefix, chosen)

    def _compares(self) -> bool:
        plain = not self._overrides("get", "set", "set_if_not_exists")
        return plain and self._store._compares()

    def _get_version(self, key: str) -> tuple[bytes | None, Any]:
        return self._store._get_version(key) if self._compares() else (self._get(key), None)

    def _replace(self, key: str, value: bytes, version: Any) -> Any:
        return self._store._replace(key, value, version)

    def _native(self) -> NativeStore:
        if self._overrides("get", "set", "set_if_not_exists", "delete"):
            return super()._native()
        return self._store._native()

    def _list_past(self, prefix: str, failed: ListingFailed) -> Iterator[str]:
        if self._overrides("list_prefix"):
            return self._list(prefix)
        return self._store._list_past(prefix, failed)

    def _temporaries(
        self, prefix: str, failed: ListingFailed | None = None
    ) -> Iterator[tuple[str, float]]:
        return self._store._temporaries(prefix, failed)

    def _remove_temporary(self, name: str, older_than: float) -> bool:
        return self._store._remove_temporary(name, older_than)

    def _intruders(self, prefix: str, failed: ListingFailed) -> Iterator[tuple[str, str]]:
        return self._store._intruders(prefix, failed)

    def _concurrency(self) -> int:
        return self._store._concurrency()

    def _identity(self) -> int:
        return self._store._identity()

    def _arguments(self) -> dict[str, Any]:
        return {"store": self._store}

    def __reduce__(self) -> tuple[Any, ...]:
        return copyreg.__newobj__, (type(self),), self.__getstate__()  # type: ignore[attr-defined]

    def __str__(self) -> str:
        return f"wrapping-{self._store}"
