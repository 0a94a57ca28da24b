from typing import Final, Literal, Self

from typing_extensions import disjoint_base

from zarr_c.storage._store import NativeStore

TEMPORARY_PREFIX: Final[str]

@disjoint_base
class LocalFiles(NativeStore):
    def __new__(
        cls,
        root: str,
        durability: Literal["none", "commit", "write"] = "none",
        map_size: int = 0,
    ) -> Self: ...
    def sync(self) -> None: ...
