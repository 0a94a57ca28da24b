"""The usage examples of the storage page, word for word, with zarr_c in the place of zarr.

The cloud is servers on this machine, which the environment names as it would name real ones;
only ``https://example.com`` is exchanged for Python's own web server.
"""

import re

import numpy as np
import pytest
from web import web_server

import zarr_c

LOCAL = """
import zarr
from zarr.storage import LocalStore

# Create local store
store = LocalStore('path/to/zarr/data')

# Use with zarr operations
arr = zarr.create_array(store, shape=(1000, 1000), chunks=(100, 100))
arr[:100, :100] = 1.0

# Direct store access
store['array_metadata/.zarray'] = b'{"shape": [1000, 1000]}'
metadata_bytes = store['array_metadata/.zarray']
"""

MEMORY = """
from zarr.storage import MemoryStore

# Create in-memory store
store = MemoryStore()

# Create temporary arrays
temp_arr = zarr.create_array(store, shape=(100, 100))
temp_arr[:] = 42

# Memory stores are automatically cleaned up
"""

ZIP = """
from zarr.storage import ZipStore

# Create ZIP store for archival
with ZipStore('dataset.zip', mode='w') as store:
    arr1 = zarr.create_array(store, 'array1', shape=(500, 500))
    arr2 = zarr.create_array(store, 'array2', shape=(300, 300))
    
    # Data is compressed in ZIP format
    arr1[:] = np.random.random((500, 500))
    arr2[:] = np.random.random((300, 300))

# Read from ZIP store
with ZipStore('dataset.zip', mode='r') as store:
    arr1 = zarr.open_array(store, 'array1')
    data = arr1[:]
"""  # noqa: W293

FSSPEC = """
from zarr.storage import FsspecStore

# S3 storage
s3_store = FsspecStore(
    's3://my-bucket/zarr-data/',
    key='aws_access_key_id',
    secret='aws_secret_access_key'
)

# Create array in S3
arr = zarr.create_array(s3_store, shape=(10000, 10000), chunks=(1000, 1000))

# Google Cloud Storage
gcs_store = FsspecStore('gs://my-bucket/zarr-data/')
arr = zarr.create_array(gcs_store, shape=(5000, 5000))

# HTTP storage (read-only)
http_store = FsspecStore('https://example.com/data.zarr')
arr = zarr.open_array(http_store)
"""

OBJECTS = """
from zarr.storage import ObjectStore

# Fast cloud object storage
store = ObjectStore('s3://bucket/path/')

# Supports async operations for better performance  
import asyncio

async def async_write():
    await store.set_async('data/chunk.0.0', chunk_data)
    
asyncio.run(async_write())
"""  # noqa: W291, W293

WRAPPING = """
from zarr.storage import LoggingStore, LocalStore
import logging

# Add logging to any store
base_store = LocalStore('data/')
logged_store = LoggingStore(base_store, log_level=logging.DEBUG)

# All operations will be logged
arr = zarr.create_array(logged_store, shape=(100, 100))
"""

PATHS = """
from zarr.storage import StorePath, LocalStore

store = LocalStore('root/data/')
path = StorePath(store, 'experiments/run1')

# Path-like operations
sub_path = path / 'results' / 'array1'
parent = sub_path.parent

# Use with zarr
arr = zarr.create_array(sub_path, shape=(100, 100))
"""

CONFIGURATION = """
# High-performance local storage
fast_store = LocalStore('/fast/ssd/path', map_size=2**30)

# Network-optimized storage
network_store = FsspecStore(
    's3://bucket/data/',
    cache_type='blockcache',
    block_size=1024*1024
)

# Memory-efficient storage
efficient_store = LocalStore('/path', normalize_keys=False)
"""


@pytest.fixture
def run(tmp_path, monkeypatch):
    """Run an example in an empty directory; gives the names that it defined."""
    monkeypatch.chdir(tmp_path)

    def run(example, **names):
        text = re.sub(r"\bimport zarr\b", "import zarr_c as zarr", example)
        text = text.replace("from zarr.storage", "from zarr_c.storage")
        names = {"zarr": zarr_c, "np": np, **names}
        exec(text, names)
        return names

    return run


@pytest.fixture
def cloud(seaweed, gcs, monkeypatch):
    """What a user's environment says of credentials and services."""
    monkeypatch.setenv("AWS_ENDPOINT_URL", seaweed.url)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "test")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "testtest")
    monkeypatch.setenv("AWS_REGION", "us-east-1")
    monkeypatch.setenv("STORAGE_EMULATOR_HOST", gcs.url)


def test_local_filesystem_storage(run, tmp_path):
    names = run(LOCAL)
    assert names["metadata_bytes"] == b'{"shape": [1000, 1000]}'
    assert (tmp_path / "path/to/zarr/data/array_metadata/.zarray").is_file()
    assert names["arr"][...].sum() == 10_000


def test_memory_storage(run):
    names = run(MEMORY)
    assert names["temp_arr"].dtype == "f8"
    assert (names["temp_arr"][...] == 42).all()


def test_zip_file_storage(run, tmp_path):
    names = run(ZIP)
    assert names["data"].shape == (500, 500)
    assert 0.4 < names["data"].mean() < 0.6
    assert (tmp_path / "dataset.zip").is_file()


def test_cloud_storage_with_fsspec(run, cloud, seaweed, gcs, tmp_path):
    zarr_c.create_array(tmp_path / "www" / "data.zarr", data=np.arange(5))
    seaweed.make_bucket("my-bucket")
    gcs.make_bucket("my-bucket")
    with web_server(tmp_path / "www") as server:
        names = run(FSSPEC.replace("https://example.com", server.url))
        assert names["arr"][...].tolist() == [0, 1, 2, 3, 4]
    assert names["s3_store"].list() == ["zarr.json"]
    assert zarr_c.open_array(names["s3_store"], mode="r").shape == (10_000, 10_000)
    assert zarr_c.open_array(names["gcs_store"], mode="r").shape == (5000, 5000)


def test_high_performance_object_storage(run, cloud, seaweed):
    seaweed.make_bucket("bucket")
    names = run(OBJECTS, chunk_data=b"0123")
    assert names["store"]["data/chunk.0.0"] == b"0123"


def test_store_composition_and_wrapping(run, tmp_path, caplog):
    with caplog.at_level("DEBUG"):
        names = run(WRAPPING)
        names["arr"][0, 0] = 1
    assert "zarr.json" in caplog.text
    assert "c/0/0" in caplog.text
    assert (tmp_path / "data/zarr.json").is_file()


def test_store_path_navigation(run, tmp_path):
    names = run(PATHS)
    assert names["parent"].path == "experiments/run1/results"
    assert (tmp_path / "root/data/experiments/run1/results/array1/zarr.json").is_file()


def test_store_configuration(run, cloud):
    from zarr_c.storage import FsspecStore, LocalStore

    names = run(CONFIGURATION, FsspecStore=FsspecStore, LocalStore=LocalStore)
    assert str(names["fast_store"].root) == "/fast/ssd/path"
    assert names["network_store"].fs.default_cache_type == "blockcache"
    assert names["efficient_store"].list() == []
