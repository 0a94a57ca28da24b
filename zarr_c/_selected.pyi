from typing import Any, Literal

from numpy.typing import ArrayLike, NDArray

from zarr_c._plan import Plan
from zarr_c.indexing.selection import Selection
from zarr_c.metadata.data_type import DataType

def read_selection(
    plan: Plan,
    selection: Selection,
    threads: int,
    data_type: DataType,
    order: Literal["C", "F"],
    out: NDArray[Any] | None = None,
    fields: str | list[str] | None = None,
) -> Any: ...
def write_selection(
    plan: Plan,
    selection: Selection,
    threads: int,
    data_type: DataType,
    value: ArrayLike,
    fields: str | list[str] | None = None,
) -> None: ...
def put_out(result: NDArray[Any], out: NDArray[Any] | None) -> NDArray[Any]: ...
