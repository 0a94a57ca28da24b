"""The base of every store."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Self

from zarr_c.storage.concurrent import in_thread, to_the_end
from zarr_c.storage.verbs import Verbs

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from zarr_c.buffer.base import Buffer, BufferPrototype
    from zarr_c.storage.ranges import ByteRequest

__all__ = ["Store"]

_Keys = list[str]  # within the class, `list` is a method
_Values = list[bytes]


class Store(Verbs):
    """A mapping of keys to stored objects, ``store[key] -> bytes``.

    A subclass gives five primitives, `_get`, `_set`, `_delete`, `_list` and `_list_dir`, which
    receive checked keys, and `_arguments`, which make an equal store. A prefix is a directory:
    ``"6/f"`` holds ``"6/f/0"`` and not ``"6/fa"``.

    Parameters
    ----------
    normalize_keys : bool
        Whether leading slashes are stripped from keys and doubled ones collapsed.
    read_only : bool
        Whether writing is refused.
    """

    supports_writes: bool = True
    supports_deletes: bool = True
    supports_listing: bool = True
    supports_partial_writes: bool = False
    supports_consolidated_metadata: bool = True

    def __init__(self, *, normalize_keys: bool = True, read_only: bool = False) -> None:
        self._normalize = normalize_keys
        self._read_only = read_only

    # ---- the store itself

    @property
    def read_only(self) -> bool:
        """Whether writing is refused."""
        return self._read_only

    def with_read_only(self, read_only: bool = False) -> Self:
        """The same store, for reading only or for writing too."""
        other = object.__new__(type(self))
        other.__dict__.update(self.__dict__)
        other._read_only = read_only
        return other

    def flush(self) -> None:
        """Make what was written last; nothing to do for most stores, which write at once."""

    def close(self) -> None:
        """Flush, and give back what the store holds open."""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc_info: object) -> None:
        self.close()

    def __eq__(self, other: object) -> bool:
        if type(other) is not type(self) or not isinstance(other, Store):
            return NotImplemented
        return self._arguments() == other._arguments()

    def __hash__(self) -> int:
        return hash(type(self))  # equal contents may make equal stores, and contents change

    def __reduce__(self) -> tuple[Any, ...]:
        return _rebuild, (type(self), self._arguments())

    def __str__(self) -> str:
        return f"{type(self).__name__.lower()}://{id(self)}"

    def __repr__(self) -> str:
        return f"{type(self).__name__}({str(self)!r})"

    # ---- the verbs under the names by which programs for zarr-python call them at once

    def get_sync(
        self,
        key: str,
        *,
        prototype: BufferPrototype | None = None,
        byte_range: ByteRequest | None = None,
    ) -> Buffer | None:
        """The object under a key in a buffer, or None; see `Store.get`.

        Parameters
        ----------
        key : str
        prototype : BufferPrototype, optional
            The memory that is wanted, by default that of the settings.
        byte_range : ByteRequest, optional
            The part that is wanted.
        """
        found = self.get(key, byte_range=byte_range)
        return None if found is None else _as_buffer(found, prototype)

    def set_sync(self, key: str, value: Buffer) -> None:
        """Store an object; see `Store.set`."""
        self.set(key, value)  # type: ignore[arg-type]

    def delete_sync(self, key: str) -> None:
        """Remove an object if there is one; see `Store.delete`."""
        self.delete(key)

    # ---- the verbs as coroutines: arguments, results and errors are those of the same verb;
    # one that changes the store ends before it is cancelled, or never begins

    async def get_async(
        self,
        key: str,
        default: Any = None,
        *,
        byte_range: ByteRequest | None = None,
        prototype: BufferPrototype | None = None,
    ) -> Any:
        """The object under a key, or `default`; see `Store.get`.

        It comes as bytes, or in a buffer of the `prototype` if one is given.
        """
        found = await in_thread(self.get, key, None, byte_range=byte_range)
        if found is None:
            return default
        return found if prototype is None else _as_buffer(found, prototype)

    async def get_range_async(self, key: str, start: int, length: int | None = None) -> bytes:
        """Part of an object; see `Store.get_range`."""
        return await in_thread(self.get_range, key, start, length)

    async def get_ranges_async(
        self,
        key: str,
        byte_ranges: Iterable[ByteRequest],
        *,
        max_gap_bytes: int = 1 << 20,
        max_coalesced_bytes: int = 16 << 20,
    ) -> _Values:
        """Several parts of one object; see `Store.get_ranges`."""
        return await in_thread(
            self.get_ranges,
            key,
            byte_ranges,
            max_gap_bytes=max_gap_bytes,
            max_coalesced_bytes=max_coalesced_bytes,
        )

    async def get_many_async(self, keys: Iterable[str]) -> dict[str, bytes]:
        """Several objects, those that exist; see `Store.get_many`."""
        return await in_thread(self.get_many, keys)

    async def set_async(self, key: str, value: bytes) -> None:
        """Store an object; see `Store.set`."""
        await to_the_end(self.set, key, value)

    async def set_many_async(self, objects: Mapping[str, bytes]) -> None:
        """Store several objects; see `Store.set_many`."""
        await to_the_end(self.set_many, objects)

    async def set_if_not_exists_async(self, key: str, value: bytes) -> bool:
        """Store an object unless there is one; see `Store.set_if_not_exists`."""
        return await to_the_end(self.set_if_not_exists, key, value)

    async def delete_async(self, key: str) -> None:
        """Remove an object if there is one; see `Store.delete`."""
        await to_the_end(self.delete, key)

    async def delete_dir_async(self, prefix: str) -> None:
        """Remove all objects below a directory; see `Store.delete_dir`."""
        await to_the_end(self.delete_dir, prefix)

    async def clear_async(self) -> None:
        """Remove all objects; see `Store.clear`."""
        await to_the_end(self.clear)

    async def rename_async(self, source: str, target: str) -> None:
        """Move an object or a directory; see `Store.rename`."""
        await to_the_end(self.rename, source, target)

    async def exists_async(self, key: str) -> bool:
        """Whether there is an object under a key; see `Store.exists`."""
        return await in_thread(self.exists, key)

    async def getsize_async(self, key: str) -> int:
        """Size of an object in bytes; see `Store.getsize`."""
        return await in_thread(self.getsize, key)

    async def getsize_prefix_async(self, prefix: str) -> int:
        """Size of all objects below a directory in bytes; see `Store.getsize_prefix`."""
        return await in_thread(self.getsize_prefix, prefix)

    async def is_empty_async(self, prefix: str = "") -> bool:
        """Whether there is no object below a directory; see `Store.is_empty`."""
        return await in_thread(self.is_empty, prefix)

    async def list_async(self) -> _Keys:
        """All keys; see `Store.list`."""
        return await in_thread(self.list)

    async def list_prefix_async(self, prefix: str) -> _Keys:
        """All keys below a directory; see `Store.list_prefix`."""
        return await in_thread(self.list_prefix, prefix)

    async def list_dir_async(self, prefix: str = "") -> _Keys:
        """The names directly in a directory; see `Store.list_dir`."""
        return await in_thread(self.list_dir, prefix)


def _as_buffer(value: Any, prototype: BufferPrototype | None) -> Buffer:
    """An object in a buffer; what lies on a GPU stays there where the buffer does."""
    from zarr_c.buffer import cpu, default_buffer_prototype

    buffer = (prototype or default_buffer_prototype()).buffer
    if isinstance(value, bytes):
        return buffer.from_bytes(value)
    if issubclass(buffer, cpu.Buffer):
        return buffer.from_array_like(value.get())
    return buffer.from_array_like(value)


def _rebuild(kind: type[Store], arguments: dict[str, Any]) -> Store:
    return kind(**arguments)
