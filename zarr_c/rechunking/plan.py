"""How a rechunking keeps within its memory: the size of boxes, and one pass or two."""

from __future__ import annotations

import re
from dataclasses import asdict, dataclass
from math import prod
from typing import TYPE_CHECKING, Any

from zarr_c._native.threads import call_threads
from zarr_c.array import Array
from zarr_c.array_config import ArrayConfig
from zarr_c.creation import array_metadata
from zarr_c.errors import DataTypeValidationError
from zarr_c.metadata.dtype import from_numpy
from zarr_c.rechunking.box_copy import element_nbytes, read_grid, scratch, workers, write_grid
from zarr_c.rechunking.boxes import Boxes, direct, finer, longest, through

if TYPE_CHECKING:
    from zarr_c.rechunking.boxes import Grid
    from zarr_c.storage.path import StorePath

__all__ = ["Plan", "make_plan", "parse_nbytes", "stages"]

OBJECT = 64 << 10
"""What reading or writing an object costs beside its bytes, as a number of bytes."""

Stage = tuple[Array, Array, Boxes]
"""From where, to where, in which boxes."""


@dataclass(frozen=True)
class Plan:
    """The numbers that decide how an array is rechunked.

    Attributes
    ----------
    most : int
        Elements that a box may have.
    between : int
        Elements of the largest chunk of the intermediate array; 0 if there is none.
    workers : int
        How many chunks or shards are read or written at once.
    """

    most: int
    between: int
    workers: int

    def to_json(self) -> dict[str, int]:
        """What makes the same plan again."""
        return asdict(self)


def parse_nbytes(value: Any, name: str) -> int:
    """A number of bytes out of an integer, or a string such as ``'256 MiB'`` or ``'2GB'``.

    Raises
    ------
    TypeError, ValueError
        If it is neither, or less than 1.
    """
    nbytes = value
    if isinstance(value, str):
        found = re.fullmatch(r"\s*(\d+(?:\.\d+)?)\s*(?:([kmgtp])(i?))?b?\s*", value.lower())
        if found is None:
            raise ValueError(f"{name}: expected bytes such as '256 MiB', found {value!r}")
        number, prefix, binary = found.groups()
        base = 1024 if binary else 1000
        nbytes = int(float(number) * base ** (" kmgtp".index(prefix) if prefix else 0))
    elif isinstance(value, bool) or not hasattr(value, "__index__"):
        raise TypeError(f"{name}: expected a number of bytes, found {value!r}")
    if nbytes < 1:
        raise ValueError(f"{name}: expected at least one byte, found {value!r}")
    return int(nbytes)


def make_plan(source: Array, target: Array, memory: int) -> Plan:
    """Find how large boxes may be, and whether an intermediate array is worth its price.

    Parameters
    ----------
    source, target : Array
        Of the same shape.
    memory : int
        Bytes that may be held at once: a box, and what workers hold beside it.

    Raises
    ------
    ValueError
        If not even a box of one chunk or shard of the target fits.
    """
    element = element_nbytes(source)
    unit = element if _same_type(source, target) else 2 * element
    stored = target.metadata.chunk_nbytes // target.metadata.data_type.itemsize
    box = min(stored, max(target.size, 1)) * unit
    count = max(workers(array, call_threads()) for array in (source, target))
    while count > 1 and _held(source, target, count, element) > min(memory // 2, memory - box):
        count -= 1
    held = _held(source, target, count, element)
    if box + held > memory:
        what = "chunk" if target.shards is None else "shard"
        raise ValueError(
            f"max_memory: expected at least {box + held} bytes, for one {what} of the new "
            f"array and what it takes to decode and encode one, found {memory}"
        )
    one = Plan((memory - held) // unit, 0, count)
    between = max(held // count, memory // 8 // count) // 2
    room = memory - max(held, 2 * between * count)
    if room < unit or between < unit or not _fits_v3(source):
        return one
    two = Plan(room // unit, between // unit, count)
    return min(one, two, key=lambda plan: _cost(plan, source, target))


def stages(plan: Plan, source: Array, target: Array, place: StorePath) -> list[Stage]:
    """The passes of a plan; `place` is where an intermediate array goes."""
    grids = read_grid(source), write_grid(target)
    if not plan.between:
        found = direct(*grids, plan.most)
        assert found is not None  # `make_plan` has seen to it
        return [(source, target, found[0])]
    passes = through(*grids, plan.most)
    assert passes is not None
    first, second = passes
    between = _between(source, finer(first.grid, second.grid, plan.between), place)
    return [(source, between, first), (between, target, second)]


def _between(source: Array, grid: Grid, place: StorePath) -> Array:
    """The intermediate array, whose chunks each lie in one box of either pass.

    No document is written: it is nobody else's business.
    """
    metadata = array_metadata(
        shape=source.shape,
        dtype=source.metadata.data_type,
        chunks=[(cuts[1:] - cuts[:-1]).tolist() for cuts in grid],
        fill_value=source.fill_value,
        compressors={"name": "zstd", "configuration": {"level": 1}},
    )
    return Array(place, metadata, ArrayConfig())  # absent chunks are fill value, come what may


def _same_type(source: Array, target: Array) -> bool:
    """Whether boxes need not be cast, which takes their memory once more."""
    return bool(source.dtype == target.dtype and source.dtype.isnative)


def _held(source: Array, target: Array, count: int, element: int) -> int:
    """Bytes that workers hold, of which there are so many if settings can bring it about."""
    found = []
    for array in (source, target):
        least = workers(array, 1) if array.store._concurrency() > 0 else 1
        most = workers(array, call_threads())
        found.append(min(max(count, least), most) * scratch(array, element))
    return max(found)


def _fits_v3(source: Array) -> bool:
    try:
        from_numpy(source.metadata.data_type, 3)
    except DataTypeValidationError:
        return False
    return True


def _cost(plan: Plan, source: Array, target: Array) -> float:
    """What a plan reads and writes beside the target, in bytes; infinite if it is none."""
    ours, theirs = read_grid(source), write_grid(target)
    itemsize = source.metadata.data_type.itemsize
    if not plan.between:
        found = direct(ours, theirs, plan.most)
        if found is None:
            return float("inf")
        chunk = min(prod(map(longest, ours)), max(source.size, 1)) * itemsize
        return found[1] * (chunk + OBJECT)
    passes = through(ours, theirs, plan.most)
    if passes is None:
        return float("inf")
    pieces = len(Boxes(finer(passes[0].grid, passes[1].grid, plan.between)))
    nbytes = source.size * itemsize
    return 3 * nbytes + (len(Boxes(ours)) + 2 * pieces) * OBJECT
