"""Servers that the tests of remote stores ask; each is started once."""

import pytest
from servers import SeaweedServer


@pytest.fixture(scope="session")
def seaweed(tmp_path_factory):
    """SeaweedFS as an S3 server with a bucket ``zarr``."""
    with SeaweedServer(tmp_path_factory.mktemp("seaweed")) as server:
        server.make_bucket("zarr")
        yield server
