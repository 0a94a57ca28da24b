"""Chunk shapes that are chosen for users."""

from __future__ import annotations

from math import ceil, floor, log, prod
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

__all__ = ["TARGET_SHARD", "auto_chunks", "auto_divisors", "auto_shards"]

_TARGET_NBYTES = 4 << 20
_GROWING = 1024
_SLACK = 2


def auto_chunks(shape: Sequence[int], itemsize: int) -> tuple[int, ...]:
    """Choose a chunk shape.

    1. An array of up to 4 MiB is one chunk. A larger one gets chunks near 4 MiB: large enough
       to make the cost of a request small, small enough for many of them to be worked on at
       once.
    2. Chunks are boxes, so that reading a slab along any axis touches few of them: every edge
       is equal but the first, which is half of the others, as the last axes are the contiguous
       ones and the first is the one that arrays grow along. An axis shorter than its edge is
       not split, and the others share what it leaves.
    3. From the last axis to the first, an edge moves to at least half and at most twice its
       length to fit the array: to the nearest length that divides the axis, else to the nearest
       that pads it by less than 1/64, else to the one that pads it least. The axes before it
       make up for the difference, so a chunk of an array that is not smaller has 2 to 8 MiB.
    4. An empty axis is about to grow, so it counts as 1024 long.

    Parameters
    ----------
    shape : sequence of int
        Shape of the array.
    itemsize : int
        Bytes of one element.
    """
    lengths = [n or _GROWING for n in shape]
    budget = max(1.0, _TARGET_NBYTES / itemsize)
    if prod(lengths) <= budget:
        return tuple(lengths)
    chunks = lengths.copy()
    for axis in reversed(range(len(lengths))):
        edge = _box_edges(lengths[: axis + 1], budget)[axis]
        chunks[axis] = _fit(lengths[axis], edge)
        budget /= chunks[axis]
    return tuple(chunks)


def _box_edges(lengths: Sequence[int], budget: float) -> list[float]:
    """Find the edges of a box of ``budget`` elements within ``lengths``, the first one half."""
    weights = [0.5] + [1.0] * (len(lengths) - 1)
    free = set(range(len(lengths)))
    while free:
        full = prod(lengths[i] for i in range(len(lengths)) if i not in free)
        edge = (max(1.0, budget / full) / prod(weights[i] for i in free)) ** (1 / len(free))
        short = {i for i in free if lengths[i] <= edge * weights[i]}
        if not short:
            break
        free -= short
    return [
        max(1.0, edge * weights[i]) if i in free else float(n) for i, n in enumerate(lengths)
    ]


def _fit(n: int, edge: float) -> int:
    """Choose a chunk length near ``edge`` that splits ``n`` evenly."""
    if edge >= n:
        return n
    low, high = ceil(edge / _SLACK), min(floor(edge * _SLACK), n)
    if n <= edge * edge:  # few chunks: the least length for each number of them
        counts = range(max(1, n // high), n // low + 1)
        candidates = {-(-n // count) for count in _round_numbers(counts, round(n / edge))}
    else:
        candidates = set(_round_numbers(range(low, high + 1), round(edge)))

    def cost(chunk: int) -> tuple[bool, float, float, int]:
        padding = -n % chunk
        excess = max(0.0, padding / n - _GOOD_PADDING)
        return padding > 0, excess, max(chunk / edge, edge / chunk), chunk

    return min((c for c in candidates if low <= c <= high), key=cost, default=floor(edge))


_GOOD_PADDING = 1 / 64
_MANY = 64


def _round_numbers(values: range, middle: int) -> Iterator[int]:
    """Thin out a long range to the multiples of a power of two and of ten, and the middle."""
    if len(values) <= _MANY:
        yield from values
        return
    yield middle
    for base in (2, 10):
        step = base ** ceil(log(len(values) / _MANY, base))
        yield from range(-(-values.start // step) * step, values.stop, step)


def auto_divisors(shape: Sequence[int], itemsize: int) -> tuple[int, ...]:
    """Choose a chunk shape that divides that of a shard, near the one of `auto_chunks`."""
    edges = zip(auto_chunks(shape, itemsize), shape, strict=True)
    return tuple(next(d for d in range(min(edge, n), 0, -1) if n % d == 0) for edge, n in edges)


# A writer holds a shard or two of this size for each of its threads.
TARGET_SHARD = 64 << 20


def auto_shards(
    shape: Sequence[int], chunks: Sequence[int], itemsize: int, target: int
) -> tuple[int, ...]:
    """Choose a shard shape: the shortest axis is doubled as long as it stays within bounds.

    Parameters
    ----------
    shape, chunks : sequence of int
        Of the array and of a chunk.
    itemsize : int
        Bytes of one element.
    target : int
        Bytes that a decoded shard may have.
    """
    shards = list(chunks)
    while True:
        growing = [i for i, n in enumerate(shape) if shards[i] < n]
        if not growing or 2 * prod(shards) * itemsize > target:
            return tuple(shards)
        shards[min(growing, key=lambda i: shards[i])] *= 2
