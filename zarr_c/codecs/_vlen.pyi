from typing import Self

from typing_extensions import disjoint_base

from zarr_c.codecs._chain import Stage

@disjoint_base
class VlenStage(Stage):
    def __new__(cls, text: bool, most: int) -> Self: ...
