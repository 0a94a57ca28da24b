"""Stores that the benchmarks share.

They are made once for a commit, in the folder where asv runs `setup_cache`; each benchmark gets
a copy in memory. What is here does not change, or histories cannot be compared: new data have
new names.
"""

import pickle
import shutil
import tempfile
from itertools import product
from pathlib import Path

import numpy as np

import zarr_c as zarr

SHAPE, CHUNKS = (64, 256, 256), (32, 128, 128)  # 16 MiB of float32 in 8 chunks of 2 MiB
INNER = (16, 32, 32)  # 64 KiB, 32 of them in a shard
MANY_SHAPE, MANY_CHUNKS = (64, 128, 128), (8, 16, 16)  # 4 MiB in 512 chunks of 8 KiB
CODECS = ("none", "zstd", "blosc", "gzip")
FORMATS = (2, 3)
STORES = ("memory", "local")


def waves(shape=SHAPE):
    """Smooth waves with noise of 0.1 %, 14 bits after the point: zstd takes a third off."""
    axes = np.ix_(*(np.linspace(0, 6, n, dtype=np.float32) for n in shape))
    smooth = sum(np.sin(axis * (3 + i)) for i, axis in enumerate(axes))
    noise = np.random.default_rng(1).standard_normal(shape, np.float32)
    return np.round((smooth + 1e-3 * noise) * 2**14).astype(np.float32) / 2**14


def compressor(codec, zarr_format):
    """The `compressors` argument for `codec` in this format."""
    if codec == "none":
        return None
    if zarr_format == 2:
        import numcodecs

        return {
            "zstd": lambda: numcodecs.Zstd(level=3),
            "blosc": lambda: numcodecs.Blosc(cname="lz4", clevel=5, shuffle=1),
            "gzip": lambda: numcodecs.GZip(level=5),
        }[codec]()
    return {
        "zstd": lambda: zarr.codecs.ZstdCodec(level=3),
        "blosc": lambda: zarr.codecs.BloscCodec(cname="lz4", clevel=5, shuffle="shuffle"),
        "gzip": lambda: zarr.codecs.GzipCodec(level=5),
    }[codec]()


def temporary_folder():
    """A new folder, in memory where the system can: disks differ by more than code."""
    memory = Path("/dev/shm")
    return tempfile.mkdtemp(prefix="zarr_c-asv-", dir=memory if memory.is_dir() else None)


class Layout:
    """Base of benchmarks on one array of waves: how it is cut."""

    shape, chunks, shards = SHAPE, CHUNKS, None

    @classmethod
    def name(cls, *what):
        cut = "shards" if cls.shards else "chunks"
        return "-".join(map(str, (cut, *cls.shape, *cls.chunks, *what)))

    @classmethod
    def objects(cls, codec, zarr_format):
        """What is stored of the array, by key; out of a file if `setup_cache` has made it."""
        file = Path(cls.name(codec, zarr_format) + ".pickle")
        if file.is_file():
            return pickle.loads(file.read_bytes())
        store = zarr.storage.MemoryStore()
        zarr.create_array(
            store,
            data=cls.values(),
            chunks=cls.chunks,
            shards=cls.shards,
            compressors=compressor(codec, zarr_format),
            zarr_format=zarr_format,
        )
        return {key: store[key] for key in store}

    @classmethod
    def values(cls):
        file = Path(f"waves-{'-'.join(map(str, cls.shape))}.npy")
        return np.load(file) if file.is_file() else waves(cls.shape)


class Many(Layout):
    """Many small chunks: the cost per chunk."""

    shape, chunks = MANY_SHAPE, MANY_CHUNKS


class Sharded(Layout):
    """The chunks are shards."""

    chunks, shards = INNER, CHUNKS


class Stored(Layout):
    """Base of benchmarks that have the array in a store of their own."""

    params = (CODECS, FORMATS, STORES)
    param_names = ("codec", "format", "store")

    def setup_cache(self):
        for layout in (Layout, Many, Sharded):
            np.save(f"waves-{'-'.join(map(str, layout.shape))}.npy", waves(layout.shape))
            formats = (3,) if layout.shards else FORMATS
            for codec, zarr_format in product(CODECS, formats):
                objects = layout.objects(codec, zarr_format)
                name = layout.name(codec, zarr_format) + ".pickle"
                Path(name).write_bytes(pickle.dumps(objects))

    setup_cache.timeout = 300

    def setup(self, codec, zarr_format, store):
        self.folder = temporary_folder()
        self.data = self.values()
        self.store = zarr.storage.MemoryStore()
        if store == "local":
            self.store = zarr.storage.LocalStore(f"{self.folder}/a.zarr")
        self.store.set_many(self.objects(codec, zarr_format))
        self.array = zarr.open_array(self.store, mode="r+")

    def teardown(self, *_):
        shutil.rmtree(self.folder, ignore_errors=True)
