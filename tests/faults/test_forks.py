"""Forks while other threads are in the middle of calls: of each store, and of what all share.

A child finds every lock free, reads what was written, and writes where its store can; neither
its work nor its end disturbs the parent.
"""

import pytest
from children import run

# Threads work until the last child has ended; every other child ends as an interpreter does.
PROGRAM = """
import io, os, sys, threading, warnings
import numpy as np
import zarr_c
from zarr_c._native._pool import worker_count
from zarr_c.storage import *
warnings.simplefilter("ignore")
sys.setswitchinterval(1e-4)
path = sys.argv[1]
zarr_c.config.set({"threads": 3})
DATA = np.arange(40_000, dtype="i4").reshape(200, 200)
LAYOUTS = {
    "chunks": {"chunks": (50, 50), "compressors": "auto"},
    "shards": {"chunks": (20, 20), "shards": (100, 100)},
}


def fill(group, value=DATA):
    for name, layout in LAYOUTS.items():
        group.create_array(name, shape=DATA.shape, dtype="i4", **layout)[...] = value
    return group


def holds(group, value=DATA):
    return all((group[name][...] == value).all() for name in LAYOUTS)


class Busy(threading.Thread):
    def __init__(self, works):
        super().__init__()
        self.works, self.stopped, self.turns = works, False, 0
        self.start()

    def run(self):
        while not self.stopped:
            for work in self.works:
                work()
            self.turns += 1


def in_child(work, *arguments):
    child = os.fork()
    if child == 0:
        try:
            work(*arguments)
        except BaseException:
            sys.excepthook(*sys.exc_info())
            os._exit(1)
        if arguments and arguments[0] % 2:
            sys.exit(7)
        os._exit(7)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 7


def in_children(work, *busy, children=3):
    threads = [Busy(busy), Busy(busy[::-1])]
    for number in range(children):
        in_child(work, number)
    for thread in threads:
        thread.stopped = True
        thread.join()
        assert thread.turns
"""

WRITERS = {
    "memory": "MemoryStore()",
    "dictionary": "MappingStore({})",
    "local": "LocalStore(path)",
    "mmap": "LocalStore(path, mmap=True)",
    "fsspec in memory": 'FsspecStore("memory://forks")',
    "fsspec of files": 'FsspecStore(f"file://{path}")',
    "wrapped": 'LoggingStore(WrapperStore(LocalStore(path)), log_level="ERROR")',
    "cached": 'CacheStore(LocalStore(path), cache_store=f"{path}.cache")',
    "many requests": "zarr_c.testing.LatencyStore(MemoryStore(), set_latency=1e-4)",
    "coroutines": 'CoroutineStore(__import__("zarr").storage.MemoryStore())',
}

WRITE = """
import zarr_c.testing

root = zarr_c.create_group({store})
data, busy = fill(root.create_group("data")), fill(root.create_group("busy"))
cached = data["chunks"].with_cache(1 << 20)


def read():
    assert holds(data) and (cached[...] == DATA).all()
    assert "busy" in dict(root.members(max_depth=None))


def change():
    for name in LAYOUTS:
        busy[name][10:190] = DATA[10:190]
    busy.attrs["n"] = busy.attrs.get("n", 0) + 1


def child(number):
    assert worker_count() == 0  # its parent's are not here
    read()
    mine = fill(root.create_group(f"child {{number}}"), DATA + number)
    assert holds(mine, DATA + number)
    assert worker_count() > 0
    change()
    data.attrs["child"] = number
    assert data.attrs["child"] == number


in_children(child, change, read)
fill(root.create_group("last"))
assert holds(data) and holds(busy) and holds(root["last"])
children = [f"child {{i}}" for i in range(3)] if {shared} else []
assert sorted(root) == sorted(["busy", "data", "last", *children])
assert all(holds(root[name], DATA + i) for i, name in enumerate(children))
print("done")
"""


@pytest.mark.parametrize("kind", WRITERS)
def test_children_read_and_write(tmp_path, kind):
    shared = "path" in WRITERS[kind]  # not in the memory of one process
    program = PROGRAM + WRITE.format(store=WRITERS[kind], shared=shared)
    assert run(program, tmp_path / "root", timeout=60).endswith(
        "done\n"
    )  # below what is logged


READERS = {
    "archive": 'ZipStore(f"{path}.zip", "r")',
    "archive in memory": 'ZipStore(io.BytesIO(open(f"{path}.zip", "rb").read()), "r")',
    "web": "FsspecStore(server.url)",
}

READ = """
from web import Ranged, web_server

with ZipStore(f"{{path}}.zip", "w") as archive, web_server(path, Ranged) as server:
    fill(zarr_c.create_group(archive)), fill(zarr_c.create_group(path))
    archive.flush()
    root = zarr_c.open_group({store}, mode="r")
    in_children(lambda number: 1 // holds(root), lambda: holds(root), children=2)
    assert holds(root)
print("done")
"""


@pytest.mark.parametrize("kind", READERS)
def test_children_read(tmp_path, kind):
    program = PROGRAM + READ.format(store=READERS[kind])
    assert run(program, tmp_path / "root", timeout=60) == "done\n"


def test_children_of_who_writes_an_archive(tmp_path):
    """They read, are told when they write, and publish nothing at their end."""
    program = """
from zarr_c.errors import StoreError

store = ZipStore(path, "w")
root = zarr_c.create_group(store)
data, busy = fill(root.create_group("data")), fill(root.create_group("busy"))


def child(number):
    assert holds(data)
    try:
        data["chunks"][0] = 1
    except StoreError as error:
        assert "forked child" in str(error)
    else:
        raise AssertionError("written")


in_children(child, lambda: busy["chunks"].__setitem__(..., DATA), lambda: holds(data))
assert not os.path.exists(path)
store.close()
root = zarr_c.open_group(ZipStore(path, "r"), mode="r")
assert holds(root["data"]) and holds(root["busy"])
assert os.listdir(os.path.dirname(path)) == [os.path.basename(path)]
print("done")
"""
    assert run(PROGRAM + program, tmp_path / "a.zip", timeout=60) == "done\n"


REFUSERS = {
    "obstore": ('ObjectStore(f"file://{path}")', "'spawn' or 'forkserver'"),
    "GPU": ("GpuMemoryStore()", "CUDA cannot be used in a forked child"),
}

REFUSE = """
import fake_cupy
sys.modules["cupy"] = fake_cupy
os.mkdir(path)
root = zarr_c.create_group({store})
data, busy = fill(root.create_group("data")), fill(root.create_group("busy"))


def child(number):
    for use in (
        lambda: data["chunks"][...],
        lambda: data["shards"].__setitem__(..., 1),
        lambda: root.create_group("new"),
        lambda: list(root),
    ):
        try:
            use()
        except RuntimeError as error:
            assert {message!r} in str(error), error
        else:
            raise AssertionError("no error")


in_children(child, lambda: busy["shards"].__setitem__(..., DATA), lambda: holds(data))
assert holds(data) and holds(busy) and sorted(root) == ["busy", "data"]
print("done")
"""


@pytest.mark.parametrize("kind", REFUSERS)
def test_children_are_told(tmp_path, kind):
    """At once, of what does not survive a fork."""
    store, message = REFUSERS[kind]
    program = PROGRAM + REFUSE.format(store=store, message=message)
    assert run(program, tmp_path / "root", timeout=60) == "done\n"


LOCKS = """
import importlib, pkgutil, _thread
KINDS = _thread.LockType, type(threading.RLock())

for module in pkgutil.walk_packages(zarr_c.__path__, "zarr_c."):
    if "cupy" not in module.name and not module.name.endswith("__main__"):
        importlib.import_module(module.name)


def locks():
    found = {}
    for name, module in list(sys.modules.items()):
        if name.startswith("zarr_c"):
            for key, value in vars(module).items():
                values = value if isinstance(value, list) else [value]
                if isinstance(value, type):  # properties have locks in Python 3.11
                    values = [getattr(v, "lock", None) for v in vars(value).values()]
                for i, lock in enumerate(values):
                    if isinstance(lock, KINDS):
                        found[f"{name}.{key} {i}"] = lock
    return found


def take():
    for lock in locks().values():
        lock.acquire()
    taken.set()


def child():
    held = [name for name, lock in locks().items() if not lock.acquire(blocking=False)]
    assert held == []


taken = threading.Event()
threading.Thread(target=take).start()
taken.wait()
assert len(locks()) > 100
in_child(child)
print("done")
"""


def test_a_child_finds_locks_of_modules_free():
    """Whichever of them a thread of the parent has."""
    assert run(PROGRAM + LOCKS, "", timeout=30) == "done\n"


HELD = """
parent, begun, go_on = os.getpid(), threading.Event(), threading.Event()


class Slow(WrapperStore):
    def set(self, key, value):
        if os.getpid() == parent and threading.current_thread() is not threading.main_thread():
            begun.set()
            go_on.wait()
        super().set(key, value)


zarr_c.config.set({"threads": 1})  # as the caller is who waits
data = fill(zarr_c.create_group(Slow(MemoryStore())))


def change():
    {change}


thread = threading.Thread(target=change)
thread.start()
begun.wait()
in_child(change)
go_on.set()
thread.join()
change()
print("done")
"""


@pytest.mark.parametrize(
    "change",
    [
        'data["chunks"][60:70] = 1',
        'data["shards"][60:70] = 1',
        'data["chunks"].attrs["a"] = 1',
        'data["chunks"].resize((10, 10))',
        'data["chunks"].append(DATA[:50])',
    ],
)
def test_a_child_changes_what_a_thread_is_changing(change):
    """The thread has the lock of the object, or of the node."""
    program = PROGRAM + HELD.replace("{change}", change)
    assert run(program, "", timeout=30) == "done\n"


WITHIN = """
parent, working, forked = os.getpid(), threading.Event(), threading.Event()


class Forking(WrapperStore):
    child = None

    def get(self, key, *arguments, **options):
        if threading.current_thread() is not threading.main_thread():
            working.set()
            forked.wait()
        elif Forking.child is None and "c/" in key:
            working.wait()
            Forking.child = os.fork()
            forked.set()
        return super().get(key, *arguments, **options)


store, many = MemoryStore(), np.arange(1 << 22)
zarr_c.create_array(store, data=many, chunks=1 << 16, compressors=None)
array = zarr_c.open_array(Forking(store), mode="r")
try:
    right = (array[...] == many).all()
except zarr_c.errors.CodecError as error:
    assert os.getpid() != parent and "forked within the call" in str(error), error
    assert (array[...] == many).all()
    os._exit(7)
assert right and os.getpid() == parent
assert os.waitstatus_to_exitcode(os.waitpid(Forking.child, 0)[1]) == 7
print("done")
"""


def test_a_store_that_forks():
    """In the child the call fails, as its workers did not come with it; the next one works."""
    assert run(PROGRAM + WITHIN, "", timeout=30) == "done\n"
