"""A store over object stores by obstore, whose requests run in Rust without the GIL."""

from __future__ import annotations

import os
import time
from contextlib import nullcontext
from typing import TYPE_CHECKING, Any
from warnings import warn

from zarr_c._native.threads import call_concurrency
from zarr_c.storage.file_lock import locked_file
from zarr_c.storage.remote import RemoteStore

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from contextlib import AbstractContextManager

    from typing_extensions import Buffer

    from zarr_c.storage.primitives import ListingFailed

__all__ = ["ObjectStore"]

MULTIPART = 32 << 20  # values larger than this are uploaded in parts, several at once
PART = 8 << 20
LEASE = ".zc-lock"  # behind the key of the document that is locked
PAGE = 1000  # keys of a listing in a request, the most that S3 gives

_process: int | None = None  # the one that made a request: obstore's threads live there


class ObjectStore(RemoteStore):
    """A store over S3, Google Cloud Storage, Azure, HTTP or a directory, by obstore.

    Objects are replaced as a whole, a new node is created conditionally (``If-None-Match``),
    and values above 32 MiB are uploaded in parts. obstore's threads do not survive a fork: in
    a process that was forked after a request every verb raises RuntimeError; start it by
    ``spawn`` or ``forkserver``, where a pickled store works.

    Parameters
    ----------
    url : str or obstore store
        ``"s3://bucket/prefix"``, ``"gs://..."``, ``"az://..."``, ``"https://..."``,
        ``"file:///..."``, or a store of `obstore.store`.
    normalize_keys : bool, default True
        Whether leading slashes are stripped from keys and doubled ones collapsed.
    store : obstore store, optional
        The same as an instance for `url`.
    read_only : bool, default False
        Whether writing is refused; over HTTP it always is.
    concurrency : int, optional
        Most requests under way at once, those of all calls together; by default
        ``config["async.concurrency"]`` when the store is made.
    timeout : float, optional
        Seconds that one request may take; obstore's default is 30.
    max_retries : int, optional
        How often a request is tried again after an error of the server or the network;
        obstore's default is 10, within 3 minutes.
    client_options, retry_config : mapping, optional
        obstore's own, for what `timeout` and `max_retries` do not say.
    credential_provider : callable, optional
        obstore's own.
    **config
        Credentials and settings as obstore names them, such as ``access_key_id``,
        ``secret_access_key``, ``endpoint``, ``region`` and ``skip_signature``; what is not
        given is taken from the environment (``AWS_ACCESS_KEY_ID``, ...). An endpoint of
        ``http://`` is taken at its word.

    Raises
    ------
    ImportError
        If obstore is absent.
    TypeError
        If `url` is neither a string nor a store of obstore.
    ValueError
        If the URL is of no such service, a setting is unknown, or settings are given with a
        store of obstore.
    """

    def __init__(
        self,
        url: Any = None,
        normalize_keys: bool = True,
        *,
        store: Any = None,
        read_only: bool = False,
        concurrency: int | None = None,
        timeout: float | None = None,
        max_retries: int | None = None,
        client_options: Mapping[str, Any] | None = None,
        retry_config: Mapping[str, Any] | None = None,
        credential_provider: Any = None,
        **config: Any,
    ) -> None:
        import threading

        self._obstore = _import_obstore()
        if concurrency is not None and concurrency < 1:
            raise ValueError(f"concurrency: expected at least 1, found {concurrency!r}")
        self._most = call_concurrency(-1, 1, 0) if concurrency is None else concurrency
        self._slots = threading.BoundedSemaphore(self._most)
        client = {**(client_options or {})}
        if timeout is not None:
            client["timeout"] = f"{round(timeout * 1000)}ms"
        retry = {**(retry_config or {})}
        if max_retries is not None:
            retry["max_retries"] = max_retries
        self._place = place = url if store is None else store
        if isinstance(place, str):
            self._place = _from_url(place, client, retry, credential_provider, config)
        elif not type(place).__module__.startswith("obstore"):
            raise TypeError(f"url: expected a URL or a store of obstore, found {place!r}")
        elif client or retry or credential_provider or config:
            raise ValueError(
                "config: expected no settings with a store of obstore, found "
                f"{[*client, *retry, *config]}"
            )
        self._kind = type(self._place).__name__
        self._is_http = self._kind == "HTTPStore"
        self._has_parts = not self._is_http  # a web server may ignore ranges
        self.supports_writes = self.supports_deletes = not self._is_http
        self.supports_listing = not self._is_http
        super().__init__(normalize_keys=normalize_keys, read_only=read_only or self._is_http)

    @property
    def store(self) -> Any:
        """The store of obstore."""
        return self._place

    def _concurrency(self) -> int:
        return self._most

    def _ask(self, verb: str, key: str, *args: Any, **kwargs: Any) -> Any:
        """Make a request when there is a slot for it; None where there is no such object."""
        global _process
        if _process != os.getpid():
            if _process is not None:
                raise RuntimeError(
                    f"{self}: this process was forked after a request, and obstore's threads "
                    "do not survive that; start it by 'spawn' or 'forkserver'"
                )
            _process = os.getpid()
        function: Callable[..., Any] = getattr(self._obstore, verb)
        try:
            with self._slots:
                found = function(self._place, *args, **kwargs)
                if verb != "get":
                    return found
                meta = found.meta
                return found.bytes(), meta["size"], meta["e_tag"], _version(meta)
        except Exception as error:
            if _is_absent(error):
                return None
            self._fail(verb, key, error)

    # ---- objects

    def _get_buffer(self, key: str) -> Buffer | None:
        found = self._ask("get", key, key)
        return None if found is None else found[0]

    def _get(self, key: str) -> bytes | None:
        found = self._ask("get", key, key)
        return None if found is None else found[0].to_bytes()

    def _get_part(
        self, key: str, start: int, length: int
    ) -> tuple[Buffer, int | None, str | None] | None:
        if start < 0 and self._kind == "AzureStore":  # knows no suffix
            size = self._size(key)
            if size is None:
                return None
            start = max(size + start, 0)
        wanted: Any = {"suffix": -start} if start < 0 else (start, start + length)
        found = self._ask_range(key, start, wanted)
        return None if found is None else found[:3]

    def _get_range(self, key: str, start: int, length: int | None) -> bytes | None:
        if length == 0:
            return None if self._size(key) is None else b""
        if start < 0 and self._kind == "AzureStore":  # knows no suffix
            start = max((self._size(key) or 0) + start, 0)
        wanted: Any = {"suffix": -start} if start < 0 else {"offset": start}
        if length is not None:
            wanted = (start, start + length)
        found = self._ask_range(key, start, wanted)
        return None if found is None else bytes(found[0])

    def _ask_range(self, key: str, start: int, wanted: Any) -> Any:
        try:
            return self._ask("get", key, key, options={"range": wanted})
        except OSError:
            size = self._size(key)  # a range that begins at the end is an error of the server
            if size is None or (start < size and size > 0):
                raise
            return b"", size, None

    def _set(self, key: str, value: bytes) -> None:
        self._ask(
            "put",
            key,
            key,
            value,
            use_multipart=len(value) > MULTIPART,
            chunk_size=PART,
            max_concurrency=min(self._most, 12),
        )

    def _set_if_absent(self, key: str, value: bytes) -> bool:
        from obstore.exceptions import AlreadyExistsError

        try:
            self._ask("put", key, key, value, mode="create", use_multipart=False)
        except OSError as error:
            if not isinstance(error.__cause__, AlreadyExistsError):
                raise
            return False
        return True

    # ---- several writers

    def _lock(self, key: str) -> AbstractContextManager[Any]:
        if self._kind == "LocalStore":
            return locked_file(f"{self._place.prefix}/{key}")
        if not self._compares() or self._kind == "MemoryStore":
            return nullcontext()
        from zarr_c.storage.lease import Lease

        return Lease(self, key + LEASE)

    def _compares(self) -> bool:
        # a directory knows no such request, and is locked
        return self._kind != "LocalStore" and self.supports_writes

    def _get_version(self, key: str) -> tuple[bytes | None, Any]:
        found = self._ask("get", key, key)
        return (None, None) if found is None else (found[0].to_bytes(), found[3])

    def _replace(self, key: str, value: bytes, version: Any) -> Any:
        from obstore.exceptions import AlreadyExistsError, PreconditionError

        mode = "create" if version is None else version
        try:
            if mode:
                stored = self._ask("put", key, key, value, mode=mode, use_multipart=False)
                return None if stored is None else _version(stored)
        except OSError as error:
            if isinstance(error.__cause__, AlreadyExistsError | PreconditionError):
                return None
            if not isinstance(error.__cause__, NotImplementedError):
                raise
        warn(
            f"{self} does not replace on condition: processes that change attributes or append "
            "at the same time may undo each other's changes",
            RuntimeWarning,
            stacklevel=2,
        )
        self._set(key, value)
        return {}

    def _discard(self, key: str) -> None:
        self._ask("delete", key, key)

    def _discard_many(self, keys: Sequence[str]) -> None:
        if self._kind == "LocalStore":  # stops at the first that is not there
            super()._discard_many(keys)
        elif keys:
            self._ask("delete", f"{keys[0]} and {len(keys) - 1} more", [*keys])

    def _size(self, key: str) -> int | None:
        found = self._ask("head", key, key)
        return None if found is None else found["size"]

    def _rename(self, source: str, target: str) -> None:
        self._ask("rename", source, source, target)

    # ---- directories

    def _list(self, prefix: str) -> Iterator[str]:
        head = f"{prefix}/" if prefix else ""
        pages = iter(self._ask("list", prefix, prefix or None, chunk_size=PAGE))
        while (page := self._page(prefix, pages)) is not None:
            yield from (item["path"] for item in page if item["path"].startswith(head))

    def _page(self, prefix: str, pages: Iterator[Any]) -> Any:
        with self._asking("list", prefix):
            try:
                return next(pages, None)
            except Exception as error:
                if not _is_absent(error):
                    raise
                return None

    def _list_dir(self, prefix: str) -> Iterator[str]:
        found = self._ask("list_with_delimiter", prefix, prefix or None)
        if found is None:
            return iter(())
        paths = [*found["common_prefixes"], *(item["path"] for item in found["objects"])]
        above = [path.rpartition("/") for path in paths]
        return iter({name: None for place, _, name in above if place == prefix})

    def _temporaries(
        self, prefix: str, failed: ListingFailed | None = None
    ) -> Iterator[tuple[str, float]]:
        """Leases of writers: one that is held is renewed all the time."""
        if not self._compares():
            return
        pages = iter(self._ask("list", prefix, prefix or None, chunk_size=PAGE))
        while (page := self._page(prefix, pages)) is not None:
            for item in page:
                if item["path"].endswith(LEASE):
                    yield item["path"], time.time() - item["last_modified"].timestamp()

    def _remove_temporary(self, name: str, older_than: float) -> bool:
        found = self._ask("head", name, name)
        if found is None or time.time() - found["last_modified"].timestamp() < older_than:
            return False
        self._discard(name)
        return True

    def _arguments(self) -> dict[str, Any]:
        return {
            "url": self._place,
            "normalize_keys": self._normalize,
            "read_only": self._read_only,
            "concurrency": self._most,
        }

    def __reduce__(self) -> tuple[Any, ...]:
        if self._kind == "MemoryStore":
            raise TypeError(f"{self}: objects in obstore's memory cannot be pickled")
        return super().__reduce__()

    def __str__(self) -> str:
        place = self._place
        scheme = {"S3Store": "s3", "GCSStore": "gs", "AzureStore": "az", "LocalStore": "file"}
        if self._is_http:
            return str(place.url).rstrip("/")
        if self._kind not in scheme:
            return f"{self._kind.lower()}://{id(place)}"
        root = "" if self._kind == "LocalStore" else _bucket(place)
        return f"{scheme[self._kind]}://{root}/{str(place.prefix or '').lstrip('/')}".rstrip(
            "/"
        )


def _version(meta: Mapping[str, Any]) -> dict[str, str]:
    """What tells an object from others under its key: an ETag, on Google Cloud a generation."""
    return {name: meta[name] for name in ("e_tag", "version") if meta.get(name) is not None}


def _import_obstore() -> Any:
    try:
        import obstore
    except ImportError as error:
        raise ImportError("ObjectStore needs obstore: pip install 'zarr_c[obstore]'") from error
    return obstore


def _from_url(
    url: str,
    client: dict[str, Any],
    retry: dict[str, Any],
    credential_provider: Any,
    config: Mapping[str, Any],
) -> Any:
    """The store of obstore that a URL and settings name."""
    from obstore.exceptions import BaseError
    from obstore.store import from_url

    names = ("endpoint", "endpoint_url", "aws_endpoint", "aws_endpoint_url", "azure_endpoint")
    endpoints = [config.get(name) or os.environ.get(name.upper()) for name in names]
    if any(str(endpoint or "").startswith("http://") for endpoint in (*endpoints, url)):
        client.setdefault("allow_http", True)
    given = {"client_options": client, "retry_config": retry}
    options: dict[str, Any] = {name: value for name, value in given.items() if value}
    if credential_provider is not None:
        options["credential_provider"] = credential_provider
    if url.startswith("file://"):
        options = {"mkdir": True}
    try:
        return from_url(url, **options, **config)
    except BaseError as error:
        said = str(error).partition("\n")[0]
        raise ValueError(f"url: cannot make an ObjectStore of {url!r}: {said}") from error


def _bucket(place: Any) -> str:
    config = place.config
    return str(config.get("bucket") or config.get("container_name") or "")


def _is_absent(error: Exception) -> bool:
    """A missing bucket is no missing object, though obstore raises the same for both."""
    if isinstance(error, FileNotFoundError):
        said = str(error)
        buckets = ("NoSuchBucket", "ContainerNotFound", "bucket does not exist")
        return not any(name in said for name in buckets)
    return "Not a directory (os error 20)" in str(error)  # of a path below a file
