"""The values that the rows of ``compare.py`` store."""

import numpy as np
from rows import STEPS


def field(shape):
    """Smooth waves with noise of 0.1 % and 14 significant bits below one.

    zstd 3 shrinks it to two thirds, as it does the output of a simulation in single precision.
    """
    axes = np.ix_(*(np.linspace(0, 6, n, dtype=np.float32) for n in shape))
    waves = sum(np.sin(axis * (3 + i)) for i, axis in enumerate(axes))
    noise = np.random.default_rng(1).standard_normal(shape, np.float32)
    return np.round((waves + 1e-3 * noise) * 2**14).astype(np.float32) / 2**14


def image(shape):
    """Smooth bytes with noise of one grey level, as a microscope gives them."""
    axes = np.ix_(*(np.linspace(0, 6, n, dtype=np.float32) for n in shape))
    waves = sum(np.sin(axis * (3 + i)) for i, axis in enumerate(axes)) / len(shape)
    noise = np.random.default_rng(1).standard_normal(shape, np.float32)
    return np.clip(np.round(128 + 90 * waves + noise), 0, 255).astype(np.uint8)


def ramp(shape):
    """The array of zarr_benchmarks: ``(k + j * j // 32 + i ** 3) % 65536``."""
    i, j, k = np.ix_(*(np.arange(n, dtype=np.uint64) for n in shape))
    return (k % 65536 + j * j // 32 % 65536).astype(np.uint16) + (i**3).astype(np.uint16)


def names(shape):
    """Names of stations: 4 to 32 characters, every tenth of them not ASCII."""
    numbers = np.random.default_rng(2).integers(0, 2**31, shape)
    values = numbers.ravel().tolist()
    found = [f"st{'å' * (n % 10 == 0)}{n:x}{'-north' * (n % 5)}" for n in values]
    return np.array(found, np.dtypes.StringDType()).reshape(shape)


def values(row):
    """What belongs into the array of `row`."""
    shape = (STEPS, *row.shape[1:]) if row.shape[0] == 0 else row.shape
    return {"float32": field, "uint8": image, "uint16": ramp, "string": names}[row.dtype](shape)
