"""Running code in a process of its own, where it may crash, hang, fork or be interrupted."""

import os
import signal
import subprocess
import sys
import textwrap


def start(code, *arguments, preload=None):
    """Start a Python process that imports what this one does; `preload` is loaded first."""
    path = os.pathsep.join(entry or os.getcwd() for entry in sys.path)
    environment = os.environ | {"PYTHONPATH": path}
    if preload is not None:  # after what is preloaded already, such as a sanitizer
        environment["LD_PRELOAD"] = f"{os.environ.get('LD_PRELOAD', '')} {preload}".strip()
    return subprocess.Popen(
        [
            sys.executable,
            "-X",
            "faulthandler",
            "-c",
            textwrap.dedent(code),
            *map(str, arguments),
        ],
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )


def run(code, *arguments, timeout=60, preload=None):
    """What a process prints; it must end in time and without an error."""
    child = start(code, *arguments, preload=preload)
    try:
        output, _ = child.communicate(timeout=timeout)
    except BaseException as error:
        os.killpg(child.pid, signal.SIGKILL)  # its forked children too
        if not isinstance(error, subprocess.TimeoutExpired):
            raise
        raise AssertionError(f"no end after {timeout} s: {child.communicate()[0]}") from None
    assert child.returncode == 0, f"exit status {child.returncode}: {output}"
    return output
