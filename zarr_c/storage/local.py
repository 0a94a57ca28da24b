"""A store in a directory: one file per object."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any, Literal, Self

from zarr_c.errors import UnsafeKeyError
from zarr_c.storage._local import LocalFiles
from zarr_c.storage._python import place_identity
from zarr_c.storage.base import Store
from zarr_c.storage.directories import (
    age_of,
    entries,
    hide,
    kind_of_file,
    remove_if_older,
    remove_tree,
)
from zarr_c.storage.file_lock import locked_file
from zarr_c.storage.keys import TEMPORARY_PREFIX, expect_lasting, is_document

if TYPE_CHECKING:
    from collections.abc import Iterator
    from contextlib import AbstractContextManager
    from pathlib import Path

    from zarr_c.storage.primitives import ListingFailed

__all__ = ["LocalStore"]

DURABILITIES = ("none", "commit", "write")

LOCK_FILE = f"{TEMPORARY_PREFIX}lock"  # hidden as temporary files are, but it stays

Durability = Literal["none", "commit", "write"]


class LocalStore(Store):
    """A directory whose files are the objects.

    An object is replaced as a whole: it is written beside its place and renamed. Making the
    store touches no file; the first write makes the directory.

    Parameters
    ----------
    root : str or os.PathLike
        The directory.
    normalize_keys : bool, default True
        Whether leading slashes are stripped from keys and doubled ones collapsed.
    map_size : int, default 64 MiB
        Window in bytes through which files are mapped where `mmap` asks for it; 0 never maps.
    read_only : bool, default False
        Whether writing is refused.
    durability : {'none', 'commit', 'write'}, default 'none'
        When data are forced to the disk: never; once, at the end of each call that writes;
        after each object, with its directory.
    mmap : bool, default False
        Whether files are mapped into memory for reading, and not read. Objects are replaced by
        renaming, so a mapped one stays whole; but another program that cuts a file short while
        it is mapped kills this process (SIGBUS).

    Raises
    ------
    TypeError
        If `root` is not a path.
    ValueError
        If `map_size` is negative or `durability` is none of the above.
    """

    def __init__(
        self,
        root: str | os.PathLike[str],
        normalize_keys: bool = True,
        map_size: int = 2**26,
        *,
        read_only: bool = False,
        durability: Durability = "none",
        mmap: bool = False,
    ) -> None:
        super().__init__(normalize_keys=normalize_keys, read_only=read_only)
        if durability not in DURABILITIES:
            raise ValueError(
                f"durability: expected one of {DURABILITIES}, found {durability!r}"
            )
        if not isinstance(map_size, int) or map_size < 0:
            raise ValueError(f"map_size: expected bytes, at least 0, found {map_size!r}")
        path = os.fspath(root)
        if not isinstance(path, str):
            raise TypeError(f"root: expected a string or a path of strings, found {root!r}")
        self._map_size, self._durability, self._mmap = map_size, durability, mmap
        self._attach(os.path.abspath(path))

    def _attach(self, root: str) -> None:
        self._root = root
        self._known_identity: int | None = None
        self._files = LocalFiles(root, self._durability, self._map_size if self._mmap else 0)

    @classmethod
    def open(
        cls,
        root: str | os.PathLike[str],
        *,
        read_only: bool = False,
        mode: str | None = None,
        **kwargs: Any,
    ) -> Self:
        """A store for a directory, as a mode asks for it.

        Parameters
        ----------
        root : str or os.PathLike
            The directory.
        read_only : bool, default False
            Whether writing is refused; mode 'r' does that too.
        mode : {'r', 'r+', 'a', 'w', 'w-'}, optional
            'r' and 'r+' need the directory, 'w' empties it, 'w-' needs that it is empty.
        **kwargs
            As of the constructor.

        Raises
        ------
        FileNotFoundError
            If the directory is needed and absent.
        FileExistsError
            If mode is 'w-' and the directory holds objects.
        ValueError
            If `mode` is none of the above.
        """
        if mode not in (None, "r", "r+", "a", "w", "w-"):
            raise ValueError(f"mode: expected one of r, r+, a, w, w-, found {mode!r}")
        store = cls(root, read_only=read_only or mode == "r", **kwargs)
        if (store.read_only or mode in ("r", "r+")) and not os.path.exists(store._root):
            raise FileNotFoundError(f"root: there is no directory {store._root!r}")
        if mode == "w":
            store.clear()
        if mode == "w-" and not store.is_empty():
            raise FileExistsError(
                f"root: {store._root!r} holds objects; mode 'w-' makes a new one"
            )
        return store

    @property
    def root(self) -> Path:
        """The directory."""
        from pathlib import Path

        return Path(self._root)

    # ---- objects

    def _get(self, key: str) -> bytes | None:
        return self._files.get(key)

    def _get_range(self, key: str, start: int, length: int | None) -> bytes | None:
        return self._files.get(key, start, length)

    def _set(self, key: str, value: bytes) -> None:
        self._files.put(key, value)

    def _set_if_absent(self, key: str, value: bytes) -> bool:
        return self._files.put(key, value, exclusive=True)

    def _delete(self, key: str) -> bool:
        return self._files.delete(key)

    def _lock(self, key: str) -> AbstractContextManager[None]:
        return locked_file(f"{self._root}/{key}")

    def _lock_file(self, prefix: str, chosen: str | None) -> tuple[str, str] | None:
        if chosen is not None:
            return super()._lock_file(prefix, chosen)
        return self._root, f"{prefix}/{LOCK_FILE}" if prefix else LOCK_FILE

    def _identity(self) -> int:
        if self._known_identity is None:
            identity = place_identity(os.path.realpath(self._root))
            if not os.path.exists(self._root):
                return identity  # it may become a link yet
            self._known_identity = identity
        return self._known_identity

    def _native(self) -> LocalFiles:
        return self._files

    def _exists(self, key: str) -> bool:
        return self._files.exists(key)

    def _size(self, key: str) -> int | None:
        return self._files.size(key)

    # ---- directories

    def _directory(self, prefix: str) -> str:
        return f"{self._root}/{prefix}" if prefix else self._root

    def _check_inside(self, prefix: str) -> None:
        """Refuse a prefix that a symbolic link leads out of the root."""
        target, root = os.path.realpath(self._directory(prefix)), os.path.realpath(self._root)
        if prefix and not target.startswith(root.rstrip("/") + "/"):
            raise UnsafeKeyError(f"prefix {prefix!r}: a symbolic link leads out of {self}")

    def _list(self, prefix: str) -> Iterator[str]:
        self._check_inside(prefix)
        return self._walk(prefix)

    def _list_past(self, prefix: str, failed: ListingFailed) -> Iterator[str]:
        self._check_inside(prefix)
        return self._walk(prefix, failed)

    def _walk(self, prefix: str, failed: ListingFailed | None = None) -> Iterator[str]:
        head = f"{prefix}/" if prefix else ""
        for entry in self._entries_past(prefix, failed):
            if entry.is_dir(follow_symlinks=False):
                yield from self._walk(head + entry.name, failed)
            elif entry.is_file():
                yield head + entry.name

    def _entries_past(
        self, prefix: str, failed: ListingFailed | None, temporaries: bool = False
    ) -> Iterator[os.DirEntry[str]]:
        try:
            yield from entries(self._directory(prefix), temporaries)
        except OSError as error:
            if failed is None:
                raise
            failed(prefix, error)

    def _list_dir(self, prefix: str) -> Iterator[str]:
        self._check_inside(prefix)
        return (entry.name for entry in entries(self._directory(prefix)))

    def _delete_dir(self, prefix: str) -> None:
        self._check_inside(prefix)  # what a symbolic link points to is not ours to delete
        if prefix:
            remove_tree(hide(self._directory(prefix)))
        else:
            found = entries(self._root, temporaries=True)
            # without its documents it is no node, whatever is left of it when this is cut short
            for entry in sorted(found, key=lambda entry: not is_document(entry.name)):
                remove_tree(entry.path)
        self._files.sync()

    def _rename(self, source: str, target: str) -> None:
        expect_lasting(target)
        for key in (source, target):
            self._check_inside(key.rpartition("/")[0])
        place = self._directory(target)
        os.makedirs(os.path.dirname(place), exist_ok=True)
        os.rename(self._directory(source), place)
        self._files.sync()

    def _rename_dir(self, source: str, target: str) -> None:
        self._rename(source, target)

    def sweep(self, older_than: float = 3600.0) -> int:
        """Remove what writers left half-written, and half-deleted, when they were killed.

        Parameters
        ----------
        older_than : float, default 3600
            Age in seconds from which a temporary file or directory counts as left over.

        Returns
        -------
        int
            How many of them were removed.
        """
        self._check_writable("")
        return sum(
            self._remove_temporary(name, older_than) for name, _ in self._temporaries("")
        )

    def _temporaries(
        self, prefix: str, failed: ListingFailed | None = None
    ) -> Iterator[tuple[str, float]]:
        head = f"{prefix}/" if prefix else ""
        for entry in self._entries_past(prefix, failed, temporaries=True):
            if entry.name == LOCK_FILE:
                continue  # somebody may wait for it
            if entry.name.startswith(TEMPORARY_PREFIX):
                age = age_of(entry.path)
                if age is not None:
                    yield head + entry.name, age
            elif entry.is_dir(follow_symlinks=False):
                yield from self._temporaries(head + entry.name, failed)

    def _remove_temporary(self, name: str, older_than: float) -> bool:
        return remove_if_older(self._directory(name), older_than)

    def _intruders(self, prefix: str, failed: ListingFailed) -> Iterator[tuple[str, str]]:
        head = f"{prefix}/" if prefix else ""
        empty = True

        def not_listed(prefix: str, error: OSError) -> None:
            nonlocal empty
            empty = False
            failed(prefix, error)

        for entry in self._entries_past(prefix, not_listed):
            empty = False
            if entry.is_dir(follow_symlinks=False):
                yield from self._intruders(head + entry.name, failed)
            elif not entry.is_file():
                yield head + entry.name, kind_of_file(entry)
        if empty and prefix:
            yield prefix, "an empty directory"

    def move(self, dest_root: str | os.PathLike[str]) -> None:
        """Move the directory; the store is then at its new place.

        Parameters
        ----------
        dest_root : str or os.PathLike
            The new directory, which must not exist.

        Raises
        ------
        FileExistsError
            If there is something at `dest_root`.
        """
        import shutil

        self._check_writable("")
        destination = os.path.abspath(os.fspath(dest_root))
        if os.path.lexists(destination):
            raise FileExistsError(f"dest_root: {destination!r} exists")
        os.makedirs(os.path.dirname(destination), exist_ok=True)
        shutil.move(self._root, destination)
        self._attach(destination)

    def _arguments(self) -> dict[str, Any]:
        return {
            "root": self._root,
            "normalize_keys": self._normalize,
            "map_size": self._map_size,
            "read_only": self._read_only,
            "durability": self._durability,
            "mmap": self._mmap,
        }

    def __hash__(self) -> int:
        return hash((LocalStore, self._root))

    def __str__(self) -> str:
        return f"file://{self._root}"
