"""A process that is killed at each of its file calls in turn, with half of its data written.

Every object is then the old or the new one, nothing else is listed, what is left over is swept,
and the change can be made again.
"""

import sys

import fault_works
import faults
import pytest
from children import run

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="the shim is for Linux")

KILLED = """
import os, signal, sys
import zarr_c
from fault_works import Case
from faults import KILL, Faults

name, durability, folder = sys.argv[1:]
case, faults, kills = Case(name, durability, folder), Faults(folder), 0
while True:
    path = case.fresh("killed")
    child = os.fork()
    if child == 0:
        try:
            with faults.armed("", kills + 1, KILL):
                case.change(case.store(path))
        finally:
            os._exit(faults.disarm() > kills)
    status = os.waitpid(child, 0)[1]
    case.check(path, swept=True)
    if os.WIFEXITED(status):
        break
    assert os.WTERMSIG(status) == signal.SIGKILL
    kills += 1
assert os.WEXITSTATUS(status) == 0
print(kills)
"""


@pytest.mark.parametrize("durability", ["none", "commit", "write"])
@pytest.mark.parametrize("name", fault_works.WORKS)
def test_killed_at_each_file_call(tmp_path, name, durability):
    printed = run(KILLED, name, durability, tmp_path, timeout=120, preload=faults.library())
    assert int(printed) >= 5
