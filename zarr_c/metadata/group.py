"""The metadata of a group."""

from __future__ import annotations

from typing import Any

from zarr_c.frozen import set_field
from zarr_c.metadata.documented import DocumentedNode

__all__ = ["GroupMetadata"]


class GroupMetadata(DocumentedNode):
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

    __slots__ = ("zarr_format", "attributes", "consolidated", "extra")

    _kind = "group"

    zarr_format: int
    attributes: dict[str, Any]
    consolidated: dict[str, Any] | None
    extra: dict[str, Any]

    def __init__(
        self,
        *,
        zarr_format: int = 3,
        attributes: dict[str, Any] | None = None,
        consolidated: dict[str, Any] | None = None,
        extra: dict[str, Any] | None = None,
    ) -> None:
        set_field(self, "zarr_format", zarr_format)
        set_field(self, "attributes", {} if attributes is None else attributes)
        set_field(self, "consolidated", consolidated)
        set_field(self, "extra", {} if extra is None else extra)

    @property
    def consolidated_metadata(self) -> dict[str, Any] | None:
        """The documents of the nodes below, as `consolidated` has them."""
        return self.consolidated
