"""Stores that the benchmarks share.

Only append to this file: numbers of two commits can be compared only if their data are equal.
"""

import shutil
import tempfile
from pathlib import Path

import numpy as np

import zarr_c as zarr

SHAPE, CHUNKS = (64, 256, 256), (32, 128, 128)  # 16 MiB of float32 in 8 chunks of 2 MiB
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


class Stored:
    """Base of benchmarks on one array: makes a folder (in memory where the system has one)."""

    shape, chunks = SHAPE, CHUNKS
    params = (CODECS, FORMATS, STORES)
    param_names = ("codec", "format", "store")

    def setup(self, codec, zarr_format, store):
        memory = Path("/dev/shm")
        self.folder = tempfile.mkdtemp(
            prefix="zarr_c-asv-", dir=memory if memory.is_dir() else None
        )
        self.data = waves(self.shape)
        self.store = (
            zarr.storage.MemoryStore() if store == "memory" else f"{self.folder}/a.zarr"
        )
        self.array = zarr.create_array(
            self.store,
            shape=self.shape,
            chunks=self.chunks,
            dtype="float32",
            compressors=compressor(codec, zarr_format),
            zarr_format=zarr_format,
        )
        self.array[...] = self.data

    def teardown(self, *_):
        shutil.rmtree(self.folder, ignore_errors=True)
