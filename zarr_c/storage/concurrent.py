"""Requests at once: threads that wait for remote stores, and for coroutines."""

from __future__ import annotations

import os
from contextlib import suppress
from typing import TYPE_CHECKING, Any, ParamSpec, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from concurrent.futures import Future, ThreadPoolExecutor

__all__ = ["concurrently", "in_thread", "to_the_end"]

P = ParamSpec("P")
R = TypeVar("R")
T = TypeVar("T")

_MOST = 256  # threads; they are made when all that there are wait
_pool: ThreadPoolExecutor | None = None


def _threads() -> ThreadPoolExecutor:
    global _pool
    if _pool is None:
        from concurrent.futures import ThreadPoolExecutor

        _pool = ThreadPoolExecutor(_MOST, thread_name_prefix="zarr_c")
    return _pool


def _forget() -> None:
    global _pool
    _pool = None


os.register_at_fork(after_in_child=_forget)  # its threads do not exist in the child


def concurrently(function: Callable[[T], R], items: Sequence[T], threads: int) -> list[R]:
    """Call a function for each item, on the calling thread and on others that are free.

    As the caller works too, a call always makes progress, also one made by such a thread.

    Parameters
    ----------
    function : callable
        What to call, from any thread.
    items : sequence
        Its arguments.
    threads : int
        Most calls under way at once.

    Returns
    -------
    list
        The results in the order of the items.

    Raises
    ------
    BaseException
        What the function raised first; no further call is begun then.
    """
    results: list[Any] = [None] * len(items)
    failures: list[BaseException] = []
    numbers = iter(range(len(items)))  # next() of it is atomic

    def work() -> None:
        try:
            for i in numbers:
                results[i] = function(items[i])
                if failures:
                    return
        except BaseException as error:
            failures.append(error)

    helpers = [_threads().submit(work) for _ in range(min(threads, len(items)) - 1)]
    try:
        work()
        _join(helpers)
    except BaseException as error:  # Ctrl-C while waiting: nothing goes on behind the caller
        failures.append(error)
        _join(helpers)
    if failures:
        raise failures[0]
    return results


def _join(helpers: list[Future[None]]) -> None:
    for helper in helpers:
        helper.cancel() or helper.result()


async def in_thread(function: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> R:
    """Await a function that runs in a thread; one that is cancelled is left to itself."""
    from asyncio import wrap_future

    return await wrap_future(_submit(function, *args, **kwargs))


async def to_the_end(function: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> R:
    """Await a function that runs in a thread, and its end even where that is cancelled.

    What is cancelled before it has begun never begins. So nothing that a cancelled call writes
    comes after what is written next, and its arguments are the caller's again.
    """
    import asyncio

    job = _submit(function, *args, **kwargs)
    end = asyncio.wrap_future(job)
    try:
        return await asyncio.shield(end)
    except asyncio.CancelledError as cancelled:
        if job.cancel():
            raise
        while not end.done():
            with suppress(asyncio.CancelledError):
                await asyncio.wait([end])
        raise cancelled from end.exception()


def _submit(function: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> Future[R]:
    from contextvars import copy_context

    context = copy_context()
    return _threads().submit(lambda: context.run(function, *args, **kwargs))
