"""Stores: where the bytes of arrays and groups are kept.

====================  ======================================================
`keys.py`             which strings may name an object
`ranges.py`           which bytes of an object
`primitives.py`       what a store gives: get, set, delete, list
`verbs.py`            what can be done with it: the mapping, ranges, batches, directories
`base.py`             the base of every store, with the verbs as coroutines
`concurrent.py`       requests at once
`local.py`            a directory of files, written natively
`memory.py`           memory, served natively
`gpu.py`              memory of a GPU; `device.py` speaks to CuPy for it
`mapping.py`          any mapping of strings to bytes
`zip.py`              a ZIP archive; the other `zip_*.py` read and write the format for it
`remote.py`           what stores that ask others have in common
`fsspec.py`           any filesystem of fsspec; `filesystems.py` is its one face for all of them
`object_store.py`     S3, Google Cloud Storage and Azure, by obstore
`coroutines.py`       a store of zarr-python, or one that was written like those
`wrapper.py`          around another store; `logging.py` tells what it is asked, `cache.py`
                      keeps what it has given
`path.py`             a place within a store
`resolve.py`          paths, URLs and mappings to places
====================  ======================================================
"""

from typing import TYPE_CHECKING, Any

from zarr_c.storage.base import Store
from zarr_c.storage.local import LocalStore
from zarr_c.storage.mapping import MappingStore
from zarr_c.storage.memory import ManagedMemoryStore, MemoryStore
from zarr_c.storage.path import StorePath
from zarr_c.storage.ranges import OffsetByteRequest, RangeByteRequest, SuffixByteRequest
from zarr_c.storage.resolve import StoreLike

if TYPE_CHECKING:
    from zarr_c.storage.cache import CacheStore
    from zarr_c.storage.coroutines import CoroutineStore
    from zarr_c.storage.fsspec import FsspecStore
    from zarr_c.storage.gpu import GpuMemoryStore
    from zarr_c.storage.logging import LoggingStore
    from zarr_c.storage.object_store import ObjectStore
    from zarr_c.storage.wrapper import WrapperStore
    from zarr_c.storage.zip import ZipStore

__all__ = [
    "CacheStore",
    "CoroutineStore",
    "FsspecStore",
    "GpuMemoryStore",
    "LocalStore",
    "LoggingStore",
    "ManagedMemoryStore",
    "MappingStore",
    "MemoryStore",
    "ObjectStore",
    "OffsetByteRequest",
    "RangeByteRequest",
    "Store",
    "StoreLike",
    "StorePath",
    "SuffixByteRequest",
    "WrapperStore",
    "ZipStore",
]

_RARE = {  # imported when asked for, as they need modules that take long to import
    "CacheStore": "cache",
    "CoroutineStore": "coroutines",
    "FsspecStore": "fsspec",
    "GpuMemoryStore": "gpu",
    "LoggingStore": "logging",
    "ObjectStore": "object_store",
    "WrapperStore": "wrapper",
    "ZipStore": "zip",
}


def __getattr__(name: str) -> Any:
    if name not in _RARE:
        raise AttributeError(f"module 'zarr_c.storage' has no attribute {name!r}")
    import importlib

    value = getattr(importlib.import_module(f"zarr_c.storage.{_RARE[name]}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return [*__all__]
