"""What your own stores can be tested with.

====================  ======================================================
`store.py`            `StoreContract`, which every store passes
`objects.py`          its half about objects: mapping, ranges, batches
====================  ======================================================
"""

from zarr_c.testing.store import StoreContract

__all__ = ["StoreContract"]
