"""Stores: where the bytes of arrays and groups are kept.

====================  ======================================================
`keys.py`             which strings may name an object
`ranges.py`           which bytes of an object
`primitives.py`       what a store gives: get, set, delete, list
`verbs.py`            what can be done with it: the mapping, ranges, batches, directories
`base.py`             the base of every store, with the verbs as coroutines
`local.py`            a directory of files, written natively
`memory.py`           memory, served natively
`mapping.py`          any mapping of strings to bytes
`path.py`             a place within a store
`resolve.py`          paths, URLs and mappings to places
====================  ======================================================
"""

from zarr_c.storage.base import Store
from zarr_c.storage.local import LocalStore
from zarr_c.storage.mapping import MappingStore
from zarr_c.storage.memory import ManagedMemoryStore, MemoryStore
from zarr_c.storage.path import StorePath
from zarr_c.storage.ranges import OffsetByteRequest, RangeByteRequest, SuffixByteRequest
from zarr_c.storage.resolve import StoreLike

__all__ = [
    "LocalStore",
    "ManagedMemoryStore",
    "MappingStore",
    "MemoryStore",
    "OffsetByteRequest",
    "RangeByteRequest",
    "Store",
    "StoreLike",
    "StorePath",
    "SuffixByteRequest",
]
