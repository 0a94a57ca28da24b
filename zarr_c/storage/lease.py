"""A lock between processes in an object store: an object that only one of them can make.

It is renewed while it is held. Whoever sees it unchanged for its whole lifetime, by a clock of
its own, takes it over in one step, so a writer that was killed keeps others waiting for no
longer than that.
"""

from __future__ import annotations

import os
import random
import time
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Self

from zarr_c.errors import StoreError

if TYPE_CHECKING:
    from zarr_c.storage.primitives import Primitives

__all__ = ["LIFETIME", "Lease"]

LIFETIME = 30.0  # seconds


class Lease:
    """A context in which no other holder of a lease under the same key is.

    Parameters
    ----------
    store : Store
        One that compares before it replaces.
    key : str
        Where the lease lies while it is held.
    lifetime : float, default 30
        Seconds without a renewal after which others take it over.
    """

    def __init__(self, store: Primitives, key: str, lifetime: float = LIFETIME) -> None:
        self._store, self._key, self._lifetime = store, key, lifetime
        self._token = os.urandom(8).hex()
        self._count = 0
        self._version: Any = None
        self._renewed = 0.0

    def __enter__(self) -> Self:
        import threading

        self._acquire()
        self._done = threading.Event()
        self._renewal = threading.Thread(target=self._renew_until_done, daemon=True)
        self._renewal.start()
        return self

    def __exit__(self, *exc_info: object) -> None:
        self._done.set()
        self._renewal.join()
        # An older one may be somebody else's by the time that it is deleted; it will expire, as
        # does one that cannot be deleted, for which what was done under it is no less done.
        if time.monotonic() - self._renewed < self._lifetime / 2:
            with suppress(Exception):
                self._store._discard(self._key)

    def check(self) -> None:
        """Make sure that nobody can have taken it over.

        Raises
        ------
        StoreError
            If it could not be renewed in time.
        """
        if time.monotonic() - self._renewed >= self._lifetime:
            raise StoreError(
                f"{self._store}: the lock {self._key!r} could not be renewed for "
                f"{self._lifetime} s, so that another writer may have taken it over"
            )

    def _acquire(self) -> None:
        seen, since, pause = None, 0.0, 0.01
        while not self._put(None):
            version = self._store._get_version(self._key)[1]
            now = time.monotonic()
            if version != seen:
                seen, since = version, now
            elif version is not None and now - since > self._lifetime and self._put(version):
                return
            time.sleep(random.uniform(0.5, 1) * pause)
            pause = min(2 * pause, 0.5)

    def _put(self, version: Any) -> bool:
        """Store the lease in the place of a version of it; whether that was still there."""
        asked = time.monotonic()
        self._count += 1  # so that each renewal is another content, and another ETag
        stored = self._store._replace(
            self._key, f"{self._token} {self._count}".encode(), version
        )
        if stored is None:
            return False
        self._version, self._renewed = stored, asked
        return True

    def _renew_until_done(self) -> None:
        while not self._done.wait(self._lifetime / 4):
            try:
                if not self._put(self._version):
                    self._renewed = float("-inf")
                    return
            except Exception:  # the next one may come in time, and `check` will tell
                continue
