"""What every store promises, over S3 (SeaweedFS), by s3fs and by obstore."""

import pytest

from zarr_c.storage import FsspecStore, ObjectStore
from zarr_c.testing import StoreContract


class OnSeaweed(StoreContract):
    """Every test has a prefix of its own in one bucket."""

    @pytest.fixture(autouse=True)
    def _server(self, seaweed):
        self.server = seaweed

    def url(self, tmp_path):
        return f"s3://zarr/{type(self).__name__}/{tmp_path.name}"


class TestFsspecOnS3(OnSeaweed):
    def make_store(self, tmp_path, **options):
        return FsspecStore(self.url(tmp_path), **self.server.s3fs_options, **options)


class TestObjectStoreOnS3(OnSeaweed):
    forks = False  # see tests/storage/test_object_store.py

    def make_store(self, tmp_path, **options):
        return ObjectStore(self.url(tmp_path), **self.server.obstore_options, **options)


del OnSeaweed, StoreContract  # they are not to be collected
