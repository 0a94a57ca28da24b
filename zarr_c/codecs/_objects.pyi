from typing import Any, Self

from typing_extensions import disjoint_base

from zarr_c.codecs._chain import Stage

@disjoint_base
class ObjectStage(Stage):
    def __new__(cls, codec: Any, shape: tuple[int, ...], order: str, most: int) -> Self: ...
