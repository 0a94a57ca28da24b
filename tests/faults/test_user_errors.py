"""Stores and codecs of users that raise, at each of their calls in turn: the error arrives."""

import copy
import gc
import weakref

import numpy as np
import pytest

import zarr_c
from zarr_c.codecs import BytesBytesCodec
from zarr_c.registry import register_codec
from zarr_c.storage.base import Store
from zarr_c.storage.mapping import MappingStore


class Stopped(BaseException):
    """What a program may raise to end itself."""


ERRORS = [ValueError, OSError, MemoryError, KeyError, KeyboardInterrupt, Stopped]


class Calls:
    """Counts calls, and raises at one of them, once."""

    def __init__(self):
        self.made, self.at, self.error = 0, None, None

    def raise_at(self, at, error):
        self.made, self.at, self.error = 0, at, error

    def call(self):
        self.made += 1
        if self.made - 1 == self.at:
            raise self.error


class UserStore(Store):
    """A dictionary, by the primitives that a store must have."""

    def __init__(self, files, calls):
        super().__init__()
        self.files, self.calls = files, calls

    def _get(self, key):
        self.calls.call()
        return self.files.get(key)

    def _set(self, key, value):
        self.calls.call()
        self.files[key] = value

    def _delete(self, key):
        self.calls.call()
        return self.files.pop(key, None) is not None

    def _list(self, prefix):
        self.calls.call()
        return MappingStore(self.files)._list(prefix)

    def _list_dir(self, prefix):
        self.calls.call()
        return MappingStore(self.files)._list_dir(prefix)

    def __str__(self):
        return "user"


class Inverted(BytesBytesCodec):
    """Every bit turned round, by a program that may fail."""

    name = "test.inverted"
    calls = Calls()

    def encode(self, data):
        self.calls.call()
        return ~np.frombuffer(data, "u1")

    decode = encode


@pytest.fixture(autouse=True, scope="module")
def registered():
    register_codec(Inverted.name, Inverted)


DATA = np.arange(1, 65, dtype="i4").reshape(8, 8)
CODEC = {"name": Inverted.name}
LAYOUTS = {
    "chunks": {"chunks": (4, 4)},
    "shards": {"chunks": (2, 4), "shards": (4, 8)},
}


def prepared(layout):
    """The objects of a group with an array that has elements."""
    files = {}
    root = zarr_c.create_group(UserStore(files, Calls()))
    array = root.create_array(
        "a", shape=DATA.shape, dtype="i4", compressors=[CODEC], **LAYOUTS[layout]
    )
    array[...] = DATA
    return files


def opened(store):
    return zarr_c.open_array(store, path="a", mode="r+")


WORKS = {
    "create": lambda store: zarr_c.create_array(
        store, name="b", data=DATA, chunks=(4, 4), compressors=[CODEC], overwrite=True
    ),
    "write": lambda store: opened(store).__setitem__(..., -DATA),
    "write a part": lambda store: opened(store).__setitem__((slice(1, 6), 3), 7),
    "write some": lambda store: opened(store).vindex.__setitem__(([1, 7], [2, 5]), 9),
    "fill": lambda store: opened(store).__setitem__(..., 0),
    "shrink": lambda store: opened(store).resize((3, 8)),
    "append": lambda store: opened(store).append(DATA),
    "attributes": lambda store: opened(store).attrs.update(x=1),
    "delete": lambda store: zarr_c.open_group(store).__delitem__("a"),
    "copy": lambda store: zarr_c.copy(
        opened(store), zarr_c.open_group(store, mode="r+"), name="c", if_exists="replace"
    ),
    "consolidate": lambda store: zarr_c.consolidate_metadata(store),
    "read": lambda store: opened(store)[...],
    "read a part": lambda store: opened(store)[1:6, 3],
    "list": lambda store: list(zarr_c.open_group(store).members(max_depth=None)),
}


def causes(error):
    while error is not None:
        yield error
        error = error.__cause__


def attempt(work, store, calls, at, error):
    """Do a work during which a call fails; False if it makes fewer calls."""
    calls.raise_at(at, error)
    raised = None
    try:
        work(store)
    except BaseException as caught:
        raised = caught
    reached = calls.made > at
    calls.raise_at(None, None)
    if isinstance(error, Exception):
        assert not reached or error in causes(raised), f"{raised!r} instead of {error!r}"
    else:
        assert not reached or raised is error, f"{raised!r} instead of {error!r}"
    return reached


@pytest.fixture(params=[1, 2], ids=["one thread", "two threads"])
def threads(request):
    with zarr_c.config.set({"threads": request.param}):
        yield


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("name", WORKS)
def test_a_store_that_raises(name, layout, threads):
    work, before = WORKS[name], prepared(layout)
    after = copy.deepcopy(before)
    work(UserStore(after, Calls()))
    calls = Calls()
    for at in range(1000):
        files = dict(before)
        store = UserStore(files, calls)
        if not attempt(work, store, calls, at, ERRORS[at % len(ERRORS)]("planted")):
            break
        for key, value in files.items():
            assert value in (before.get(key), after.get(key)), key
        if name == "delete":
            if "a/zarr.json" not in files:
                continue  # the rest of it is no node any more
            assert (opened(store)[...] == DATA).all(), "a node that is there has lost chunks"
        work(store)  # again, over what is left of it
        if name not in ("append", "shrink", "delete", "copy"):
            assert files == after
    assert at > 0


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("name", ["create", "write", "write a part", "read", "read a part"])
def test_a_codec_that_raises(name, layout, threads):
    work, before = WORKS[name], prepared(layout)
    after = copy.deepcopy(before)
    work(UserStore(after, Calls()))
    for at in range(1000):
        files = dict(before)
        store = UserStore(files, Calls())
        error = ERRORS[at % len(ERRORS)]("planted")
        if not attempt(work, store, Inverted.calls, at, error):
            break
        for key, value in files.items():
            assert value in (before.get(key), after.get(key)), key
        work(store)
        assert files == after
    assert at > 0


def test_no_error_is_held_on_to(threads):
    """Nor what its frames refer to."""
    files = prepared("shards")
    for calls in (Calls(), Inverted.calls):
        for at in range(2):
            error = Stopped("planted")
            kept = weakref.ref(error)
            assert attempt(WORKS["read"], UserStore(files, calls), calls, at, error)
            del error
            gc.collect()
            assert kept() is None


@pytest.mark.parametrize("zarr_format", [2, 3])
@pytest.mark.parametrize("kind", ["array", "group"])
def test_a_node_that_is_there_is_whole(kind, zarr_format):
    """Wherever making it was cut short, it has its attributes or is not there."""
    calls, seen = Calls(), []
    options = {"attributes": {"x": 1}, "zarr_format": zarr_format}
    if kind == "array":
        options |= {"shape": 4, "dtype": "i4"}
    for at in range(100):
        store = UserStore({}, calls)
        reached = attempt(
            lambda store: getattr(zarr_c, f"create_{kind}")(store, **options),
            store, calls, at, Stopped("planted"),
        )  # fmt: skip
        try:
            seen.append(dict(zarr_c.open(store, mode="r").attrs))
        except FileNotFoundError:
            seen.append(None)
        if not reached:
            break
    assert seen[0] is None
    assert seen[-1] == {"x": 1}
    assert {} not in seen
