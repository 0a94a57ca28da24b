"""How one array gets to another place: chunk by chunk, its metadata document last.

Chunks go over as they are stored where the new array encodes them alike; otherwise they are
decoded and encoded, some whole chunks of the new array at a time.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from zarr_c import node_changes
from zarr_c._native._locks import note_all_written
from zarr_c.array import Array
from zarr_c.codecs.pipeline import compile_pipeline
from zarr_c.creation import array_config, array_metadata
from zarr_c.errors import DataTypeValidationError, MetadataValidationError, UnknownCodecError
from zarr_c.hierarchies.array_conversion import DIMENSIONS, array_to_v2, array_to_v3
from zarr_c.metadata import chunk_key
from zarr_c.rechunking.box_copy import copy_elements
from zarr_c.rechunking.chunk_copies import copy_chunks, discard_chunks
from zarr_c.rechunking.from_data import is_text, kept_chain

if TYPE_CHECKING:
    from collections.abc import Mapping

    from zarr_c.metadata.array import ArrayMetadata
    from zarr_c.progress import Meter
    from zarr_c.storage.path import StorePath

__all__ = ["copy_array", "plain_attributes"]

# Attributes in which HDF5 and netCDF4 keep the structure of their files; most are references.
_INTERNAL = frozenset(
    (
        "CLASS",
        "NAME",
        "REFERENCE_LIST",
        "DIMENSION_LIST",
        "DIMENSION_LABELS",
        "_Netcdf4Dimid",
        "_Netcdf4Coordinates",
        "_nc3_strict",
        "_NCProperties",
    )
)


def copy_array(
    source: Any,
    place: StorePath,
    zarr_format: int,
    arguments: Mapping[str, Any],
    with_attributes: bool,
    meter: Meter,
) -> None:
    """Copy an array to a place where there is no node.

    Parameters
    ----------
    source : Array or array-like
        What is copied: of h5py, zarr-python or another package, it has `shape`, `dtype`,
        `attrs` and perhaps `chunks`.
    place : StorePath
        Where to.
    zarr_format : {2, 3}
        Format of the copy.
    arguments : mapping
        As of `zarr_c.create_array`: in what the copy differs.
    with_attributes : bool
        Whether user attributes are copied.
    meter : Meter
        Counts the decoded bytes.

    Raises
    ------
    TypeError, ValueError
        If an argument or the data type is of no use; nothing has been written then.
    """
    alike = None if arguments else _alike(source, zarr_format)
    metadata = _metadata(source, zarr_format, arguments) if alike is None else alike
    if not with_attributes:
        metadata = metadata.with_(attributes=dict(arguments.get("attributes") or {}))
    node_changes.check_names(place, zarr_format)
    target = Array(place, metadata, array_config(metadata, None))
    place.store._check_writable(place.path)
    discard_chunks(target)
    if alike is None:
        copy_elements(source.asstr() if is_text(source) else source, target, meter)
    else:
        copy_chunks(source, target, meter)
    note_all_written()
    node_changes.create_node(place, metadata)


# ---- what the copy is


def _alike(source: Any, zarr_format: int) -> ArrayMetadata | None:
    """The metadata under which the chunks of the source can be read as they are, if any."""
    if not isinstance(source, Array):
        return None
    metadata = source.metadata
    if metadata.zarr_format == zarr_format:
        return metadata
    try:
        if zarr_format == 3:
            alike = array_to_v3(metadata).with_(chunk_key=chunk_key.parse("default"))
        else:
            alike = array_to_v2(metadata.with_(chunk_key=chunk_key.parse("v2")))
        compile_pipeline(alike)
    except (MetadataValidationError, DataTypeValidationError, UnknownCodecError):
        return None  # the other format has no such codec, type or grid
    return alike


def _metadata(source: Any, zarr_format: int, arguments: Mapping[str, Any]) -> ArrayMetadata:
    """The metadata of a copy whose chunks are encoded anew."""
    given = dict(arguments)
    if "compressor" in given:
        given["compressors"] = given.pop("compressor")
    attributes = plain_attributes(source.attrs)
    if isinstance(source, Array):
        kept = _kept(source, zarr_format)
        names = source.metadata.dimension_names
        if zarr_format == 2 and names and all(isinstance(name, str) for name in names):
            attributes.setdefault(DIMENSIONS, list(names))
    else:
        kept = _kept_of_others(source)
    if "chunks" in given:
        kept.pop("shards", None)
    attributes |= given.pop("attributes", None) or {}
    return array_metadata(
        shape=source.shape, zarr_format=zarr_format, attributes=attributes, **kept | given
    )


def _kept(source: Array, zarr_format: int) -> dict[str, Any]:
    """What a copy has of its source unless something else is asked for."""
    metadata = source.metadata
    regular = metadata.chunk_grid.regular
    kept: dict[str, Any] = {
        "dtype": metadata.data_type,
        "fill_value": source.fill_value,
        "chunks": source.chunks if regular else metadata.chunk_grid,
    }
    if zarr_format != metadata.zarr_format:
        return kept
    if zarr_format == 2:
        return kept | {
            "filters": metadata.filters,
            "compressors": metadata.compressor,
            "order": metadata.order,
            "chunk_key_encoding": metadata.chunk_key,
        }
    kept["dimension_names"] = metadata.dimension_names
    kept["chunk_key_encoding"] = metadata.chunk_key
    return kept | kept_chain(source)


def _kept_of_others(source: Any) -> dict[str, Any]:
    chunks = getattr(source, "chunks", None)
    if is_text(source):
        return {"dtype": str, "chunks": chunks or "auto"}
    dtype = np.dtype(source.dtype)
    kept = {"dtype": dtype if dtype.names or dtype.kind == "O" else np.dtype(dtype.str)}
    fill = getattr(source, "fillvalue", getattr(source, "fill_value", None))
    if fill is not None:
        kept["fill_value"] = fill
    return kept | {"chunks": chunks or "auto"}


def plain_attributes(attributes: Mapping[str, Any]) -> dict[str, Any]:
    """User attributes as JSON has them, without those that are a matter of an HDF5 file.

    Parameters
    ----------
    attributes : mapping
        Those of h5py may be NumPy arrays, NumPy scalars and bytes.
    """
    return {name: _plain(attributes[name]) for name in attributes if name not in _INTERNAL}


def _plain(value: Any) -> Any:
    if isinstance(value, np.ndarray | np.generic):
        value = value.tolist()
    if isinstance(value, list):
        return [_plain(item) for item in value]
    return value.decode() if isinstance(value, bytes) else value
