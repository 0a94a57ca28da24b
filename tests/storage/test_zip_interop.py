"""ZIP archives of ours in other hands, theirs in ours, and those beyond 32 bits."""

import asyncio
import shutil
import subprocess
import zipfile
from pathlib import Path

import numpy as np
import pytest
import tensorstore
import zarr
from zarr.core.buffer import default_buffer_prototype

import zarr_c
from zarr_c.errors import StoreError
from zarr_c.storage.zip import ZipStore

DATA = np.arange(6000, dtype="i4").reshape(60, 100)


@pytest.fixture
def path(tmp_path):
    return tmp_path / "a.zip"


@pytest.fixture
def large(path):
    """A path whose file is too large to be kept after the test."""
    yield path
    path.unlink()


@pytest.mark.parametrize("zarr_format", [2, 3])
@pytest.mark.parametrize("method", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED])
def test_others_read_what_we_write(path, zarr_format, method):
    with ZipStore(path, "w", method) as store:
        z = zarr_c.create_array(
            store, name="g/x", data=DATA - 1, chunks=(7, 30), zarr_format=zarr_format
        )
        z[...] = DATA
        z.attrs["unit"] = "m"
    with zarr.storage.ZipStore(path) as theirs:
        x = zarr.open_array(theirs, path="g/x", mode="r")
        assert np.array_equal(x[...], DATA)
        assert x.attrs["unit"] == "m"
    base = {"driver": "zip", "base": f"file://{path}", "path": "g/x/"}
    driver = "zarr3" if zarr_format == 3 else "zarr"
    x = tensorstore.open({"driver": driver, "kvstore": base}, open=True).result()
    assert np.array_equal(x.read().result(), DATA)


@pytest.mark.parametrize("zarr_format", [2, 3])
@pytest.mark.parametrize("method", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED])
@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_we_read_and_change_what_zarr_python_writes(path, zarr_format, method):
    with zarr.storage.ZipStore(path, mode="w", compression=method) as theirs:
        x = zarr.create_array(
            theirs, name="x", data=DATA, chunks=(7, 30), zarr_format=zarr_format
        )
        x[:5] = -1  # entries twice
    expected = DATA.copy()
    expected[:5] = -1
    with ZipStore(path) as store:
        assert np.array_equal(zarr_c.open_array(store, path="x", mode="r")[...], expected)
    with ZipStore(path, "a") as store:
        zarr_c.open_array(store, path="x")[2:4] = 7
    expected[2:4] = 7
    with zipfile.ZipFile(path) as archive:
        assert len(set(archive.namelist())) == len(archive.namelist())
    with zarr.storage.ZipStore(path) as theirs:
        assert np.array_equal(zarr.open_array(theirs, path="x", mode="r")[...], expected)


@pytest.mark.skipif(shutil.which("unzip") is None, reason="needs Info-ZIP's zip and unzip")
@pytest.mark.parametrize("options", [["-0"], ["-9"], ["-9", "-fz"], ["-0", "-fz-"]])
def test_we_read_and_change_what_info_zip_writes(path, options):
    """With directories, extra fields and, on request, zip64; unzip finds ours faultless."""
    folder = path.parent / "folder"
    zarr_c.create_array(folder, name="g/x", data=DATA, chunks=(7, 30))
    subprocess.run(
        ["zip", "-q", "-r", *options, str(path), "."], cwd=folder, check=True, timeout=60
    )
    with ZipStore(path, "a") as store:
        assert np.array_equal(zarr_c.open_array(store, path="g/x", mode="r")[...], DATA)
        assert sorted(store) == sorted(zarr_c.storage.LocalStore(folder))
        assert sorted(store.list_dir("g")) == ["x", "zarr.json"]
        before = path.stat().st_size
        store.compact()
        assert path.stat().st_size < before
        zarr_c.open_array(store, path="g/x")[0] = 5
    checked = subprocess.run(
        ["unzip", "-t", str(path)], capture_output=True, text=True, check=True, timeout=60
    )
    assert "No errors detected" in checked.stdout
    x = zarr_c.open_array(ZipStore(path), path="g/x", mode="r")
    assert np.array_equal(x[1:], DATA[1:])
    assert (x[0] == 5).all()


# format.md T2
@pytest.mark.parametrize("zarr_format", [2, 3])
def test_zipped_from_within_or_from_the_parent(zarr_format):
    """Archives of zarrita.js hold what its directory holds, below a folder of it or not."""
    corpus = Path(__file__).resolve().parents[3] / "shared/corpora/zarrita_js"
    if not corpus.is_dir():
        pytest.skip(f"no corpora of other implementations at {corpus}")
    folder = corpus / f"v{zarr_format}"
    expected = zarr_c.open_array(folder / "data.zarr/1d.contiguous.raw.i2", mode="r")
    archives = sorted(folder.glob("*.zip"))
    assert len(archives) == {2: 2, 3: 3}[zarr_format]
    for archive in archives:
        with ZipStore(archive) as store:
            top = "data.zarr" if "data.zarr" in store.list_dir() else ""
            x = zarr_c.open_array(store, path=f"{top}/1d.contiguous.raw.i2", mode="r")
            assert x.metadata == expected.metadata
            assert np.array_equal(x[...], expected[...])


def test_an_archive_behind_a_program(path):
    """As self-extracting archives are: offsets count from the archive's begin or the file's."""
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("a", b"1")
        archive.writestr("b", bytes(1000))
    program = b"#!/bin/sh\n" * 100
    path.write_bytes(program + path.read_bytes())
    assert dict(ZipStore(path)) == {"a": b"1", "b": bytes(1000)}
    with ZipStore(path, "a") as store:
        store["c"] = b"3"
    with zipfile.ZipFile(path) as archive:
        assert archive.namelist() == ["c", "a", "b"]


def test_names_in_old_encodings(path):
    """What has no flag for UTF-8 is in code page 437, as zipfile has it."""
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("uml/xyz", b"1")
    path.write_bytes(path.read_bytes().replace(b"xyz", "üß°".encode("cp437")))
    with ZipStore(path, "a") as store:
        assert dict(store) == {"uml/üß°": b"1"}
        store["a"] = b"2"
    with zipfile.ZipFile(path) as archive:
        assert {name: archive.read(name) for name in archive.namelist()} == {
            "uml/üß°": b"1",
            "a": b"2",
        }


def by_zarr_python(path, *keys):
    """Objects as zarr-python's store reads them, and how many keys it lists."""

    async def read():
        with await zarr.storage.ZipStore.open(path, mode="r") as store:
            prototype = default_buffer_prototype()
            found = [await store.get(key, prototype) for key in keys]
            return [value.to_bytes() for value in found], len(store._zf.namelist())

    return asyncio.run(read())


def test_more_entries_than_16_bits_can_count(path):
    count = 65_540
    with ZipStore(path, "w") as store:
        for i in range(count):
            store[f"c/{i}"] = str(i).encode()
    with zipfile.ZipFile(path) as archive:
        assert len(archive.namelist()) == count
        assert archive.read("c/65539") == b"65539"
    assert by_zarr_python(path, "c/0", "c/65539") == ([b"0", b"65539"], count)
    with ZipStore(path, "a") as store:
        assert len(store) == count
        assert store["c/65539"] == b"65539"
        store.delete_dir("c/")
        store["a"] = b"1"
    with zipfile.ZipFile(path) as archive:
        assert archive.namelist() == ["a"]


def test_more_than_32_bits_can_say(large):
    """An object of more than 4 GiB and others behind it, written and read."""
    path, size = large, 2**32 + 5
    zeros = bytes(size)  # the system gives its pages when they are written, which nobody does
    with ZipStore(path, "w") as store:
        store["big"] = zeros
        store["after"] = b"1" * 100
        store["c/0"] = b"2" * 100_000
    assert path.stat().st_size > size
    with zipfile.ZipFile(path) as archive:
        assert archive.getinfo("big").file_size == size
        assert archive.getinfo("after").header_offset > size
        assert archive.read("c/0") == b"2" * 100_000
        with archive.open("big") as big:
            assert big.read(5) == bytes(5)
    assert by_zarr_python(path, "after", "c/0")[0] == [b"1" * 100, b"2" * 100_000]
    with ZipStore(path) as store:
        assert store.getsize("big") == size
        assert store.get_range("big", -3) == bytes(3)
        assert store.get_range("big", 2**32 - 2, 5) == bytes(5)
        assert store["after"] == b"1" * 100


def test_an_archive_behind_5_gib_of_something_else(large):
    path = large
    with ZipStore(path, "w") as store:
        store["a"] = b"1" * 50
    whole = path.read_bytes()
    with path.open("wb") as file:
        file.seek(5 << 30)
        file.write(whole)
    with ZipStore(path, "a") as store:
        assert store["a"] == b"1" * 50
        store.compact()
    assert path.read_bytes() == whole


def test_what_needs_zip64_is_refused_without_it(path):
    with ZipStore(path, "w") as store:
        store["old"] = b"0"
    store = ZipStore(path, "w", allowZip64=False)
    with pytest.raises(StoreError, match="'big': expected less than 4 GiB as allowZip64"):
        store["big"] = bytes(2**32)
    for i in range(65_535):
        store[f"c/{i}"] = b""
    store.flush()
    with zipfile.ZipFile(path, allowZip64=False) as archive:
        assert len(archive.namelist()) == 65_535
    before = path.read_bytes()
    store["one more"] = b"1"
    with pytest.raises(StoreError, match=r"allowZip64: .*65,535 entries.*found 65536"):
        store.close()
    assert path.read_bytes() == before
    del store["one more"]
    store.close()
    assert len(ZipStore(path)) == 65_535
