"""What every store promises, over the filesystems of fsspec that need no server."""

import fsspec

from zarr_c.storage.fsspec import FsspecStore
from zarr_c.testing import StoreContract


class TestLocalFilesystem(StoreContract):
    """Files, written under another name and moved."""

    def make_store(self, tmp_path, **options):
        return FsspecStore(f"file://{tmp_path}/root", **options)


class TestMemoryFilesystem(StoreContract):
    """Memory of this process, found again by its path."""

    def make_store(self, tmp_path, **options):
        return FsspecStore(f"memory://{tmp_path}", **options)


class TestDirectoryInMemory(StoreContract):
    """A filesystem within another, as an instance; keys lie at its root."""

    def make_store(self, tmp_path, **options):
        return FsspecStore(
            fsspec.filesystem("dir", path=str(tmp_path), fs=fsspec.filesystem("memory")),
            **options,
        )


class TestFlat(StoreContract):
    """Keys without directories."""

    def make_store(self, tmp_path, **options):
        return FsspecStore(f"memory://{tmp_path}/flat", key_separator="__", **options)
