from typing import Self

from zarr_c.storage._store import NativeStore
from zarr_c.storage.base import Store

class PythonStore(NativeStore):
    def __new__(cls, store: Store, identity: int) -> Self: ...
