"""Stores that were written for zarr-python: every verb is a coroutine and takes buffers.

So are the stores of zarr-python itself and of packages that extend it, and so may be a subclass
of `zarr_c.abc.store.Store`. Their coroutines run in one event loop, in a thread of its own.
"""

from __future__ import annotations

import os
from asyncio import AbstractEventLoop, new_event_loop, run_coroutine_threadsafe
from importlib import import_module
from threading import Lock, Thread, get_ident
from typing import TYPE_CHECKING, Any

from zarr_c.storage import ranges
from zarr_c.storage.mapping import below
from zarr_c.storage.remote import RemoteStore

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Coroutine, Iterator

__all__ = ["CoroutineStore"]


class CoroutineStore(RemoteStore):
    """A store of zarr-python, or one that was written like them.

    Wherever zarr_c takes a store it takes such a one, and puts it into this.

    Parameters
    ----------
    store : object
        What has the coroutines ``get``, ``set``, ``delete``, ``exists`` and ``list``.
    normalize_keys : bool, default True
        Whether leading slashes are stripped from keys and doubled ones collapsed.
    read_only : bool, optional
        Whether writing is refused; by default as `store` says.
    """

    def __init__(
        self, store: Any, *, normalize_keys: bool = True, read_only: bool | None = None
    ) -> None:
        own = bool(getattr(store, "read_only", False))
        super().__init__(
            normalize_keys=normalize_keys, read_only=own if read_only is None else read_only
        )
        self._store = store
        for name in ("writes", "deletes", "listing", "consolidated_metadata"):
            setattr(self, f"supports_{name}", getattr(store, f"supports_{name}", True))
        self._prototype, self._requests = _vocabulary(store)

    @property
    def inner_store(self) -> Any:
        """The store within."""
        return self._store

    def close(self) -> None:
        if hasattr(self._store, "close"):
            self._store.close()

    def _run(self, verb: str, key: str, coroutine: Coroutine[Any, Any, Any]) -> Any:
        with self._asking(verb, key):
            loop, thread = _loop()
            if thread.ident == get_ident():
                coroutine.close()
                raise RuntimeError("a store that zarr_c waits for cannot wait for zarr_c")
            return run_coroutine_threadsafe(self._opened(coroutine), loop).result()

    async def _opened(self, coroutine: Coroutine[Any, Any, Any]) -> Any:
        if hasattr(self._store, "_ensure_open"):
            await self._store._ensure_open()
        return await coroutine

    def _get(self, key: str) -> bytes | None:
        return self._get_part_of(key, None)

    def _get_range(self, key: str, start: int, length: int | None) -> bytes | None:
        make = self._requests
        if start < 0:
            return self._get_part_of(key, make.SuffixByteRequest(-start))
        if length is None:
            return self._get_part_of(key, make.OffsetByteRequest(start))
        return self._get_part_of(key, make.RangeByteRequest(start, start + length))

    def _get_part_of(self, key: str, request: Any) -> bytes | None:
        found = self._run("get", key, self._store.get(key, self._prototype, request))
        return None if found is None else bytes(found.to_bytes())

    def _set(self, key: str, value: bytes) -> None:
        buffer = self._prototype.buffer.from_bytes(value)
        self._run("set", key, self._store.set(key, buffer))

    def _discard(self, key: str) -> None:
        self._run("delete", key, self._store.delete(key))

    def _exists(self, key: str) -> bool:
        return bool(self._run("find", key, self._store.exists(key)))

    def _size(self, key: str) -> int | None:
        if not hasattr(self._store, "getsize") or not self._exists(key):
            found = self._get(key)
            return None if found is None else len(found)
        return int(self._run("measure", key, self._store.getsize(key)))

    def _list(self, prefix: str) -> Iterator[str]:
        if hasattr(self._store, "list_prefix"):
            keys = self._store.list_prefix(f"{prefix}/" if prefix else "")
        else:
            keys = self._store.list()
        return below(self._run("list", prefix, _collected(keys)), prefix)

    def _list_dir(self, prefix: str) -> Iterator[str]:
        names = self._run("list", prefix, _collected(self._store.list_dir(prefix)))
        return iter(dict.fromkeys(name.rstrip("/") for name in names))

    def _identity(self) -> int:
        return id(self._store)

    def _arguments(self) -> dict[str, Any]:
        return {
            "store": self._store,
            "normalize_keys": self._normalize,
            "read_only": self._read_only,
        }

    def __str__(self) -> str:
        return str(self._store)


def _vocabulary(store: Any) -> tuple[Any, Any]:
    """The buffers and the ranges that a store knows: ours, or those of zarr-python."""
    if any(base.__module__.startswith("zarr.") for base in type(store).__mro__):
        buffers = import_module("zarr.core.buffer")
        return buffers.default_buffer_prototype(), import_module("zarr.abc.store")
    from zarr_c.buffer import default_buffer_prototype

    return default_buffer_prototype(), ranges


async def _collected(items: AsyncIterator[str]) -> list[str]:
    return [item async for item in items]


# ---- the event loop

_lock = Lock()
_running: tuple[int, AbstractEventLoop, Thread] | None = None  # of which process


def _loop() -> tuple[AbstractEventLoop, Thread]:
    """The loop of this process, started on first use; a forked child starts its own."""
    global _running
    with _lock:
        if _running is None or _running[0] != os.getpid():
            loop = new_event_loop()
            thread = Thread(target=loop.run_forever, name="zarr_c_loop", daemon=True)
            thread.start()
            _running = os.getpid(), loop, thread
        return _running[1:]


os.register_at_fork(after_in_child=_lock._at_fork_reinit)  # type: ignore[attr-defined]
