"""`copy`, `copy_all` and `copy_store`: from one hierarchy, or store, into another."""

from __future__ import annotations

import os
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, TextIO

from zarr_c import opening
from zarr_c.array import Array
from zarr_c.errors import CopyError, GroupNotFoundError
from zarr_c.group import Group
from zarr_c.hierarchies.array_copying import copy_array, plain_attributes
from zarr_c.progress import Progress, measured

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from zarr_c.storage.path import StorePath
    from zarr_c.storage.resolve import StoreLike

__all__ = ["copy", "copy_all", "logged", "summary"]

_IF_EXISTS = ("raise", "replace", "skip", "skip_initialized")


def copy(
    source: Any,
    dest: Group | StoreLike,
    name: str | None = None,
    shallow: bool = False,
    without_attrs: bool = False,
    log: Any = None,
    if_exists: str = "raise",
    dry_run: bool = False,
    *,
    progress: Progress = False,
    **create_kwargs: Any,
) -> tuple[int, int, int]:
    """Copy an array or a group into a group.

    Chunks are copied as they are stored where the copy encodes them alike, also into a group
    of the other format. With `create_kwargs`, or from another package, they are decoded and
    encoded a few at a time. The document of an array is written when all its chunks are.

    Parameters
    ----------
    source : Array, Group or StoreLike
        What is copied; also a group or dataset of h5py, or of zarr-python.
    dest : Group or StoreLike
        The group into which; created if it is a place where there is none.
    name : str, optional
        Name, or path, of the copy in `dest`; that of the source by default.
    shallow : bool, default False
        Whether to copy only the arrays that lie directly in a group, not the groups.
    without_attrs : bool, default False
        Whether to leave out user attributes.
    log : callable, path or file, optional
        Hears of each step: a function of one string, a file to write it to, or its path.
    if_exists : {'raise', 'replace', 'skip', 'skip_initialized'}, default 'raise'
        What to do about an array for which there is a node already; and about a group for
        which there is an array. Members are added to a group that exists. 'skip_initialized'
        replaces arrays of which chunks are missing.
    dry_run : bool, default False
        Whether to do nothing but tell `log` what would be done.
    progress : bool or callable, default False
        Reports bytes copied, decoded; see `zarr_c.progress.measured`.
    **create_kwargs
        As of `Group.create_array`, such as `chunks` or `compressors`: in what the copies of
        arrays differ from their sources.

    Returns
    -------
    n_copied, n_skipped, n_bytes_copied : int
        Numbers of nodes, and of bytes of all elements copied.

    Raises
    ------
    CopyError
        If there is a node already, and `if_exists` is 'raise'.
    TypeError
        If the source is the root of its store and there is no `name`, or `dest` is an array.
    ValueError
        If an argument is of no use, or the copy would lie within its source.
    """
    node = _node(source)
    name = name or str(node.name).rpartition("/")[2]
    if not name:
        raise TypeError("name: the source is a root and has none, so expected one, found None")
    work = _Copying(shallow, without_attrs, if_exists, dry_run, create_kwargs)
    return work.run([(name, node)], dest, log, progress, root=True)


def copy_all(
    source: Any,
    dest: Group | StoreLike,
    shallow: bool = False,
    without_attrs: bool = False,
    log: Any = None,
    if_exists: str = "raise",
    dry_run: bool = False,
    *,
    progress: Progress = False,
    **create_kwargs: Any,
) -> tuple[int, int, int]:
    """Copy all members of a group, and its attributes, into a group.

    Parameters
    ----------
    source : Group or StoreLike
        The group; also one of h5py or zarr-python.
    **others
        As of `copy`.

    Returns
    -------
    n_copied, n_skipped, n_bytes_copied : int
        As of `copy`.

    Raises
    ------
    CopyError, TypeError, ValueError
        As `copy`.
    """
    node = _node(source)
    if hasattr(node, "shape"):
        raise TypeError(f"source: expected a group, found {node!r}; `copy` takes arrays")
    work = _Copying(shallow, without_attrs, if_exists, dry_run, create_kwargs)
    return work.run(_members(node), dest, log, progress, attributes=node.attrs)


class _Copying:
    """What is the same for all nodes of a copy, and what has been counted."""

    def __init__(
        self,
        shallow: bool,
        without_attrs: bool,
        if_exists: str,
        dry_run: bool,
        arguments: dict[str, Any],
    ) -> None:
        if if_exists not in _IF_EXISTS:
            raise ValueError(f"if_exists: expected one of {_IF_EXISTS}, found {if_exists!r}")
        self.shallow, self.without_attrs = shallow, without_attrs
        self.if_exists, self.dry_run, self.arguments = if_exists, dry_run, arguments
        self.copied = self.skipped = self.nbytes = 0

    def run(
        self,
        nodes: list[tuple[str, Any]],
        dest: Any,
        log: Any,
        progress: Progress,
        attributes: Mapping[str, Any] | None = None,
        root: bool = False,
    ) -> tuple[int, int, int]:
        """Copy nodes, and the attributes of the group above them, into a group; the counts."""
        group = _destination(dest, self.dry_run)
        total = sum(_nbytes(node, self.shallow) for _, node in nodes) if progress else 0
        with logged(log) as self.log, measured(progress, total, "copying") as self.meter:
            for name, node in nodes:
                self.node(node, group, name, root)
            if group is not None and not self.dry_run:
                if attributes and not self.without_attrs:
                    group.attrs.update(plain_attributes(attributes))
                if group is not dest:
                    group.store.flush()
            self.log(summary(self.dry_run, self.copied, self.skipped, self.nbytes))
        return self.copied, self.skipped, self.nbytes

    def node(self, source: Any, dest: Group | None, name: str, root: bool = False) -> None:
        """Copy a node; without a group `dest`, which a dry run does not create, tell of it."""
        if hasattr(source, "shape"):
            self._array(source, dest, name)
        elif root or not self.shallow:
            self._group(source, dest, name)

    def _array(self, source: Any, dest: Group | None, name: str) -> None:
        found = None if dest is None else dest.get(name)
        described = f"{source.name} {source.shape} {source.dtype}"
        if found is not None and not self._replaces(found, name):
            self._skip(described)
            return
        self.log(f"copy {described}")
        self.copied += 1
        if self.dry_run or dest is None:
            return
        place = _apart(source, dest, name)
        if found is not None:
            del dest[name]
        version = dest.metadata.zarr_format
        copy_array(source, place, version, self.arguments, not self.without_attrs, self.meter)
        self.nbytes += source.size * source.dtype.itemsize

    def _group(self, source: Any, dest: Group | None, name: str) -> None:
        found = None if dest is None else dest.get(name)
        if isinstance(found, Array) and not self._replaces(found, name):
            self._skip(source.name)
            return
        self.log(f"copy {source.name}")
        if not self.dry_run and dest is not None:
            _apart(source, dest, name)
            attributes = {} if self.without_attrs else plain_attributes(source.attrs)
            if isinstance(found, Array):
                del dest[name]
            if isinstance(found, Group):
                found.attrs.update(attributes)
            else:
                found = dest.create_group(name, attributes=attributes)
        below = found if isinstance(found, Group) else None
        for key, member in _members(source):
            self.node(member, below, key)
        self.copied += 1

    def _replaces(self, found: Array | Group, name: str) -> bool:
        """Whether a node in the way is to be replaced."""
        if self.if_exists == "skip_initialized" and isinstance(found, Array):
            return found.nchunks_initialized < found.nchunks
        if self.if_exists in ("replace", "skip"):
            return self.if_exists == "replace"
        kind = "an array" if isinstance(found, Array) else "a group"
        above = found.store_path.parent
        raise CopyError(f"if_exists {self.if_exists!r}: there is {kind} {name!r} in {above}")

    def _skip(self, described: str) -> None:
        self.log(f"skip {described}")
        self.skipped += 1


def _destination(dest: Any, dry_run: bool) -> Group | None:
    if isinstance(dest, Group):
        return dest
    if isinstance(dest, Array):
        raise TypeError(f"dest: expected a group, found {dest!r}")
    if not dry_run:
        return opening.open_group(dest, mode="a")
    try:
        return opening.open_group(dest, mode="r")
    except GroupNotFoundError:
        return None


def _node(source: Any) -> Any:
    return source if hasattr(source, "attrs") else opening.open(source, mode="r")


def _members(group: Any) -> list[tuple[str, Any]]:
    """The members of a group of whatever package, by name."""
    if isinstance(group, Group):
        found = dict(group.items())
    else:
        found = {name: group[name] for name in group.keys()}  # noqa: SIM118 zarr-python's too
    return sorted(found.items())


def _nbytes(source: Any, shallow: bool) -> int:
    if hasattr(source, "shape"):
        return int(source.size * source.dtype.itemsize)
    members = (member for _, member in _members(source))
    return sum(_nbytes(m, shallow) for m in members if hasattr(m, "shape") or not shallow)


def _apart(source: Any, dest: Group, name: str) -> StorePath:
    """The place of a copy, which must not be that of its source, nor above or below it."""
    place = dest._place_of(name)
    if isinstance(source, Array | Group):
        origin = source.store_path
        same = origin.store._identity() == place.store._identity()
        paths = [f"{where.path}/" if where.path else "" for where in (origin, place)]
        if same and (paths[0].startswith(paths[1]) or paths[1].startswith(paths[0])):
            raise ValueError(f"name: expected a place outside of {origin}, found {place}")
    return place


# ---- what is told


@contextmanager
def logged(log: Any) -> Iterator[Callable[[str], object]]:
    """A function that tells what is done to a function, a file, or one at a path.

    Raises
    ------
    TypeError
        If `log` is nothing of these.
    """
    if log is None:
        yield lambda _: None
    elif callable(log):
        yield log
    elif isinstance(log, str | os.PathLike):
        with open(log, "w", encoding="utf-8") as file:
            yield _writer(file)
    elif hasattr(log, "write"):
        yield _writer(log)
    else:
        raise TypeError(f"log: expected a function, a path or a file, found {log!r}")


def _writer(file: TextIO) -> Callable[[str], object]:
    def tell(line: str) -> None:
        file.write(f"{line}\n")
        if hasattr(file, "flush"):
            file.flush()  # so that progress is seen

    return tell


def summary(dry_run: bool, copied: int, skipped: int, nbytes: int) -> str:
    """What is told at the end."""
    if dry_run:
        return f"dry run: {copied:,} copied, {skipped:,} skipped"
    return f"all done: {copied:,} copied, {skipped:,} skipped, {nbytes:,} bytes copied"
