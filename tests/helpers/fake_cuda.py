"""CUDA for the stand-in of CuPy: devices, streams and events, all on the host.

Copies happen at once, but each is ordered as its stream and the events that it waited for
order it, by vector clocks. What no event has made safe raises `Race`, even where chance would
make it right on a real device: the null stream waits for nobody here, and nothing that is
queued is done before somebody waits for it.
"""

import os
import threading
import types
import weakref
from collections import Counter


class Race(AssertionError):
    """Memory is used without an event between that and earlier work on another stream."""


class CUDARuntimeError(RuntimeError):
    """What the CUDA runtime says."""


class Machine:
    """Everything that happens, and what tests ask of it.

    Attributes
    ----------
    devices : int
        How many there are.
    copies, moved : Counter
        Number and bytes of copies "h2d", "d2h" and "d2d".
    races : list of str
        All that was raised as `Race`, in case somebody caught it.
    frees, child_calls : int
        Calls of `free_all_blocks`; calls of CUDA in a forked child.
    """

    def __init__(self, devices=2):
        self.devices = devices
        self.copies, self.moved = Counter(), Counter()
        self.races = []
        self.frees = self.child_calls = 0
        self.lock = threading.RLock()
        self.local = threading.local()
        self.process = os.getpid()
        self.next_pointer = 1 << 40
        self.next_stream = 16
        self.blocks = weakref.WeakValueDictionary()  # by pointer
        self.pools = {}
        self.clock = Counter()  # operations queued on each stream
        self.seen = {}  # for each stream, the operations of others that it comes after
        self.done = Counter()  # operations of each stream that the host has waited for

    def call(self):
        """What every call of CUDA goes through."""
        if os.getpid() != self.process:
            self.child_calls += 1
            raise CUDARuntimeError("cudaErrorInitializationError: initialization error")

    def count(self, kind, nbytes):
        """Count a copy of "h2d", "d2h" or "d2d"."""
        with self.lock:
            self.copies[kind] += 1
            self.moved[kind] += nbytes

    def block_at(self, pointer):
        """The block that an address lies in, and its offset there."""
        for start, block in list(self.blocks.items()):
            if start <= pointer < start + block.bytes.size:
                return block, pointer - start
        raise CUDARuntimeError(f"cudaErrorInvalidValue: no memory at {pointer:#x}")

    # ---- order

    def is_after(self, stream, operation):
        other, number = operation
        return number <= max(self.seen.setdefault(stream, {}).get(other, 0), self.done[other])

    def queue(self, stream, reads=(), writes=()):
        """Queue an operation, which must come after what it uses."""
        self.call()
        with self.lock:
            me = stream.identity()
            for block in (*reads, *writes):
                self._require(me, block.written, block, "written")
            for block in writes:
                for operation in block.read.items():
                    self._require(me, operation, block, "read")
            self.clock[me] += 1
            operation = me, self.clock[me]
            self.seen.setdefault(me, {})[me] = self.clock[me]
            for block in reads:
                block.read[me] = self.clock[me]
            for block in writes:
                block.written, block.read = operation, {}
            return operation

    def _require(self, stream, operation, block, what):
        if operation is not None and not self.is_after(stream, operation):
            race = f"stream {stream} uses {block} which was {what} on {operation[0]}"
            self.races.append(race)
            raise Race(race)

    def snapshot(self, stream):
        with self.lock:
            return dict(self.seen.setdefault(stream.identity(), {}))

    def wait(self, snapshot):
        """Let the host wait for operations."""
        self.call()
        with self.lock:
            for stream, number in snapshot.items():
                self.done[stream] = max(self.done[stream], number)

    def watch_host(self, array, operation):
        """Call it a race when host memory goes before a copy from it is known to be done."""

        def gone():
            if self.done[operation[0]] < operation[1] and self is machine():
                self.races.append(f"host memory went while {operation} copied from it")

        weakref.finalize(array, gone).atexit = False


_machine = Machine()


def machine():
    """The machine of the present test."""
    return _machine


def reset(devices=2):
    """Start with a new machine."""
    global _machine
    _machine = Machine(devices)


# ---- devices


def _getDevice():  # the runtime's own name
    machine().call()
    return getattr(machine().local, "device", 0)


def _getDeviceCount():
    machine().call()
    if machine().devices == 0:
        raise CUDARuntimeError("cudaErrorNoDevice: no CUDA-capable device is detected")
    return machine().devices


def _pointerGetAttributes(pointer):
    return types.SimpleNamespace(device=machine().block_at(pointer)[0].device)


runtime = types.SimpleNamespace(
    CUDARuntimeError=CUDARuntimeError,
    getDevice=_getDevice,
    getDeviceCount=_getDeviceCount,
    pointerGetAttributes=_pointerGetAttributes,
)


def is_available():
    return machine().devices > 0


class Device:
    def __init__(self, device=None):
        self.id = _getDevice() if device is None else int(device)

    def __int__(self):
        return self.id

    def __eq__(self, other):
        return isinstance(other, Device) and other.id == self.id

    def __hash__(self):
        return self.id

    def __enter__(self):
        machine().call()
        if not 0 <= self.id < machine().devices:
            raise CUDARuntimeError("cudaErrorInvalidDevice: invalid device ordinal")
        local = machine().local
        local.stack = (*getattr(local, "stack", ()), _getDevice())
        local.device = self.id
        return self

    def __exit__(self, *exc_info):
        local = machine().local
        *rest, local.device = local.stack
        local.stack = tuple(rest)

    def synchronize(self):
        host = machine()
        host.wait({stream: n for stream, n in host.clock.items() if stream[0] == self.id})


# ---- streams and events


class Stream:
    null = None

    def __init__(self, null=False, non_blocking=False):
        machine().call()
        self.device_id, self.ptr = -1, 0
        if not null:
            self.device_id = _getDevice()
            self.ptr = machine().next_stream = machine().next_stream + 1

    def identity(self):
        """Which stream of the machine it is: not a name of CuPy's."""
        if self.device_id not in (-1, _getDevice()):
            raise ValueError(f"a stream of device {self.device_id} while on {_getDevice()}")
        return _getDevice(), self.ptr

    def __eq__(self, other):
        return isinstance(other, Stream) and other.ptr == self.ptr

    def __hash__(self):
        return self.ptr

    def __enter__(self):
        _streams(self.identity()[0]).append(self)
        return self

    def __exit__(self, *exc_info):
        _streams(_getDevice()).pop()

    def record(self, event=None):
        event = Event() if event is None else event
        event.record(self)
        return event

    def wait_event(self, event):
        machine().call()
        with machine().lock:
            seen = machine().seen.setdefault(self.identity(), {})
            for stream, number in event.snapshot.items():
                seen[stream] = max(seen.get(stream, 0), number)

    def synchronize(self):
        machine().wait(machine().snapshot(self))


Stream.null = object.__new__(Stream)
Stream.null.device_id, Stream.null.ptr = -1, 0


def _streams(device):
    stacks = machine().local.__dict__.setdefault("streams", {})
    return stacks.setdefault(device, [Stream.null])


def get_current_stream(device_id=-1):
    return _streams(_getDevice() if device_id < 0 else device_id)[-1]


class Event:
    def __init__(self, block=False, disable_timing=False, interprocess=False):
        machine().call()
        self.device, self.snapshot = _getDevice(), {}

    def __del__(self):
        machine().call()  # as cudaEventDestroy would

    def record(self, stream=None):
        stream = get_current_stream() if stream is None else stream
        if stream.identity()[0] != self.device:
            raise ValueError(f"an event of device {self.device} on a stream of another")
        self.snapshot = machine().snapshot(stream)

    @property
    def done(self):
        machine().call()
        return all(machine().done[stream] >= n for stream, n in self.snapshot.items())

    def synchronize(self):
        machine().wait(self.snapshot)
