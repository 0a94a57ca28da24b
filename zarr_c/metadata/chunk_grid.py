"""Regular chunk grids: their JSON, and the chunk shapes that users ask for.

Every chunk has the same shape, also at the edge of the array (Zarr v3 core, "Regular grids").
"""

from __future__ import annotations

import operator
from collections.abc import Iterable, Iterator, Sequence
from math import ceil, floor, log, prod
from typing import Any

import numpy as np

from zarr_c.metadata.checks import MAX_LENGTH, invalid, shown
from zarr_c.metadata.extension import parse_extension

__all__ = [
    "auto_chunks",
    "auto_shards",
    "clamp_empty",
    "normalize_chunks",
    "normalize_shards",
    "parse",
    "to_json",
]


def parse(spec: Any, shape: tuple[int, ...]) -> tuple[int, ...]:
    """Read the ``chunk_grid`` of a v3 document.

    The lengths themselves are checked when the `ArrayMetadata` is made.

    Raises
    ------
    MetadataValidationError
        If the grid is not regular or not well formed.
    """
    name, configuration = parse_extension("chunk_grid", spec)
    if name != "regular":
        raise invalid("chunk_grid.name", "'regular'", name)
    chunk_shape = configuration.get("chunk_shape")
    if not isinstance(chunk_shape, list | tuple):
        raise invalid("chunk_grid.configuration.chunk_shape", "a list of integers", chunk_shape)
    if len(configuration) != 1:
        raise invalid("chunk_grid.configuration", "only chunk_shape", configuration)
    return clamp_empty(tuple(chunk_shape), shape)


def to_json(chunk_shape: tuple[int, ...]) -> dict[str, Any]:
    """Write a ``chunk_grid``."""
    return {"name": "regular", "configuration": {"chunk_shape": list(chunk_shape)}}


def clamp_empty(chunk_shape: tuple[int, ...], shape: tuple[int, ...]) -> tuple[int, ...]:
    """Read a chunk length of 0 as 1 along a dimension of length 0, where old writers put it."""
    if 0 not in chunk_shape or len(chunk_shape) != len(shape):
        return chunk_shape
    return tuple(
        1 if type(c) is int and c == 0 == n else c
        for c, n in zip(chunk_shape, shape, strict=True)
    )


def normalize_chunks(chunks: Any, shape: Sequence[int], itemsize: int) -> tuple[int, ...]:
    """Turn what a user passes as ``chunks`` into a chunk shape.

    Parameters
    ----------
    chunks : "auto", int, sequence of int, None or False
        ``"auto"`` lets `auto_chunks` choose; an integer counts along every dimension; -1 is the
        whole of a dimension; None and False are one chunk for the whole array.
    shape : sequence of int
        Shape of the array.
    itemsize : int
        Bytes of one element.

    Returns
    -------
    tuple of int
        At least 1 along each dimension.

    Raises
    ------
    TypeError
        If it is none of these, such as True or a float.
    ValueError
        If it has too few or too many lengths, or a length is neither positive nor -1.
    """
    shape = tuple(operator.index(n) for n in shape)
    if isinstance(chunks, str) and chunks == "auto":
        return auto_chunks(shape, itemsize)
    if chunks is None or chunks is False:
        return tuple(max(1, n) for n in shape)
    return tuple(
        _length(c, n, chunks) for c, n in zip(_spread(chunks, shape), shape, strict=True)
    )


def _spread(chunks: Any, shape: tuple[int, ...]) -> list[Any]:
    """Spell what was asked for as one item per dimension."""
    if isinstance(chunks, bool | np.bool_ | str | bytes):
        raise TypeError(f"chunks: {_EXPECTED}, found {shown(chunks)}")
    if isinstance(chunks, np.ndarray):
        chunks = chunks.tolist()
    if not isinstance(chunks, Iterable):
        return [chunks] * len(shape)
    lengths = list(chunks)
    if len(lengths) != len(shape):
        raise ValueError(
            f"chunks: expected {len(shape)} lengths, one per dimension of {shape}, "
            f"found {shown(chunks)}"
        )
    return lengths


_EXPECTED = 'expected "auto", an integer, one integer per dimension, None or False'


def _length(chunk: Any, n: int, chunks: Any, name: str = "chunks") -> int:
    # A bool is an index to Python, but never a length.
    if isinstance(chunk, bool | np.bool_) or not hasattr(chunk, "__index__"):
        raise TypeError(f"{name}: {_EXPECTED}, found {shown(chunks)}")
    length = operator.index(chunk)
    if length == -1 or (length == 0 and n == 0):
        return max(1, n)
    if not 0 < length < MAX_LENGTH:
        raise ValueError(
            f"{name}: expected positive lengths, or -1 for all, found {shown(chunks)}"
        )
    return length


def normalize_shards(
    shards: Any, chunks: Any, shape: Sequence[int], itemsize: int, target: int | None
) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """Turn what a user passes as ``shards`` and ``chunks`` into shapes of both.

    Parameters
    ----------
    shards : "auto", int or sequence of int
        ``"auto"`` puts chunks together until a shard has `target` bytes; lengths are multiples
        of those of a chunk, -1 is the whole of a dimension.
    chunks : "auto", int, sequence of int, None or False
        As for `normalize_chunks`; ``"auto"`` finds divisors of the shard's lengths.
    shape : sequence of int
        Shape of the array.
    itemsize : int
        Bytes of one element.
    target : int, optional
        Bytes of a decoded shard, 64 MiB by default.

    Returns
    -------
    shards, chunks : tuple of int

    Raises
    ------
    TypeError, ValueError
        If `shards` or `chunks` are none of these, or chunks do not divide shards.
    """
    if isinstance(shards, str) and shards == "auto":
        chunk_shape = normalize_chunks(chunks, shape, itemsize)
        return auto_shards(shape, chunk_shape, itemsize, target or _TARGET_SHARD), chunk_shape
    if isinstance(chunks, str) and chunks == "auto":
        lengths = _spread(shards, tuple(shape))
        whole = [_whole(s, n, None) for s, n in zip(lengths, shape, strict=True)]
        chunk_shape = tuple(map(_divisor, auto_chunks(whole, itemsize), whole))
    else:
        chunk_shape = normalize_chunks(chunks, shape, itemsize)
        lengths = _spread(shards, tuple(shape))
    found = tuple(
        _whole(s, n, chunk) for s, n, chunk in zip(lengths, shape, chunk_shape, strict=True)
    )
    if any(shard % chunk for shard, chunk in zip(found, chunk_shape, strict=True)):
        raise ValueError(
            f"shards: expected multiples of the chunks {chunk_shape}, found {found}"
        )
    return found, chunk_shape


def _whole(shard: Any, n: int, chunk: int | None) -> int:
    """One length of a shard; -1 is as many chunks as the dimension needs."""
    if shard == -1:
        return _length(-1, n, shard) if chunk is None else max(1, -(-n // chunk)) * chunk
    return _length(shard, n, shard, "shards")


def _divisor(edge: int, n: int) -> int:
    """The largest divisor of a shard's length that is no longer than an edge."""
    return next(d for d in range(min(edge, n), 0, -1) if n % d == 0)


# A writer holds a shard or two of this size for each of its threads.
_TARGET_SHARD = 64 << 20


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
