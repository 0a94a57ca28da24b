"""The classes of buffers by name, and those that the settings choose."""

from __future__ import annotations

from typing import Any, TypeVar

from zarr_c.buffer import cpu, gpu
from zarr_c.buffer.base import BufferPrototype
from zarr_c.config import config

__all__ = ["BUFFERS", "ND_BUFFERS", "Registry", "chosen", "default_buffer_prototype"]

T = TypeVar("T")


class Registry(dict[str, type[T]]):
    """Classes by their qualified names."""

    def register(self, cls: type[T], qualname: str | None = None) -> None:
        """Add a class, under its own name unless another is given."""
        self[qualname or f"{cls.__module__}.{cls.__qualname__}"] = cls

    def lazy_load(self, use_entrypoint_name: bool = False) -> None:
        """Nothing to do: entry points are looked at when a name is not found."""


BUFFERS: Registry[Any] = Registry()
ND_BUFFERS: Registry[Any] = Registry()
_NATIVE = "numpy"  # what the settings hold unless a program changes them

for _name, _module in (("cpu", cpu), ("gpu", gpu)):
    for _own in ("zarr_c", "zarr"):  # programs may have the names of either
        BUFFERS.register(_module.Buffer, f"{_own}.buffer.{_name}.Buffer")
        ND_BUFFERS.register(_module.NDBuffer, f"{_own}.buffer.{_name}.NDBuffer")


def chosen(registry: Registry[Any], setting: str, default: Any) -> Any:
    """The class that a setting names.

    Raises
    ------
    KeyError
        If none of this name is registered.
    """
    name = config.get(setting)
    if name == _NATIVE:
        return default
    if name not in registry:
        raise KeyError(f"{setting}: expected one of {sorted(registry)}, found {name!r}")
    return registry[name]


def default_buffer_prototype() -> BufferPrototype:
    """The memory that the settings ``buffer`` and ``ndbuffer`` name; that of the host."""
    return BufferPrototype(
        buffer=chosen(BUFFERS, "buffer", cpu.Buffer),
        nd_buffer=chosen(ND_BUFFERS, "ndbuffer", cpu.NDBuffer),
    )
