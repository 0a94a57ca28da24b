"""A store that keeps what it has read of another one nearby."""

from __future__ import annotations

import os
import struct
import time
from contextlib import suppress
from threading import Event, Lock
from typing import TYPE_CHECKING, Any, Literal, NamedTuple
from zlib import crc32

from zarr_c.storage.base import Store
from zarr_c.storage.keys import clean_key
from zarr_c.storage.local import LocalStore
from zarr_c.storage.ranges import cut, parse_range
from zarr_c.storage.wrapper import WrapperStore

if TYPE_CHECKING:
    from collections.abc import MutableMapping

    from zarr_c.storage.ranges import ByteRequest

__all__ = ["CacheStore"]

# Before an object's bytes: a mark, when they were read, how many they are, their CRC-32.
HEADER = struct.Struct("<4sdQI")
MARK = b"ZCC1"
# The cache is looked through whenever this share of its limit has been added.
LOOK = 1 / 16


class CacheStore(WrapperStore):
    """A store around a remote one that keeps encoded objects in another store.

    Reading an object asks the cache first; what is missing there is read and kept. Threads that
    miss the same object at once make one request. Objects that are absent are not remembered,
    ranges of objects that are not in the cache go to the inner store and are not kept.

    Several processes may share a directory as cache: entries are replaced as a whole, carry
    their length and checksum, and nothing that a process remembers is trusted. What another
    process or a program elsewhere changes in the inner store is seen after `max_age_seconds`.

    Parameters
    ----------
    store : Store or MutableMapping
        The inner store.
    cache_store : Store, str or os.PathLike
        Where to keep objects, for this cache alone; a path is a directory.
    max_age_seconds : float or 'infinity', default 'infinity'
        From which age on an object is read anew.
    max_size : int, optional
        Most bytes in the cache, headers of 24 bytes included. The least recently used are
        removed first; each process may pass the limit by a sixteenth of it and an object.
    cache_set_data : bool, default True
        Whether what is written is kept too; otherwise writing removes it from the cache.

    Raises
    ------
    TypeError
        If one of the stores is none.
    ValueError
        If `max_age_seconds` or `max_size` is negative.
    """

    def __init__(
        self,
        store: Store | MutableMapping[str, Any],
        *,
        cache_store: Store | str | os.PathLike[str],
        max_age_seconds: float | Literal["infinity"] = "infinity",
        max_size: int | None = None,
        cache_set_data: bool = True,
    ) -> None:
        super().__init__(store)
        if isinstance(cache_store, str | os.PathLike):
            cache_store = LocalStore(cache_store)
        if not isinstance(cache_store, Store):
            raise TypeError(f"cache_store: expected a Store or a path, found {cache_store!r}")
        age = float("inf") if max_age_seconds == "infinity" else max_age_seconds
        if isinstance(age, str) or age < 0:
            raise ValueError(
                f"max_age_seconds: expected seconds or 'infinity', found {max_age_seconds!r}"
            )
        if max_size is not None and max_size < 0:
            raise ValueError(f"max_size: expected at least 0 or None, found {max_size!r}")
        self._age, self._keep_written = age, cache_set_data
        self._cache = Cache(cache_store, max_size)
        self._begin()

    def _begin(self) -> None:
        """Know of no requests under way: those of a parent process never end in its child."""
        self._pid, self._lock = os.getpid(), Lock()
        self._flights: dict[str, Flight] = {}
        self._cache.lock = Lock()

    @property
    def cache_store(self) -> Store:
        """The store that objects are kept in."""
        return self._cache.store

    # ---- reading

    def get(
        self, key: str, default: Any = None, *, byte_range: ByteRequest | None = None
    ) -> Any:
        """The object under a key as bytes, or `default`."""
        if self._pid != os.getpid():
            self._begin()
        key = clean_key(key, self._normalize)
        value = self._cache.find(key, self._age)
        if value is not None:
            return value if byte_range is None else cut(value, *parse_range(byte_range))
        if byte_range is not None:
            return self._store.get(key, default, byte_range=byte_range)
        value = self._fetch(key)
        return default if value is None else value

    def _fetch(self, key: str) -> bytes | None:
        """Read an object that is not in the cache, or wait for the thread that does."""
        with self._lock:
            flight = self._flights.get(key)
            mine = flight is None
            if flight is None:
                flight = self._flights[key] = Flight()
        if not mine:
            return flight.wait()
        try:
            flight.value = self._store.get(key)
        except BaseException as error:
            flight.error = error
            raise
        finally:
            with self._lock:
                if self._flights.get(key) is flight:
                    del self._flights[key]
                    if flight.value is not None:  # under the lock: no write can come between
                        self._cache.keep(key, flight.value)
            flight.done.set()
        return flight.value

    # ---- writing: the inner store first, and no old object is left in the cache

    def set(self, key: str, value: bytes) -> None:
        """Store an object."""
        key, kept = clean_key(key, self._normalize), None
        value = self._as_value(key, value)
        self._forget(key)
        try:
            self._store.set(key, value)
            kept = value if self._keep_written else None
        finally:
            self._forget(key, kept)

    def set_if_not_exists(self, key: str, value: bytes) -> bool:
        """Store an object unless there is one."""
        key = clean_key(key, self._normalize)
        try:
            return self._store.set_if_not_exists(key, value)
        finally:
            self._forget(key)

    def delete(self, key: str) -> None:
        """Remove an object if there is one."""
        key = clean_key(key, self._normalize)
        self._forget(key)
        try:
            self._store.delete(key)
        finally:
            self._forget(key)

    def delete_dir(self, prefix: str) -> None:
        """Remove all objects below a directory."""
        self._forget_dir(prefix)
        try:
            self._store.delete_dir(prefix)
        finally:
            self._forget_dir(prefix)

    def rename(self, source: str, target: str) -> None:
        """Move an object or a directory."""
        try:
            self._store.rename(source, target)
        finally:
            for place in (source, target):
                self._forget_dir(place)
                self._forget(clean_key(place, self._normalize))

    def _forget(self, key: str, value: bytes | None = None) -> None:
        """Let no reader keep what it began to read before; keep a new value instead."""
        if self._pid != os.getpid():
            self._begin()
        with self._lock:
            self._flights.pop(key, None)
            if value is None:
                self._cache.drop(key)
            else:
                self._cache.keep(key, value)

    def _forget_dir(self, prefix: str) -> None:
        if self._pid != os.getpid():
            self._begin()
        with self._lock:
            self._flights.clear()
            self._cache.store.delete_dir(prefix)

    # ---- the cache

    def cache_info(self) -> dict[str, Any]:
        """What the cache is and holds: its store, limits, bytes and number of objects."""
        entries = self._cache.entries()
        return {
            "cache_store_type": type(self.cache_store).__name__,
            "max_age_seconds": "infinity" if self._age == float("inf") else self._age,
            "max_size": self._cache.limit,
            "current_size": sum(entry.size for entry in entries),
            "cached_keys": len(entries),
            "cache_set_data": self._keep_written,
        }

    def cache_stats(self) -> dict[str, Any]:
        """What this process asked of the cache: hits, misses, evictions and their rate."""
        hits, misses = self._cache.hits, self._cache.misses
        return {
            "hits": hits,
            "misses": misses,
            "evictions": self._cache.evictions,
            "total_requests": hits + misses,
            "hit_rate": hits / max(hits + misses, 1),
        }

    def clear_cache(self) -> None:
        """Remove everything from the cache."""
        self._forget_dir("")

    def _arguments(self) -> dict[str, Any]:
        return {
            "store": self._store,
            "cache_store": self.cache_store,
            "max_age_seconds": "infinity" if self._age == float("inf") else self._age,
            "max_size": self._cache.limit,
            "cache_set_data": self._keep_written,
        }

    def __str__(self) -> str:
        return f"cached-{self._store}"


class Flight:
    """One request that several threads wait for."""

    def __init__(self) -> None:
        self.done = Event()
        self.value: bytes | None = None
        self.error: BaseException | None = None

    def wait(self) -> bytes | None:
        """What the request brought."""
        self.done.wait()
        if self.error is not None:
            raise self.error
        return self.value


class Entry(NamedTuple):
    """An object in the cache, as a listing finds it."""

    used: float
    size: int
    key: str


class Cache:
    """Objects with their headers in a store, not more than a limit.

    Parameters
    ----------
    store : Store
    limit : int or None
        Most bytes.
    """

    def __init__(self, store: Store, limit: int | None) -> None:
        self.store, self.limit = store, limit
        self.hits = self.misses = self.evictions = 0
        self.lock = Lock()
        self._used: dict[str, float] = {}  # where the store has no times of its own
        self._added = 0 if limit is None else limit  # since the cache was looked through

    def find(self, key: str, max_age: float) -> bytes | None:
        """An object that is whole and young enough."""
        data: bytes | None = self.store.get(key)
        value = None
        if data is not None and len(data) >= HEADER.size:
            mark, kept, length, checksum = HEADER.unpack_from(data)
            value = data[HEADER.size :]
            whole = mark == MARK and length == len(value) and checksum == crc32(value)
            if not whole or time.time() - kept >= max_age:
                value = None
        with self.lock:
            self.hits += value is not None
            self.misses += value is None
        if value is not None:
            self._touch(key)
        return value

    def _touch(self, key: str) -> None:
        if isinstance(self.store, LocalStore):
            with suppress(FileNotFoundError):  # another process has just removed it
                os.utime(self.store.root / key)
        else:
            self._used[key] = time.monotonic()

    def keep(self, key: str, value: bytes) -> None:
        """Put an object into the cache, unless it alone would pass the limit."""
        size = HEADER.size + len(value)
        if self.limit is not None and size > self.limit:
            self.drop(key)
            return
        header = HEADER.pack(MARK, time.time(), len(value), crc32(value))
        self.store[key] = header + value
        self._used[key] = time.monotonic()
        if self.limit is not None:
            with self.lock:
                self._added += size
                if self._added <= self.limit * LOOK:
                    return
                self._added = 0
            self._make_room(self.limit)

    def drop(self, key: str) -> None:
        """Remove an object."""
        self.store.delete(key)
        self._used.pop(key, None)

    def _make_room(self, limit: int) -> None:
        """Remove what was not used for longest; other processes may do the same."""
        entries = sorted(self.entries())
        total = sum(entry.size for entry in entries)
        for entry in entries:
            if total <= limit:
                return
            self.drop(entry.key)
            total -= entry.size
            self.evictions += 1

    def entries(self) -> list[Entry]:
        """What the cache holds, of all processes."""
        if not isinstance(self.store, LocalStore):
            sizes = ((key, self.store._size(key)) for key in self.store.list())
            return [Entry(self._used.get(k, 0.0), n, k) for k, n in sizes if n is not None]
        found = []
        root = self.store.root
        for key in self.store.list():
            try:
                info = os.stat(root / key)
            except FileNotFoundError:
                continue
            found.append(Entry(info.st_mtime, info.st_size, key))
        return found
