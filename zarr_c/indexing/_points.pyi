from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from typing_extensions import disjoint_base

def grouped(
    shape: Sequence[int],
    chunk_shape: Sequence[int],
    coordinates: Sequence[NDArray[np.int64]],
    inner_shape: Sequence[int] | None = None,
    threads: int = 1,
) -> list[tuple[tuple[int, ...], list[int], list[int]]]: ...

@disjoint_base
class PointTable: ...
