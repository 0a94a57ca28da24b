"""Hierarchies that the tests of consolidated metadata and conversion share."""

PATHS = ["a", "a/x", "b", "b/c", "b/c/y", "s"]
"""What `fill` makes."""


def fill(root):
    """Make arrays and groups, the same with either library."""
    root.create_array("s", shape=(3,), dtype="i2", attributes={"k": 2})
    root.create_group("a")
    root.create_array("a/x", shape=(3, 4), dtype="f8")
    root.create_group("b")
    root.create_group("b/c")
    root.create_array("b/c/y", shape=(), dtype="u1")


def walk(group):
    """The paths of all members."""
    return sorted(path for path, _ in group.members(max_depth=None))


def chunks_of(mapping):
    """The objects of a mapping that are no documents."""
    names = ("zarr.json", ".zarray", ".zgroup", ".zattrs", ".zmetadata")
    return {key: bytes(data) for key, data in mapping.items() if not key.endswith(names)}


def documents_of(mapping):
    """The keys of the documents in a mapping."""
    return mapping.keys() - chunks_of(mapping).keys()
