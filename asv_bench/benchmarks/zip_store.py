"""1,000 chunks of 16 KiB through a ZIP archive, by the store alone, beside zarr-python's."""

import asyncio
import os
import shutil
from importlib.util import find_spec

import numpy as np

from zarr_c.storage.zip import ZipStore

from .common import temporary_folder

NOISE = np.random.default_rng(1).bytes(16 << 10)
KEYS = [f"c/{i // 32}/{i % 32}" for i in range(1000)]


def write(path):
    with ZipStore(path, "w") as store:
        for key in KEYS:
            store[key] = NOISE


def read(path):
    with ZipStore(path) as store:
        for key in KEYS:
            store[key]


async def write_by_zarr_python(path):
    import zarr
    from zarr.core.buffer import cpu

    value = cpu.Buffer.from_bytes(NOISE)
    with await zarr.storage.ZipStore.open(path, mode="w") as store:
        for key in KEYS:
            await store.set(key, value)


async def read_by_zarr_python(path):
    import zarr
    from zarr.core.buffer import default_buffer_prototype

    prototype = default_buffer_prototype()
    with await zarr.storage.ZipStore.open(path, mode="r") as store:
        for key in KEYS:
            await store.get(key, prototype)


class Zip:
    """A folder (in memory where the system has it) with an archive to read."""

    params = ("zarr_c", "zarr-python")
    param_names = ("library",)

    def setup(self, library):
        if library != "zarr_c" and find_spec("zarr") is None:
            raise NotImplementedError  # asv then leaves it out
        self.folder = temporary_folder()
        self.archive, self.new = f"{self.folder}/a.zip", f"{self.folder}/new.zip"
        write(self.archive)

    def teardown(self, library):
        shutil.rmtree(self.folder, ignore_errors=True)

    def time_write(self, library):
        if library == "zarr_c":
            write(self.new)
        else:
            asyncio.run(write_by_zarr_python(self.new))

    def time_read(self, library):
        if library == "zarr_c":
            read(self.archive)
        else:
            asyncio.run(read_by_zarr_python(self.archive))

    def track_bytes(self, library):
        self.time_write(library)
        return os.path.getsize(self.new)

    track_bytes.unit = "bytes"


class ZipChange:
    """One chunk more in an archive of 1,000: closing copies it once."""

    def setup(self):
        Zip.setup(self, "zarr_c")

    def teardown(self):
        Zip.teardown(self, "zarr_c")

    def time_one_more_chunk(self):
        with ZipStore(self.archive, "a") as store:
            store["c/more"] = NOISE
