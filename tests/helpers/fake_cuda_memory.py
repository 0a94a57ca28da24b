"""Memory for the stand-in of CuPy.

It is taken again as CuPy's pool does it, on the stream that it was first taken on, so that
giving memory back too early is a race.
"""

import types

import numpy as np
from fake_cuda import Device, get_current_stream, machine

_ALIGNMENT = 512


class OutOfMemoryError(MemoryError):
    """The pool has reached its limit."""


class Block:
    """Memory that CUDA has given to the pool."""

    def __init__(self, size, device):
        with machine().lock:
            self.pointer = machine().next_pointer
            machine().next_pointer += size + _ALIGNMENT
            machine().blocks[self.pointer] = self
        self.bytes = np.full(size, 0xA5, np.uint8)
        self.device = device
        self.written, self.read = None, {}

    def __repr__(self):
        return f"<block {self.pointer:#x} of {self.bytes.size} bytes>"


class Memory:
    """Memory out of a pool, to which it returns."""

    def __init__(self, block, arena):
        self.block, self.arena = block, arena

    def __del__(self):
        self.block.bytes[:] = 0xA5
        self.arena.append(self.block)


class UnownedMemory:
    """Memory of somebody else."""

    def __init__(self, block, owner):
        self.block, self.owner = block, owner


class MemoryPointer:
    def __init__(self, mem, offset):
        self.mem = mem
        self.offset = offset

    @property
    def ptr(self):
        return self.mem.block.pointer + self.offset

    @property
    def device(self):
        return Device(self.mem.block.device)

    @property
    def bytes(self):
        """The memory from here on: not a name of CuPy's."""
        return self.mem.block.bytes[self.offset :]

    def copy_from_device_async(self, src, size, stream=None):
        if size:
            stream = get_current_stream() if stream is None else stream
            machine().queue(stream, [src.mem.block], [self.mem.block])
            self.bytes[:size] = src.bytes[:size]
            machine().count("d2d", size)


class Pool:
    """The pool of one device."""

    def __init__(self):
        self.limit = self.total = 0
        self.arenas = {}

    def malloc(self, nbytes):
        size = -(-nbytes // _ALIGNMENT) * _ALIGNMENT
        with machine().lock:
            device, stream = get_current_stream().identity()
            arena = self.arenas.setdefault((device, stream, size), [])
            if arena:
                return Memory(arena.pop(), arena)
            if self.limit and self.total + size > self.limit:
                raise OutOfMemoryError(f"Out of memory allocating {size:,} bytes")
            self.total += size
            return Memory(Block(size, device), arena)


class MemoryPool:
    """The pools of all devices, of which it acts on the current one's."""

    def _pool(self):
        machine().call()
        return machine().pools.setdefault(Device().id, Pool())

    def malloc(self, size):
        return MemoryPointer(self._pool().malloc(size), 0)

    def free_all_blocks(self, stream=None):
        pool = self._pool()
        with machine().lock:
            machine().frees += 1
            Device().synchronize()  # as cudaFree does
            for (_, _, size), arena in pool.arenas.items():
                pool.total -= size * len(arena)
                arena.clear()

    def total_bytes(self):
        return self._pool().total

    def set_limit(self, size=None, fraction=None):
        self._pool().limit = size


memory = types.SimpleNamespace(OutOfMemoryError=OutOfMemoryError)
