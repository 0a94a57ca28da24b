"""Takes one safeguard after another out of a copy of the sources, and sees that tests fail.

``python tests/helpers/safeguards.py [NAME ...]``, in the environment for daily work of
CONTRIBUTING.md. The copy lies in ``build/safeguards``; building it takes two minutes, each
safeguard up to one more. It ends with 1 if the loss of one went unnoticed.
"""

import os
import re
import shutil
import subprocess
import sys
import time
import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
COPY = ROOT / "build" / "safeguards"
TIMEOUT = 120  # a test that hangs has noticed, too
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


def tested(tests):
    """How many tests failed and passed; None for tests that hang."""
    # no file of bytecode: an edit within the second of the last would not be seen
    options = {"env": os.environ | {"PYTHONPATH": str(COPY), "PYTHONDONTWRITEBYTECODE": "1"}}
    command = [sys.executable, "-m", "pytest", "-q", "--maxfail=5", "-p", "no:cacheprovider"]
    try:
        done = run(*command, *tests, timeout=TIMEOUT, **options)
    except subprocess.TimeoutExpired:
        return None
    counts = dict(map(reversed, re.findall(r"(\d+) (failed|passed|errors?)", done.stdout)))
    if done.returncode < 0:
        return None  # it crashed
    if done.returncode > 1 or "error" in counts or "errors" in counts:
        sys.exit(f"the tests did not run: {done.stdout[-3000:]}")
    return int(counts.get("failed", 0)), int(counts.get("passed", 0))


def taken_out(safeguard):
    """Test without it; what `tested` gives."""
    path = COPY / "zarr_c" / safeguard["file"]
    text = path.read_text()
    found = text.count(safeguard["text"])
    if found != 1:
        sys.exit(f"{path}: expected one {safeguard['text']!r}, found {found}")
    path.write_text(text.replace(safeguard["text"], safeguard["instead"]))
    try:
        build()
        return tested(safeguard["tests"])
    finally:
        path.write_text(text)  # the next one's build compiles it


def main(names):
    copy()
    unnoticed = 0
    for name in names or SAFEGUARDS:
        began = time.monotonic()
        found = taken_out(SAFEGUARDS[name])
        outcome = (
            "hangs or crashes" if found is None else f"{found[0]} failed, {found[1]} passed"
        )
        unnoticed += found is not None and found[0] == 0
        print(f"{name:50}{outcome:>22}{time.monotonic() - began:7.0f} s", flush=True)
    return min(unnoticed, 1)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
