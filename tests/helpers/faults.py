"""File calls that fail, are cut short, are recorded or are the last of their process.

`library` is preloaded into a child process (`run` and `start` of ``children`` do it with
`preload`). In the child, `Faults` says which calls on files below a directory go wrong:
``open``, ``read``, ``write``, ``fsync``, ``syncfs``, ``close``, ``rename``, ``link``,
``unlink`` and ``mkdir``.
"""

import atexit
import ctypes
import errno
import functools
import os
import shutil
import subprocess
import tempfile
from contextlib import contextmanager
from pathlib import Path

from compilers import compiler

SOURCE = Path(__file__).with_name("faults.c")
FAIL, FAIL_ON, KILL, SHORT = 1, 2, 3, 4
COUNT = 10**9  # no call has this number


@functools.cache
def library():
    """The path of the compiled shim; compiled once for a run of the tests."""
    folder = tempfile.mkdtemp(prefix="zarr_c-faults-")
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    path = Path(folder) / "faults.so"
    flags = ["-O1", "-Wall", "-shared", "-fPIC"]
    subprocess.run([compiler(), *flags, "-o", path, SOURCE, "-ldl"], check=True)
    return str(path)


class Faults:
    """The shim of this process, told what to do with files below `directory`."""

    def __init__(self, directory):
        self.shim = ctypes.CDLL(None)
        self.shim.zc_faults_disarm.restype = ctypes.c_long
        self.shim.zc_faults_below(os.fsencode(os.path.realpath(directory)))

    def arm(self, call, number, action, code=errno.EIO):
        """Let call `number` (from 1) of a kind go wrong; of any kind if `call` is empty."""
        self.shim.zc_faults_arm(call.encode(), ctypes.c_long(number), action, code)

    def disarm(self):
        """Let all calls be; how many were met since `arm`."""
        return self.shim.zc_faults_disarm()

    @contextmanager
    def armed(self, call, number, action, code=errno.EIO):
        self.arm(call, number, action, code)
        try:
            yield
        finally:
            self.disarm()

    def count(self, call, work):
        """How many calls of a kind `work` makes."""
        self.arm(call, COUNT, FAIL)
        work()
        return self.disarm()

    def record(self, path):
        """Append every change below the directory to a file, from now on."""
        self.shim.zc_faults_record(os.fsencode(path))

    def mark(self, text):
        """Note in the record that something has been acknowledged."""
        self.shim.zc_faults_mark(text.encode())
