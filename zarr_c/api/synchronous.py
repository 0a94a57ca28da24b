"""The functions of `zarr_c` under the module name that they have in zarr-python."""

from zarr_c.arrays import (
    array,
    create,
    create_array,
    empty,
    empty_like,
    full,
    full_like,
    ones,
    ones_like,
    zeros,
    zeros_like,
)
from zarr_c.hierarchies.consolidating import consolidate_metadata
from zarr_c.hierarchies.copying import copy, copy_all
from zarr_c.hierarchies.creating import create_hierarchy
from zarr_c.hierarchies.store_copying import copy_store
from zarr_c.opening import (
    create_group,
    group,
    open,
    open_array,
    open_consolidated,
    open_group,
    open_like,
    tree,
)
from zarr_c.rechunking.from_data import from_array
from zarr_c.saving import load, save, save_array, save_group

__all__ = [
    "array",
    "consolidate_metadata",
    "copy",
    "copy_all",
    "copy_store",
    "create",
    "create_array",
    "create_group",
    "create_hierarchy",
    "empty",
    "empty_like",
    "from_array",
    "full",
    "full_like",
    "group",
    "load",
    "ones",
    "ones_like",
    "open",
    "open_array",
    "open_consolidated",
    "open_group",
    "open_like",
    "save",
    "save_array",
    "save_group",
    "tree",
    "zeros",
    "zeros_like",
]
