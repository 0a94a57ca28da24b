"""What a user may name as a store, turned into a place in one."""

from __future__ import annotations

import os
from collections.abc import Mapping, MutableMapping
from typing import Any
from weakref import WeakValueDictionary

from zarr_c.errors import ReadOnlyError
from zarr_c.storage.base import Store
from zarr_c.storage.keys import clean_path
from zarr_c.storage.local import LocalStore
from zarr_c.storage.mapping import MappingStore
from zarr_c.storage.memory import ManagedMemoryStore, MemoryStore
from zarr_c.storage.path import StorePath

__all__ = ["MODES", "StoreLike", "as_store", "resolve"]

StoreLike = str | os.PathLike[str] | Store | StorePath | MutableMapping[str, Any]
MODES = ("r", "r+", "a", "w", "w-")

_HERE = ("file://", "memory://")  # these have no options


def resolve(
    store: StoreLike | None,
    path: str | None = None,
    *,
    mode: str | None = None,
    storage_options: Mapping[str, Any] | None = None,
) -> StorePath:
    """The place that a store-like value and a path name.

    Parameters
    ----------
    store : str, os.PathLike, Store, StorePath, MutableMapping or None
        A directory, a ``.zip`` file, a URL (``file://`` is a directory, ``memory://name``
        memory of that name, all others are fsspec's), a store, a place in one, a store of
        obstore, an fsspec mapper, a UPath, or any mapping of strings to bytes. None is a new
        store in memory.
    path : str, optional
        A path below that.
    mode : {'r', 'r+', 'a', 'w', 'w-'}, optional
        How it will be used; 'r' gives a read-only store.
    storage_options : mapping, optional
        Options of the filesystem that a URL names.

    Raises
    ------
    ValueError
        If `mode` is none of these, or a URL is of an unknown protocol.
    ReadOnlyError
        If the store is read-only and the mode is not 'r'.
    TypeError
        If `store` is nothing of the above, or `storage_options` has no use.
    ImportError
        If the package that serves a URL is absent.
    """
    if mode is not None and mode not in MODES:
        raise ValueError(f"mode: expected one of {MODES}, found {mode!r}")
    if storage_options:
        _check_storage_options(store)
    path = clean_path(path)
    if isinstance(store, StorePath):
        place = store / path if path else store
    elif isinstance(store, str | os.PathLike) and not _is_upath(store):
        place = _from_path(os.fspath(store), path, mode, storage_options)
    else:
        place = StorePath(as_store(store), path)
    if mode is None or (mode == "r" and place.read_only):
        return place
    if mode == "r":
        return StorePath(place.store.with_read_only(True), place.path)
    if place.read_only:
        raise ReadOnlyError(f"{place.store}: mode {mode!r} writes, but the store is read-only")
    return place


def as_store(store: Any) -> Store:
    """The store that an object is or stands for; None is a new one in memory.

    Raises
    ------
    TypeError
        If it stands for none.
    """
    if _is_coroutine(getattr(type(store), "get", None)):
        from zarr_c.storage.coroutines import CoroutineStore

        return CoroutineStore(store)
    if isinstance(store, Store):
        return store
    if store is None:
        return MemoryStore()
    origin = type(store).__module__
    if origin.startswith("obstore"):
        from zarr_c.storage.object_store import ObjectStore

        return ObjectStore(store)
    if origin == "fsspec.mapping" or _is_upath(store):
        from zarr_c.storage.fsspec import FsspecStore

        return (
            FsspecStore.from_upath(store)
            if _is_upath(store)
            else FsspecStore.from_mapper(store)
        )
    if isinstance(store, MutableMapping):
        return MappingStore(store)
    raise TypeError(
        "store: expected a path, a URL, a store, a StorePath, a mutable mapping or None, "
        f"found {type(store).__name__}"
    )


def _is_coroutine(function: object) -> bool:
    """What ``inspect.iscoroutinefunction`` says, without importing `inspect`."""
    flags = getattr(getattr(function, "__code__", None), "co_flags", 0)
    return bool(flags & 0x80)  # CO_COROUTINE


def _is_upath(store: object) -> bool:
    """Whether it is a path of universal_pathlib that is not one of this machine."""
    return type(store).__module__.startswith("upath") and hasattr(store, "fs")


def _from_path(
    name: str, path: str | None, mode: str | None, options: Mapping[str, Any] | None
) -> StorePath:
    if not isinstance(name, str):
        raise TypeError(f"store: expected a path of type str, found {name!r}")
    if "://" in name or "::" in name:
        return _from_url(name, path, options)
    if name.endswith(".zip") and not os.path.isdir(name):
        return StorePath(_zip_store(os.path.abspath(name), path, mode), path or "")
    return StorePath(LocalStore(name, read_only=mode == "r"), path or "")


def _zip_store(name: str, path: str | None, mode: str | None) -> Store:
    """The store of an archive, for writing the same one as long as it is in use.

    Another would not see what that one has not yet flushed.
    """
    from zarr_c.storage.zip import ZipStore

    writer: ZipStore | None = _writers.get(name)
    if writer is not None and not writer.closed:
        return writer
    if mode in ("r", "r+") and not os.path.exists(name):
        raise FileNotFoundError(f"store: there is no archive {name!r}")
    anew = mode == "w" and not path
    store = ZipStore(name, "r" if mode == "r" else "w" if anew else "a")
    if mode != "r":
        _writers[name] = store
    return store


_writers: WeakValueDictionary[str, Any] = WeakValueDictionary()  # of archives, by path


def _from_url(url: str, path: str | None, options: Mapping[str, Any] | None) -> StorePath:
    scheme, _, rest = url.partition("://")
    if scheme == "file":
        host, slash, place = rest.partition("/")
        if host not in ("", "localhost"):
            raise ValueError(
                f"store: expected file:///path, found {url!r} with the host {host!r}"
            )
        return StorePath(LocalStore(slash + place), path or "")
    if scheme == "memory":
        name, _, within = rest.partition("/")
        store = ManagedMemoryStore(name)
        return StorePath(store, f"{within}/{path or ''}")
    from zarr_c.storage.fsspec import FsspecStore

    return StorePath(FsspecStore(url, storage_options=options), path or "")


def _check_storage_options(store: Any) -> None:
    if not (isinstance(store, str) and ("://" in store or "::" in store)):
        found = type(store).__name__
        raise TypeError(
            f"storage_options: expected a URL of a remote store with it, found {found}"
        )
    if store.startswith(_HERE):
        raise TypeError(f"storage_options: {store!r} takes none")
