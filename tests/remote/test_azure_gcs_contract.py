"""What every store promises, over Azure (Azurite) and Google Cloud (fake-gcs-server)."""

import numpy as np
import pytest

import zarr_c
from zarr_c.storage import FsspecStore, ObjectStore
from zarr_c.testing import StoreContract


# aiohttp says it of values above 1 MiB, which adlfs and gcsfs hand it as they are
@pytest.mark.filterwarnings("ignore:Sending a large body:ResourceWarning")
class OnEmulator(StoreContract):
    """Every test has a prefix of its own in one bucket."""

    scheme = ""

    def url(self, tmp_path):
        return f"{self.scheme}://zarr/{type(self).__name__}/{tmp_path.name}"


class OnAzurite(OnEmulator):
    scheme = "az"

    @pytest.fixture(autouse=True)
    def _server(self, azurite):
        self.server = azurite


class OnGcs(OnEmulator):
    scheme = "gs"

    @pytest.fixture(autouse=True)
    def _server(self, gcs):
        self.server = gcs


class TestFsspecOnAzure(OnAzurite):
    refused = ("?",)  # adlfs lists other names than it stores

    def make_store(self, tmp_path, **options):
        return FsspecStore(self.url(tmp_path), **self.server.fsspec_options, **options)


class TestObjectStoreOnAzure(OnAzurite):
    forks = False  # see tests/storage/test_object_store.py

    def make_store(self, tmp_path, **options):
        return ObjectStore(self.url(tmp_path), **self.server.obstore_options, **options)


class TestFsspecOnGcs(OnGcs):
    def make_store(self, tmp_path, **options):
        return FsspecStore(self.url(tmp_path), **self.server.fsspec_options, **options)


del OnEmulator, OnAzurite, OnGcs, StoreContract  # they are not to be collected


def test_obstore_reads_google_cloud_storage(gcs, tmp_path):
    """No server that can be had here takes obstore's writes: they go through the XML API."""
    url, data = f"gs://zarr/{tmp_path.name}", np.arange(600).reshape(20, 30)
    writer = FsspecStore(url, **gcs.fsspec_options)
    zarr_c.create_group(writer).create_array("a/b", data=data, chunks=(7, 8))
    store = ObjectStore(url, **gcs.obstore_options)
    assert str(store) == url
    assert np.array_equal(zarr_c.open_array(store, path="a/b", mode="r")[...], data)
    assert store["zarr.json"] == writer["zarr.json"]
    assert store.get("nothing") is None
    assert store.get_range("zarr.json", 2, 5) == writer["zarr.json"][2:7]
    assert store.get_range("zarr.json", -5) == writer["zarr.json"][-5:]
