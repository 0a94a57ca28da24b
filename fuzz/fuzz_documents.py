"""Metadata: any bytes in the place of a document."""

import random
from pathlib import Path

from fuzz_rules import attempt, same
from mutations import change_document

import zarr_c
from zarr_c.storage import MemoryStore

GOLDEN = Path(__file__).parents[1] / "tests" / "golden"
MOST_BYTES = 1 << 20  # of an array that is read as a whole


class Document:
    """Opens the array or group of a document, reads elements, and changes its attributes."""

    def __init__(self, key, golden):
        self.key = key
        self.documents = sorted(
            {path.read_bytes() for path in GOLDEN.glob(f"{golden}/*/{key}")}
        )

    def seeds(self):
        return self.documents

    def mutate(self, data, seed):
        """The document with other values somewhere; it stays JSON."""
        return change_document(random.Random(seed), data)

    def __call__(self, data):
        store = MemoryStore({self.key: data})
        node = attempt(lambda: zarr_c.open(store, mode="r+"))
        problems = zarr_c.validate(store)
        if node is None:
            assert problems, "refused without a problem"
            return
        if isinstance(node, zarr_c.Array):
            read(node)
        before = node.metadata.to_dict()
        if attempt(lambda: node.attrs.update(fuzz=1)) is None and "fuzz" not in node.attrs:
            return
        after = zarr_c.open(store, mode="r").metadata.to_dict()
        assert repr(before | {"attributes": None}) == repr(after | {"attributes": None})


def read(array):
    for selection in ((0,) * array.ndim, (-1,) * array.ndim):
        if array.size:
            attempt(lambda selection=selection: array[selection])
    if array.nbytes < MOST_BYTES and max(array.shape, default=0) < 2**31:  # NumPy's own limit
        attempt(lambda: array[...])


class Consolidated:
    """Walks a group whose consolidated metadata are the input; the first byte says which."""

    KEYS = ("zarr.json", ".zmetadata")

    def seeds(self):
        for i, zarr_format in enumerate((3, 2)):
            store = MemoryStore()
            root = zarr_c.create_group(store, zarr_format=zarr_format)
            root.create_group("a/b", attributes={"x": 1})
            root.create_array("a/c", shape=(4, 4), chunks=(2, 2), dtype="i2")
            root.create_array("d", shape=(3,), dtype="f4", fill_value=float("nan"))
            zarr_c.consolidate_metadata(store)
            yield bytes([i]) + bytes(store[self.KEYS[i]])

    def mutate(self, data, seed):
        return data[:1] + change_document(random.Random(seed), data[1:])

    def __call__(self, data):
        key = self.KEYS[data[0] % 2 if data else 0]
        store = MemoryStore({key: data[1:]})
        if key == ".zmetadata":
            store[".zgroup"] = b'{"zarr_format": 2}'
        zarr_c.validate(store, recursive=True)
        group = attempt(lambda: zarr_c.open_group(store, mode="r"))
        if group is None:
            return
        members = attempt(lambda: group.members(max_depth=None))
        for path, node in members or ():
            assert node.path == path, (node.path, path)
            found = attempt(lambda path=path: group[path])
            assert found is None or same(repr(found), repr(node)), (found, node)
            if isinstance(node, zarr_c.Array):
                read(node)
