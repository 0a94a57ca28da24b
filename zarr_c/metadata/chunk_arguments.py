"""What users pass as ``chunks`` and ``shards``, turned into grids and shapes."""

from __future__ import annotations

import operator
from collections.abc import Iterable, Iterator, Sequence
from math import gcd
from typing import TYPE_CHECKING, Any

import numpy as np

from zarr_c.metadata.auto_chunks import TARGET_SHARD, auto_chunks, auto_divisors, auto_shards
from zarr_c.metadata.checks import MAX_LENGTH, shown
from zarr_c.metadata.chunk_grid import ChunkGrid, RegularGrid

if TYPE_CHECKING:
    from zarr_c.metadata.rectilinear import RectilinearGrid, Spelling

__all__ = ["normalize_chunks", "normalize_grid", "normalize_shards"]


def normalize_grid(chunks: Any, shape: tuple[int, ...], itemsize: int) -> ChunkGrid:
    """Turn what a user passes as ``chunks`` into a grid.

    Parameters
    ----------
    chunks : ChunkGrid, sequence of (int or sequence of int), or what `normalize_chunks` takes
        With a sequence of lengths for an axis, each chunk along it is as long as they say.
    shape : tuple of int
        Shape of the array.
    itemsize : int
        Bytes of one element.

    Raises
    ------
    TypeError, ValueError
        As `normalize_chunks`, or if lengths along an axis do not add up to its own.
    """
    if isinstance(chunks, ChunkGrid):
        return chunks
    if _is_nested(chunks):
        return _rectilinear(_spread(chunks, shape), shape, "chunks")
    return RegularGrid(normalize_chunks(chunks, shape, itemsize))


def _is_nested(chunks: Any) -> bool:
    """Whether there are lengths within lengths: each chunk has its own."""
    if isinstance(chunks, str | bytes | Iterator) or not isinstance(chunks, Iterable):
        return False
    if isinstance(chunks, np.ndarray):
        return chunks.ndim > 1
    return any(isinstance(c, Iterable) and not isinstance(c, str | bytes) for c in chunks)


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
    """One length that a user passes for a dimension of length `n`; -1 is all of it.

    Raises
    ------
    TypeError, ValueError
        If it is no integer, or neither positive nor -1; the message shows `chunks`.
    """
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
) -> tuple[ChunkGrid, tuple[int, ...]]:
    """Turn what a user passes as ``shards`` and ``chunks`` into a grid and a shape in it.

    Parameters
    ----------
    shards : "auto", int or sequence of (int or sequence of int)
        ``"auto"`` puts chunks together until a shard has `target` bytes; lengths are multiples
        of those of a chunk, -1 is the whole of a dimension. With a sequence for a dimension,
        each shard along it is as long as that says.
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
    shards : ChunkGrid
    chunks : tuple of int

    Raises
    ------
    TypeError, ValueError
        If `shards` or `chunks` are none of these, or chunks do not divide shards.
    """
    if _is_nested(chunks):
        raise ValueError(
            f"chunks: expected one shape within shards, found {shown(chunks)}; shards may "
            "differ, as in shards=[[20, 10], 8]"
        )
    if _is_nested(shards):
        return _rectilinear_shards(_spread(shards, tuple(shape)), chunks, shape, itemsize)
    if isinstance(shards, str) and shards == "auto":
        chunk_shape = normalize_chunks(chunks, shape, itemsize)
        found = auto_shards(shape, chunk_shape, itemsize, target or TARGET_SHARD)
        return RegularGrid(found), chunk_shape
    if isinstance(chunks, str) and chunks == "auto":
        lengths = _spread(shards, tuple(shape))
        whole = [_whole(s, n, None) for s, n in zip(lengths, shape, strict=True)]
        chunk_shape = auto_divisors(whole, itemsize)
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
    return RegularGrid(found), chunk_shape


def _whole(shard: Any, n: int, chunk: int | None) -> int:
    """One length of a shard; -1 is as many chunks as the dimension needs."""
    if shard == -1:
        return _length(-1, n, shard) if chunk is None else max(1, -(-n // chunk)) * chunk
    return _length(shard, n, shard, "shards")


# ---- lengths of every chunk


def _rectilinear(
    axes: Sequence[Any], shape: tuple[int, ...], name: str, multiple: Sequence[int] = ()
) -> RectilinearGrid:
    """Turn what a user passes into a grid: for each axis a length, or that of each chunk.

    Parameters
    ----------
    axes : sequence of (int or iterable of int)
    shape : tuple of int
        Shape of the array.
    name : str
        What errors call `axes`.
    multiple : sequence of int, optional
        What lengths have to be multiples of, for shards. The last one may lie beyond the end
        then.

    Raises
    ------
    TypeError, ValueError
        If a length is no positive integer, or they do not add up to that of the axis.
    """
    from zarr_c.metadata.rectilinear import RectilinearGrid, spell

    found: list[Spelling] = []
    for axis, (given, extent) in enumerate(zip(axes, shape, strict=True)):
        unit = multiple[axis] if multiple else 1
        if isinstance(given, Iterable) and not isinstance(given, str | bytes):
            lengths = [_positive(length, given, name) for length in given]
            total = sum(lengths)
            last = lengths[-1] if lengths else 0
            reaches = total - last < extent <= total if multiple else total == extent
            if not lengths or (extent and not reaches):
                raise ValueError(
                    f"{name}: expected lengths along axis {axis} that add up to {extent}, "
                    f"found {total}"
                )
            found.append(spell(lengths))
        else:
            lengths = [_length(given, -(-extent // unit) * unit, axes, name)]
            found.append(lengths[0])
        if any(length % unit for length in lengths):
            raise ValueError(
                f"{name}: expected multiples of the chunks' {unit} along axis {axis}, found "
                f"{shown(given)}"
            )
    return RectilinearGrid(tuple(found))


def _positive(length: Any, lengths: Any, name: str) -> int:
    found = _length(length, 1, lengths, name)
    if found != length:  # -1 is all of an axis, and there is nothing like that here
        raise ValueError(f"{name}: expected positive lengths, found {shown(lengths)}")
    return found


def _rectilinear_shards(
    shards: Sequence[Any], chunks: Any, shape: Sequence[int], itemsize: int
) -> tuple[RectilinearGrid, tuple[int, ...]]:
    """`normalize_shards` for shards that differ."""
    if isinstance(chunks, str) and chunks == "auto":
        from zarr_c.metadata.rectilinear import each_length

        grid = _rectilinear(shards, tuple(shape), "shards", (1,) * len(shape))
        common = [
            item if isinstance(item, int) else gcd(*(length for length, _ in each_length(item)))
            for item in grid.chunk_shapes
        ]
        return grid, auto_divisors(common, itemsize)
    chunk_shape = normalize_chunks(chunks, shape, itemsize)
    return _rectilinear(shards, tuple(shape), "shards", chunk_shape), chunk_shape
