from typing import Self

from zarr_c.codecs._chain import Stage

class DeflateStage(Stage):
    def __new__(cls, level: int, gzip: bool) -> Self: ...
