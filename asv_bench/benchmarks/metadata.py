"""Metadata: documents to objects, objects to the plan that reads and writes go by."""

import json

import zarr_c as zarr
from zarr_c.metadata import v2, v3

from .common import FORMATS, compressor


class Metadata:
    """An array of three axes, with attributes and a compressor."""

    params = (FORMATS,)
    param_names = ("format",)

    def setup(self, zarr_format):
        store = zarr.storage.MemoryStore()
        self.array = zarr.create_array(
            store,
            shape=(10_000, 720, 1440),
            chunks=(100, 90, 90),
            dtype="float32",
            attributes={"units": "K", "valid_range": [180.0, 330.0]},
            compressors=compressor("zstd", zarr_format),
            zarr_format=zarr_format,
        )
        names = {2: (".zarray", ".zattrs"), 3: ("zarr.json",)}[zarr_format]
        self.texts = [store[name] for name in names]
        self.documents = [json.loads(text) for text in self.texts]
        self.metadata = self.array.metadata

    def time_loads(self, *_):
        """What the JSON alone costs."""
        for text in self.texts:
            json.loads(text)

    def time_parse(self, zarr_format):
        if zarr_format == 2:
            v2.parse_array(*self.documents, ".zarray")
        else:
            v3.parse_array(*self.documents, "zarr.json")

    def time_document(self, zarr_format):
        if zarr_format == 2:
            v2.array_documents(self.metadata)
        else:
            v3.array_document(self.metadata)

    def time_plan(self, *_):
        """From parsed metadata to an array that can be read."""
        zarr.Array(self.array.store_path, self.metadata)

    def time_chunk_keys(self, *_):
        """12,800 keys."""
        key = self.array._plan.key
        for i in range(100):
            for j in range(8):
                for k in range(16):
                    key((i, j, k))
