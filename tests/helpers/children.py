"""Running code in a process of its own, where it may crash, hang, fork or be interrupted."""

import os
import subprocess
import sys
import textwrap


def start(code, *arguments):
    """Start a Python process that imports what this one does."""
    path = os.pathsep.join(entry or os.getcwd() for entry in sys.path)
    return subprocess.Popen(
        [
            sys.executable,
            "-X",
            "faulthandler",
            "-c",
            textwrap.dedent(code),
            *map(str, arguments),
        ],
        env=os.environ | {"PYTHONPATH": path},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def run(code, *arguments, timeout=60):
    """What a process prints; it must end in time and without an error."""
    child = start(code, *arguments)
    try:
        output, _ = child.communicate(timeout=timeout)
    except subprocess.TimeoutExpired:
        child.kill()
        raise AssertionError(f"no end after {timeout} s: {child.communicate()[0]}") from None
    assert child.returncode == 0, f"exit status {child.returncode}: {output}"
    return output
