"""Stores written in Python below the workers, forks, pickles and many threads."""

import pickle
import threading
from collections import UserDict

import numpy as np
import pytest
from children import run, start

import zarr_c
from zarr_c.storage import LocalStore, MappingStore, MemoryStore

DATA = np.arange(40_000, dtype="i4").reshape(200, 200)


class Faulty(UserDict):
    """A mapping that fails when told to."""

    fault = None

    def _fail(self, key):
        if self.fault is not None and key.startswith("c/"):
            raise self.fault

    def __getitem__(self, key):
        self._fail(key)
        return super().__getitem__(key)

    def __setitem__(self, key, value):
        self._fail(key)
        super().__setitem__(key, value)


@pytest.mark.parametrize("threads", [1, 4])
@pytest.mark.parametrize(
    "error", [RuntimeError("broken"), OSError(5, "I/O"), TimeoutError("slow")]
)
def test_what_a_store_raises_comes_through_and_names_the_chunk(error, threads):
    """Whichever thread it happened on, and the store works again afterwards."""
    mapping = Faulty()
    z = zarr_c.create_array(MappingStore(mapping), data=np.tile(DATA, (3, 3)), chunks=(50, 50))
    with zarr_c.config.set({"threads": threads}):
        for use in (lambda: z[...], lambda: z.__setitem__(..., 5)):
            mapping.fault = error
            with pytest.raises(type(error)) as caught:
                use()
            assert caught.value is error
            assert caught.value.__notes__[-1].startswith("while working on 'c/")
            error.__notes__.clear()
            mapping.fault = None
            assert z.shape == z[...].shape


def test_a_missing_key_of_a_mapping_is_no_error_but_other_errors_are():
    mapping = Faulty()
    z = zarr_c.create_array(MappingStore(mapping), shape=4, dtype="i4", fill_value=7)
    assert z[...].tolist() == [7] * 4
    mapping.fault = ValueError("no")
    with pytest.raises(ValueError, match="no"):
        z[0]


@pytest.mark.parametrize("value", ["text", 5, None])
def test_a_mapping_that_returns_something_else_than_bytes(value):
    mapping = {}
    z = zarr_c.create_array(MappingStore(mapping), shape=4, dtype="i4")
    mapping["c/0"] = value
    with pytest.raises((TypeError, ValueError), match=r"c/0|bytes"):
        z[...]


@pytest.mark.parametrize("make", [dict, MemoryStore, "local"])
def test_threads_that_write_parts_of_the_same_chunks_lose_nothing(make, tmp_path):
    """8 threads, each its own columns of every chunk, through handles with different roots."""
    store = LocalStore(tmp_path / "root") if make == "local" else make()
    group = zarr_c.open_group(store, mode="w")
    z = group.create_array("a", shape=(40, 64), chunks=(20, 64), dtype="i4", compressors="zstd")
    handles = [z, group["a"]]
    if make == "local":
        handles.append(zarr_c.open_array(tmp_path / "root" / "a"))
        (tmp_path / "link").symlink_to(tmp_path / "root")
        handles.append(zarr_c.open_array(LocalStore(tmp_path / "link"), path="a"))

    def write(thread):
        for step in range(1, 13):
            handles[thread % len(handles)][:, thread::8] = step * 100 + thread

    threads = [threading.Thread(target=write, args=(i,)) for i in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert np.array_equal(z[...], np.tile(1200 + np.arange(8), (40, 8)))


def test_many_threads_read_and_write_one_store(tmp_path):
    """Every thread has an array of its own and sees nothing but what it wrote."""
    store, wrong = LocalStore(tmp_path), []

    def work(number):
        z = zarr_c.create_array(
            store, name=f"{number}", shape=(200, 200), chunks=(30, 40), dtype="i4"
        )
        for step in range(5):
            z[...] = DATA + step * number
            if not np.array_equal(z[...], DATA + step * number):
                wrong.append(number)

    threads = [threading.Thread(target=work, args=(i,)) for i in range(8)]
    with zarr_c.config.set({"threads": 3}):
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert wrong == []


@pytest.mark.parametrize("kind", ["local", "mmap", "memory", "dict"])
def test_after_a_fork_the_child_reads_and_writes(kind, tmp_path):
    """The parent used its pool and goes on using it, while the child makes one of its own."""
    code = """
    import os, sys, warnings
    import numpy as np
    import zarr_c
    from zarr_c.storage import LocalStore
    warnings.simplefilter("ignore")
    kind, path = sys.argv[1:]
    store = {
        "local": lambda: LocalStore(path),
        "mmap": lambda: LocalStore(path, mmap=True),
        "memory": zarr_c.storage.MemoryStore,
        "dict": dict,
    }[kind]()
    data = np.arange(1_000_000, dtype="i4").reshape(1000, 1000)
    with zarr_c.config.set({"threads": 4}):
        z = zarr_c.create_array(store, data=data, chunks=(100, 100), compressors="zstd")
        assert (z[...] == data).all()
        for round in range(5):
            child = os.fork()
            if child == 0:
                ok = (z[...] == data).all()
                z[...] = data + 1
                ok = ok and (z[...] == data + 1).all()
                z[...] = data
                os._exit(0 if ok else 1)
            if kind in ("memory", "dict"):
                assert (z[...] == data).all()
            assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
            assert (z[...] == data).all()
    print("done")
    """
    assert run(code, kind, tmp_path / "z", timeout=60) == "done\n"


@pytest.mark.parametrize("kind", ["local", "memory", "dict"])
def test_pickles_of_arrays(kind, tmp_path):
    store = {"local": lambda: LocalStore(tmp_path, durability="write"), "memory": MemoryStore}
    store = store.get(kind, dict)()
    z = zarr_c.create_array(store, data=DATA, chunks=(70, 70), config={"order": "F"})
    copy = pickle.loads(pickle.dumps(z))
    assert copy == z or kind != "local"
    assert copy[...].flags.f_contiguous
    assert np.array_equal(copy[...], DATA)
    copy[0] = 5
    assert np.array_equal(copy[0], np.full(200, 5))


def test_an_interrupt_ends_a_long_read():
    """Ctrl-C is seen between chunks, and the pool works afterwards."""
    code = """
    import os, signal, time
    import numpy as np
    import zarr_c
    from collections import UserDict

    signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell may have it ignored

    class Slow(UserDict):
        def __getitem__(self, key):
            if key.startswith("c/"):
                os.write(1, b"reading\\n")  # in one piece, from any thread
                time.sleep(0.02)
            return super().__getitem__(key)

    z = zarr_c.create_array(Slow(), data=np.ones((1000, 1000)), chunks=(20, 20))
    with zarr_c.config.set({"threads": 2}):
        try:
            z[...]
        except KeyboardInterrupt:
            print("interrupted", flush=True)
        print(z[:20].sum())
    """
    import signal

    with start(code) as child:
        first = child.stdout.readline()
        child.send_signal(signal.SIGINT)
        output, _ = child.communicate(timeout=30)
    assert first == "reading\n"
    assert "interrupted\n" in output
    assert output.endswith("20000.0\n")
    assert output.count("reading") < 1500
