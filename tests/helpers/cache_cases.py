"""What the tests of caches share: stores that tell of requests, or wait in them."""

import threading

from zarr_c.storage import WrapperStore


class Counting(WrapperStore):
    """Notes what it is asked for."""

    def __init__(self, store):
        super().__init__(store)
        self.asked = []

    def get(self, key, default=None, *, byte_range=None):
        self.asked.append(key)
        return super().get(key, default, byte_range=byte_range)


class Overtaken(WrapperStore):
    """Holds back what it has read until `written` is set; `reading` says that it has."""

    def __init__(self, store, reading=None, written=None):
        super().__init__(store)
        self.reading = reading or threading.Event()
        self.written = written or threading.Event()

    def get(self, key, default=None, *, byte_range=None):
        value = super().get(key, default, byte_range=byte_range)
        self.reading.set()
        self.written.wait(10)
        return value
