"""What nodes print about themselves: tables of facts and trees of members."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
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
        How many levels to draw, None for all.
    max_nodes : int
        After how many nodes to stop.
    """
    lines = [group.name]
    complete = _draw(group, "", level, lambda: len(lines) <= max_nodes, lines)
    if not complete:
        lines.append(f"... (the first {max_nodes} nodes)")
    return Tree(lines)


def _draw(
    group: Group, indent: str, level: int | None, room: Callable[[], bool], lines: list[str]
) -> bool:
    from zarr_c.group import Group

    if level == 0:
        return True
    children = sorted(group.members(), key=lambda member: member[0])
    for position, (name, node) in enumerate(children, 1):
        if not room():
            return False
        last = position == len(children)
        facts = "" if isinstance(node, Group) else f" {node.shape} {node.dtype}"
        lines.append(f"{indent}{'└── ' if last else '├── '}{name}{facts}")
        if isinstance(node, Group):
            below = indent + ("    " if last else "│   ")
            if not _draw(node, below, None if level is None else level - 1, room, lines):
                return False
    return True


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
