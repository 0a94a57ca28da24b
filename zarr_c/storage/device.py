"""Memory of a CUDA device, through CuPy, which is imported only when it is used.

Work on a device is queued on streams, and only events order what is on different ones. Each
object here carries the event that says when its bytes are in place; who uses it waits for that
on the stream it works on, and the host waits only where it reads.
"""

from __future__ import annotations

import operator
import os
from collections import deque
from importlib import import_module
from threading import Lock
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = [
    "DeviceMemory",
    "DeviceObject",
    "as_cupy",
    "copy_run",
    "import_cupy",
    "is_device_array",
    "record",
    "to_host",
]

_DLPACK_CUDA = (2, 13)  # device types of DLPack: memory of a device, managed memory


def import_cupy(user: str) -> Any:
    """CuPy with a device behind it, for `user`.

    Raises
    ------
    ImportError
        If CuPy cannot be imported.
    RuntimeError
        If there is no CUDA device.
    """
    try:
        cupy = import_module("cupy")
    except ImportError as error:
        raise ImportError(
            f"{user} needs CuPy, which cannot be imported ({error}): pip install 'zarr_c[gpu]'"
        ) from error
    if not cupy.cuda.is_available():
        reason, cause = "none is visible", None
        try:
            cupy.cuda.runtime.getDeviceCount()
        except RuntimeError as error:
            reason, cause = str(error), error
        raise RuntimeError(f"{user}: no CUDA device: {reason}") from cause
    return cupy


def is_device_array(value: Any) -> bool:
    """Whether something lives on a CUDA device and can be taken from there."""
    if hasattr(value, "__cuda_array_interface__"):
        return True
    device = getattr(value, "__dlpack_device__", None)
    return device is not None and device()[0] in _DLPACK_CUDA


def as_cupy(value: Any) -> Any:
    """A CuPy array over the memory of a device array, safe to use on the current stream."""
    cupy = import_module("cupy")
    if isinstance(value, cupy.ndarray):
        return value
    if hasattr(value, "__dlpack_device__"):
        return cupy.from_dlpack(value)
    pointer = value.__cuda_array_interface__["data"][0]  # 0 for an array without elements
    device = cupy.cuda.runtime.pointerGetAttributes(pointer).device if pointer else None
    with cupy.cuda.Device(device):  # elsewhere `asarray` would copy
        return cupy.asarray(value)


def to_host(value: Any) -> np.ndarray[Any, Any]:
    """Copy a device array to the host, after what is queued for it on the current stream."""
    array = as_cupy(value)
    with array.device:
        host: np.ndarray[Any, Any] = array.get(order="A")
    return host


def record(cupy: Any) -> Any:
    """An event behind all that is queued on the current stream of the current device."""
    event = cupy.cuda.Event(disable_timing=True)
    event.record(cupy.cuda.get_current_stream())
    return event


def copy_run(cupy: Any, source: Any, target: Any) -> Any:
    """Copy a contiguous array over another one, on any two devices; the event behind it.

    The current streams of both devices wait for each other, so that either array may be used
    again, or given back, as if the copy had been made on its own.
    """
    with source.device:
        ready, giver = record(cupy), cupy.cuda.get_current_stream()
    with target.device:
        taker = cupy.cuda.get_current_stream()
        taker.wait_event(ready)
        target.data.copy_from_device_async(source.data, source.nbytes, taker)
        done = record(cupy)
    with source.device:
        giver.wait_event(done)
    return done


class DeviceObject:
    """Bytes on a device, never changed once they are there.

    Attributes
    ----------
    array : cupy.ndarray
        Flat, of uint8.
    event : cupy.cuda.Event
        After it the bytes are in place.
    """

    __slots__ = ("array", "event")

    def __init__(self, array: Any, event: Any) -> None:
        self.array = array
        self.event = event

    def __len__(self) -> int:
        return int(self.array.nbytes)


class DeviceMemory:
    """Copies into the memory of one device and out of it.

    Parameters
    ----------
    user : str
        Who is named in errors.
    device : int or None
        Number of the device, None for the current one.

    Raises
    ------
    ImportError, RuntimeError
        If there is no CuPy or no device.
    TypeError, ValueError
        If `device` is no number of a device.
    """

    def __init__(self, user: str, device: int | None) -> None:
        self.cupy = cupy = import_cupy(user)
        self.device = cupy.cuda.Device(_device_number(cupy, device))
        self._user = user
        self._process = os.getpid()
        self._lock = Lock()
        self._in_use: deque[tuple[Any, Any]] = deque()
        with self.device:
            self._downloads = cupy.cuda.Stream(non_blocking=True)

    def check_process(self) -> None:
        """Refuse to go on in a forked child.

        Raises
        ------
        RuntimeError
            In another process than the one that made this.
        """
        if os.getpid() != self._process:
            raise RuntimeError(
                f"{self._user}: CUDA cannot be used in a forked child of the process that made "
                "the store; start processes with 'spawn' and send them store.to_host()"
            )

    def upload(self, key: str, value: Any) -> DeviceObject:
        """Copy bytes or a CuPy array of any device, on the caller's current stream.

        Raises
        ------
        MemoryError
            If the device has no room.
        """
        self.release()
        if isinstance(value, bytes):
            return self._upload_bytes(key, value)
        with value.device:
            value = self.cupy.ascontiguousarray(value)
        with self.device:
            array = self._allocate(key, value.nbytes)
        return DeviceObject(array, copy_run(self.cupy, value, array))

    def _upload_bytes(self, key: str, value: bytes) -> DeviceObject:
        host = np.frombuffer(value, np.uint8)
        with self.device:
            array = self._allocate(key, len(value))
            array.set(host)
            event = record(self.cupy)
            event.synchronize()  # until then the copy may read from `value`
        return DeviceObject(array, event)

    def download(self, obj: DeviceObject, part: slice = slice(None)) -> bytes:
        """Copy bytes to the host, waiting for them alone and not for the caller's stream."""
        with self.device:
            self._downloads.wait_event(obj.event)
            host: np.ndarray[Any, Any] = obj.array[part].get(stream=self._downloads)
        return host.tobytes()

    def lend(self, obj: DeviceObject) -> Any:
        """The array of an object, safe to read on the caller's current stream."""
        with self.device:
            self.cupy.cuda.get_current_stream().wait_event(obj.event)
        return obj.array

    # ---- objects that are replaced while a stream still reads them: otherwise their memory
    # would be taken again at once, on the stream that it came from

    def keep(self, arrays: Iterable[Any], event: Any) -> None:
        """Keep arrays until what is queued before an event is done."""
        self.release()
        with self._lock:
            self._in_use.append((event, tuple(arrays)))

    def release(self, wait: bool = False) -> None:
        """Let go of arrays that are no longer read, or wait until none is."""
        with self._lock:
            while self._in_use:
                event = self._in_use[0][0]
                if wait:
                    event.synchronize()
                elif not event.done:
                    break
                self._in_use.popleft()

    def _allocate(self, key: str, nbytes: int) -> Any:
        """Memory on the current device, out of what is cached if need be."""
        cupy = self.cupy
        try:
            return cupy.empty(nbytes, cupy.uint8)
        except cupy.cuda.memory.OutOfMemoryError:
            self.release(wait=True)
            cupy.get_default_memory_pool().free_all_blocks()
        try:
            return cupy.empty(nbytes, cupy.uint8)
        except cupy.cuda.memory.OutOfMemoryError as error:
            raise MemoryError(
                f"{key!r}: no room for {nbytes} bytes on CUDA device {self.device.id}: {error}"
            ) from error


def _device_number(cupy: Any, device: int | None) -> int | None:
    if device is None:
        return None
    try:
        number = operator.index(device)
    except TypeError:
        raise TypeError(f"device: expected an integer or None, found {device!r}") from None
    count = cupy.cuda.runtime.getDeviceCount()
    if not 0 <= number < count:
        raise ValueError(f"device: expected 0 to {count - 1}, found {number}")
    return number
