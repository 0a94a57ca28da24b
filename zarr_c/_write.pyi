from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from zarr_c._plan import Plan

def write(
    plan: Plan,
    shape: tuple[int, ...],
    selection: object,
    threads: int,
    dtype: np.dtype[Any],
    value: ArrayLike,
) -> None: ...
def broadcast(value: NDArray[Any], shape: tuple[int, ...], index: object) -> NDArray[Any]: ...
def as_elements(value: ArrayLike, dtype: np.dtype[Any]) -> NDArray[Any]: ...
def exactly(array: NDArray[Any], dtype: np.dtype[Any]) -> NDArray[Any]: ...
