"""Servers that the tests of remote stores ask; each is started once."""

import os

import pytest
from servers import Azurite, FakeGcs, SeaweedServer

# gcsfs would ask a service of Google, by gRPC, what kind of bucket it has
os.environ.setdefault("GCSFS_EXPERIMENTAL_ZB_HNS_SUPPORT", "false")


@pytest.fixture(scope="session")
def seaweed(tmp_path_factory):
    """SeaweedFS as an S3 server with a bucket ``zarr``."""
    with SeaweedServer(tmp_path_factory.mktemp("seaweed")) as server:
        server.make_bucket("zarr")
        yield server


@pytest.fixture(scope="session")
def azurite(tmp_path_factory):
    """Azurite with a container ``zarr``."""
    import adlfs

    with Azurite(tmp_path_factory.mktemp("azurite")) as server:
        adlfs.AzureBlobFileSystem(**server.fsspec_options).mkdir("zarr")
        yield server


@pytest.fixture(scope="session")
def gcs():
    """A server that speaks as Google Cloud Storage does, with a bucket ``zarr``."""
    with FakeGcs() as server:
        server.make_bucket("zarr")
        yield server
