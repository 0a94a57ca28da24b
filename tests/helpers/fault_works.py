"""Changes of a hierarchy in files that are to be interrupted, and what may be there afterwards.

A work has something to start from and a change. Whatever happens during the change, every
object must afterwards be what it was or what the change makes of it. Both are known: all works
write the same bytes each time.
"""

import os
import shutil
from pathlib import Path

import numpy as np

import zarr_c
from zarr_c.storage import LocalStore

DATA = np.arange(64 * 64, dtype="int32").reshape(64, 64)
SHARDED = {"chunks": (16, 16), "shards": (32, 32)}


def nothing(store):
    """Start from an absent directory."""


def array(**settings):
    settings = {"chunks": (32, 32)} | settings
    return lambda store: zarr_c.create_array(store, name="a", data=DATA, **settings)


def hierarchy(store):
    group = zarr_c.create_group(store, attributes={"made": "first"})
    for name in ("x", "y/z"):
        group.create_array(name, data=DATA, chunks=(32, 64))
    zarr_c.consolidate_metadata(store)


def opened(change):
    return lambda store: change(zarr_c.open_array(store, path="a", mode="r+"))


def write(selection, value):
    return opened(lambda a: a.set_basic_selection(selection, value))


def set_attributes(store):
    zarr_c.open_group(store, mode="r+", use_consolidated=False).attrs.update(
        {"step": 7, "text": "x" * 5000}
    )


def add_members(store):
    group = zarr_c.open_group(store, mode="r+", use_consolidated=False)
    group.require_group("new/deep").require_array(
        "w", shape=DATA.shape, chunks=(64, 16), dtype="int32"
    )[:] = DATA
    zarr_c.consolidate_metadata(store)


def delete_member(store):
    group = zarr_c.open_group(store, mode="r+", use_consolidated=False)
    if "y" in group:
        del group["y"]


PART = (slice(5, 60), slice(10, 50))
WORKS = {
    "create v3": (nothing, lambda store: array(overwrite=True)(store)),
    "create v2": (nothing, lambda store: array(overwrite=True, zarr_format=2)(store)),
    "create shards": (nothing, lambda store: array(overwrite=True, **SHARDED)(store)),
    "whole chunks": (array(), write(..., DATA + 1)),
    "raw chunks": (array(compressors=None), write(..., DATA + 1)),
    "parts": (array(), write(PART, -7)),
    "parts of shards": (array(**SHARDED), write(PART, -7)),
    "fill values": (array(), write(slice(0, 40), 0)),
    "longer": (array(), opened(lambda a: a.resize((100, 70)))),
    "shorter": (array(), opened(lambda a: a.resize((40, 64)))),
    "appended": (array(), opened(lambda a: a.shape[0] == 64 and a.append(DATA[:40]))),
    "attributes": (hierarchy, set_attributes),
    "members": (hierarchy, add_members),
    "deleted": (hierarchy, delete_member),
}

# each object, or inner chunk, ends with a checksum
CHECKED = {"compressors": [{"name": "zstd"}, {"name": "crc32c"}]}
CHECKED_WORKS = {
    "checked chunks": (array(**CHECKED), write(..., DATA + 1)),
    "checked parts": (array(**CHECKED), write(PART, -7)),
    "checked shards": (array(**CHECKED, **SHARDED), write(PART, -7)),
    "checked, shorter": (array(**CHECKED), opened(lambda a: a.resize((40, 64)))),
    "checked, new": (nothing, lambda store: array(**CHECKED, overwrite=True)(store)),
}


class Case:
    """One work on stores below `folder`, whose contents before and after it are known."""

    def __init__(self, name, durability, folder):
        self.name = name
        self.prepare, self.change = (WORKS | CHECKED_WORKS)[name]
        self.durability, self.folder = durability, Path(folder)
        self.start = self.folder / "start"
        self.prepare(self.store(self.start))
        self.old = self.content(self.start)
        done = self.fresh("done")
        self.change(self.store(done))
        self.new = self.content(done)
        assert self.new != self.old

    def store(self, path):
        return LocalStore(path, durability=self.durability)

    def fresh(self, name):
        """A copy of what the change starts from."""
        path = self.folder / name
        shutil.rmtree(path, ignore_errors=True)
        if self.start.exists():
            shutil.copytree(self.start, path)
        return path

    def content(self, path):
        return dict(LocalStore(path).items())

    def files(self, path):
        """The keys of all files, temporary ones too."""
        return {
            os.path.relpath(os.path.join(folder, name), path)
            for folder, _, names in os.walk(path)
            for name in names
        }

    def check(self, path, swept):
        """Every object is the old or the new one; the change can be made again, or ended."""
        found = self.content(path)
        assert found.keys() <= self.old.keys() | self.new.keys(), found.keys()
        for key in self.old.keys() | self.new.keys():
            assert found.get(key) in (self.old.get(key), self.new.get(key)), key
        if swept and path.exists():
            LocalStore(path).sweep(0)
        assert self.files(path) == found.keys()
        self.change(self.store(path))
        again = self.content(path)
        # The shape is set before rows are appended, so it does not say whether they were.
        assert again == self.new or (
            self.name == "appended" and again.keys() <= self.new.keys()
        )
        assert self.files(path) == again.keys()
