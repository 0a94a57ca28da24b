"""Documents and chunks that were changed at random are read, or refused with an error of ours.

The stores of ``tests/golden`` hold every codec in small; each is changed a few hundred times,
in a process of its own that may not take much memory.
"""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

GOLDEN = Path(__file__).parents[1] / "golden"
MUTATIONS = Path(__file__).parents[1] / "helpers" / "mutations.py"
ROUNDS = 200
MOST_MEMORY = 300  # MiB that the process may have had at its peak

pytestmark = pytest.mark.skipif(
    not sys.platform.startswith("linux"), reason="peak memory is read from Linux's /proc"
)


@pytest.mark.parametrize("kind", ["documents", "chunks"])
@pytest.mark.parametrize("zarr_format", ["v2", "v3"])
def test_errors_are_ours_and_memory_is_bounded(kind, zarr_format):
    folders = sorted(p for p in (GOLDEN / zarr_format).iterdir() if p.is_dir())
    assert len(folders) > 20
    command = [sys.executable, str(MUTATIONS), kind, str(ROUNDS), *map(str, folders)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr[-2000:]
    *failures, peak = [json.loads(line) for line in done.stdout.splitlines()]
    assert failures == []
    if "LD_PRELOAD" not in os.environ:  # a sanitizer adds memory of its own
        assert peak < MOST_MEMORY
