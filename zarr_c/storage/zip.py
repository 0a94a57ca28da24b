"""A store in a ZIP archive."""

from __future__ import annotations

import os
import weakref
from typing import IO, TYPE_CHECKING, Any, Literal, Self

from zarr_c.errors import ReadOnlyError
from zarr_c.storage.base import Store
from zarr_c.storage.directories import remove_if_older
from zarr_c.storage.mapping import below, directory_names
from zarr_c.storage.ranges import cut
from zarr_c.storage.zip_archive import Archive
from zarr_c.storage.zip_coding import STORED, VERSIONS
from zarr_c.storage.zip_places import FilePlace, ObjectPlace

if TYPE_CHECKING:
    import io
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from zarr_c.storage.primitives import ListingFailed
    from zarr_c.storage.ranges import Span

__all__ = ["ZipStore"]

MODES = ("r", "w", "a", "x")

Mode = Literal["r", "w", "a", "x"]


class ZipStore(Store):
    """A ZIP archive whose entries are the objects.

    What is written waits in a temporary file beside the archive, and the archive changes as a
    whole when the store is flushed or closed, also at the end of the process: until then, and
    after a crash, its path has the archive as it was before. Replaced and deleted objects
    leave nothing behind in it. A store that is closed with an error stays open, with its
    objects, and can be closed once more.

    Flushing costs one copy of the objects that the archive already held, and one of the new
    chunks if some of them were replaced or deleted before; metadata documents wait in memory.
    With mode 'w', and no chunk written twice, nothing is copied.

    Reading needs no lock and no seek pointer, so that threads and forked children can read at
    once, and takes only the part that is wanted out of uncompressed entries. A forked child
    cannot write: its changes could never reach the archive. Of two stores that write to one
    archive, the second to flush gets an error and replaces nothing.

    Archives are reproducible: the same objects written in the same order make the same bytes.
    All entries are dated 1980-01-01 and have mode 0644. When an archive of another writer is
    changed, its comment is kept, the dates and extra fields of its entries are not.

    Parameters
    ----------
    path : str, os.PathLike or file object
        The archive. A file object is read from its beginning, needs `read` and `seek`, for
        writing `write` and `truncate` too, and should be used by one store at a time. It is
        overwritten in place by flushing, and never closed.
    mode : {'r', 'w', 'a', 'x'}, default 'r'
        'r' reads an archive; 'w' makes a new one, which replaces what is there when it is
        flushed or closed; 'a' changes an archive, or makes one when something is written; 'x'
        makes a new one where there is none.
    compression : int, default zipfile.ZIP_STORED
        How new objects are compressed: `zipfile.ZIP_STORED`, `ZIP_DEFLATED`, `ZIP_BZIP2` or
        `ZIP_LZMA`. Chunks mostly are compressed already.
    allowZip64 : bool, default True
        Whether there may be more than 65,535 objects and more than 4 GiB.
    normalize_keys : bool, default True
        Whether leading slashes are stripped from keys and doubled ones collapsed.
    read_only : bool, optional
        Whether writing is refused; by default with mode 'r' only.

    Raises
    ------
    FileNotFoundError
        If mode is 'r' and there is no archive.
    FileExistsError
        If mode is 'x' and there is something.
    StoreError
        If the archive is damaged, contradicts itself or is none.
    UnsafeKeyError
        If a name in the archive would leave its root.
    TypeError
        If `path` is neither a path nor a binary file object.
    ValueError
        If `mode`, `compression` or `read_only` is not one of the above.
    """

    def __init__(
        self,
        path: str | os.PathLike[str] | io.IOBase | IO[bytes],
        mode: Mode = "r",
        compression: int = STORED,
        allowZip64: bool = True,
        normalize_keys: bool = True,
        *,
        read_only: bool | None = None,
    ) -> None:
        if mode not in MODES:
            raise ValueError(f"mode: expected one of {MODES}, found {mode!r}")
        if compression not in VERSIONS:
            methods = ", ".join(map(str, VERSIONS))
            raise ValueError(f"compression: expected one of {methods}, found {compression!r}")
        if read_only is not None and mode != "a" and read_only != (mode == "r"):
            raise ValueError(f"read_only: expected {mode == 'r'} with mode {mode!r}")
        super().__init__(
            normalize_keys=normalize_keys,
            read_only=mode == "r" if read_only is None else read_only,
        )
        self._archive = Archive(_place(path, mode), mode, compression, allowZip64)
        # shared with all that `with_read_only` makes; when none of them is left, or at exit
        self._lease = _Lease()
        weakref.finalize(self._lease, self._archive.drop)

    @property
    def path(self) -> Path | IO[bytes]:
        """The path of the archive, or the file object."""
        from pathlib import Path

        place = self._archive.place
        return Path(place.path) if isinstance(place, FilePlace) else place.file

    @property
    def closed(self) -> bool:
        """Whether the store was closed."""
        return self._archive.closed

    @property
    def compression(self) -> int:
        """How new objects are compressed, as a constant of `zipfile`."""
        return self._archive.method

    @property
    def allowZip64(self) -> bool:
        """Whether there may be more than 65,535 objects and more than 4 GiB."""
        return self._archive.allow_zip64

    def with_read_only(self, read_only: bool = False) -> Self:
        """The same store, for reading only or for writing too; closing one closes both.

        Raises
        ------
        ReadOnlyError
            If a store of mode 'r' is wanted for writing.
        """
        if not read_only and self._archive.mode == "r":
            raise ReadOnlyError(f"{self}: opened with mode 'r'; mode 'a' is for writing")
        return super().with_read_only(read_only)

    # ---- the archive

    def flush(self) -> None:
        """Make the archive hold what was written; the store can still be used.

        Raises
        ------
        StoreError
            If another writer has changed the archive, zip64 would be needed and is not
            allowed, or a forked child calls. The store then still holds its objects.
        FileExistsError
            If there was no archive when the store was opened, and now there is one.
        ChunkCorruptError
            If an entry that is to be kept is damaged; deleting or replacing it helps.
        """
        self._archive.publish()

    def close(self) -> None:
        """Flush and give back what the store holds open.

        Raises
        ------
        StoreError, FileExistsError, ChunkCorruptError
            As of `flush`; the store then stays open.
        """
        self._archive.close()

    def compact(self) -> None:
        """Rewrite the archive if it holds more bytes than its objects need.

        Archives that others wrote may have entries under one name, entries of deleted objects,
        or extra fields. What this store writes never has.
        """
        self._check_writable("")
        self._archive.compact()

    def move(self, path: str | os.PathLike[str]) -> None:
        """Flush and move the archive; the store is then at its new place.

        Parameters
        ----------
        path : str or os.PathLike
            The new path, where there must be nothing.

        Raises
        ------
        FileExistsError
            If there is something at `path`.
        TypeError
            If the archive is in a file object.
        """
        self._check_writable("")
        self._archive.move(os.fspath(path))

    def sweep(self, older_than: float = 3600.0) -> int:
        """Remove temporary files that killed writers of this archive left behind.

        Parameters
        ----------
        older_than : float, default 3600
            Time in seconds since the last write from which a temporary file counts as left
            over. A store that is open for writing has one too.

        Returns
        -------
        int
            How many files were removed.
        """
        self._check_writable("")
        return sum(
            self._remove_temporary(path, older_than) for path, _ in self._temporaries("")
        )

    def _temporaries(
        self, prefix: str, failed: ListingFailed | None = None
    ) -> Iterator[tuple[str, float]]:
        place = self._archive.place
        return place.temporaries() if isinstance(place, FilePlace) else iter(())

    def _remove_temporary(self, name: str, older_than: float) -> bool:
        return remove_if_older(name, older_than)

    # ---- objects

    def _get(self, key: str) -> bytes | None:
        return self._archive.get(key)

    def _get_range(self, key: str, start: int, length: int | None) -> bytes | None:
        return self._archive.get_range(key, start, length)

    def _get_ranges(
        self, key: str, spans: Sequence[Span], max_gap: int, max_size: int
    ) -> list[bytes] | None:
        entry = self._archive.table.get(key)
        if entry is None or entry.method == STORED:
            return super()._get_ranges(key, spans, max_gap, max_size)
        value = self._get(key)
        return None if value is None else [cut(value, *span) for span in spans]

    def _set(self, key: str, value: bytes) -> None:
        self._archive.put(key, value)

    def _set_if_absent(self, key: str, value: bytes) -> bool:
        return self._archive.put(key, value, exclusive=True)

    def _delete(self, key: str) -> bool:
        return self._archive.delete(key)

    def _exists(self, key: str) -> bool:
        return key in self._archive.table

    def _size(self, key: str) -> int | None:
        entry = self._archive.table.get(key)
        return None if entry is None else entry.size

    def _rename(self, source: str, target: str) -> None:
        self._archive.rename(source, target)

    # ---- directories

    def _list(self, prefix: str) -> Iterator[str]:
        return below(list(self._archive.table), prefix)

    def _list_dir(self, prefix: str) -> Iterator[str]:
        return directory_names(list(self._archive.table), prefix)

    def _delete_dir(self, prefix: str) -> None:
        self._archive.delete_dir(prefix)

    # ---- the store itself

    def _identity(self) -> int:
        return id(self._archive)

    def _arguments(self) -> dict[str, Any]:
        place = self._archive.place
        return {
            "path": place.path if isinstance(place, FilePlace) else place.file,
            "mode": "r" if self._archive.mode == "r" else "a",
            "compression": self.compression,
            "allowZip64": self.allowZip64,
            "normalize_keys": self._normalize,
            "read_only": self._read_only,
        }

    def __reduce__(self) -> tuple[Any, ...]:
        """Flush, so that the other process finds what was written; it opens with 'r' or 'a'."""
        if isinstance(self._archive.place, ObjectPlace):
            raise TypeError(
                f"{self}: a store over a file object cannot be pickled, another process has no "
                "such object; give it a path"
            )
        self.flush()
        return super().__reduce__()

    def __hash__(self) -> int:
        return hash((ZipStore, str(self)))

    def __str__(self) -> str:
        return f"zip://{self._archive.place}"


class _Lease:
    """What lives as long as a store is used."""

    __slots__ = ("__weakref__",)


def _place(path: Any, mode: str) -> FilePlace | ObjectPlace:
    if isinstance(path, str | os.PathLike):
        name = os.fspath(path)
        if not isinstance(name, str):
            raise TypeError(f"path: expected a string or a path of strings, found {path!r}")
        return FilePlace(name)
    needed = {"r": {"read"}, "a": {"read", "write", "truncate"}}.get(
        mode, {"write", "truncate"}
    )
    if hasattr(path, "encoding") or not all(hasattr(path, name) for name in {*needed, "seek"}):
        raise TypeError(f"path: expected a path or a binary file object, found {path!r}")
    if mode != "r" and not getattr(path, "writable", lambda: True)():
        raise ValueError(f"path: expected a writable file object for mode {mode!r}")
    return ObjectPlace(path)
