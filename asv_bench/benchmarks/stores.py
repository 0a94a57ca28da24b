"""What a store costs by itself: verbs, and reading an array of many small chunks through it."""

import logging
import shutil
from importlib.util import find_spec

import numpy as np

import zarr_c
from zarr_c.storage import (
    CacheStore,
    LocalStore,
    LoggingStore,
    MappingStore,
    MemoryStore,
    WrapperStore,
)

from .common import temporary_folder

KEYS = [f"c/{i // 32}/{i % 32}" for i in range(1000)]
VALUE = np.random.default_rng(1).bytes(4096)


def by_obstore(folder):
    from obstore.store import MemoryStore as Memory

    return zarr_c.storage.ObjectStore(Memory())


def logging_on(folder):
    log = logging.getLogger("zarr_c-asv")
    log.setLevel(logging.INFO)
    log.propagate = False
    log.addHandler(logging.NullHandler())
    return LoggingStore(LocalStore(folder), log)


STORES = {
    "local": LocalStore,
    "memory": lambda folder: MemoryStore(),
    "mapping": lambda folder: MappingStore({}),
    "wrapped": lambda folder: WrapperStore(LocalStore(folder)),
    "logging-off": lambda folder: LoggingStore(LocalStore(folder), log_level=logging.DEBUG),
    "logging-on": logging_on,
    "cached": lambda folder: CacheStore(MemoryStore(), cache_store=folder),
    "obstore-memory": by_obstore,
}


class Stores:
    """A store with 1,000 objects of 4 KiB and an array of 1,024 chunks of 4 KiB."""

    params = tuple(STORES)
    param_names = ("store",)

    def setup(self, store):
        if store == "obstore-memory" and find_spec("obstore") is None:
            raise NotImplementedError  # asv then leaves it out
        self.folder = temporary_folder()
        self.store = STORES[store](self.folder)
        self.store.set_many(dict.fromkeys(KEYS, VALUE))
        data = np.arange(1 << 20, dtype="f4").reshape(1024, 1024)
        self.array = zarr_c.create_array(
            self.store, name="a", data=data, chunks=(32, 32), compressors=None
        )

    def teardown(self, store):
        shutil.rmtree(self.folder, ignore_errors=True)

    def time_get(self, store):
        for key in KEYS:
            self.store[key]

    def time_set(self, store):
        for key in KEYS:
            self.store[key] = VALUE

    def time_get_many(self, store):
        self.store.get_many(KEYS)

    def time_list(self, store):
        self.store.list()

    def time_read_array(self, store):
        self.array[...]

    def time_one_element(self, store):
        self.array[500, 500]
