from typing import Self

from typing_extensions import disjoint_base

from zarr_c.storage._store import NativeStore
from zarr_c.storage.base import Store

@disjoint_base
class PythonStore(NativeStore):
    def __new__(
        cls,
        store: Store,
        identity: int,
        concurrency: int = 0,
        parts: bool = False,
        part_sizes: bool = False,
    ) -> Self: ...

def place_identity(place: str) -> int: ...
