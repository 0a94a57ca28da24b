"""Shows that the benchmarks catch a regression: plants two, and lets asv find them.

``make planted``, or ``python asv_bench/planted.py`` where asv is installed. In a clone in a
temporary folder a commit makes the kernel that copies chunks do it twice, and opening ask for
the document twice. asv builds the commits before and after it and compares them as
`README.md` says: interleaved, factor 1.1, twice in a row. All that was planted must be
reported, and nothing of a set of benchmarks that it does not concern.
"""

import argparse
import re
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[1]
FACTOR = "1.1"
CONTROL = (
    r"codecs\.Compressor\.time_decode\('(zstd-3|gzip-5)'\)",
    r"metadata\.Metadata\.time_parse",
    r"counters\.Requests\.track_requests\('(element|read|write|append a row)'\)",
    r"counters\.Requests\.track_bytes_read\('(read|write)'\)",
)
REPORTED = re.compile(r"^\| \+ .*\| (\S+?\(.*\)|\S+) +\|$", re.MULTILINE)


@dataclass
class Plant:
    """A text of a file that is replaced by another, and the benchmarks that must show it."""

    file: str
    old: str
    new: str
    shown_by: dict[str, int]  # pattern of names: how many benchmarks it stands for

    def put(self, clone):
        path = clone / self.file
        text = path.read_text()
        if text.count(self.old) != 1:
            sys.exit(f"{self.file}: expected once {self.old!r}, found {text.count(self.old)}")
        path.write_text(text.replace(self.old, self.new))


COPY = "copy_block(dst, src, &block, itemsize)"
READ = "        data = place.store._get(key)\n"
BEHIND = (
    "        if data is not None:\n"
    "            return stored.read_v3(data, key, v3.parse_array)\n"
)
PLANTS = (
    Plant(
        "zarr_c/indexing/_copy.pyx",
        f"    else:\n        {COPY}\n",
        f"    else:\n        {COPY}\n        {COPY}\n",
        {r"copy_\.Copy\.time_(scatter|gather)\('(rows|turned)', [48]\)": 8},
    ),
    Plant(
        "zarr_c/nodes.py",
        READ + BEHIND,
        READ + READ + BEHIND,
        {
            r"counters\.Requests\.track_(requests|bytes_read)\('open (v3|shards)'\)": 4,
            r"counters\.Files\.track_reads\('open (v3|shards)'\)": 2,
        },
    ),
)


def git(clone, *arguments):
    who = ["-c", "user.name=zarr_c", "-c", "user.email=zarr_c@localhost"]
    subprocess.run(["git", "-C", str(clone), *who, *arguments], check=True)


def planted(clone):
    """Clone the last commit and commit the plants on a branch of it."""
    subprocess.run(["git", "clone", "--quiet", str(ROOT), str(clone)], check=True)
    git(clone, "checkout", "--quiet", "-B", "main")
    git(clone, "checkout", "--quiet", "-b", "planted")
    for plant in PLANTS:
        plant.put(clone)
    git(clone, "commit", "--quiet", "--all", "-m", "Copy twice, ask twice")


def asv(clone, *arguments):
    command = [sys.executable, "-m", "asv", *arguments]
    return subprocess.run(command, cwd=clone / "asv_bench", stdout=subprocess.PIPE, text=True)


def reported(clone):
    """The benchmarks that asv calls slower, in one comparison of the two commits."""
    wanted = [pattern for plant in PLANTS for pattern in plant.shown_by] + list(CONTROL)
    chosen = [argument for pattern in wanted for argument in ("--bench", f"^{pattern}")]
    options = ["--interleave-rounds", "--factor", FACTOR, "--no-only-changed", *chosen]
    done = asv(clone, "continuous", *options, "main", "planted")
    print(done.stdout)
    names = REPORTED.findall(done.stdout)
    if done.returncode != bool(names) or "failed" in done.stdout:
        sys.exit(f"asv continuous ended with {done.returncode}")
    return set(names)


def judge(found):
    """What is wrong with the set of benchmarks that were reported."""
    problems = []
    for pattern, expected in ((p, n) for plant in PLANTS for p, n in plant.shown_by.items()):
        shown = {name for name in found if re.match(pattern, name)}
        found = found - shown
        if len(shown) != expected:
            problems.append(
                f"{pattern}: expected {expected} to be reported, found {len(shown)}"
            )
    return problems + [f"{name}: reported, but nothing was planted there" for name in found]


def main():
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--keep", metavar="FOLDER", help="clone here, and leave it")
    keep = parser.parse_args().keep
    with tempfile.TemporaryDirectory(prefix="zarr_c-planted-") as temporary:
        clone = Path(keep or temporary, "zarr_c")
        planted(clone)
        asv(clone, "machine", "--yes")
        found = reported(clone) & reported(clone)
    problems = judge(found)
    print(*sorted(found), sep="\n")
    print(*(problems or ["All that was planted was reported, and nothing else."]), sep="\n")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
