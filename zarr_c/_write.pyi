from typing import Any

from numpy.typing import ArrayLike, NDArray

from zarr_c._plan import Plan
from zarr_c.metadata.data_type import DataType

def write(
    plan: Plan,
    shape: tuple[int, ...],
    selection: object,
    threads: int,
    data_type: DataType,
    value: ArrayLike,
) -> None: ...
def held_objects(value: Any, data_type: DataType, shape: tuple[int, ...]) -> NDArray[Any]: ...
def broadcast(value: NDArray[Any], shape: tuple[int, ...], index: object) -> NDArray[Any]: ...
