from collections.abc import Iterable
from typing import Any, Protocol, Self

import numpy as np
from typing_extensions import disjoint_base

from zarr_c.codecs._chain import Stage

class _Codec(Protocol):
    def encode(self, buf: Any, /) -> Any: ...
    def decode(self, buf: Any, /) -> Any: ...

@disjoint_base
class PythonStage(Stage):
    def __new__(
        cls,
        codecs: Iterable[_Codec],
        dtype: np.dtype[Any] | None = None,
        shape: tuple[int, ...] = ...,
        order: str = "C",
        encoded_dtype: np.dtype[Any] | None = None,
        encoded_shape: tuple[int, ...] = ...,
        bounded: bool = False,
    ) -> Self: ...
