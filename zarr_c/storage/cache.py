"""A store that keeps what it has read of another one nearby."""

from __future__ import annotations

import os
from contextlib import contextmanager
from threading import Event, Lock
from typing import TYPE_CHECKING, Any, Literal
from zlib import crc32

from zarr_c.storage.base import Store
from zarr_c.storage.cache_entries import Entries, Token
from zarr_c.storage.keys import clean_key, clean_prefix
from zarr_c.storage.local import LocalStore
from zarr_c.storage.mapping import MappingStore
from zarr_c.storage.memory import MemoryStore
from zarr_c.storage.ranges import cut, parse_range
from zarr_c.storage.wrapper import WrapperStore

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, MutableMapping

    from zarr_c.storage.ranges import ByteRequest

__all__ = ["CacheStore"]

_PROCESS = os.urandom(8).hex()  # stores in memory are of this process
_lock = Lock()  # of all requests under way
os.register_at_fork(after_in_child=_lock._at_fork_reinit)  # type: ignore[attr-defined]


class CacheStore(WrapperStore):
    """A store around a remote one that keeps encoded objects in another store.

    Reading an object asks the cache first; what is missing there is read and kept. Threads that
    miss the same object at once make one request. Objects that are absent are not remembered,
    ranges of objects that are not in the cache go to the inner store and are not kept. A cache
    that fails is warned of once and counted; reading goes on without it, while writing needs it
    to take out what is no longer true.

    Several processes may share a directory as cache, also for several inner stores: entries are
    replaced as a whole, carry their length and a checksum that begins with the name of the
    inner store, and nothing that a process remembers is trusted. What another process writes
    through the same cache is seen at once; what is changed in the inner store itself is seen
    after `max_age_seconds`. `zarr_c/storage/cache_entries.py` has the format.

    Parameters
    ----------
    store : Store or MutableMapping
        The inner store.
    cache_store : Store, str or os.PathLike
        Where to keep objects, and nothing else; a path is a directory.
    max_age_seconds : float or 'infinity', default 'infinity'
        From which age on an object is read anew.
    max_size : int, optional
        Most bytes in the cache, headers of 24 bytes included, of all inner stores. The least
        recently used are removed first; each process may pass the limit by a sixteenth of it
        and an object.
    cache_set_data : bool, default True
        Whether what is written is kept too; otherwise writing removes it from the cache.

    Raises
    ------
    TypeError
        If one of the stores is none.
    ValueError
        If `max_age_seconds` or `max_size` is negative, or nothing can be written to or deleted
        from `cache_store`.
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
        if cache_store.read_only or not cache_store.supports_deletes:
            raise ValueError(f"cache_store: expected one to write and delete in, {cache_store}")
        age = float("inf") if max_age_seconds == "infinity" else max_age_seconds
        if isinstance(age, str) or age < 0:
            raise ValueError(
                f"max_age_seconds: expected seconds or 'infinity', found {max_age_seconds!r}"
            )
        if max_size is not None and max_size < 0:
            raise ValueError(f"max_size: expected at least 0 or None, found {max_size!r}")
        self.max_age_seconds, self.cache_set_data = max_age_seconds, cache_set_data
        self._age = age
        self._begin(cache_store, max_size)

    def _begin(self, cache_store: Store, max_size: int | None) -> None:
        self._cache = Entries(cache_store, max_size, _seed_of(self._store))
        self._flights = Flights()

    def _lock_file(self, prefix: str, chosen: str | None) -> tuple[str, str] | None:
        raise ValueError(
            f"lock: what is read through {self} may be older than what others have written; "
            "write to the inner store"
        )

    def __getstate__(self) -> dict[str, Any]:
        shared = {"_cache": (self.cache_store, self.max_size), "_flights": None}
        return self.__dict__ | shared  # another process counts and asks for itself

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update(state)
        self._begin(*state["_cache"])

    @property
    def cache_store(self) -> Store:
        """The store that objects are kept in."""
        return self._cache.store

    @property
    def max_size(self) -> int | None:
        """Most bytes in the cache, None for no limit."""
        return self._cache.limit

    # ---- reading

    def get(
        self, key: str, default: Any = None, *, byte_range: ByteRequest | None = None
    ) -> Any:
        """The object under a key as bytes, or `default`."""
        key = clean_key(key, self._normalize)
        value = self._cache.find(key, self._age)
        if value is not None:
            return value if byte_range is None else cut(value, *parse_range(byte_range))
        if byte_range is not None:
            return super().get(key, default, byte_range=byte_range)
        value = self._fetch(key)
        return default if value is None else value

    def _fetch(self, key: str) -> bytes | None:
        """Read an object that is not in the cache, or wait for the thread that does."""
        flight, leads = self._flights.join(key)
        while not leads:
            flight.done.wait()
            if not flight.failed:
                return flight.value
            flight, leads = self._flights.join(key)  # an error is for the thread that met it
        try:
            flight.value = self._cache.look(key, self._age)  # another was faster
            if flight.value is None:
                token = self._cache.token(key)
                flight.value = super().get(key)
                if flight.value is not None:
                    self._cache.keep(key, flight.value, token)
            flight.failed = False
        finally:
            self._flights.land(key, flight)
        return flight.value

    def _get_version(self, key: str) -> tuple[bytes | None, Any]:
        return self._store._get(key), None  # a change starts from what is stored, not cached

    # ---- writing: the inner store first, and no old object is left in the cache

    def set(self, key: str, value: bytes) -> None:
        """Store an object."""
        key = clean_key(key, self._normalize)
        value = self._as_value(key, value)
        with self._writing(key) as write:
            super().set(key, value)
        self._keep_written(key, value, write)

    def set_if_not_exists(self, key: str, value: bytes) -> bool:
        """Store an object unless there is one."""
        key = clean_key(key, self._normalize)
        value = self._as_value(key, value)
        with self._writing(key) as write:
            stored = super().set_if_not_exists(key, value)
        if stored:
            self._keep_written(key, value, write)
        return stored

    def delete(self, key: str) -> None:
        """Remove an object if there is one."""
        key = clean_key(key, self._normalize)
        with self._writing(key):
            super().delete(key)

    def delete_dir(self, prefix: str) -> None:
        """Remove all objects below a directory."""
        with self._writing_below(clean_prefix(prefix, self._normalize)):
            super().delete_dir(prefix)

    def rename(self, source: str, target: str) -> None:
        """Move an object or a directory."""
        old, new = clean_key(source, self._normalize), clean_key(target, self._normalize)
        with self._writing_below(old), self._writing_below(new):
            super().rename(source, target)

    def _keep_written(self, key: str, value: bytes, write: Write) -> None:
        if self.cache_set_data and write.token is not None:
            self._cache.keep(key, value, write.token)

    @contextmanager
    def _writing(self, key: str) -> Iterator[Write]:
        """Take an object out of the cache before it is written, and what readers kept since."""
        write = Write()
        self._check_writable(key)
        begun = self._cache.renew(key)
        self._cache.drop(key)
        try:
            yield write
        finally:
            write.token = self._cache.renew_after(key, begun)
            self._flights.depart()
            self._cache.drop(key)

    @contextmanager
    def _writing_below(self, path: str) -> Iterator[None]:
        """The same of an object and all that lie below it."""
        self._check_writable(path)
        self._forget_below(path)
        try:
            yield
        finally:
            self._forget_below(path)

    def _forget_below(self, path: str) -> None:
        self._cache.renew(None)
        self._flights.depart()
        if path:
            self._cache.drop(path)
        self._cache.drop_below(path)

    # ---- the cache

    def cache_info(self) -> dict[str, Any]:
        """What the cache is and holds: its store, limits, bytes and number of objects."""
        sizes = [entry.size for entry in self._cache]
        return {
            "cache_store_type": type(self.cache_store).__name__,
            "max_age_seconds": self.max_age_seconds,
            "max_size": self.max_size,
            "current_size": sum(sizes),
            "tracked_keys": len(sizes),
            "cached_keys": len(sizes),
            "cache_set_data": self.cache_set_data,
        }

    def cache_stats(self) -> dict[str, Any]:
        """What this process asked of the cache: hits and misses, evictions, failures."""
        hits, misses = self._cache.hits, self._cache.misses
        return {
            "hits": hits,
            "misses": misses,
            "evictions": self._cache.evictions,
            "errors": self._cache.errors,
            "total_requests": hits + misses,
            "hit_rate": hits / max(hits + misses, 1),
        }

    def clear_cache(self) -> None:
        """Remove everything from the cache, also what was read of other stores."""
        self._forget_below("")

    def _arguments(self) -> dict[str, Any]:
        return {
            "store": self._store,
            "cache_store": self.cache_store,
            "max_age_seconds": self.max_age_seconds,
            "max_size": self.max_size,
            "cache_set_data": self.cache_set_data,
        }

    def __str__(self) -> str:
        return f"cached-{self._store}"


class Write:
    """A write that is under way; then the token under which its object may be kept."""

    token: Token | None = None


class Flight:
    """One request that several threads wait for."""

    def __init__(self) -> None:
        self.done = Event()
        self.value: bytes | None = None
        self.failed = True


class Flights:
    """The requests under way, by key."""

    def __init__(self) -> None:
        self._under_way: dict[str, Flight] = {}
        self._process = os.getpid()

    def join(self, key: str) -> tuple[Flight, bool]:
        """The request for a key, and whether it is the caller's to make."""
        with _lock:
            if self._process != os.getpid():  # those who made the others are not in the child
                self._process, self._under_way = os.getpid(), {}
            flight = self._under_way.get(key)
            if flight is not None:
                return flight, False
            flight = self._under_way[key] = Flight()
            return flight, True

    def land(self, key: str, flight: Flight) -> None:
        """Let those who wait go on."""
        with _lock:
            if self._under_way.get(key) is flight:
                del self._under_way[key]
        flight.done.set()

    def depart(self) -> None:
        """Let nobody who comes now join a request that began before."""
        with _lock:
            self._under_way = {}


def _seed_of(store: Store) -> Callable[[], int]:
    """What gives the checksum of a store's name, with the classes of those around it."""
    kinds = []
    while isinstance(store, WrapperStore):
        kinds.append(type(store).__qualname__)
        store = store.inner_store
    name = "/".join([*kinds, type(store).__qualname__, str(store)])
    if isinstance(store, MemoryStore | MappingStore) or type(store).__str__ is Store.__str__:
        passing = f"{name}/{_PROCESS}/{store._identity()}"
        return lambda: crc32(f"{passing}/{os.getpid()}".encode())
    seed = crc32(name.encode("utf-8", "surrogateescape"))
    return lambda: seed
