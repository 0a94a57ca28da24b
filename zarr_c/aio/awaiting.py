"""Coroutines out of functions and methods that block, with their signatures and docstrings.

A synchronous call releases the GIL while it waits and decodes, so its coroutine runs it in a
thread of the package's own pool (`storage/concurrent.py`): coroutines need no event loop of
ours, and those of any loop and thread overlap.

All of them go through a thread, also those that could be quick. The way there and back takes
55 us (median of 1,000; Python 3.11, 2 cores), where reading an element takes 4 us from memory
and 11 us from a warm file; but what is slow cannot be told before: a file may lie on a network
file system, and another writer may hold the lock.
"""

from __future__ import annotations

import re
from functools import wraps
from inspect import signature
from itertools import islice
from typing import TYPE_CHECKING, Any, Concatenate, Generic, Never, ParamSpec, TypeVar, overload

from zarr_c.array import Array
from zarr_c.group import Group
from zarr_c.storage.concurrent import in_thread, to_the_end

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Callable, Coroutine, Iterator

    from zarr_c.aio.node import AsyncNode

__all__ = ["Shared", "asynchronous", "coroutine", "iterate", "method", "synchronous"]

F = TypeVar("F", bound="AsyncNode[Any]")
N = TypeVar("N")
P = ParamSpec("P")
R = TypeVar("R")
T = TypeVar("T")

_BATCH = 256  # items that an asynchronous iterator takes at once


def synchronous(value: Any) -> Any:
    """The node behind an asynchronous one; anything else as it is."""
    from zarr_c.aio.node import AsyncNode

    return value._node if isinstance(value, AsyncNode) else value


def asynchronous(value: Any) -> Any:
    """The asynchronous face of a node, or of those in a tuple; anything else as it is."""
    if isinstance(value, tuple):
        return tuple(map(asynchronous, value))
    if isinstance(value, Array):
        return value.async_array
    return value._async_group if isinstance(value, Group) else value


@overload
def coroutine(
    function: Callable[P, R], *, reads: bool = False
) -> Callable[P, Coroutine[Any, Any, R]]: ...
@overload
def coroutine(
    function: Callable[P, Any], gives: type[F], *, reads: bool = False
) -> Callable[P, Coroutine[Any, Any, F]]: ...
def coroutine(function: Any, gives: type[F] | None = None, *, reads: bool = False) -> Any:
    """A coroutine that does what a function does; nodes among its arguments are asynchronous.

    Parameters
    ----------
    function : callable
        What blocks.
    gives : AsyncArray or AsyncGroup, optional
        The face of the node that it returns; by default results stay as they are.
    reads : bool, default False
        Whether it changes nothing. Cancelling then need not wait for its end; unless it fills
        an `out`, which the caller may use as soon as it has it back.
    """

    @wraps(function)
    async def call(*args: Any, **kwargs: Any) -> Any:
        run = in_thread if reads and kwargs.get("out") is None else to_the_end
        arguments = {name: synchronous(value) for name, value in kwargs.items()}
        result = await run(function, *map(synchronous, args), **arguments)
        return result if gives is None else gives._of(result)

    return _described(call, function)


@overload
def method(
    function: Callable[Concatenate[Any, P], R], *, reads: bool = False
) -> Callable[Concatenate[Any, P], Coroutine[Any, Any, R]]: ...
@overload
def method(
    function: Callable[Concatenate[Any, P], Any], gives: type[F], *, reads: bool = False
) -> Callable[Concatenate[Any, P], Coroutine[Any, Any, F]]: ...
def method(function: Any, gives: Any = None, *, reads: bool = False) -> Any:
    """`coroutine` for a method of a node, or what a subclass has for it, as one of its face."""

    @wraps(function)
    def of_its_class(node: Any, *args: Any, **kwargs: Any) -> Any:
        return getattr(node, function.__name__)(*args, **kwargs)

    return coroutine(of_its_class, gives, reads=reads)


def _described(call: Any, function: Any) -> Any:
    """Give a coroutine the docstring and the signature of its function, with its own types."""
    del call.__wrapped__  # or `inspect` would go on to say what the function returns
    call.__doc__ = _renamed(function.__doc__)
    call.__annotations__ = {name: _renamed(of) for name, of in call.__annotations__.items()}
    found = signature(function)
    parameters = [
        parameter.replace(annotation=_renamed(parameter.annotation))
        for parameter in found.parameters.values()
    ]
    returned = _renamed(found.return_annotation)
    call.__signature__ = found.replace(parameters=parameters, return_annotation=returned)
    return call


def _renamed(text: Any) -> Any:
    """What is said of `Array` and `Group`, said of `AsyncArray` and `AsyncGroup`."""
    return re.sub(r"\b(Array|Group)\b", r"Async\1", text) if isinstance(text, str) else text


async def iterate(
    function: Callable[P, Iterator[T]], *args: P.args, **kwargs: P.kwargs
) -> AsyncGenerator[Any, None]:
    """What an iterator that blocks gives, nodes asynchronous; it reads ahead by some items."""
    iterator = await in_thread(function, *args, **kwargs)
    while items := await in_thread(lambda: [*islice(iterator, _BATCH)]):
        for item in items:
            yield asynchronous(item)


class Shared(Generic[N, T]):
    """An attribute of a node that costs no I/O, as an attribute of its asynchronous face.

    Its docstring is the node's, whose class the face names as `_face_of`.

    Parameters
    ----------
    get : callable
        Gives the attribute of a node.
    """

    def __init__(self, get: Callable[[N], T]) -> None:
        self._get = get

    def __set_name__(self, owner: Any, name: str) -> None:
        self._name = name
        self.__doc__ = getattr(owner._face_of, name).__doc__

    @overload
    def __get__(self, node: None, owner: type) -> Shared[N, T]: ...
    @overload
    def __get__(self, node: Any, owner: type) -> T: ...
    def __get__(self, node: Any, owner: type) -> Any:
        return self if node is None else self._get(node._node)

    def __set__(self, node: Any, value: Never) -> None:
        raise AttributeError(f"{self._name} of {node} cannot be assigned; await a method")
