"""A store that tells a logger what it is asked, and counts it."""

from __future__ import annotations

import logging
import os
from collections import Counter
from threading import Lock
from time import perf_counter
from typing import TYPE_CHECKING, Any, TypeVar

from zarr_c.storage.wrapper import WrapperStore

if TYPE_CHECKING:
    from collections.abc import Callable, MutableMapping

    from zarr_c.storage.base import Store
    from zarr_c.storage.ranges import ByteRequest

__all__ = ["LoggingStore"]

R = TypeVar("R")

_Keys = list[str]  # within the class, `list` is a method

_lock = Lock()  # of all counts
os.register_at_fork(after_in_child=_lock._at_fork_reinit)  # type: ignore[attr-defined]


class LoggingStore(WrapperStore):
    """A store that logs and counts each operation of another one.

    A record says the verb, the key, the range, the bytes, the time and the result; the same
    are its attributes ``verb``, ``key``, ``nbytes``, ``seconds`` and ``result``. What a batch
    or an array asks for are operations of their own.

    While the logger is not enabled for the level, nothing is logged or counted and a verb costs
    one look at it. An array takes its way to the chunks when it is opened: if the level is off
    then, the natively fast one, and stays with it.

    Parameters
    ----------
    store : Store or MutableMapping
        The inner store.
    log : logging.Logger, optional
        Where to; by default ``zarr_c.storage.`` and the name of the inner store's class. A
        level is taken for `log_level`, as zarr-python has it there.
    log_level : int or str, default logging.INFO
        Level of the records, as a number or a name.
    log_handler : logging.Handler, optional
        Added to the logger, whose level is then set to `log_level`.

    Raises
    ------
    TypeError
        If `log` is no logger, or `store` no store.
    ValueError
        If there is no level of that name.

    Attributes
    ----------
    counter : collections.Counter
        How often each verb was asked.
    """

    def __init__(
        self,
        store: Store | MutableMapping[str, Any],
        log: logging.Logger | int | str | None = None,
        log_level: int | str | logging.Handler = logging.INFO,
        log_handler: logging.Handler | None = None,
    ) -> None:
        super().__init__(store)
        if isinstance(log, int | str):  # (store, log_level, log_handler)
            if isinstance(log_level, logging.Handler):
                log_handler = log_level
            level: Any = log
            log, log_level = None, level
        if log is None:
            log = logging.getLogger(f"zarr_c.storage.{type(self._store).__name__}")
        if not isinstance(log, logging.Logger):
            raise TypeError(f"log: expected a logging.Logger, found {log!r}")
        self._log: logging.Logger = log
        self._level = _as_level(log_level)
        if log_handler is not None:
            log.addHandler(log_handler)
            log.setLevel(self._level)
        self._counts = Counts()

    @property
    def log(self) -> logging.Logger:
        """The logger."""
        return self._log

    @property
    def log_level(self) -> int:
        """Level of the records."""
        return self._level

    @property
    def counter(self) -> Counter[str]:
        """How often each verb was asked."""
        return self._counts.verbs

    def stats(self) -> dict[str, Any]:
        """What was counted.

        Returns
        -------
        dict
            ``verbs``, how often each was asked; ``bytes_read``, ``bytes_written``; ``errors``;
            ``seconds`` of all operations together, also of those that ran at once.
        """
        return self._counts.as_dict()

    def reset(self) -> None:
        """Begin to count anew."""
        self._counts.clear()

    @property
    def _listens(self) -> bool:
        return self._log.isEnabledFor(self._level)

    def _plain(self) -> type[WrapperStore]:
        return WrapperStore if self._listens else LoggingStore

    def _do(self, verb: str, key: str, function: Callable[[], R], **told: Any) -> R:
        """Carry out an operation, and tell of it if somebody listens."""
        if not self._listens:
            return function()
        start = perf_counter()
        try:
            value = function()
        except BaseException as error:
            self._tell(verb, key, perf_counter() - start, type(error).__name__, told, True)
            raise
        self._tell(verb, key, perf_counter() - start, _result(verb, value), told)
        return value

    def _tell(
        self,
        verb: str,
        key: str,
        seconds: float,
        result: str | int,
        told: dict[str, Any],
        failed: bool = False,
    ) -> None:
        nbytes = told.get("nbytes", result if isinstance(result, int) else 0)
        self._counts.add(verb, nbytes, seconds, failed)
        details = "".join(f" {name}={value}" for name, value in told.items())
        said = f"{result} bytes" if isinstance(result, int) else result
        self._log.log(
            self._level,
            "%s %r%s: %s in %.3f ms",
            verb,
            key,
            details,
            said,
            seconds * 1e3,
            extra={
                "verb": verb,
                "key": key,
                "nbytes": nbytes,
                "seconds": seconds,
                "result": result,
                "store": str(self._store),
            },
        )

    # ---- the verbs

    def get(
        self, key: str, default: Any = None, *, byte_range: ByteRequest | None = None
    ) -> Any:
        """The object under a key as bytes, or `default`."""
        told = {} if byte_range is None else {"byte_range": byte_range}
        value = self._do(
            "get", key, lambda: self._store.get(key, byte_range=byte_range), **told
        )
        return default if value is None else value

    def set(self, key: str, value: bytes) -> None:
        """Store an object."""
        self._do("set", key, lambda: self._store.set(key, value), nbytes=_length(value))

    def set_if_not_exists(self, key: str, value: bytes) -> bool:
        """Store an object unless there is one."""
        ask = super().set_if_not_exists
        return self._do(
            "set_if_not_exists", key, lambda: ask(key, value), nbytes=_length(value)
        )

    def delete(self, key: str) -> None:
        """Remove an object if there is one."""
        self._do("delete", key, lambda: self._store.delete(key))

    def exists(self, key: str) -> bool:
        """Whether there is an object under a key."""
        return self._do("exists", key, lambda: self._store.exists(key))

    def getsize(self, key: str) -> int:
        """Size of an object in bytes."""
        return self._do("getsize", key, lambda: self._store.getsize(key))

    def list_prefix(self, prefix: str) -> _Keys:
        """All keys below a directory."""
        return self._do("list_prefix", prefix, lambda: self._store.list_prefix(prefix))

    def list_dir(self, prefix: str = "") -> _Keys:
        """The names directly in a directory."""
        return self._do("list_dir", prefix, lambda: self._store.list_dir(prefix))

    def delete_dir(self, prefix: str) -> None:
        """Remove all objects below a directory."""
        ask = super().delete_dir
        self._do("delete_dir", prefix, lambda: ask(prefix))

    def rename(self, source: str, target: str) -> None:
        """Move an object or a directory."""
        self._do("rename", source, lambda: self._store.rename(source, target), target=target)

    def _arguments(self) -> dict[str, Any]:
        return {"store": self._store, "log": self._log, "log_level": self._level}

    def __str__(self) -> str:
        return f"logging-{self._store}"


class Counts:
    """What several threads count together."""

    def __init__(self) -> None:
        self.clear()

    def __reduce__(self) -> tuple[Any, ...]:
        return Counts, ()  # another process counts for itself

    def clear(self) -> None:
        """Begin anew."""
        with _lock:
            self.verbs: Counter[str] = Counter()
            self.read = self.written = self.errors = 0
            self.seconds = 0.0

    def add(self, verb: str, nbytes: int, seconds: float, failed: bool) -> None:
        """Count an operation; bytes of one that failed do not count."""
        with _lock:
            self.verbs[verb] += 1
            self.seconds += seconds
            if failed:
                self.errors += 1
            elif verb == "get":
                self.read += nbytes
            elif verb.startswith("set"):
                self.written += nbytes

    def as_dict(self) -> dict[str, Any]:
        """All of it."""
        with _lock:
            return {
                "verbs": dict(self.verbs),
                "bytes_read": self.read,
                "bytes_written": self.written,
                "seconds": self.seconds,
                "errors": self.errors,
            }


def _as_level(level: Any) -> int:
    if isinstance(level, int):
        return level
    if not isinstance(level, str):
        raise TypeError(f"log_level: expected the number or name of a level, found {level!r}")
    number = logging.getLevelNamesMapping().get(level.upper())
    if number is None:
        raise ValueError(f"log_level: expected the name of a level, found {level!r}")
    return number


def _length(value: Any) -> int:
    """Bytes of what is to be stored; whether it can be is for the inner store to say."""
    return int(getattr(value, "nbytes", 0)) or len(value) if hasattr(value, "__len__") else 0


def _result(verb: str, value: Any) -> str | int:
    """What a record says of what came back; a number is one of bytes."""
    if verb == "get":
        return "absent" if value is None else len(value)
    if verb in ("list_prefix", "list_dir"):
        return f"{len(value)} names"
    if verb == "getsize":
        return f"{value} bytes"
    return "done" if value is None else str(value)
