"""What is no file in the place of a document; directories that may not be changed or are gone.

Each is an error that names the key, at once: nothing waits for the other end of a pipe.
"""

import errno
import os
import socket
import stat

import numpy as np
import pytest
from children import run

import zarr_c
from zarr_c.errors import ChunkCorruptError, NodeNotFoundError, UnsafeKeyError
from zarr_c.storage import LocalStore


def bind(path):
    here = os.getcwd()
    os.chdir(os.path.dirname(path))  # the path of a socket must be short
    try:
        with socket.socket(socket.AF_UNIX) as listener:
            listener.bind(os.path.basename(path))
    finally:
        os.chdir(here)


PLACES = {
    "pipe": os.mkfifo,
    "socket": bind,
    "device": lambda path: os.mknod(path, stat.S_IFCHR | 0o600, os.makedev(1, 5)),
    "link to a device": lambda path: os.symlink("/dev/zero", path),
    "dangling link": lambda path: os.symlink("nowhere", path),
    "loop": lambda path: os.symlink(os.path.basename(path), path),
}

OPEN = """
import sys
import zarr_c
from zarr_c.errors import ChunkCorruptError, UnsafeKeyError
from zarr_c.storage import LocalStore

root, key = sys.argv[1:]
path = key.rpartition("/")[0]
for store in LocalStore(root), LocalStore(root, mmap=True):
    for use in (
        lambda: store[key],
        lambda: store.get(key, byte_range=(0, 5)),
        lambda: zarr_c.open(store, path=path, mode="r"),
        lambda: zarr_c.open(store, path=path, mode="r+"),
        lambda: zarr_c.open(store, path=path, mode="a"),
    ):
        try:
            found = use()
        except (ChunkCorruptError, UnsafeKeyError, OSError) as error:
            assert key in str(error), error
        else:
            raise AssertionError(f"{use} gave {found}")
assert zarr_c.open_array(store, path="b", mode="r")[...].sum() == 6
zarr_format = 2 if ".z" in key else 3
zarr_c.create_array(store, path, shape=3, zarr_format=zarr_format, overwrite=True)
assert zarr_c.open_array(store, path=path, mode="r").shape == (3,)
print("done")
"""


@pytest.mark.parametrize("kind", PLACES)
@pytest.mark.parametrize("key", ["a/zarr.json", "a/.zarray"])
def test_what_is_no_file_in_the_place_of_a_document(tmp_path, key, kind):
    """Never as if there were no array, which creating one would overwrite."""
    for name in "ab":
        zarr_c.create_array(
            tmp_path, name=name, data=np.arange(4), zarr_format=2 if ".z" in key else 3
        )
    (tmp_path / key).unlink()
    try:
        PLACES[kind](tmp_path / key)
    except PermissionError:
        pytest.skip("only root may make a device")
    assert run(OPEN, tmp_path, key, timeout=30) == "done\n"


@pytest.mark.parametrize("zarr_format", [2, 3])
def test_a_directory_in_the_place_of_a_document(tmp_path, zarr_format):
    """A directory is a prefix and no object, so there is no array."""
    zarr_c.create_array(tmp_path, data=np.arange(4), zarr_format=zarr_format)
    document = tmp_path / ("zarr.json" if zarr_format == 3 else ".zarray")
    document.unlink()
    document.mkdir()
    for mode in ("r", "r+"):
        with pytest.raises(NodeNotFoundError):
            zarr_c.open(tmp_path, mode=mode)


@pytest.fixture
def read_only(tmp_path):
    """A group in a directory that this process may not change."""
    group = zarr_c.create_group(tmp_path / "x")
    group.create_array("a", data=np.arange(32), chunks=8)
    group.create_array("s", data=np.arange(32), chunks=4, shards=16)
    folders = [tmp_path / "x", *(p for p in (tmp_path / "x").rglob("*") if p.is_dir())]
    user = os.geteuid()
    if user == 0:  # whom permissions do not stop
        for path in (tmp_path, tmp_path.parent, tmp_path.parent.parent):
            path.chmod(0o755)
    for folder in folders:
        folder.chmod(0o555)
    if user == 0:
        os.seteuid(65534)
    yield group
    os.seteuid(user)
    for folder in folders:
        folder.chmod(0o755)


def test_a_directory_that_may_not_be_changed(read_only):
    store, array, shards = read_only.store, read_only["a"], read_only["s"]
    before = {key: store[key] for key in store}
    for change, key in (
        (lambda: array.__setitem__(..., 1), "a/c/"),
        (lambda: array.__setitem__(3, 1), "a/c/0"),
        (lambda: shards.__setitem__(..., 1), "s/c/"),
        (lambda: shards.__setitem__(20, 1), "s/c/1"),
        (lambda: array.attrs.update(a=1), "a/zarr.json"),
        (lambda: array.resize(8), "a/c/"),
        (lambda: array.append([1]), "a/c/4"),
        (lambda: read_only.create_group("g"), "g"),
        (lambda: read_only.create_array("a", shape=3, overwrite=True), "a"),
        (lambda: read_only.__delitem__("a"), "a"),
        (lambda: store.delete("a/c/0"), "a/c/0"),
        (store.clear, ""),
    ):
        with pytest.raises(PermissionError) as caught:
            change()
        assert caught.value.errno == errno.EACCES
        assert key in str(caught.value)
        assert {key: store[key] for key in store} == before
    assert read_only["a"][...].tolist() == read_only["s"][...].tolist() == [*range(32)]


@pytest.mark.parametrize("durability", ["none", "commit", "write"])
def test_a_root_that_vanishes_and_comes_back(tmp_path, durability):
    """What is gone is absent, not damaged; chunks are written anew, the root is found again."""
    root = tmp_path / "x"
    array = zarr_c.create_array(
        LocalStore(root, durability=durability), data=np.arange(1, 9), chunks=2
    )
    root.rename(tmp_path / "away")
    assert array[...].tolist() == [0] * 8
    for use in (array.refresh, lambda: zarr_c.open_array(array.store, mode="r")):
        with pytest.raises(NodeNotFoundError):
            use()
    with pytest.raises((NodeNotFoundError, OSError)):
        array.attrs["a"] = 1
    assert not (root / "zarr.json").exists()  # half an array is not made
    array[2:4] = 7
    assert [p.name for p in root.rglob("*") if p.is_file()] == ["1"]
    (root / "c" / "1").unlink()
    (root / "c").rmdir()
    for lock in root.iterdir():
        lock.unlink()
    root.rmdir()
    (tmp_path / "away").rename(root)
    assert array[...].tolist() == [*range(1, 9)]


def test_a_chunk_that_becomes_a_link_out_of_the_store(tmp_path):
    """Also where the index of a shard was read before."""
    (tmp_path / "secret").write_bytes(bytes(1000))
    array = zarr_c.create_array(tmp_path / "x", data=np.arange(1, 9), chunks=2, shards=8)
    assert array[3] == 4
    (tmp_path / "x/c/0").unlink()
    (tmp_path / "x/c/0").symlink_to("../../secret")
    for use in (lambda: array[3], lambda: array[...], lambda: array.__setitem__(3, 1)):
        with pytest.raises((ChunkCorruptError, UnsafeKeyError), match="c/0"):
            use()
    array[...] = 5
    assert (tmp_path / "secret").read_bytes() == bytes(1000)
    assert array[...].tolist() == [5] * 8
