"""A store that is as slow as a network."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from zarr_c.storage.wrapper import WrapperStore

if TYPE_CHECKING:
    from collections.abc import MutableMapping

    from zarr_c.storage.base import Store
    from zarr_c.storage.ranges import ByteRequest

__all__ = ["LatencyStore"]


class LatencyStore(WrapperStore):
    """A store that waits before each request, and has many under way at once.

    Parameters
    ----------
    store : Store or MutableMapping
        The inner store.
    get_latency, set_latency : float, default 0
        Seconds before an object is read, or written.
    """

    def __init__(
        self,
        store: Store | MutableMapping[str, Any],
        *,
        get_latency: float = 0,
        set_latency: float = 0,
    ) -> None:
        super().__init__(store)
        self.get_latency, self.set_latency = get_latency, set_latency

    def get(
        self, key: str, default: Any = None, *, byte_range: ByteRequest | None = None
    ) -> Any:
        """The object under a key, after a while."""
        time.sleep(self.get_latency)
        return super().get(key, default, byte_range=byte_range)

    def set(self, key: str, value: bytes) -> None:
        """Store an object, after a while."""
        time.sleep(self.set_latency)
        super().set(key, value)

    def set_if_not_exists(self, key: str, value: bytes) -> bool:
        """Store an object unless there is one, after a while."""
        time.sleep(self.set_latency)
        return super().set_if_not_exists(key, value)

    def _concurrency(self) -> int:
        return -1

    def _arguments(self) -> dict[str, Any]:
        return {
            "store": self._store,
            "get_latency": self.get_latency,
            "set_latency": self.set_latency,
        }
