"""Stores: where the bytes of arrays and groups are kept.

====================  ======================================================
`keys.py`             which strings may name an object
`base.py`             what every store is
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
from zarr_c.storage.memory import MemoryStore
from zarr_c.storage.path import StorePath
from zarr_c.storage.resolve import StoreLike

__all__ = ["LocalStore", "MappingStore", "MemoryStore", "Store", "StoreLike", "StorePath"]
