"""Which bytes of an object: three forms of a range, and how neighbours become one request."""

from __future__ import annotations

from typing import TYPE_CHECKING

from zarr_c.frozen import Frozen, set_field

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = [
    "ByteRequest",
    "OffsetByteRequest",
    "RangeByteRequest",
    "SuffixByteRequest",
    "coalesce",
    "cut",
    "parse_range",
    "share",
]

Span = tuple[int, int | None]


class RangeByteRequest(Frozen):
    """The bytes from `start` up to `end`, which is not included.

    Attributes
    ----------
    start, end : int
    """

    __slots__ = ("start", "end")

    start: int
    end: int

    def __init__(self, start: int, end: int) -> None:
        set_field(self, "start", start)
        set_field(self, "end", end)


class OffsetByteRequest(Frozen):
    """All bytes from `offset` on.

    Attributes
    ----------
    offset : int
    """

    __slots__ = ("offset",)

    offset: int

    def __init__(self, offset: int) -> None:
        set_field(self, "offset", offset)


class SuffixByteRequest(Frozen):
    """The last `suffix` bytes, or all of an object that has fewer.

    Attributes
    ----------
    suffix : int
    """

    __slots__ = ("suffix",)

    suffix: int

    def __init__(self, suffix: int) -> None:
        set_field(self, "suffix", suffix)


ByteRequest = RangeByteRequest | OffsetByteRequest | SuffixByteRequest | Span


def parse_range(request: ByteRequest) -> Span:
    """A range as ``(start, length)``.

    Parameters
    ----------
    request : ByteRequest
        One of the classes above, or ``(start, length)``: a length of None goes to the end, and
        a negative start, which goes without a length, counts from there.

    Raises
    ------
    TypeError
        If it is nothing of the kind.
    ValueError
        If a number is negative that must not be.
    """
    start: int
    length: int | None
    if isinstance(request, RangeByteRequest):
        start, length = request.start, request.end - request.start
    elif isinstance(request, OffsetByteRequest):
        start, length = request.offset, None
        if start < 0:
            raise ValueError(f"range: expected an offset of at least 0, found {start}")
    elif isinstance(request, SuffixByteRequest):
        if request.suffix < 0:
            raise ValueError(f"range: expected a suffix of at least 0, found {request.suffix}")
        start, length = (-request.suffix, None) if request.suffix else (0, 0)
    elif isinstance(request, tuple) and len(request) == 2:
        start, length = request
    else:
        raise TypeError(f"range: expected (start, length) or a ByteRequest, found {request!r}")
    if (start < 0 and length is not None) or (length is not None and length < 0):
        raise ValueError(f"range: expected start, length >= 0, found {start}, {length}")
    return start, length


def cut(value: bytes, start: int, length: int | None) -> bytes:
    """What a range is of the bytes of a whole object."""
    if start < 0:
        return value[start:]
    return value[start:] if length is None else value[start : start + length]


def coalesce(
    spans: Sequence[Span], max_gap: int, max_size: int
) -> list[tuple[int, int | None, list[int]]]:
    """Join ranges that lie close together, so that each part is one request.

    Parameters
    ----------
    spans : sequence of (start, length)
    max_gap : int
        Unwanted bytes that are read for saving a request.
    max_size : int
        Largest request that joining may make.

    Returns
    -------
    list of (start, length, members)
        The members are positions in `spans`. Ranges without a length stay alone.
    """
    parts: list[tuple[int, int | None, list[int]]] = []
    first = end = 0
    members: list[int] = []
    for i in sorted(range(len(spans)), key=lambda i: spans[i][0]):
        start, length = spans[i]
        if length is None:
            parts.append((start, None, [i]))
            continue
        stop = max(end, start + length)
        if members and start - end <= max_gap and (stop - first <= max_size or stop == end):
            members.append(i)
        else:
            if members:
                parts.append((first, end - first, members))
            first, members, stop = start, [i], start + length
        end = stop
    if members:
        parts.append((first, end - first, members))
    return parts


def share(
    spans: Sequence[Span],
    parts: Sequence[tuple[int, int | None, list[int]]],
    found: Sequence[bytes | None],
) -> list[bytes] | None:
    """Share out what the parts of `coalesce` have brought; None if one brought nothing."""
    values = [b""] * len(spans)
    for (first, _, members), data in zip(parts, found, strict=True):
        if data is None:
            return None
        for i in members:
            start, length = spans[i]
            values[i] = data if length is None else cut(data, start - first, length)
    return values
