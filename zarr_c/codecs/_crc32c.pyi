from typing import Self

from typing_extensions import Buffer, disjoint_base

from zarr_c.codecs._chain import Stage

@disjoint_base
class Crc32cStage(Stage):
    def __new__(cls, first: bool = False) -> Self: ...

def crc32c(data: Buffer) -> int: ...
