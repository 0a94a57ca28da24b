"""What a cache keeps: objects with their headers in a store, not more than a limit.

An entry is stored under the key of its object::

    4 bytes   b"ZCC1"
    8 bytes   when the object was read, in seconds since the epoch (float64)
    8 bytes   its length
    4 bytes   CRC-32 of the name of the inner store, the above, and the object
    ...       the object

All numbers are little-endian. An entry whose checksum is another one is none: it is damaged, or
of another inner store. Below `WRITES` lies what tells readers of writers, also of other
processes: a token for each of 4096 groups of keys, and one for all keys, that writers replace
before and after they write. A reader that finds another token than before it asked for an
object was overtaken and does not keep it; it looks again afterwards, and takes the object out
if a writer of another process came just then.
"""

from __future__ import annotations

import os
import struct
import time
import warnings
from contextlib import suppress
from threading import Lock
from typing import TYPE_CHECKING, NamedTuple
from zlib import crc32

from zarr_c.errors import BaseZarrError, ZarrRuntimeWarning
from zarr_c.storage.local import LocalStore

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from zarr_c.storage.base import Store

__all__ = ["Entries"]

HEADER = struct.Struct("<4sdQI")
CHECKED = HEADER.size - 4  # bytes of it before the checksum
MARK = b"ZCC1"
WRITES = ".zc-writes/"
# The cache is looked through whenever this share of its limit has been added.
LOOK = 1 / 16
# What a cache may fail with; the inner store is asked then.
TROUBLE = (OSError, MemoryError, BaseZarrError)

Token = tuple[object, object]

_lock = Lock()  # of all counts
# Striped: between a look at the token and what is kept for it, no writer of this process comes.
_keeping = [Lock() for _ in range(64)]
# Striped likewise: between a look at the token and its replacement, no other writer ends.
_ending = [Lock() for _ in range(64)]


def _renew_locks() -> None:
    for lock in (_lock, *_keeping, *_ending):
        lock._at_fork_reinit()  # type: ignore[attr-defined]


os.register_at_fork(after_in_child=_renew_locks)


class Entry(NamedTuple):
    """An object in the cache, as a listing finds it."""

    used: float
    size: int
    key: str


class Entries:
    """The objects in a cache.

    Parameters
    ----------
    store : Store
        Where they are.
    limit : int or None
        Most bytes.
    seed : callable
        Gives the checksum of the inner store's name.
    """

    def __init__(self, store: Store, limit: int | None, seed: Callable[[], int]) -> None:
        self.store, self.limit = store, limit
        self.hits = self.misses = self.evictions = self.errors = 0
        self._seed = seed
        self._used: dict[str, float] = {}  # where the store has no times of its own
        self._added = 0 if limit is None else limit  # since the cache was looked through

    # ---- reading

    def find(self, key: str, max_age: float) -> bytes | None:
        """An object that is whole and young enough; it counts as a hit or a miss."""
        value = self.look(key, max_age)
        with _lock:
            self.hits += value is not None
            self.misses += value is None
        return value

    def look(self, key: str, max_age: float) -> bytes | None:
        """The same, not counted."""
        try:
            data = self.store._get(key)
        except TROUBLE as error:
            self._complain("read", error)
            return None
        if data is None or len(data) < HEADER.size:
            return None
        mark, kept, length, checksum = HEADER.unpack_from(data)
        value = data[HEADER.size :]
        if mark != MARK or length != len(value) or checksum != self._check(data, value):
            return None
        if time.time() - kept >= max_age:
            return None
        self._touch(key)
        return value

    def _check(self, header: bytes, value: bytes) -> int:
        return crc32(value, crc32(header[:CHECKED], self._seed()))

    def _touch(self, key: str) -> None:
        if isinstance(self.store, LocalStore):
            with suppress(OSError):  # another process has just removed it, or owns it
                os.utime(f"{self.store._root}/{key}")
        else:
            self._used[key] = time.monotonic()

    # ---- keeping

    def token(self, key: str) -> Token:
        """What changes with every write of a key; two that could not be read are not equal."""
        try:
            return self.store._get(f"{WRITES}all"), self.store._get(_group(key))
        except TROUBLE:
            return object(), object()

    def renew(self, key: str | None) -> Token:
        """Replace the token of a key, or that of all keys; nothing is kept for the old one."""
        token, everyone = os.urandom(8), self.store._get(f"{WRITES}all")
        self.store._set(f"{WRITES}all" if key is None else _group(key), token)
        for lock in _keeping if key is None else (_lock_of(key),):
            with lock:  # whoever saw the old token has kept what is dropped next
                pass
        return (everyone, token)

    def renew_after(self, key: str, begun: Token) -> Token | None:
        """Replace the token that a write began with; None if others wrote meanwhile.

        Of writers that end at the same time, in whatever processes, all but the first see the
        token of another. Without the lock one that paused after its look could put its token,
        and keep its object, over a write that began and ended in the pause.
        """
        with _ending[_hash(key) % len(_ending)], self.store._lock(_group(key)):
            alone = self.token(key) == begun
            token = self.renew(key)
        return token if alone else None

    def keep(self, key: str, value: bytes, token: Token) -> None:
        """Keep an object that was read, or written, while the token was this one."""
        size = HEADER.size + len(value)
        if not isinstance(value, bytes) or key.startswith(WRITES):
            return
        if self.limit is not None and size > self.limit:
            return
        header = HEADER.pack(MARK, time.time(), len(value), 0)
        checksum = self._check(header, value).to_bytes(4, "little")
        try:
            with _lock_of(key):
                if self.token(key) != token:
                    return
                self.store._set(key, header[:CHECKED] + checksum + value)
        except TROUBLE as error:
            self._complain("kept", error)
            return
        if self.token(key) != token:
            self.drop(key)
        elif not isinstance(self.store, LocalStore):
            self._used[key] = time.monotonic()
        if self.limit is not None:
            self._add(size, self.limit)

    def drop(self, key: str) -> None:
        """Remove an object."""
        if not key.startswith(WRITES):
            self.store._discard(key)
            self._used.pop(key, None)

    def drop_below(self, prefix: str) -> None:
        """Remove the objects in a directory, which others may be filling now."""
        for key in [*self.store._list(prefix)]:
            self.drop(key)

    # ---- the limit

    def _add(self, size: int, limit: int) -> None:
        """Look through the cache when enough was added to it."""
        with _lock:
            self._added += size
            if self._added <= limit * LOOK:
                return
            self._added = 0
        try:
            self._make_room(limit)
        except TROUBLE as error:
            self._complain("removed", error)

    def _make_room(self, limit: int) -> None:
        """Remove what was not used for longest; other processes may do the same."""
        if isinstance(self.store, LocalStore):
            self.store.sweep()  # what writers that were killed have left
        entries = sorted(self)
        total = sum(entry.size for entry in entries)
        for entry in entries:
            if total <= limit:
                return
            self.drop(entry.key)
            total -= entry.size
            with _lock:
                self.evictions += 1

    def __iter__(self) -> Iterator[Entry]:
        """What the cache holds, of all processes."""
        for key in self.store._list(""):
            if key.startswith(WRITES):
                continue
            if isinstance(self.store, LocalStore):
                with suppress(FileNotFoundError):
                    info = os.stat(f"{self.store._root}/{key}")
                    yield Entry(info.st_mtime, info.st_size, key)
            elif (size := self.store._size(key)) is not None:
                yield Entry(self._used.get(key, 0.0), size, key)

    def _complain(self, verb: str, error: Exception) -> None:
        """Count a failure of the cache and warn of the first: reading goes on without it."""
        with _lock:
            self.errors += 1
            first = self.errors == 1
        if first:
            message = f"{self.store}: an object cannot be {verb} in this cache: {error}"
            warnings.warn(message, ZarrRuntimeWarning, stacklevel=4)


def _group(key: str) -> str:
    return f"{WRITES}{_hash(key) % 4096:03x}"


def _lock_of(key: str) -> Lock:
    return _keeping[_hash(key) % len(_keeping)]


def _hash(key: str) -> int:
    return crc32(key.encode("utf-8", "surrogateescape"))
