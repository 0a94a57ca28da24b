"""Directories in which objects lie, and what else lies there."""

from __future__ import annotations

import errno
import os
import stat
import time
from typing import TYPE_CHECKING

from zarr_c.storage.keys import TEMPORARY_PREFIX

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["age_of", "entries", "hide", "kind_of_file", "remove_if_older", "remove_tree"]


def entries(directory: str, temporaries: bool = False) -> Iterator[os.DirEntry[str]]:
    """What lies in a directory, if it is there; temporary files only when asked for.

    One at a time: a directory of a million chunks is not held in memory.
    """
    try:
        with os.scandir(directory) as found:
            for entry in found:
                if temporaries or not entry.name.startswith(TEMPORARY_PREFIX):
                    yield entry
    except (FileNotFoundError, NotADirectoryError):
        pass


def hide(path: str) -> str:
    """Take a directory out of sight in one step; returns where it is then."""
    hidden = os.path.join(os.path.dirname(path), TEMPORARY_PREFIX + os.urandom(8).hex())
    try:
        os.rename(path, hidden)
    except (FileNotFoundError, NotADirectoryError):
        return path
    except OSError as error:
        # a mount point, or a directory of a lower layer of an overlay: removed where it is
        if error.errno not in (errno.EBUSY, errno.EXDEV):
            raise
        return path
    return hidden


def remove_tree(path: str) -> None:
    """Remove a directory with all in it, or a file, that others may be removing too."""
    import shutil

    try:
        if os.path.isdir(path) and not os.path.islink(path):
            shutil.rmtree(path)
        else:
            os.unlink(path)
    except (FileNotFoundError, NotADirectoryError):
        pass  # another process was faster


def kind_of_file(entry: os.DirEntry[str]) -> str:
    """What is in the place of an object."""
    if entry.is_symlink():
        return "a symbolic link to no file"
    mode = entry.stat(follow_symlinks=False).st_mode
    kinds = {stat.S_IFIFO: "a named pipe", stat.S_IFSOCK: "a socket"}
    return kinds.get(stat.S_IFMT(mode), "a device")


def age_of(path: str) -> float | None:
    """Seconds since the last write to a temporary file or directory; None if it is gone."""
    try:
        found = os.stat(path, follow_symlinks=False)
    except FileNotFoundError:
        return None
    # a directory that is renamed keeps the time of its contents
    return time.time() - (found.st_ctime if stat.S_ISDIR(found.st_mode) else found.st_mtime)


def remove_if_older(path: str, older_than: float) -> bool:
    """Remove a temporary file or directory of so many seconds or more; whether it was."""
    age = age_of(path)
    if age is None or age < older_than:
        return False
    try:
        if os.path.isdir(path) and not os.path.islink(path):
            remove_tree(path)
        else:
            os.unlink(path)
    except FileNotFoundError:
        return False
    return True
