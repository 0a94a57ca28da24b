from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from zarr_c._plan import Plan

def read(
    plan: Plan,
    shape: tuple[int, ...],
    selection: object,
    threads: int,
    dtype: np.dtype[Any],
    order: Literal["C", "F"],
    out: NDArray[Any] | None = None,
) -> Any: ...
def check_out(out: object, shape: tuple[int, ...], dtype: np.dtype[Any]) -> None: ...
