"""What stores are, and the parts of an object that may be asked for."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol, runtime_checkable

from zarr_c.storage.base import Store
from zarr_c.storage.ranges import (
    ByteRequest,
    OffsetByteRequest,
    RangeByteRequest,
    SuffixByteRequest,
)

if TYPE_CHECKING:
    from zarr_c.buffer.base import Buffer, BufferPrototype

__all__ = [
    "ByteGetter",
    "ByteRequest",
    "ByteSetter",
    "OffsetByteRequest",
    "RangeByteRequest",
    "Store",
    "SuffixByteRequest",
    "SupportsDeleteSync",
    "SupportsGetSync",
    "SupportsSetSync",
    "SupportsSyncStore",
    "SyncByteGetter",
    "SyncByteSetter",
    "set_or_delete",
]


class ByteGetter(Protocol):
    """What gives an object."""

    async def get(
        self, prototype: BufferPrototype, byte_range: ByteRequest | None = None
    ) -> Buffer | None:
        """The object or a part of it; None if there is none."""


class ByteSetter(ByteGetter, Protocol):
    """What gives, takes and removes an object."""

    async def set(self, value: Buffer) -> None:
        """Store the object."""

    async def delete(self) -> None:
        """Remove the object if there is one."""

    async def set_if_not_exists(self, default: Buffer) -> None:
        """Store the object unless there is one."""


@runtime_checkable
class SyncByteGetter(Protocol):
    """What gives an object, at once."""

    def get_sync(
        self, prototype: BufferPrototype | None = None, byte_range: ByteRequest | None = None
    ) -> Buffer | None:
        """The object or a part of it; None if there is none."""


@runtime_checkable
class SyncByteSetter(SyncByteGetter, Protocol):
    """What gives, takes and removes an object, at once."""

    def set_sync(self, value: Buffer) -> None:
        """Store the object."""

    def delete_sync(self) -> None:
        """Remove the object if there is one."""


@runtime_checkable
class SupportsGetSync(Protocol):
    """A store that gives objects at once."""

    def get_sync(
        self,
        key: str,
        *,
        prototype: BufferPrototype | None = None,
        byte_range: ByteRequest | None = None,
    ) -> Buffer | None:
        """An object or a part of it; None if there is none."""


@runtime_checkable
class SupportsSetSync(Protocol):
    """A store that takes objects at once."""

    def set_sync(self, key: str, value: Buffer) -> None:
        """Store an object."""


@runtime_checkable
class SupportsDeleteSync(Protocol):
    """A store that removes objects at once."""

    def delete_sync(self, key: str) -> None:
        """Remove an object if there is one."""


@runtime_checkable
class SupportsSyncStore(SupportsGetSync, SupportsSetSync, SupportsDeleteSync, Protocol):
    """A store that does all of this at once, as those of zarr_c do."""


async def set_or_delete(byte_setter: Any, value: Buffer | None) -> None:
    """Store an object, or remove it.

    Parameters
    ----------
    byte_setter : ByteSetter or StorePath
    value : Buffer or None
        None removes it.
    """
    from inspect import isawaitable

    done = byte_setter.delete() if value is None else byte_setter.set(value)
    if isawaitable(done):
        await done
