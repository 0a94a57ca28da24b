"""What a user may name as a store, turned into a place in one."""

from __future__ import annotations

import os
from collections.abc import Mapping, MutableMapping
from typing import Any

from zarr_c.errors import ReadOnlyError
from zarr_c.storage.base import Store
from zarr_c.storage.local import LocalStore
from zarr_c.storage.mapping import MappingStore
from zarr_c.storage.memory import ManagedMemoryStore, MemoryStore
from zarr_c.storage.path import StorePath

__all__ = ["MODES", "StoreLike", "resolve"]

StoreLike = str | os.PathLike[str] | Store | StorePath | MutableMapping[str, Any]
MODES = ("r", "r+", "a", "w", "w-")

_OBJECT_STORES = ("s3", "gs", "gcs", "az", "azure", "abfs", "abfss")


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
        A directory, a ``file://`` or ``memory://name`` URL, a store, a place in one, or any
        mapping of strings to bytes. None is a new store in memory.
    path : str, optional
        A path below that.
    mode : {'r', 'r+', 'a', 'w', 'w-'}, optional
        How it will be used; 'r' gives a read-only store.
    storage_options : mapping, optional
        Options of remote stores.

    Raises
    ------
    ValueError
        If `mode` is none of these, or a URL asks for a store that this version does not have.
    ReadOnlyError
        If the store is read-only and the mode is not 'r'.
    TypeError
        If `store` is nothing of the above, or `storage_options` has no use.
    """
    if mode is not None and mode not in MODES:
        raise ValueError(f"mode: expected one of {MODES}, found {mode!r}")
    if storage_options:
        _check_storage_options(store)
    if isinstance(store, StorePath):
        place = store / path if path else store
    elif isinstance(store, str | os.PathLike):
        place = _from_path(os.fspath(store), path, mode)
    else:
        place = StorePath(_as_store(store), path or "")
    if mode is None or (mode == "r" and place.read_only):
        return place
    if mode == "r":
        return StorePath(place.store.with_read_only(True), place.path)
    if place.read_only:
        raise ReadOnlyError(f"{place.store}: mode {mode!r} writes, but the store is read-only")
    return place


def _as_store(store: Any) -> Store:
    if isinstance(store, Store):
        return store
    if store is None:
        return MemoryStore()
    if isinstance(store, MutableMapping):
        return MappingStore(store)
    raise TypeError(
        "store: expected a path, a URL, a store, a StorePath, a mutable mapping or None, "
        f"found {type(store).__name__}"
    )


def _from_path(name: str, path: str | None, mode: str | None) -> StorePath:
    if not isinstance(name, str):
        raise TypeError(f"store: expected a path of type str, found {name!r}")
    if "://" in name or "::" in name:
        return _from_url(name, path)
    if name.endswith(".zip") and not os.path.isdir(name):
        raise ValueError(f"store: {name!r} needs ZipStore, which this version does not have")
    return StorePath(LocalStore(name, read_only=mode == "r"), path or "")


def _from_url(url: str, path: str | None) -> StorePath:
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
    serves = "ObjectStore or FsspecStore" if scheme in _OBJECT_STORES else "FsspecStore"
    raise ValueError(f"store: {url!r} needs {serves}, which this version does not have")


def _check_storage_options(store: Any) -> None:
    if not (isinstance(store, str) and "://" in store):
        found = type(store).__name__
        raise TypeError(
            f"storage_options: expected a URL of a remote store with it, found {found}"
        )
    if store.startswith(("file://", "memory://")):
        raise TypeError(f"storage_options: {store!r} takes none")
