from typing import Self

from typing_extensions import disjoint_base

from zarr_c.codecs._chain import Stage

@disjoint_base
class TransposeStage(Stage):
    def __new__(cls, shape: tuple[int, ...], order: tuple[int, ...], itemsize: int) -> Self: ...
