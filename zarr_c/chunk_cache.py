"""A cache of decoded chunks, for reads that come back to the same ones."""

from __future__ import annotations

import os
from typing import Any, NamedTuple
from weakref import WeakValueDictionary

from zarr_c._chunk_cache import DecodedChunks

__all__ = ["CacheInfo", "ChunkCache"]


class CacheInfo(NamedTuple):
    """What a cache of chunks has done, and what it holds.

    Attributes
    ----------
    hits : int
        Chunks that were found.
    misses : int
        Chunks that were not, or no longer valid; each was decoded.
    evictions : int
        Chunks that made room for others.
    invalidations : int
        Chunks that were dropped because their object was another one, or by `Array.refresh`.
    entries : int
        Chunks that are held.
    nbytes : int
        Bytes that they take, 128 of each beside its elements.
    max_bytes : int
        Most that they may take.
    """

    hits: int
    misses: int
    evictions: int
    invalidations: int
    entries: int
    nbytes: int
    max_bytes: int


class ChunkCache:
    """Keeps decoded chunks up to a number of bytes; those go first that were used least lately.

    Any number of arrays may share one, in any number of threads; see `Array.with_cache`. A
    chunk in a shard is an entry of its own. A chunk that alone takes more than `max_bytes` is
    not kept, nor are absent chunks, chunks of strings and objects, and chunks without codecs in
    a store on this machine or in shards.

    What this process writes is seen at once, whichever handle wrote it. What other processes
    write is seen at once in a `LocalStore`, as a chunk is used again only if its file is the
    one that it was decoded from. Of other stores nobody asks that, because it would be a
    request: there `Array.refresh` drops what is kept of an array.

    A pickled cache is the same cache where it is known already, and an empty one of the same
    size in another process.

    Parameters
    ----------
    max_bytes : int
        Most bytes that its chunks may take; each takes 128 beside its elements.

    Raises
    ------
    TypeError, ValueError
        If `max_bytes` is not an integer, or negative.
    """

    def __init__(self, max_bytes: int) -> None:
        if isinstance(max_bytes, bool) or not hasattr(max_bytes, "__index__"):
            raise TypeError(f"max_bytes: expected an integer, found {max_bytes!r}")
        if max_bytes < 0:
            raise ValueError(f"max_bytes: expected a number of bytes, found {max_bytes}")
        self._max_bytes = max_bytes.__index__()
        self._chunks = DecodedChunks(self._max_bytes)
        self._name = os.urandom(16)
        _known[self._name] = self

    @property
    def max_bytes(self) -> int:
        """Most bytes that its chunks may take."""
        return self._max_bytes

    def info(self) -> CacheInfo:
        """What it has done since it was made, and what it holds now."""
        return CacheInfo(*self._chunks.counts(), self._max_bytes)

    def clear(self) -> None:
        """Drop all chunks; what was counted stays."""
        self._chunks.clear()

    def __reduce__(self) -> tuple[Any, ...]:
        return _restore, (self._name, self._max_bytes)

    def __repr__(self) -> str:
        info = self.info()
        return (
            f"<ChunkCache {info.entries} chunks, {info.nbytes} of {info.max_bytes} bytes, "
            f"{info.hits} hits, {info.misses} misses>"
        )


_known: WeakValueDictionary[bytes, ChunkCache] = WeakValueDictionary()


def _restore(name: bytes, max_bytes: int) -> ChunkCache:
    found = _known.get(name)
    if found is None:
        found = ChunkCache(max_bytes)
        found._name = name
        found = _known.setdefault(name, found)
    return found


def parse_cache(cache: ChunkCache | int | None) -> ChunkCache | None:
    """What a user passes as a cache: one, the size of a new one, or None for none.

    Raises
    ------
    TypeError, ValueError
        If it is nothing of that.
    """
    if cache is None or isinstance(cache, ChunkCache):
        return cache
    return ChunkCache(cache)
