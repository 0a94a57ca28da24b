"""What stores that ask others have in common: names of places, and errors that keep a cause."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, NoReturn

from zarr_c.errors import BaseZarrError, StoreError
from zarr_c.storage._python import place_identity
from zarr_c.storage.base import Store

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["RemoteStore"]


class RemoteStore(Store):
    """A store whose every request waits for somebody else."""

    def _concurrency(self) -> int:
        return -1

    def _identity(self) -> int:
        return place_identity(str(self))

    def _exists(self, key: str) -> bool:
        return self._size(key) is not None

    def _delete(self, key: str) -> bool:
        """What deletes an object says nothing of whether there was one."""
        existed = self._exists(key)
        if existed:
            self._discard(key)
        return existed

    @contextmanager
    def _asking(self, verb: str, key: str) -> Iterator[None]:
        """Let errors name the key; those that are not of Python's own become `StoreError`."""
        try:
            yield
        except Exception as error:
            self._fail(verb, key, error)

    def _fail(self, verb: str, key: str, error: Exception) -> NoReturn:
        """Raise an error that was caught, as `_asking` says."""
        if isinstance(error, OSError | MemoryError | BaseZarrError):
            error.add_note(f"{self}: while asked to {verb} {key!r}")
            raise error
        said = str(error).partition("\n")[0]
        kind = PermissionError if _is_refusal(error) else StoreError
        raise kind(f"{self}: cannot {verb} {key!r}: {type(error).__name__}: {said}") from error


def _is_refusal(error: Exception) -> bool:
    """Whether a client's error says that the credentials do not allow it."""
    name, status = type(error).__name__, getattr(error, "status", None)
    return name in ("PermissionDeniedError", "UnauthenticatedError") or status in (401, 403)
