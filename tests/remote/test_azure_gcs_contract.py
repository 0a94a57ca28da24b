"""What every store promises, over emulators of Azure and of Google Cloud Storage."""

import pytest

from zarr_c.storage import FsspecStore, ObjectStore
from zarr_c.testing import StoreContract


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
    def make_store(self, tmp_path, **options):
        return FsspecStore(self.url(tmp_path), **self.server.fsspec_options, **options)


class TestObjectStoreOnAzure(OnAzurite):
    forks = False  # see tests/storage/test_object_store.py

    def make_store(self, tmp_path, **options):
        return ObjectStore(self.url(tmp_path), **self.server.obstore_options, **options)


class TestFsspecOnGcs(OnGcs):
    def make_store(self, tmp_path, **options):
        return FsspecStore(self.url(tmp_path), **self.server.fsspec_options, **options)


class TestObjectStoreOnGcs(OnGcs):
    forks = False

    def make_store(self, tmp_path, **options):
        return ObjectStore(self.url(tmp_path), **self.server.obstore_options, **options)


del OnEmulator, OnAzurite, OnGcs, StoreContract  # they are not to be collected
