"""The functions of the package: opening and grouping. Creating is in `arrays.py`.

Each resolves what the user named as a store, asks `nodes.py` for metadata and returns a node.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, overload

from zarr_c import nodes
from zarr_c.array import Array
from zarr_c.array_config import config_with
from zarr_c.arrays import create, warn_ignored
from zarr_c.creation import array_config, like_arguments, parse_format
from zarr_c.errors import ArrayNotFoundError, ContainsGroupError, GroupNotFoundError
from zarr_c.group import Group
from zarr_c.metadata.array import ArrayMetadata
from zarr_c.storage.base import Store
from zarr_c.storage.path import StorePath
from zarr_c.storage.resolve import StoreLike, resolve
from zarr_c.synchronizers import lock_option

if TYPE_CHECKING:
    import os
    from collections.abc import Mapping

    from zarr_c.array_config import ArrayConfigLike

__all__ = [
    "create_group",
    "group",
    "open",
    "open_array",
    "open_consolidated",
    "open_group",
    "open_like",
    "tree",
]


@overload
def open(
    store: StoreLike | None = None,
    *,
    mode: str | None = None,
    zarr_format: int | None = None,
    path: str | None = None,
    storage_options: Mapping[str, Any] | None = None,
    config: ArrayConfigLike | None = None,
    shape: Any,
    **kwargs: Any,
) -> Array: ...


@overload
def open(
    store: StoreLike | None = None,
    *,
    mode: str | None = None,
    zarr_format: int | None = None,
    path: str | None = None,
    storage_options: Mapping[str, Any] | None = None,
    config: ArrayConfigLike | None = None,
    **kwargs: Any,
) -> Array | Group: ...


def open(
    store: StoreLike | None = None,
    *,
    mode: str | None = None,
    zarr_format: int | None = None,
    path: str | None = None,
    storage_options: Mapping[str, Any] | None = None,
    config: ArrayConfigLike | None = None,
    **kwargs: Any,
) -> Array | Group:
    """Open an array or a group, or create one.

    Parameters
    ----------
    store : StoreLike, optional
        Where: a path, a URL, a store, a mapping; None is a new store in memory.
    mode : {'r', 'r+', 'a', 'w', 'w-'}, optional
        'r' reads only and 'r+' reads and writes what exists; 'a' creates what does not exist;
        'w' overwrites; 'w-' fails if anything exists. Default 'a', or 'r' for a read-only
        store.
    zarr_format : {2, 3}, optional
        Open this format only, or create it.
    path : str, optional
        Path in the store.
    storage_options : mapping, optional
        Options for the URL of a remote store.
    config : ArrayConfig or mapping, optional
        Behaviour of an array.
    **kwargs
        As of `create`, for a new array, which needs `shape`; or as of `open_group`.

    Returns
    -------
    Array or Group
        What is there; created, it is an array if `shape` is given, else a group.

    Raises
    ------
    GroupNotFoundError
        If there is neither, and the mode does not create.
    FileExistsError
        If the mode is 'w-' and something is stored there.
    """
    mode = _default_mode(store, mode)
    place = resolve(store, path, mode=mode, storage_options=storage_options)
    found = nodes.read_node(place, zarr_format) if mode in ("r", "r+", "a") else None
    lock = lock_option(kwargs.get("lock"), kwargs.get("synchronizer"))
    if isinstance(found, ArrayMetadata):
        return Array(place, found, array_config(found, config_with(config, lock=lock)))
    if "shape" in kwargs:
        if found is not None:
            raise ContainsGroupError(f"shape: there is a group at {place}, not an array")
        return open_array(place, mode=mode, zarr_format=zarr_format, config=config, **kwargs)
    if config is not None:
        raise TypeError(f"config: expected None, as {place} is a group")
    if found is not None and kwargs.get("use_consolidated") is None:
        return Group(place, found, lock=lock)
    if found is None and mode in ("r", "r+"):
        raise GroupNotFoundError(
            f"no array and no group at the path {place.path!r} in {place.store}"
        )
    return open_group(place, mode=mode, zarr_format=zarr_format, **kwargs)


def open_array(
    store: StoreLike | None = None,
    path: str = "",
    *,
    zarr_format: int | None = None,
    storage_options: Mapping[str, Any] | None = None,
    config: ArrayConfigLike | None = None,
    mode: str | None = None,
    **kwargs: Any,
) -> Array:
    """Open an array, or create one.

    Parameters
    ----------
    store, path, zarr_format, storage_options, config, mode
        As of `open`.
    **kwargs
        As of `create`, for a new array, which needs `shape`; `lock`, `synchronizer` and
        `write_empty_chunks` for any array.

    Returns
    -------
    Array
        The array.

    Raises
    ------
    ArrayNotFoundError
        If there is none and it is not to be created, or no `shape` is given.
    NodeTypeValidationError
        If there is a group.
    FileExistsError
        If the mode is 'w-' and something is stored there.
    """
    mode = _default_mode(store, mode)
    place = resolve(store, path, mode=mode, storage_options=storage_options)
    config = config_with(
        config,
        write_empty_chunks=kwargs.pop("write_empty_chunks", None),
        lock=lock_option(kwargs.pop("lock", None), kwargs.pop("synchronizer", None)),
    )
    if mode in ("r", "r+", "a"):
        try:
            metadata = nodes.read_array(place, zarr_format)
        except ArrayNotFoundError:
            if mode != "a" or "shape" not in kwargs:
                raise
        else:
            return Array(place, metadata, array_config(metadata, config))
    if "shape" not in kwargs:
        raise TypeError(
            f"shape: mode {mode!r} creates an array, so expected a shape, found none"
        )
    return create(store=place, zarr_format=zarr_format, config=config, mode=mode, **kwargs)


def open_like(a: Any, path: str, *, zarr_format: int | None = None, **kwargs: Any) -> Array:
    """Open an array, or create one like another.

    Parameters
    ----------
    a : array-like
        Gives shape, type and layout of a new array.
    path : str
        Where; a path in `store` if that is among the others.
    zarr_format : {2, 3}, optional
        As of `open`.
    **kwargs
        As of `open_array`.

    Returns
    -------
    Array
        The array.
    """
    arguments = like_arguments(a, parse_format(zarr_format))
    del arguments["zarr_format"]
    where = {"path": path} if "store" in kwargs else {"store": path}
    return open_array(**arguments | where | kwargs, zarr_format=zarr_format)


def open_group(
    store: StoreLike | None = None,
    *,
    mode: str = "a",
    cache_attrs: bool | None = None,
    synchronizer: Any = None,
    path: str | None = None,
    chunk_store: Any = None,
    storage_options: Mapping[str, Any] | None = None,
    zarr_format: int | None = None,
    meta_array: Any = None,
    attributes: Mapping[str, Any] | None = None,
    use_consolidated: bool | str | None = None,
    lock: bool | str | os.PathLike[str] | None = None,
) -> Group:
    """Open a group, or create one.

    Parameters
    ----------
    store, mode, path, storage_options, zarr_format
        As of `open`; the default mode is 'a'.
    attributes : mapping, optional
        User attributes of a new group.
    use_consolidated : bool or str, optional
        Whether to find members in consolidated metadata, where there are any (None), must be
        some (True), or not at all (False), for groups below neither. In Zarr v2 a string is
        their key in the place of ``.zmetadata``. See `Group` on how old they may be.
    lock, synchronizer
        As of `create`, for the arrays of the group and of those below.
    cache_attrs, chunk_store, meta_array
        Accepted, with a `ZarrRuntimeWarning`, and without effect.

    Returns
    -------
    Group
        The group.

    Raises
    ------
    GroupNotFoundError
        If there is none and the mode does not create.
    ContainsArrayError
        If there is an array and it may not be overwritten.
    FileExistsError
        If the mode is 'w-' and something is stored there.
    ValueError
        If consolidated metadata are needed and there are none.
    """
    warn_ignored(cache_attrs=cache_attrs, chunk_store=chunk_store, meta_array=meta_array)
    locked = lock_option(lock, synchronizer)
    place = resolve(store, path, mode=mode, storage_options=storage_options)
    if mode in ("r", "r+", "a"):
        try:
            found = nodes.read_group(place, zarr_format, use_consolidated)
        except GroupNotFoundError:
            if mode != "a":
                raise
        else:
            return Group(place, found, use_consolidated is not False, locked)
    if mode == "w-" and not place.is_empty():
        raise FileExistsError(f"mode 'w-': something is stored at {place}")
    made = Group.from_store(
        place, attributes=attributes, zarr_format=zarr_format, overwrite=mode == "w"
    )
    return made._with_lock(locked)


def open_consolidated(*args: Any, use_consolidated: bool | str = True, **kwargs: Any) -> Group:
    """Open a group that has consolidated metadata.

    Parameters
    ----------
    *args, **kwargs
        As of `open_group`.
    use_consolidated : True or str
        As of `open_group`.

    Returns
    -------
    Group
        The group.

    Raises
    ------
    TypeError
        If `use_consolidated` is something else.
    ValueError
        If the group has no consolidated metadata.
    """
    if use_consolidated is not True and not isinstance(use_consolidated, str):
        raise TypeError(
            "use_consolidated: expected True or the key of the consolidated metadata, found "
            f"{use_consolidated!r}; open_group takes False"
        )
    return open_group(*args, use_consolidated=use_consolidated, **kwargs)


def group(
    store: StoreLike | None = None,
    *,
    overwrite: bool = False,
    chunk_store: Any = None,
    cache_attrs: bool | None = None,
    synchronizer: Any = None,
    path: str | None = None,
    zarr_format: int | None = None,
    meta_array: Any = None,
    attributes: Mapping[str, Any] | None = None,
    storage_options: Mapping[str, Any] | None = None,
    lock: bool | str | os.PathLike[str] | None = None,
) -> Group:
    """Open a group, or create one if there is none.

    Parameters
    ----------
    overwrite : bool, default False
        Whether to create it anew in any case.
    **others
        As of `open_group`.

    Returns
    -------
    Group
        The group.
    """
    return open_group(
        store,
        mode="w" if overwrite else "a",
        chunk_store=chunk_store,
        cache_attrs=cache_attrs,
        synchronizer=synchronizer,
        path=path,
        zarr_format=zarr_format,
        meta_array=meta_array,
        attributes=attributes,
        storage_options=storage_options,
        lock=lock,
    )


def create_group(
    store: StoreLike | None,
    path: str | None = None,
    *,
    zarr_format: int | None = None,
    overwrite: bool = False,
    attributes: Mapping[str, Any] | None = None,
    storage_options: Mapping[str, Any] | None = None,
) -> Group:
    """Create a group.

    Parameters
    ----------
    store, path, storage_options, zarr_format
        As of `open`.
    overwrite : bool, default False
        Whether to delete what is stored there.
    attributes : mapping, optional
        User attributes.

    Returns
    -------
    Group
        The new group.

    Raises
    ------
    ContainsArrayError, ContainsGroupError
        If there is a node and `overwrite` is false, or an array above the place.
    """
    place = resolve(store, path, mode="a", storage_options=storage_options)
    return Group.from_store(
        place, attributes=attributes, zarr_format=zarr_format, overwrite=overwrite
    )


def tree(grp: Group, expand: bool | None = None, level: int | None = None) -> Any:
    """Draw a hierarchy; the same as `Group.tree`."""
    return grp.tree(expand=expand, level=level)


def _default_mode(store: Any, mode: str | None) -> str:
    if mode is not None:
        return mode
    return "r" if isinstance(store, Store | StorePath) and store.read_only else "a"
