"""The functions of the package by module, as zarr-python has them.

`zarr_c.api.synchronous` holds what `zarr_c` itself does, `zarr_c.api.asynchronous` the same as
coroutines.
"""

from typing import Any

__all__ = ["asynchronous", "synchronous"]


def __getattr__(name: str) -> Any:
    # imported when asked for
    from importlib import import_module

    if name in __all__:
        return import_module(f"zarr_c.api.{name}")
    raise AttributeError(f"module 'zarr_c.api' has no attribute {name!r}")
