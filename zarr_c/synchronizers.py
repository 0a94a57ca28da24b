"""What keeps writers of one chunk or shard from undoing each other's changes, as options."""

from __future__ import annotations

import os
from typing import Any

from zarr_c.frozen import Frozen, set_field

__all__ = ["ProcessSynchronizer", "ThreadSynchronizer", "lock_option"]


class ThreadSynchronizer(Frozen):
    """Threads wait for each other: they always do, so that this changes nothing."""

    __slots__ = ()


class ProcessSynchronizer(Frozen):
    """Processes that write parts of one chunk, or of one shard, wait for each other.

    The system keeps the locks and takes them back from a process that ends, however it does;
    they are bytes of a file ("Open file description locks", fcntl(2)), which stays empty and
    which nobody needs to remove. All writers of an array have to use the same file; arrays may
    share one.

    Parameters
    ----------
    path : str or os.PathLike
        The lock file, which is made by the first write. Its directory exists, and all writers
        see it; NFS and Lustre (mounted with ``flock``) lock between machines.

    Raises
    ------
    TypeError
        If `path` is not a path.
    """

    __slots__ = ("path",)

    path: str

    def __init__(self, path: str | os.PathLike[str]) -> None:
        found = os.fspath(path)
        if not isinstance(found, str):
            raise TypeError(f"path: expected a string or a path of strings, found {path!r}")
        set_field(self, "path", os.path.abspath(found))

    def __fspath__(self) -> str:
        return self.path


def lock_option(lock: Any, synchronizer: Any) -> Any:
    """What an array's ``lock`` is to be, out of the two arguments that may tell.

    Parameters
    ----------
    lock : bool, str, os.PathLike or None
        As in `ArrayConfig`.
    synchronizer : ThreadSynchronizer, ProcessSynchronizer or None
        The same as programs for zarr-python 2 have it.

    Returns
    -------
    bool, str or None
        None where neither tells.

    Raises
    ------
    TypeError
        If `synchronizer` is something else, or both tell.
    """
    if synchronizer is None or isinstance(synchronizer, ThreadSynchronizer):
        return os.fspath(lock) if isinstance(lock, os.PathLike) else lock
    if not isinstance(synchronizer, ProcessSynchronizer):
        raise TypeError(
            "synchronizer: expected a ThreadSynchronizer, a ProcessSynchronizer or None, "
            f"found {synchronizer!r}"
        )
    if lock is not None:
        raise TypeError("lock, synchronizer: expected one of the two, found both")
    return synchronizer.path
