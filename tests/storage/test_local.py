"""Files: replaced as a whole or not at all, never outside the root, never but files."""

import os
import resource
import socket
import tempfile
import threading
from pathlib import Path

import numpy as np
import pytest
from children import run

import zarr_c
from zarr_c.errors import ChunkCorruptError, UnsafeKeyError
from zarr_c.storage import LocalStore


@pytest.fixture
def store(tmp_path):
    return LocalStore(tmp_path / "root")


def everything(store):
    return sorted(
        str(p.relative_to(store.root)) for p in store.root.rglob("*") if not p.is_dir()
    )


def test_a_write_that_fails_leaves_the_old_bytes_and_no_temporary(store):
    """The limit on the size of files is a full disk in small."""
    store["a/b"] = b"old"
    code = """
    import resource, signal, sys
    from zarr_c.storage import LocalStore
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000))
    store = LocalStore(sys.argv[1])
    for key in ("a/b", "new"):
        try:
            store[key] = bytes(2000)
        except OSError as error:
            print(error.errno, error.filename)
    """
    assert run(code, store.root).split() == ["27", "a/b", "27", "new"]
    assert everything(store) == ["a/b"]
    assert store["a/b"] == b"old"


def test_an_array_whose_disk_is_full(tmp_path):
    code = """
    import resource, signal, sys
    import numpy as np
    import zarr_c
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    z = zarr_c.create_array(sys.argv[1], shape=(64, 65536), chunks=(1, 65536), dtype="u1")
    resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000))
    with zarr_c.config.set({"threads": 4}):
        try:
            z[...] = np.random.default_rng(0).integers(0, 256, z.shape, "u1")
        except OSError as error:
            print(error.errno, error.filename[:2])
    """
    assert run(code, tmp_path / "z").split() == ["27", "c/"]
    assert everything(LocalStore(tmp_path / "z")) == ["zarr.json"]


def test_a_name_that_is_too_long(store):
    with pytest.raises(OSError, match="File name too long"):
        store["x" * 300] = b"1"
    assert everything(store) == []
    assert "x" * 300 not in store
    assert "/".join("abc" for _ in range(2000)) not in store


def test_readers_see_the_old_bytes_or_the_new(store):
    """One writes, three read, of a size that takes several system calls."""
    size, stop, wrong = 300_000, threading.Event(), []
    store["k"] = bytes(size)

    def read():
        while not stop.is_set():
            value = store["k"]
            if len(value) != size or value != value[:1] * size:
                wrong.append(value[:10])

    readers = [threading.Thread(target=read) for _ in range(3)]
    for reader in readers:
        reader.start()
    for i in range(150):
        store["k"] = bytes([i]) * size
    stop.set()
    for reader in readers:
        reader.join()
    assert wrong == []
    assert everything(store) == ["k"]


@pytest.fixture
def outside(store, tmp_path):
    """A file and a directory outside, with links to them inside."""
    (tmp_path / "outside").mkdir()
    (tmp_path / "outside" / "secret").write_bytes(b"secret")
    store["inside/a"] = b"1"
    (store.root / "file").symlink_to(tmp_path / "outside" / "secret")
    (store.root / "dir").symlink_to(tmp_path / "outside")
    (store.root / "relative").symlink_to("../outside")
    (store.root / "within").symlink_to("inside")
    return tmp_path / "outside"


@pytest.mark.parametrize("key", ["file", "dir/secret", "relative/secret"])
def test_symbolic_links_do_not_lead_out(store, outside, key):
    for use in (
        store.__getitem__,
        store.getsize,
        store.exists,
        lambda k: store.get_range(k, 0, 1),
    ):
        with pytest.raises(UnsafeKeyError, match="leads out of"):
            use(key)
    if "/" in key:
        for change in (lambda: store.__setitem__(key, b"x"), lambda: store.delete(key)):
            with pytest.raises(UnsafeKeyError, match="leads out of"):
                change()
        with pytest.raises(UnsafeKeyError):
            store[f"{key.split('/')[0]}/new/deep"] = b"x"
        for listing in (store.list_dir, store.list_prefix, store.delete_dir):
            with pytest.raises(UnsafeKeyError, match="leads out"):
                listing(key.split("/")[0])
    else:
        store[key] = b"mine"  # replaces the link, not what it points to
        assert store[key] == b"mine"
    assert (outside / "secret").read_bytes() == b"secret"
    assert sorted(os.listdir(outside)) == ["secret"]


@pytest.mark.usefixtures("outside")
def test_symbolic_links_within_the_root_work(store):
    assert store["within/a"] == b"1"
    store["within/b"] = b"2"
    assert store["inside/b"] == b"2"


CHUNKS = {
    "fifo": os.mkfifo,
    "directory": os.mkdir,
    "device": lambda path: os.symlink("/dev/zero", path),
    "dangling link": lambda path: os.symlink("nowhere", path),
    "loop": lambda path: os.symlink("0", path),
    "empty": lambda path: open(path, "w").close(),
}


@pytest.mark.parametrize("kind", CHUNKS)
def test_what_is_no_file_in_the_place_of_a_chunk(tmp_path, kind):
    """An error that names the chunk, at once: opening a pipe must not wait for a writer."""
    z = zarr_c.create_array(tmp_path / "z", shape=10, chunks=5, dtype="u1")
    z[:] = 1
    (tmp_path / "z" / "c" / "0").unlink()
    CHUNKS[kind](tmp_path / "z" / "c" / "0")
    with pytest.raises((ChunkCorruptError, OSError, UnsafeKeyError), match="c/0"):
        z[:]
    with pytest.raises((ChunkCorruptError, OSError, UnsafeKeyError), match="c/0"):
        z[2] = 5
    assert z[7] == 1
    if kind != "directory":  # which a rename cannot replace
        z[:5] = 3
        assert z[:].tolist() == [3] * 5 + [1] * 5


def test_a_socket_in_the_place_of_an_object(store, monkeypatch):
    store["a"] = b"1"
    monkeypatch.chdir(store.root)  # the path of a socket must be short
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind("s")
        with pytest.raises((ChunkCorruptError, OSError), match="s"):
            store["s"]


@pytest.mark.parametrize("durability", ["none", "commit", "write"])
def test_every_durability_writes_the_same(tmp_path, durability):
    store = LocalStore(tmp_path / "root", durability=durability)
    store["deep/er/a"] = b"1"
    z = zarr_c.create_array(store, name="z", data=np.arange(20), chunks=3)
    z[4:9] = 7
    del store["deep/er/a"]
    assert everything(store) == sorted(
        ["zarr.json", "z/zarr.json", *(f"z/c/{i}" for i in range(7))]
    )
    assert z[...].sum() == 190 - sum(range(4, 9)) + 35


@pytest.mark.parametrize("map_size", [0, 1, 70_000, 1 << 20, 1 << 26])
@pytest.mark.parametrize("compressors", [None, "zstd", "blosc"])
def test_mapped_files_read_the_same(tmp_path, map_size, compressors):
    """Windows smaller than a page, than a chunk, and larger than the file."""
    data = np.random.default_rng(0).integers(0, 1000, (100, 90, 50), "u4")
    zarr_c.create_array(tmp_path, data=data, chunks=(60, 90, 50), compressors=compressors)
    z = zarr_c.open_array(LocalStore(tmp_path, map_size=map_size, mmap=True), mode="r")
    for selection in (
        ...,
        slice(1, 99, 7),
        (5, 5, 5),
        (slice(None), 3),
        (..., slice(None, None, -3)),
    ):
        assert np.array_equal(z[selection], data[selection])


def test_a_mapped_chunk_of_the_wrong_length(tmp_path):
    z = zarr_c.create_array(
        LocalStore(tmp_path, mmap=True),
        shape=200_000,
        chunks=200_000,
        dtype="u1",
        compressors=None,
    )
    z[:] = 1
    for size in (199_999, 200_001, 0):
        os.truncate(tmp_path / "c" / "0", size)
        with pytest.raises(ChunkCorruptError, match=f"expected 200000, found {size}"):
            z[::7]


def test_a_root_that_vanishes(tmp_path):
    store = LocalStore(tmp_path / "root")
    z = zarr_c.create_array(store, shape=4, dtype="u1")
    z[:] = 1
    store.clear()
    store.root.rmdir()
    assert z[:].tolist() == [0] * 4
    z[:] = 2
    assert z[:].tolist() == [2] * 4


def test_a_root_that_is_a_file(tmp_path):
    (tmp_path / "file").write_text("x")
    store = LocalStore(tmp_path / "file")
    for use in (lambda: store["a"], lambda: store.__setitem__("a", b"1"), lambda: "a" in store):
        with pytest.raises(NotADirectoryError, match="root"):
            use()


@pytest.fixture
def unwritable():
    """A directory that holds one object and that the tests may only read, even run by root."""
    with tempfile.TemporaryDirectory() as name:
        directory = Path(name)
        (directory / "a").write_bytes(b"1")
        (directory / "a").chmod(0o444)
        directory.chmod(0o555)
        user = os.geteuid()
        if user == 0:
            os.seteuid(65534)
        try:
            yield directory
        finally:
            os.seteuid(user)
            directory.chmod(0o700)


def test_a_directory_that_cannot_be_written(unwritable):
    store = LocalStore(unwritable)
    with pytest.raises(PermissionError, match="a"):
        store["a"] = b"2"
    assert store["a"] == b"1"


def test_no_file_stays_open(store):
    """Reads, absent keys, errors and writes give their descriptors back."""
    z = zarr_c.create_array(store, shape=100, chunks=10, dtype="u1")
    z[:] = 1
    (store.root / "c" / "5").write_bytes(b"")
    before = len(os.listdir("/proc/self/fd"))
    for _ in range(20):
        z[:10] = 2
        assert z[:10].all()
        assert "nothing" not in store
        with pytest.raises(ChunkCorruptError):
            z[:]
        with pytest.raises(OSError, match="directory"):
            store["c"] = b"1"
    assert len(os.listdir("/proc/self/fd")) == before
    assert everything(store) == sorted(["zarr.json", *(f"c/{i}" for i in range(10))])


def test_running_out_of_descriptors(tmp_path):
    z = zarr_c.create_array(tmp_path, shape=10, chunks=5, dtype="u1")
    z[:] = 1
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    lowest = os.open(os.devnull, os.O_RDONLY)  # the descriptor that the next file would get
    os.close(lowest)
    resource.setrlimit(resource.RLIMIT_NOFILE, (lowest, hard))
    try:
        with pytest.raises(OSError, match="Too many open files"):
            z[:]
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    assert z[:].all()
