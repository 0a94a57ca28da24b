"""`zarr_c.storage.CacheStore` under the name that zarr-python gives it."""

from zarr_c.storage.cache import CacheStore

__all__ = ["CacheStore"]
