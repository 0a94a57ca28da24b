from typing import Self

from zarr_c.codecs._chain import Stage

class ZstdStage(Stage):
    def __new__(cls, level: int, checksum: bool) -> Self: ...
