"""Codecs that were written for zarr-python: coroutines from buffer to buffer.

Such a codec has ``_encode_single`` and ``_decode_single``, or ``_encode_sync`` and
``_decode_sync`` that are called at once; each takes a buffer and an `ArraySpec`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from zarr_c.buffer.cpu import Buffer, NDBuffer, buffer_prototype
from zarr_c.codecs.base import ArrayArrayCodec, BytesBytesCodec

if TYPE_CHECKING:
    from collections.abc import Coroutine

    from zarr_c.buffer.base import BufferPrototype
    from zarr_c.codecs.representation import Representation
    from zarr_c.metadata.data_type import DataType

__all__ = ["Adapted", "ArraySpec", "encoded", "run", "spec_of"]


class ArraySpec(NamedTuple):
    """What such a codec is told about a chunk.

    Attributes
    ----------
    shape : tuple of int or None
        None for codecs from bytes to bytes, as `dtype` and `fill_value` are.
    dtype : DataType or None
        Its ``to_native_dtype()`` is that of NumPy.
    fill_value : scalar or None
    prototype : BufferPrototype
        The memory of the host.
    config : None
    """

    shape: tuple[int, ...] | None = None
    dtype: DataType | None = None
    fill_value: Any = None
    prototype: BufferPrototype = buffer_prototype
    config: Any = None

    @property
    def ndim(self) -> int:
        """Number of axes."""
        return len(self.shape or ())


def spec_of(given: Representation) -> ArraySpec:
    """What a codec is told about a chunk."""
    scalar = given.data_type.scalar(given.fill_value)
    return ArraySpec(given.shape, given.data_type, scalar)


def encoded(codec: Any, given: Representation) -> Representation:
    """What a codec from array to array makes of a chunk, as it says itself."""
    from zarr_c.metadata.dtype import from_numpy
    from zarr_c.metadata.fill_value import fill_from_user

    if not hasattr(codec, "resolve_metadata"):
        return given
    found = codec.resolve_metadata(spec_of(given))
    data_type = from_numpy(found.dtype, 3)
    fill_value = fill_from_user(found.fill_value, data_type)
    return given.with_(shape=tuple(found.shape), data_type=data_type, fill_value=fill_value)


class Adapted:
    """Such a codec, with the ``encode`` and ``decode`` that those of zarr_c have.

    Parameters
    ----------
    codec : Codec
    spec : ArraySpec, optional
        About the chunks that it encodes.
    """

    def __init__(self, codec: Any, spec: ArraySpec | None = None) -> None:
        spec = spec or ArraySpec()
        if spec.shape is not None and hasattr(codec, "evolve_from_array_spec"):
            codec = codec.evolve_from_array_spec(spec)
        self.name = getattr(codec, "name", type(codec).__name__)
        self._codec, self._spec = codec, spec
        self._takes: type[Buffer | NDBuffer] = Buffer
        self._gives: type[Buffer | NDBuffer] = Buffer
        if not isinstance(codec, BytesBytesCodec):
            self._takes = NDBuffer
            self._gives = NDBuffer if isinstance(codec, ArrayArrayCodec) else Buffer

    def encode(self, data: Any) -> Any:
        """Encode an array or bytes."""
        return self._call("encode", _wrapped(data, self._takes))

    def decode(self, data: Any) -> Any:
        """Undo `encode`."""
        return self._call("decode", _wrapped(data, self._gives))

    def _call(self, what: str, value: Any) -> Any:
        at_once = getattr(self._codec, f"_{what}_sync", None)
        if at_once is not None:
            found = at_once(value, self._spec)
        else:
            found = run(getattr(self._codec, f"_{what}_single")(value, self._spec))
        if found is None:
            raise ValueError(f"expected a buffer from _{what}_single, found None")
        return found.as_numpy_array()


def _wrapped(data: Any, kind: type[Buffer | NDBuffer]) -> Buffer | NDBuffer:
    array = np.asarray(data) if not isinstance(data, bytes) else np.frombuffer(data, "B")
    if kind is NDBuffer:
        return NDBuffer(array)
    return Buffer(np.ascontiguousarray(array).reshape(-1).view("B"))


def run(coroutine: Coroutine[Any, Any, Any]) -> Any:
    """Run a coroutine to its end, also where an event loop is running in this thread."""
    import asyncio

    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return asyncio.run(coroutine)
    from concurrent.futures import ThreadPoolExecutor

    with ThreadPoolExecutor(1) as thread:
        return thread.submit(asyncio.run, coroutine).result()
