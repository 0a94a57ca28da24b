from typing import Self

from typing_extensions import disjoint_base

from zarr_c.codecs._chain import Chain, Stage

@disjoint_base
class ConditionalStage(Stage):
    def __new__(cls, chain: Chain, header: int) -> Self: ...
