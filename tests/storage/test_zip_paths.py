"""A path that ends in ``.zip`` opens the archive."""

import zipfile

import numpy as np
import pytest

import zarr_c
from zarr_c.errors import GroupNotFoundError
from zarr_c.storage import ZipStore
from zarr_c.storage.resolve import resolve

DATA = np.arange(600.0).reshape(20, 30)


def test_saving_and_loading(tmp_path):
    path = tmp_path / "x.zip"
    zarr_c.save(path, DATA)
    assert zipfile.is_zipfile(path)
    assert np.array_equal(zarr_c.load(path), DATA)
    zarr_c.save(str(path), a=DATA, b=DATA + 1)
    loaded = zarr_c.load(str(path))
    assert np.array_equal(loaded["b"], DATA + 1)
    with zipfile.ZipFile(path) as archive:
        assert len(set(archive.namelist())) == len(archive.namelist())


def test_stores_of_one_path_share_what_is_not_yet_flushed(tmp_path):
    path = str(tmp_path / "x.zip")
    group = zarr_c.open_group(path)
    zarr_c.create_array(path, "a", data=DATA, chunks=(7, 8))
    assert np.array_equal(group["a"][...], DATA)
    assert np.array_equal(zarr_c.open_array(path, path="a", mode="r")[...], DATA)
    assert not (tmp_path / "x.zip").exists()
    group.store.close()
    again = zarr_c.open_group(path, mode="r")
    assert np.array_equal(again["a"][...], DATA)
    assert type(again.store) is ZipStore


def test_nothing_is_lost_when_nobody_closes(tmp_path):
    zarr_c.create_array(tmp_path / "x.zip", data=DATA)
    zarr_c.open_group(tmp_path / "y.zip", mode="w").create_array("a", data=DATA)
    assert np.array_equal(zarr_c.open_array(tmp_path / "x.zip", mode="r")[...], DATA)
    assert np.array_equal(zarr_c.open_array(tmp_path / "y.zip", mode="r", path="a")[...], DATA)


def test_modes(tmp_path):
    path = tmp_path / "x.zip"
    for mode in ("r", "r+"):
        with pytest.raises(FileNotFoundError, match=r"x\.zip"):
            zarr_c.open_group(path, mode=mode)
    with pytest.raises(FileNotFoundError):
        zarr_c.open_array(path, path="a")
    assert list(tmp_path.iterdir()) == []
    zarr_c.save(path, a=DATA)
    with pytest.raises(FileExistsError):
        zarr_c.open_group(path, mode="w-")
    path.write_bytes(b"damaged")
    zarr_c.open_group(path, mode="w").store.close()  # heals what it replaces
    with pytest.raises(GroupNotFoundError):
        zarr_c.open_group(path, mode="r", path="a")


def test_a_directory_of_that_name_is_one(tmp_path):
    (tmp_path / "x.zip").mkdir()
    zarr_c.save(tmp_path / "x.zip", DATA)
    assert (tmp_path / "x.zip" / "zarr.json").is_file()
    assert str(resolve(tmp_path / "x.zip").store).startswith("file://")
