"""What a codec of numcodecs looks like."""

from __future__ import annotations

from typing import Any, ClassVar, Protocol, Self, runtime_checkable

__all__ = ["Numcodec"]


@runtime_checkable
class Numcodec(Protocol):
    """A codec of Zarr v2: what numcodecs has, or what looks like it."""

    codec_id: ClassVar[str]

    def encode(self, buf: Any) -> Any:
        """Encode bytes or an array."""

    def decode(self, buf: Any, out: Any | None = None) -> Any:
        """Undo `encode`, into `out` if it is given."""

    def get_config(self) -> Any:
        """The configuration, with the ``id``."""

    @classmethod
    def from_config(cls, config: Any) -> Self:
        """The codec of a configuration."""
        ...
