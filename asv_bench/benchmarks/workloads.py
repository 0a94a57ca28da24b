"""Small fixed calls for `counters.py`, and the program that counts what they cost.

``python -m benchmarks.workloads LIBRARY TOOL`` prints the counts as JSON; LIBRARY is
`interpose.c`, compiled. It is a process of its own, so that it can run under other conditions.
"""

import ctypes
import gc
import json
import shutil
import sys

import numpy as np

import zarr_c as zarr

from .common import temporary_folder

SHAPE, CHUNKS = (256, 256), (32, 32)  # 256 KiB of float32 in 64 chunks of 4 KiB
SMALL = (8, 8)  # 1024 chunks of 256 bytes
REPEAT, ROUNDS = 8, 5


def stored(store, shape=SHAPE, mode="r+", **layout):
    """A new handle of a new array of numbers."""
    values = np.arange(np.prod(shape), dtype="float32").reshape(shape)
    zarr.create_array(store, data=values, **{"chunks": CHUNKS, "compressors": None} | layout)
    return zarr.open_array(store, mode=mode)


def zstd(store, **layout):
    return stored(store, compressors=zarr.codecs.ZstdCodec(level=3), **layout)


def sharded(store):
    return zstd(store, chunks=(16, 16), shards=(64, 64))


def opening(store, zarr_format, shards=None):
    stored(store, zarr_format=zarr_format, chunks=(16, 16), shards=shards)
    return lambda: zarr.open_array(store, mode="r")


def reading(array, *selection):
    return lambda: array[selection]


def writing(array, *selection):
    values = array[selection]

    def write():
        array[selection] = values

    return write


def listing(store):
    group = zarr.create_group(store)
    for i in range(16):
        group.create_array(f"a{i}", shape=(8,), chunks=(8,), dtype="float32")
    return lambda: list(zarr.open_group(store, mode="r").members())


def points(store):
    array = zstd(store)
    index = tuple(np.random.default_rng(0).integers(0, 256, (2, 500)))
    return lambda: array.vindex[index]


def appending(store):
    array = stored(store, (1, 256))
    row = np.ones((1, 256), "float32")
    return lambda: array.append(row)


BOX = slice(20, 50), slice(30, 70)
WORKLOADS = {  # name: makes the call from an empty store
    "open v2": lambda store: opening(store, 2),
    "open v3": lambda store: opening(store, 3),
    "open shards": lambda store: opening(store, 3, (64, 64)),
    "list a group of 16": listing,
    "element": lambda store: reading(stored(store), 100, 101),
    "element zstd": lambda store: reading(zstd(store), 100, 101),
    "element of a shard": lambda store: reading(sharded(store), 100, 101),
    "row": lambda store: reading(stored(store), 77),
    "box of a shard": lambda store: reading(sharded(store), *BOX),
    "points": points,
    "read": lambda store: reading(stored(store), ...),
    "read zstd": lambda store: reading(zstd(store), ...),
    "read 1024 chunks": lambda store: reading(stored(store, chunks=SMALL), ...),
    "read shards": lambda store: reading(sharded(store), ...),
    "write": lambda store: writing(stored(store), ...),
    "write zstd": lambda store: writing(zstd(store), ...),
    "write 1024 chunks": lambda store: writing(stored(store, chunks=SMALL), ...),
    "write shards": lambda store: writing(sharded(store), ...),
    "update a box": lambda store: writing(stored(store), *BOX),
    "update a box of a shard": lambda store: writing(sharded(store), *BOX),
    "append a row": appending,
}


def counted(library, call, tool):
    """What one call costs once everything it keeps has been made, rounded down.

    The least of some rounds: what happens now and then, as when a table grows, is left out.
    """
    for _ in range(5):
        call()
    if tool == "callgrind":
        for _ in range(ROUNDS):
            library.zc_bench_begin()
            for _ in range(REPEAT):
                call()
            library.zc_bench_end()
        return None  # callgrind has the numbers
    return [
        min(rounds(counter, call))
        for counter in (library.zc_bench_copied, library.zc_bench_allocations)
    ]


def rounds(counter, call):
    """How far a counter goes in one call, on average, without what asking it takes."""
    for _ in range(ROUNDS):
        start = counter()
        nothing = counter() - start
        start = counter()
        for _ in range(REPEAT):
            call()
        yield (counter() - start - nothing) // REPEAT


def main(path, tool):
    library = ctypes.CDLL(path)
    for name in ("zc_bench_copied", "zc_bench_allocations"):
        getattr(library, name).restype = ctypes.c_uint64
    zarr.config.set({"threads": 1})
    folder = temporary_folder()
    counts = {}
    try:
        for i, (name, make) in enumerate(WORKLOADS.items()):
            call = make(f"{folder}/{i}.zarr")
            gc.collect()
            gc.disable()
            counts[name] = counted(library, call, tool)
            gc.enable()
    finally:
        shutil.rmtree(folder)
    print(json.dumps(counts))


if __name__ == "__main__":
    main(*sys.argv[1:])
