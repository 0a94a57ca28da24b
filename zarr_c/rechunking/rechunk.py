"""`rechunk`: the same array in other chunks or codecs, in bounded memory, taken up again."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from contextlib import suppress
from itertools import islice
from typing import TYPE_CHECKING, Any

from zarr_c import node_changes, nodes
from zarr_c._native.threads import call_threads
from zarr_c.array import Array
from zarr_c.codec_arguments import complete
from zarr_c.config import config as settings
from zarr_c.creation import DEFAULT_FILL_VALUE, array_config, array_metadata, overlaps
from zarr_c.errors import ContainsArrayError
from zarr_c.progress import measured
from zarr_c.rechunking.box_copy import copy_boxes
from zarr_c.rechunking.from_data import by_kind, kept_arguments
from zarr_c.rechunking.journal import FOLDER, Journal, find_journal, task_of
from zarr_c.rechunking.plan import make_plan, parse_nbytes, stages
from zarr_c.storage.resolve import StoreLike, resolve

if TYPE_CHECKING:
    from zarr_c.array_config import ArrayConfigLike
    from zarr_c.progress import Progress
    from zarr_c.rechunking.plan import Stage
    from zarr_c.storage.path import StorePath

__all__ = ["rechunk"]


def rechunk(
    src: Array | StoreLike,
    dst: StoreLike | None,
    chunks: Any = None,
    shards: Any = None,
    codecs: Any = None,
    max_memory: int | str = "256 MiB",
    *,
    name: str | None = None,
    temp_store: StoreLike | None = None,
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
    """Store an array once more, in other chunks, shards or codecs, in bounded memory.

    The array is copied in boxes that cover whole chunks or shards of the new one, so that each
    is written once, and that read the source's chunks as few times as memory allows. Where that
    would still be too often, as from rows to columns, there are two passes: into chunks of an
    intermediate array, each of which is written once and read once, and on into the new one.

    The new array appears when it is complete. If the process ends before that, the same call
    goes on where it was; until then its directory holds chunks and a directory ``__rechunk__``.
    Source data must not change meanwhile, and one process at a time may work on it.

    Parameters
    ----------
    src : Array or StoreLike
        The array, or where it is.
    dst : StoreLike or None
        Where the new one goes; None is memory.
    chunks, shards : optional
        As of `zarr_c.create_array`. By default chunks stay as they are; so do shards if
        `chunks` are not given either, otherwise there are none.
    codecs : codec or iterable of codecs, optional
        All codecs of a chunk, Zarr v3 only, in the place of `filters`, `serializer` and
        `compressors`; without one from array to bytes, that of the data type is taken.
    max_memory : int or str, default '256 MiB'
        Bytes, or a string such as ``'2 GB'``: what boxes and the chunks that are being decoded
        and encoded may take together. Fewer threads work where it is tight. How much strings
        take is estimated from the first of them.
    name : str, optional
        Path of the new array in `dst`.
    temp_store : StoreLike, optional
        Where the intermediate array goes; below the new array by default. Of a ZIP file, which
        does not give up what is deleted, choose another place.
    filters, compressors, serializer, fill_value, order, zarr_format, attributes
        As of `zarr_c.from_array`: kept by default.
    chunk_key_encoding, dimension_names, storage_options, config
        As of `zarr_c.from_array`; `storage_options` are for `dst`.
    overwrite : bool, default False
        Whether to delete what is stored at the place, an unfinished rechunking of another kind
        included. One of the same kind goes on.
    progress : bool or callable, default False
        True draws a bar; a callable is called with the number of boxes done and of all.

    Returns
    -------
    Array
        The new array.

    Raises
    ------
    ArrayNotFoundError
        If there is no array at `src`.
    ContainsArrayError, ContainsGroupError
        If there is a node at `dst` and `overwrite` is false, or an array above it; if `src`
        lies at, below or above it; if it holds an unfinished rechunking with other arguments.
    TypeError, ValueError
        If an argument cannot be used. If `max_memory` is too small, the message says what would
        do.
    ReadOnlyError
        If the store is read-only.
    """
    memory = parse_nbytes(max_memory, "max_memory")
    source = src if isinstance(src, Array) else _opened(src)
    place = resolve(dst, name, mode="a", storage_options=storage_options)
    if overlaps(source, place):
        raise ContainsArrayError(
            f"dst: expected a place apart from the source {source.store_path}, found {place}"
        )
    if shards is None and chunks is None:
        shards = "keep"
    arguments = kept_arguments(
        source,
        chunks="keep" if chunks is None else chunks,
        shards=shards,
        **_codecs(source, codecs, zarr_format, filters, compressors, serializer),
        fill_value=fill_value,
        order=order,
        zarr_format=zarr_format,
        attributes=attributes,
        chunk_key_encoding=chunk_key_encoding,
        dimension_names=dimension_names,
    )
    metadata = array_metadata(**arguments)
    target = Array(place, metadata, array_config(metadata, config, order))
    temporary = (place if temp_store is None else resolve(temp_store, mode="a")) / FOLDER
    _run(source, target, temporary, memory, overwrite, progress)
    return target


def _opened(src: StoreLike) -> Array:
    place = resolve(src, mode="r")
    return Array(place, nodes.read_array(place))


def _codecs(
    source: Array,
    codecs: Any,
    zarr_format: int | None,
    filters: Any,
    compressors: Any,
    serializer: Any,
) -> dict[str, Any]:
    """Filters, compressors and serializer, given one by one or as a chain."""
    given = {"filters": filters, "compressors": compressors, "serializer": serializer}
    if codecs is None:
        return given
    for argument, value in given.items():
        if not (isinstance(value, str) and value == "keep"):
            raise ValueError(f"{argument}: expected none beside `codecs`, found {value!r}")
    if (zarr_format or source.metadata.zarr_format) != 3:
        raise ValueError("codecs: Zarr v2 has filters and compressors instead")
    if isinstance(codecs, str | Mapping) or not isinstance(codecs, Iterable):
        codecs = (codecs,)
    return by_kind(complete(codecs, source.metadata.data_type))


def _run(
    source: Array,
    target: Array,
    temporary: StorePath,
    memory: int,
    overwrite: bool,
    progress: Progress,
) -> None:
    """Begin or go on, then make the array visible and remove what was needed for that."""
    place = target.store_path
    journal = _journal(source, target, temporary, memory, overwrite)
    if not journal.complete:
        passes = stages(journal.plan, source, target, temporary / journal.task)
        try:
            _copy(passes, journal, progress)
        except BaseException:
            with suppress(Exception):  # what went wrong first is what counts
                journal.note()
            raise
        journal.finish()
    if nodes.read_node(place) is None:
        node_changes.create_node(place, target.metadata)
    journal.remove()
    place.store.flush()


def _journal(
    source: Array, target: Array, temporary: StorePath, memory: int, overwrite: bool
) -> Journal:
    """The journal of the same call that was interrupted, or a new one."""
    place = target.store_path
    place.store._check_writable(place.path)
    if not place.store.supports_deletes:
        raise ValueError(f"dst: {type(place.store).__name__} cannot delete, which this needs")
    task = task_of(source, target, temporary, memory)
    found, node = find_journal(place / FOLDER, temporary), nodes.read_node(place)
    if (
        found is not None
        and node is not None
        and not (found.complete and node == target.metadata)
    ):
        found = None  # somebody has made a node there since
    if found is not None:
        if found.belongs_to(task):
            return found
        if found.task != task and not overwrite:
            raise ContainsArrayError(
                f"dst: {place} holds an unfinished rechunking of {found.source} with other "
                "arguments; go on with those, or give it up with overwrite=True"
            )
    plan = make_plan(source, target, memory)
    node_changes.check_names(place, target.metadata.zarr_format)
    node_changes.missing_parents(place, target.metadata.zarr_format)
    node_changes.prepare(place, overwrite or found is not None)
    if found is not None:
        found.remove()
    journal = Journal(place / FOLDER, temporary / task, task, str(source.store_path), plan)
    journal.begin()
    return journal


def _copy(passes: list[Stage], journal: Journal, progress: Progress) -> None:
    """Copy the boxes that have not been copied yet, with no more workers than planned."""
    total = sum(len(boxes) for _, _, boxes in passes)
    count = journal.plan.workers
    limits: dict[str, Any] = {}
    if count < call_threads():
        limits["threads"] = count
    if count < settings.get("async.concurrency"):
        limits["async.concurrency"] = count
    with settings.set(limits), measured(progress, total, "rechunking") as meter:
        if journal.done:
            meter.add(journal.done)

        def copied(_: int) -> None:
            journal.add()
            meter.add()

        skip = journal.done
        for source, target, boxes in passes:
            copy_boxes(source, target, islice(boxes, skip, None), copied)
            skip = max(0, skip - len(boxes))
