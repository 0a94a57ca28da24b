"""Values that do not change.

What ``dataclass(frozen=True, slots=True)`` makes, but for ``__init__``: that decorator compiles
code whenever the package is imported, which took longer than all of the package's own.
"""

from __future__ import annotations

from typing import Any, ClassVar, Self

__all__ = ["Frozen", "set_field"]

set_field = object.__setattr__
"""How the ``__init__`` of a `Frozen` class sets its fields."""


class Frozen:
    """Base of classes whose fields, their ``__slots__``, are set once and count as their value.

    A subclass writes ``__init__`` with a parameter for every field.
    """

    __slots__ = ()

    _fields: ClassVar[tuple[str, ...]] = ()

    def __init_subclass__(cls) -> None:
        cls._fields += cls.__dict__.get("__slots__", ())

    def __setattr__(self, name: str, value: object) -> None:
        raise AttributeError(f"{type(self).__name__} does not change: cannot set {name!r}")

    def __delattr__(self, name: str) -> None:
        raise AttributeError(f"{type(self).__name__} does not change: cannot delete {name!r}")

    def with_(self, **changes: Any) -> Self:
        """Return the same value with some fields changed, checked again."""
        return type(self)(**{name: getattr(self, name) for name in self._fields} | changes)

    def __getstate__(self) -> list[Any]:
        return [getattr(self, name) for name in self._fields]

    def __setstate__(self, state: list[Any]) -> None:
        for name, value in zip(self._fields, state, strict=True):
            set_field(self, name, value)

    def __eq__(self, other: object) -> bool:
        if type(other) is not type(self):
            return NotImplemented
        return self.__getstate__() == other.__getstate__()

    def __hash__(self) -> int:
        return hash(tuple(self.__getstate__()))

    def __repr__(self) -> str:
        fields = ", ".join(f"{name}={getattr(self, name)!r}" for name in self._fields)
        return f"{type(self).__name__}({fields})"
