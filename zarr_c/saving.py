"""Whole arrays between NumPy and a store: save and load."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from zarr_c.arrays import create
from zarr_c.creation import parse_format
from zarr_c.group import Group
from zarr_c.metadata.dtype import from_numpy
from zarr_c.opening import open as open_node
from zarr_c.storage.resolve import StoreLike, resolve

if TYPE_CHECKING:
    from collections.abc import Mapping

    from zarr_c.array import Array

__all__ = ["load", "save", "save_array", "save_group"]


def save(
    store: StoreLike,
    *args: Any,
    zarr_format: int | None = None,
    path: str | None = None,
    storage_options: Mapping[str, Any] | None = None,
    **kwargs: Any,
) -> None:
    """Save an array, or several as a group.

    Parameters
    ----------
    store, zarr_format, path, storage_options
        As of `open`.
    *args, **kwargs : array-like
        One array by position is saved as an array; several, or named ones, as by `save_group`.

    Raises
    ------
    ValueError
        If there is no array.
    """
    where: dict[str, Any] = {"path": path, "storage_options": storage_options}
    if len(args) == 1 and not kwargs:
        save_array(store, args[0], zarr_format=zarr_format, **where)
    else:
        save_group(store, *args, zarr_format=zarr_format, **where, **kwargs)


def save_array(
    store: StoreLike,
    arr: Any,
    *,
    zarr_format: int | None = None,
    path: str | None = None,
    storage_options: Mapping[str, Any] | None = None,
    **kwargs: Any,
) -> None:
    """Save an array.

    Parameters
    ----------
    store, zarr_format, path, storage_options
        As of `open`.
    arr : array-like
        The values.
    **kwargs
        As of `create`, such as `overwrite`.

    Raises
    ------
    ContainsArrayError, ContainsGroupError
        If there is a node and it may not be overwritten.
    """
    values = arr if hasattr(arr, "shape") and hasattr(arr, "dtype") else np.asarray(arr)
    arguments: dict[str, Any] = {
        "shape": values.shape,
        "dtype": values.dtype,
        "store": store,
        "path": path,
    }
    arguments |= {"storage_options": storage_options, "zarr_format": zarr_format}
    create(**arguments | kwargs, data=values).store.flush()


def save_group(
    store: StoreLike,
    *args: Any,
    zarr_format: int | None = None,
    path: str | None = None,
    storage_options: Mapping[str, Any] | None = None,
    **kwargs: Any,
) -> None:
    """Save several arrays as a group, which replaces what is stored there.

    Parameters
    ----------
    store, zarr_format, path, storage_options
        As of `open`.
    *args, **kwargs : array-like
        The arrays; those by position are called ``arr_0``, ``arr_1`` and so on.

    Raises
    ------
    ValueError
        If there is no array.
    """
    named = {f"arr_{i}": np.asanyarray(value) for i, value in enumerate(args)}
    named |= {name: np.asanyarray(value) for name, value in kwargs.items()}
    if not named:
        raise ValueError("save: expected at least one array, found none")
    version = parse_format(zarr_format)
    for values in named.values():
        from_numpy(values.dtype, version)  # what cannot be stored fails before any deletion
    place = resolve(store, path, mode="w", storage_options=storage_options)
    members = Group.from_store(place, zarr_format=version, overwrite=True)
    for name, values in named.items():
        members.create_array(name, data=values)
    place.store.flush()


def load(store: StoreLike, path: str | None = None, zarr_format: int | None = None) -> Any:
    """Read an array, or all arrays of a group, into memory. Nothing is ever created.

    Parameters
    ----------
    store, path, zarr_format
        As of `open`.

    Returns
    -------
    numpy.ndarray or dict
        The values of an array; of a group, a dictionary of these and of such dictionaries.

    Raises
    ------
    GroupNotFoundError
        If there is neither.
    """
    return _loaded(open_node(store, mode="r", path=path, zarr_format=zarr_format))


def _loaded(node: Array | Group) -> Any:
    if isinstance(node, Group):
        return {name: _loaded(member) for name, member in node.items()}
    return node[...]
