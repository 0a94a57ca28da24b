"""`copy_store`: objects from one store to another, key by key, as they are."""

from __future__ import annotations

import re
from itertools import groupby
from typing import TYPE_CHECKING, Any

from zarr_c import consolidated
from zarr_c.errors import CopyError
from zarr_c.hierarchies.copying import logged, summary
from zarr_c.progress import Progress, measured
from zarr_c.storage.keys import is_document
from zarr_c.storage.resolve import StoreLike, resolve

if TYPE_CHECKING:
    from collections.abc import Iterable

    from zarr_c.storage.path import StorePath

__all__ = ["copy_store"]

Patterns = list[re.Pattern[str]]

_IF_EXISTS = ("raise", "replace", "skip")


def copy_store(
    source: StoreLike,
    dest: StoreLike,
    source_path: str = "",
    dest_path: str = "",
    excludes: str | Iterable[str] | None = None,
    includes: str | Iterable[str] | None = None,
    flags: int = 0,
    if_exists: str = "raise",
    dry_run: bool = False,
    log: Any = None,
    *,
    progress: Progress = False,
) -> tuple[int, int, int]:
    """Copy objects from one store to another as they are.

    Metadata documents are copied after everything else, the lowest first, so that no node is
    seen before it is whole. Objects are copied at once where that pays.

    Parameters
    ----------
    source, dest : StoreLike
        From where, and where to.
    source_path, dest_path : str, default ""
        The folders below which.
    excludes, includes : str or iterable of str, optional
        Regular expressions, searched for in the keys of the source: what `excludes` match is
        left out, unless `includes` match it too.
    flags : int, default 0
        Flags of the expressions, such as `re.IGNORECASE`.
    if_exists : {'raise', 'replace', 'skip'}, default 'raise'
        What to do about a key that is there already; 'raise' looks before anything is copied.
    dry_run : bool, default False
        Whether to do nothing but tell `log` what would be done.
    log : callable, path or file, optional
        Hears of each step: a function of one string, a file to write it to, or its path.
    progress : bool or callable, default False
        Reports the objects copied; see `zarr_c.progress.measured`.

    Returns
    -------
    n_copied, n_skipped, n_bytes_copied : int
        Numbers of objects, and of bytes as they are stored.

    Raises
    ------
    CopyError
        If there is a key already, and `if_exists` is 'raise'.
    ValueError
        If `if_exists` is something else.
    ReadOnlyError
        If `dest` is read-only.
    """
    if if_exists not in _IF_EXISTS:
        raise ValueError(f"if_exists: expected one of {_IF_EXISTS}, found {if_exists!r}")
    here = resolve(source, source_path, mode="r")
    there = resolve(dest, dest_path, mode="r" if dry_run else "a")
    keys = _selected(here, _compiled(excludes, flags), _compiled(includes, flags))
    head = len(here.path) + 1 if here.path else 0
    targets = {key: there.key(key[head:]) for key in keys}
    present = set() if if_exists == "replace" else _present(there, targets.values())
    if present and if_exists == "raise":
        raise CopyError(
            f"if_exists 'raise': there is {min(present)!r} in {there.store} already"
        )
    skipped = [key for key in keys if targets[key] in present]
    wanted = [key for key in keys if targets[key] not in present]
    store = there.store if there.store._concurrency() else here.store
    sizes: list[int] = []

    def copy_one(key: str) -> None:
        value = here.store._get(key)
        if value is not None:
            there.store._set(targets[key], value)
            there.store._note_written(targets[key])
            sizes.append(len(value))
        meter.add()

    with logged(log) as tell, measured(progress, len(wanted), "copying") as meter:
        for key in skipped:
            tell(f"skip {_described(key, targets[key])}")
        for _, batch in groupby(sorted(wanted, key=_turn), key=_turn):
            together = list(batch)
            for key in together:
                tell(f"copy {_described(key, targets[key])}")
            if not dry_run:
                store._concurrently(copy_one, together)
        if not dry_run:
            _publish(there, wanted, own=there.store is not dest)
        counts = (len(wanted), len(skipped), sum(sizes))
        tell(summary(dry_run, *counts))
    return counts


def _selected(place: StorePath, excludes: Patterns, includes: Patterns) -> list[str]:
    """The keys below a place that are to be copied, in order."""

    def found(patterns: Patterns, key: str) -> bool:
        return any(pattern.search(key) for pattern in patterns)

    keys = place.store._list(place.path)
    return sorted(key for key in keys if not found(excludes, key) or found(includes, key))


def _compiled(patterns: str | Iterable[str] | None, flags: int) -> Patterns:
    given = [patterns] if isinstance(patterns, str) else patterns or ()
    return [re.compile(pattern, flags) for pattern in given]


def _present(place: StorePath, keys: Iterable[str]) -> set[str]:
    """Those of several keys below a place under which there is something."""
    if place.store.supports_listing:
        return set(keys).intersection(place.store._list(place.path))
    return {key for key in keys if place.store._exists(key)}


def _turn(key: str) -> tuple[bool, int, bool]:
    """When an object is copied: documents last, from below, those of nodes after attributes."""
    return is_document(key), -key.count("/") * is_document(key), not key.endswith(".zattrs")


def _described(key: str, target: str) -> str:
    return key if key == target else f"{key} -> {target}"


def _publish(place: StorePath, keys: list[str], own: bool) -> None:
    """Make known what has been copied: to handles of this process, and on disk."""
    names = {key.rpartition("/")[2] for key in keys}
    for zarr_format, documents in ((3, {"zarr.json"}), (2, {".zarray", ".zgroup", ".zattrs"})):
        if names & documents:
            consolidated.note_written_below(place, zarr_format)
    if own:
        place.store.flush()
