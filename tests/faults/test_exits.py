"""Programs that end, and settings that change, while threads read and write."""

import threading

import numpy as np
import pytest
from children import start

import zarr_c
from zarr_c.codecs import BytesBytesCodec, ZstdCodec
from zarr_c.registry import register_codec
from zarr_c.storage import LocalStore, MemoryStore

PROGRAM = """
import atexit, os, sys, threading
import numpy as np
import zarr_c
from zarr_c.codecs import BytesBytesCodec, ZstdCodec
from zarr_c.registry import register_codec
from zarr_c.storage import LocalStore, MemoryStore

folder, ending, kind = sys.argv[1:]


class Slow(BytesBytesCodec):
    name = "test.slow"

    def encode(self, data):
        return bytes(sum([list(data)], []))

    decode = encode


register_codec(Slow.name, Slow)
codec = {"name": Slow.name} if kind == "python" else ZstdCodec(level=12)
store = MemoryStore() if kind == "memory" else LocalStore(folder)
layout = {"shards": (64, 1024)} if kind == "shards" else {}
array = zarr_c.create_array(
    store, shape=(256, 1024), dtype="i4", chunks=(16, 256), compressors=codec, **layout
)
numbers = np.arange(array.size, dtype="i4").reshape(array.shape)
array[...] = numbers
started = threading.Semaphore(0)


def work(write):
    while True:
        if write:
            array[...] = numbers
        else:
            assert (array[...] == numbers).all()
        started.release()


for write in (False, True, False, True):
    threading.Thread(target=work, args=(write,), daemon=True).start()
for _ in range(8):
    started.acquire()
atexit.register(lambda: print("read" if (array[...] == numbers).all() else "wrong", flush=True))
if ending == "os._exit":
    os._exit(7)
if ending == "sys.exit":
    sys.exit(7)
if ending == "raise":
    raise RuntimeError("ended")
"""


@pytest.mark.parametrize("kind", ["memory", "local", "shards", "python"])
@pytest.mark.parametrize(
    ("ending", "status"), [("end", 0), ("sys.exit", 7), ("os._exit", 7), ("raise", 1)]
)
def test_a_program_ends_while_threads_work(tmp_path, ending, status, kind):
    child = start(PROGRAM, tmp_path, ending, kind)
    output, _ = child.communicate(timeout=30)
    assert child.returncode == status, output
    assert "Fatal" not in output
    assert ("read\n" in output) == (ending != "os._exit")
    if kind == "python":
        register_codec("test.slow", Copied)
    if kind != "memory":
        array = zarr_c.open_array(tmp_path, mode="r")
        assert (array[...].ravel() == np.arange(array.size)).all()


class Copied(BytesBytesCodec):
    name = "test.slow"

    def encode(self, data):
        return bytes(data)

    decode = encode


# ---- settings

SETTINGS = {
    "threads": [1, 2, 4, None],
    "array.write_empty_chunks": [True, False],
    "limits.codecs": [2, 64],
    "limits.chunk_bytes": [1 << 20, None],
    "array.order": ["C", "F"],
    "array.lock": [True, False],
}


@pytest.mark.parametrize(
    "layout", [{"chunks": (16, 64)}, {"chunks": (4, 64), "shards": (16, 64)}]
)
@pytest.mark.parametrize("make", [MemoryStore, LocalStore])
def test_settings_change_while_threads_work(tmp_path, make, layout):
    """Each thread has rows of its own, opens and closes, and finds what it has written."""
    store = make(tmp_path / "x") if make is LocalStore else make()
    zarr_c.create_array(store, shape=(256, 64), dtype="i4", compressors=ZstdCodec(), **layout)
    ended, errors = threading.Event(), []

    def work(number):
        try:
            rows = slice(number, None, 4)  # of every chunk
            for i in range(30):
                array = zarr_c.open_array(store, mode="r+")
                array[rows] = i * 4 + number
                assert (array[rows] == i * 4 + number).all()
                assert (array.with_config({"order": "F"})[rows] == i * 4 + number).all()
        except BaseException as error:
            errors.append(error)

    def change():
        chance = np.random.default_rng(0)
        while not ended.is_set():
            for name, values in SETTINGS.items():
                with zarr_c.config.set({name: values[chance.integers(len(values))]}):
                    register_codec("test.slow", Copied)
                zarr_c.config.set({name: values[chance.integers(len(values))]})

    known = {name: zarr_c.config.get(name) for name in SETTINGS}
    threads = [threading.Thread(target=work, args=(number,)) for number in range(4)]
    changer = threading.Thread(target=change)
    for thread in [changer, *threads]:
        thread.start()
    for thread in threads:
        thread.join()
    ended.set()
    changer.join()
    zarr_c.config.set(known)
    assert not errors, errors
    rows = zarr_c.open_array(store, mode="r")[...]
    assert (rows == (29 * 4 + np.arange(256) % 4)[:, None]).all()
