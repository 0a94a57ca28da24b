"""From an array's metadata to the plan that the read and write paths work by."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from zarr_c._plan import Plan
from zarr_c.codecs._shard import Shard

if TYPE_CHECKING:
    from zarr_c.array_config import ArrayConfig
    from zarr_c.codecs._chain import Chain
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
    data_type = metadata.data_type
    fill_value: Any = metadata.fill_value
    if fill_value is None:  # undefined by the specification of v2; never left to chance
        fill_value = data_type.zero()
    kind = data_type.family if data_type.variable else None
    if kind == "object":
        fill_value = data_type.scalar(fill_value)
    chunks = _chunks(metadata, pipeline)
    return Plan(
        metadata.shape,
        chunks.shape,
        data_type.itemsize,
        chunks.axes,
        chunks.word,
        fill_value,
        chunks.chain,
        place.store._native(),
        f"{head}c{key.separator}" if default and metadata.shape else head,
        key.separator,
        "c" if default else "0",
        config.write_empty_chunks,
        config.read_missing_chunks,
        chunks.shard,
        config.sharding_coalesce_max_gap_bytes,
        config.sharding_coalesce_max_bytes,
        kind,
    )


class _Chunks(NamedTuple):
    """What the paths take for a chunk; an inner one, where there are shards."""

    shape: tuple[int, ...]
    axes: tuple[int, ...]
    word: int
    chain: Chain
    shard: Shard | None = None


def _chunks(metadata: ArrayMetadata, pipeline: Pipeline) -> _Chunks:
    stage = pipeline.shard
    if stage is None:
        return _Chunks(metadata.chunk_shape, pipeline.axes, pipeline.word, pipeline.chain)
    # What lies before the shards changes the order of axes and nothing else.
    outer, inner = pipeline.axes, stage.shard
    back = [outer.index(axis) for axis in range(len(outer))]

    def undo(values: tuple[int, ...]) -> tuple[int, ...]:
        return tuple(values[i] for i in back)

    return _Chunks(
        undo(stage.chunk_shape),
        tuple(outer[axis] for axis in stage.axes),
        stage.word,
        inner.chain,
        Shard(
            undo(inner.counts),
            undo(inner.steps),
            inner.chain,
            inner.index_chain,
            inner.index_at_start,
        ),
    )
