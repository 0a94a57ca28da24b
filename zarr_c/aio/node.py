"""What asynchronous arrays and groups have in common: each is a face of a node."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar, Generic, Self, TypeVar

from zarr_c.aio.awaiting import Shared
from zarr_c.array import Array
from zarr_c.group import Group
from zarr_c.node import Node
from zarr_c.storage.concurrent import to_the_end

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["AsyncNode", "node_behind"]

N = TypeVar("N", Array, Group)
K = TypeVar("K", bound=Node[Any])
T = TypeVar("T")


class _OfNode(Shared[Node[Any], T]):
    """An attribute of any node."""


class AsyncNode(Generic[N]):
    """Base of `AsyncArray` and `AsyncGroup`.

    The face and its node are one thing: what either changes, the other shows. Coroutines may be
    awaited in any event loop of `asyncio`, in any thread. Values that are written and an `out`
    are theirs until they end. One that is cancelled

    * before its thread has begun, has done nothing and never will;
    * while it changes anything or fills an `out`, ends first and raises
      `asyncio.CancelledError` then, with its own error, if any, as the cause;
    * while it reads, raises at once, and what it reads is thrown away.
    """

    __slots__ = ("_node",)

    _node: N
    _face_of: ClassVar[type] = Node

    @classmethod
    def _of(cls, node: N) -> Self:
        """The asynchronous face of a node."""
        face = object.__new__(cls)
        face._node = node
        return face

    store_path = _OfNode(lambda node: node.store_path)
    store = _OfNode(lambda node: node.store)
    path = _OfNode(lambda node: node.path)
    name = _OfNode(lambda node: node.name)
    basename = _OfNode(lambda node: node.basename)
    read_only = _OfNode(lambda node: node.read_only)

    @property
    def attrs(self) -> dict[str, Any]:
        """A copy of the user attributes; `update_attributes` changes them."""
        return dict(self._node.attrs)

    async def update_attributes(self, new_attributes: Mapping[str, Any]) -> Self:
        """Add or replace user attributes, in one write; returns the node."""
        await to_the_end(self._node.update_attributes, new_attributes)
        return self

    async def refresh(self) -> Self:
        """Take over what other handles and processes have made of the node's metadata.

        Raises
        ------
        ArrayNotFoundError, GroupNotFoundError
            If the node is gone.
        """
        await to_the_end(self._node.refresh)
        return self

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *exc_info: object) -> None:
        await to_the_end(self._node.__exit__, *exc_info)

    # ---- what any object is

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, AsyncNode):
            return NotImplemented
        return bool(self._node == other._node)

    __hash__ = None  # type: ignore[assignment]

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self)._of, (self._node,)

    def __repr__(self) -> str:
        return repr(self._node).replace("<", "<Async", 1)


def node_behind(face: Any, kind: type[K]) -> K:
    """The node behind its asynchronous face, or one like it if it is to be of a subclass.

    Raises
    ------
    TypeError
        If there is no face of a node of that kind.
    """
    node = face._node if isinstance(face, AsyncNode) else None
    if isinstance(node, kind):
        return node
    if node is not None and issubclass(kind, type(node)):
        return kind(*node.__reduce__()[1])
    raise TypeError(
        f"store_path: expected a StorePath or the asynchronous face of the node, found {face!r}"
    )
