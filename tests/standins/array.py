"""An Array that holds its data in memory beside its store, for builds without the compiled one.

Only what groups and the functions of the API need from an array.
"""

import numpy as np

# The package imports this module, so this module imports from the package only when called.


class Array:
    def __init__(self, store_path, metadata, config=None):
        self.store_path = store_path
        self.metadata = metadata
        self.config = config

    shape = property(lambda self: self.metadata.shape)
    ndim = property(lambda self: len(self.shape))
    chunks = property(lambda self: self.metadata.chunk_shape)
    dtype = property(lambda self: self.metadata.data_type.dtype)
    path = property(lambda self: self.store_path.path)
    name = property(lambda self: "/" + self.path)
    basename = property(lambda self: self.path.rpartition("/")[2])
    store = property(lambda self: self.store_path.store)
    read_only = property(lambda self: self.store_path.read_only)
    order = property(lambda self: self.config.order)

    @property
    def attrs(self):
        from zarr_c.attributes import Attributes

        return Attributes(self)

    def _set_attributes(self, attributes):
        from dataclasses import replace

        self.metadata = replace(self.metadata, attributes=attributes)

    def update_attributes(self, new_attributes):
        self.attrs.update(new_attributes)
        return self

    def _whole(self):
        raw = self.store.get(self.store_path.key("standin"))
        if raw is not None:
            return np.frombuffer(raw, self.dtype).reshape(self.shape).copy()
        fill = self.metadata.fill_value or bytes(self.dtype.itemsize)
        return np.full(self.shape, np.frombuffer(fill, self.dtype)[0])

    def __getitem__(self, selection):
        return self._whole()[selection]

    def __setitem__(self, selection, value):
        whole = self._whole()
        whole[selection] = value
        self.store[self.store_path.key("standin")] = whole.tobytes()

    def __eq__(self, other):
        return (self.store_path, self.metadata) == (other.store_path, other.metadata)

    __hash__ = None

    def __repr__(self):
        return f"<Array {self.store_path} shape={self.shape} dtype={self.dtype}>"
