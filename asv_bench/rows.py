"""What ``compare.py`` measures: one `Row` for each line of its table."""

from dataclasses import dataclass

import numpy as np

SHAPE, CHUNKS = (256, 256, 512), (32, 128, 128)  # 128 MiB of float32 in 64 chunks of 2 MiB
MANY_SHAPE, MANY_CHUNKS = (256, 256, 256), (8, 16, 16)  # 64 MiB in 8192 chunks of 8 KiB
SHARDS, INNER = (128, 128, 128), (32, 32, 32)  # 8 MiB in 64 inner chunks of 128 KiB
TINY_SHAPE, TINY_CHUNKS = (256, 256, 160), (8, 8, 16)  # 40 MiB in 10,240 chunks of 4 KiB
NAMES, NAME_CHUNKS = (1_000_000,), (50_000,)
BOX_SHAPE, BOX_CHUNKS = (64, 256, 256), (32, 64, 64)
STEPS = 64  # appended, of 512 x 512
ALL = (slice(None),) * 3
BOX = (slice(20, 36), slice(50, 82), slice(50, 82))  # 64 KiB that touch eight chunks
PLANES = ((77, slice(None), slice(None)), (slice(None), 77, slice(None)), (..., 77))
ELEMENT = (100, 101, 102)


def points(shape, n):
    """Points strewn over an array, as an index for each axis."""
    rng = np.random.default_rng(3)
    return tuple(rng.integers(0, extent, n) for extent in shape)


def quarter(shape):
    """A quarter of the indices of each axis, in order."""
    rng = np.random.default_rng(4)
    return tuple(np.sort(rng.permutation(extent)[: extent // 4]) for extent in shape)


LEVELS = {"none": 0, "zstd": 3, "blosc": 5, "gzip": 5}


def field(shape):
    """Smooth waves with noise of 0.1 % and 14 significant bits below one.

    zstd 3 shrinks it to two thirds, as it does the output of a simulation in single precision.
    """
    axes = np.ix_(*(np.linspace(0, 6, n, dtype=np.float32) for n in shape))
    waves = sum(np.sin(axis * (3 + i)) for i, axis in enumerate(axes))
    noise = np.random.default_rng(1).standard_normal(shape, np.float32)
    return np.round((waves + 1e-3 * noise) * 2**14).astype(np.float32) / 2**14


def names(shape):
    """Names of stations: 4 to 32 characters, every tenth of them not ASCII."""
    numbers = np.random.default_rng(2).integers(0, 2**31, shape)
    values = numbers.ravel().tolist()
    found = [f"st{'å' * (n % 10 == 0)}{n:x}{'-north' * (n % 5)}" for n in values]
    return np.array(found, np.dtypes.StringDType()).reshape(shape)


@dataclass(frozen=True)
class Row:
    """One measurement: what is done to which store, and how often within one timing."""

    title: str
    work: str  # read, write, open, update or append
    codec: str
    shape: tuple = SHAPE
    chunks: tuple = CHUNKS
    selections: tuple = (ALL,)
    repeat: int = 1
    limit: str | None = None  # the work of limit.c that bounds it
    shards: tuple | None = None
    dtype: str = "float32"
    index: str = "basic"  # or oindex, or vindex

    @property
    def store(self):
        """Name of the store that the row reads; rows that read the same data share it."""
        lengths = "x".join(map(str, (*self.chunks, *(self.shards or ()))))
        return f"{self.codec}-{self.dtype}-{lengths}"


def bulk():
    for codec, level in LEVELS.items():
        label = {"none": "none", "blosc": "blosc lz4 5 shuffle"}.get(codec, f"{codec} {level}")
        yield Row(f"read all, {label}", "read", codec, limit="read")
        writes = "replace" if codec != "gzip" else None  # limit.c has no gzip encoder
        yield Row(f"write all, {label}", "write", codec, limit=writes)
    for codec in ("none", "blosc"):
        many = {"shape": MANY_SHAPE, "chunks": MANY_CHUNKS}
        title = f"8192 chunks of 8 KiB, {codec}"
        yield Row(f"{title}: read", "read", codec, limit="read", **many)
        yield Row(f"{title}: write", "write", codec, limit="write", **many)


def small():
    yield Row("open an array", "open", "none", repeat=20)
    for codec in ("none", "blosc", "zstd"):
        limit = "element" if codec == "none" else None
        title = f"one element, {codec}"
        yield Row(title, "read", codec, selections=(ELEMENT,), repeat=20, limit=limit)
    for codec in ("none", "blosc"):
        yield Row(f"one plane along each axis, {codec}", "read", codec, selections=PLANES)
    box = {"shape": BOX_SHAPE, "chunks": BOX_CHUNKS, "selections": (BOX,)}
    yield Row("read of an unaligned box, zstd", "read", "zstd", repeat=5, **box)
    yield Row("update of an unaligned box, zstd", "update", "zstd", repeat=5, **box)
    steps = {"shape": (0, 512, 512), "chunks": (1, 512, 512)}
    yield Row(f"{STEPS} appended steps of 512x512, zstd", "append", "zstd", **steps)


def fancy():
    for index, selection in (("vindex", points(SHAPE, 20_000)), ("oindex", quarter(SHAPE))):
        what = "20,000 points" if index == "vindex" else "a quarter of each axis"
        where = {"selections": (selection,), "index": index}
        yield Row(f"{what} ({index}), zstd", "read", "zstd", **where)
        yield Row(f"{what} ({index}), none", "read", "none", **where)
    tiny = {"shape": TINY_SHAPE, "chunks": TINY_CHUNKS}
    million = {"selections": (points(TINY_SHAPE, 10**6),), "index": "vindex"}
    yield Row("10^6 points in 10,240 chunks (vindex), zstd", "read", "zstd", **tiny, **million)
    yield Row("these 10,240 chunks as a whole, zstd", "read", "zstd", **tiny)


def sharded():
    shards = {"chunks": INNER, "shards": SHARDS}
    yield Row("shards, zstd 3: read all", "read", "zstd", **shards)
    yield Row("shards, zstd 3: write all", "write", "zstd", **shards)
    for codec in ("none", "zstd"):
        title = f"shards, {codec}: one element"
        yield Row(title, "read", codec, selections=(ELEMENT,), repeat=20, **shards)
    yield Row(
        "shards, zstd: one plane along each axis", "read", "zstd", selections=PLANES, **shards
    )
    strewn = {"selections": (points(SHAPE, 20_000),), "index": "vindex"}
    yield Row("shards, zstd: 20,000 points (vindex)", "read", "zstd", **strewn, **shards)
    box = {
        "shape": BOX_SHAPE,
        "chunks": (16, 32, 32),
        "shards": BOX_CHUNKS,
        "selections": (BOX,),
    }
    yield Row("shards, zstd: update of an unaligned box", "update", "zstd", repeat=5, **box)


def strings():
    for codec in ("none", "zstd"):
        million = {"shape": NAMES, "chunks": NAME_CHUNKS, "selections": (...,)}
        for work in ("read", "write"):
            title = f"a million strings, {codec}: {work}"
            yield Row(title, work, codec, dtype="string", **million)


def rows(words):
    """All rows, or those whose title contains one of `words`."""
    return [
        row
        for row in (*bulk(), *small(), *fancy(), *sharded(), *strings())
        if not words or any(word.lower() in row.title.lower() for word in words)
    ]
