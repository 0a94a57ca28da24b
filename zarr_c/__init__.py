"""Zarr v2 and v3 for Python with a compiled heart.

``import zarr_c as zarr`` runs programs written for zarr-python. What happens when you read::

    z = zarr.open_array("x.zarr", mode="r")    opening.py storage/resolve.py nodes.py metadata/
    z[:100, 3]                                 array.py
        which chunks, which parts of them      indexing/
        their bytes                            storage/
        bytes to elements                      codecs/
        elements into place                    indexing/
    all of it, compiled, without the GIL       _plan.pyx  _read.pyx

A write goes the same way back (`_write.pyx`).
"""

from typing import TYPE_CHECKING, Any

# Here, so that few frames are below it: CPython allots its stack by chunks, and NumPy's import
# takes up to twice its time where a loop in it happens to cross the end of one at every call.
import numpy as _numpy  # noqa: F401

from zarr_c import errors, storage
from zarr_c._version import __version__
from zarr_c.array import Array
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
from zarr_c.config import config
from zarr_c.group import Group
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
from zarr_c.saving import load, save, save_array, save_group
from zarr_c.synchronizers import ProcessSynchronizer, ThreadSynchronizer

if TYPE_CHECKING:
    from zarr_c.aio.array import AsyncArray
    from zarr_c.aio.group import AsyncGroup
    from zarr_c.chunk_cache import ChunkCache
    from zarr_c.diagnostics import print_debug_info, set_format, set_log_level
    from zarr_c.hierarchies.consolidating import consolidate_metadata
    from zarr_c.hierarchies.conversion import convert_metadata
    from zarr_c.hierarchies.copying import copy, copy_all
    from zarr_c.hierarchies.creating import create_hierarchy
    from zarr_c.hierarchies.store_copying import copy_store
    from zarr_c.hierarchies.validation import validate
    from zarr_c.rechunking.from_data import from_array
    from zarr_c.rechunking.rechunk import rechunk
    from zarr_c.verification.verify import verify

__all__ = [
    "Array",
    "AsyncArray",
    "AsyncGroup",
    "ChunkCache",
    "Group",
    "ProcessSynchronizer",
    "ThreadSynchronizer",
    "__version__",
    "array",
    "config",
    "consolidate_metadata",
    "convert_metadata",
    "copy",
    "copy_all",
    "copy_store",
    "create",
    "create_array",
    "create_group",
    "create_hierarchy",
    "empty",
    "empty_like",
    "errors",
    "from_array",
    "full",
    "full_like",
    "get_include",
    "group",
    "load",
    "ones",
    "ones_like",
    "open",
    "open_array",
    "open_consolidated",
    "open_group",
    "open_like",
    "print_debug_info",
    "rechunk",
    "save",
    "save_array",
    "save_group",
    "set_format",
    "set_log_level",
    "storage",
    "tree",
    "validate",
    "verify",
    "zeros",
    "zeros_like",
]


def get_include() -> str:
    """The directory to give to a C compiler so that it finds ``zarr_c/*.h``.

    Returns
    -------
    str
        Of an installed package, a directory within it; of an editable install, the one beside
        it.

    Raises
    ------
    FileNotFoundError
        If the headers are not there, as in a damaged installation.
    """
    from pathlib import Path

    package = Path(__file__).resolve().parent
    for include in (package / "include", package.parent / "include"):
        if (include / "zarr_c").is_dir():
            return str(include)
    raise FileNotFoundError(f"the headers of zarr_c are neither in {package} nor beside it")


_MODULES_ON_USE = {
    "abc",
    "api",
    "buffer",
    "codecs",
    "dtype",
    "experimental",
    "metadata",
    "registry",
    "testing",
    "types",
}
_ON_USE = {
    "AsyncArray": "aio.array",
    "AsyncGroup": "aio.group",
    "ChunkCache": "chunk_cache",
    "consolidate_metadata": "hierarchies.consolidating",
    "convert_metadata": "hierarchies.conversion",
    "CopyError": "errors",
    "copy": "hierarchies.copying",
    "copy_all": "hierarchies.copying",
    "copy_store": "hierarchies.store_copying",
    "create_hierarchy": "hierarchies.creating",
    "from_array": "rechunking.from_data",
    "print_debug_info": "diagnostics",
    "rechunk": "rechunking.rechunk",
    "set_format": "diagnostics",
    "set_log_level": "diagnostics",
    "validate": "hierarchies.validation",
    "verify": "verification.verify",
}


def __getattr__(name: str) -> Any:
    # rarely used, so imported when asked for
    from importlib import import_module

    if name in _MODULES_ON_USE:
        return import_module(f"zarr_c.{name}")
    if name in _ON_USE:
        return getattr(import_module(f"zarr_c.{_ON_USE[name]}"), name)
    raise AttributeError(f"module 'zarr_c' has no attribute {name!r}")
