"""What `verify` found, and in how much."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from zarr_c.errors import ChunkCorruptError, StoreError, UnsafeKeyError
from zarr_c.frozen import Frozen, set_field

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

__all__ = ["KINDS", "Finding", "Verification", "of_error"]

KINDS = {
    "metadata": "a document that is damaged, or strays from its specification",
    "missing": "something that other documents, or the caller, say should be there",
    "truncated": "an object that is empty, or ends before what it has to hold",
    "checksum": "an object whose content does not match a checksum in it",
    "index": "a shard whose index puts inner chunks where they cannot be",
    "undecodable": "an object that its codecs cannot decode",
    "unreadable": "an object that the store cannot give, or something else in its place",
    "orphan": "an object that belongs to no node, or lies outside of its array's grid",
    "temporary": "what a writer that was killed has left",
    "consolidation": "consolidated metadata that are older than the documents",
}
"""The kinds of findings, and what each is."""


class Finding(Frozen):
    """Something that is wrong with a stored hierarchy.

    Attributes
    ----------
    kind : str
        One of `KINDS`.
    key : str
        Of the object that it is about, in its store.
    message : str
        What was expected, and what was found.
    action : str or None
        What repairing has done about it, such as ``removed``; None if nothing.
    """

    __slots__ = ("kind", "key", "message", "action")

    kind: str
    key: str
    message: str
    action: str | None

    def __init__(self, kind: str, key: str, message: str, action: str | None = None) -> None:
        if kind not in KINDS:
            raise ValueError(f"kind: expected one of {', '.join(KINDS)}, found {kind!r}")
        set_field(self, "kind", kind)
        set_field(self, "key", key)
        set_field(self, "message", message)
        set_field(self, "action", action)

    @property
    def repaired(self) -> bool:
        """Whether it is gone."""
        return self.action is not None

    def __str__(self) -> str:
        done = f" [{self.action}]" if self.action else ""
        return f"{self.kind}: {self.key}: {self.message}{done}"

    def to_json(self) -> dict[str, Any]:
        """The fields by name, as JSON has them."""
        return {name: getattr(self, name) for name in self._fields}


class Verification(Frozen):
    """The findings of a verification; iterating gives them.

    Attributes
    ----------
    findings : tuple of Finding
        By key.
    nodes : int
        Arrays and groups.
    chunks : int
        Stored chunks, or shards, that were decoded or could not be.
    nbytes : int
        Bytes of their elements, decoded.
    unchecked : int
        Objects of nodes whose metadata do not tell how to decode them.
    """

    __slots__ = ("findings", "nodes", "chunks", "nbytes", "unchecked")

    findings: tuple[Finding, ...]
    nodes: int
    chunks: int
    nbytes: int
    unchecked: int

    def __init__(
        self,
        findings: Iterable[Finding],
        nodes: int,
        chunks: int,
        nbytes: int,
        unchecked: int,
    ) -> None:
        ordered = sorted({*findings}, key=lambda found: (found.key, found.kind, found.message))
        set_field(self, "findings", tuple(ordered))
        set_field(self, "nodes", nodes)
        set_field(self, "chunks", chunks)
        set_field(self, "nbytes", nbytes)
        set_field(self, "unchecked", unchecked)

    @property
    def ok(self) -> bool:
        """Whether nothing is wrong, or all of it has been repaired."""
        return all(found.repaired for found in self.findings)

    def __iter__(self) -> Iterator[Finding]:
        return iter(self.findings)

    def __len__(self) -> int:
        return len(self.findings)

    def __bool__(self) -> bool:
        raise TypeError("a verification is neither true nor false: ask for its `ok`")

    def to_json(self) -> dict[str, Any]:
        """All of it in dictionaries and lists, as JSON has them."""
        counts = {name: getattr(self, name) for name in self._fields[1:]}
        return {"ok": self.ok, **counts, "findings": [found.to_json() for found in self]}

    def __str__(self) -> str:
        """A table of the findings, and a line of counts."""
        rows = [
            (f.kind, _printable(f.key), _printable(str(f).removeprefix(f"{f.kind}: {f.key}: ")))
            for f in self
        ]
        kinds, keys = (max((len(row[i]) for row in rows), default=0) for i in (0, 1))
        table = [f"{kind:{kinds}}  {key:{keys}}  {message}" for kind, key, message in rows]
        repaired = sum(found.repaired for found in self)
        counts = [
            f"{self.nodes:,} nodes",
            f"{self.chunks:,} chunks",
            f"{self.nbytes:,} bytes of elements",
            *[f"{self.unchecked:,} objects unchecked"] * bool(self.unchecked),
            f"{len(rows):,} findings",
            *[f"{repaired:,} repaired"] * bool(repaired),
        ]
        return "\n".join([*table, ", ".join(counts)])


def _printable(text: str) -> str:
    """A text without what would move a terminal's cursor, or is in no encoding."""
    if text.isprintable():
        return text
    return "".join(c if c.isprintable() else ascii(c)[1:-1] for c in text)


# ---- errors


_CHECKSUM = re.compile(r"checksum|does not match|CRC", re.IGNORECASE)
_SHORT = re.compile(r"\bends? (?:too early|before)|shorter than|too short|too few|is empty")
_LENGTHS = re.compile(r"(?:number of bytes|length).*: expected (\d+), found (\d+)")
_NO_OBJECT = re.compile(r"not a regular file|symbolic link")


def of_error(key: str, error: Exception, size: int | None = None, where: str = "") -> Finding:
    """The finding that an error of reading an object is.

    Parameters
    ----------
    key : str
        Of the object.
    error : Exception
        Which the read raised.
    size : int, optional
        Bytes of the object, where they are known.
    where : str, optional
        Which part of the object it is about.
    """
    text = str(error).removeprefix(f"{key!r}: ") or type(error).__name__
    if isinstance(error, MemoryError):
        text = f"expected a chunk that fits into memory, found: {text}"
    elif not isinstance(error, ValueError | OSError):  # of a codec that is not ours
        text = f"{type(error).__name__}: {text}"
    return Finding(_kind(error, text, size), key, f"{where}: {text}" if where else text)


def _kind(error: Exception, text: str, size: int | None) -> str:
    if isinstance(error, OSError | StoreError | UnsafeKeyError) or _NO_OBJECT.search(text):
        return "unreadable"
    if size == 0 or _SHORT.search(text):
        return "truncated"
    lengths = _LENGTHS.search(text)
    if lengths and int(lengths[2]) < int(lengths[1]):
        return "truncated"
    if _CHECKSUM.search(text):
        return "checksum"
    if isinstance(error, ChunkCorruptError) and "index of the shard" in text:
        return "index"
    return "undecodable"
