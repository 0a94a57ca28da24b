"""What zarr-python calls experimental; the cache of stores is `zarr_c.storage.CacheStore`."""

from zarr_c.experimental.chunk_grid import ChunkGrid, ChunkSpec

__all__ = ["ChunkGrid", "ChunkSpec"]
