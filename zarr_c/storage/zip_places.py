"""Where an archive is: under a path or in a file object, and how a new one gets there."""

from __future__ import annotations

import os
import stat
import zlib
from typing import IO, TYPE_CHECKING

from zarr_c.errors import StoreError
from zarr_c.storage.directories import age_of
from zarr_c.storage.keys import TEMPORARY_PREFIX
from zarr_c.storage.zip_files import DescriptorFile, Draft, ObjectFile

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["FilePlace", "ObjectPlace"]

_Stamp = tuple[int, int, int]


class FilePlace:
    """An archive that has a path.

    Parameters
    ----------
    path : str
        The path.
    """

    def __init__(self, path: str) -> None:
        self.path = os.path.abspath(path)
        self._seen: _Stamp | None = None
        self._overwrites = False

    def __str__(self) -> str:
        return self.path

    def create(self, exclusive: bool) -> None:
        """Prepare for a new archive, which replaces what is there unless `exclusive`."""
        if exclusive and os.path.lexists(self.path):
            raise FileExistsError(f"path: {self.path!r} exists; mode 'x' makes a new archive")
        if os.path.isdir(self.path):
            raise IsADirectoryError(f"path: {self.path!r} is a directory")
        self._overwrites = not exclusive

    def open(self) -> DescriptorFile:
        """Open the archive that is there."""
        # without O_NONBLOCK the opening of a pipe would wait for a writer
        file = DescriptorFile(os.open(self.path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK))
        found = os.fstat(file.fd)
        if not stat.S_ISREG(found.st_mode):
            raise StoreError(
                f"{self.path}: expected a file, found {stat.filemode(found.st_mode)}"
            )
        self._seen = _stamp(found)
        return file

    def new_draft(self) -> Draft:
        """A temporary file in the directory of the archive."""
        place = os.path.realpath(self.path)
        os.makedirs(os.path.dirname(place), exist_ok=True)
        path = f"{_temporary(place)}{os.urandom(8).hex()}"
        flags = os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC
        return Draft(os.open(path, flags, 0o666), path)

    def publish(self, draft: Draft) -> None:
        """Rename a whole archive into place.

        Raises
        ------
        FileExistsError
            If there was no archive when the store was opened, and now there is one.
        StoreError
            If there is another than was opened.
        """
        place = os.path.realpath(self.path)
        # network file systems tell of a full disk no sooner than on closing
        os.close(os.dup(draft.fd))
        if self._seen is None and not self._overwrites:
            _rename_exclusive(draft.path, place)
        else:
            self._replace(draft, place)

    def holds(self, draft: Draft) -> bool:
        """Whether a draft has become the archive; it is then no temporary file any more."""
        found = _stamp(os.fstat(draft.fd))
        try:
            if found != _stamp(os.stat(self.path)):
                return False
        except OSError:
            return False
        draft.discard()  # a second name
        draft.path, self._seen, self._overwrites = "", found, False
        return True

    def _replace(self, draft: Draft, place: str) -> None:
        try:
            old = os.stat(place)
        except FileNotFoundError:
            old = None
        if not self._overwrites and (old is None or _stamp(old) != self._seen):
            raise StoreError(
                f"{self.path}: expected the archive that was opened, found "
                f"{'none' if old is None else 'what another writer made of it'}; "
                "nothing has been replaced, and this store still holds its objects"
            )
        if old is not None:
            os.fchmod(draft.fd, stat.S_IMODE(old.st_mode))
            os.fsync(draft.fd)  # or a power failure after the rename could lose both
        os.replace(draft.path, place)

    def move(self, destination: str) -> None:
        """Move the archive, if there is one, to where nothing is."""
        import shutil

        destination = os.path.abspath(destination)
        if os.path.lexists(destination):
            raise FileExistsError(f"path: {destination!r} exists")
        os.makedirs(os.path.dirname(destination), exist_ok=True)
        if self._seen is not None:
            shutil.move(os.path.realpath(self.path), destination)
            self._seen = _stamp(os.stat(destination))
        self.path = destination

    def temporaries(self) -> Iterator[tuple[str, float]]:
        """Paths of what writers of this archive have left behind, and ages in seconds."""
        place = os.path.realpath(self.path)
        with os.scandir(os.path.dirname(place)) as entries:
            for entry in entries:
                if entry.path.startswith(_temporary(place)):
                    age = age_of(entry.path)
                    if age is not None:
                        yield entry.path, age


def _temporary(place: str) -> str:
    """What the names of an archive's temporary files begin with; they are all short enough."""
    directory, name = os.path.split(place)
    return os.path.join(directory, f"{TEMPORARY_PREFIX}{zlib.crc32(os.fsencode(name)):08x}-")


def _stamp(found: os.stat_result) -> _Stamp:
    return found.st_dev, found.st_ino, found.st_size


def _rename_exclusive(source: str, target: str) -> None:
    try:
        os.link(source, target)
    except FileExistsError:
        raise FileExistsError(
            f"path: {target!r} was made by another writer since this store was opened; "
            "nothing has been replaced, and this store still holds its objects"
        ) from None
    except OSError:  # a file system without links
        os.close(os.open(target, os.O_CREAT | os.O_EXCL))
        os.replace(source, target)
    else:
        os.unlink(source)


class ObjectPlace:
    """An archive in a file object.

    Parameters
    ----------
    file : IO[bytes]
        The file object; it is not closed.
    """

    def __init__(self, file: IO[bytes]) -> None:
        self.file = file
        self._reader = ObjectFile(file)
        self._published: Draft | None = None

    def __str__(self) -> str:
        return f"{type(self.file).__name__}/{id(self.file)}"

    def create(self, exclusive: bool) -> None:
        """Prepare for a new archive, which replaces what is there unless `exclusive`."""
        if exclusive and self._reader.size():
            raise FileExistsError("path: expected an empty file object for mode 'x'")

    def open(self) -> ObjectFile:
        """The archive that is there."""
        return self._reader

    def new_draft(self) -> Draft:
        """A temporary file without a name."""
        import tempfile

        fd, path = tempfile.mkstemp(prefix=TEMPORARY_PREFIX)
        os.unlink(path)
        return Draft(fd)

    def publish(self, draft: Draft) -> None:
        """Write a whole archive into the file object."""
        self._reader.replace(draft)
        self._reader = ObjectFile(self.file)
        self._published = draft

    def holds(self, draft: Draft) -> bool:
        """Whether all of a draft has been written into the file object."""
        held = self._published is draft
        self._published = None
        return held
