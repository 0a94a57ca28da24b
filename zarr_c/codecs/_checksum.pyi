from typing import Self

from typing_extensions import Buffer, disjoint_base

from zarr_c.codecs._chain import Stage

@disjoint_base
class ChecksumStage(Stage):
    def __new__(
        cls, kind: str, first: bool = False, verified: bool = True, initial: int = 0
    ) -> Self: ...

def crc32c(data: Buffer) -> int: ...
