"""Each file call of a change or a read fails in turn, once or from then on.

Then the error is raised with its number, or the call was not needed; every object is the old or
the new one, nothing is left over, and the next try works.
"""

import errno
import sys

import fault_works
import faults
import pytest
from children import run

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="the shim is for Linux")

CHANGED = """
import errno, sys
import zarr_c
from fault_works import Case
from faults import FAIL, FAIL_ON, Faults

name, durability, folder, call, codes = sys.argv[1:]
zarr_c.config.set({"threads": 1})
case, faults, raised = Case(name, durability, folder), Faults(folder), 0
path = case.fresh("changed")
calls = faults.count(call, lambda: case.change(case.store(path)))
for code in map(int, codes.split()):
    for number in range(1, calls + 1):
        for action in (FAIL, FAIL_ON):
            path = case.fresh("changed")
            try:
                with faults.armed(call, number, action, code):
                    case.change(case.store(path))
            except OSError as error:
                assert error.errno == code, (error, code)
                assert error.filename, error
                raised += 1
            else:
                assert case.content(path) == case.new
            # what cannot be removed stays out of sight until it is swept
            case.check(path, swept=call == "unlink" or name == "deleted")
print(calls, raised)
"""

CODES = {
    "open": (errno.EIO, errno.EMFILE, errno.ENFILE, errno.ESTALE, errno.EACCES),
    "write": (errno.EIO, errno.ENOSPC, errno.EDQUOT, errno.EFBIG),
    "read": (errno.EIO, errno.ESTALE),
    "close": (errno.EIO, errno.ENOSPC, errno.EDQUOT),
    "rename": (errno.EIO, errno.ENOSPC),
    "link": (errno.EIO, errno.ENOSPC),
    "unlink": (errno.EIO, errno.EACCES),
    "mkdir": (errno.EIO, errno.ENOSPC, errno.EDQUOT),
    "fsync": (errno.EIO, errno.ENOSPC),
    "syncfs": (errno.EIO, errno.ENOSPC),
}


@pytest.mark.parametrize("name", fault_works.WORKS)
def test_changes(tmp_path, name):
    met = {}
    for call, codes in CODES.items():
        if (name, call) == ("deleted", "close"):
            continue  # only rmtree's own directories, which it closes twice then (EBADF)
        durability = {"fsync": "write", "syncfs": "commit"}.get(call, "none")
        folder = tmp_path / call
        folder.mkdir()
        printed = run(
            CHANGED, name, durability, folder, call, " ".join(map(str, codes)),
            timeout=300, preload=faults.library(),
        )  # fmt: skip
        met[call] = tuple(map(int, printed.split()))
    # an exclusive rename takes the place of a link, and what is not unlinked is swept
    silent = {call for call, (calls, raised) in met.items() if calls and not raised}
    assert silent <= {"link", "unlink"}
    assert met["open"][0]


READ = """
import errno, sys
import numpy as np
import zarr_c
from fault_works import DATA, SHARDED, array
from faults import FAIL, FAIL_ON, SHORT, Faults
from zarr_c.storage import LocalStore

folder, kind = sys.argv[1:]
zarr_c.config.set({"threads": 1})
{"chunks": array(), "raw": array(compressors=None), "shards": array(**SHARDED),
 "v2": array(zarr_format=2)}[kind](LocalStore(folder))
faults, raised = Faults(folder), 0

def read():
    return zarr_c.open_array(folder, path="a", mode="r")[3:50, 20:]

for call, codes in ("open", (errno.EIO, errno.EMFILE, errno.ESTALE, errno.EACCES)), (
    "read", (errno.EIO, errno.ESTALE)
):
    calls = faults.count(call, read)
    for code in codes:
        for number in range(1, calls + 1):
            for action in (FAIL, FAIL_ON):
                try:
                    with faults.armed(call, number, action, code):
                        read()
                except OSError as error:  # nothing is taken for absent, nor for a fill value
                    assert error.errno == code and error.filename, error
                    raised += 1
                else:
                    raise AssertionError(f"{call} {number} of {calls} may fail")
                np.testing.assert_array_equal(read(), DATA[3:50, 20:])
with faults.armed("", 1, SHORT):  # interruptions and short transfers
    for _ in range(10):
        np.testing.assert_array_equal(read(), DATA[3:50, 20:])
        zarr_c.open_array(folder, path="a", mode="r+")[1:60] = DATA[1:60]
print(raised)
"""


@pytest.mark.parametrize("kind", ["chunks", "raw", "shards", "v2"])
def test_reads(tmp_path, kind):
    assert int(run(READ, tmp_path, kind, preload=faults.library())) > 30
