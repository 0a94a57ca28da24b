from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from zarr_c._plan import Plan
from zarr_c.metadata.data_type import DataType

def read(
    plan: Plan,
    shape: tuple[int, ...],
    selection: object,
    threads: int,
    data_type: DataType,
    order: Literal["C", "F"],
    out: NDArray[Any] | None = None,
) -> Any: ...
def check_out(out: object, shape: tuple[int, ...], dtype: np.dtype[Any]) -> None: ...
