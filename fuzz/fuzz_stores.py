"""Names and archives: any string as a key, any bytes as a ZIP file."""

import io
import os
import tempfile
import zipfile
from contextlib import suppress
from pathlib import Path

from fuzz_rules import attempt

import zarr_c
from zarr_c.errors import BaseZarrError
from zarr_c.storage import LocalStore, MappingStore, MemoryStore, ZipStore

VALUE = b"value"


class Keys:
    """Stores an object under a key: there and nowhere else, or not at all."""

    def __init__(self):
        memory = "/dev/shm" if os.path.isdir("/dev/shm") else None
        self.around = tempfile.TemporaryDirectory(prefix="fuzz-keys-", dir=memory)
        self.root = Path(self.around.name, "inside", "store")
        self.root.mkdir(parents=True)
        self.stores = (MemoryStore(), MappingStore({}), LocalStore(self.root))

    def seeds(self):
        texts = ["zarr.json", "a/b/c/0/0", "../x", "/etc/x", "a//b", "a\\b", "C:\\x", ".zgroup"]
        return [text.encode() for text in texts]

    def __call__(self, data):
        key = data.decode("utf-8", "surrogateescape")
        for store in self.stores:
            self.check(store, key)
        assert os.listdir(self.around.name) == ["inside"]
        assert os.listdir(self.root.parent) == ["store"]

    def check(self, store, key):
        try:
            store[key] = VALUE
        except (BaseZarrError, OSError):  # such as a name that is too long for the disk
            assert list(store) == [], (store, "something of what was refused")
            return
        listed = list(store)
        assert len(listed) == 1, (store, listed)
        for name in (key, listed[0]):
            assert bytes(store[name]) == VALUE, (store, name)
            assert name in store, (store, name)
        del store[key]
        assert list(store) == [], (store, listed)
        store.clear()  # of directories


class Nodes:
    """Makes an array of some name in a group: it is found by that name, or refused."""

    def seeds(self):
        return [b"a", b"a/b", b"..", b"__x", b"zarr.json", "é".encode(), b"c/0", b"a b"]

    def __call__(self, data):
        name = data.decode("utf-8", "surrogateescape")
        for zarr_format in (2, 3):
            store = MemoryStore()
            root = zarr_c.create_group(store, zarr_format=zarr_format)
            try:
                made = root.create_array(name, shape=(2,), dtype="i1")
            except ValueError:
                assert root.nmembers(max_depth=None) == 0, "something of what was refused"
                continue
            made[...] = (1, 2)
            arrays = [node for _, node in root.members(max_depth=None) if node != root]
            arrays = [node for node in arrays if isinstance(node, zarr_c.Array)]
            assert [node.path for node in arrays] == [made.path]
            assert root[name][1] == root[made.path][1] == 2
            del root[name]
            assert name not in root


class Archive:
    """Reads an archive, compares with `zipfile`, and adds to it."""

    def seeds(self):
        for method in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_LZMA):
            file = io.BytesIO()
            with zipfile.ZipFile(file, "w", method) as archive:
                archive.writestr("zarr.json", b"{}")
                archive.writestr("c/é", bytes(70))
            yield file.getvalue()
        file = io.BytesIO()
        with ZipStore(file, "w") as store:
            store["a"] = b"1"
            store["a"] = b"2"
        yield file.getvalue()

    def __call__(self, data):
        objects = attempt(lambda: self.read(data))
        if objects is None:
            return
        for key, value in self.elsewhere(data).items():
            if objects.get(key) is not None:
                assert objects[key] == value, f"{key!r} is otherwise elsewhere"
        file = io.BytesIO(data)
        if attempt(lambda: self.add(file)) is None:
            return
        assert self.read(file.getvalue()) == objects | {"fuzz/added": VALUE}

    @staticmethod
    def read(data):
        """Every object by its key; None for what is damaged."""
        with ZipStore(io.BytesIO(data), "r") as store:
            return {key: attempt(lambda key=key: bytes(store[key])) for key in store}

    @staticmethod
    def add(file):
        with ZipStore(file, "a") as store:
            store["fuzz/added"] = VALUE
        return True

    @staticmethod
    def elsewhere(data):
        """What `zipfile` reads of it."""
        found = {}
        with suppress(Exception):  # it has no errors of its own for what is damaged
            archive = zipfile.ZipFile(io.BytesIO(data))
            for name in set(archive.namelist()):
                if archive.getinfo(name).file_size < 1 << 20:
                    with suppress(Exception):
                        found[name] = archive.read(name)
        return found
