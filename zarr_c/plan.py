"""From an array's metadata to the plan that the read and write paths work by."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from zarr_c._native._file_locks import FileLocks, file_locks
from zarr_c._plan import Plan
from zarr_c.codecs._shard import Shard
from zarr_c.codecs.pipeline import compile_pipeline
from zarr_c.indexing._grid import Runs
from zarr_c.storage._python import PythonStore

if TYPE_CHECKING:
    from collections.abc import Callable

    from zarr_c.array_config import ArrayConfig
    from zarr_c.chunk_cache import ChunkCache
    from zarr_c.codecs._chain import Chain
    from zarr_c.codecs.pipeline import Pipeline
    from zarr_c.metadata.array import ArrayMetadata
    from zarr_c.storage.path import StorePath

__all__ = ["make_plan"]


def make_plan(
    place: StorePath,
    metadata: ArrayMetadata,
    pipeline: Pipeline,
    config: ArrayConfig,
    cache: ChunkCache | None = None,
) -> Plan:
    """Compile what the read and write paths need to know; reads go through a cache if given."""
    grid = metadata.chunk_grid
    largest = grid.largest(metadata.shape)
    if grid.regular:
        return _plan(place, metadata, pipeline, config, cache, largest)
    runs = [grid.runs(axis, extent) for axis, extent in enumerate(metadata.shape)]
    if all(len(found) < 2 for found in runs):  # a regular grid in other words
        return _plan(place, metadata, pipeline, config, cache, largest)
    lengths = Runs([found if len(found) > 1 else None for found in runs])
    variants = None if pipeline.any_shape else _Variants(place, metadata, config, cache)
    return _plan(place, metadata, pipeline, config, cache, largest, lengths, variants)


class _Variants:
    """Plans of objects by their shape, each compiled when the first object of it is met."""

    MOST = 256
    """Plans kept at once: a grid may have more shapes than memory has room for."""

    def __init__(
        self,
        place: StorePath,
        metadata: ArrayMetadata,
        config: ArrayConfig,
        cache: ChunkCache | None,
    ) -> None:
        self._array = place, metadata, config, cache
        self._plans: dict[tuple[int, ...], Plan] = {}

    def __call__(self, shape: tuple[int, ...]) -> Plan:
        found = self._plans.get(shape)
        if found is None:
            place, metadata, config, cache = self._array
            pipeline = compile_pipeline(metadata, shape)
            found = _plan(place, metadata, pipeline, config, cache, shape)
            if len(self._plans) >= self.MOST:
                self._plans.clear()
            self._plans[shape] = found
        return found


def _plan(
    place: StorePath,
    metadata: ArrayMetadata,
    pipeline: Pipeline,
    config: ArrayConfig,
    cache: ChunkCache | None,
    shape: tuple[int, ...],
    runs: Runs | None = None,
    variants: Callable[[tuple[int, ...]], Plan] | None = None,
) -> Plan:
    """The plan of objects of a shape, or of objects that differ and the largest of them."""
    head = f"{place.path}/" if place.path else ""
    affixes = metadata.chunk_key.affixes(len(metadata.shape))
    before, between, behind = affixes or ("", "/", "")
    data_type = metadata.data_type
    fill_value: Any = metadata.fill_value
    if fill_value is None:  # undefined by the specification of v2; never left to chance
        fill_value = data_type.zero()
    kind = data_type.family if data_type.variable else None
    if kind == "object":
        fill_value = data_type.scalar(fill_value)
    chunk_shape, axes, word, chain, shard = _chunks(shape, pipeline)
    plan = Plan(
        metadata.shape,
        chunk_shape,
        data_type.itemsize,
        axes,
        word,
        fill_value,
        chain,
        place.store._native(),
        head + before,
        between,
        behind,
        config.write_empty_chunks,
        config.read_missing_chunks,
        shard,
        config.sharding_coalesce_max_gap_bytes,
        config.sharding_coalesce_max_bytes,
        kind,
        None if affixes else metadata.chunk_key.safe_key,
        runs,
        variants,
        _locks(place, config.lock),
    )
    if cache is not None:
        store, native = place.store, not isinstance(plan.store, PythonStore)
        plan.keep_chunks(cache._chunks, store._identity(), _decoding(metadata, shape), native)
    return plan


def _locks(place: StorePath, lock: bool | str) -> FileLocks | None:
    """What keeps other processes from changing an object meanwhile, where that is asked for."""
    if lock is False or place.read_only:
        return None
    found = place.store._lock_file(place.path, None if lock is True else lock)
    return None if found is None else file_locks(*found)


def _decoding(metadata: ArrayMetadata, shape: tuple[int, ...]) -> int:
    """A number that is equal for arrays whose chunks are decoded alike."""
    how = metadata.codecs, metadata.filters, metadata.compressor, metadata.order
    what = metadata.data_type.name, metadata.data_type.dtype, metadata.fill_value, shape
    return hash(repr((metadata.zarr_format, how, what))) & (1 << 64) - 1


def _chunks(
    shape: tuple[int, ...], pipeline: Pipeline
) -> tuple[tuple[int, ...], tuple[int, ...], int, Chain, Shard | None]:
    """Shape, axes, word and chain of what the paths take for a chunk, and its shard."""
    stage = pipeline.shard
    if stage is None:
        return shape, pipeline.axes, pipeline.word, pipeline.chain, None
    # What lies before the shards changes the order of axes and nothing else.
    outer, inner = pipeline.axes, stage.shard
    back = [outer.index(axis) for axis in range(len(outer))]

    def undo(values: tuple[int, ...]) -> tuple[int, ...]:
        return tuple(values[i] for i in back)

    return (
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
