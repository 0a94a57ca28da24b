"""What may come out of a reader of any bytes: a result, or an error of ours."""

import numpy as np

import zarr_c
from zarr_c.errors import BaseZarrError, DataTypeValidationError

# An import: of a codec whose library is not installed.
ALLOWED = (BaseZarrError, DataTypeValidationError, MemoryError, ImportError)

# No input needs as much; what asks for more is refused at once.
LIMITS = {"limits.chunk_bytes": 1 << 24, "limits.metadata_bytes": 1 << 20}


def limit():
    """Set limits that let no input take long; the result undoes it as a context."""
    return zarr_c.config.set(LIMITS)


def attempt(call):
    """What a call gives; None if it is refused as it may be."""
    try:
        return call()
    except ALLOWED:
        return None


def same(found, expected):
    """Whether two results are of one type and shape, and bit for bit the same."""
    found, expected = np.asarray(found), np.asarray(expected)
    if (found.dtype, found.shape) != (expected.dtype, expected.shape):
        return False
    if found.dtype.kind in "OT":
        return [bits(x) for x in found.flat] == [bits(x) for x in expected.flat]
    return found.tobytes() == expected.tobytes()


def bits(value):
    """What tells apart values of any type, such as two kinds of zero."""
    if isinstance(value, np.ndarray):
        return value.dtype, value.shape, value.tobytes()
    return type(value), repr(value)
