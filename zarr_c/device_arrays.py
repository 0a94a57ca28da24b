"""Arrays in the memory of a GPU: what reads fill, and what writes take.

Chunks are decoded on the host and copied over once. Only chunks that need no decoding, in a
`GpuMemoryStore`, are copied on the device.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from zarr_c.errors import ChunkCorruptError, ChunkNotFoundError
from zarr_c.indexing._basic import normalize
from zarr_c.indexing._grid import parts
from zarr_c.storage.device import DeviceObject, as_cupy, copy_run, import_cupy, record
from zarr_c.storage.gpu import GpuMemoryStore

if TYPE_CHECKING:
    from collections.abc import Iterator

    from zarr_c.array import Array
    from zarr_c.storage.device import DeviceMemory
    from zarr_c.storage.gpu import DeviceObjects

__all__ = ["copy_to_device", "read_to_device"]

_Axes = list[tuple[int, int, int, bool]]


def read_to_device(array: Array, selection: Any, out: Any) -> Any:
    """Read a basic selection into device memory, on the caller's current stream.

    Parameters
    ----------
    array : Array
    selection : integers, slices, Ellipsis, or a tuple of them
    out : cupy.ndarray or object with ``__cuda_array_interface__``
        Writable, of the selection's shape and the array's data type in native byte order; any
        strides will do.

    Returns
    -------
    object
        `out`.

    Raises
    ------
    IndexError
        If the selection does not fit the array.
    TypeError, ValueError
        If `out` does not fit the selection.
    ChunkCorruptError
        If a stored chunk is damaged.
    """
    axes = normalize(selection, array.shape)
    items = selection if isinstance(selection, tuple) else (selection,)
    if any(item is None for item in items):
        raise TypeError("out: cannot be given together with newaxis in the selection")
    target = as_cupy(out)
    shape = tuple(count for _, _, count, dropped in axes if not dropped)
    _check(out, target, shape, array.dtype.newbyteorder("="))
    if target.size and _is_raw(array):
        _copy_chunks(array, axes, target)
    elif target.size:
        _decode(array, selection, target)
    return out


def copy_to_device(host: np.ndarray[Any, Any], out: Any) -> Any:
    """Copy what has been read into device memory, on the caller's current stream.

    Parameters
    ----------
    host : numpy.ndarray
    out : cupy.ndarray or object with ``__cuda_array_interface__``
        Writable, of the shape and data type of `host`, in native byte order; any strides.

    Returns
    -------
    object
        `out`.

    Raises
    ------
    TypeError, ValueError
        If `out` is not that.
    """
    target = as_cupy(out)
    _check(out, target, host.shape, host.dtype.newbyteorder("="))
    if target.size:
        _send(host, target)
    return out


def _check(out: Any, target: Any, shape: tuple[int, ...], dtype: np.dtype[Any]) -> None:
    if target.shape != shape:
        raise ValueError(f"out: expected shape {shape}, found {target.shape}")
    if target.dtype != dtype:
        raise TypeError(f"out: expected data type {dtype}, found {target.dtype}")
    if out.__cuda_array_interface__["data"][1]:
        raise ValueError("out: expected a writable array, found a read-only one")
    axes = zip(target.shape, target.strides, strict=True)
    if target.size and any(n > 1 and stride == 0 for n, stride in axes):
        raise ValueError("out: expected a writable array, found one whose elements overlap")


def _decode(array: Array, selection: Any, target: Any) -> None:
    """Read on the host, and copy the result over."""
    host = np.empty(target.shape, array.dtype, _order(target))
    array.get_basic_selection(selection, out=host)
    _send(host, target)


def _order(target: Any) -> Literal["C", "F"]:
    """Memory order in which a target is copied to."""
    return "F" if target.flags.f_contiguous and not target.flags.c_contiguous else "C"


def _send(host: np.ndarray[Any, Any], target: Any) -> None:
    cupy = import_cupy("out")
    contiguous = target.flags.c_contiguous or target.flags.f_contiguous
    host = np.asarray(host, target.dtype, order=_order(target))
    with target.device:
        run = target if contiguous else cupy.empty(target.shape, target.dtype)
        run.set(host)
        if run is not target:
            target[...] = run
        record(cupy).synchronize()  # until then the copy may read from `host`


# ---- chunks that are stored as their elements are in memory


def _is_raw(array: Array) -> bool:
    """Whether chunks lie on a device, have one shape and need no decoding."""
    pipeline = array._pipeline
    return (
        isinstance(array.store_path.store, GpuMemoryStore)
        and not pipeline.chain.stages
        and pipeline.word == 1
        and array.dtype.isnative
        and array.metadata.chunk_grid.regular
    )


def _copy_chunks(array: Array, axes: _Axes, target: Any) -> None:
    """Gather chunks on the store's device, and copy the result to another if need be."""
    store: Any = array.store_path.store
    memory = store._objects.memory
    cupy = memory.cupy
    local = target.device == memory.device
    with memory.device:
        result = target if local else cupy.empty(target.shape, target.dtype)
        _gather(array, axes, store._objects, result)
    if local:
        return
    with target.device:
        contiguous = target.flags.c_contiguous
        run = target if contiguous else cupy.empty(target.shape, target.dtype)
        copy_run(cupy, result, run)
        if not contiguous:
            target[...] = run


def _gather(array: Array, axes: _Axes, objects: DeviceObjects, result: Any) -> None:
    """Copy what is selected of each chunk to its place, on the current stream."""
    cupy = objects.memory.cupy
    is_bool = array.dtype.kind == "b"
    dtype = np.dtype(np.uint8) if is_bool else array.dtype  # any byte may be stored for a bool
    whole = _spread(result.view(dtype), axes)
    used = []
    try:
        for coords, part, place in _places(array, axes):
            key = array._plan.key(coords)
            obj = objects.get(key)
            if isinstance(obj, DeviceObject):
                used.append(obj)
                whole[place] = _chunk(array, key, objects.memory, obj).view(dtype)[part]
            else:
                _fill(whole[place], _fill_item(array, key))
        if is_bool:
            cupy.not_equal(result.view(dtype), 0, out=result)
    finally:
        objects.memory.keep(used, record(cupy))


def _spread(result: Any, axes: _Axes) -> Any:
    """A view of a result with all axes of the array, each in the direction of the array."""
    index = [
        None if dropped else slice(None, None, -1 if step < 0 else 1)
        for _, step, _, dropped in axes
    ]
    return result[tuple(index)]


def _places(
    array: Array, axes: _Axes
) -> Iterator[tuple[tuple[int, ...], tuple[slice, ...], tuple[slice, ...]]]:
    """For each chunk its coordinates, what is selected of it, and where that goes."""
    starts = [start + min(0, step * (n - 1)) for start, step, n, _ in axes]
    steps = [abs(step) for _, step, _, _ in axes]
    counts = [n for _, _, n, _ in axes]
    found = parts(array.shape, array.chunks, starts, steps, counts)
    for coords, low, count, _, begin, _ in found:
        part, place = [], []
        for i, (lo, n) in enumerate(zip(low, count, strict=True)):
            first = (begin[i] + lo - starts[i]) // steps[i]
            part.append(slice(lo, lo + (n - 1) * steps[i] + 1, steps[i]))
            place.append(slice(first, first + n))
        yield coords, tuple(part), tuple(place)


def _chunk(array: Array, key: str, memory: DeviceMemory, obj: DeviceObject) -> Any:
    """The elements of a stored chunk, with the axes of the array."""
    expected = array.metadata.chunk_nbytes
    if len(obj) != expected:
        text = f"wrong number of bytes for its chunk: expected {expected}, found {len(obj)}"
        raise ChunkCorruptError(f"{key!r}: {text}", key)
    axes = array._pipeline.axes
    stored = memory.lend(obj).view(array.dtype).reshape([array.chunks[i] for i in axes])
    return stored.transpose(np.argsort(axes).tolist())


def _fill_item(array: Array, key: str) -> bytes:
    if not array.config.read_missing_chunks:
        raise ChunkNotFoundError(
            f"chunk {key!r} is absent and array.read_missing_chunks is false"
        )
    fill_value = array.metadata.fill_value
    return bytes(array.dtype.itemsize) if fill_value is None else fill_value


def _fill(part: Any, item: bytes) -> None:
    """Set every element to the bits of an item: a zero may have a sign, a NaN a payload."""
    if part.dtype.kind == "c":
        half = len(item) // 2
        _fill(part.real, item[:half])
        _fill(part.imag, item[half:])
    else:
        part.view(f"u{len(item)}").fill(int.from_bytes(item, sys.byteorder))
