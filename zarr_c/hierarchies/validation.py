"""`validate`: what strays from the specifications, where reading is lenient."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from zarr_c import node_changes, nodes
from zarr_c.codecs.pipeline import compile_pipeline
from zarr_c.errors import (
    BaseZarrError,
    DataTypeValidationError,
    MetadataValidationError,
    NodeNotFoundError,
    UnknownCodecError,
)
from zarr_c.metadata.array import ArrayMetadata
from zarr_c.metadata.checks import shown
from zarr_c.metadata.document import loads
from zarr_c.metadata.strict import Problem, check_json, check_v2, check_v3, from_error
from zarr_c.storage.keys import DOCUMENTS
from zarr_c.storage.resolve import StoreLike, resolve

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from zarr_c.nodes import Documents
    from zarr_c.storage.path import StorePath

__all__ = [
    "Problem",
    "check_consolidated",
    "check_groups",
    "check_names",
    "check_node",
    "is_array",
    "is_node",
    "validate",
]

HIERARCHY = "Zarr v3 core, hierarchy"
NAMES = "Zarr v3 core, node names"
KEYS = "chunk key encoding"


def validate(
    store: StoreLike,
    path: str | None = None,
    *,
    recursive: bool = False,
    storage_options: Mapping[str, Any] | None = None,
) -> list[Problem]:
    """Check metadata against the specifications, strictly.

    Reading is lenient: it takes much that other implementations refuse. This says what. Nodes
    of both formats are checked, both of them where they lie in one folder. Chunks are not read.

    Parameters
    ----------
    store, path, storage_options
        As of `zarr_c.open`: an array, or a group.
    recursive : bool, default False
        Whether to check all nodes below a group too, that their groups are there, and that
        consolidated metadata say what the documents say.

    Returns
    -------
    list of Problem
        With the key of the document, the field, what was expected, what was found, and the
        section of the specification; empty if nothing strays. `str` of each is one line.

    Raises
    ------
    NodeNotFoundError
        If there is no node.

    Examples
    --------
    >>> import zarr_c
    >>> store = {".zgroup": b'{"zarr_format": 2, "x": 1}'}
    >>> for problem in zarr_c.validate(store):
    ...     print(problem)
    .zgroup: x: expected no such key, found 1 (Zarr v2, hierarchies, groups)
    """
    place = resolve(store, path, mode="r", storage_options=storage_options)
    documents, problems = _node(place)
    if not is_node(documents):
        raise NodeNotFoundError(
            f"no array and no group at the path {place.path!r} in {place.store}"
        )
    if recursive:
        below, found = _below(place, documents)
        problems += found
        problems += [found for found, _ in check_consolidated(place, documents, below)]
    return problems


def is_node(documents: Iterable[str]) -> bool:
    """Whether documents of these names make a node."""
    return any(name in documents for name in ("zarr.json", ".zarray", ".zgroup"))


# ---- one node


def _node(place: StorePath) -> tuple[Documents, list[Problem]]:
    """The parsed documents of a node, and what is wrong with it."""
    names = sorted(DOCUMENTS)
    found = place.store._get_many([place.key(name) for name in names])
    stored = zip(names, found, strict=True)
    return check_node(place, {name: data for name, data in stored if data is not None})


def check_node(
    place: StorePath, stored: Mapping[str, bytes]
) -> tuple[Documents, list[Problem]]:
    """The parsed documents of a node, and what is wrong with it.

    Parameters
    ----------
    place : StorePath
        Where the node is.
    stored : mapping of str to bytes
        Its documents by name.

    Returns
    -------
    documents : dict
        None for one that is no JSON.
    problems : list of Problem
    """
    documents: Documents = {}
    problems: list[Problem] = []
    for name, data in stored.items():
        key = place.key(name)
        try:
            documents[name] = loads(data, key)
        except MetadataValidationError as error:
            documents[name] = None
            problems.append(from_error(key, error, "RFC 8259"))
        problems += [Problem(key, f, e, shown(v), s) for f, e, v, s in check_json(data)]
    for name, document in documents.items():
        if document is None:
            continue
        key = place.key(name)
        problems += check_v3(document, key) if name == "zarr.json" else check_v2(documents, key)
    problems += _array(place, documents)
    return documents, problems


def _array(place: StorePath, documents: Documents) -> Iterator[Problem]:
    """What only the whole array shows: codecs that do not fit, chunks under other keys."""
    for name in ("zarr.json", ".zarray"):
        kept = {k: documents[k] for k in (name, ".zattrs") if documents.get(k) is not None}
        try:
            metadata = nodes.parse(kept, place) if name in kept else None
        except (MetadataValidationError, DataTypeValidationError):
            continue  # said already
        if isinstance(metadata, ArrayMetadata):
            key = place.key(name)
            try:
                compile_pipeline(metadata)
            except UnknownCodecError as error:
                expected = "codecs that can be read here"
                yield Problem(key, "codecs", expected, str(error), "codecs")
            except BaseZarrError as error:
                yield from_error(key, error, "codecs")
            yield from _chunk_keys(place, metadata, key)


def _chunk_keys(place: StorePath, metadata: ArrayMetadata, key: str) -> Iterator[Problem]:
    """Chunks that are all stored under keys of another form read as fill value."""
    ndim, encoding = metadata.ndim, metadata.chunk_key
    head = {"default": "c", "v2": ""}
    if ndim == 0 or encoding.name not in head:
        return
    forms = {
        (name, separator): re.compile(_first_segment(head[name], separator, ndim))
        for name in head
        for separator in "./"
    }
    expected = forms.pop((encoding.name, encoding.configuration()["separator"]))
    names = [name for name in place.store.list_dir(place.path) if name not in DOCUMENTS]
    if any(expected.fullmatch(name) for name in names):
        return
    for name in sorted(names):
        if any(form.fullmatch(name) for form in forms.values()):
            example = encoding.encode_chunk_key((0,) * ndim)
            yield Problem(key, KEYS, f"chunks under keys such as {example!r}", repr(name), KEYS)
            return


def _first_segment(head: str, separator: str, ndim: int) -> str:
    """A pattern for what lies directly below an array: ``c`` or ``c.0.0``, ``0`` or ``0.0``."""
    if separator == "/":
        return head or r"\d+"
    return r"\.".join([head] * bool(head) + [r"\d+"] * ndim)


# ---- the nodes below


def _below(
    place: StorePath, documents: Documents
) -> tuple[dict[str, Documents], list[Problem]]:
    """The documents of the nodes below a group by path, and what is wrong with them."""
    known: dict[str, Documents] = {}
    problems: list[Problem] = []
    waiting = [("", documents)]
    while waiting:
        path, above = waiting.pop()
        if is_array(above):
            continue
        here = place / path
        for name in sorted(here.store.list_dir(here.path)):
            if name in DOCUMENTS:
                continue
            found, wrong = _node(here / name)
            inner = f"{path}/{name}" if path else name
            waiting.append((inner, found))
            if is_node(found):
                known[inner] = found
                problems += wrong
                problems += check_names(place / inner, found)
    return known, [*problems, *check_groups(place, known)]


def check_groups(place: StorePath, known: dict[str, Documents]) -> Iterator[Problem]:
    """The groups that are missing above nodes, of which there are the documents by path."""
    for path in _missing_groups(known):
        key = (place / path).key("zarr.json" if _any_v3(known, path) else ".zgroup")
        yield Problem(key, "document", "a group above nodes", "none", HIERARCHY)


def is_array(documents: Documents) -> bool:
    """Whether these documents make an array, of either format."""
    v3 = documents.get("zarr.json")
    return ".zarray" in documents or (isinstance(v3, dict) and v3.get("node_type") == "array")


def check_names(place: StorePath, documents: Documents) -> Iterator[Problem]:
    """Names in the path of a node that its format reserves."""
    for zarr_format, name in ((3, "zarr.json"), (2, ".zgroup"), (2, ".zarray")):
        if name in documents:
            try:
                node_changes.check_names(place, zarr_format)
            except ValueError as error:
                yield from_error(place.key(name), error, NAMES)


def _missing_groups(found: dict[str, Documents]) -> list[str]:
    above = {path.rpartition("/")[0] for path in found}
    for path in list(above):
        while path:
            above.add(path)
            path = path.rpartition("/")[0]
    return sorted(path for path in above if path and path not in found)


def _any_v3(found: dict[str, Documents], path: str) -> bool:
    return any("zarr.json" in found[p] for p in found if p.startswith(f"{path}/"))


# ---- consolidated metadata against the documents


Difference = tuple[Problem, str | None]
"""A problem of consolidated metadata, and the key of the document that they have alone."""


def check_consolidated(
    place: StorePath, documents: Documents, below: dict[str, Documents]
) -> Iterator[Difference]:
    """Where consolidated metadata differ from the documents, those that can be parsed.

    Parameters
    ----------
    place : StorePath
        Where a group is.
    documents : dict
        Its documents.
    below : dict
        Those of the nodes below it, by path.
    """
    for path, own in {"": documents, **below}.items():
        head = f"{path}/" if path else ""
        listed = (own.get("zarr.json") or {}).get("consolidated_metadata")
        if isinstance(listed, dict) and isinstance(listed.get("metadata"), dict):
            key, field = (place / path).key("zarr.json"), "consolidated_metadata.metadata"
            stored = {
                p[len(head) :]: found["zarr.json"]
                for p, found in below.items()
                if p.startswith(head) and "zarr.json" in found
            }
            for alone, problem in _compared(key, field, listed["metadata"], stored):
                yield problem, alone and (place / path).key(f"{alone}/zarr.json")
        listed = own.get(".zmetadata")
        if isinstance(listed, dict) and isinstance(listed.get("metadata"), dict):
            key = (place / path).key(".zmetadata")
            stored = {
                f"{p[len(head) :]}/{name}": found[name]
                for p, found in below.items()
                if p.startswith(head)
                for name in found
            }
            both = _of_v2(listed["metadata"]), _of_v2(stored)
            for alone, problem in _compared(key, "metadata", *both):
                yield problem, alone and (place / path).key(alone)


def _of_v2(documents: Documents) -> Documents:
    """The documents of nodes below a group; no attributes are as good as empty ones."""
    names = (".zarray", ".zgroup", ".zattrs")
    return {
        key: document
        for key, document in documents.items()
        if "/" in key
        and key.endswith(names)
        and not (key.endswith(names[2]) and document == {})
    }


def _compared(
    key: str, field: str, listed: dict[str, Any], stored: dict[str, Any]
) -> Iterator[tuple[str | None, Problem]]:
    for path in sorted(listed.keys() | stored.keys()):
        where, section = f"{field}[{path!r}]", "consolidated metadata"
        if path not in stored:
            expected = "only documents that are stored"
            yield path, Problem(key, where, expected, "one more", section)
        elif stored[path] is None:
            continue  # said already
        elif path not in listed:
            yield None, Problem(key, where, "each document that is stored", "none", section)
        elif _without_listing(listed[path]) != _without_listing(stored[path]):
            yield None, Problem(key, where, "the document as it is stored", "another", section)


def _without_listing(document: Any) -> Any:
    if not isinstance(document, dict):
        return document
    return {name: v for name, v in document.items() if name != "consolidated_metadata"}
