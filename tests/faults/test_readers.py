"""Readers of what is replaced all the time: old or new, never of both, never an error."""

import json
import signal
import threading
from itertools import count

import numpy as np
import pytest
from children import start

import zarr_c
from zarr_c.codecs import ZstdCodec
from zarr_c.storage import LocalStore, MemoryStore
from zarr_c.storage.base import Store

LAYOUTS = {
    "raw chunk": {"chunks": 4096, "compressors": None},
    "zstd chunk": {"chunks": 4096, "compressors": ZstdCodec()},
    "raw shard": {"chunks": 64, "shards": 4096, "compressors": None},
    "zstd shard": {"chunks": 64, "shards": 4096, "compressors": ZstdCodec()},
}
WRITES, WRITES_OF_A_THREAD = 1000, 150
WRITER = """
import sys
import numpy as np
import zarr_c

array = zarr_c.open_array(sys.argv[1], mode="r+")
noise = np.random.default_rng(0).integers(0, 2, (8, 4096))  # for other sizes of inner chunks
for i in range(int(sys.argv[2])):
    array[...] = 2 * i + noise[i % 8]
    if i % 4 == 0:
        array.attrs["written"] = [i] * 1000
"""


def consistent(found):
    return len(set((found // 2).tolist())) == 1


def watch(path, alive):
    """Read as a whole and in part, by one handle and by new ones, while a writer is there."""
    kept = zarr_c.open_array(path, mode="r")
    while alive():
        for array in (kept, zarr_c.open_array(path, mode="r")):
            assert consistent(array[...])
            assert consistent(array[100:3000:700])
            written = array.attrs.get("written", [0])
            assert len(set(written)) == 1


@pytest.mark.parametrize("layout", LAYOUTS)
def test_another_process_replaces_it(tmp_path, layout):
    zarr_c.create_array(tmp_path / "x", shape=4096, dtype="i8", **LAYOUTS[layout])
    child = start(WRITER, tmp_path / "x", WRITES)
    try:
        watch(tmp_path / "x", lambda: child.poll() is None)
    finally:
        printed, _ = child.communicate(timeout=60)
    assert child.returncode == 0, printed


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("make", [MemoryStore, LocalStore])
def test_another_thread_replaces_it(tmp_path, layout, make):
    store = make(tmp_path / "x") if make is LocalStore else make()
    array = zarr_c.create_array(store, shape=4096, dtype="i8", **LAYOUTS[layout])
    noise = np.random.default_rng(0).integers(0, 2, 4096)

    def write():
        for i in range(WRITES_OF_A_THREAD):
            array[...] = 2 * i + noise
            array.update_attributes({"written": [i] * 1000})

    writer = threading.Thread(target=write)
    writer.start()
    try:
        watch(store, writer.is_alive)
    finally:
        writer.join()


class Restless(Store):
    """Its shard is another one at each request."""

    _has_parts = True

    def __init__(self, files, shards):
        super().__init__()
        self.files, self.shards, self.asked = files, shards, count()

    def _get(self, key):
        if key != "c/0":
            return self.files.get(key)
        return self.shards[next(self.asked) % len(self.shards)]

    def _get_part(self, key, offset, n):
        version = next(self.asked) % len(self.shards)
        value = self.shards[version]
        start = offset if offset >= 0 else len(value) + offset
        return value[start : start + n], len(value), str(version)

    def _set(self, key, value):
        raise AssertionError(key)

    def _delete(self, key):
        raise AssertionError(key)

    def _list(self, prefix):
        return iter([*self.files, "c/0"])

    def _list_dir(self, prefix):
        return []

    def __str__(self):
        return "restless"


@pytest.mark.parametrize("location", ["start", "end"])
@pytest.mark.parametrize("compressors", [None, ZstdCodec()])
def test_a_shard_that_is_another_at_each_request(location, compressors):
    store, shards = MemoryStore(), []
    array = zarr_c.create_array(
        store,
        shape=64,
        dtype="i8",
        chunks=4,
        shards={"shape": 64, "index_location": location},
        compressors=compressors,
    )
    rng = np.random.default_rng(0)
    for i in range(5):
        array[...] = 2 * i + rng.integers(0, 2, 64)
        shards.append(bytes(store["c/0"]))
    files = {"zarr.json": bytes(store["zarr.json"])}
    assert json.loads(files["zarr.json"])["shape"] == [64]
    reader = zarr_c.open_array(Restless(files, shards), mode="r")
    for _ in range(10):
        for selection in (..., slice(0, 2), slice(3, 60, 9), slice(8, 24)):
            assert consistent(reader[selection])


def test_a_mapped_file_that_another_program_cuts_short(tmp_path):
    """It may kill the process, by SIGBUS and at once: that is why one has to ask for it."""
    child = start(
        """
        import os, sys, threading
        import numpy as np
        import zarr_c
        from zarr_c.errors import ChunkCorruptError
        from zarr_c.storage import LocalStore

        store = LocalStore(sys.argv[1], mmap=True)
        data = np.ones((4096, 4096), "u1")
        array = zarr_c.create_array(store, data=data, chunks=data.shape, compressors=None)
        name = sys.argv[1] + "/c/0/0"
        ended = threading.Event()

        def cut():
            while not ended.is_set():
                os.truncate(name, 1 << 20)
                os.truncate(name, data.size)  # of zeros from there on

        other = threading.Thread(target=cut)
        other.start()
        for _ in range(1000):
            try:
                assert array[:, ::64][:128].all()
            except ChunkCorruptError:
                pass
        ended.set()
        other.join()
        """,
        tmp_path / "x",
    )
    printed, _ = child.communicate(timeout=60)
    assert child.returncode in (0, -signal.SIGBUS), printed
