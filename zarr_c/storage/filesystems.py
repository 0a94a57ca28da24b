"""One face for all filesystems of fsspec: asynchronous or not, with whole objects or files."""

from __future__ import annotations

import ctypes
import inspect
import os
import time
from datetime import UTC
from typing import TYPE_CHECKING, Any
from weakref import WeakSet, finalize

from zarr_c._native.threads import call_concurrency
from zarr_c.storage.keys import TEMPORARY_PREFIX, is_temporary

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

__all__ = ["ABSENT", "FILE_OPTIONS", "Filesystem", "import_fsspec", "open_filesystem"]

ABSENT = (FileNotFoundError, IsADirectoryError, NotADirectoryError)
# Arguments of `fs.open`, which some filesystems take as defaults in their constructor.
FILE_OPTIONS = ("block_size", "cache_type", "cache_options", "fill_cache")
# Where a file can be seen while it is written: it is written under another name and moved.
_IN_PLACE = {"file", "local", "ftp", "sftp", "ssh", "smb", "hdfs", "arrow_hdfs", "webhdfs"}
_HERE = {"file", "local", "memory"}  # where requests at once gain nothing
_BULK = 1000  # objects that one request of S3 can delete


def import_fsspec() -> Any:
    """The module, or an error that says what to install."""
    try:
        import fsspec
    except ImportError as error:
        raise ImportError("FsspecStore needs fsspec: pip install 'zarr_c[fsspec]'") from error
    return fsspec


def open_filesystem(url: str, options: Mapping[str, Any]) -> tuple[Any, str, dict[str, Any]]:
    """The filesystem of a URL, the path in it, and the options of its files.

    Parameters
    ----------
    url : str
        Of any protocol of fsspec, chained ones (``zip::s3://...``) included.
    options : mapping
        Arguments of the filesystem; those that are meant for files (`FILE_OPTIONS`) go where
        the filesystem takes them.

    Raises
    ------
    ImportError
        If the package that serves the protocol is absent.
    ValueError
        If the protocol is unknown.
    """
    fsspec = import_fsspec()
    protocol = url.partition("::")[0] if "::" in url else fsspec.utils.get_protocol(url)
    arguments, file_options = _split(fsspec.get_filesystem_class(protocol), options)
    fs, path = fsspec.core.url_to_fs(url, **arguments)
    return fs, str(path), file_options


def _split(kind: type, options: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """Options as (those of the filesystem's constructor, those of its files)."""
    taken: set[str] = set()
    for base in kind.__mro__:
        if "__init__" in vars(base):
            taken.update(inspect.signature(vars(base)["__init__"]).parameters)
    arguments: dict[str, Any] = {}
    file_options: dict[str, Any] = {}
    for name, value in options.items():
        if name not in FILE_OPTIONS or name in taken:
            arguments[name] = value
        elif f"default_{name}" in taken:
            arguments[f"default_{name}"] = value
        else:
            file_options[name] = value
    return arguments, file_options


class Filesystem:
    """A filesystem as a store uses it; an absent file is None, other errors come through.

    Parameters
    ----------
    fs : fsspec.AbstractFileSystem
        Synchronous or not.
    absent : tuple of exception types
        Which errors mean that there is no such file.
    file_options : dict
        Options for the files that are opened.
    """

    def __init__(
        self, fs: Any, absent: tuple[type[Exception], ...], file_options: dict[str, Any]
    ) -> None:
        if getattr(fs, "asynchronous", False):  # made for use within somebody's event loop
            fs = _remade(fs, asynchronous=False)
        self._fs, self._pid = fs, os.getpid()
        _filesystems.add(self)
        self.absent, self.file_options = absent, file_options
        self.protocols = {fs.protocol} if isinstance(fs.protocol, str) else {*fs.protocol}
        self.is_http = bool(self.protocols & {"http", "https"})
        self.is_azure = bool(self.protocols & {"abfs", "az", "abfss"})
        self.is_local = bool(self.protocols & {"file", "local"})
        self.in_place = bool(self.protocols & _IN_PLACE)
        self.concurrency = 0 if self.protocols & _HERE else -1
        self.gathers = _is_asynchronous(fs)
        # without it s3fs asks for the size first, in a request of its own
        taken = _parameters(fs._cat_file) if self.gathers else ()
        self.one_request = {"max_concurrency": 1} if "max_concurrency" in taken else {}
        write = fs._pipe_file if self.gathers else fs.pipe_file
        taken = () if self.in_place else _parameters(write)
        ways = {"mode": "create", "overwrite": False}  # of saying that there must be none yet
        self.exclusive = next(({name: ways[name]} for name in ways if name in taken), None)

    @property
    def fs(self) -> Any:
        """The filesystem; a forked child has one of its own."""
        if self._pid != os.getpid():
            self._fs, self._pid = _remade(self._fs), os.getpid()
        return self._fs

    def is_absent(self, error: BaseException) -> bool:
        """A missing bucket is no missing file, though filesystems raise the same for both."""
        return isinstance(error, self.absent) and not _is_bucket(error.__cause__)

    def _unless_absent(self, function: Any, path: str, otherwise: Any, **options: Any) -> Any:
        """Call a function of the filesystem for a path; `otherwise` if nothing is there."""
        try:
            return function(path, **options)
        except Exception as error:
            if not self.is_absent(error):
                raise
            return otherwise

    def _run(self, coroutine: Any, *args: Any, **options: Any) -> Any:
        """Run a coroutine of the filesystem on its loop."""
        from fsspec.asyn import sync

        return sync(self.fs.loop, coroutine, *args, **options)

    # ---- reading

    def read(self, path: str, start: int = 0, length: int | None = None) -> bytes | None:
        """A file, or part of it: without a length to its end, below 0 counted from there."""
        if length == 0:
            return None if self.size(path) is None else b""
        try:
            return self._read(path, start, length)
        except Exception as error:
            if self.is_absent(error):
                return None
            if (start or length is not None) and self._ends_before(path, start):
                return b""
            raise

    def _read(self, path: str, start: int, length: int | None) -> bytes:
        if start == 0 and length is None:
            return _bytes(self.fs.cat_file(path, **self.one_request))
        if self.is_http:
            from zarr_c.storage.http import fetch_range

            data: bytes = self._run(fetch_range, self.fs, path, start, length)
            return data
        if start < 0 and self.is_azure:  # which cannot count a range from the end
            start = max((self.size(path) or 0) + start, 0)
        end = None if length is None else start + length
        options = {} if self.gathers else self.file_options
        return _bytes(self.fs.cat_file(path, start=start, end=end, **options))

    def _ends_before(self, path: str, start: int) -> bool:
        size = self.size(path)
        return size is not None and (start >= size or size == 0)

    def read_many(self, parts: Sequence[tuple[str, int, int | None]]) -> list[bytes | None]:
        """Several parts (path, start, length), gathered by an asynchronous filesystem."""
        paths = [path for path, _, _ in parts]
        starts = [start or None for _, start, _ in parts]
        ends = [None if n is None else start + n for _, start, n in parts]
        found = self._gather(
            self.fs._cat_ranges, paths, starts, ends, on_error="return", **self.one_request
        )
        return [self._found(value, part) for value, part in zip(found, parts, strict=True)]

    def _found(self, value: Any, part: tuple[str, int, int | None]) -> bytes | None:
        if not isinstance(value, BaseException):
            return _bytes(value)
        if self.is_absent(value):
            return None
        _, start, length = part
        if isinstance(value, Exception) and (start or length is not None):
            return self.read(*part)  # a range may lie past the end
        raise value

    def _gather(self, coroutine: Any, *args: Any, **kwargs: Any) -> Any:
        """Run a batch, so many requests at once."""
        most = call_concurrency(self.concurrency, 1, 0)
        return self._run(coroutine, *args, batch_size=most, **kwargs)

    def size(self, path: str) -> int | None:
        """Size of a file in bytes."""
        info = self._unless_absent(self.fs.info, path, None)
        return None if info is None or info["type"] != "file" else int(info["size"])

    # ---- writing

    def write(self, path: str, value: bytes) -> None:
        """Replace a file as a whole or not at all."""
        if self.in_place:
            self._write_aside(path, value)
        else:
            self.fs.pipe_file(path, value)

    def write_many(self, files: Mapping[str, bytes]) -> None:
        """Several files, gathered by an asynchronous filesystem."""
        self._gather(self.fs._pipe, dict(files))

    def _write_aside(self, path: str, value: bytes) -> None:
        directory = path.rpartition("/")[0]
        temporary = f"{directory}/{TEMPORARY_PREFIX}{os.urandom(8).hex()}"
        try:
            try:
                self.fs.pipe_file(temporary, value)
            except FileNotFoundError:
                self.fs.makedirs(directory, exist_ok=True)
                self.fs.pipe_file(temporary, value)
            self.move(temporary, path)
        except BaseException:
            if self.fs.exists(temporary):
                self.fs.rm_file(temporary)
            raise

    def create(self, path: str, value: bytes) -> bool | None:
        """Write a file unless there is one; None where the filesystem has no way to do that."""
        if self.exclusive is None:
            return None
        try:
            self.fs.pipe_file(path, value, **self.exclusive)
        except Exception as error:
            if isinstance(error, FileExistsError) or self.size(path) is not None:
                return False
            raise
        return True

    def move(self, source: str, target: str) -> None:
        """Give a file another name."""
        if self.is_local:
            os.replace(source, target)  # in one step, which fsspec does not promise
        elif self.in_place:
            self.fs.mv(source, target)
        else:
            self.fs.cp_file(source, target)
            self.fs.rm_file(source)

    def remove(self, path: str) -> None:
        """Remove a file if there is one."""
        self._unless_absent(self.fs.rm_file, path, None)

    def remove_many(self, paths: Sequence[str]) -> bool:
        """Several files in one request; False where the filesystem has no way to do that."""
        bulk = getattr(self.fs, "_bulk_delete", None)
        if bulk is None:
            return False
        for i in range(0, len(paths), _BULK):
            self._run(bulk, [*paths[i : i + _BULK]])
        return True

    # ---- listing, always anew: others may have written since the last time

    def find(self, directory: str) -> list[str]:
        """All files below a directory."""
        self.fs.invalidate_cache()
        found = self._unless_absent(self.fs.find, directory, [])
        head = f"{directory}/" if directory else ""
        return [
            path
            for path in found
            if path.startswith(head) and path[-1] != "/" and not is_temporary(path[len(head) :])
        ]

    def temporaries(self, directory: str) -> Iterator[tuple[str, float]]:
        """What was being written aside below a directory, with ages in seconds."""
        if self.in_place:
            self.fs.invalidate_cache()
            for path in self._unless_absent(self.fs.find, directory, []):
                if path.rpartition("/")[2].startswith(TEMPORARY_PREFIX):
                    age = self.age(path)
                    if age is not None:
                        yield path, age

    def age(self, path: str) -> float | None:
        """Seconds since the last write to a file; None if it is gone, or nothing tells."""
        try:
            written = self._unless_absent(self.fs.modified, path, None)
        except NotImplementedError:
            written = None
        if written is None:
            return None
        if written.tzinfo is None:  # in UTC, as fsspec gives it
            written = written.replace(tzinfo=UTC)
        return time.time() - float(written.timestamp())

    def names(self, directory: str) -> list[str]:
        """The names of what lies directly in a directory."""
        self.fs.invalidate_cache()
        found = self._unless_absent(self.fs.ls, directory, [], detail=False)
        inside = directory.strip("/")
        parts = (path.strip("/").rpartition("/") for path in found)
        names = [name for above, _, name in parts if above == inside]
        return [*dict.fromkeys(n for n in names if n and not n.startswith(TEMPORARY_PREFIX))]


def _parameters(function: Any) -> tuple[str, ...]:
    return tuple(inspect.signature(function).parameters)


def _is_asynchronous(fs: Any) -> bool:
    """Whether batches can be gathered, also by what the filesystem is wrapped around."""
    from fsspec.asyn import AsyncFileSystem

    return isinstance(fs, AsyncFileSystem) and bool(getattr(fs, "fs", fs).async_impl)


def _is_bucket(cause: Any) -> bool:
    """Whether a client's error is about the bucket, which Azure calls a container."""
    response = getattr(cause, "response", None)  # a dictionary with botocore alone
    error = response.get("Error", {}) if isinstance(response, dict) else {}
    names = (error.get("Code"), getattr(cause, "error_code", None))
    return "NoSuchBucket" in names or "ContainerNotFound" in names


def _remade(fs: Any, **options: Any) -> Any:
    """An equal filesystem, made anew: one that lives in this process."""
    return type(fs)(*fs.storage_args, **{**fs.storage_options, **options})


def _bytes(value: Any) -> bytes:
    return value if isinstance(value, bytes) else bytes(value)


_filesystems: WeakSet[Filesystem] = WeakSet()


def _leave_connections() -> None:
    """Never close, in a forked child, what its parent has open.

    The child would close connections by an epoll that both processes share, when it drops the
    filesystem or ends, and the parent would wait for answers that it lost.
    """
    inherited: dict[int, Any] = {}
    for files in list(_filesystems):
        fs = files._fs
        while fs is not None and id(fs) not in inherited:
            inherited[id(fs)] = fs
            fs = getattr(fs, "fs", None)  # what it is wrapped around
    for closing in list(finalize._registry):  # type: ignore[attr-defined]
        found = closing.peek()
        if found and id(found[0]) in inherited:
            closing.detach()
    for fs in inherited.values():
        ctypes.pythonapi.Py_IncRef(ctypes.py_object(fs))


os.register_at_fork(after_in_child=_leave_connections)
