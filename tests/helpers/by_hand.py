"""Arrays laid out by hand, byte for byte, and what zarr_c and zarr-python make of them."""

import json

import numpy as np
import zarr
from zarr.core.buffer import cpu

import zarr_c
from zarr_c.storage import MemoryStore

DATA = np.arange(6, dtype="<i2").reshape(2, 3)
LITTLE = {"name": "bytes", "configuration": {"endian": "little"}}


def v3(data=DATA, chunks=None, **changes):
    """The document of an array of v3 that is stored as it is."""
    shape = list(data.shape)
    document = {
        "zarr_format": 3,
        "node_type": "array",
        "shape": shape,
        "data_type": data.dtype.name,
        "chunk_grid": {
            "name": "regular",
            "configuration": {"chunk_shape": shape if chunks is None else chunks},
        },
        "chunk_key_encoding": {"name": "default", "configuration": {"separator": "/"}},
        "fill_value": 0,
        "codecs": [LITTLE],
    }
    return document | changes


def v2(data=DATA, chunks=None, **changes):
    """The document of an array of v2 that is stored as it is."""
    shape = list(data.shape)
    document = {
        "zarr_format": 2,
        "shape": shape,
        "chunks": shape if chunks is None else chunks,
        "dtype": data.dtype.str,
        "compressor": None,
        "filters": None,
        "fill_value": 0,
        "order": "C",
    }
    return document | changes


def store(document, **chunks):
    """A store of a document and of chunks, in whose keys underscores stand for slashes."""
    name = "zarr.json" if document["zarr_format"] == 3 else ".zarray"
    return MemoryStore(
        {name: json.dumps(document).encode()}
        | {key.replace("_", "/"): value for key, value in chunks.items()}
    )


def opened(document, **chunks):
    """The array that zarr_c finds in such a store."""
    return zarr_c.open_array(store(document, **chunks), mode="r")


def by_zarr_python(document, **chunks):
    """The same by zarr-python."""
    ours = store(document, **chunks)
    theirs = {key: cpu.Buffer.from_bytes(bytes(ours[key])) for key in ours}
    return zarr.open_array(zarr.storage.MemoryStore(theirs), mode="r")


def without(document, *names):
    """A document that lacks some fields."""
    return {name: document[name] for name in document if name not in names}


RAW = DATA.tobytes()
