"""CuPy where it can work, and device arrays of every kind for tests on it and its stand-in."""

import importlib

import numpy as np


def real_cupy():
    """CuPy where it has a device to work on, None elsewhere."""
    try:
        cupy = importlib.import_module("cupy")
    except ImportError:
        return None
    return cupy if cupy.cuda.is_available() else None


class InterfaceOnly:
    """An array of another library that speaks the CUDA array interface."""

    def __init__(self, array, read_only=False):
        self.array, self.read_only = array, read_only

    @property
    def __cuda_array_interface__(self):
        facts = self.array.__cuda_array_interface__
        return facts | {"data": (facts["data"][0], self.read_only)}


class DlpackOnly:
    """An array of another library that speaks DLPack."""

    def __init__(self, array):
        self.array = array

    def __dlpack__(self, **kwargs):
        return self.array.__dlpack__(**kwargs)

    def __dlpack_device__(self):
        return self.array.__dlpack_device__()


def layouts(cupy, shape, dtype):
    """Arrays of one shape, with every kind of strides; by name."""
    twice = tuple(2 * n for n in shape)
    every_other = tuple(slice(None, None, 2) for _ in shape)
    backwards = tuple(slice(None, None, -1) for _ in shape)
    return {
        "C": cupy.empty(shape, dtype),
        "F": cupy.empty(shape, dtype, order="F"),
        "strided": cupy.empty(twice, dtype)[every_other],
        "backwards": cupy.empty(shape, dtype)[backwards],
        "transposed": cupy.empty(shape[::-1], dtype).transpose(),
    }


def same_bits(a, b):
    """Whether two NumPy arrays are equal to the last bit."""
    return a.dtype == b.dtype and a.shape == b.shape and a.tobytes() == b.tobytes()


def some(shape, dtype, seed=0):
    """An array of random bits."""
    dtype = np.dtype(dtype)
    raw = np.random.default_rng(seed).bytes(int(np.prod(shape, dtype=int)) * dtype.itemsize)
    if dtype.kind == "b":
        return (np.frombuffer(raw, "u1") % 2).astype(bool).reshape(shape)
    return np.frombuffer(raw, dtype).reshape(shape)
