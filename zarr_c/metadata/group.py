"""The metadata of a group."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any

__all__ = ["GroupMetadata"]


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupMetadata:
    """The metadata of a group in either format.

    Attributes
    ----------
    zarr_format : {2, 3}
    attributes : dict
    consolidated : dict or None
        Documents of the nodes below, if they were consolidated: by path (``"a/x"``) in v3, by
        key (``"a/x/.zarray"``) in v2. They may be stale.
    extra : dict
        Unknown fields that were allowed, kept for rewriting.
    """

    zarr_format: int = 3
    attributes: dict[str, Any] = field(default_factory=dict)
    consolidated: dict[str, Any] | None = None
    extra: dict[str, Any] = field(default_factory=dict)

    def with_(self, **changes: Any) -> GroupMetadata:
        """Return the same metadata with some fields changed."""
        return replace(self, **changes)
