"""A store over any filesystem that fsspec knows."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Self

from zarr_c.errors import UnsafeKeyError
from zarr_c.storage.filesystems import (
    ABSENT,
    FILE_OPTIONS,
    Filesystem,
    import_fsspec,
    open_filesystem,
)
from zarr_c.storage.keys import DOCUMENTS, expect_lasting
from zarr_c.storage.mapping import directory_names
from zarr_c.storage.ranges import Span, coalesce, share
from zarr_c.storage.remote import RemoteStore

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from zarr_c.storage.primitives import ListingFailed

__all__ = ["FsspecStore"]


class FsspecStore(RemoteStore):
    """A store over a filesystem of fsspec: S3, Google Cloud, Azure, HTTP, zip, references.

    Objects are asked for concurrently: an asynchronous filesystem gathers the requests of a
    batch, any other is called from threads. HTTP is read-only. Objects are replaced as a whole
    on object stores; on filesystems where a file can be seen while it is written, one of
    another name is written and moved.

    Parameters
    ----------
    url : str or fsspec filesystem
        ``"s3://bucket/prefix"``, a chained URL such as ``"zip::s3://bucket/a.zip"``, or an
        instance, synchronous or not, with `path`.
    normalize_keys : bool, default True
        Whether leading slashes are stripped from keys and doubled ones collapsed.
    key_separator : str, default "/"
        What stands between the segments of a key in the names of files. Another than "/" makes
        one flat directory, and may be no part of a key.
    read_only : bool, default False
        Whether writing is refused; over HTTP it always is.
    fs : fsspec filesystem, optional
        The same as an instance for `url`.
    path : str, optional
        Path in the filesystem, with an instance.
    allowed_exceptions : tuple of exception types
        Which errors of the filesystem mean that there is no such object.
    storage_options : mapping, optional
        More options, as other libraries pass them.
    **options
        Arguments of the filesystem, such as ``key``, ``secret``, ``endpoint_url`` and ``anon``.
        ``block_size``, ``cache_type``, ``cache_options`` and ``fill_cache`` go to its files
        where it does not take them itself.

    Raises
    ------
    ImportError
        If fsspec or the package that serves the protocol is absent.
    ValueError
        If the protocol is unknown, `key_separator` cannot be one, or arguments of a filesystem
        are given with an instance.
    TypeError
        If `url` is neither a string nor a filesystem.
    """

    def __init__(
        self,
        url: Any = None,
        normalize_keys: bool = True,
        key_separator: str = "/",
        *,
        read_only: bool = False,
        fs: Any = None,
        path: str | None = None,
        allowed_exceptions: tuple[type[Exception], ...] = ABSENT,
        storage_options: Mapping[str, Any] | None = None,
        **options: Any,
    ) -> None:
        options = {**(storage_options or {}), **options}
        fs = url if fs is None else fs
        if isinstance(fs, str):
            if path is not None:
                raise ValueError(f"path: expected none with a URL, found {path!r}")
            fs, path, options = open_filesystem(fs, options)
        elif not isinstance(fs, import_fsspec().AbstractFileSystem):
            raise TypeError(f"url: expected a URL or a filesystem of fsspec, found {fs!r}")
        elif options.keys() - set(FILE_OPTIONS):
            raise ValueError(f"options: expected none with an instance, found {[*options]}")
        else:
            path = str(fs._strip_protocol(path or ""))
        if not key_separator or any(key_separator in name for name in DOCUMENTS):
            names = ", ".join(sorted(DOCUMENTS))
            raise ValueError(
                f"key_separator: expected text that is in none of {names}, "
                f"found {key_separator!r}"
            )
        self._files = Filesystem(fs, tuple(allowed_exceptions), options)
        self._path, self._separator = path.rstrip("/"), key_separator
        self.supports_writes = self.supports_deletes = not self._files.is_http
        super().__init__(
            normalize_keys=normalize_keys, read_only=read_only or self._files.is_http
        )

    @classmethod
    def from_url(
        cls,
        url: str,
        storage_options: Mapping[str, Any] | None = None,
        read_only: bool = False,
        allowed_exceptions: tuple[type[Exception], ...] = ABSENT,
    ) -> Self:
        """The store of a URL; arguments are those of the constructor."""
        return cls(
            url,
            read_only=read_only,
            allowed_exceptions=allowed_exceptions,
            storage_options=storage_options,
        )

    @classmethod
    def from_mapper(
        cls,
        fs_map: Any,
        read_only: bool = False,
        allowed_exceptions: tuple[type[Exception], ...] = ABSENT,
    ) -> Self:
        """The store over the filesystem and root of an fsspec mapper (`fsspec.FSMap`)."""
        return cls(
            fs_map.fs,
            path=fs_map.root,
            read_only=read_only,
            allowed_exceptions=allowed_exceptions,
        )

    @classmethod
    def from_upath(
        cls,
        upath: Any,
        read_only: bool = False,
        allowed_exceptions: tuple[type[Exception], ...] = ABSENT,
    ) -> Self:
        """The store over the filesystem and path of a `universal_pathlib.UPath`."""
        return cls(
            upath.fs,
            path=upath.path,
            read_only=read_only,
            allowed_exceptions=allowed_exceptions,
        )

    @property
    def fs(self) -> Any:
        """The filesystem, of type `fsspec.AbstractFileSystem`."""
        return self._files.fs

    @property
    def path(self) -> str:
        """The path in the filesystem, without a slash at its end."""
        return self._path

    def with_read_only(self, read_only: bool = False) -> Self:
        """The same store, for reading only or for writing too; over HTTP always the first."""
        return super().with_read_only(read_only or self._files.is_http)

    def _concurrency(self) -> int:
        return self._files.concurrency

    def _at(self, key: str) -> str:
        """The path of a key."""
        if "?" in key and self._files.is_azure:
            raise UnsafeKeyError(f"key {key!r}: adlfs takes what follows '?' for a version")
        if self._separator != "/":
            if self._separator in key:
                raise ValueError(
                    f"key {key!r}: it contains the key_separator {self._separator!r}"
                )
            key = key.replace("/", self._separator)
        return f"{self._path}/{key}" if key and self._path else key or self._path

    # ---- objects

    def _get(self, key: str) -> bytes | None:
        with self._asking("get", key):
            return self._files.read(self._at(key))

    def _get_range(self, key: str, start: int, length: int | None) -> bytes | None:
        with self._asking("get", key):
            return self._files.read(self._at(key), start, length)

    def _get_many(self, keys: Sequence[str]) -> list[bytes | None]:
        if not self._files.gathers or len(keys) < 2:
            return super()._get_many(keys)
        with self._asking("get", f"{keys[0]} and {len(keys) - 1} more"):
            return self._files.read_many([(self._at(key), 0, None) for key in keys])

    def _get_ranges(
        self, key: str, spans: Sequence[Span], max_gap: int, max_size: int
    ) -> list[bytes] | None:
        parts = coalesce(spans, max_gap, max_size)
        if not self._files.gathers or self._files.is_http or len(parts) < 2:
            return super()._get_ranges(key, spans, max_gap, max_size)
        path = self._at(key)
        with self._asking("get", key):
            found = self._files.read_many([(path, start, n) for start, n, _ in parts])
        return share(spans, parts, found)

    def _set(self, key: str, value: bytes) -> None:
        expect_lasting(key)
        with self._asking("set", key):
            self._files.write(self._at(key), value)

    def _set_many(self, items: Sequence[tuple[str, bytes]]) -> None:
        if not self._files.gathers or len(items) < 2:
            super()._set_many(items)
            return
        for key, _ in items:
            expect_lasting(key)
        with self._asking("set", f"{items[0][0]} and {len(items) - 1} more"):
            self._files.write_many({self._at(key): value for key, value in items})

    def _set_if_absent(self, key: str, value: bytes) -> bool:
        expect_lasting(key)
        with self._asking("set", key):
            created = self._files.create(self._at(key), value)
        return super()._set_if_absent(key, value) if created is None else created

    def _discard(self, key: str) -> None:
        with self._asking("delete", key):
            self._files.remove(self._at(key))

    def _discard_many(self, keys: Sequence[str]) -> None:
        with self._asking("delete", f"{len(keys)} keys"):
            done = self._files.remove_many([self._at(key) for key in keys])
        if not done:
            super()._discard_many(keys)

    def _size(self, key: str) -> int | None:
        with self._asking("find", key):
            return self._files.size(self._at(key))

    def _rename(self, source: str, target: str) -> None:
        expect_lasting(target)
        with self._asking("rename", source):
            place = self._at(target)
            if self._files.in_place:
                self.fs.makedirs(place.rpartition("/")[0], exist_ok=True)
            self._files.move(self._at(source), place)

    # ---- directories

    def _list(self, prefix: str) -> Iterator[str]:
        flat, head = self._separator != "/", f"{prefix}/" if prefix else ""
        start = len(self._path) + 1 if self._path else 0
        with self._asking("list", prefix):
            found = self._files.find(self._path if flat else self._at(prefix))
        keys = (path[start:].replace(self._separator, "/") for path in found)
        return (key for key in keys if key.startswith(head))

    def _list_dir(self, prefix: str) -> Iterator[str]:
        if self._separator != "/":
            return directory_names(self._list(prefix), prefix)
        with self._asking("list", prefix):
            return iter(self._files.names(self._at(prefix)))

    def _temporaries(
        self, prefix: str, failed: ListingFailed | None = None
    ) -> Iterator[tuple[str, float]]:
        start = len(self._path) + 1 if self._path else 0
        with self._asking("list", prefix):
            found = [*self._files.temporaries(self._at(prefix))]
        return ((path[start:], age) for path, age in found)

    def _remove_temporary(self, name: str, older_than: float) -> bool:
        with self._asking("delete", name):
            age = self._files.age(self._at(name))
            if age is None or age < older_than:
                return False
            self._files.remove(self._at(name))
            return True

    def _arguments(self) -> dict[str, Any]:
        return {
            "url": self._files.fs,
            "path": self._path,
            "normalize_keys": self._normalize,
            "key_separator": self._separator,
            "read_only": self._read_only,
            "allowed_exceptions": self._files.absent,
            **self._files.file_options,
        }

    def __str__(self) -> str:
        return str(self.fs.unstrip_protocol(self._path))
