"""A disk without room: the error names the key, what was there stays, and room heals it all."""

import errno
import shutil
import subprocess
import sys

import numpy as np
import pytest

import zarr_c
from zarr_c.storage import LocalStore, ZipStore

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="mounts a tmpfs of Linux")

ROWS, COLUMNS = 16, 16384
OLD = np.random.default_rng(0).integers(1, 256, (ROWS, COLUMNS), "u1")
NEW = np.random.default_rng(1).integers(1, 256, (ROWS, COLUMNS), "u1")
LAYOUTS = {
    "chunks": {"chunks": (1, COLUMNS)},
    "raw": {"chunks": (1, COLUMNS), "compressors": None},
    "shards": {"chunks": (1, COLUMNS // 4), "shards": (1, COLUMNS)},
    "v2": {"chunks": (1, COLUMNS)},
}


def use_up(take):
    """Take of something until there is none left."""
    for i in range(1000):
        try:
            take(i)
        except OSError as error:
            return error.errno == errno.ENOSPC
    return False


class Disk:
    """A file system of its own, of 1 MiB and 100 files."""

    def __init__(self, path):
        self.path, self.ballast = path, path / "ballast"

    def fill(self):
        """Leave no room at all."""
        with open(self.ballast, "ab", buffering=0) as file:
            assert use_up(lambda i: file.write(bytes(4096)))

    def fill_with_files(self):
        """Leave room for bytes, but for no file."""
        self.ballast.mkdir()
        assert use_up(lambda i: (self.ballast / str(i)).touch())

    def free(self):
        if self.ballast.is_dir():
            shutil.rmtree(self.ballast)
        else:
            self.ballast.unlink()


@pytest.fixture
def disk(tmp_path):
    path = tmp_path / "disk"
    path.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", "size=1m,nr_inodes=100", "none", path]
    if subprocess.run(command, capture_output=True).returncode != 0:
        pytest.skip("only root may mount; test_failing_calls.py has the same by a shim")
    try:
        yield Disk(path)
    finally:
        subprocess.run(["umount", "-l", path], check=True)


def files(root):
    return {str(path.relative_to(root)) for path in root.rglob("*") if path.is_file()}


def raised(change):
    """The error of a change, which must be that there is no room; the key that it names."""
    with pytest.raises(OSError, match="No space left") as caught:
        change()
    assert caught.value.errno == errno.ENOSPC
    return caught.value.filename


@pytest.mark.parametrize("durability", ["none", "commit", "write"])
@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("full", [Disk.fill, Disk.fill_with_files])
def test_an_array(disk, layout, durability, full):
    store = LocalStore(disk.path / "s", durability=durability)
    v2 = layout == "v2"
    group = zarr_c.create_group(store, zarr_format=2 if v2 else 3)
    array = group.create_array("x", data=OLD, attributes={"a": 1}, **LAYOUTS[layout])
    before = {key: store[key] for key in store}
    assert before.keys() == files(store.root)
    chunk = "x/" if v2 else "x/c/"
    full(disk)
    for threads in (1, 4):
        with zarr_c.config.set({"threads": threads}):
            for change, key in (
                (lambda: array.__setitem__(..., NEW), chunk),
                (lambda: array.__setitem__(np.s_[:, 5:-5], NEW[:, 5:-5]), chunk),
                (lambda: array.append(NEW), "x/"),
                (lambda: array.attrs.update(a="x" * 9000), "x/"),
                (lambda: group.create_array("y", shape=3), "y"),
                (lambda: group.create_group("z"), "z"),
            ):
                assert raised(change).startswith(key)
                assert {key: store[key] for key in store} == before
                assert before.keys() == files(store.root)
    assert zarr_c.open_array(store, path="x", mode="r").attrs == {"a": 1}
    del store[f"{chunk}0{'.' if v2 else '/'}0"]  # deleting needs no room
    disk.free()
    array[...] = NEW
    array.attrs["a"] = 2
    again = zarr_c.open_array(store, path="x", mode="r")
    np.testing.assert_array_equal(again[...], NEW)
    assert again.attrs == {"a": 2}
    assert before.keys() == files(store.root)


@pytest.mark.parametrize("threads", [1, 4])
def test_room_for_some(disk, threads):
    """Chunks that still found room are new, all others as they were."""
    store = LocalStore(disk.path / "s")
    old = zarr_c.create_array(store, "old", data=OLD, **LAYOUTS["raw"])
    array = zarr_c.create_array(
        store, "x", shape=(80, COLUMNS), dtype="u1", chunks=(1, COLUMNS), compressors=None
    )
    with zarr_c.config.set({"threads": threads}):
        assert raised(lambda: array.__setitem__(..., 7)).startswith("x/c/")
    found = array[...]
    assert set(found[:, 0]) == {0, 7}
    assert (found == found[:, :1]).all()
    np.testing.assert_array_equal(old[...], OLD)
    assert files(store.root) == set(store)
    del store["x/c/0/0"]
    old[3] = NEW[3]  # in the place of another one there is always room
    np.testing.assert_array_equal(old[3], NEW[3])


@pytest.mark.parametrize("full", [Disk.fill, Disk.fill_with_files])
def test_an_archive(disk, full):
    """The old archive stays whole until there is room for all of the new one."""
    path = disk.path / "a.zip"
    with ZipStore(path, mode="w") as store:
        zarr_c.create_array(store, data=OLD, **LAYOUTS["raw"])
    before = path.read_bytes()
    store = ZipStore(path, mode="a")
    array = zarr_c.open_array(store, mode="r+")
    array.attrs["a"] = 1  # waits in memory
    full(disk)
    for change in (lambda: array.__setitem__(..., NEW), store.flush, store.close):
        raised(change)
        assert path.read_bytes() == before
        np.testing.assert_array_equal(array[...], OLD)
        assert array.refresh().attrs == {"a": 1}
    disk.free()
    array[...] = NEW
    store.close()
    with ZipStore(path) as store:
        again = zarr_c.open_array(store, mode="r")
        np.testing.assert_array_equal(again[...], NEW)
        assert again.attrs == {"a": 1}
    assert files(disk.path) == {"a.zip"}
