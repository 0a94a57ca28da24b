"""The base of metadata."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Self

from zarr_c.frozen import Frozen

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["Metadata"]


class Metadata(Frozen):
    """Values that a document holds as an object; the fields are the ``__slots__``."""

    __slots__ = ()

    def to_dict(self) -> dict[str, Any]:
        """The fields, those within them as dictionaries too."""
        found = {name: getattr(self, name) for name in self._fields}
        return {k: v.to_dict() if isinstance(v, Metadata) else v for k, v in found.items()}

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Self:
        """The value of a dictionary that `to_dict` has made."""
        return cls(**data)
