"""Files that are read by position, and the draft of an archive, which is written."""

from __future__ import annotations

import os
import weakref
from _thread import RLock  # `threading` would take longer to import
from contextlib import suppress
from typing import IO, TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["DescriptorFile", "Draft", "ObjectFile", "Replaced", "SizedFile"]

BLOCK = 1 << 20


class SizedFile(Protocol):
    """Bytes that are read by position, and their number."""

    def read(self, size: int, offset: int) -> bytes:
        """`size` bytes from `offset` on, fewer where the file ends."""
        ...

    def size(self) -> int:
        """Number of bytes."""
        ...


class DescriptorFile:
    """A file that is read without a seek pointer: safe in threads and after a fork.

    It is closed when nothing refers to it any more, so not under the hands of a reader.

    Parameters
    ----------
    fd : int
        The descriptor, which is ours from here on.
    """

    def __init__(self, fd: int) -> None:
        self.fd = fd

    def __del__(self, close: Any = os.close) -> None:
        close(self.fd)

    def read(self, size: int, offset: int) -> bytes:
        """As of `SizedFile`."""
        return _pread(self.fd, size, offset)

    def size(self) -> int:
        """Number of bytes."""
        return os.fstat(self.fd).st_size


def _pread(fd: int, size: int, offset: int) -> bytes:
    data = os.pread(fd, size, offset)
    if len(data) == size or not data:
        return data
    parts, missing = [data], size - len(data)
    while missing and (data := os.pread(fd, missing, offset + size - missing)):
        parts.append(data)
        missing -= len(data)
    return b"".join(parts)


class Draft(DescriptorFile):
    """A new archive as it grows, entry by entry.

    Parameters
    ----------
    fd : int
        Descriptor of an empty file.
    path : str
        Its path, "" if it has none.

    Attributes
    ----------
    length : int
        Bytes written.
    live : int
        Bytes of those that belong to entries in use; the owner of the entries counts them.
    """

    def __init__(self, fd: int, path: str = "") -> None:
        super().__init__(fd)
        self.path = path
        self.length = self.live = 0

    def append(self, *parts: bytes) -> int:
        """Write bytes at the end, all or none of them; the offset of the first."""
        offset = self.length
        if sum(map(len, parts)) <= BLOCK:
            parts = (b"".join(parts),)
        end = offset
        for part in parts:
            left = memoryview(part)
            while left:
                wrote = os.pwrite(self.fd, left, end)
                left, end = left[wrote:], end + wrote
        self.length = end
        return offset

    def copy(self, source: Any, offset: int, size: int) -> bool:
        """Append bytes of another file; False if it ends before."""
        end = offset + size
        if isinstance(source, DescriptorFile):
            offset = self._copy_in_kernel(source, offset, end)
        while offset < end:
            data = source.read(min(end - offset, BLOCK), offset)
            if not data:
                return False
            offset += len(data)
            self.append(data)
        return True

    def _copy_in_kernel(self, source: DescriptorFile, offset: int, end: int) -> int:
        """Copy as far as the system can do it by itself; the offset after that."""
        if not hasattr(os, "copy_file_range"):
            return offset
        while offset < end:
            try:
                copied = os.copy_file_range(
                    source.fd, self.fd, min(end - offset, 1 << 30), offset, self.length
                )
            except OSError:
                break  # not between these file systems; another error will come again
            if not copied:
                break
            offset, self.length = offset + copied, self.length + copied
        return offset

    def cut(self, length: int) -> None:
        """Drop what was written from an offset on."""
        os.ftruncate(self.fd, length)
        self.length = length

    def blocks(self) -> Iterator[bytes]:
        """All that was written."""
        for offset in range(0, self.length, BLOCK):
            yield self.read(min(BLOCK, self.length - offset), offset)

    def discard(self) -> None:
        """Remove the file."""
        if self.path:
            with suppress(FileNotFoundError):
                os.unlink(self.path)


# ---- file objects


class Replaced(Exception):
    """The file object has got a new content; what is wanted has another place now."""


class ObjectFile:
    """A file object that is read by position: one reader at a time unless it has a descriptor.

    Parameters
    ----------
    file : IO[bytes]
        The file object, which stays the caller's.
    """

    def __init__(self, file: IO[bytes]) -> None:
        import io

        raw = getattr(file, "raw", file)
        self._raw = raw if type(raw) is io.FileIO else None
        self._file, self._replaced = file, False
        self._lock = RLock()
        _object_files.add(self)

    def read(self, size: int, offset: int) -> bytes:
        """As of `SizedFile`; raises `Replaced` when it has been."""
        with self._lock:
            if self._replaced:
                raise Replaced
            if self._raw is not None:
                return _pread(self._raw.fileno(), size, offset)
            self._file.seek(offset)
            parts, missing = [], size
            while missing and (data := self._file.read(min(missing, 1 << 30))):
                parts.append(data)
                missing -= len(data)
            return parts[0] if len(parts) == 1 else b"".join(parts)

    def size(self) -> int:
        """Number of bytes."""
        with self._lock:
            return self._file.seek(0, os.SEEK_END)

    def replace(self, draft: Draft) -> None:
        """Give the file object a new content; this file can then no longer be read."""
        with self._lock:
            self._replaced = True
            self._file.seek(0)
            for block in draft.blocks():
                left = memoryview(block)
                while left:  # a raw file may take less
                    left = left[self._file.write(left) or len(left) :]
            self._file.truncate(draft.length)
            if hasattr(self._file, "flush"):
                self._file.flush()


_object_files: weakref.WeakSet[ObjectFile] = weakref.WeakSet()


def _renew_locks() -> None:
    for file in list(_object_files):
        file._lock = RLock()


os.register_at_fork(after_in_child=_renew_locks)
