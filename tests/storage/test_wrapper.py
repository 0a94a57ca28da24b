"""One overridden verb is on every path; what is not overridden costs nothing."""

import asyncio
import pickle
from time import perf_counter

import fsspec
import numpy as np
import pytest

import zarr_c
from zarr_c.storage import (
    CacheStore,
    FsspecStore,
    LocalStore,
    LoggingStore,
    MappingStore,
    MemoryStore,
    WrapperStore,
)
from zarr_c.storage.wrapper import INSTEAD
from zarr_c.testing import LatencyStore

DATA = np.arange(100, dtype="i4").reshape(10, 10)


class Upper(WrapperStore):
    """Stores bytes inverted, and gives them back as they were."""

    def get(self, key, default=None, *, byte_range=None):
        value = super().get(key, byte_range=byte_range)
        return default if value is None else bytes(255 - b for b in value)

    def set(self, key, value):
        super().set(key, bytes(255 - b for b in bytes(value)))

    def set_if_not_exists(self, key, value):
        return super().set_if_not_exists(key, bytes(255 - b for b in bytes(value)))


class Inverted:
    """To be mixed in: the same for classes that override only what they must."""

    def get(self, key, default=None, *, byte_range=None):
        value = super().get(key, byte_range=byte_range)
        return default if value is None else bytes(255 - b for b in value)

    def set(self, key, value):
        super().set(key, bytes(255 - b for b in bytes(value)))


class Leveled(WrapperStore):
    """Has an argument that an equal store would need."""

    def __init__(self, store, level=1):
        super().__init__(store)
        self.level = level


def recording(verb):
    """A wrapper that overrides one verb and notes the keys it was asked for."""

    class Recording(WrapperStore):
        def __init__(self, store):
            super().__init__(store)
            self.asked = []

    def method(self, *args, **kwargs):
        self.asked.append(args[0] if args else "")
        return getattr(WrapperStore, verb)(self, *args, **kwargs)

    setattr(Recording, verb, method)
    return Recording


def array_in(store):
    return zarr_c.create_array(store, name="x", data=DATA, chunks=(5, 5))


PATHS = {
    "get": [
        lambda s: s["a/b"],
        lambda s: s.get("a/b"),
        lambda s: s.get_many(["a/b", "c"]),
        lambda s: s.get_range("a/b", 1, 2),
        lambda s: s.get_ranges("a/b", [(0, 1), (3, 1)]),
        lambda s: s.pop("a/b"),
        lambda s: dict(s.items()),
        lambda s: asyncio.run(s.get_async("a/b")),
        lambda s: asyncio.run(s.get_many_async(["a/b"])),
        lambda s: WrapperStore(s)["a/b"],
        lambda s: zarr_c.open_array(s, path="x", mode="r")[...],
        lambda s: zarr_c.open_group(s, mode="a").members(),
    ],
    "set": [
        lambda s: s.__setitem__("n", b"1"),
        lambda s: s.set("n", b"1"),
        lambda s: s.set_many({"n": b"1", "m": b"2"}),
        lambda s: s.update({"n": b"1"}),
        lambda s: asyncio.run(s.set_async("n", b"1")),
        lambda s: WrapperStore(s).set_many({"n": b"1"}),
        lambda s: zarr_c.open_array(s, path="x").__setitem__(..., 5),
        lambda s: zarr_c.open_array(s, path="x").attrs.update(u=1),
        lambda s: s.set_if_not_exists("n", b"1"),
        lambda s: WrapperStore(s).set_if_not_exists("n", b"1"),
        lambda s: zarr_c.create_array(s, name="y", shape=3),
    ],
    "set_if_not_exists": [
        lambda s: s.set_if_not_exists("n", b"1"),
        lambda s: asyncio.run(s.set_if_not_exists_async("n", b"1")),
        lambda s: zarr_c.create_array(s, name="y", shape=3),
    ],
    "delete": [
        lambda s: s.__delitem__("a/b"),
        lambda s: s.delete("a/b"),
        lambda s: s.pop("a/b"),
        lambda s: s.delete_dir("a"),
        lambda s: s.clear(),
        lambda s: asyncio.run(s.delete_async("a/b")),
        lambda s: zarr_c.open_array(s, path="x").__setitem__(..., 0),
        lambda s: zarr_c.open_group(s, mode="a").__delitem__("x"),
    ],
    "exists": [
        lambda s: "a/b" in s,
        lambda s: s.exists("a/b"),
        lambda s: asyncio.run(s.exists_async("a/b")),
    ],
    "getsize": [
        lambda s: s.getsize("a/b"),
        lambda s: s.getsize_prefix("a"),
        lambda s: asyncio.run(s.getsize_async("a/b")),
    ],
    "list_prefix": [
        lambda s: s.list_prefix("a"),
        lambda s: s.list(),
        lambda s: list(s),
        lambda s: len(s),
        lambda s: s.is_empty("a"),
        lambda s: s.getsize_prefix("a"),
        lambda s: asyncio.run(s.list_async()),
    ],
    "list_dir": [
        lambda s: s.list_dir("a"),
        lambda s: zarr_c.open_group(s, mode="a").members(),
        lambda s: list(zarr_c.storage.StorePath(s).iterdir()),
    ],
    "delete_dir": [lambda s: s.delete_dir("a"), lambda s: s.clear()],
    "rename": [lambda s: s.rename("a", "z"), lambda s: asyncio.run(s.rename_async("a", "z"))],
}


@pytest.mark.parametrize(
    ("verb", "path"), [(verb, i) for verb, paths in PATHS.items() for i in range(len(paths))]
)
def test_every_path_goes_through_an_overridden_verb(verb, path):
    inner = MemoryStore({"a/b": b"0123", "c": b"4"})
    zarr_c.create_group(inner)
    array_in(inner)
    store = recording(verb)(inner)
    PATHS[verb][path](store)
    assert store.asked, f"a path led past {verb}"


def test_a_transformation_is_on_every_path():
    inner = MemoryStore()
    store = Upper(inner)
    zarr_c.create_group(store)
    array = array_in(store)
    array[2:7, 3:9] = 5
    expected = DATA.copy()
    expected[2:7, 3:9] = 5
    assert np.array_equal(zarr_c.open_array(store, path="x", mode="r")[...], expected)
    assert inner["zarr.json"][0] == 255 - ord("{")
    store.set_many({"a": b"0123456789"})
    assert store.get_ranges("a", [(2, 2), (-3, None)]) == [b"23", b"789"]
    assert bytes(255 - b for b in inner["a"]) == b"0123456789"


def test_a_subclass_of_a_subclass():
    class Twice(Upper):
        def get(self, key, default=None, *, byte_range=None):
            value = super().get(key, byte_range=byte_range)
            return default if value is None else value + b"!"

    store = Twice(MemoryStore())
    store["a"] = b"1"
    assert store["a"] == store.get_many(["a"])["a"] == b"1!"


@pytest.mark.parametrize("name", INSTEAD)
def test_what_may_not_be_overridden_is_said_when_the_class_is_made(name):
    with pytest.raises(TypeError, match=rf"Wrong\.{name}: override the verb '{INSTEAD[name]}'"):
        type("Wrong", (WrapperStore,), {name: lambda self: None})


def test_what_is_mixed_in_may_not_be_overridden_either():
    class Mixed:
        def __getitem__(self, key):
            raise KeyError(key)

    with pytest.raises(TypeError, match="override the verb 'get'"):
        type("Wrong", (Mixed, WrapperStore), {})


@pytest.mark.parametrize("derive_from", [LoggingStore, CacheStore, LatencyStore])
def test_overrides_in_classes_derived_from_the_other_wrappers(derive_from, tmp_path):
    """Bytes are inverted below the wrapper, whatever that makes of the verbs itself."""

    class Inverting(Inverted, derive_from):
        pass

    options = {"cache_store": tmp_path} if derive_from is CacheStore else {}
    inner = MemoryStore()
    store = Inverting(inner, **options)
    array = array_in(store)
    assert np.array_equal(zarr_c.open_array(store, path="x", mode="r")[...], DATA)
    array[2:7, 3:9] = 5
    assert inner["x/zarr.json"][0] == 255 - ord("{")
    assert store.set_if_not_exists("a", b"1")
    assert inner["a"] == bytes([255 - ord("1")])
    assert store.get_range("a", 0, 1) == store.get_many(["a"])["a"] == b"1"


def test_a_batch_that_is_overridden_too_is_left_to_the_inner_store():
    class Both(WrapperStore):
        asked = ()

        def delete(self, key):
            self.asked += (key,)
            super().delete(key)

        def delete_dir(self, prefix):
            super().delete_dir(prefix)

    class Later(Both):
        def delete(self, key):
            super().delete(key)

    for kind, asked in ((Both, ()), (Later, ("a/b",))):
        store = kind(MemoryStore({"a/b": b"", "c": b""}))
        store.delete_dir("a")
        assert (list(store), store.asked) == (["c"], asked)


def test_chunks_go_natively_where_no_verb_of_theirs_is_overridden(tmp_path):
    inner = LocalStore(tmp_path)
    assert WrapperStore(WrapperStore(inner))._native() is inner._native()
    for verb, native in (("list_dir", True), ("getsize", True), ("get", False), ("set", False)):
        assert (recording(verb)(inner)._native() is inner._native()) is native


def test_what_the_inner_store_has_beyond_a_store(tmp_path):
    store = WrapperStore(WrapperStore(LocalStore(tmp_path)))
    assert store.root == tmp_path
    assert store.sweep() == 0
    assert WrapperStore(MemoryStore({"a": b"123"})).nbytes == 3
    with pytest.raises(AttributeError, match="nothing"):
        _ = store.nothing


def test_the_inner_store():
    inner = MemoryStore(normalize_keys=False)
    store = WrapperStore(inner)
    assert store.inner_store is inner
    assert store == WrapperStore(inner)
    assert store != Upper(inner)
    mapping = {"a": b"1"}
    assert isinstance(WrapperStore(mapping).inner_store, MappingStore)
    assert WrapperStore(mapping)["a"] == b"1"
    for wrong in (5, None, "path"):
        with pytest.raises(TypeError, match="store: expected"):
            WrapperStore(wrong)
    reader = WrapperStore(MemoryStore(read_only=True))
    assert reader.read_only
    assert not reader.with_read_only(False).read_only
    inner.supports_deletes = False
    assert WrapperStore(inner).supports_deletes is False


def test_pickles(tmp_path):
    store = Upper(LocalStore(tmp_path))
    store["a"] = b"1"
    copy = pickle.loads(pickle.dumps(store))
    assert copy == store
    assert copy["a"] == b"1"


def test_pickles_hold_what_a_subclass_adds(tmp_path):
    copy = pickle.loads(pickle.dumps(Leveled(LocalStore(tmp_path), level=5)))
    assert copy.level == 5
    assert copy.inner_store == LocalStore(tmp_path)
    for base in (LoggingStore(LocalStore(tmp_path)), CacheStore({}, cache_store=tmp_path)):
        base.mark = "kept"
        assert pickle.loads(pickle.dumps(base)).mark == "kept"


def test_what_stands_for_a_store_is_taken_for_it():
    mapper = fsspec.filesystem("memory").get_mapper("wrapped")
    assert isinstance(WrapperStore(mapper).inner_store, FsspecStore)


def test_writers_through_a_wrapper_and_beside_it_wait_for_each_other(tmp_path):
    """One lock for an object, whichever store it is reached through."""
    for inner in (LocalStore(tmp_path / "root"), MemoryStore()):
        inner["a"] = b""
        assert recording("get")(inner)._identity() == inner._identity()
    assert (
        LocalStore(tmp_path / "root")._identity() == LocalStore(tmp_path / "root")._identity()
    )


def test_requests_of_a_slow_store_overlap():
    array_in(inner := MemoryStore())
    store = LatencyStore(inner, get_latency=0.02, set_latency=0.02)
    array = zarr_c.open_array(store, path="x")
    many = zarr_c.create_array(store, name="y", data=np.arange(64), chunks=1)
    start = perf_counter()
    assert np.array_equal(many[...], np.arange(64))
    assert np.array_equal(array[...], DATA)
    assert len(store.get_many(f"y/c/{i}" for i in range(64))) == 63  # zero is not stored
    assert perf_counter() - start < 132 * 0.02 / 4
