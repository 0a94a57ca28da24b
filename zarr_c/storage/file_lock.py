"""A lock between processes on a stored file, for those who replace it.

The file itself is locked (flock), so there is nothing to leave behind: the system releases the
lock of a process that dies. Whoever replaces the file by renaming another one into its place
has thereby given the lock away, so the new file must be the last that is written under it.
"""

from __future__ import annotations

import errno
import os
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING
from warnings import warn

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["locked_file"]

_NO_LOCKS = {errno.ENOSYS, errno.ENOTSUP, errno.EOPNOTSUPP, errno.ENOLCK, errno.EINVAL}


@contextmanager
def locked_file(path: str) -> Iterator[None]:
    """Keep all others that lock the file of this name waiting.

    Parameters
    ----------
    path : str
        Where there is no file, nobody is kept waiting.

    Warns
    -----
    RuntimeWarning
        If the file system has no locks; then processes do not wait for each other.
    """
    import fcntl

    fd = _lock(path)
    try:
        yield
    finally:
        if fd >= 0:
            # nothing was written by it, so nothing can be lost
            with suppress(OSError):
                fcntl.flock(fd, fcntl.LOCK_UN)  # a forked child may have the descriptor too
            with suppress(OSError):
                os.close(fd)


def _lock(path: str) -> int:
    """A descriptor of the locked file, -1 where there is none."""
    from fcntl import LOCK_EX, flock

    while True:
        fd = _open(path)
        if fd < 0:
            return -1
        try:
            flock(fd, LOCK_EX)
            if _is_at(fd, path):
                return fd
        except OSError as error:
            if error.errno in _NO_LOCKS:
                warn(
                    f"{path!r} cannot be locked ({error.strerror}): processes that change "
                    "attributes or append at the same time may undo each other's changes",
                    RuntimeWarning,
                    stacklevel=2,
                )
                return fd
            if error.errno != errno.ESTALE:  # replaced by another host meanwhile
                os.close(fd)
                raise
        except BaseException:
            os.close(fd)
            raise
        os.close(fd)  # it was replaced while we waited


def _open(path: str) -> int:
    # NFS locks only what is open for writing.
    for access in (os.O_RDWR, os.O_RDONLY):
        try:
            return os.open(path, access | os.O_CLOEXEC | os.O_NONBLOCK)
        except (FileNotFoundError, NotADirectoryError):
            return -1
        except OSError as error:
            if error.errno not in (errno.EACCES, errno.EPERM, errno.EROFS):
                raise
    return -1


def _is_at(fd: int, path: str) -> bool:
    """Whether an open file still has its name.

    Names may be known from a cache of a file server's, but what is locked is asked for anew: a
    file that was replaced has no name left, unless somebody has linked it elsewhere.
    """
    locked = os.fstat(fd)
    try:
        return locked.st_nlink > 0 and os.path.samestat(locked, os.stat(path))
    except (FileNotFoundError, NotADirectoryError):
        return False
