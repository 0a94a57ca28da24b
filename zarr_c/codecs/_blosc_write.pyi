from typing import Final, Self

from typing_extensions import disjoint_base

from zarr_c.codecs._chain import Stage

MAX_NBYTES: Final[int]

@disjoint_base
class BloscStage(Stage):
    def __new__(
        cls, cname: str, clevel: int, shuffle: int, typesize: int, blocksize: int
    ) -> Self: ...
