"""A store in the memory of a GPU: chunks on the device, metadata documents on the host."""

from __future__ import annotations

import os
from threading import RLock
from typing import TYPE_CHECKING, Any, Self
from weakref import WeakSet

from zarr_c.storage.base import Store
from zarr_c.storage.device import (
    DeviceMemory,
    DeviceObject,
    as_cupy,
    is_device_array,
    to_host,
)
from zarr_c.storage.keys import clean_key, is_document
from zarr_c.storage.mapping import below, directory_names
from zarr_c.storage.memory import MemoryStore
from zarr_c.storage.ranges import parse_range
from zarr_c.storage.verbs import as_bytes

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

__all__ = ["GpuMemoryStore"]

_BATCH = 64  # objects that are asked for at once while another store is copied


class GpuMemoryStore(Store):
    """A store in the memory of a CUDA device, through CuPy.

    Chunks are flat ``uint8`` arrays on the device; metadata documents (``zarr.json``,
    ``.zarray``, ``.zgroup``, ``.zattrs``, ``.zmetadata``) stay on the host. ``store[key]``
    copies to the host and `get_buffer` gives the array itself. Values may be bytes or arrays on
    any device that have ``__cuda_array_interface__`` or DLPack; they are always copied, on the
    caller's current stream.

    Parameters
    ----------
    store_dict : mapping of str to bytes or device array, optional
        Objects to begin with, which are copied; another store will do.
    normalize_keys : bool, default True
        Whether leading slashes are stripped from keys and doubled ones collapsed.
    read_only : bool, default False
        Whether writing is refused.
    device : int, optional
        Number of the device, by default the current one.
    max_device_bytes : int, optional
        Most bytes that all objects on the device may have together. What would pass it raises
        MemoryError and leaves the store as it was. Copies under way are not counted.

    Raises
    ------
    ImportError
        If there is no CuPy.
    RuntimeError
        If there is no CUDA device; later, if the store is used in a forked child.
    ValueError
        If there is no such device.
    MemoryError
        If the objects to begin with pass `max_device_bytes` or the memory of the device.
    TypeError
        If an object is neither bytes-like nor a device array.
    """

    def __init__(
        self,
        store_dict: Mapping[str, Any] | None = None,
        normalize_keys: bool = True,
        read_only: bool = False,
        *,
        device: int | None = None,
        max_device_bytes: int | None = None,
    ) -> None:
        if isinstance(
            store_dict, bool
        ):  # GpuMemoryStore(False): the first argument by position
            store_dict, normalize_keys = None, store_dict
        super().__init__(normalize_keys=normalize_keys, read_only=read_only)
        limit = max_device_bytes
        if limit is not None and (not isinstance(limit, int) or limit < 0):
            raise ValueError(f"max_device_bytes: expected at least 0 or None, found {limit!r}")
        self._objects = DeviceObjects(DeviceMemory(type(self).__name__, device), limit)
        for key, value in _contents(store_dict or {}):
            self._objects.put(clean_key(key, normalize_keys), self._as_value(key, value))

    @classmethod
    def from_dict(cls, store_dict: Mapping[str, Any]) -> Self:
        """A store that holds copies of the objects of a dictionary."""
        return cls(store_dict)

    @classmethod
    def from_store(cls, store: Store, **options: Any) -> Self:
        """A store that holds copies of the objects of another.

        Parameters
        ----------
        store : Store
            From another `GpuMemoryStore` they are copied without passing the host.
        **options
            As of the class.
        """
        return cls(store, **options)

    def to_host(self) -> MemoryStore:
        """Copy all objects into a store on the host, which can be pickled."""
        values = ((key, self._get(key)) for key in self._list(""))
        objects = {key: value for key, value in values if value is not None}
        return MemoryStore(objects, self._normalize)

    @property
    def device(self) -> int:
        """Number of the device."""
        return int(self._objects.memory.device.id)

    @property
    def nbytes(self) -> int:
        """Size of all objects in bytes, of those on the device and those on the host."""
        return self._objects.nbytes

    @property
    def device_nbytes(self) -> int:
        """Size of the objects on the device in bytes, which `max_device_bytes` limits."""
        return self._objects.device_nbytes

    def get_buffer(self, key: str, start: int = 0, length: int | None = None) -> Any:
        """The array that holds an object, or a view of part of it, without a copy.

        It may be read on the current stream at once and stays as it is when the key is
        overwritten or deleted. It is for reading only, which CuPy cannot enforce. As with any
        array of CuPy, work on another stream than it was made on must be done before it goes.

        Parameters
        ----------
        key : str
        start : int, default 0
            First byte; without a `length` it may be negative and counts from the end.
        length : int, optional
            Number of bytes; without it all to the end.

        Returns
        -------
        cupy.ndarray
            Flat, of uint8.

        Raises
        ------
        KeyError
            If there is no such object.
        ValueError
            If it is a metadata document, which is on the host, or the range is none.
        """
        part = _as_slice(*parse_range((start, length)))
        value = self._objects.get(clean_key(key, self._normalize))
        if isinstance(value, DeviceObject):
            return self._objects.memory.lend(value)[part]
        if value is None:
            raise KeyError(key)
        raise ValueError(
            f"{key!r}: expected an object on the device, found a metadata document, which is "
            "kept on the host: read it with store[key]"
        )

    # A thread has a current stream of its own, which would not wait for the caller's arrays.

    async def set_async(self, key: str, value: Any) -> None:
        """Store an object; see `Store.set`."""
        self.set(key, value)

    async def set_many_async(self, objects: Mapping[str, Any]) -> None:
        """Store several objects; see `Store.set_many`."""
        self.set_many(objects)

    async def set_if_not_exists_async(self, key: str, value: Any) -> bool:
        """Store an object unless there is one; see `Store.set_if_not_exists`."""
        return self.set_if_not_exists(key, value)

    # ---- the primitives

    def _as_value(self, key: str, value: Any) -> Any:
        if isinstance(value, bytes):
            return value
        self._objects.memory.check_process()
        value = value.as_array_like() if hasattr(value, "as_array_like") else value
        return as_cupy(value) if is_device_array(value) else as_bytes(key, value)

    def _lock_file(self, prefix: str, chosen: str | None) -> tuple[str, str] | None:
        return None  # its objects are those of one process

    def _identity(self) -> int:
        return id(self._objects)

    def _get(self, key: str) -> bytes | None:
        return self._get_range(key, 0, None)

    def _get_range(self, key: str, start: int, length: int | None) -> bytes | None:
        value, part = self._objects.get(key), _as_slice(start, length)
        if isinstance(value, DeviceObject):
            return self._objects.memory.download(value, part)
        return None if value is None else value[part]

    def _set(self, key: str, value: Any) -> None:
        self._objects.put(key, value)

    def _set_if_absent(self, key: str, value: Any) -> bool:
        return self._objects.put(key, value, only_if_absent=True)

    def _delete(self, key: str) -> bool:
        return self._objects.delete(key)

    def _rename(self, source: str, target: str) -> None:
        if not self._objects.rename(source, target):
            super()._rename(source, target)

    def _exists(self, key: str) -> bool:
        return self._objects.get(key) is not None

    def _size(self, key: str) -> int | None:
        value = self._objects.get(key)
        return None if value is None else len(value)

    def _list(self, prefix: str) -> Iterator[str]:
        return below(self._objects.keys(), prefix)

    def _list_dir(self, prefix: str) -> Iterator[str]:
        return directory_names(self._objects.keys(), prefix)

    # ---- what any object is

    def _arguments(self) -> dict[str, Any]:
        raise TypeError(
            f"{type(self).__name__}: objects in the memory of a GPU cannot be pickled; "
            "send store.to_host() instead, a MemoryStore of them"
        )

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, GpuMemoryStore):
            return NotImplemented
        return self._objects is other._objects and self._read_only == other._read_only

    __hash__ = Store.__hash__

    def __str__(self) -> str:
        return f"gpumemory://{id(self._objects)}"


class DeviceObjects:
    """A table of objects that several stores may share, with one lock around it.

    Parameters
    ----------
    memory : DeviceMemory
        Where objects go that are no documents.
    limit : int or None
        Most bytes there.
    """

    def __init__(self, memory: DeviceMemory, limit: int | None) -> None:
        self.memory = memory
        self.nbytes = self.device_nbytes = 0
        self._limit = limit
        self._lock = RLock()
        self._table: dict[str, bytes | DeviceObject] = {}
        _tables.add(self)

    def get(self, key: str) -> bytes | DeviceObject | None:
        """What is under a key."""
        self.memory.check_process()
        return self._table.get(key)

    def keys(self) -> list[str]:
        """All keys."""
        self.memory.check_process()
        with self._lock:
            return list(self._table)

    def put(self, key: str, value: Any, *, only_if_absent: bool = False) -> bool:
        """Copy bytes or a CuPy array to where it belongs; whether it was stored.

        Raises
        ------
        MemoryError
            If there is no room, or the limit would be passed.
        """
        if only_if_absent and self.get(key) is not None:
            return False
        stored: bytes | DeviceObject
        self.memory.check_process()
        if is_document(key):  # opening a node must not cost a copy from the device
            stored = value if isinstance(value, bytes) else to_host(value).tobytes()
        else:
            size = len(value) if isinstance(value, bytes) else value.nbytes
            self._check_room(key, size)  # before anything is copied
            stored = self.memory.upload(key, value)
        with self._lock:
            if only_if_absent and key in self._table:
                return False
            if isinstance(stored, DeviceObject):
                self._check_room(key, len(stored))
            self._count(self._table.get(key, b""), -1)
            self._count(stored, 1)
            self._table[key] = stored  # readers take no lock
        return True

    def delete(self, key: str) -> bool:
        """Remove an object; whether there was one."""
        self.memory.check_process()
        self.memory.release()
        with self._lock:
            value = self._table.pop(key, None)
            if value is not None:
                self._count(value, -1)
        return value is not None

    def rename(self, source: str, target: str) -> bool:
        """Move an object that may stay where its bytes are; whether that was so."""
        self.memory.check_process()
        if is_document(source) != is_document(target):
            return False
        with self._lock:
            if source in self._table:
                self._count(self._table.get(target, b""), -1)
                self._table[target] = self._table[source]
                del self._table[source]
        return True

    def _count(self, value: bytes | DeviceObject, sign: int) -> None:
        self.nbytes += sign * len(value)
        if isinstance(value, DeviceObject):
            self.device_nbytes += sign * len(value)

    def _check_room(self, key: str, size: int) -> None:
        with self._lock:
            old = self._table.get(key)
            total = self.device_nbytes + size
            total -= len(old) if isinstance(old, DeviceObject) else 0
        if self._limit is not None and total > self._limit:
            raise MemoryError(
                f"{key!r}: passes the limit of bytes on the device (max_device_bytes): "
                f"expected {self._limit}, found {total}"
            )


def _as_slice(start: int, length: int | None) -> slice:
    return slice(start, None if length is None else start + length)


def _contents(source: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    """The objects of a mapping or a store; those on a device as they lie there."""
    if isinstance(source, GpuMemoryStore):
        for key in source.list():
            value = source._objects.get(key)
            if isinstance(value, DeviceObject):
                yield key, source._objects.memory.lend(value)
            elif value is not None:
                yield key, value
    elif isinstance(source, Store):
        keys = source.list()
        for i in range(0, len(keys), _BATCH):
            yield from source.get_many(keys[i : i + _BATCH]).items()
    else:
        yield from source.items()


# In a forked child nothing of these may be freed: that would call CUDA, which is broken there.
_tables: WeakSet[DeviceObjects] = WeakSet()
_immortal: list[DeviceObjects] = []
os.register_at_fork(after_in_child=lambda: _immortal.extend(_tables))
