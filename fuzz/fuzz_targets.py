"""Every reader of data that we did not write, by name, as a function of any bytes.

A target raises if what happens may not: an error that is not one of ours, a part that is not
that part of the whole, an object outside of the store. `TARGETS` has what makes each.
"""

from functools import partial

from fuzz_chunks import ARRAYS, Chunks
from fuzz_documents import Consolidated, Document
from fuzz_stores import Archive, Keys, Nodes

TARGETS = {
    "zarr_json": partial(Document, "zarr.json", "v3"),
    "zarray": partial(Document, ".zarray", "v2"),
    "consolidated": Consolidated,
    "keys": Keys,
    "nodes": Nodes,
    "zip": Archive,
    **{name: partial(Chunks, name) for name in ARRAYS},
}
