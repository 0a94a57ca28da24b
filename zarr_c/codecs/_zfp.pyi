from typing import Self

from typing_extensions import disjoint_base

from zarr_c.codecs._chain import Stage

MODES: tuple[str, ...]

@disjoint_base
class ZfpStage(Stage):
    def __new__(
        cls,
        number: int,
        shape: tuple[int, ...],
        mode: str,
        parameter: float = 0,
        expert: tuple[int, ...] = ...,
        header: bool = False,
    ) -> Self: ...
