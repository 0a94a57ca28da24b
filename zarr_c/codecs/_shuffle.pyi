from typing import Self

from typing_extensions import disjoint_base

from zarr_c.codecs._chain import Stage

@disjoint_base
class ShuffleStage(Stage):
    def __new__(cls, size: int) -> Self: ...
