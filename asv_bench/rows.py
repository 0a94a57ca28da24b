"""What ``compare.py`` measures: a `Row` for each line of its table, with `Bar`s for some.

`section7` has the work that zarr_c is judged by, ``sets.py`` the other sets.
"""

from dataclasses import dataclass

import numpy as np

SHAPE, CHUNKS = (256, 256, 512), (32, 128, 128)  # 128 MiB of float32 in 64 chunks of 2 MiB
MANY_SHAPE, MANY_CHUNKS = (256, 256, 256), (8, 16, 16)  # 64 MiB in 8192 chunks of 8 KiB
SHARDS, INNER = (128, 128, 128), (32, 32, 32)  # 8 MiB in 64 inner chunks of 128 KiB
TINY_SHAPE, TINY_CHUNKS = (256, 256, 160), (8, 8, 16)  # 40 MiB in 10,240 chunks of 4 KiB
NAMES, NAME_CHUNKS = (1_000_000,), (50_000,)
BOX_SHAPE, BOX_CHUNKS = (64, 256, 256), (32, 64, 64)
STEPS = 64  # appended, of 512 x 512
BOX = (slice(20, 36), slice(50, 82), slice(50, 82))  # 64 KiB that touch eight chunks
PLANES = ((77, slice(None), slice(None)), (slice(None), 77, slice(None)), (..., 77))
ELEMENT = (100, 101, 102)
LEVELS = {"none": 0, "zstd": 3, "blosc": 5, "gzip": 5}


@dataclass(frozen=True)
class Bar:
    """What zarr_c has to reach in a row.

    ``limit``: at most `value` times the limit; ``peer``: at least `value` times faster than the
    fastest peer; ``ms``: at most that many milliseconds; ``whole``: at most `value` times as
    long as reading the whole array.
    """

    kind: str
    value: float

    def __str__(self):
        number = f"{self.value:g}"
        return {
            "limit": f"≤ {number} x limit",
            "peer": f"≥ {number} x best peer",
            "ms": f"≤ {number} ms",
            "whole": f"≤ {number} x read all",
        }[self.kind]


@dataclass(frozen=True)
class Row:
    """One measurement: what is done to which store, and how often within one timing."""

    title: str
    work: str  # read, into, scan, write, copy, open, update, append, process or memory
    codec: str
    shape: tuple = SHAPE
    chunks: tuple = CHUNKS
    selections: tuple = (...,)
    repeat: int = 1
    limit: str | None = None  # the work of limit.c that bounds it
    shards: tuple | None = None
    dtype: str = "float32"
    index: str = "basic"  # or oindex, or vindex
    level_of_codec: int | None = None  # that of LEVELS
    concurrency: int = 1  # Python threads that scan
    sync: bool = False  # every chunk is forced to disk
    writes: bool = False  # whether process and memory write rather than read
    bar: Bar | None = None

    @property
    def level(self):
        """Level of the codec."""
        return LEVELS[self.codec] if self.level_of_codec is None else self.level_of_codec

    @property
    def store(self):
        """Name of the store that the row reads; rows that read the same data share it."""
        lengths = "x".join(map(str, (*self.shape, *self.chunks, *(self.shards or ()))))
        return f"{self.codec}-{self.level}-{self.dtype}-{lengths}"


def points(shape, n):
    """Points strewn over an array, as an index for each axis."""
    rng = np.random.default_rng(3)
    return tuple(rng.integers(0, extent, n) for extent in shape)


def quarter(shape):
    """A quarter of the indices of each axis, in order."""
    rng = np.random.default_rng(4)
    return tuple(np.sort(rng.permutation(extent)[: extent // 4]) for extent in shape)


def label(codec):
    """The codec with its level and filter."""
    names = {"none": "none", "blosc": "blosc lz4 5 shuffle"}
    return names.get(codec, f"{codec} {LEVELS[codec]}")


def bulk():
    reads = {codec: Bar("limit", 1.1) for codec in LEVELS} | {"gzip": Bar("limit", 1.15)}
    writes = {codec: Bar("limit", 1.1) for codec in LEVELS} | {"gzip": Bar("peer", 3)}
    for codec in LEVELS:
        yield Row(f"read all, {label(codec)}", "read", codec, limit="read", bar=reads[codec])
        limit = "replace" if codec != "gzip" else None  # limit.c has no gzip encoder
        yield Row(f"write all, {label(codec)}", "write", codec, limit=limit, bar=writes[codec])
    for codec in ("none", "blosc"):
        many = {"shape": MANY_SHAPE, "chunks": MANY_CHUNKS}
        title, bar = f"8192 chunks of 8 KiB, {codec}", Bar("limit", 1.5)
        yield Row(f"{title}: read", "read", codec, limit="read", bar=bar, **many)
        bar = Bar("limit", 2 if codec == "none" else 1.5)
        yield Row(f"{title}: write", "write", codec, limit="write", bar=bar, **many)


def small():
    yield Row("open an array", "open", "none", repeat=200, bar=Bar("ms", 0.03))
    bars = {"none": Bar("ms", 0.015), "blosc": Bar("ms", 0.03), "zstd": None}
    for codec, bar in bars.items():
        limit = "element" if codec == "none" else None
        element = {"selections": (ELEMENT,), "repeat": 200, "limit": limit, "bar": bar}
        yield Row(f"one element, {codec}", "read", codec, **element)
    for codec in ("none", "blosc"):
        planes = {"selections": PLANES, "bar": Bar("peer", 2)}
        yield Row(f"one plane along each axis, {codec}", "read", codec, **planes)
    box = {"shape": BOX_SHAPE, "chunks": BOX_CHUNKS, "selections": (BOX,), "repeat": 5}
    box["bar"] = Bar("peer", 1.5)
    yield Row("read of an unaligned box, zstd", "read", "zstd", **box)
    yield Row("update of an unaligned box, zstd", "update", "zstd", **box)
    steps = {"shape": (0, 512, 512), "chunks": (1, 512, 512), "bar": Bar("peer", 1)}
    yield Row(f"{STEPS} appended steps of 512x512, zstd", "append", "zstd", **steps)


def fancy():
    for index, selection in (("vindex", points(SHAPE, 20_000)), ("oindex", quarter(SHAPE))):
        what = "20,000 points" if index == "vindex" else "a quarter of each axis"
        where = {"selections": (selection,), "index": index}
        bar = Bar("whole", 1.15)
        yield Row(f"{what} ({index}), zstd", "read", "zstd", bar=bar, **where)
        yield Row(f"{what} ({index}), none", "read", "none", **where)
    tiny = {"shape": TINY_SHAPE, "chunks": TINY_CHUNKS}
    million = {"selections": (points(TINY_SHAPE, 10**6),), "index": "vindex"}
    yield Row("10^6 points in 10,240 chunks (vindex), zstd", "read", "zstd", **tiny, **million)
    yield Row("these 10,240 chunks as a whole, zstd", "read", "zstd", **tiny)


def sharded():
    shards = {"chunks": INNER, "shards": SHARDS}
    faster, no_slower = Bar("peer", 1.4), Bar("peer", 1)
    yield Row("shards, zstd 3: read all", "read", "zstd", bar=faster, **shards)
    yield Row("shards, zstd 3: write all", "write", "zstd", bar=no_slower, **shards)
    for codec in ("none", "zstd"):
        element = {"selections": (ELEMENT,), "repeat": 200, "bar": Bar("ms", 0.03)}
        yield Row(f"shards, {codec}: one element", "read", codec, **element, **shards)
    planes = {"selections": PLANES}
    yield Row("shards, zstd: one plane along each axis", "read", "zstd", **planes, **shards)
    strewn = {"selections": (points(SHAPE, 20_000),), "index": "vindex"}
    yield Row("shards, zstd: 20,000 points (vindex)", "read", "zstd", **strewn, **shards)
    box = {"shape": BOX_SHAPE, "chunks": (16, 32, 32), "shards": BOX_CHUNKS, "repeat": 5}
    box |= {"selections": (BOX,), "bar": Bar("peer", 1.5)}
    yield Row("shards, zstd: update of an unaligned box", "update", "zstd", **box)


def strings():
    for codec in ("none", "zstd"):
        million = {"shape": NAMES, "chunks": NAME_CHUNKS, "dtype": "string"}
        for work in ("read", "write"):
            yield Row(f"a million strings, {codec}: {work}", work, codec, **million)


def section7():
    """The rows that the design sets bars for, and their neighbours."""
    return [*bulk(), *small(), *fancy(), *sharded(), *strings()]
