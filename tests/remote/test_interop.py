"""zarr-python and tensorstore read over S3 what zarr_c wrote there, and the other way round."""

import numpy as np
import pytest
import tensorstore
import zarr
from obstore.store import S3Store
from servers import KEY, SECRET

import zarr_c
from zarr_c.storage import FsspecStore, ObjectStore

DATA = np.random.default_rng(0).normal(size=(50, 60)).astype("f4")


@pytest.fixture(params=["s3fs", "obstore"])
def store(request, seaweed, tmp_path):
    url = f"s3://zarr/interop/{tmp_path.name}"
    if request.param == "s3fs":
        return FsspecStore(url, **seaweed.s3fs_options)
    return ObjectStore(url, **seaweed.obstore_options)


@pytest.fixture
def theirs(seaweed, tmp_path):
    """The same place, as zarr-python has it."""
    options = seaweed.obstore_options | {"client_options": {"allow_http": True}}
    return zarr.storage.ObjectStore(
        S3Store("zarr", prefix=f"interop/{tmp_path.name}", **options)
    )


def open_tensorstore(seaweed, tmp_path, monkeypatch, **options):
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", KEY)
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", SECRET)
    place = {
        "driver": "s3",
        "bucket": "zarr",
        "path": f"interop/{tmp_path.name}/a/",
        "endpoint": seaweed.url,
        "aws_region": "us-east-1",
        "aws_credentials": {"type": "environment"},
    }
    return tensorstore.open({"driver": "zarr3", "kvstore": place}, **options).result()


@pytest.mark.parametrize("zarr_format", [2, 3])
def test_zarr_python_reads_ours(store, theirs, zarr_format):
    group = zarr_c.create_group(store, attributes={"x": 1}, zarr_format=zarr_format)
    group.create_array("a", data=DATA, chunks=(7, 9))
    found = zarr.open_group(theirs, mode="r")
    assert dict(found.attrs) == {"x": 1}
    assert np.array_equal(found["a"][...], DATA)
    assert list(found.array_keys()) == ["a"]


@pytest.mark.parametrize("zarr_format", [2, 3])
def test_we_read_zarr_pythons(store, theirs, zarr_format):
    group = zarr.create_group(theirs, attributes={"x": 1}, zarr_format=zarr_format)
    group.create_array("a", data=DATA, chunks=(7, 9))
    found = zarr_c.open_group(store, mode="r")
    assert dict(found.attrs) == {"x": 1}
    assert np.array_equal(found["a"][...], DATA)
    assert list(found.array_keys()) == ["a"]


def test_tensorstore_reads_ours(store, seaweed, tmp_path, monkeypatch):
    zarr_c.create_array(store, name="a", data=DATA, chunks=(7, 9))
    found = open_tensorstore(seaweed, tmp_path, monkeypatch, open=True)
    assert np.array_equal(found[...].read().result(), DATA)


def test_we_read_tensorstores(store, seaweed, tmp_path, monkeypatch):
    array = open_tensorstore(
        seaweed,
        tmp_path,
        monkeypatch,
        create=True,
        dtype=tensorstore.float32,
        shape=DATA.shape,
        chunk_layout=tensorstore.ChunkLayout(chunk_shape=(7, 9)),
    )
    array[...].write(DATA).result()
    assert np.array_equal(zarr_c.open_array(store, path="a", mode="r")[...], DATA)
