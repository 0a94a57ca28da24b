"""What your own stores can be tested with.

====================  ======================================================
`store.py`            `StoreContract`, which every store passes
`objects.py`          its half about objects: mapping, ranges, batches
`latency.py`          `LatencyStore`, as slow as a network
====================  ======================================================
"""

from zarr_c.testing.latency import LatencyStore
from zarr_c.testing.store import StoreContract

__all__ = ["LatencyStore", "StoreContract"]
