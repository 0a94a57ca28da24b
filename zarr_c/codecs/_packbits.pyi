from typing_extensions import disjoint_base

from zarr_c.codecs._chain import Stage

@disjoint_base
class BitsStage(Stage): ...

class PackBitsStage(BitsStage):
    def __init__(
        self, size: int, first: int, last: int, signed: bool, truth: bool, padding: str
    ) -> None: ...
