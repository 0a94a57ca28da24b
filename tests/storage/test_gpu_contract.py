"""What every store promises, of the one in the memory of a GPU."""

import pickle

import pytest

from zarr_c.storage.gpu import GpuMemoryStore
from zarr_c.testing import StoreContract


@pytest.mark.usefixtures("cupy")
class TestGpuMemory(StoreContract):
    survives = False
    forks = False  # CUDA does not; test_gpu.py tests what is said instead

    def make_store(self, tmp_path, **options):
        return GpuMemoryStore(**options)

    def test_pickle(self, store):
        store["a/b"] = b"1"
        with pytest.raises(TypeError, match=r"cannot be pickled.*to_host"):
            pickle.dumps(store)
        copy = pickle.loads(pickle.dumps(store.to_host()))
        assert dict(copy) == {"a/b": b"1"}
