"""What every store promises, for ZIP archives."""

import io
import zipfile

import pytest

from zarr_c.errors import StoreError
from zarr_c.storage.zip import ZipStore
from zarr_c.testing import StoreContract
from zarr_c.testing.objects import fill
from zarr_c.testing.store import in_child


class ZipContract(StoreContract):
    """The contract, but that a forked child can only read.

    What it would write lay in a file of its own that could never become the archive, so it is
    told at once.
    """

    __test__ = False

    def test_fork(self, store):
        fill(store, "before")

        def child():
            assert store["before"] == b"before"
            assert store.list() == ["before"]
            for change in (
                lambda: store.set("child", b""),
                lambda: store.delete("before"),
                lambda: store.delete_dir(""),
                lambda: store.rename("before", "child"),
                lambda: store.set_if_not_exists("child", b""),
                store.flush,
            ):
                with pytest.raises(StoreError, match="forked child"):
                    change()
            store.close()

        assert in_child(child) == ""
        assert store["before"] == b"before"
        store["after"] = b"after"
        assert store["after"] == b"after"
        store.flush()
        assert sorted(store) == ["after", "before"]


class TestZip(ZipContract):
    __test__ = True

    def make_store(self, tmp_path, **options):
        return ZipStore(tmp_path / "a.zip", mode="a", **options)


class TestNewZip(ZipContract):
    """Mode 'w', and 'a' when there is an archive."""

    __test__ = True

    def make_store(self, tmp_path, **options):
        path = tmp_path / "a.zip"
        return ZipStore(path, mode="a" if path.exists() else "w", **options)


class TestDeflated(ZipContract):
    __test__ = True
    largest = 4 << 20

    def make_store(self, tmp_path, **options):
        path = tmp_path / "a.zip"
        return ZipStore(path, mode="a", compression=zipfile.ZIP_DEFLATED, **options)


class TestZipInMemory(ZipContract):
    __test__ = True

    def make_store(self, tmp_path, **options):
        if getattr(self, "_path", None) != tmp_path:
            self._path, self._file = tmp_path, io.BytesIO()
        return ZipStore(self._file, mode="a", **options)

    def test_pickle(self, store):
        """Another process has no such object."""
        import pickle

        with pytest.raises(TypeError, match=r"zip://BytesIO/.*cannot be pickled"):
            pickle.dumps(store)
