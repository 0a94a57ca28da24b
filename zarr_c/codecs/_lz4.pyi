from typing import Self

from zarr_c.codecs._chain import Stage

class Lz4Stage(Stage):
    def __new__(cls, acceleration: int) -> Self: ...
