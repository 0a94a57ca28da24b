"""Functions that create arrays: arguments go to `creation.py`, which does the work."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING, Any

import numpy as np

from zarr_c.array_config import config_with
from zarr_c.creation import DEFAULT_FILL_VALUE, create_at, like_arguments, parse_format
from zarr_c.errors import ZarrRuntimeWarning
from zarr_c.storage.resolve import StoreLike, resolve
from zarr_c.synchronizers import lock_option

if TYPE_CHECKING:
    import os
    from collections.abc import Iterable, Mapping

    from zarr_c.array import Array
    from zarr_c.array_config import ArrayConfigLike

__all__ = [
    "array",
    "create",
    "create_array",
    "empty",
    "empty_like",
    "full",
    "full_like",
    "ones",
    "ones_like",
    "zeros",
    "zeros_like",
]


def create_array(
    store: StoreLike | None,
    name: str | None = None,
    *,
    shape: Any = None,
    dtype: Any = None,
    data: Any = None,
    chunks: Any = "auto",
    shards: Any = None,
    filters: Any = "auto",
    compressors: Any = "auto",
    serializer: Any = "auto",
    fill_value: Any = DEFAULT_FILL_VALUE,
    order: str | None = None,
    zarr_format: int | None = 3,
    attributes: Mapping[str, Any] | None = None,
    chunk_key_encoding: Any = None,
    dimension_names: Iterable[str | None] | None = None,
    storage_options: Mapping[str, Any] | None = None,
    overwrite: bool = False,
    config: ArrayConfigLike | None = None,
    write_data: bool = True,
    lock: bool | str | os.PathLike[str] | None = None,
) -> Array:
    """Create an array.

    Parameters
    ----------
    store : StoreLike
        Where: a path, a URL, a store, a mapping, or None for memory.
    name : str, optional
        Path of the array in the store; missing groups above it are created.
    shape : int or tuple of int
        Its shape; needed unless `data` is given.
    dtype : dtype-like, default float64
        Type of its elements.
    data : array-like, optional
        Values to write; they give shape and type.
    chunks : 'auto', int, tuple of (int or sequence of int) or False, default 'auto'
        Shape of a chunk; -1 is a whole axis, False one chunk for all. A sequence for an axis
        is the length of each chunk along it (v3 only).
    shards : int, tuple of (int or sequence of int), 'auto', dict or None, default None
        Shape of a shard, in whole chunks: many chunks in one stored object, each of which can
        be read by itself (v3 only). 'auto' makes shards of up to
        ``config["array.target_shard_size_bytes"]``, or 64 MiB. A dict also says where its index
        lies: ``{"shape": ..., "index_location": "start"}``.
    filters : codecs, 'auto' or None, default 'auto'
        Codecs from array to array; 'auto' is none.
    compressors : codecs, 'auto' or None, default 'auto'
        Codecs from bytes to bytes; 'auto' is zstd at level 0.
    serializer : codec or 'auto', default 'auto'
        The v3 codec from array to bytes; 'auto' is little-endian ``bytes``.
    fill_value : scalar or None, optional
        Value of what has not been written; the zero of the type by default. None is ``null`` in
        v2 and the default in v3.
    order : {'C', 'F'}, optional
        In v2 the order of elements in a chunk; in v3 the memory order of what reads return.
    zarr_format : {2, 3} or None, default 3
        Format to write; None is ``config["default_zarr_format"]``.
    attributes : mapping, optional
        User attributes, JSON.
    chunk_key_encoding : dict, tuple or str, optional
        How chunks are named; ``default`` with ``/`` in v3, ``v2`` with ``.`` in v2. Others are
        found by `zarr_c.metadata.chunk_key.get_chunk_key_encoding_class`.
    dimension_names : iterable of str or None, optional
        Names of the dimensions, v3 only.
    storage_options : mapping, optional
        Options for the URL of a remote store.
    overwrite : bool, default False
        Whether to delete what is stored at the place.
    config : ArrayConfig or mapping, optional
        Behaviour of the returned array; see `zarr_c.array_config.ArrayConfig`.
    write_data : bool, default True
        Whether `data` are written; otherwise they give shape and type only.
    lock : bool, str or os.PathLike, optional
        As in `config`: whether processes that write one chunk, or shard, wait for each other.

    Returns
    -------
    Array
        The new array.

    Raises
    ------
    ContainsArrayError, ContainsGroupError
        If there is a node at the place and `overwrite` is false, or an array above it.
    TypeError, ValueError
        If an argument cannot be used; the message names it, what was expected and what was
        found.
    ReadOnlyError
        If the store is read-only.
    """
    place = resolve(store, name, mode="a", storage_options=storage_options)
    return create_at(
        place,
        shape=shape,
        dtype=dtype,
        data=data,
        chunks=chunks,
        shards=shards,
        filters=filters,
        compressors=compressors,
        serializer=serializer,
        fill_value=fill_value,
        order=order,
        zarr_format=parse_format(zarr_format),
        attributes=attributes,
        chunk_key_encoding=chunk_key_encoding,
        dimension_names=dimension_names,
        overwrite=overwrite,
        config=config_with(config, lock=lock_option(lock, None)),
        write_data=write_data,
    )


def create(
    shape: Any,
    *,
    chunks: Any = None,
    dtype: Any = None,
    compressor: Any = "auto",
    fill_value: Any = DEFAULT_FILL_VALUE,
    order: str | None = None,
    store: StoreLike | None = None,
    synchronizer: Any = None,
    overwrite: bool = False,
    path: str | None = None,
    chunk_store: Any = None,
    filters: Any = None,
    cache_metadata: bool | None = None,
    cache_attrs: bool | None = None,
    read_only: bool | None = None,
    object_codec: Any = None,
    dimension_separator: str | None = None,
    write_empty_chunks: bool | None = None,
    zarr_format: int | None = None,
    meta_array: Any = None,
    attributes: Mapping[str, Any] | None = None,
    chunk_shape: Any = None,
    chunk_key_encoding: Any = None,
    codecs: Any = None,
    dimension_names: Iterable[str | None] | None = None,
    storage_options: Mapping[str, Any] | None = None,
    config: ArrayConfigLike | None = None,
    mode: str | None = None,
    data: Any = None,
    lock: bool | str | os.PathLike[str] | None = None,
) -> Array:
    """Create an array, with the arguments of Zarr v2 for Python; new code calls `create_array`.

    Parameters
    ----------
    shape : int or tuple of int
        Its shape.
    chunks, chunk_shape : optional
        Shape of a chunk, chosen by default; one of the two.
    dtype : dtype-like, default float64
        Type of its elements.
    compressor, filters : optional
        Codecs of an array of format 2; those of format 3 are `codecs`.
    codecs : iterable of codecs, optional
        The chain of an array of format 3.
    dimension_separator : {'.', '/'}, optional
        Separator in chunk keys of format 2; format 3 has `chunk_key_encoding`.
    path : str, optional
        Path of the array in the store.
    mode : {'r', 'r+', 'a', 'w', 'w-'}, default 'a'
        'w' overwrites, 'w-' fails where anything is stored.
    write_empty_chunks : bool, optional
        As in `config`.
    data : array-like, optional
        Values to write.
    lock : bool, str or os.PathLike, optional
        As in `config`.
    synchronizer : ThreadSynchronizer or ProcessSynchronizer, optional
        The latter is `lock` under the name of zarr-python 2.
    chunk_store, cache_metadata, cache_attrs, read_only, object_codec, meta_array
        Accepted, with a `ZarrRuntimeWarning`, and without effect.
    **others
        As of `create_array`.

    Returns
    -------
    Array
        The new array.

    Raises
    ------
    FileExistsError
        If the mode is 'w-' and something is stored at the place.
    ContainsArrayError, ContainsGroupError, TypeError, ValueError
        As `create_array`.
    """
    warn_ignored(
        chunk_store=chunk_store,
        cache_metadata=cache_metadata,
        cache_attrs=cache_attrs,
        read_only=read_only,
        object_codec=object_codec,
        meta_array=meta_array,
    )
    version = parse_format(zarr_format)
    mode = mode or "a"
    place = resolve(store, path, mode=mode, storage_options=storage_options)
    if mode == "w-" and not place.is_empty():
        raise FileExistsError(f"mode 'w-': something is stored at {place}")
    only_v2 = {"compressor": compressor, "dimension_separator": dimension_separator}
    _check_format_arguments(version, only_v2 | {"filters": filters}, {"codecs": codecs})
    if chunks is not None and chunk_shape is not None:
        raise ValueError("chunks, chunk_shape: expected one of the two, found both")
    if dimension_separator is not None:
        chunk_key_encoding = ("v2", dimension_separator)
    asked = chunks if chunks is not None else chunk_shape
    array = create_at(
        place,
        shape=shape,
        dtype=dtype,
        chunks="auto" if asked is None else asked,
        filters=filters,
        compressors=compressor,
        codecs=codecs,
        fill_value=fill_value,
        order=order,
        zarr_format=version,
        attributes=attributes,
        chunk_key_encoding=chunk_key_encoding,
        dimension_names=dimension_names,
        overwrite=overwrite or mode == "w",
        config=config_with(
            config,
            write_empty_chunks=write_empty_chunks,
            lock=lock_option(lock, synchronizer),
        ),
    )
    if data is not None:
        array[...] = data
    return array


def _check_format_arguments(
    zarr_format: int, only_v2: Mapping[str, Any], only_v3: Mapping[str, Any]
) -> None:
    wrong, instead = (
        (only_v2, "codecs, chunk_key_encoding")
        if zarr_format == 3
        else (
            only_v3,
            "filters, compressor",
        )
    )
    for name, value in wrong.items():
        if value is not None and not (isinstance(value, str) and value == "auto"):
            raise ValueError(
                f"{name}: Zarr format {zarr_format} has {instead} instead, found {value!r}"
            )


def warn_ignored(**arguments: Any) -> None:
    """Warn about arguments that are accepted for compatibility and change nothing."""
    for name, value in arguments.items():
        if value is not None:
            warnings.warn(f"{name} has no effect", ZarrRuntimeWarning, stacklevel=3)


def array(data: Any, **kwargs: Any) -> Array:
    """Create an array filled with data.

    Parameters
    ----------
    data : array-like
        Values, which give shape and type unless `dtype` is among the others; a Zarr array gives
        its chunks, codecs and fill value too.
    **kwargs
        As of `create`.

    Returns
    -------
    Array
        The new array, in memory unless `store` is given.
    """
    if not hasattr(data, "shape") or not hasattr(data, "dtype"):
        data = np.asarray(data)
    arguments = like_arguments(data, kwargs.get("zarr_format")) | kwargs
    return create(**arguments, data=data)


def empty(shape: Any, **kwargs: Any) -> Array:
    """Create an array without content, which reads as zeros; arguments as of `create`."""
    return create(shape, **kwargs)


def zeros(shape: Any, **kwargs: Any) -> Array:
    """Create an array of zeros; arguments as of `create`."""
    return create(shape, **{"fill_value": 0} | kwargs)


def ones(shape: Any, **kwargs: Any) -> Array:
    """Create an array of ones; arguments as of `create`."""
    return create(shape, **{"fill_value": 1} | kwargs)


def full(shape: Any, fill_value: Any, **kwargs: Any) -> Array:
    """Create an array of one value; the other arguments as of `create`."""
    return create(shape, fill_value=fill_value, **kwargs)


def empty_like(a: Any, *, zarr_format: int | None = None, **kwargs: Any) -> Array:
    """Create an array without content of the shape, type and layout of another.

    Parameters
    ----------
    a : array-like
        The other array; a Zarr array gives its fill value, and its codecs for the same format.
    zarr_format : {2, 3}, optional
        Format to write, by default that of `a`.
    **kwargs
        As of `create`; they win over what `a` gives.
    """
    return create(**like_arguments(a, zarr_format) | kwargs)


def zeros_like(a: Any, *, zarr_format: int | None = None, **kwargs: Any) -> Array:
    """Create an array of zeros like another; parameters as of `empty_like`."""
    return create(**like_arguments(a, zarr_format) | {"fill_value": 0} | kwargs)


def ones_like(a: Any, *, zarr_format: int | None = None, **kwargs: Any) -> Array:
    """Create an array of ones like another; parameters as of `empty_like`."""
    return create(**like_arguments(a, zarr_format) | {"fill_value": 1} | kwargs)


def full_like(a: Any, *, zarr_format: int | None = None, **kwargs: Any) -> Array:
    """Create an array of one value like another; parameters as of `empty_like`.

    The value is `fill_value`; without it, a Zarr array gives its own.

    Raises
    ------
    TypeError
        If there is no value.
    """
    arguments = like_arguments(a, zarr_format) | kwargs
    if "fill_value" not in arguments:
        raise TypeError("fill_value: expected a value, found none")
    return create(**arguments)
