"""What is left of a ZIP archive when its writer exits, forks, is killed or fills the disk."""

import random
import time

import pytest
from children import run, start
from zips import contents, temporaries

from zarr_c.storage.zip import ZipStore

HEAD = """
import os, sys, warnings
from zarr_c.storage.zip import ZipStore
warnings.simplefilter("ignore")
path = sys.argv[1]
"""


@pytest.fixture
def path(tmp_path):
    return tmp_path / "a.zip"


def program(code):
    """Both parts without indentation, as `children` would take it from all lines alike."""
    import textwrap

    return HEAD + textwrap.dedent(code)


def test_the_interpreter_exits_with_an_open_store(path):
    code = """
    store = ZipStore(path, "w")
    store["a"] = b"1"
    store["c/0"] = bytes(100_000)
    """
    run(program(code), path)
    assert contents(path) == {"a": b"1", "c/0": bytes(100_000)}
    assert temporaries(path) == []


def test_a_failure_at_exit_is_told(path):
    code = """
    store = ZipStore(path, "a")
    store["a"] = b"1"
    with ZipStore(path, "w") as other:
        other["b"] = b"2"
    """
    assert "FileExistsError" in run(program(code), path)
    assert contents(path) == {"b": b"2"}
    assert temporaries(path) == []


def test_a_forked_child_that_exits_leaves_the_parent_its_store(path):
    """It reads what is unpublished, closes, and neither publishes nor removes anything."""
    code = """
    store = ZipStore(path, "w")
    store["a"] = b"1"
    store["c/0"] = bytes(100_000)
    for close in (False, True):
        child = os.fork()
        if child == 0:
            assert dict(store) == {"a": b"1", "c/0": bytes(100_000)}
            if close:
                store.close()
            sys.exit(7)
        assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 7
    assert not os.path.exists(path)
    store["b"] = b"2"
    store.close()
    """
    run(program(code), path)
    assert contents(path) == {"a": b"1", "c/0": bytes(100_000), "b": b"2"}
    assert temporaries(path) == []


def test_children_that_open_the_archive_themselves(path):
    """As `multiprocessing` would: each process its own store, one after the other."""
    code = """
    for i in range(3):
        child = os.fork()
        if child == 0:
            with ZipStore(path, "a") as store:
                store[str(i)] = bytes([i])
            os._exit(7)
        assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 7
    """
    run(program(code), path)
    assert contents(path) == {str(i): bytes([i]) for i in range(3)}


@pytest.mark.parametrize("mode", ["a", "w"])
def test_a_killed_writer_leaves_a_whole_archive(path, mode):
    """Killed at any time, it leaves the archive of its last flush or of the one before."""
    rng = random.Random(mode)
    with ZipStore(path, "w") as store:
        store.update({"round": b"0", **{f"c/{i}": b"0" * 30_000 for i in range(20)}})
    code = """
    mode, start = sys.argv[2:]
    with ZipStore(path, mode) as store:
        print("ready", flush=True)
        for round in range(int(start) + 1, 10_000):
            for i in range(20):
                store[f"c/{i}"] = str(round).encode() * 10_000
            store["round"] = str(round).encode()
            store.flush()
    """
    found = 0
    for _ in range(6):
        child = start(program(code), path, mode, found)
        assert child.stdout.readline() == "ready\n"
        time.sleep(rng.uniform(0, 0.15))
        child.kill()
        child.communicate()
        objects = contents(path)
        number = objects.pop("round")
        assert objects.keys() == {f"c/{i}" for i in range(20)}
        assert {value[:1] + value[-1:] for value in objects.values()} == {
            number[:1] + number[-1:]
        }
        assert len({*objects.values()}) == 1
        assert int(number) >= found
        found = int(number)
        assert dict(ZipStore(path)) == objects | {"round": number}
    assert found > 0
    with ZipStore(path, "a") as store:
        store.sweep(older_than=-1)
        assert temporaries(path) == []


def test_a_full_disk_leaves_the_old_archive_and_the_objects(path):
    """In writing and in publishing; with room again the store can be closed."""
    with ZipStore(path, "w") as store:
        store["old"] = b"0" * 60_000
    code = """
    import resource, signal
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    def limit(size):
        resource.setrlimit(resource.RLIMIT_FSIZE, (size, resource.RLIM_INFINITY))
    store = ZipStore(path, "a")
    store["new"] = b"1" * 60_000
    for full, use in (
        (100_000, lambda: store.set("large", bytes(90_000))),
        (100_000, store.flush),
        (120_100, store.flush),
        (120_170, store.close),
    ):
        limit(full)
        try:
            use()
        except OSError as error:
            assert error.errno == 27, error
        else:
            raise AssertionError(full)
        limit(resource.RLIM_INFINITY)
        assert list(ZipStore(path)) == ["old"]
        assert dict(store) == {"old": b"0" * 60_000, "new": b"1" * 60_000}
    store["more"] = b"2"
    store.close()
    """
    assert run(program(code), path) == ""
    assert contents(path) == {"old": b"0" * 60_000, "new": b"1" * 60_000, "more": b"2"}
    assert path.stat().st_size == 120_001 + (30 + 46) * 3 + 2 * len("oldnewmore") + 22
    assert temporaries(path) == []
