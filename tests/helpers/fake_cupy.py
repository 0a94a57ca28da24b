"""A strict stand-in for CuPy, for machines without a GPU.

It has no more than the names of CuPy's that the package and its tests use, with CuPy's meaning,
and refuses what works with NumPy only: implicit conversions, arrays of another device than the
current one, host arrays in device expressions. What it counts and finds is in `machine`, which
is no name of CuPy's.
"""

import functools
import types

import fake_cuda
import fake_cuda_memory
import numpy as np
from fake_cuda import machine, reset

__all__ = ["machine", "reset"]

bool_, uint8 = np.bool_, np.uint8
_pool = fake_cuda_memory.MemoryPool()
cuda = types.SimpleNamespace(
    Device=fake_cuda.Device,
    Event=fake_cuda.Event,
    Stream=fake_cuda.Stream,
    get_current_stream=fake_cuda.get_current_stream,
    is_available=fake_cuda.is_available,
    memory=fake_cuda_memory.memory,
    runtime=fake_cuda.runtime,
)


def get_default_memory_pool():
    return _pool


def on_its_device(method):
    """Refuse an array of another device than the current one, as a kernel does."""

    @functools.wraps(method)
    def checked(self, *args, **kwargs):
        current = cuda.runtime.getDevice()
        if self.device.id != current:
            raise ValueError(
                "Array device must be same as the current device: "
                f"array device = {self.device.id} while current = {current}"
            )
        return method(self, *args, **kwargs)

    return checked


class ndarray:
    def __init__(self, shape, dtype=float, memptr=None, strides=None, order="C"):
        dtype = np.dtype(dtype)
        if dtype.kind not in "biufc" or not dtype.isnative:
            raise TypeError(f"unsupported data type {dtype}")
        if memptr is None:
            size = dtype.itemsize * int(np.prod(shape, dtype=int))
            memptr = _pool.malloc(size)
        self.data = memptr
        self._host = np.ndarray(shape, dtype, memptr.bytes, 0, strides, order)

    def _view(self, host):
        """Another array over the same memory."""
        view = object.__new__(ndarray)
        offset = _address(host) - _address(self._host) if host.size else 0
        view.data = fake_cuda_memory.MemoryPointer(self.data.mem, self.data.offset + offset)
        view._host = host
        return view

    @property
    def _block(self):
        return self.data.mem.block

    # ---- what it is

    shape = property(lambda self: self._host.shape)
    dtype = property(lambda self: self._host.dtype)
    strides = property(lambda self: self._host.strides)
    ndim = property(lambda self: self._host.ndim)
    size = property(lambda self: self._host.size)
    nbytes = property(lambda self: self._host.nbytes)
    itemsize = property(lambda self: self._host.itemsize)
    device = property(lambda self: self.data.device)

    @property
    def flags(self):
        flags = self._host.flags
        return types.SimpleNamespace(
            c_contiguous=flags.c_contiguous, f_contiguous=flags.f_contiguous
        )

    def __len__(self):
        return len(self._host)

    # ---- views

    def __getitem__(self, index):
        items = index if isinstance(index, tuple) else (index,)
        if not all(i is None or i is Ellipsis or isinstance(i, int | slice) for i in items):
            raise NotImplementedError("the stand-in has basic indexing only")
        whole = items if Ellipsis in items else (*items, Ellipsis)  # never a scalar
        return self._view(self._host[whole])

    def view(self, dtype=None):
        return self._view(self._host.view(self.dtype if dtype is None else dtype))

    def reshape(self, *shape, order="C"):
        host = self._host.reshape(*shape, order=order, copy=False)
        return self._view(host)

    def transpose(self, *axes):
        return self._view(self._host.transpose(*axes))

    real = property(lambda self: self._view(self._host.real))
    imag = property(lambda self: self._view(self._host.imag))

    # ---- work on the device

    @on_its_device
    def __setitem__(self, index, value):
        target = self[index]
        if not isinstance(value, ndarray):
            target.fill(value)
        elif target.size:
            _same_device(value)
            _queue(reads=[value], writes=[target])
            target._host[...] = value._host
            machine().count("d2d", target.nbytes)

    @on_its_device
    def fill(self, value):
        value = np.asarray(value, self.dtype)
        if value.shape != ():
            raise ValueError("non-scalar numpy.ndarray cannot be used for fill")
        _queue(writes=[self])
        # CuPy sets a contiguous array to plain zeros when the value equals zero
        self._host.fill(0 if value == 0 and self.flags.c_contiguous else value[()])

    # ---- copies between host and device

    def get(self, stream=None, order="C", out=None, blocking=True):
        with self.device:
            stream = cuda.get_current_stream() if stream is None else stream
            wanted = "F" if order == "A" and self._host.flags.fnc else "C"
            if not self._host.flags[f"{wanted}_CONTIGUOUS"]:
                machine().count("d2d", self.nbytes)
            machine().queue(stream, [self._block])
            if blocking:
                stream.synchronize()
        machine().count("d2h", self.nbytes)
        host = np.empty(self.shape, self.dtype, wanted) if out is None else out
        host[...] = self._host
        return host

    def set(self, arr, stream=None):
        if type(arr) is not np.ndarray or arr.dtype != self.dtype or arr.shape != self.shape:
            raise TypeError(f"{arr!r} cannot be set to {self.shape}, {self.dtype}")
        if not self.flags.c_contiguous and not self.flags.f_contiguous:
            raise RuntimeError("Cannot set to non-contiguous array")
        with self.device:
            stream = cuda.get_current_stream() if stream is None else stream
            operation = machine().queue(stream, writes=[self._block])
        machine().watch_host(arr, operation)
        machine().count("h2d", self.nbytes)
        self._host[...] = arr

    # ---- what other libraries ask for

    @property
    def __cuda_array_interface__(self):
        return {
            "shape": self.shape,
            "typestr": self.dtype.str,
            "descr": self.dtype.descr,
            "stream": cuda.get_current_stream().ptr or 1,
            "version": 3,
            "strides": None if self.flags.c_contiguous else self.strides,
            "data": (self.data.ptr if self.size else 0, False),
        }

    def __dlpack__(self, *, stream=None, max_version=None, dl_device=None, copy=None):
        current = cuda.get_current_stream()
        if stream not in (-1, current.ptr or 1):
            _stream_of(stream).wait_event(current.record())
        return _Capsule(self)

    def __dlpack_device__(self):
        return 2, self.device.id

    # ---- what NumPy may not do

    def __array__(self, dtype=None, copy=None):
        raise TypeError("Implicit conversion to a NumPy array is not allowed.")

    def __array_function__(self, *args):
        raise TypeError("a function of NumPy was called with a device array")

    def __array_ufunc__(self, *args, **kwargs):
        raise TypeError("a function of NumPy was called with a device array")

    def _no_value(self, *args):
        raise TypeError("the stand-in does not turn device arrays into values")

    __bool__ = __int__ = __float__ = __index__ = __iter__ = __eq__ = _no_value
    __hash__ = None

    def __reduce__(self):
        return asarray, (self.get(),)


class _Capsule:
    def __init__(self, array):
        self.array = array


def _address(host):
    return host.__array_interface__["data"][0]


def _queue(reads=(), writes=()):
    machine().queue(
        cuda.get_current_stream(), [a._block for a in reads], [a._block for a in writes]
    )


@on_its_device
def _same_device(array):
    return array


def _stream_of(pointer):
    stream = object.__new__(cuda.Stream)
    stream.device_id, stream.ptr = -1, 0 if pointer == 1 else pointer
    return stream


# ---- functions


def empty(shape, dtype=float, order="C"):
    return ndarray(shape, dtype, order=order)


def asarray(a, dtype=None):
    if isinstance(a, ndarray):
        return _same_device(a)
    if hasattr(a, "__cuda_array_interface__"):
        return _same_device(_from_interface(a))
    host = np.array(a, dtype, order="K")
    order = "F" if host.flags.fnc else "C"
    array = ndarray(host.shape, host.dtype, order=order)
    array.set(host)
    cuda.get_current_stream().synchronize()  # CuPy copies through pinned memory of its own
    return array


def _from_interface(a):
    facts = a.__cuda_array_interface__
    pointer, dtype = facts["data"][0], np.dtype(facts["typestr"])
    if facts.get("stream") is not None:
        _stream_of(facts["stream"]).synchronize()
    if pointer == 0:
        return ndarray(facts["shape"], dtype)
    block, offset = machine().block_at(pointer)
    memory = fake_cuda_memory.UnownedMemory(block, a)
    view = object.__new__(ndarray)
    view.data = fake_cuda_memory.MemoryPointer(memory, offset)
    strides = facts.get("strides")
    low = sum(min(0, s * (n - 1)) for n, s in zip(facts["shape"], strides or (), strict=False))
    whole = block.bytes[offset + low :]
    view._host = np.ndarray(facts["shape"], dtype, whole, -low, strides)
    return view


def from_dlpack(x):
    kind, device = x.__dlpack_device__()
    if kind != 2:
        raise TypeError("CPU arrays cannot be directly imported to CuPy.")
    with cuda.Device(device):
        return x.__dlpack__(stream=cuda.get_current_stream().ptr or 1).array


def ascontiguousarray(a):
    _same_device(a)
    if a.flags.c_contiguous:
        return a
    array = ndarray(a.shape, a.dtype)
    array[...] = a
    return array


def asnumpy(a):
    with a.device:
        return a.get()


def broadcast_to(array, shape):
    return array._view(np.broadcast_to(array._host, shape))


def not_equal(x1, x2, /, out):
    _same_device(x1), _same_device(out)
    _queue(reads=[x1], writes=[out])
    np.not_equal(x1._host, x2, out=out._host)
    return out
