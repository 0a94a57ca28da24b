"""Bytes and arrays in the memory of the host (`cpu`) or of a GPU (`gpu`)."""

from zarr_c.buffer import cpu, gpu
from zarr_c.buffer.registered import default_buffer_prototype

__all__ = ["cpu", "default_buffer_prototype", "gpu"]
