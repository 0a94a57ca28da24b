"""Handles, threads and processes that change one node lose none of each other's changes."""

import signal
import threading
from contextlib import contextmanager

import numpy as np
import obstore
import pytest
from children import run, start
from obstore.store import MemoryStore as Obstore
from writers import APPEND, SET, check_attributes, check_rows, in_threads, together

import zarr_c
from zarr_c import node_changes
from zarr_c.errors import StoreError
from zarr_c.storage import (
    CacheStore,
    LocalStore,
    LoggingStore,
    MappingStore,
    MemoryStore,
    ObjectStore,
    StorePath,
    ZipStore,
)

STORES = {
    "local": lambda tmp_path: LocalStore(tmp_path / "s"),
    "memory": lambda tmp_path: MemoryStore(),
    "mapping": lambda tmp_path: MappingStore({}),
    "zip": lambda tmp_path: ZipStore(tmp_path / "s.zip", mode="w"),
    "obstore": lambda tmp_path: ObjectStore(Obstore()),
    "obstore's files": lambda tmp_path: ObjectStore(f"file://{tmp_path}"),
    "cache": lambda tmp_path: CacheStore(LocalStore(tmp_path / "s"), cache_store=MemoryStore()),
    "logging": lambda tmp_path: LoggingStore(ObjectStore(Obstore())),
}


@pytest.fixture(params=STORES)
def store(request, tmp_path):
    with STORES[request.param](tmp_path) as store:
        yield store


@pytest.mark.parametrize("zarr_format", [2, 3])
def test_threads_set_attributes(store, zarr_format):
    zarr_c.create_array(store, name="x", shape=3, zarr_format=zarr_format)

    def change(me):
        attrs = zarr_c.open_array(store, path="x", mode="r+").attrs
        for i in range(20):
            attrs[f"{me}-{i}"] = i

    in_threads(8, change)
    check_attributes(zarr_c.open_array(store, path="x").attrs, 8, 20)


def test_threads_append(store):
    array = zarr_c.create_array(store, name="x", shape=(0, 4), chunks=(7, 3), dtype="i4")
    sent = [0] * 8

    def change(me):
        rng = np.random.default_rng(me)
        handle = array if me % 2 else zarr_c.open_array(store, path="x", mode="r+")
        for _ in range(10):
            rows = 1 + 1000 * me + sent[me] + np.arange(rng.integers(1, 6))
            handle.append(np.repeat(rows[:, None], 4, axis=1))
            sent[me] += len(rows)

    in_threads(8, change)
    check_rows(np.asarray(array.refresh()), sent)


@pytest.mark.parametrize("kind", ["array", "group", "consolidated"])
@pytest.mark.parametrize("zarr_format", [2, 3])
def test_processes_set_attributes(tmp_path, kind, zarr_format):
    root = zarr_c.create_group(tmp_path / "s", zarr_format=zarr_format)
    root.create_array("x", shape=3)
    if kind == "consolidated":
        zarr_c.consolidate_metadata(tmp_path / "s")
    path = "x" if kind == "array" else ""
    together(SET, ("local", str(tmp_path / "s"), {}, path), 4, 100)
    check_attributes(zarr_c.open(tmp_path / "s", path=path).attrs, 4, 100)
    if kind == "consolidated":
        assert zarr_c.open_consolidated(tmp_path / "s")["x"].shape == (3,)
    assert not [p for p in tmp_path.rglob("*") if "lock" in p.name or "tmp" in p.name]


@pytest.mark.parametrize(
    "options",
    [
        {"chunks": (7, 3)},
        {"chunks": (2, 2), "shards": (8, 4)},
        {"chunks": (7, 3), "zarr_format": 2},
    ],
)
def test_processes_append(tmp_path, options):
    """Rows of other numbers than chunks have, and a reader that sees only whole rows."""
    array = zarr_c.create_array(tmp_path, shape=(0, 4), dtype="i4", **options)
    done = threading.Event()
    seen = []

    def watch():
        while not done.is_set():
            rows = np.asarray(zarr_c.open_array(tmp_path, mode="r"))
            seen.append(len(rows))
            if not ((rows > 0).all() and (rows == rows[:, :1]).all()):
                seen.append(rows)
                return

    reader = threading.Thread(target=watch)
    reader.start()
    printed = together(APPEND, ("local", str(tmp_path), {}, ""), 4, 50)
    done.set()
    reader.join()
    assert all(isinstance(rows, int) for rows in seen), seen[-1]
    assert seen == sorted(seen)
    check_rows(np.asarray(array.refresh()), printed)


def test_appends_and_attributes_of_processes_on_files_of_obstore(tmp_path):
    store = ObjectStore(f"file://{tmp_path}")
    array = zarr_c.create_array(store, name="x", shape=(0, 4), chunks=(7, 3), dtype="i4")
    printed = together(APPEND, ("object", f"file://{tmp_path}", {}, "x"), 3, 20)
    check_rows(np.asarray(array.refresh()), printed)
    together(SET, ("object", f"file://{tmp_path}", {}, "x"), 3, 30)
    check_attributes(array.refresh().attrs, 3, 30)


DELETE = """
import sys
import zarr_c
group = zarr_c.open_consolidated(sys.argv[1], mode="r+")
del group["a"]
group["b"].attrs["theirs"] = 1
group.create_array("d", shape=9, overwrite=True)
"""


@pytest.mark.parametrize("zarr_format", [2, 3])
def test_what_another_process_has_consolidated_stays(tmp_path, zarr_format):
    root = zarr_c.create_group(tmp_path, zarr_format=zarr_format)
    for name in "abcd":
        root.create_array(name, shape=1)
    group = zarr_c.consolidate_metadata(tmp_path)
    run(DELETE, tmp_path)
    del group["c"]
    again = zarr_c.open_consolidated(tmp_path)
    assert sorted(again) == ["b", "d"]
    assert again["d"].shape == (9,)
    group.refresh()
    assert sorted(group) == ["b", "d"]
    group.create_array("b", shape=5, overwrite=True)
    again = zarr_c.open_consolidated(tmp_path)
    assert (again["b"].shape, again["d"].shape) == ((5,), (9,))


HOLD = """
import sys, time
import zarr_c
from zarr_c import node_changes
array = zarr_c.open_array(sys.argv[1], mode="r+")
with node_changes.alone(array.store_path, array.metadata):
    print("held", flush=True)
    time.sleep(60)
"""


def test_a_killed_holder_keeps_nobody_waiting(tmp_path):
    array = zarr_c.create_array(tmp_path, shape=3, dtype="i4")
    child = start(HOLD, tmp_path)
    assert child.stdout.readline() == "held\n"
    changed = threading.Event()

    def change():
        array.attrs["a"] = 1
        changed.set()

    thread = threading.Thread(target=change)
    thread.start()
    assert not changed.wait(0.3)  # the lock is one
    assert np.asarray(array).tolist() == [0, 0, 0]  # but not for those who read
    array[:] = 5  # or write chunks
    child.send_signal(signal.SIGKILL)
    child.communicate()
    assert changed.wait(5)
    thread.join()
    assert zarr_c.open_array(tmp_path).attrs == {"a": 1}


def test_a_killed_append_has_appended_nothing(tmp_path):
    array = zarr_c.create_array(tmp_path, shape=(0, 4), chunks=(7, 3), dtype="i4")
    for me in range(5):
        before = array.refresh().shape[0]
        child = start(APPEND, "local", tmp_path, "{}", "", me, 100_000, 0)
        while array.refresh().shape[0] < before + 20:
            assert child.poll() is None
        child.kill()
        child.communicate()
        array.append(np.full((1, 4), 7))
        rows = np.asarray(array)
        assert (rows > 0).all()
        assert (rows == rows[:, :1]).all()


def test_reading_and_writing_chunks_takes_no_lock(tmp_path, monkeypatch):
    store = LocalStore(tmp_path)
    array = zarr_c.create_array(store, shape=9, chunks=2, dtype="i4")
    taken = []

    @contextmanager
    def lock(key):
        taken.append(key)
        yield

    monkeypatch.setattr(store, "_lock", lock)
    array[:] = 1
    array[1:4] = 2
    assert np.asarray(array).sum() == 12
    assert zarr_c.open(store, mode="r").shape == (9,)
    assert taken == []
    array.append([1])
    array.resize(4)
    array.attrs["a"] = 1
    assert taken == ["zarr.json"] * 3


def test_a_file_system_without_locks_warns(tmp_path, monkeypatch):
    import errno
    import fcntl

    def refuse(fd, operation):
        if operation == fcntl.LOCK_EX:
            raise OSError(errno.ENOLCK, "no locks available")

    array = zarr_c.create_array(tmp_path, shape=3)
    monkeypatch.setattr(fcntl, "flock", refuse)
    with pytest.warns(RuntimeWarning, match=r"zarr\.json' cannot be locked"):
        array.attrs["a"] = 1
    assert zarr_c.open_array(tmp_path).attrs == {"a": 1}


# ---- stores that compare


@pytest.mark.parametrize("zarr_format", [2, 3])
@pytest.mark.parametrize("kind", ["array", "group"])
def test_a_change_is_made_anew_when_another_process_was_faster(kind, zarr_format):
    """The other handle writes between the reading and the writing of this one."""
    place = Obstore()
    store = ObjectStore(place)
    if kind == "array":
        zarr_c.create_array(store, shape=3, zarr_format=zarr_format)
    else:
        zarr_c.create_group(store, zarr_format=zarr_format)
    node = zarr_c.open(store, mode="r+")
    key = "zarr.json" if zarr_format == 3 else ".zattrs"
    asked = []

    def edit(attributes):
        asked.append(dict(attributes))
        attributes["mine"] = len(asked)
        if len(asked) == 1:  # as if from another process
            document = {"theirs": 1}
            if zarr_format == 3:
                document = node_changes.documents(node.metadata.with_(attributes=document))[
                    "zarr.json"
                ]
            obstore.put(place, key, node_changes.encode(key, document))

    node_changes.edit_attributes(node.store_path, node.metadata, edit)
    assert asked == [{}, {"theirs": 1}]
    assert zarr_c.open(store).attrs == {"theirs": 1, "mine": 2}


def test_a_change_that_never_comes_first_ends(monkeypatch):
    monkeypatch.setattr(node_changes, "sleep", lambda seconds: None)
    store = ObjectStore(Obstore())
    array = zarr_c.create_array(store, shape=3)
    monkeypatch.setattr(store, "_replace", lambda key, value, version: None)
    with pytest.raises(StoreError, match="expected its metadata to stay the same"):
        array.attrs["a"] = 1


def test_a_server_that_does_not_compare_warns(monkeypatch):
    store = ObjectStore(Obstore())
    array = zarr_c.create_array(store, shape=3, dtype="i4")

    class Plain:
        def __getattr__(self, name):
            return getattr(obstore, name)

        def put(self, *args, mode=None, **kwargs):
            if mode is not None:
                raise NotImplementedError("no such request")
            return obstore.put(*args, **kwargs)

    monkeypatch.setattr(store, "_obstore", Plain())
    with pytest.warns(RuntimeWarning, match="does not replace on condition"):
        array.attrs["a"] = 1
    assert zarr_c.open_array(store).attrs == {"a": 1}


def test_handles_refresh(tmp_path):
    group = zarr_c.create_group(tmp_path)
    array = group.create_array("x", shape=3)
    other = zarr_c.open_group(StorePath(LocalStore(tmp_path)), mode="r+")
    other.attrs["a"] = 1
    other["x"].resize(5)
    assert group.refresh() is group
    assert group.attrs == {"a": 1}
    assert array.shape == (3,)
    assert array.refresh() is array
    assert array.shape == (5,)
    zarr_c.consolidate_metadata(tmp_path)
    assert list(group.refresh()) == ["x"]
    assert group.metadata.consolidated is not None
