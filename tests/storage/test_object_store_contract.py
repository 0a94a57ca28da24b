"""What every store promises, over the stores of obstore that need no server."""

import pickle

import pytest
from obstore.store import MemoryStore

from zarr_c.storage.object_store import ObjectStore
from zarr_c.testing import StoreContract


class TestObjectsInADirectory(StoreContract):
    forks = False  # see `test_a_forked_child_is_told`

    def make_store(self, tmp_path, **options):
        return ObjectStore(f"file://{tmp_path}/root", **options)


class TestObjectsInMemory(StoreContract):
    survives = forks = False

    def make_store(self, tmp_path, **options):
        return ObjectStore(MemoryStore(), **options)

    def test_pickle(self, store):
        with pytest.raises(TypeError, match="memory cannot be pickled"):
            pickle.dumps(store)
