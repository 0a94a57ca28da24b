"""Other implementations of Zarr, as the tests ask them: one process each, for the whole run."""

import atexit
import contextlib
import importlib.util
import json
import os
import subprocess
import sys
from pathlib import Path

from peer_server import pack, unpack

ROOT = Path(__file__).parents[2]
ZARR_2 = ROOT / ".venv" / "peers-3.11" / "bin" / "python"


class PeerError(Exception):
    """What a peer answered instead of an array, or how its process ended."""


class Peer:
    """An implementation.

    Parameters
    ----------
    name : str
        As `peer_server` has it.
    package : str
        What has to be installed.
    formats : tuple of int
        The formats that it has.
    python : path
        The interpreter that has it, by default this one.
    """

    def __init__(self, name, package, formats=(2, 3), python=sys.executable):
        self.name, self.package, self.formats, self.python = name, package, formats, python
        self._process, self._version = None, None

    @property
    def why_absent(self):
        """Why it cannot be asked here, or None."""
        if not Path(self.python).exists():
            return f"{self.name} has no environment; `make peers` makes it with Python 3.11"
        if self.python == sys.executable and importlib.util.find_spec(self.package) is None:
            return f"{self.package} is not installed"
        return None

    @property
    def version(self):
        self._start()
        return self._version

    def read(self, path, zarr_format):
        """The array at a path, whole.

        Raises
        ------
        PeerError
            If the peer cannot.
        """
        return unpack(self._ask({"read": str(path), "zarr_format": zarr_format})["array"])

    def write(self, path, document, array):
        """Let it make an array at a path out of a document, and write all of it.

        Raises
        ------
        PeerError
            If the peer cannot.
        """
        self._ask({"write": str(path), "document": document, "array": pack(array)})

    def _start(self):
        if self._process is not None:
            return
        server = Path(__file__).with_name("peer_server.py")
        self._process = subprocess.Popen(
            [self.python, server, self.name],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,  # of those that abort
            text=True,
            env={k: v for k, v in os.environ.items() if k != "LD_PRELOAD"},  # of a sanitizer
        )
        atexit.register(self._stop)
        self._version = self._answer()["version"]

    def _stop(self):
        if self._process is not None:
            self._process.kill()
            self._process.communicate()
            self._process = None

    def _ask(self, request):
        self._start()
        with contextlib.suppress(BrokenPipeError):
            self._process.stdin.write(json.dumps(request) + "\n")
            self._process.stdin.flush()
        return self._answer()

    def _answer(self):
        line = self._process.stdout.readline()
        if not line:
            process, self._process = self._process, None
            process.communicate()
            raise PeerError(f"its process ended with {process.returncode}")
        answer = json.loads(line)
        if "error" in answer:
            raise PeerError(answer["error"])
        return answer


PEERS = {
    peer.name: peer
    for peer in (
        Peer("zarr-python", "zarr"),
        Peer("tensorstore", "tensorstore"),
        Peer("zarrs", "zarrs"),
        Peer("z5py", "z5py"),
        Peer("zarr-python 2", "zarr", (2,), ZARR_2),
    )
}
