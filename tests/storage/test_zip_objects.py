"""ZIP archives in file objects."""

import io
import os
import tempfile
import threading
import zipfile

import pytest
from children import run

from zarr_c.storage.zip import ZipStore


def contents(file):
    file.seek(0)
    with zipfile.ZipFile(file) as archive:
        assert archive.testzip() is None
        return {name: archive.read(name) for name in archive.namelist()}


class Wrapped:
    """A file object with the least of methods, which counts what is read."""

    def __init__(self, file=None):
        self.file, self.bytes_read = file or io.BytesIO(), 0

    def read(self, size=-1):
        data = self.file.read(min(size, 1000))  # it may return less
        self.bytes_read += len(data)
        return data

    def seek(self, *arguments):
        return self.file.seek(*arguments)

    def write(self, data):
        self.file.write(bytes(data))  # and return nothing

    def truncate(self, size):
        self.file.truncate(size)


@pytest.fixture(params=["BytesIO", "open", "raw", "temporary", "spooled", "wrapped"])
def file(request, tmp_path):
    with {
        "BytesIO": io.BytesIO,
        "open": lambda: open(tmp_path / "a.zip", "w+b"),
        "raw": lambda: open(tmp_path / "a.zip", "w+b", buffering=0),
        "temporary": tempfile.TemporaryFile,
        "spooled": tempfile.SpooledTemporaryFile,
        "wrapped": io.BytesIO,
    }[request.param]() as made:
        yield Wrapped(made) if request.param == "wrapped" else made


def test_all_modes(file):
    with ZipStore(file, "x") as store:
        store["a"] = bytes(5000)
        store.flush()
        store["b"] = b"2"
        store["a"] = b"1"
    inner = getattr(file, "file", file) if isinstance(file, Wrapped) else file
    assert contents(inner) == {"a": b"1", "b": b"2"}
    with pytest.raises(FileExistsError, match="'x'"):
        ZipStore(file, "x")
    with ZipStore(file, "a") as store:
        assert dict(store) == {"a": b"1", "b": b"2"}
        store["c"] = b"3" * 70_000
        del store["a"]
        store.flush()
        assert contents(inner) == dict(store) == {"b": b"2", "c": b"3" * 70_000}
        store["b"] = b"4"
    with ZipStore(file, "a") as store:
        store["b"] = b"5"
    assert contents(inner) == {"b": b"5", "c": b"3" * 70_000}
    with ZipStore(file, "a") as store:
        store["b"] = b"4"
    with ZipStore(file) as store:
        assert store.read_only
        assert store.path is file
        assert dict(store) == {"b": b"4", "c": b"3" * 70_000}
    with ZipStore(file, "w") as store:
        store["d"] = b"5"
        assert contents(inner) == {"b": b"4", "c": b"3" * 70_000}
    assert contents(inner) == {"d": b"5"}


def test_a_file_that_only_writes(tmp_path):
    with open(tmp_path / "a.zip", "wb") as file:
        with ZipStore(file, "w") as store:
            store["a"] = b"1"
            assert store["a"] == b"1"
        assert not file.closed
    assert dict(ZipStore(tmp_path / "a.zip")) == {"a": b"1"}


def test_file_objects_that_cannot_do_it(tmp_path):
    (tmp_path / "a").write_bytes(b"")
    with open(tmp_path / "a") as file, pytest.raises(TypeError, match="binary file object"):
        ZipStore(file)
    with open(tmp_path / "a", "rb") as file, pytest.raises(ValueError, match="writable"):
        ZipStore(file, "w")
    file = io.BytesIO()
    store = ZipStore(file, "w")
    with pytest.raises(TypeError, match="no path to move"):
        store.move(tmp_path / "b")
    store.close()
    assert contents(file) == {}


def test_equal_stores_are_over_one_object():
    file = io.BytesIO()
    ZipStore(file, "w").close()
    assert ZipStore(file) == ZipStore(file) != ZipStore(io.BytesIO(file.getvalue()))
    assert str(ZipStore(file)) == f"zip://BytesIO/{id(file)}"


def test_a_part_of_an_object_is_read_as_a_part():
    file = Wrapped()
    with ZipStore(file, "w") as store:
        store["a"] = bytes(range(256)) * 4000
    with ZipStore(file) as store:
        file.bytes_read = 0
        assert store.get_range("a", 256_001, 3) == b"\1\2\3"
        assert store.get_ranges("a", [(5, 2), (900_000, 10)], max_gap_bytes=9)[0] == b"\5\6"
        assert file.bytes_read < 1000


def test_readers_while_the_object_is_overwritten():
    """They find the old place of an entry or the new one, never what lies there by now."""
    file = io.BytesIO()
    objects = {str(i): bytes([i]) * 3000 for i in range(40)}
    with ZipStore(file, "w") as store:
        store.update(objects)
    stop, wrong = threading.Event(), []

    def read(store):
        while not stop.is_set():
            for key, value in objects.items():
                if store[key] != value or store.get_range(key, 9, 3) != value[9:12]:
                    wrong.append(key)

    with ZipStore(file, "a") as store:
        readers = [threading.Thread(target=read, args=(store,)) for _ in range(3)]
        for reader in readers:
            reader.start()
        for i in range(60):
            store["changing"] = bytes(i * 100)
            store.flush()
        stop.set()
        for reader in readers:
            reader.join()
    assert wrong == []
    assert contents(file) == objects | {"changing": bytes(5900)}


def test_an_object_that_fails_can_be_written_again():
    class Full(io.BytesIO):
        full = False

        def write(self, data):
            if self.full:
                raise OSError(28, "No space left on device")
            return super().write(data)

    file = Full()
    with ZipStore(file, "w") as store:
        store["a"] = b"1"
    with ZipStore(file, "a") as store:
        store["b"], file.full = b"2", True
        with pytest.raises(OSError, match="No space"):
            store.flush()
        assert dict(store) == {"a": b"1", "b": b"2"}
        file.full = False
    assert contents(file) == {"a": b"1", "b": b"2"}


def test_an_open_file_is_read_in_forked_children_at_once(tmp_path):
    """They share its seek pointer, so nobody may use it."""
    code = """
    import os, sys, warnings
    from zarr_c.storage.zip import ZipStore
    warnings.simplefilter("ignore")
    objects = {str(i): bytes([i]) * 20_000 for i in range(50)}
    with ZipStore(sys.argv[1], "w") as store:
        store.update(objects)
    for file in (sys.argv[1], open(sys.argv[1], "rb"), open(sys.argv[1], "r+b", buffering=0)):
        store = ZipStore(file, "r")
        children = []
        for _ in range(4):
            child = os.fork()
            if child == 0:
                for _ in range(30):
                    assert dict(store) == objects
                os._exit(7)
            children.append(child)
        for _ in range(30):
            assert dict(store) == objects
        for child in children:
            assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 7
    print("done")
    """
    assert run(code, tmp_path / "a.zip") == "done\n"


def test_a_fork_while_a_thread_reads_leaves_no_lock_behind():
    code = """
    import io, os, threading, warnings
    from zarr_c.storage.zip import ZipStore
    warnings.simplefilter("ignore")
    file = io.BytesIO()
    with ZipStore(file, "w") as store:
        store["a"] = bytes(5_000_000)
    store = ZipStore(file)
    stop = threading.Event()
    def read():
        while not stop.is_set():
            store["a"]
    thread = threading.Thread(target=read)
    thread.start()
    for _ in range(20):
        child = os.fork()
        if child == 0:
            os._exit(7 if len(store["a"]) == 5_000_000 else 1)
        assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 7
    stop.set()
    thread.join()
    """
    assert run(code) == ""


def test_a_writable_store_has_no_temporary_file_with_a_name():
    before = set(os.listdir(tempfile.gettempdir()))
    file = io.BytesIO()
    with ZipStore(file, "w") as store:
        store["c/0"] = b"1"
        left = set(os.listdir(tempfile.gettempdir())) - before
        assert not any(name.startswith(".zc-tmp-") for name in left)
