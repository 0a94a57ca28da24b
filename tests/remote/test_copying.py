"""Copies and new hierarchies in a bucket: what arrives, with how many requests."""

import numpy as np
import pytest
from proxy import Proxy

import zarr_c
from zarr_c.creation import array_metadata
from zarr_c.storage import FsspecStore, MemoryStore, ObjectStore

DATA = np.arange(10_000, dtype="f4").reshape(100, 100)


@pytest.fixture(scope="module")
def proxy(seaweed):
    with Proxy(seaweed.port) as proxy:
        yield proxy


@pytest.fixture(params=["s3fs", "obstore"])
def bucket(request, seaweed, proxy, tmp_path):
    url = f"s3://zarr/copying/{tmp_path.name}"
    if request.param == "s3fs":
        return FsspecStore(url, **seaweed.s3fs_options | {"endpoint_url": proxy.url})
    return ObjectStore(url, **seaweed.obstore_options | {"endpoint": proxy.url})


@pytest.fixture
def source():
    root = zarr_c.create_group(MemoryStore(), attributes={"a": 1})
    root.create_array("g/x", data=DATA, chunks=(10, 10))
    return root


def test_there_and_back(bucket, source, proxy):
    dest = zarr_c.create_group(bucket)
    proxy.reset()
    assert zarr_c.copy_all(source, dest) == (2, 0, DATA.nbytes)
    assert len(proxy.requests) < 100 + 25  # a request for each chunk, and a few
    back = zarr_c.create_group(MemoryStore())
    zarr_c.copy_all(zarr_c.open_group(bucket, mode="r"), back)
    assert (back["g/x"][:] == DATA).all()
    assert back.attrs == {"a": 1}
    assert {**back.store} == {**source.store}


def test_stores(bucket, source):
    copied = zarr_c.copy_store(source.store, bucket)
    assert copied == (len(source.store), 0, sum(map(len, source.store.values())))
    back = MemoryStore()
    zarr_c.copy_store(bucket, back)
    assert {**back} == {**source.store}


def test_a_hierarchy(bucket, proxy):
    metadata = array_metadata(shape=(4, 6), dtype="i2")
    nodes = {f"g{i % 3}/x{i}": metadata for i in range(30)}
    proxy.reset()
    created = zarr_c.create_hierarchy(store=bucket, nodes=nodes)
    # some clients look before they write what must not be there
    assert len(proxy.requests) <= 2 * (30 + 4) + 8
    assert len(list(created)) == 34
    proxy.reset()
    assert len(zarr_c.open_group(bucket, mode="r").members(None)) == 33
    # zarr.json of all, a listing of each group
    assert len(proxy.requests) <= 1 + 33 + 4
