"""Who is asked for locks between processes, and how."""

import os
import pickle
import sys

import pytest

import zarr_c
from zarr_c import ProcessSynchronizer, ThreadSynchronizer
from zarr_c.storage import (
    CacheStore,
    LocalStore,
    LoggingStore,
    MappingStore,
    MemoryStore,
    ObjectStore,
    ZipStore,
)

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="locks as Linux has them")

SHAPE = (24, 24)


def lock_file(path):
    return path / ".zc-tmp-lock"


def create(path, **arguments):
    return zarr_c.create_array(path, shape=SHAPE, dtype="i4", chunks=SHAPE, **arguments)


def test_a_lock_file_is_hidden_and_stays(tmp_path):
    store = LocalStore(tmp_path)
    array = zarr_c.create_array(store, name="x", shape=4, dtype="i4", chunks=4, lock=True)
    array[0] = 1
    assert lock_file(tmp_path / "x").stat().st_size == 0
    assert sorted(store.list()) == ["x/c/0", "x/zarr.json", "zarr.json"]
    assert sorted(store.list_dir("x")) == ["c", "zarr.json"]
    os.utime(lock_file(tmp_path / "x"), (0, 0))
    assert store.sweep(older_than=0) == 0
    assert lock_file(tmp_path / "x").exists()
    del zarr_c.open_group(store)["x"]
    assert not (tmp_path / "x").exists()


def test_nothing_is_locked_by_reading_or_unless_asked_for(tmp_path):
    create(tmp_path / "x")[...] = 1
    assert zarr_c.open_array(tmp_path / "x", mode="r", lock=True)[0, 0] == 1
    assert zarr_c.open_array(tmp_path / "x", lock=True)[0, 0] == 1
    zarr_c.open_array(tmp_path / "x")[0, 0] = 2
    assert not lock_file(tmp_path / "x").exists()


WAYS = {
    "lock": lambda path, file: zarr_c.open_array(path, lock=file),
    "synchronizer": lambda path, file: zarr_c.open_array(
        path, synchronizer=ProcessSynchronizer(file)
    ),
    "config": lambda path, file: zarr_c.open_array(path, config={"lock": file}),
    "open": lambda path, file: zarr_c.open(path, lock=file),
    "open, old": lambda path, file: zarr_c.open(path, synchronizer=ProcessSynchronizer(file)),
    "with_config": lambda path, file: zarr_c.open_array(path).with_config({"lock": file}),
    "pickled": lambda path, file: pickle.loads(
        pickle.dumps(zarr_c.open_array(path, lock=file))
    ),
    "group": lambda path, file: zarr_c.open_group(path.parent, lock=file)["x"],
    "group, opened": lambda path, file: zarr_c.open(path.parent, lock=file)["x"],
    "group, old": lambda path, file: zarr_c.open_group(
        path.parent, synchronizer=ProcessSynchronizer(file)
    )["x"],
    "group, pickled": lambda path, file: pickle.loads(
        pickle.dumps(zarr_c.open_group(path.parent, lock=file))
    )["x"],
    "group below": lambda path, file: zarr_c.group(path.parent.parent, lock=file)["g"]["x"],
    "group's new array": lambda path, file: zarr_c.open_group(
        path.parent, lock=file
    ).create_array("x", overwrite=True, shape=SHAPE, dtype="i4", chunks=SHAPE),
    "new group's array": lambda path, file: (
        zarr_c.open_group(path.parent, mode="w", lock=file)
        .create_group("h")
        .require_array("x", shape=SHAPE, dtype="i4")
    ),
    "create": lambda path, file: zarr_c.create(
        store=path, overwrite=True, shape=SHAPE, synchronizer=ProcessSynchronizer(file)
    ),
    "create_array": lambda path, file: zarr_c.create_array(
        path, overwrite=True, shape=SHAPE, dtype="i4", lock=file
    ),
    "zeros": lambda path, file: zarr_c.zeros(
        store=path, overwrite=True, shape=SHAPE, lock=file
    ),
}


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("consolidated", [False, True])
def test_all_ways_to_ask_for_a_lock(tmp_path, way, consolidated):
    zarr_c.create_group(tmp_path / "r")
    group = zarr_c.create_group(tmp_path / "r" / "g")
    group.create_array("x", shape=SHAPE, dtype="i4", chunks=SHAPE)
    if consolidated:
        zarr_c.consolidate_metadata(tmp_path / "r" / "g")
    file = tmp_path / "locks"
    array = WAYS[way](tmp_path / "r" / "g" / "x", file)
    assert array.config.lock == str(file)
    assert not file.exists()
    array[1, 2] = 3
    assert file.exists()
    assert array[1, 2] == 3


def test_a_setting_asks_for_locks(tmp_path):
    with zarr_c.config.set({"array.lock": True}):
        create(tmp_path / "x")[0] = 1
        create({})[0] = 1
    assert lock_file(tmp_path / "x").exists()
    with zarr_c.config.set({"array.lock": True}):
        zarr_c.open_array(tmp_path / "x", lock=False)[0] = 2


def test_a_v2_array_keeps_its_order_when_it_is_locked(tmp_path):
    create(tmp_path / "x", zarr_format=2, order="F")
    assert zarr_c.open_array(tmp_path / "x", lock=True).order == "F"
    assert zarr_c.open_array(tmp_path / "x", write_empty_chunks=True).order == "F"


def test_the_synchronizer_of_a_group(tmp_path):
    file = ProcessSynchronizer(tmp_path / "locks")
    assert zarr_c.open_group(tmp_path / "g", synchronizer=file).synchronizer == file
    assert zarr_c.open_group(tmp_path / "g", lock=True).synchronizer is None
    assert zarr_c.open_group(tmp_path / "g").synchronizer is None
    assert os.fspath(file) == str(tmp_path / "locks")
    assert pickle.loads(pickle.dumps(file)) == file


@pytest.mark.parametrize("make", [MemoryStore, dict, lambda: LoggingStore(MemoryStore())])
def test_one_process_needs_no_lock_file(make):
    for synchronizer in (None, ThreadSynchronizer()):
        array = create(make(), lock=True)
        other = zarr_c.open_array(array.store, synchronizer=synchronizer)
        array[0, 0], other[0, 1] = 1, 2
        assert array[0, :2].tolist() == [1, 2]


def test_a_wrapper_locks_where_its_inner_store_does(tmp_path):
    create(LoggingStore(LocalStore(tmp_path)), lock=True)[0] = 1
    assert lock_file(tmp_path).exists()


class Shared(dict):
    """A mapping that other processes may see."""


@pytest.mark.parametrize(
    "make",
    [
        lambda tmp_path: MappingStore(Shared()),
        lambda tmp_path: ZipStore(tmp_path / "x.zip", mode="w"),
        lambda tmp_path: ObjectStore(f"file://{tmp_path}"),
    ],
)
def test_stores_without_a_place_for_locks_refuse_and_name_the_way_out(tmp_path, make):
    with make(tmp_path) as store:
        with pytest.raises(ValueError, match=r"lock: True needs a LocalStore.*write_region"):
            create(store, lock=True)
        assert list(store) == []
        array = create(store, lock=tmp_path / "locks")
        array[0, 0] = 1
        assert array[0, 0] == 1
        assert (tmp_path / "locks").exists()


@pytest.mark.parametrize("lock", [True, "locks"])
def test_what_is_read_through_a_cache_may_be_too_old_to_be_changed(tmp_path, lock):
    store = CacheStore(LocalStore(tmp_path / "s"), cache_store=MemoryStore())
    create(store)
    with pytest.raises(ValueError, match="lock: what is read through"):
        zarr_c.open_array(store, lock=lock)
    zarr_c.open_array(store, mode="r", lock=lock)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"lock": 1}, r"config\['lock'\]: expected True, False or the path of a file"),
        ({"lock": ""}, r"config\['lock'\]: expected"),
        ({"synchronizer": object()}, "synchronizer: expected a ThreadSynchronizer"),
        ({"synchronizer": ProcessSynchronizer("f"), "lock": True}, "found both"),
    ],
)
def test_what_is_no_lock(tmp_path, arguments, message):
    create(tmp_path / "x")
    for function in (zarr_c.open_array, zarr_c.open):
        with pytest.raises((TypeError, ValueError), match=message):
            function(tmp_path / "x", **arguments)
    with pytest.raises((TypeError, ValueError), match=message):
        zarr_c.open_group(tmp_path / "g", **arguments).create_array("x", shape=1, dtype="i1")


def test_a_synchronizer_needs_a_path():
    with pytest.raises(TypeError, match="path: expected a string"):
        ProcessSynchronizer(b"locks")


def test_a_setting_for_locks_keeps_nobody_from_verifying(tmp_path):
    with ZipStore(tmp_path / "x.zip", mode="w") as store:
        create(store)[0] = 1
        with zarr_c.config.set({"array.lock": True}):
            assert zarr_c.verify(store).ok
