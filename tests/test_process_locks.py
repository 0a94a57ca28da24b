"""Writers of parts of one chunk, or of one shard: with a lock, processes lose nothing."""

import fcntl
import os
import shutil
import signal
import struct
import subprocess
import sys
from contextlib import contextmanager

import numpy as np
import pytest
from children import run, start
from compilers import compiler
from writers import in_threads

import zarr_c
from zarr_c.storage import LocalStore

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="locks as Linux has them")

SHAPE = (24, 24)
LAYOUTS = {
    "v3": {"chunks": (24, 12)},
    "v3 raw": {"chunks": (24, 24), "compressors": None},
    "shards": {"chunks": (6, 6), "shards": (24, 24)},
    "v2": {"chunks": (24, 24), "zarr_format": 2},
    "rectilinear": {"chunks": ([10, 14], [24])},
}
OPEN = """
import json, sys
import zarr_c
path, arguments, me, of = sys.argv[1:]
array = zarr_c.open_array(path, mode="r+", **json.loads(arguments))
me, of = int(me), int(of)
"""
# each writes every element of some rows by itself: 24 changes of each row's chunk
WRITE = (
    OPEN
    + """
for row in range(me, 24, of):
    for column in range(24):
        array[row, column] = 1 + 24 * row + column
"""
)
EXPECTED = 1 + np.arange(24 * 24).reshape(SHAPE)


@contextmanager
def hold(path):
    """Lock the whole of a lock file as another process would."""
    whole = struct.pack("hhqqi", fcntl.F_WRLCK, os.SEEK_SET, 0, 0, 0)
    with open(path, "r+") as held:
        fcntl.fcntl(held, fcntl.F_OFD_SETLKW, whole)
        yield


def lock_file(path):
    return path / ".zc-tmp-lock"


def create(path, layout="v3", **arguments):
    return zarr_c.create_array(path, shape=SHAPE, dtype="i4", **LAYOUTS[layout], **arguments)


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("lock", ["true", "file"])
def test_processes_write_parts_of_one_object(tmp_path, layout, lock):
    path = tmp_path / "x"
    arguments = '{"lock": true}' if lock == "true" else f'{{"lock": "{tmp_path}/locks"}}'
    array = create(path, layout)
    children = [start(WRITE, path, arguments, me, 3) for me in range(3)]
    printed = [child.communicate(timeout=60)[0] for child in children]
    assert [child.returncode for child in children] == [0] * 3, printed
    np.testing.assert_array_equal(array[...], EXPECTED)


@pytest.mark.parametrize("layout", LAYOUTS)
def test_threads_write_parts_of_one_object_under_locks_of_processes(tmp_path, layout):
    array = create(tmp_path / "x", layout, lock=True)

    def write(me):
        other = zarr_c.open_array(tmp_path / "x", lock=True) if me % 2 else array
        for row in range(me, 24, 8):
            for column in range(24):
                other[row, column] = EXPECTED[row, column]

    in_threads(8, write)
    np.testing.assert_array_equal(array[...], EXPECTED)


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("selection", [(3, 4), ...])
def test_whole_and_partial_writes_wait_and_others_do_not(tmp_path, layout, selection):
    path = tmp_path / "x"
    array = create(path, layout, lock=True)
    array[...] = 5
    text = "..." if selection is ... else "3, 4"
    with hold(lock_file(path)):
        waiting = start(f"{OPEN}array[{text}] = 7", path, '{"lock": true}', 0, 1)
        run(f"{OPEN}array[{text}] = 6", path, "{}", 0, 1)  # nobody asked it to wait
        assert np.all(zarr_c.open_array(path, lock=True)[selection] == 6)  # nor do readers
        with pytest.raises(subprocess.TimeoutExpired):
            waiting.communicate(timeout=0.5)
        assert np.all(array[selection] == 6)
    printed, _ = waiting.communicate(timeout=60)
    assert waiting.returncode == 0, printed
    assert np.all(array[selection] == 7)


def test_killed_writers_keep_nobody_waiting(tmp_path):
    path = tmp_path / "x"
    array = create(path, lock=True)
    endless = f"{OPEN}print('begins', flush=True)\nwhile True: array[me, :] = me"
    children = [start(endless, path, '{"lock": true}', me, 4) for me in range(4)]
    for child in children:
        assert child.stdout.readline() == "begins\n"
    for child in children:
        child.kill()
    assert [child.wait(60) for child in children] == [-signal.SIGKILL] * 4
    for child in children:
        child.stdout.close()
    run(WRITE, path, '{"lock": true}', 0, 1)
    np.testing.assert_array_equal(array[...], EXPECTED)


@pytest.mark.parametrize("selection", ["0, 0", "..."])  # on one thread, and on two
def test_who_waits_can_be_interrupted(tmp_path, selection):
    path = tmp_path / "x"
    large = {"shape": (4, 1 << 20), "chunks": (1, 1 << 20), "dtype": "u1"}
    array = zarr_c.create_array(path, lock=True, **large)
    array[...] = 5
    code = f"""{OPEN}
import signal
signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell may have it ignored
zarr_c.config.set(threads=2)
print("waits", flush=True)
try:
    array[{selection}] = 1
except KeyboardInterrupt:
    print("interrupted", flush=True)
array[0, 1] = 2
"""
    with hold(lock_file(path)):
        waiting = start(code, path, '{"lock": true}', 0, 1)
        assert waiting.stdout.readline() == "waits\n"
        with pytest.raises(subprocess.TimeoutExpired):
            waiting.wait(0.2)
        waiting.send_signal(signal.SIGINT)
        assert waiting.stdout.readline() == "interrupted\n"
    assert waiting.communicate(timeout=60)[0] == ""
    assert waiting.returncode == 0
    assert array[0, :2].tolist() == [5, 2]


def test_a_child_by_fork_has_locks_of_its_own(tmp_path):
    path = tmp_path / "x"
    array = create(path, "v3 raw")
    forks = f"""{OPEN}
import os
array[0, 0] = 1  # the file of locks is open now
children = []
for me in range(3):
    pid = os.fork()
    if pid == 0:
        try:
            for row in range(me, 24, 4):
                for column in range(24):
                    array[row, column] = 1 + 24 * row + column
        except BaseException:
            os._exit(1)
        os._exit(0)
    children.append(pid)
for row in range(3, 24, 4):
    for column in range(24):
        array[row, column] = 1 + 24 * row + column
assert all(os.waitpid(pid, 0)[1] == 0 for pid in children)
"""
    run(forks, path, '{"lock": true}', 0, 1)
    np.testing.assert_array_equal(array[...], EXPECTED)


def test_a_lock_that_the_parent_holds_is_not_the_childs(tmp_path):
    path = tmp_path / "x"
    create(path)
    forks = f"""{OPEN}
import os
array[0, 0] = 1
if os.fork() == 0:  # it has closed what its parent has opened
    links = [os.readlink(f"/proc/self/fd/{{fd}}") for fd in os.listdir("/proc/self/fd")
             if os.path.exists(f"/proc/self/fd/{{fd}}")]
    os._exit(any("zc-tmp-lock" in link for link in links))
assert os.wait()[1] == 0
"""
    run(forks, path, '{"lock": true}', 0, 1)


def test_a_lock_file_that_was_removed_is_made_again(tmp_path):
    path = tmp_path / "x"
    array = create(path, lock=True)
    array[0, 0] = 1
    lock_file(path).unlink()
    array[0, 1] = 2
    with hold(lock_file(path)):
        waiting = start(f"{OPEN}array[0, 2] = 3", path, '{"lock": true}', 0, 1)
        with pytest.raises(subprocess.TimeoutExpired):
            waiting.communicate(timeout=0.5)
    waiting.communicate(timeout=60)
    assert waiting.returncode == 0
    assert array[0, :3].tolist() == [1, 2, 3]


def test_an_array_that_was_deleted_and_made_again_is_locked_anew(tmp_path):
    path = tmp_path / "x"
    array = create(path, lock=True)
    array[0, 0] = 1
    create(path, overwrite=True)
    array[0, 1] = 2
    assert lock_file(path).exists()
    assert array[0, :2].tolist() == [0, 2]


NO_LOCKS = """
#include <errno.h>
#include <sys/syscall.h>
#include <unistd.h>
int fcntl64(int fd, int command, long argument)
{
    if (command == 38) {  /* F_OFD_SETLKW */
        errno = ENOLCK;
        return -1;
    }
    return (int)syscall(SYS_fcntl, fd, command, argument);
}
int fcntl(int fd, int command, long argument) { return fcntl64(fd, command, argument); }
"""


def test_a_file_system_without_locks_is_an_error(tmp_path):
    (tmp_path / "no_locks.c").write_text(NO_LOCKS)
    library = tmp_path / "no_locks.so"
    command = [compiler(), "-shared", "-fPIC", "-fno-builtin"]
    subprocess.run([*command, "-o", library, tmp_path / "no_locks.c"], check=True)
    create(tmp_path / "x")[...] = 5
    code = f"""{OPEN}
import errno
for selection in (0, ...):
    try:
        array[selection] = 1
        raise AssertionError
    except OSError as error:
        assert error.errno == errno.ENOLCK, error
        assert ".zc-tmp-lock" in str(error) and "write_region" in str(error), error
assert (array[...] == 5).all()
"""
    run(code, tmp_path / "x", '{"lock": true}', 0, 1, preload=library)


def test_a_lock_file_that_cannot_be_made_is_an_error(tmp_path):
    array = create(tmp_path / "x", lock=tmp_path / "absent" / "locks")
    with pytest.raises(FileNotFoundError, match="absent"):
        array[0] = 1
    directory = zarr_c.open_array(tmp_path / "x", lock=tmp_path)
    with pytest.raises(IsADirectoryError, match="cannot open the file of locks"):
        directory[...] = 1
    assert (array[...] == 0).all()


def test_no_lock_file_is_made_outside_of_the_store(tmp_path):
    (tmp_path / "outside").mkdir()
    create(tmp_path / "s" / "x")
    shutil.copytree(tmp_path / "s" / "x", tmp_path / "outside" / "x")
    shutil.rmtree(tmp_path / "s" / "x")
    (tmp_path / "s" / "x").symlink_to(tmp_path / "outside" / "x")
    before = sorted((tmp_path / "outside").rglob("*"))
    store = LocalStore(tmp_path / "s")
    try:
        array = zarr_c.open_array(store, path="x", lock=True)
        array[0] = 1
    except (OSError, ValueError):
        pass
    else:
        raise AssertionError("written through a symbolic link")
    assert sorted((tmp_path / "outside").rglob("*")) == before
