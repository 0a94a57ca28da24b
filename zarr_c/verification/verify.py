"""`verify`: every object of a hierarchy is read, decoded and accounted for."""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING, Any

from zarr_c._native.threads import call_concurrency, call_threads
from zarr_c.errors import NodeNotFoundError
from zarr_c.progress import Progress, measured
from zarr_c.storage.concurrent import concurrently
from zarr_c.storage.keys import is_document
from zarr_c.storage.resolve import StoreLike, resolve
from zarr_c.verification.hierarchy import Hierarchy, above, batches
from zarr_c.verification.presence import Presence
from zarr_c.verification.repair import Repair
from zarr_c.verification.report import Finding, Verification

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from zarr_c.progress import Meter
    from zarr_c.storage.path import StorePath
    from zarr_c.verification.stored_array import Coords, StoredArray

__all__ = ["verify"]

MEMORY = 512 << 20
"""Bytes of chunks that are decoded at once, or one of them."""

MOST_ABSENT = 1000
"""Absent chunks of an array that are named."""


def verify(
    store: StoreLike,
    path: str | None = None,
    *,
    repair: bool = False,
    complete: bool = False,
    older_than: float = 3600.0,
    progress: Progress = False,
    storage_options: Mapping[str, Any] | None = None,
) -> Verification:
    """Read all that is stored of a hierarchy, and say what is wrong with it.

    Documents are checked as `validate` does, every stored chunk and inner chunk is decoded,
    and every object has to belong to a node. Damage never raises. An absent chunk is fill value
    and no damage, unless `complete` says that there must be none.

    Parameters
    ----------
    store, path, storage_options
        As of `zarr_c.open`: an array, or a group with all below it.
    repair : bool, default False
        Whether to remove what is provably rubbish: temporary files of killed writers, and
        chunks outside of an array whose metadata are sound; and to consolidate again where
        consolidated metadata are older than the documents. What may be data stays.
    complete : bool, default False
        Whether all chunks of all arrays should be there.
    older_than : float, default 3600
        Age in seconds from which a temporary file counts as left over.
    progress : bool or callable, default False
        Reports objects; see `zarr_c.progress.measured`.

    Returns
    -------
    Verification
        The findings, and counts; `str` of it is a table.

    Raises
    ------
    NodeNotFoundError
        If there is no node.
    ReadOnlyError
        If the store is read-only, and `repair` is true.
    NotImplementedError
        If it is a store that lists no keys, as over HTTP.
    OSError
        If listing the store fails; a directory below the path that cannot be listed is a
        finding.

    Examples
    --------
    >>> import zarr_c
    >>> store = {}
    >>> array = zarr_c.create_array(store, data=[1, 2, 3, 4], chunks=2)
    >>> store["c/1"] = b""
    >>> print(zarr_c.verify(store))
    truncated  c/1  wrong number of bytes for its chunk: expected 16, found 0
    1 nodes, 2 chunks, 32 bytes of elements, 1 findings
    """
    mode = "r+" if repair else "r"
    place = resolve(store, path, mode=mode, storage_options=storage_options)
    if not place.store.supports_listing:
        raise NotImplementedError(f"{place.store}: expected a store that can list its keys")
    with measured(progress, 0, "verifying") as meter:
        work = _Verifying(place, complete, older_than, meter)
        work.run()
    if repair:
        work.findings = Repair(work.hierarchy, older_than, work.outside).run(work.findings)
        place.store.flush()
    return Verification(
        work.findings, work.hierarchy.count, work.chunks, work.nbytes, work.unchecked
    )


class _Verifying:
    """What has been found so far, and counted."""

    def __init__(
        self, place: StorePath, complete: bool, older_than: float, meter: Meter
    ) -> None:
        self.place, self.complete, self.older_than = place, complete, older_than
        self.meter = meter
        self.chunks = self.nbytes = self.unchecked = 0
        self.outside: dict[str, list[StoredArray]] = {}
        self._present: dict[StoredArray, Presence] = {}

    def run(self) -> None:
        """Verify all."""
        self.hierarchy = hierarchy = Hierarchy(self.place, self.meter)
        if not hierarchy.documents and not hierarchy.unknown:
            raise NodeNotFoundError(
                f"no array and no group at or below the path {self.place.path!r} in "
                f"{self.place.store}"
            )
        self.findings = hierarchy.findings
        for keys in batches(hierarchy.keys()):
            wanted = [item for key in keys for item in self._wanted(key)]
            self._check(wanted)
            self.meter.add(len(keys))
        for key, what in hierarchy.intruders.items():
            self._intruder(key, what)
        for name, age in hierarchy.temporaries.items():
            if age >= self.older_than:
                text = (
                    f"expected no temporary older than {self.older_than:g} s, found {age:.0f} s"
                )
                self.findings.append(Finding("temporary", name, text))
        if self.complete:
            for array in _all(hierarchy):
                self.findings += self._absent(array)

    def _check(self, wanted: list[tuple[StoredArray, str, Coords]]) -> None:
        """Decode chunks, several at once."""
        if not wanted:
            return
        largest = max(array.at_once() for array in {item[0] for item in wanted})
        threads = call_threads()
        concurrency = self.place.store._concurrency()
        if concurrency:
            threads = call_concurrency(concurrency, threads, largest)
        threads = max(1, min(threads, MEMORY // max(largest, 1)))
        for found in concurrently(lambda item: item[0].check(*item[1:]), wanted, threads):
            self.findings += found
        self.chunks += len({key for _, key, _ in wanted})
        self.nbytes += sum(array.nbytes(coords) for array, _, coords in wanted)

    # ---- whose an object is

    def _wanted(self, key: str) -> Iterator[tuple[StoredArray, str, Coords]]:
        """The arrays among whose chunks an object is; a finding if there is none."""
        known = self.hierarchy
        if is_document(key) or key in known.temporaries or key in known.intruders:
            return
        if known.is_inside(key):
            return
        owners, readable = self._owners(key), False
        for array, coords in owners:
            if array.has(coords):
                readable = True
                self._note_present(array, coords)
                if array.readable:
                    yield array, key, coords
                else:
                    self.unchecked += 1
        if readable:
            return
        path = known.relative(key)
        if self._owner_is_unknown(path):
            self.unchecked += 1
        elif owners:
            array, coords = owners[0]
            self.outside[key] = [array for array, _ in owners]
            text = f"expected chunks within the grid {array.grid}, found {coords}"
            self.findings.append(Finding("orphan", key, text))
        else:
            self._orphan(key, path)

    def _owners(self, key: str) -> list[tuple[StoredArray, Coords]]:
        """The arrays that take a key for one of a chunk, and the coordinates of that."""
        path, found = self.hierarchy.relative(key), []
        for up in above(path):
            for array in self.hierarchy.arrays.get(up, ()):
                coords = array.coords(path[len(up) + 1 if up else 0 :])
                if coords is not None:
                    found.append((array, coords))
        return found

    def _owner_is_unknown(self, path: str) -> bool:
        """Whether the nearest node above is one of which a document cannot be read."""
        known, unknown = self.hierarchy.documents, self.hierarchy.unknown
        nearest = next(
            (up for up in [*above(path)][::-1] if up in known or up in unknown), None
        )
        return nearest in unknown

    def _note_present(self, array: StoredArray, coords: Coords) -> None:
        if self.complete:
            self._present.setdefault(array, Presence(array.grid)).add(coords)

    def _orphan(self, key: str, path: str) -> None:
        """An object that is neither a document nor a chunk."""
        for up in [*above(path)][1:]:
            name = self.place.key(up)
            in_place = any(a.has(c) for a, c in self._owners(name))
            if in_place and self.hierarchy.note_directory(name):
                return
        arrays = [a for up in above(path) for a in self.hierarchy.arrays.get(up, ())]
        expected = "a node above it, or nothing"
        if arrays:
            example = arrays[0].metadata.chunk_key.encode_chunk_key((0,) * len(arrays[0].grid))
            expected = f"chunks under keys such as {arrays[0].place.key(example)!r}"
        elif any(up in self.hierarchy.documents for up in above(path)):
            expected = "documents and nodes in a group"
        text = f"expected {expected}, found an object that belongs to no node"
        self.findings.append(Finding("orphan", key, text))

    def _intruder(self, key: str, what: str) -> None:
        if is_document(key):
            return  # said already
        owners = [(array, coords) for array, coords in self._owners(key) if array.has(coords)]
        for array, coords in owners:
            self._note_present(array, coords)
        if owners:
            self.hierarchy.note_not_an_object(key, what)
        elif "directory" not in what:
            self.findings.append(Finding("orphan", key, f"expected an object, found {what}"))

    # ---- chunks that should be there

    def _absent(self, array: StoredArray) -> Iterator[Finding]:
        present = self._present.get(array, Presence(array.grid))
        missing = present.count_absent()
        text = "expected all chunks of the array, found this absent"
        for found in islice(present.absent(), MOST_ABSENT):
            key = array.place.key(array.metadata.chunk_key.encode_chunk_key(found))
            if self.hierarchy.is_known(key):
                yield Finding("missing", key, text)
        head = array.place.key("")
        if missing > MOST_ABSENT and not any(
            directory.startswith(head) for directory in self.hierarchy.unlistable
        ):
            text = (
                f"expected all chunks of the array, found {missing - MOST_ABSENT:,} more absent"
            )
            yield Finding("missing", array.place.path, text)


def _all(hierarchy: Hierarchy) -> Iterator[StoredArray]:
    for arrays in hierarchy.arrays.values():
        yield from arrays
