"""Making arrays: arguments to metadata, metadata to a new node."""

from __future__ import annotations

import operator
import os
from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np

from zarr_c import node_changes
from zarr_c.array import Array
from zarr_c.array_config import ArrayConfig, ArrayConfigLike, parse_array_config
from zarr_c.codec_arguments import complete, sharded, v2_codecs, v3_codecs, with_object_codec
from zarr_c.config import config as settings
from zarr_c.errors import ContainsArrayError
from zarr_c.metadata import chunk_key
from zarr_c.metadata.array import ArrayMetadata
from zarr_c.metadata.chunk_arguments import normalize_grid, normalize_shards
from zarr_c.metadata.dtype import DataType, from_numpy
from zarr_c.metadata.fill_value import fill_from_user
from zarr_c.storage.local import LocalStore
from zarr_c.storage.path import StorePath

__all__ = [
    "DEFAULT_FILL_VALUE",
    "array_config",
    "array_metadata",
    "create_at",
    "like_arguments",
    "overlaps",
    "parse_format",
    "parse_shape",
]


class _Default:
    def __repr__(self) -> str:
        return "<default>"

    def __reduce__(self) -> str:
        return "DEFAULT_FILL_VALUE"


DEFAULT_FILL_VALUE: Any = _Default()
"""The fill value that means the zero of the data type, as None has another meaning."""


def parse_format(zarr_format: Any) -> int:
    """The format to write: the given one, or ``config["default_zarr_format"]``.

    Raises
    ------
    ValueError
        If it is neither 2 nor 3.
    """
    if zarr_format is None:
        zarr_format = settings.get("default_zarr_format")
    if isinstance(zarr_format, bool) or zarr_format not in (2, 3):
        raise ValueError(f"zarr_format: expected 2, 3 or None, found {zarr_format!r}")
    return int(zarr_format)


def parse_shape(shape: Any) -> tuple[int, ...]:
    """A shape out of an integer or several.

    Raises
    ------
    TypeError
        If there is something else than integers.
    ValueError
        If one is negative.
    """
    lengths = shape if isinstance(shape, Iterable) else (shape,)
    try:
        parsed = tuple(operator.index(length) for length in lengths)
    except TypeError:
        raise TypeError(f"shape: expected integers, found {shape!r}") from None
    if any(length < 0 for length in parsed):
        raise ValueError(f"shape: expected lengths of at least 0, found {shape!r}")
    return parsed


def data_arguments(data: Any, shape: Any, dtype: Any) -> tuple[Any, Any, Any]:
    """Data, shape and data type of an array to create, out of either data or a shape.

    Raises
    ------
    ValueError
        If data come with a shape or a data type, or neither data nor shape are given.
    """
    if data is None:
        if shape is None:
            raise ValueError("shape: expected a shape, or data to take it from, found neither")
        return None, shape, dtype
    for name, given in (("shape", shape), ("dtype", dtype)):
        if given is not None:
            raise ValueError(f"{name}: data have their own, so expected None, found {given!r}")
    if not hasattr(data, "shape") or not hasattr(data, "dtype"):
        data = np.asarray(data)
    return data, data.shape, data.dtype


def array_metadata(
    *,
    shape: Any,
    dtype: Any = None,
    chunks: Any = "auto",
    shards: Any = None,
    filters: Any = "auto",
    compressors: Any = "auto",
    serializer: Any = "auto",
    codecs: Any = None,
    fill_value: Any = DEFAULT_FILL_VALUE,
    order: str | None = None,
    zarr_format: int = 3,
    attributes: Mapping[str, Any] | None = None,
    chunk_key_encoding: Any = None,
    dimension_names: Iterable[str | None] | None = None,
) -> ArrayMetadata:
    """The metadata that the arguments of `zarr_c.create_array` describe.

    Parameters
    ----------
    codecs : iterable of codecs, optional
        The whole v3 chain, instead of `filters`, `serializer` and `compressors`.
    **kwargs
        The others are those of `zarr_c.create_array`.

    Raises
    ------
    TypeError, ValueError
        If an argument is of no use; the message names it, what was expected and what was found.
    """
    if order not in (None, "C", "F"):
        raise ValueError(f"order: expected 'C', 'F' or None, found {order!r}")
    v2_filters, compressor = v2_codecs(filters, compressors) if zarr_format == 2 else ((), None)
    data_type = from_numpy(
        np.float64 if dtype is None else dtype,
        zarr_format,
        (*v2_filters, *([compressor] if compressor else ())),
    )
    lengths = parse_shape(shape)
    index_location = "end"
    if isinstance(shards, Mapping):
        index_location, shards = shards.get("index_location", "end"), shards.get("shape")
    inner = None
    if shards is None or shards is False:
        grid = normalize_grid(chunks, lengths, data_type.itemsize)
        if zarr_format == 2 and not grid.regular:
            raise ValueError(f"chunks: Zarr v2 has one shape for all of them, found {chunks!r}")
    else:
        if zarr_format == 2:
            raise ValueError(f"shards: Zarr v2 has none, so expected None, found {shards!r}")
        if codecs is not None:
            raise ValueError("shards: expected None, as `codecs` say how chunks are stored")
        target = settings.get("array.target_shard_size_bytes")
        grid, inner = normalize_shards(shards, chunks, lengths, data_type.itemsize, target)
    common: dict[str, Any] = {
        "zarr_format": zarr_format,
        "shape": lengths,
        "chunk_grid": grid,
        "data_type": data_type,
        "fill_value": _fill_value(fill_value, data_type, zarr_format),
        "attributes": node_changes.plain_attributes(attributes, zarr_format),
    }
    if zarr_format == 3:
        if codecs is None:
            chain = v3_codecs(filters, serializer, compressors, data_type)
            if inner is not None:
                chain = sharded(chain, inner, index_location)
        else:
            chain = complete(codecs, data_type)
        return ArrayMetadata(
            **common,
            chunk_key=chunk_key.parse(chunk_key_encoding or "default"),
            codecs=chain,
            dimension_names=None if dimension_names is None else tuple(dimension_names),
        )
    for name, given in (("serializer", serializer), ("dimension_names", dimension_names)):
        if given not in (None, "auto"):
            raise ValueError(f"{name}: Zarr v2 has none, so expected None, found {given!r}")
    return ArrayMetadata(
        **common,
        chunk_key=chunk_key.parse(chunk_key_encoding or "v2"),
        order=order or settings.get("array.order"),
        filters=with_object_codec(v2_filters, compressor, data_type),
        compressor=compressor,
    )


def _fill_with(array: Array, data: Any) -> None:
    """Write data to a new array; what is not in memory already is never there as a whole."""
    if getattr(data, "chunks", None) is None:
        array[...] = data
        return
    from zarr_c.rechunking.from_data import write_data_of

    write_data_of(data, array)


def _fill_value(value: Any, data_type: DataType, zarr_format: int) -> bytes | None:
    if value is None and zarr_format == 2:
        return None
    if value is None or value is DEFAULT_FILL_VALUE:
        return data_type.zero()
    return fill_from_user(value, data_type)


def create_at(
    place: StorePath,
    *,
    shape: Any = None,
    dtype: Any = None,
    data: Any = None,
    zarr_format: int = 3,
    order: str | None = None,
    overwrite: bool = False,
    config: ArrayConfigLike | None = None,
    write_data: bool = True,
    **arguments: Any,
) -> Array:
    """Store a new array and open it.

    Parameters
    ----------
    place : StorePath
        Where.
    **arguments
        Those of `zarr_c.create_array`.

    Raises
    ------
    ContainsArrayError, ContainsGroupError
        If there is a node and it may not be overwritten, or an array is above the place.
    UnknownCodecError
        If a codec is unknown. Nothing has been deleted or written then.
    """
    data, shape, dtype = data_arguments(data, shape, dtype)
    metadata = array_metadata(
        shape=shape, dtype=dtype, zarr_format=zarr_format, order=order, **arguments
    )
    if overwrite and data is not None and write_data and overlaps(data, place):
        raise ContainsArrayError(f"data: {place} holds them and would be deleted first")
    # the array is made first, as it refuses codecs that it cannot run
    array = Array(place, metadata, array_config(metadata, config, order))
    node_changes.create_node(place, metadata, overwrite)
    if data is not None and write_data:
        _fill_with(array, data)
    return array


def array_config(
    metadata: ArrayMetadata, config: ArrayConfigLike | None, order: str | None = None
) -> ArrayConfig:
    """The configuration of an array; that of a v2 array has the order it is stored in."""
    if order is None and metadata.zarr_format == 2 and not _names_order(config):
        order = metadata.order
    return parse_array_config(config, order=order)


def _names_order(config: ArrayConfigLike | None) -> bool:
    return isinstance(config, ArrayConfig) or (
        isinstance(config, Mapping) and "order" in config
    )


def overlaps(data: Any, place: StorePath) -> bool:
    """Whether data are an array that lies at a place, below it or above it."""
    source = getattr(data, "store_path", None)
    if not isinstance(source, StorePath):
        return False
    (ours, here), (theirs, there) = _absolute(source), _absolute(place)
    shorter, longer = sorted((f"{here}/".lstrip("/"), f"{there}/".lstrip("/")), key=len)
    return bool(ours == theirs) and longer.startswith(shorter)


def _absolute(place: StorePath) -> tuple[object, str]:
    """What holds a place and its path there: two stores may begin at different directories."""
    from zarr_c.storage.wrapper import WrapperStore

    store: Any = place.store
    while isinstance(store, WrapperStore):
        store = store._store
    if isinstance(store, LocalStore):
        return LocalStore, os.path.realpath(os.path.join(store.root, place.path))
    return store.with_read_only(True), place.path


def like_arguments(a: Any, zarr_format: int | None = None) -> dict[str, Any]:
    """Arguments of `zarr_c.create` that make an array like another.

    Parameters
    ----------
    a : array-like
        Shape, data type and chunks are taken from it. A Zarr array gives its fill value too,
        and its codecs where the new array has the same format.
    zarr_format : {2, 3}, optional
        Format of the new array, by default that of `a`.
    """
    if not hasattr(a, "shape") or not hasattr(a, "dtype"):
        a = np.asarray(a)
    arguments: dict[str, Any] = {"shape": a.shape, "dtype": a.dtype}
    source = getattr(a, "metadata", None)
    if isinstance(source, ArrayMetadata):
        arguments["chunks"] = a.chunks if source.chunk_grid.regular else source.chunk_grid
        zarr_format = zarr_format or source.zarr_format
        arguments["dtype"] = source.data_type
        arguments["fill_value"] = (
            None if source.fill_value is None else source.data_type.scalar(source.fill_value)
        )
        if zarr_format == source.zarr_format == 3:
            arguments["codecs"], arguments["chunks"] = source.codecs, source.chunk_grid
        elif zarr_format == source.zarr_format:
            arguments |= {"filters": source.filters, "compressor": source.compressor}
            arguments["order"] = source.order
    else:
        chunks = getattr(a, "chunks", None)
        if isinstance(chunks, tuple) and all(isinstance(n, int) for n in chunks):
            arguments["chunks"] = chunks
    return arguments if zarr_format is None else arguments | {"zarr_format": zarr_format}
