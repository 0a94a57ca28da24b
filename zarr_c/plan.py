"""From an array's metadata to the plan that the read and write paths work by."""

from __future__ import annotations

from typing import TYPE_CHECKING

from zarr_c._plan import Plan

if TYPE_CHECKING:
    from zarr_c.array_config import ArrayConfig
    from zarr_c.codecs.pipeline import Pipeline
    from zarr_c.metadata.array import ArrayMetadata
    from zarr_c.storage.path import StorePath

__all__ = ["make_plan"]


def make_plan(
    place: StorePath, metadata: ArrayMetadata, pipeline: Pipeline, config: ArrayConfig
) -> Plan:
    """Compile what the read and write paths need to know."""
    key = metadata.chunk_key
    default = key.name == "default"
    head = f"{place.path}/" if place.path else ""
    fill_value = metadata.fill_value
    if fill_value is None:  # undefined by the specification of v2; never left to chance
        fill_value = bytes(metadata.data_type.itemsize)
    return Plan(
        metadata.shape,
        metadata.chunk_shape,
        metadata.data_type.itemsize,
        pipeline.axes,
        pipeline.word,
        fill_value,
        pipeline.chain,
        place.store._native(),
        f"{head}c{key.separator}" if default and metadata.shape else head,
        key.separator,
        "c" if default else "0",
        config.write_empty_chunks,
        config.read_missing_chunks,
    )
