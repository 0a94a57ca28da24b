"""What your own stores can be tested with.

====================  ======================================================
`store.py`            `StoreContract`, which every store passes
`objects.py`          its half about objects: mapping, ranges, batches
`latency.py`          `LatencyStore`, as slow as a network
====================  ======================================================
"""

from typing import Any

from zarr_c.buffer.base import Buffer
from zarr_c.testing.latency import LatencyStore
from zarr_c.testing.store import StoreContract

__all__ = ["LatencyStore", "StoreContract", "assert_bytes_equal"]


def assert_bytes_equal(b1: Any, b2: Any) -> None:
    """Assert that two objects hold the same bytes.

    Parameters
    ----------
    b1, b2 : zarr_c.abc.buffer.Buffer, bytes-like or None
    """
    b1, b2 = (b.as_numpy_array() if isinstance(b, Buffer) else b for b in (b1, b2))
    assert (b1 is None) == (b2 is None)
    assert b1 is None or bytes(b1) == bytes(b2)
