"""The nodes of a stored hierarchy: all metadata documents, read and checked."""

from __future__ import annotations

import re
from contextlib import suppress
from itertools import islice
from typing import TYPE_CHECKING, Any, TypeVar

from zarr_c import nodes
from zarr_c.errors import BaseZarrError, DataTypeValidationError, UnsafeKeyError
from zarr_c.hierarchies.validation import (
    check_consolidated,
    check_groups,
    check_names,
    check_node,
    is_array,
    is_node,
)
from zarr_c.metadata.array import ArrayMetadata
from zarr_c.rechunking.journal import FOLDER
from zarr_c.storage.keys import DOCUMENTS, clean_key, is_document
from zarr_c.verification.report import Finding, of_error
from zarr_c.verification.stored_array import StoredArray

if TYPE_CHECKING:
    from collections.abc import Iterator

    from zarr_c.metadata.strict import Problem
    from zarr_c.nodes import Documents
    from zarr_c.progress import Meter
    from zarr_c.storage.path import StorePath

__all__ = ["Hierarchy", "above", "batches"]

T = TypeVar("T")

_DOCUMENT_ABOVE = re.compile(rf"((?:.*?/)?(?:{'|'.join(map(re.escape, DOCUMENTS))}))/")
_WORK = re.compile(rf"((?:.*?/)?{FOLDER})/")

BATCH = 1024
"""Objects that are handled together."""


class Hierarchy:
    """All nodes at and below a place; paths are those below it.

    Parameters
    ----------
    place : StorePath
        Where it is.
    meter : Meter
        Expects a step for each object.

    Attributes
    ----------
    documents : dict
        The parsed documents of the nodes, by path.
    arrays : dict
        The arrays of each path that has some, one of each format at most.
    unknown : dict
        Paths of nodes of which a document cannot be read, with its name; None for what is none
        yet.
    findings : list of Finding
        About documents.
    temporaries : dict
        Ages in seconds of what writers have under way, by name.
    intruders : dict
        What can be no object, by key.
    directories : dict
        Whether there is a directory in the place of an object, by its key.
    unlistable : set of str
        Directories of which nobody knows what is in them.
    """

    def __init__(self, place: StorePath, meter: Meter) -> None:
        self.place, store = place, place.store
        self._head = len(place.path) + 1 if place.path else 0
        self.documents: dict[str, Documents] = {}
        self.arrays: dict[str, list[StoredArray]] = {}
        self.unknown: dict[str, str | None] = {}
        self.findings: list[Finding] = []
        self.directories: dict[str, bool] = {}
        self.unlistable: set[str] = set()
        self._strays: dict[str, list[Finding]] = {}
        self._lost: set[str] = set()
        self._work: set[str] = set()
        self.temporaries = dict(store._temporaries(place.path, self._note_unlistable))
        self.intruders = dict(store._intruders(place.path, self._note_unlistable))
        self._read_all(self._names(meter))
        self._check_all()

    def relative(self, key: str) -> str:
        """A key of the store as a path below the place."""
        return key[self._head :]

    @property
    def count(self) -> int:
        """Number of arrays and groups."""
        return len(self.documents)

    def keys(self) -> Iterator[str]:
        """Keys of all objects but those in directories that cannot be listed."""
        return self.place.store._list_past(self.place.path, self._note_unlistable)

    def is_known(self, key: str) -> bool:
        """Whether one can tell if there is such an object."""
        return not any(key.startswith(f"{directory}/") for directory in self.unlistable)

    def _note_unlistable(self, directory: str, error: OSError) -> None:
        if directory == self.place.path:
            raise error
        if directory not in self.unlistable:
            self.unlistable.add(directory)
            self.findings.append(of_error(directory, error, where="listing this directory"))

    # ---- documents

    def _names(self, meter: Meter) -> dict[str, set[str]]:
        """The names of the documents that are stored, by path."""
        names: dict[str, set[str]] = {}
        for batch in batches(self.keys()):
            meter.expect(len(batch))
            for key in batch:
                inside = self.is_inside(key)
                if inside or key in self.intruders or not is_document(key):
                    continue
                try:
                    clean_key(key, normalize=False)
                except UnsafeKeyError as error:
                    self.findings.append(Finding("orphan", key, str(error)))
                    continue
                path, _, name = self.relative(key).rpartition("/")
                names.setdefault(path, set()).add(name)
        for key, what in self.intruders.items():
            path = self._path_of(key)
            if is_document(key):
                self.note_not_an_object(key, what)
                self.unknown[path] = key.rpartition("/")[2]
        return names

    def is_inside(self, key: str) -> bool:
        """Whether an object lies in what is no part of a node; notes what that is, once."""
        if work := _WORK.match(key):
            if work[1] not in self._work:
                self._work.add(work[1])
                text = "expected nothing, found what an interrupted rechunking will go on from"
                self.findings.append(Finding("orphan", work[1], text))
                self.unknown[self._path_of(work[1])] = None
            return True
        document = _DOCUMENT_ABOVE.match(key)
        return document is not None and self.note_directory(document[1])

    def note_directory(self, key: str) -> bool:
        """Note, once, that a directory that holds something is in the place of an object.

        It is no finding where there is an object too, as in many stores; tells which it is.
        """
        if key not in self.directories:
            self.directories[key] = not self.place.store._exists(key)
            if self.directories[key]:
                self.note_not_an_object(key, "a directory")
                if is_document(key):
                    self.unknown[self._path_of(key)] = key.rpartition("/")[2]
        return self.directories[key]

    def note_not_an_object(self, key: str, what: str) -> None:
        """Note that something else is in the place of an object."""
        self.findings.append(Finding("unreadable", key, f"expected an object, found {what}"))

    def _read_all(self, names: dict[str, set[str]]) -> None:
        """Read and check the documents of each path, those of parents first."""
        order = sorted(names, key=lambda path: (path.count("/"), path))
        for batch in batches(iter(order)):
            wanted = [(path, name) for path in batch for name in sorted(names[path])]
            found = self.place.store._concurrently(self._get, wanted)
            stored: dict[str, dict[str, bytes]] = {path: {} for path in batch}
            for (path, name), data in zip(wanted, found, strict=True):
                if isinstance(data, bytes):
                    stored[path][name] = data
                elif data is not None:
                    self.findings.append(data)
                    self.unknown[path] = name
            for path in batch:
                if stored[path]:
                    self._read(path, stored[path])

    def _get(self, wanted: tuple[str, str]) -> bytes | Finding | None:
        key = (self.place / wanted[0]).key(wanted[1])
        try:
            data = self.place.store._get(key)
            return None if data is None else bytes(data)
        except Exception as error:
            return of_error(key, error)

    def _read(self, path: str, stored: dict[str, bytes]) -> None:
        place = self.place / path
        within = next((up for up in above(path) if self._only_array(up)), None)
        stray = list(stored) if within is not None else _stray(stored)
        for name in stray:
            if path in self.unknown and within is None:
                continue  # what it belongs to may be there
            owner = "a document of a node, .zgroup or .zarray, beside it"
            if within is not None:
                owner = f"no node below the array {within!r}"
            text = f"expected {owner}, found this document"
            self._strays.setdefault(path, []).append(Finding("orphan", place.key(name), text))
        stored = {name: data for name, data in stored.items() if name not in stray}
        try:
            documents, problems = check_node(place, stored)
        except Exception as error:  # of the store, when it lists the keys of chunks
            self.findings.append(of_error(place.key(min(stored)), error))
            return
        self._note("metadata", problems)
        if is_node(documents):
            self.documents[path] = documents
            self._note("metadata", check_names(place, documents))
            self._add_arrays(path, documents)

    def _only_array(self, path: str) -> bool:
        """Whether there are no nodes below a path."""
        documents = self.documents.get(path, {})
        group = (documents.get("zarr.json") or {}).get("node_type") == "group"
        return is_array(documents) and not group and ".zgroup" not in documents

    def _add_arrays(self, path: str, documents: Documents) -> None:
        place = self.place / path
        for name in ("zarr.json", ".zarray", ".zgroup"):
            if name not in documents:
                continue
            metadata: Any = None
            kept = {n: documents[n] for n in (name, ".zattrs") if documents.get(n) is not None}
            with suppress(BaseZarrError, DataTypeValidationError, ImportError):  # said already
                metadata = nodes.parse(kept, place)
            if metadata is None:
                self.unknown[path] = name
            elif isinstance(metadata, ArrayMetadata):
                self.arrays.setdefault(path, []).append(StoredArray(place, metadata))

    # ---- all of them together

    def _check_all(self) -> None:
        below = {path: found for path, found in self.documents.items() if path}
        unread = {path: {name: None} for path, name in self.unknown.items() if path and name}
        known = unread | below
        missing = [*check_groups(self.place, known)]
        self._note("missing", missing)
        gone = {self._path_of(problem.key) for problem in missing}
        if self.documents and "" not in self.documents and "" not in self.unknown:
            v3 = any("zarr.json" in found for found in self.documents.values())
            key = self.place.key("zarr.json" if v3 else ".zgroup")
            self.findings.append(Finding("missing", key, "expected a group here, found none"))
            gone.add("")
        for problem, absent in check_consolidated(
            self.place, self.documents.get("", {}), below
        ):
            if absent is None:
                self._note("consolidation", [problem])
            elif self._path_of(absent) not in self.unknown and self.is_known(absent):
                text = f"expected this document, as {problem.key} has a copy, found none"
                self.findings.append(Finding("missing", absent, text))
                gone.add(self._path_of(absent))
                self._lost.add(self._path_of(absent))
        self.unknown |= dict.fromkeys(self._lost)
        for path, strays in self._strays.items():
            self.findings += [] if path in gone else strays

    def _path_of(self, key: str) -> str:
        return self.relative(key).rpartition("/")[0]

    def _note(self, kind: str, problems: Any) -> None:
        problem: Problem
        for problem in problems:
            text = str(problem).removeprefix(f"{problem.key}: ")
            self.findings.append(Finding(kind, problem.key, text))


def above(path: str) -> Iterator[str]:
    """The paths above one, from the top."""
    if path:
        yield ""
    for at, letter in enumerate(path):
        if letter == "/":
            yield path[:at]


def batches(items: Iterator[T]) -> Iterator[list[T]]:
    """Items in lists of a bounded length."""
    while batch := [*islice(items, BATCH)]:
        yield batch


def _stray(stored: dict[str, bytes]) -> list[str]:
    """Documents of Zarr v2 that belong to no node."""
    needs = {".zattrs": (".zarray", ".zgroup"), ".zmetadata": (".zgroup",)}
    return [
        name
        for name, owners in needs.items()
        if name in stored and not any(owner in stored for owner in owners)
    ]
