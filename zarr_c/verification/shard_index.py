"""The index of a stored shard: whether inner chunks lie over each other, or over it."""

from __future__ import annotations

from math import prod
from typing import TYPE_CHECKING, Self

import numpy as np

from zarr_c.errors import ChunkCorruptError
from zarr_c.verification.report import Finding

if TYPE_CHECKING:
    from zarr_c.array import Array
    from zarr_c.codecs._shard import Shard
    from zarr_c.storage.base import Store

__all__ = ["ShardIndex"]

MISSING = np.uint64(2**64 - 1)


class ShardIndex:
    """What the indexes of an array's shards are like.

    Parameters
    ----------
    shard : Shard
        As the read path knows it.
    """

    def __init__(self, shard: Shard) -> None:
        self._shard = shard
        self._entries = prod(shard.counts)
        self._nbytes = len(shard.index_chain.encode(bytes(16 * self._entries)))

    @classmethod
    def of(cls, array: Array, shape: tuple[int, ...]) -> Self | None:
        """That of shards of a shape, None where chunks are in no shards, or these in codecs."""
        plan = array._plan
        if plan.shard is not None and plan.variants is not None:
            plan = plan.variants(shape)
        return None if plan.shard is None else cls(plan.shard)

    def check(self, store: Store, key: str) -> list[Finding]:
        """Where inner chunks of a shard lie over each other.

        Those that lie outside of it are found when they are read.

        Two that share all their bytes are as good as two copies.

        Raises
        ------
        ChunkCorruptError
            If the index is cut short, or damaged.
        """
        at = 0 if self._shard.index_at_start else -self._nbytes
        found = store._get_part(key, at, self._nbytes)
        size = found and (found[1] if found[1] is not None else store._size(key))
        if found is None or size is None:
            return []  # deleted meanwhile
        data = found[0]
        if size < self._nbytes:
            what = "the shard is shorter than its index"
            raise ChunkCorruptError(f"{what}: expected {self._nbytes}, found {size}", key)
        index = np.frombuffer(self._shard.index_chain.decode(data), np.uint64).reshape(-1, 2)
        (present,) = np.nonzero((index != MISSING).any(axis=1))
        spans = {tuple(map(int, index[entry])): int(entry) for entry in present}
        own = 0 if self._shard.index_at_start else size - self._nbytes
        return [
            Finding("index", key, f"{text}, found them to overlap")
            for text in self._overlaps(spans | {(own, self._nbytes): -1}, size)
        ]

    def _overlaps(self, spans: dict[tuple[int, ...], int], size: int) -> list[str]:
        found, furthest, last = [], 0, -1
        for (start, nbytes), entry in sorted(spans.items()):
            if start + nbytes > size:
                continue  # outside of the shard
            if start < furthest:
                names = " and ".join(sorted(map(self._name, (last, entry))))
                found.append(f"expected {names} apart")
            if start + nbytes > furthest:
                furthest, last = start + nbytes, entry
        return found

    def _name(self, entry: int) -> str:
        if entry < 0:
            return "the index"
        steps, counts = self._shard.steps, self._shard.counts
        coords = tuple(entry // step % n for step, n in zip(steps, counts, strict=True))
        return f"inner chunk {coords}"
