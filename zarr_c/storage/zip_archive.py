"""A ZIP archive whose objects can be replaced and deleted, and that appears as a whole.

New objects go into a draft, a file of their own; deleting and replacing change only the table
of entries. Publishing completes the draft with the older entries that are still in use, adds
the directory and puts it in the place of the archive.
"""

from __future__ import annotations

import os
from _thread import RLock  # `threading` would take longer to import
from typing import TYPE_CHECKING

from zarr_c.errors import StoreError
from zarr_c.storage.keys import is_document
from zarr_c.storage.mapping import below
from zarr_c.storage.zip_directory import archive_length, read_directory, write_directory
from zarr_c.storage.zip_entry import (
    AHEAD,
    LIMIT32,
    Entry,
    Held,
    damaged,
    encode,
    local_header,
    locate,
    read_packed,
    read_range,
    read_value,
)
from zarr_c.storage.zip_files import Draft, Replaced
from zarr_c.storage.zip_places import FilePlace, ObjectPlace

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["Archive"]

DEAD_BYTES = 64 << 20  # from here on a draft with more dead than live bytes is copied


class Archive:
    """The objects of an archive, from any thread.

    Parameters
    ----------
    place : FilePlace or ObjectPlace
        Where the archive is.
    mode : {'r', 'w', 'a', 'x'}
        As of `ZipStore`.
    method : int
        Compression method of new objects.
    allow_zip64 : bool
        Whether sizes, offsets and the number of entries may need zip64.
    """

    def __init__(
        self, place: FilePlace | ObjectPlace, mode: str, method: int, allow_zip64: bool
    ) -> None:
        self.place, self.mode = place, mode
        self.method, self.allow_zip64 = method, allow_zip64
        self._pid = os.getpid()
        self._lock = RLock()
        self._table: dict[str, Entry] = {}
        self._closed = False
        self._draft: Draft | None = None
        self._comment, self._length = b"", 0
        self._changed = mode in ("w", "x")
        self._told = False  # whether a failure of closing was raised
        if self._changed:
            place.create(exclusive=mode == "x")
        else:
            self._open()

    def _open(self) -> None:
        try:
            file = self.place.open()
        except FileNotFoundError:
            if self.mode == "r":
                raise
            return
        self._length = file.size()
        if self._length or self.mode == "r":
            self._table, self._comment = read_directory(file, str(self.place))

    # ---- reading

    @property
    def closed(self) -> bool:
        """Whether it was closed, and nothing more can be read."""
        return self._closed

    def check_open(self) -> None:
        """Raise StoreError if the archive is closed."""
        if self._closed:
            raise StoreError(f"zip://{self.place}: the store is closed")

    @property
    def table(self) -> dict[str, Entry]:
        """The entries under their keys."""
        table = self._table  # before the check: closing sets `_closed` first
        self.check_open()
        return table

    def get(self, key: str) -> bytes | None:
        """An object, checked; None if there is none."""
        while (entry := self.table.get(key)) is not None:
            try:
                return read_value(key, entry)
            except Replaced:
                continue
        return None

    def get_range(self, key: str, start: int, length: int | None) -> bytes | None:
        """Part of an object, as of `Primitives._get_range`."""
        while (entry := self.table.get(key)) is not None:
            try:
                return read_range(key, entry, start, length)
            except Replaced:
                continue
        return None

    # ---- changing

    def put(self, key: str, value: bytes, *, exclusive: bool = False) -> bool:
        """Replace an object, or with `exclusive` only make one; whether it was stored."""
        self._check_owner()
        if len(value) >= LIMIT32 and not self.allow_zip64:
            raise StoreError(
                f"{key!r}: expected less than 4 GiB as allowZip64 is false, "
                f"found {len(value)} bytes"
            )
        entry, data = encode(key, value, self.method)
        with self._lock:
            if key in self.table and exclusive:
                return False
            self._insert(key, self._placed(key, entry, data))
        return True

    def delete(self, key: str) -> bool:
        """Remove an object; whether there was one."""
        self._check_owner()
        with self._lock:
            found = key in self.table
            if found:
                self._remove((key,))
            return found

    def delete_dir(self, prefix: str) -> None:
        """Remove all objects below a directory."""
        self._check_owner()
        with self._lock:
            keys = [*below(self.table, prefix)]
            if keys:
                self._remove(keys)

    def rename(self, source: str, target: str) -> None:
        """Give an object another key, without coding it anew."""
        self._check_owner()
        with self._lock:
            entry = self.table[source]
            if entry.packed <= AHEAD:
                moved = self._placed(target, entry, read_packed(source, entry))
            else:
                moved = copy_entry(target, source, entry, self._writable_draft())
            self._insert(target, moved)
            self._remove((source,))

    def _placed(self, key: str, entry: Entry, data: bytes) -> Entry:
        header = local_header(key, entry)
        # Documents change often. They wait in memory until the archive is published, so that
        # their old versions do not make publishing copy all chunks once more.
        if is_document(key):
            return entry.moved(key, Held(header + data), 0, len(header))
        draft = self._writable_draft()
        return entry.moved(key, draft, draft.append(header, data), len(header))

    def _writable_draft(self) -> Draft:
        draft = self._draft
        if draft is None:
            draft = self._draft = self.place.new_draft()
        elif draft.length - draft.live > max(draft.live, DEAD_BYTES):
            draft = self._gather(everything=False)
        return draft

    def _insert(self, key: str, entry: Entry) -> None:
        # in this order an interrupt can only make live bytes count as dead
        self._forget(self.table.get(key))
        self.table[key] = entry
        self._changed, self._told = True, False
        if self._draft is not None and entry.file is self._draft:
            self._draft.live += entry.span

    def _remove(self, keys: Iterable[str]) -> None:
        self._changed, self._told = True, False
        for key in keys:
            self._forget(self.table[key])
            del self.table[key]

    def _forget(self, entry: Entry | None) -> None:
        if self._draft is not None and entry is not None and entry.file is self._draft:
            self._draft.live -= entry.span

    def _check_owner(self) -> None:
        if os.getpid() != self._pid:
            raise StoreError(
                f"zip://{self.place}: expected a change by the process that opened the store, "
                f"{self._pid}, found one by its forked child {os.getpid()}; a child can read"
            )

    # ---- publishing

    def publish(self, *, always: bool = False) -> None:
        """Make the archive hold what the store holds, if anything changed."""
        self.check_open()
        if not self._changed and not always:
            return
        self._check_owner()
        with self._lock:
            if self._changed or always:
                self._publish()

    def _publish(self) -> None:
        draft = self._gather(everything=True)
        end = draft.length
        try:
            write_directory(draft, self._table, self._comment, self.allow_zip64)
            self.place.publish(draft)
        finally:
            if self.place.holds(draft):  # even if the call was interrupted after that
                self._length, self._draft, self._changed = draft.length, None, False
            else:
                draft.cut(end)

    def _gather(self, *, everything: bool) -> Draft:
        """Bring entries together, those of the draft or all, in a draft without dead bytes."""
        old = self._draft
        target = old if old is not None and old.live == old.length else self.place.new_draft()
        table, length = dict(self.table), target.length
        try:
            for key, entry in self.table.items():
                if entry.file is not target and (everything or entry.file is old):
                    table[key] = copy_entry(key, key, entry, target)
        except BaseException:
            if target is old:
                target.cut(length)
            else:
                target.discard()
            raise
        target.live = target.length
        if old is not None and old is not target:
            old.discard()
        self._draft, self._table = target, table
        return target

    def compact(self) -> None:
        """Publish, and once more if the archive holds anything but its objects."""
        self._check_owner()
        with self._lock:
            self.publish()
            if self._length > archive_length(self.table.items(), self._comment):
                self.publish(always=True)

    def move(self, path: str) -> None:
        """Move a published archive to another path."""
        if not isinstance(self.place, FilePlace):
            raise TypeError(
                f"zip://{self.place}: a store over a file object has no path to move"
            )
        self._check_owner()
        with self._lock:
            self.publish()
            self.place.move(path)

    # ---- the end

    def close(self) -> None:
        """Publish and give back what is held open; when publishing fails it stays open."""
        if os.getpid() != self._pid:  # what is unpublished is the parent's
            self._forget_all()
            return
        with self._lock:
            if self._closed:
                return
            try:
                self.publish()
            except Exception:
                self._told = True
                raise
            self._release()

    def drop(self) -> None:
        """Close because nobody uses the store any more, or the interpreter exits."""
        if self._closed or os.getpid() != self._pid:
            return
        try:
            if not self._told:
                self.publish()
        finally:
            self._release()

    def _release(self) -> None:
        if self._draft is not None:
            self._draft.discard()
        self._forget_all()

    def _forget_all(self) -> None:
        self._closed = True
        self._table, self._draft, self._changed = {}, None, False


def copy_entry(key: str, source: str, entry: Entry, draft: Draft) -> Entry:
    """Copy an entry, coded as it is, from under one key to another in a draft."""
    if entry.packed <= AHEAD:
        data = read_packed(source, entry)
        header = local_header(key, entry)
        return entry.moved(key, draft, draft.append(header, data), len(header))
    locate(source, entry)
    header = local_header(key, entry)
    place = draft.append(header)
    if not draft.copy(entry.file, entry.start, entry.packed):
        raise damaged(source, f"{entry.packed} bytes", "the end of the file")
    return entry.moved(key, draft, place, len(header))
