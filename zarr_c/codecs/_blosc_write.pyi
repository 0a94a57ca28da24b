from typing import Final, Self

from zarr_c.codecs._chain import Stage

MAX_NBYTES: Final[int]

class BloscStage(Stage):
    def __new__(
        cls, cname: str, clevel: int, shuffle: int, typesize: int, blocksize: int
    ) -> Self: ...
