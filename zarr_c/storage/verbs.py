"""What can be done with a store: a mapping of keys to bytes, ranges, batches, directories."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, MutableMapping
from typing import Any

from zarr_c._native._locks import note_all_written, note_written
from zarr_c.errors import ReadOnlyError
from zarr_c.storage.keys import DOCUMENTS, clean_key, clean_prefix
from zarr_c.storage.primitives import Primitives
from zarr_c.storage.ranges import ByteRequest, parse_range

__all__ = ["Verbs", "as_bytes"]

_Keys = list[str]  # within the class, `list` is a method
_Values = list[bytes]


class Verbs(Primitives, MutableMapping[str, bytes]):
    """The synchronous verbs of a store: they check keys, values and read-only."""

    _normalize: bool
    _read_only: bool

    # ---- the mapping

    def __getitem__(self, key: str) -> bytes:
        value = self._get(clean_key(key, self._normalize))
        if value is None:
            raise KeyError(key)
        return value

    def __setitem__(self, key: str, value: bytes) -> None:
        key = clean_key(key, self._normalize)
        self._check_writable(key)
        try:
            self._set(key, self._as_value(key, value))
        finally:
            self._note_written(key)

    def __delitem__(self, key: str) -> None:
        name = clean_key(key, self._normalize)
        self._check_writable(name)
        try:
            existed = self._delete(name)
        finally:
            self._note_written(name)
        if not existed:
            raise KeyError(key)

    def __contains__(self, key: object) -> bool:
        return isinstance(key, str) and self._exists(clean_key(key, self._normalize))

    def __iter__(self) -> Iterator[str]:
        return self._list("")

    def __len__(self) -> int:
        return sum(1 for _ in self._list(""))

    def get(
        self, key: str, default: Any = None, *, byte_range: ByteRequest | None = None
    ) -> Any:
        """The object under a key as bytes, or `default`.

        Parameters
        ----------
        key : str
        default
            What to return when there is no such object.
        byte_range : ByteRequest, optional
            The part that is wanted, as of `get_ranges`.
        """
        key = clean_key(key, self._normalize)
        if byte_range is None:
            value = self._get(key)
        else:
            value = self._get_range(key, *parse_range(byte_range))
        return default if value is None else value

    def get_many(self, keys: Iterable[str]) -> dict[str, bytes]:
        """Several objects, those that exist; concurrently where that pays."""
        wanted = list(keys)
        found = self._get_many([clean_key(key, self._normalize) for key in wanted])
        return {
            key: value for key, value in zip(wanted, found, strict=True) if value is not None
        }

    def set_many(self, objects: Mapping[str, bytes]) -> None:
        """Store several objects; concurrently where that pays.

        Each is stored as a whole or not at all. When one fails its error is raised, and others
        may be stored.
        """
        items = []
        for name, value in objects.items():
            key = clean_key(name, self._normalize)
            self._check_writable(key)
            items.append((key, self._as_value(key, value)))
        try:
            self._set_many(items)
        finally:
            for key, _ in items:
                self._note_written(key)

    def set_if_not_exists(self, key: str, value: bytes) -> bool:
        """Store an object unless there is one already.

        Returns
        -------
        bool
            Whether it was stored.
        """
        key = clean_key(key, self._normalize)
        self._check_writable(key)
        try:
            return self._set_if_absent(key, self._as_value(key, value))
        finally:
            self._note_written(key)

    def set(self, key: str, value: bytes) -> None:
        """Store an object; the same as ``store[key] = value``."""
        self[key] = value

    def delete(self, key: str) -> None:
        """Remove an object if there is one."""
        key = clean_key(key, self._normalize)
        self._check_writable(key)
        try:
            self._discard(key)
        finally:
            self._note_written(key)

    def exists(self, key: str) -> bool:
        """Whether there is an object under a key."""
        return key in self

    def get_range(self, key: str, start: int, length: int | None = None) -> bytes:
        """`length` bytes of an object from `start` on, fewer at its end.

        Parameters
        ----------
        key : str
        start : int
            First byte; without a `length` it may be negative and counts from the end.
        length : int, optional
            Number of bytes; without it all to the end.

        Raises
        ------
        KeyError
            If there is no such object.
        ValueError
            If `length` is negative, or `start` and there is a `length`.
        """
        span = parse_range((start, length))
        value = self._get_range(clean_key(key, self._normalize), *span)
        if value is None:
            raise KeyError(key)
        return value

    def get_ranges(
        self,
        key: str,
        byte_ranges: Iterable[ByteRequest],
        *,
        max_gap_bytes: int = 1 << 20,
        max_coalesced_bytes: int = 16 << 20,
    ) -> _Values:
        """Several parts of one object, with as few requests as serve them.

        Parameters
        ----------
        key : str
        byte_ranges : iterable of ByteRequest
            Each ``(start, length)``, with a length of None for all to the end and a negative
            start for a suffix, or one of `RangeByteRequest`, `OffsetByteRequest` and
            `SuffixByteRequest`. They may overlap and be in any order.
        max_gap_bytes : int, default 1 MiB
            Ranges no further apart than this share a request.
        max_coalesced_bytes : int, default 16 MiB
            Largest request that sharing may make.

        Returns
        -------
        list of bytes
            In the order of the ranges; short, or empty, where the object ends.

        Raises
        ------
        KeyError
            If there is no such object.
        """
        name = clean_key(key, self._normalize)
        spans = [parse_range(item) for item in byte_ranges]
        values = self._get_ranges(name, spans, max_gap_bytes, max_coalesced_bytes)
        if values is None:
            raise KeyError(key)
        return values

    def getsize(self, key: str) -> int:
        """Size of an object in bytes.

        Raises
        ------
        FileNotFoundError
            If there is no such object.
        """
        size = self._size(clean_key(key, self._normalize))
        if size is None:
            raise FileNotFoundError(f"no object under the key {key!r} in {self}")
        return size

    # ---- directories

    def list(self) -> _Keys:
        """All keys, in no particular order."""
        return [*self._list("")]

    def list_prefix(self, prefix: str) -> _Keys:
        """All keys below a directory, with its path before them."""
        return [*self._list(clean_prefix(prefix, self._normalize))]

    def list_dir(self, prefix: str = "") -> _Keys:
        """The names that lie directly in a directory, of objects and of directories."""
        return [*self._list_dir(clean_prefix(prefix, self._normalize))]

    def is_empty(self, prefix: str = "") -> bool:
        """Whether there is no object below a directory."""
        return next(self._list(clean_prefix(prefix, self._normalize)), None) is None

    def getsize_prefix(self, prefix: str) -> int:
        """Size of all objects below a directory in bytes."""
        keys = self._list(clean_prefix(prefix, self._normalize))
        return sum(self._size(key) or 0 for key in keys)

    def delete_dir(self, prefix: str) -> None:
        """Remove all objects below a directory."""
        prefix = clean_prefix(prefix, self._normalize)
        self._check_writable(prefix)
        try:
            self._delete_dir(prefix)
        finally:
            note_all_written()

    def rename(self, source: str, target: str) -> None:
        """Move an object, or all that lies below a directory.

        Parameters
        ----------
        source : str
            Key of an object or path of a directory.
        target : str
            The new one, where there must be nothing.

        Raises
        ------
        KeyError
            If there is nothing at `source`.
        FileExistsError
            If there is something at `target`.
        ValueError
            If `target` lies below `source`.
        """
        old, new = clean_key(source, self._normalize), clean_key(target, self._normalize)
        self._check_writable(new)
        if f"{new}/".startswith(f"{old}/"):
            raise ValueError(f"target: expected a key outside of {source!r}, found {target!r}")
        if self._exists(new) or not self.is_empty(new):
            raise FileExistsError(f"target: there is something at {target!r} in {self}")
        try:
            if self._exists(old):
                self._rename(old, new)
            elif self.is_empty(old):
                raise KeyError(source)
            else:
                self._rename_dir(old, new)
        finally:
            note_all_written()

    def clear(self) -> None:
        """Remove all objects."""
        self.delete_dir("")

    def _note_written(self, key: str) -> None:
        """Let no cache of decoded chunks serve what an object was before."""
        if key.rpartition("/")[2] not in DOCUMENTS:
            note_written(self._identity(), key)

    def _as_value(self, key: str, value: Any) -> bytes:
        """What a user stores as what the primitives take."""
        return as_bytes(key, value)

    def _check_writable(self, key: str) -> None:
        if self._read_only:
            raise ReadOnlyError(f"{self}: cannot write {key!r}, the store is read-only")


def as_bytes(key: str, value: Any) -> bytes:
    """What a user stores as bytes: a copy unless it is bytes."""
    if isinstance(value, bytes):
        return value
    value = value.as_buffer_like() if hasattr(value, "as_buffer_like") else value
    try:
        return memoryview(value).tobytes()
    except TypeError:
        found = type(value).__name__
        raise TypeError(f"{key!r}: expected a bytes-like object, found {found}") from None
