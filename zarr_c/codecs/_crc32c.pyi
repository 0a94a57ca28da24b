from typing import Self

from typing_extensions import Buffer

from zarr_c.codecs._chain import Stage

class Crc32cStage(Stage):
    def __new__(cls, first: bool = False) -> Self: ...

def crc32c(data: Buffer) -> int: ...
