"""A place within a store."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from zarr_c.storage.keys import clean_prefix

if TYPE_CHECKING:
    from collections.abc import Iterator

    from zarr_c.buffer.base import Buffer, BufferPrototype
    from zarr_c.storage.base import Store
    from zarr_c.storage.ranges import ByteRequest

__all__ = ["StorePath"]


class StorePath:
    """A store and a path in it.

    Parameters
    ----------
    store : Store
        The store.
    path : str, default ""
        The path, ``""`` for the root; slashes around it and doubled ones are dropped.

    Raises
    ------
    UnsafeKeyError
        If the path would leave the store.
    """

    __slots__ = ("_path", "_store")

    def __init__(self, store: Store, path: str = "") -> None:
        self._store = store
        self._path = clean_prefix(path or "")

    @property
    def store(self) -> Store:
        """The store."""
        return self._store

    @property
    def path(self) -> str:
        """The path within the store, without slashes around it."""
        return self._path

    @property
    def read_only(self) -> bool:
        """Whether the store refuses writing."""
        return self._store.read_only

    @property
    def name(self) -> str:
        """The last segment of the path, ``""`` at the root."""
        return self._path.rpartition("/")[2]

    @property
    def suffix(self) -> str:
        """The last dot of the name and what follows it, ``""`` if there is none."""
        stem, dot, end = self.name.rpartition(".")
        return dot + end if stem and end else ""

    @property
    def stem(self) -> str:
        """The name without its suffix."""
        return self.name[: len(self.name) - len(self.suffix)]

    @property
    def suffixes(self) -> list[str]:
        """All suffixes of the name, such as ``['.tar', '.gz']``."""
        return [f".{part}" for part in self.name.lstrip(".").split(".")[1:]]

    @property
    def parts(self) -> tuple[str, ...]:
        """The segments of the path."""
        return tuple(self._path.split("/")) if self._path else ()

    @property
    def parents(self) -> tuple[StorePath, ...]:
        """The places above, the nearest first and the root last."""
        parts = self.parts
        above = range(len(parts) - 1, -1, -1)
        return tuple(StorePath(self._store, "/".join(parts[:n])) for n in above)

    @property
    def parent(self) -> StorePath:
        """The path without its last segment; the root is its own parent."""
        return StorePath(self._store, self._path.rpartition("/")[0])

    def __truediv__(self, other: str) -> StorePath:
        if not isinstance(other, str):
            return NotImplemented
        return StorePath(self._store, f"{self._path}/{other}")

    def joinpath(self, *others: str) -> StorePath:
        """The path with more segments, as several ``/`` make it."""
        place = self
        for other in others:
            place = place / other
        return place

    def with_name(self, name: str) -> StorePath:
        """The path with another last segment.

        Raises
        ------
        ValueError
            If this is the root, or the name is empty or has a slash.
        """
        if not self._path or not name or "/" in name:
            raise ValueError(f"name: expected one segment for {self!r}, found {name!r}")
        return self.parent / name

    def with_suffix(self, suffix: str) -> StorePath:
        """The path with another suffix, or with none for ``""``.

        Raises
        ------
        ValueError
            If this is the root, or the suffix does not begin with a dot.
        """
        if suffix and (suffix[0] != "." or len(suffix) == 1):
            raise ValueError(f"suffix: expected one that begins with a dot, found {suffix!r}")
        return self.with_name(self.stem + suffix)

    def relative_to(self, other: StorePath) -> str:
        """The path from a place above to this one.

        Raises
        ------
        ValueError
            If `other` is not above, or in another store.
        """
        head = f"{other._path}/" if other._path else ""
        if self._store != other._store or not f"{self._path}/".startswith(head):
            raise ValueError(f"other: expected a place above {self!r}, found {other!r}")
        return self._path[len(head) :]

    def key(self, name: str) -> str:
        """The key of an object that lies directly at this path."""
        return f"{self._path}/{name}" if self._path else name

    def get(self, default: Any = None) -> Any:
        """The object under the path as bytes, or `default`."""
        return self._store.get(self._path, default)

    def set(self, value: bytes) -> None:
        """Store an object under the path."""
        self._store[self._path] = value

    def delete(self) -> None:
        """Remove the object under the path if there is one."""
        self._store.delete(self._path)

    def set_if_not_exists(self, default: bytes) -> bool:
        """Store an object under the path unless there is one; returns whether it was stored."""
        return self._store.set_if_not_exists(self._path, default)

    def get_json(self, *, byte_range: ByteRequest | None = None) -> Any:
        """What the JSON under the path says, None if there is no object.

        Parameters
        ----------
        byte_range : ByteRequest, optional
            The part of the object to read.

        Raises
        ------
        ValueError
            If it is not JSON.
        """
        import json

        found = self._store.get(self._path, byte_range=byte_range)
        return None if found is None else json.loads(found)

    def get_sync(
        self, prototype: BufferPrototype | None = None, byte_range: ByteRequest | None = None
    ) -> Buffer | None:
        """The object under the path in a buffer; see `Store.get_sync`."""
        return self._store.get_sync(self._path, prototype=prototype, byte_range=byte_range)

    def set_sync(self, value: Buffer) -> None:
        """Store an object under the path; see `Store.set`."""
        self._store.set_sync(self._path, value)

    def delete_sync(self) -> None:
        """Remove the object under the path if there is one."""
        self.delete()

    def is_file(self) -> bool:
        """Whether there is an object under the path."""
        return self._path != "" and self._path in self._store

    def is_dir(self) -> bool:
        """Whether there are objects below the path."""
        return not self._store.is_empty(self._path)

    def exists(self) -> bool:
        """Whether there is an object under the path, or are any below it."""
        return self.is_file() or self.is_dir()

    def iterdir(self) -> Iterator[StorePath]:
        """What lies directly below, objects and directories."""
        return (self / name for name in self._store.list_dir(self._path))

    def glob(self, pattern: str) -> Iterator[StorePath]:
        """The objects and directories below whose path matches a pattern, in order.

        Parameters
        ----------
        pattern : str
            Segments with ``*``, ``?`` and ``[...]`` as in `fnmatch`, case counts; ``**`` is
            any number of segments, none included.

        Raises
        ------
        ValueError
            If the pattern is empty.
        """
        segments = tuple(part for part in pattern.split("/") if part)
        if not segments:
            raise ValueError(f"pattern: expected at least one segment, found {pattern!r}")
        found = self._walk(segments) if "**" not in segments else self._search(segments)
        return iter(sorted(found, key=lambda place: place.parts))

    def rglob(self, pattern: str) -> Iterator[StorePath]:
        """As `glob`, at any depth."""
        return self.glob(f"**/{pattern}")

    def _walk(self, segments: tuple[str, ...]) -> Iterator[StorePath]:
        """List only the directories that a pattern can lead through."""
        from fnmatch import fnmatchcase

        for name in self._store.list_dir(self._path):
            if fnmatchcase(name, segments[0]):
                child = self / name
                yield from child._walk(segments[1:]) if segments[1:] else (child,)

    def _search(self, segments: tuple[str, ...]) -> Iterator[StorePath]:
        """List everything once."""
        places = {self}
        for key in self._store.list_prefix(self._path):
            place = StorePath(self._store, key)
            while place not in places:
                places.add(place)
                place = place.parent
        depth = len(self.parts)
        return (place for place in places if _matches(place.parts[depth:], segments))

    def is_empty(self) -> bool:
        """Whether there is no object below the path."""
        return self._store.is_empty(self._path)

    def delete_dir(self) -> None:
        """Remove all objects below the path."""
        self._store.delete_dir(self._path)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, StorePath):
            return NotImplemented
        return self._path == other._path and self._store == other._store

    def __hash__(self) -> int:
        return hash((self._store, self._path))

    def __reduce__(self) -> tuple[Any, ...]:
        return StorePath, (self._store, self._path)

    def __str__(self) -> str:
        return f"{self._store}/{self._path}" if self._path else str(self._store)

    def __repr__(self) -> str:
        return f"StorePath({type(self._store).__name__}, {str(self)!r})"


def _matches(parts: tuple[str, ...], pattern: tuple[str, ...]) -> bool:
    """Whether the segments of a path match those of a pattern with ``**``."""
    from fnmatch import fnmatchcase

    if not pattern:
        return not parts
    if pattern[0] == "**":
        return any(_matches(parts[n:], pattern[1:]) for n in range(len(parts) + 1))
    return (
        bool(parts) and fnmatchcase(parts[0], pattern[0]) and _matches(parts[1:], pattern[1:])
    )
