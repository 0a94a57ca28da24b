"""How far a long operation is: what ``progress=`` of the functions that take it means."""

from __future__ import annotations

import sys
import time
from _thread import allocate_lock  # `threading` would take longer to import
from collections.abc import Callable
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["Meter", "Progress", "measured"]

Progress = bool | Callable[[int, int], object]
"""What `measured` takes as `progress`."""

_INTERVAL = 0.1  # seconds between two drawings of a line


class Meter:
    """Counts steps and reports them; threads may share one.

    Parameters
    ----------
    report : callable or None
        Called as ``report(done, total)`` after each step, by one thread at a time.
    total : int
        How many steps there will be.
    """

    __slots__ = ("_lock", "_report", "done", "total")

    def __init__(self, report: Callable[[int, int], object] | None, total: int) -> None:
        self._report = report
        self._lock = allocate_lock()
        self.done = 0
        self.total = total

    def add(self, steps: int = 1) -> None:
        """Count steps that have been done."""
        if self._report is not None:
            with self._lock:
                self.done += steps
                self._report(self.done, self.total)

    def expect(self, steps: int) -> None:
        """Count steps that have turned out to be needed, as when walking a hierarchy."""
        if self._report is not None:
            with self._lock:
                self.total += steps


@contextmanager
def measured(progress: Progress, total: int, label: str) -> Iterator[Meter]:
    """A meter for the steps of an operation, for as long as it runs.

    Parameters
    ----------
    progress : bool or callable
        False reports nothing. True draws a bar on stderr, with rich where it is installed, else
        a plain line. A callable is called with the number of steps done and that of all steps;
        what it raises ends the operation.
    total : int
        How many steps there will be, as far as is known; `Meter.expect` adds to it.
    label : str
        What the bar says of the operation.

    Yields
    ------
    Meter
        Whose `add` counts steps.

    Raises
    ------
    TypeError
        If `progress` is neither.
    """
    if progress is True:
        with _bar(label, total) as report:
            yield Meter(report, total)
    elif progress is False or progress is None:
        yield Meter(None, total)
    elif callable(progress):
        yield Meter(progress, total)
    else:
        raise TypeError(
            "progress: expected True, False or a callable of the steps done and of all steps, "
            f"found {progress!r}"
        )


@contextmanager
def _bar(label: str, total: int) -> Iterator[Callable[[int, int], object]]:
    try:
        from rich.console import Console
        from rich.progress import Progress as Bars
    except ImportError:
        with _line(label, total) as report:
            yield report
        return
    with Bars(console=Console(stderr=True)) as bars:
        bar = bars.add_task(label, total=total)
        yield lambda done, total: bars.update(bar, completed=done, total=total)


@contextmanager
def _line(label: str, total: int) -> Iterator[Callable[[int, int], object]]:
    """A line on stderr: drawn over and over on a terminal, once at the end elsewhere."""
    moving = sys.stderr.isatty()
    state = [0, total]
    drawn = -_INTERVAL

    def draw(start: str, end: str) -> None:
        done, total = state
        share = f"{done / total:4.0%}" if total else "    "
        sys.stderr.write(f"{start}{label} {share} ({done}/{total}){end}")
        sys.stderr.flush()

    def report(done: int, total: int) -> None:
        nonlocal drawn
        state[:] = done, total
        if moving and time.monotonic() - drawn >= _INTERVAL:
            drawn = time.monotonic()
            draw("\r", "")

    try:
        yield report
    finally:
        draw("\r" if moving else "", "\n")
