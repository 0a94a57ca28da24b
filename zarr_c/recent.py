"""What was made lately, kept so that equal things are not made twice."""

from __future__ import annotations

from typing import Generic, TypeVar

__all__ = ["Recent", "note_registration", "registrations"]

K = TypeVar("K")
V = TypeVar("V")


class Recent(Generic[K, V]):
    """Values by what they were made of, of which there is room for some.

    Threads may share one: each step is one operation on a dictionary, and at worst two of them
    make the same value. What is in it may be handed out to anyone, so it must not change.

    Parameters
    ----------
    most : int
        Values kept at once; when there are more, all are dropped.
    """

    __slots__ = ("_most", "_values")

    def __init__(self, most: int) -> None:
        self._most = most
        self._values: dict[K, V] = {}

    def get(self, key: K) -> V | None:
        """The value that was made of a key, None if it is not kept."""
        return self._values.get(key)

    def put(self, key: K, value: V) -> None:
        """Keep a value."""
        if len(self._values) >= self._most:
            self._values.clear()
        self._values[key] = value


_registrations = 0


def registrations() -> int:
    """How often a program has registered something.

    It belongs into the keys of what is found by name, and is asked for before that is made.
    """
    return _registrations


def note_registration() -> None:
    """Take note that a name stands for something else from now on."""
    global _registrations
    _registrations += 1
