"""What nodes print about themselves: tables of facts and trees of members."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from itertools import islice
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from zarr_c.array import Array
    from zarr_c.array_properties import ArrayProperties
    from zarr_c.group import Group

__all__ = ["Report", "Tree", "describe_array", "digest", "draw_tree", "format_bytes"]


class Report(Mapping[str, Any]):
    """Facts about a node by name; prints as an aligned table.

    Parameters
    ----------
    facts : mapping
        The facts, in order; those that are None are left out.
    """

    def __init__(self, facts: Mapping[str, Any]) -> None:
        self._facts = {name: value for name, value in facts.items() if value is not None}

    def __getitem__(self, name: str) -> Any:
        return self._facts[name]

    def __iter__(self) -> Any:
        return iter(self._facts)

    def __len__(self) -> int:
        return len(self._facts)

    def __repr__(self) -> str:
        width = max(map(len, self._facts), default=0)
        return "\n".join(f"{name:<{width}} : {value}" for name, value in self._facts.items())


def format_bytes(count: int) -> str:
    """A number of bytes, with its unit if it is a large one: ``"4194304 (4.0M)"``."""
    if count < 1024:
        return str(count)
    power = min((count.bit_length() - 1) // 10, 5)
    return f"{count} ({count / 1024**power:.1f}{'KMGTP'[power - 1]})"


class Tree:
    """A drawn hierarchy; `str` of it is the drawing."""

    def __init__(self, lines: Iterable[str]) -> None:
        self._text = "\n".join(lines)

    def __repr__(self) -> str:
        return self._text

    def _repr_html_(self) -> str:
        from html import escape

        return f"<pre>{escape(self._text)}</pre>"


def draw_tree(group: Group, level: int | None, max_nodes: int) -> Tree:
    """Draw the hierarchy below a group.

    Parameters
    ----------
    group : Group
        Its root.
    level : int or None
        How many levels below the direct members to draw, None for all.
    max_nodes : int
        After how many nodes to stop, level by level.
    """
    found = list(islice(group._descend(level), max_nodes + 1))
    complete = len(found) <= max_nodes
    below: dict[str, list[tuple[str, Array | Group]]] = {}
    for path, node in found[:max_nodes]:
        above, _, name = path.rpartition("/")
        below.setdefault(above, []).append((name, node))
    lines = [group.name, *_drawn(below, "", "")]
    if not complete:
        lines.append(f"... (the first {max_nodes} nodes)")
    return Tree(lines)


def _drawn(
    below: dict[str, list[tuple[str, Array | Group]]], path: str, indent: str
) -> Iterator[str]:
    from zarr_c.group import Group

    children = below.get(path, [])
    for position, (name, node) in enumerate(children, 1):
        last = position == len(children)
        facts = "" if isinstance(node, Group) else f" {node.shape} {node.dtype}"
        yield f"{indent}{'└── ' if last else '├── '}{name}{facts}"
        inner = f"{path}/{name}" if path else name
        yield from _drawn(below, inner, indent + ("    " if last else "│   "))


def _shape(get: Callable[[], tuple[int, ...] | None]) -> Any:
    try:
        return get()
    except NotImplementedError:
        return "<variable>"


def describe_array(array: ArrayProperties, complete: bool = False) -> Report:
    """Facts about an array.

    Parameters
    ----------
    array : Array
        Of which there are facts.
    complete : bool, default False
        Whether to count what is stored, which lists the store.
    """
    metadata = array.metadata
    facts: dict[str, Any] = {
        "Name": array.name,
        "Type": "Array",
        "Zarr format": metadata.zarr_format,
        "Data type": array.dtype,
        "Fill value": array.fill_value,
        "Shape": metadata.shape,
        "Chunk shape": _shape(lambda: array.chunks),
        "Shard shape": _shape(lambda: array.shards),
        "Dimension names": metadata.dimension_names,
        "Order": array.order,
        "Read-only": array.read_only,
        "Store type": type(array.store).__name__,
        "Filters": array.filters or None,
        "Serializer": array.serializer,
        "Compressors": array.compressors or None,
        "No. bytes": format_bytes(array.nbytes),
        "No. chunks": array.nchunks,
    }
    if complete:
        stored = array.nbytes_stored()
        facts["No. bytes stored"] = format_bytes(stored)
        facts["Storage ratio"] = f"{array.nbytes / stored:.1f}" if stored else None
        facts["Chunks initialized"] = f"{array.nchunks_initialized}/{array.nchunks}"
    return Report(facts)


def digest(array: ArrayProperties, hashname: str) -> bytes:
    """A checksum of the chunks of an array in the order of the grid, then of its documents.

    Raises
    ------
    ValueError
        If `hashlib` does not know the algorithm.
    """
    import hashlib

    from zarr_c.resizing import stored_chunks

    hashed = hashlib.new(hashname)
    place, store = array.store_path, array.store
    stored = sorted((coords, key) for key, coords in stored_chunks(place, array.metadata))
    keys = [key for _, key in stored]
    documents = ("zarr.json",) if array.metadata.zarr_format == 3 else (".zarray", ".zattrs")
    keys += [place.key(name) for name in documents]
    for start in range(0, len(keys), _AT_ONCE):
        for data in store._get_many(keys[start : start + _AT_ONCE]):
            hashed.update(data or b"")
    return hashed.digest()


_AT_ONCE = 32  # objects that a digest holds
