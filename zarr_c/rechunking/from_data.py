"""`from_array`: a new array out of another one or of anything like an array."""

from __future__ import annotations

import warnings
from copy import deepcopy
from typing import TYPE_CHECKING, Any

import numpy as np

from zarr_c.array import Array
from zarr_c.codecs.base import ArrayArrayCodec, ArrayBytesCodec
from zarr_c.codecs.registry import get_codec_class
from zarr_c.creation import DEFAULT_FILL_VALUE, create_at, overlaps, parse_format
from zarr_c.errors import ContainsArrayError, ZarrUserWarning
from zarr_c.progress import measured
from zarr_c.rechunking.box_copy import copy_elements
from zarr_c.rechunking.chunk_copies import copy_chunks, discard_chunks, same_encoding
from zarr_c.storage.resolve import StoreLike, resolve

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from zarr_c.array_config import ArrayConfigLike
    from zarr_c.metadata.array import ArrayMetadata
    from zarr_c.progress import Progress

__all__ = ["by_kind", "from_array", "is_text", "kept_arguments", "kept_chain", "write_data_of"]

_DIMENSIONS = "_ARRAY_DIMENSIONS"  # xarray's attribute for Zarr v2


def from_array(
    store: StoreLike | None,
    *,
    data: Any,
    write_data: bool = True,
    name: str | None = None,
    chunks: Any = "keep",
    shards: Any = "keep",
    filters: Any = "keep",
    compressors: Any = "keep",
    serializer: Any = "keep",
    fill_value: Any = DEFAULT_FILL_VALUE,
    order: str | None = None,
    zarr_format: int | None = None,
    attributes: Mapping[str, Any] | None = None,
    chunk_key_encoding: Any = None,
    dimension_names: Iterable[str | None] | None = None,
    storage_options: Mapping[str, Any] | None = None,
    overwrite: bool = False,
    config: ArrayConfigLike | None = None,
    progress: Progress = False,
) -> Array:
    """Create an array out of another one, or of anything like an array.

    Data are never in memory as a whole: about 256 MiB at once, or one chunk or shard if that is
    more, and each chunk or shard is written once. Where both arrays encode their chunks in the
    same way, stored chunks are copied as they are.

    Parameters
    ----------
    store : StoreLike or None
        Where: a path, a URL, a store, a mapping, or None for memory.
    data : Array or array-like
        What is copied: an array of zarr_c, a NumPy array, a sequence, or any object with
        ``shape``, ``dtype`` and ``data[region]``, such as datasets of h5py, arrays of dask and
        variables of xarray.
    write_data : bool, default True
        Whether to copy the elements; otherwise the new array is only like `data`.
    name : str, optional
        Path of the array in the store; missing groups above it are created.
    chunks, shards, filters, compressors, serializer : optional
        As of `zarr_c.create_array`, or 'keep', the default: as the array of zarr_c has it,
        where that is of the same format. Otherwise 'keep' is 'auto', and None for `shards`.
    fill_value : scalar or None, optional
        That of `data` by default; None is the zero of the type, and ``null`` in Zarr v2.
    order : {'C', 'F'}, optional
        As of `zarr_c.create_array`; in Zarr v2 that of an array of zarr_c by default.
    zarr_format : {2, 3}, optional
        Format to write; that of `data` by default, or 3.
    attributes : mapping, optional
        User attributes; those of an array of zarr_c by default.
    chunk_key_encoding : dict, tuple or str, optional
        How chunks are named; as in an array of the same format by default.
    dimension_names : iterable of str or None, optional
        Names of the dimensions; those of an array of Zarr v3 by default. In Zarr v2 these
        become the attribute ``_ARRAY_DIMENSIONS``, where xarray looks for them.
    storage_options, overwrite, config
        As of `zarr_c.create_array`.
    progress : bool or callable, default False
        True draws a bar; a callable is called with the number of bytes copied, decoded, and of
        all bytes.

    Returns
    -------
    Array
        The new array.

    Raises
    ------
    ContainsArrayError, ContainsGroupError
        If there is a node at the place and `overwrite` is false, or an array above it; if
        `data` lie at or below a place that would be overwritten.
    TypeError, ValueError
        If an argument cannot be used.
    ReadOnlyError
        If the store is read-only.
    """
    place = resolve(store, name, mode="a", storage_options=storage_options)
    if not hasattr(data, "shape") or not hasattr(data, "dtype"):
        data = np.asarray(data)
    if overwrite and write_data and overlaps(data, place):
        raise ContainsArrayError(
            f"data: {place} holds them and would be deleted first; write to another place, or "
            "pass data=array[...]"
        )
    arguments = kept_arguments(
        data,
        chunks=chunks,
        shards=shards,
        filters=filters,
        compressors=compressors,
        serializer=serializer,
        fill_value=fill_value,
        order=order,
        zarr_format=zarr_format,
        attributes=attributes,
        chunk_key_encoding=chunk_key_encoding,
        dimension_names=dimension_names,
    )
    if is_text(data):
        arguments["dtype"], data = str, data.asstr()
    target = create_at(place, **arguments, overwrite=overwrite, config=config)
    if write_data:
        write_data_of(data, target, progress)
    return target


def is_text(data: Any) -> bool:
    """Whether it is a dataset of h5py that holds strings of any length."""
    metadata = getattr(data.dtype, "metadata", None) or {}
    return hasattr(data, "asstr") and metadata.get("vlen") in (str, bytes)


def write_data_of(data: Any, target: Array, progress: Progress = False) -> None:
    """Write an array-like of the same shape to a new array, in bounded memory.

    Parameters
    ----------
    data : Array or array-like
    target : Array
    progress : bool or callable
        As of `from_array`.
    """
    with measured(progress, target.nbytes, "copying") as meter:
        if isinstance(data, Array) and same_encoding(data, target):
            discard_chunks(target)
            copy_chunks(data, target, meter)
        else:
            copy_elements(data, target, meter)


# ---- what is kept


def kept_arguments(
    data: Any,
    *,
    fill_value: Any,
    order: str | None,
    zarr_format: int | None,
    attributes: Mapping[str, Any] | None,
    chunk_key_encoding: Any,
    dimension_names: Iterable[str | None] | None,
    **layout: Any,
) -> dict[str, Any]:
    """Arguments of `zarr_c.creation.create_at` for an array like another.

    Parameters
    ----------
    data : Array or array-like
    **layout
        ``chunks``, ``shards``, ``filters``, ``compressors`` and ``serializer``, each of which
        may be 'keep'.
    **others
        As of `from_array`.
    """
    source = data.metadata if isinstance(data, Array) else None
    if zarr_format is None:
        zarr_format = 3 if source is None else source.zarr_format
    arguments: dict[str, Any] = {
        "shape": data.shape,
        "dtype": data.dtype if source is None else source.data_type,
        "zarr_format": parse_format(zarr_format),
        "fill_value": fill_value,
        "order": order,
        "attributes": attributes,
        "chunk_key_encoding": chunk_key_encoding,
        "dimension_names": dimension_names,
    }
    if source is None:
        kept = _AUTO
    elif zarr_format == 3 == source.zarr_format and all(map(_is_keep, layout.values())):
        kept = layout = {"chunks": source.chunk_grid, "codecs": source.codecs}
    else:
        kept = _kept_layout(data, zarr_format)
    if source is not None:
        _keep(data, arguments)
    return arguments | {
        key: kept[key] if _is_keep(value) else value for key, value in layout.items()
    }


def _keep(data: Array, arguments: dict[str, Any]) -> None:
    """Put in what is not given and does not concern the layout."""
    source, version = data.metadata, arguments["zarr_format"]
    if arguments["fill_value"] is DEFAULT_FILL_VALUE:
        arguments["fill_value"] = data.fill_value
    if arguments["attributes"] is None:
        arguments["attributes"] = deepcopy(source.attributes)
    if arguments["chunk_key_encoding"] is None and version == source.zarr_format:
        arguments["chunk_key_encoding"] = source.chunk_key
    if arguments["dimension_names"] is None:
        arguments |= _kept_names(source, version, arguments["attributes"])
    if version == 2:
        arguments["order"] = arguments["order"] or data.order
    elif source.zarr_format == 2 and source.order == "F":
        warnings.warn(
            "order: Zarr v3 has none, so the order F of the data is not kept; "
            "filters=TransposeCodec(order=...) stores chunks like that",
            ZarrUserWarning,
            stacklevel=4,
        )


_AUTO: dict[str, Any] = {
    "chunks": "auto",
    "shards": None,
    "filters": "auto",
    "compressors": "auto",
    "serializer": "auto",
}


def _is_keep(value: Any) -> bool:
    return isinstance(value, str) and value == "keep"


def _kept_names(
    source: ArrayMetadata, version: int, attributes: Mapping[str, Any]
) -> dict[str, Any]:
    names = source.dimension_names
    if version == 3:
        return {"dimension_names": names}
    if names is None or all(name is None for name in names):
        return {}
    if None in names:
        raise ValueError(
            f"dimension_names: expected a name for each or for none in Zarr v2, found {names}"
        )
    return {"attributes": {_DIMENSIONS: list(names)} | dict(attributes)}


def _kept_layout(data: Array, version: int) -> dict[str, Any]:
    """What 'keep' means for chunks, shards and codecs, one by one."""
    source = data.metadata
    if version != source.zarr_format:
        return _AUTO | {"chunks": _chunks_between_formats(data)}
    if version == 3:
        return kept_chain(data)
    return _AUTO | {
        "chunks": source.chunk_grid,
        "filters": source.filters,
        "compressors": source.compressor,
    }


def _chunks_between_formats(data: Array) -> Any:
    inner = data._pipeline.inner_chunk_shape
    grid = data.metadata.chunk_grid
    if inner is not None:
        return inner
    return grid.chunk_shape if grid.regular else "auto"


def kept_chain(data: Array) -> dict[str, Any]:
    """The layout of an array of Zarr v3; filters and compressors are those of inner chunks."""
    source, chain = data.metadata, list(data.metadata.codecs)
    kept: dict[str, Any] = {"chunks": source.chunk_grid, "shards": None}
    if [codec["name"] for codec in chain] == ["sharding_indexed"]:
        configuration = chain[0]["configuration"]
        chain = configuration["codecs"]
        grid = source.chunk_grid
        kept["chunks"] = data._pipeline.inner_chunk_shape
        kept["shards"] = {
            "shape": grid.chunk_shape
            if grid.regular
            else [
                [length for length, count in grid.runs(axis, extent) for _ in range(count)]
                for axis, extent in enumerate(source.shape)
            ],
            "index_location": configuration.get("index_location", "end"),
        }
    return kept | by_kind(chain)


def by_kind(chain: Iterable[dict[str, Any]]) -> dict[str, Any]:
    """A chain of Zarr v3 as ``filters``, ``serializer`` and ``compressors``."""
    found: dict[str, Any] = {"filters": [], "serializer": "auto", "compressors": []}
    for codec in chain:
        kind = get_codec_class(codec["name"])
        if issubclass(kind, ArrayBytesCodec):
            found["serializer"] = codec
        else:
            name = "filters" if issubclass(kind, ArrayArrayCodec) else "compressors"
            found[name].append(codec)
    return found
