from typing import Self

from typing_extensions import disjoint_base

from zarr_c.codecs._chain import Chain, Stage

@disjoint_base
class N5Stage(Stage):
    def __new__(
        cls, chain: Chain, shape: tuple[int, ...], fill: bytes, swapped: bool
    ) -> Self: ...
