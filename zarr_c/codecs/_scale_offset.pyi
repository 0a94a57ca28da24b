from typing import Self

from typing_extensions import Buffer, disjoint_base

from zarr_c.codecs._chain import Stage

@disjoint_base
class ScaleOffsetStage(Stage):
    def __new__(cls, number: int, offset: Buffer, scale: Buffer) -> Self: ...
