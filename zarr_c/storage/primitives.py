"""What a store gives, so that the base can make everything else of it."""

from __future__ import annotations

import os
from _thread import RLock  # `threading` would take longer to import
from contextlib import nullcontext
from typing import TYPE_CHECKING, Any, TypeVar

from zarr_c._native.threads import call_concurrency
from zarr_c.storage.concurrent import concurrently
from zarr_c.storage.keys import is_document
from zarr_c.storage.ranges import Span, coalesce, cut, share

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from contextlib import AbstractContextManager

    from typing_extensions import Buffer

    from zarr_c.storage._store import NativeStore

    ListingFailed = Callable[[str, OSError], None]

__all__ = ["Primitives"]

T = TypeVar("T")
R = TypeVar("R")

_exclusive = RLock()  # of `_set_if_absent` in stores that have no better way
os.register_at_fork(after_in_child=_exclusive._at_fork_reinit)  # type: ignore[attr-defined]


class Primitives:
    """What is asked of a store, with checked keys; the first six it must give.

    The others have defaults made of those, for a store that knows no cheaper way.
    """

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

    def _get_buffer(self, key: str) -> Buffer | None:
        """The object under a key as any buffer of bytes, which the caller only reads."""
        return self._get(key)

    _has_parts = False  # whether `_get_part` tells the size of the whole object

    def _get_part(
        self, key: str, start: int, length: int
    ) -> tuple[Buffer, int | None, str | None] | None:
        """Part of an object, short or empty where it ends, below 0 counted from there.

        With it come the size of the whole and its version, such as an ETag, where they cost
        nothing.
        """
        value = self._get_range(key, start, None if start < 0 else length)
        return None if value is None else (memoryview(value)[:length], None, None)

    def _get_range(self, key: str, start: int, length: int | None) -> bytes | None:
        """Part of an object: without a length to its end, below 0 counted from there."""
        value = self._get(key)
        return None if value is None else cut(value, start, length)

    def _get_ranges(
        self, key: str, spans: Sequence[Span], max_gap: int, max_size: int
    ) -> list[bytes] | None:
        """Several ranges of one object, neighbours in one request."""
        parts = coalesce(spans, max_gap, max_size)
        found = self._concurrently(lambda part: self._get_range(key, part[0], part[1]), parts)
        return share(spans, parts, found)

    def _get_many(self, keys: Sequence[str]) -> list[bytes | None]:
        return self._concurrently(self._get, keys)

    def _set_many(self, items: Sequence[tuple[str, bytes]]) -> None:
        self._concurrently(lambda item: self._set(*item), items)

    def _discard(self, key: str) -> None:
        """Remove the object under a key if there is one."""
        self._delete(key)

    def _discard_many(self, keys: Sequence[str]) -> None:
        self._concurrently(self._discard, keys)

    def _set_if_absent(self, key: str, value: bytes) -> bool:
        """Store an object unless there is one; whether it was stored.

        A store whose objects other processes can make has to do this in one step of its own.
        """
        with _exclusive:
            if self._exists(key):
                return False
            self._set(key, value)
            return True

    # ---- what a store may give so that processes do not undo each other's changes

    def _lock(self, key: str) -> AbstractContextManager[Any]:
        """A context in which no other process changes the node whose document has this key.

        Replacing that document ends it. What it gives may have a `check` that raises if the
        lock has been lost. By default no process waits for another.
        """
        return nullcontext()

    def _lock_file(self, prefix: str, chosen: str | None) -> tuple[str, str] | None:
        """What writers lock so that no other process changes the same chunk meanwhile.

        Parameters
        ----------
        prefix : str
            Where the array is.
        chosen : str or None
            The lock file, if the user has chosen one.

        Returns
        -------
        tuple of str or None
            A directory and the path of a file below it; None if there are no other processes.

        Raises
        ------
        ValueError
            If there is none, or a lock is not enough.
        """
        if chosen is None:
            raise ValueError(
                f"lock: True needs a LocalStore, found {self}; give the path of a lock file, "
                "or let each process write whole units by `write_region`"
            )
        return os.path.split(os.path.abspath(chosen))

    def _compares(self) -> bool:
        """Whether `_replace` compares what is stored with a version."""
        return False

    def _get_version(self, key: str) -> tuple[bytes | None, Any]:
        """The object under a key and its version, both None if there is none."""
        return self._get(key), None

    def _replace(self, key: str, value: bytes, version: Any) -> Any:
        """Store an object if the one stored has a version, or is absent for None.

        Returns the version of what was stored, or None if there was another one.
        """
        raise NotImplementedError

    # ---- moving and removing

    def _rename(self, source: str, target: str) -> None:
        """Move an object that exists."""
        value = self._get(source)
        if value is not None:
            self._set(target, value)
            self._discard(source)

    def _rename_dir(self, source: str, target: str) -> None:
        """Move what lies below a directory, and lose nothing when cut short."""
        keys = [*self._list(source)]
        self._concurrently(lambda key: self._rename(key, target + key[len(source) :]), keys)

    def _delete_dir(self, prefix: str) -> None:
        keys = [*self._list(prefix)]
        # without its documents it is no node, whatever is left of it when this is cut short
        for first in (True, False):
            self._discard_many([key for key in keys if is_document(key) is first])

    # ---- what lies in a store and is none of its objects

    def _list_past(self, prefix: str, failed: ListingFailed) -> Iterator[str]:
        """As `_list`, but past directories that cannot be listed: `failed` is told of each."""
        return self._list(prefix)

    def _temporaries(
        self, prefix: str, failed: ListingFailed | None = None
    ) -> Iterator[tuple[str, float]]:
        """What writers have under way below a directory, or left there when they were killed.

        Names, which `_list` may have too, and ages in seconds; `failed` as of `_list_past`.
        """
        return iter(())

    def _remove_temporary(self, name: str, older_than: float) -> bool:
        """Remove one of them, if it is still that old; whether it was removed."""
        raise NotImplementedError

    def _intruders(self, prefix: str, failed: ListingFailed) -> Iterator[tuple[str, str]]:
        """What lies below a directory and can be no object: keys, and what is there.

        `failed` as of `_list_past`.
        """
        return iter(())

    def _concurrency(self) -> int:
        """Requests worth having under way at once: 0 one a core, -1 what the config says."""
        return 0

    def _concurrently(self, function: Callable[[T], R], items: Sequence[T]) -> list[R]:
        """Call a function for each item, as many at once as the store makes use of."""
        concurrency = self._concurrency()
        if concurrency == 0 or len(items) < 2:
            return [function(item) for item in items]
        return concurrently(function, items, call_concurrency(concurrency, 1, 0))

    def _native(self) -> NativeStore:
        """What the workers use for chunks."""
        from zarr_c.storage._python import PythonStore

        store: Any = self
        parts = self._has_parts or type(self)._get_range is not Primitives._get_range
        return PythonStore(store, self._identity(), self._concurrency(), parts, self._has_parts)

    def _identity(self) -> int:
        """Equal for stores over the same objects, so that their writers wait for each other."""
        return id(self)
