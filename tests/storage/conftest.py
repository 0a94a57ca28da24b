"""What several tests of stores need."""

import pytest

from zarr_c.storage import MemoryStore


@pytest.fixture(params=["directory", "memory"])
def cache_store(request, tmp_path):
    """Where a CacheStore keeps objects: the path of a directory, or a store in memory."""
    return tmp_path / "cache" if request.param == "directory" else MemoryStore()
