from typing import Self

from typing_extensions import disjoint_base

from zarr_c.codecs._chain import Stage

@disjoint_base
class SwapStage(Stage):
    def __new__(cls, itemsize: int, words: tuple[tuple[int, int, int], ...]) -> Self: ...
