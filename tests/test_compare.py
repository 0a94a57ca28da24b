"""``asv_bench/compare.py``: options, bars, verdicts, and a short run of one row."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

BENCHES = Path(__file__).parents[1] / "asv_bench"
JUDGE = """
import sys
sys.path.insert(0, sys.argv[1])
from bench import summary
from compare import failures
from rows import Bar, Row
from sets import SETS, rows

def judged(bar, **times):
    return summary(Row("row", "read", "none", bar=bar), {"zarr_c": [2.0, 2.0, 2.0], **times})

row = judged(Bar("peer", 1.5), zarrs=[3.0, 4.0, 2.0], z5py=[9.0, 3.0, 9.0], limit=[1.0] * 3)
assert (row["best_peer"], row["limit"], row["fastest_peer"]) == (1.5, 2.0, "zarrs"), row
assert row["met"] and not failures([[row]])
assert not judged(Bar("peer", 1.51), zarrs=[3.0] * 3)["met"]
assert judged(Bar("limit", 2), limit=[1.0] * 3)["met"]
assert not judged(Bar("limit", 1.99), limit=[1.0] * 3)["met"]
assert judged(Bar("limit", 2))["met"] is None  # no limit was measured: not met silently
assert failures([[judged(Bar("limit", 2))]])
assert judged(Bar("ms", 2000))["met"] and not judged(Bar("ms", 1999))["met"]
assert judged(Bar("whole", 2), whole=[1.0] * 3)["met"]
assert not judged(Bar("whole", 1.9), whole=[1.0] * 3)["met"]
assert "zarrs is faster" in failures([[judged(None, zarrs=[1.0] * 3)]])[0]
for name in SETS:
    titles = [row.title for row in rows([name], [])]
    assert titles and len(set(titles)) == len(titles), name
"""


def run(*words):
    command = [sys.executable, *map(str, words)]
    # The program imports what lies beside it, and no sources that are not compiled.
    env = {name: value for name, value in os.environ.items() if name != "PYTHONSAFEPATH"}
    return subprocess.run(
        command, capture_output=True, text=True, check=False, env=env, cwd=BENCHES
    )


def test_bars_and_failures():
    done = run("-c", JUDGE, BENCHES)
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("words", [["--rows", "nothing has this"], ["--rounds", "0"]])
def test_options_that_say_nothing_are_refused(words):
    done = run(BENCHES / "compare.py", *words)
    assert done.returncode == 2
    assert words[0] in done.stderr


def test_a_short_run(tmp_path):
    """One row of every format, to a table, JSON and a chart; nothing is left behind."""
    words = ["--rows", "open an", "--quick", "--budget", "0", "--folder", tmp_path]
    times, picture = tmp_path / "times.json", tmp_path / "times.png"
    done = run(BENCHES / "compare.py", *words, "--json", times, "--chart", picture)
    assert done.returncode == 0, done.stderr
    document = json.loads(times.read_text())
    ((row,),) = document["runs"]
    assert row["title"] == "open an array"
    assert {"zarr_c", "zarr-python", "tensorstore"} <= set(row["times"])
    assert len(row["times"]["zarr_c"]) == 3
    assert {len(found) for found in row["times"].values()} <= {2, 3}  # slow peers leave
    assert row["met"] == (round(row["medians"]["zarr_c"] * 1e3, 4) <= 0.03)
    assert document["machine"]["file system"] != "unknown" or sys.platform != "linux"
    assert picture.read_bytes().startswith(b"\x89PNG")
    assert set(tmp_path.iterdir()) == {times, picture}
