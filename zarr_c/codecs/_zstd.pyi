from typing import Self

from typing_extensions import disjoint_base

from zarr_c.codecs._chain import Stage

@disjoint_base
class ZstdStage(Stage):
    def __new__(cls, level: int, checksum: bool) -> Self: ...
