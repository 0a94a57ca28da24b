"""The functions of the package by module, as zarr-python has them.

`zarr_c.api.synchronous` holds what `zarr_c` itself does.
"""
