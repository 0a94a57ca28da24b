from typing_extensions import disjoint_base

from zarr_c.codecs._chain import Stage

@disjoint_base
class FilterStage(Stage): ...

class DeltaStage(FilterStage):
    def __init__(
        self, decoded: int, encoded: int, decoded_swapped: bool, encoded_swapped: bool
    ) -> None: ...

class ScaleStage(FilterStage):
    def __init__(
        self,
        decoded: int,
        encoded: int,
        decoded_swapped: bool,
        encoded_swapped: bool,
        offset: float,
        scale: float,
    ) -> None: ...

class RoundStage(FilterStage):
    def __init__(
        self, word: int, swapped: bool, keep: int, bits: int = 0, most: int = ...
    ) -> None: ...
