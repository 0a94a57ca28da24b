"""Takes one safeguard after another out of a copy of the sources, and sees that tests fail.

``python tests/helpers/safeguards.py [NAME ...]``, in the environment for daily work of
CONTRIBUTING.md. The copy lies in ``build/safeguards``; building it takes two minutes, each
safeguard up to two more: its tests pass with it, and then fail, hang or crash without it. It
ends with 1 if the loss of one went unnoticed.
"""

import os
import re
import shutil
import signal
import subprocess
import sys
import time
import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
COPY = ROOT / "build" / "safeguards"
TIMEOUT = 300  # of tests with their safeguard
SAFEGUARDS = tomllib.loads(Path(__file__).with_suffix(".toml").read_text())


def run(*command, **options):
    return subprocess.run(command, cwd=COPY, capture_output=True, text=True, **options)


def build():
    done = run(sys.executable, "setup.py", "-q", "build_ext", "--inplace")
    if done.returncode:
        sys.exit(done.stdout[-3000:] + done.stderr[-3000:])


def copy():
    """The files of the checkout, also those that are not committed, compiled in place."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT, capture_output=True, text=True, check=True,
    )  # fmt: skip
    for name in filter(None, listed.stdout.split("\0")):
        source, target = ROOT / name, COPY / name
        target.parent.mkdir(parents=True, exist_ok=True)
        if source.exists() and (
            not target.exists() or source.read_bytes() != target.read_bytes()
        ):
            shutil.copy(source, target)
    build()


def tested(tests, timeout):
    """The outcome of the tests in words, and whether they passed."""
    # no file of bytecode: an edit within the second of the last would not be seen
    options = {"env": os.environ | {"PYTHONPATH": str(COPY), "PYTHONDONTWRITEBYTECODE": "1"}}
    command = [sys.executable, "-m", "pytest", "-q", "--maxfail=5", "-p", "no:cacheprovider"]
    # interrupted, pytest ends the processes that it has started
    done = run(
        "timeout", "-s", "INT", "-k", "30", f"{timeout:.0f}", *command, *tests, **options
    )
    if done.returncode in (124, -signal.SIGKILL, 128 + signal.SIGKILL):
        return f"hangs ({timeout:.0f} s)", False
    if done.returncode < 0:
        return f"crashes ({signal.Signals(-done.returncode).name})", False
    counts = dict(map(reversed, re.findall(r"(\d+) (failed|passed|errors?)", done.stdout)))
    if done.returncode > 1 or "error" in counts or "errors" in counts:
        sys.exit(f"the tests did not run: {done.stdout[-3000:]}")
    return (
        f"{counts.get('failed', 0)} failed, {counts.get('passed', 0)} passed",
        not done.returncode,
    )


def taken_out(name, file, text, instead, tests):
    """Test with the safeguard and without it: whether the tests noticed, and what they said."""
    path = COPY / "zarr_c" / file
    source = path.read_text()
    if source.count(text) != 1:
        sys.exit(f"{path}: expected one {text!r}, found {source.count(text)}")
    build()  # without what the last one changed
    began = time.monotonic()
    outcome, passed = tested(tests, TIMEOUT)
    if not passed:
        sys.exit(f"{name}: the tests do not pass with it: {outcome}")
    took = time.monotonic() - began
    path.write_text(source.replace(text, instead))
    try:
        build()
        outcome, passed = tested(tests, 30 + 3 * took)  # more than that is a hang
    finally:
        path.write_text(source)
    return not passed, outcome


def main(names):
    copy()
    unnoticed = 0
    for name in names or SAFEGUARDS:
        noticed, outcome = taken_out(name, **SAFEGUARDS[name])
        unnoticed += not noticed
        print(f"{name:50}{'' if noticed else 'UNNOTICED  '}{outcome}", flush=True)
    return min(unnoticed, 1)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
