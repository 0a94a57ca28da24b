"""`LocalStore` with and without `mmap`, on chunks and selections of several kinds.

``python asv_bench/mapping.py`` makes the table of ``docs/storage.md``: speeds relative to
``pread``, medians of interleaved rounds, stores in ``/dev/shm`` where the system has it.
"""

import shutil
import tempfile
from pathlib import Path
from statistics import median
from time import perf_counter

import numpy as np

import zarr_c
from zarr_c.storage import LocalStore

SHAPE = (64, 1024, 256)  # 64 MiB of float32
ROUNDS, REPEAT = 15, 3
WINDOWS = (1 << 20, 64 << 20)
SMALL, MIDDLE, LARGE = (1, 64, 256), (8, 256, 256), (16, 1024, 256)
ROWS = (
    ("raw, 64 KiB, everything", SMALL, None, ...),
    ("raw, 2 MiB, everything", MIDDLE, None, ...),
    ("raw, 16 MiB, everything", LARGE, None, ...),
    ("raw, 16 MiB, every 64th column", LARGE, None, (..., slice(0, None, 64))),
    ("raw, 16 MiB, one plane", LARGE, None, (slice(None), 5)),
    ("raw, 16 MiB, one element", LARGE, None, (5, 5, 5)),
    ("zstd, 2 MiB, everything", MIDDLE, zarr_c.codecs.ZstdCodec(level=1), ...),
)


def measure(path, selection):
    """Medians of the seconds that one read takes, by store."""
    stores = {"pread": LocalStore(path)}
    stores |= {size: LocalStore(path, mmap=True, map_size=size) for size in WINDOWS}
    arrays = {name: zarr_c.open_array(store, mode="r") for name, store in stores.items()}
    out = np.empty_like(arrays["pread"].get_basic_selection(selection))
    seconds = {name: [] for name in arrays}
    for _ in range(ROUNDS):
        for name, array in arrays.items():
            start = perf_counter()
            for _ in range(REPEAT):
                array.get_basic_selection(selection, out=out)
            seconds[name].append((perf_counter() - start) / REPEAT)
    return {name: median(times) for name, times in seconds.items()}


def main():
    """Print a line for each row."""
    memory = Path("/dev/shm")
    folder = tempfile.mkdtemp(prefix="zarr_c-mapping-", dir=memory if memory.is_dir() else None)
    data = np.random.default_rng(0).standard_normal(SHAPE).astype("f4")
    try:
        for title, chunks, compressor, selection in ROWS:
            path = Path(folder) / "array"
            zarr_c.create_array(path, data=data, chunks=chunks, compressors=compressor)
            seconds = measure(path, selection)
            mapped = ", ".join(
                f"{size >> 20} MiB windows {seconds['pread'] / seconds[size]:.2f}"
                for size in WINDOWS
            )
            print(f"{title}: pread {seconds['pread'] * 1e3:.3f} ms; {mapped}")
            shutil.rmtree(path)
    finally:
        shutil.rmtree(folder)


if __name__ == "__main__":
    main()
