"""The sets of rows beside section 7, by the names that ``--set`` takes."""

from dataclasses import replace
from itertools import product

from rows import INNER, LEVELS, SHARDS, Row, label, section7

CUBE = (512, 512, 512)  # 256 MiB of uint16
CUBE_CHUNKS, CUBE_INNER = (128, 128, 128), (32, 32, 32)
Z5 = {  # 64 MiB of uint8 as z5's benchmark has them: shape, chunks, shards
    "2D": ((8192, 8192), (256, 256), (1024, 1024)),
    "3D": ((256, 512, 512), (64, 64, 64), (128, 256, 256)),
}


def boxes(shape, chunks):
    """The selection of every chunk."""
    starts = [range(0, extent, length) for extent, length in zip(shape, chunks, strict=True)]
    return tuple(
        tuple(slice(a, a + n) for a, n in zip(start, chunks, strict=True))
        for start in product(*starts)
    )


def zarr_benchmarks():
    """The works that zarr_benchmarks publishes, on an array an eighth as large."""
    layouts = {
        "none": {"codec": "none", "chunks": CUBE_CHUNKS, "limit": "read"},
        "zstd": {"codec": "zstd", "chunks": CUBE_CHUNKS, "limit": "read"},
        "shards": {"codec": "zstd", "chunks": CUBE_INNER, "shards": CUBE_CHUNKS},
    }
    for name, layout in layouts.items():
        cube = {"shape": CUBE, "dtype": "uint16", "level_of_codec": 0, **layout}
        unbound = cube | {"limit": None}
        yield Row(f"512^3, {name}: read all", "read", **cube)
        yield Row(f"512^3, {name}: process that reads all", "process", **unbound)
        for n in (1, 2):
            scan = {"selections": boxes(CUBE, CUBE_CHUNKS), "concurrency": n} | unbound
            yield Row(f"512^3, {name}: chunk by chunk, {n} at once", "scan", **scan)
            if name == "shards":
                scan["selections"] = boxes(CUBE, CUBE_INNER)
                yield Row(f"512^3, {name}: by inner chunk, {n} at once", "scan", **scan)
        yield Row(f"512^3, {name}: read and write a copy", "copy", **unbound)
        yield Row(
            f"512^3, {name}: process that copies", "process", **unbound | {"writes": True}
        )


def z5():
    """The matrix of z5's own benchmark."""
    for dimensions, (shape, chunks, shards) in Z5.items():
        for codec, sharded in product(LEVELS, (False, True)):
            title = f"{dimensions} uint8{', shards' * sharded}, {label(codec)}"
            layout = {"shape": shape, "chunks": chunks, "dtype": "uint8"}
            layout["shards"] = shards if sharded else None
            for work in ("read", "write"):
                yield Row(f"{title}: {work}", work, codec, **layout)


def outputs():
    """Reads into memory that is fresh, and into memory that was used before."""
    for codec in LEVELS:
        yield Row(f"{label(codec)}: into fresh memory", "read", codec, limit="read")
        yield Row(f"{label(codec)}: into the same memory", "into", codec)
    shards = {"chunks": INNER, "shards": SHARDS}
    yield Row("shards, zstd 3: into fresh memory", "read", "zstd", **shards)
    yield Row("shards, zstd 3: into the same memory", "into", "zstd", **shards)


def durability():
    """Writes that are left to the system, and writes that are forced to disk."""
    for codec, sync in product(("none", "zstd"), (False, True)):
        what = "each file forced to disk" if sync else "no fsync"
        yield Row(f"write all, {label(codec)}: {what}", "write", codec, sync=sync)
        shards = {"chunks": INNER, "shards": SHARDS, "sync": sync}
        yield Row(f"shards, write all, {label(codec)}: {what}", "write", codec, **shards)


def threads():
    """Rows of section 7 in which threads matter."""
    words = ("read all", "write all", "8192", "plane", "box")
    for row in section7():
        if any(word in row.title for word in words):
            yield replace(row, bar=None)


def memory():
    """Memory that a whole read and a whole write take beside the values, in MiB."""
    layouts = {f"chunks, {label(codec)}": {"codec": codec} for codec in LEVELS}
    for codec in ("none", "zstd"):
        shards = {"codec": codec, "chunks": INNER, "shards": SHARDS}
        layouts[f"shards, {label(codec)}"] = shards
    for (name, layout), writes in product(layouts.items(), (False, True)):
        work = "write" if writes else "read"
        yield Row(f"memory to {work} all, {name}", "memory", writes=writes, **layout)


SETS = {
    "section7": section7,
    "zarr_benchmarks": zarr_benchmarks,
    "z5": z5,
    "outputs": outputs,
    "durability": durability,
    "threads": threads,
    "memory": memory,
}
THREADS = {"z5": (1, 2), "threads": (1, 2)}  # that these sets run with, one after the other


def rows(sets, words):
    """The rows of these sets, or those of them whose title contains one of `words`."""
    return [
        row
        for name in sets
        for row in SETS[name]()
        if not words or any(word.lower() in row.title.lower() for word in words)
    ]
