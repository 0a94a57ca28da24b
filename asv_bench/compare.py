"""zarr_c beside zarr-python, zarrs and tensorstore, and beside the limit of the machine.

``make compare`` or ``python asv_bench/compare.py --help``. In each round every implementation
does the same work on the very same store, in turning order, and every result is compared with
the data. The table shows medians in milliseconds; its two ratios are medians of the ratios
within rounds, which noise of the machine changes least:

* ``best peer``: fastest other implementation / zarr_c (above 1: zarr_c is faster);
* ``limit``: zarr_c / the system calls and codec calls alone (see ``limit.c``).

Nobody fsyncs here: tensorstore is told so, the others do not by default.
"""

import argparse
import json
import os
import platform
import shutil
import sys
import tempfile
from pathlib import Path
from statistics import median
from time import perf_counter

import numpy as np
from limit import Limit
from peers import PEERS
from rich.console import Console
from rich.table import Table
from rows import LEVELS, STEPS, field, names, rows

import zarr_c as zarr


class Bench:
    """Stores and data of one run, in one folder that is deleted at the end."""

    def __init__(self, folder, threads):
        self.folder = folder
        self.peers = [peer(threads) for peer in PEERS]
        self.limit = Limit(folder, threads)
        self.missing = {p.name: p.missing for p in (*self.peers, self.limit) if p.missing}
        self.peers = [p for p in self.peers if not p.missing]
        self.fields = {}
        self.ratios = {}

    def data(self, row):
        """The values that belong into the array of a row; made once."""
        key = row.shape, row.dtype
        if key not in self.fields:
            shape = (STEPS, *row.shape[1:]) if row.shape[0] == 0 else row.shape
            self.fields[key] = names(shape) if row.dtype == "string" else field(shape)
        return self.fields[key]

    def create(self, path, row):
        """An empty array for `row`: metadata only."""
        codec, level = row.codec, LEVELS[row.codec]
        compressor = {
            "none": lambda: None,
            "zstd": lambda: zarr.codecs.ZstdCodec(level=level),
            "blosc": lambda: zarr.codecs.BloscCodec(
                cname="lz4", clevel=level, shuffle="shuffle"
            ),
            "gzip": lambda: zarr.codecs.GzipCodec(level=level),
        }[codec]()
        return zarr.create_array(
            str(path),
            shape=row.shape,
            chunks=row.chunks,
            shards=row.shards,
            dtype=row.dtype,
            compressors=compressor,
        )

    def filled(self, row):
        """Path of the store that rows with this codec and these chunks read; made once."""
        path = self.folder / row.store
        if not path.exists():
            array = self.create(path, row)
            array[...] = self.data(row)
            self.ratios[row.store] = array.nbytes / array.nbytes_stored()
        return str(path)

    def time(self, peer, row):
        """Seconds that `peer` needs for `row` once; raises if the result is wrong."""
        return getattr(self, f"_{row.work}")(peer, row) / row.repeat

    def _read(self, peer, row):
        array = peer.open(self.filled(row))
        data = self.data(row)
        start = perf_counter()
        for _ in range(row.repeat):
            found = [peer.read(array, one, row.index) for one in row.selections]
        seconds = perf_counter() - start
        for values, selection in zip(found, row.selections, strict=True):
            index = np.ix_(*selection) if row.index == "oindex" else selection
            check(peer, row, values, data[index])
        return seconds

    def _open(self, peer, row):
        path = self.filled(row)
        start = perf_counter()
        for _ in range(row.repeat):
            array = peer.open(path)
        seconds = perf_counter() - start
        check(peer, row, array.shape, row.shape)
        return seconds

    def _fresh(self, row, work):
        """Let `work` have a new store, check what it left there, and delete it."""
        path = self.folder / "fresh"
        self.create(path, row)
        try:
            seconds = work(str(path))
            return seconds, zarr.open_array(str(path), mode="r")[...]
        finally:
            shutil.rmtree(path)

    def _write(self, peer, row):
        data = self.data(row)

        def work(path):
            array = peer.open(path, "r+")
            start = perf_counter()
            peer.write(array, ..., data)
            return perf_counter() - start

        seconds, stored = self._fresh(row, work)
        check(peer, row, stored, data)
        return seconds

    def _append(self, peer, row):
        data = self.data(row)

        def work(path):
            array = peer.open(path, "r+")
            start = perf_counter()
            for step in data:
                peer.append(array, step[np.newaxis])
            return perf_counter() - start

        seconds, stored = self._fresh(row, work)
        check(peer, row, stored, data)
        return seconds

    def _update(self, peer, row):
        data, (box,) = self.data(row), row.selections
        path = self.filled(row)
        array = peer.open(path, "r+")
        peer.write(array, box, np.zeros_like(data[box]))
        start = perf_counter()
        for _ in range(row.repeat):
            peer.write(array, box, data[box])
        seconds = perf_counter() - start
        check(peer, row, zarr.open_array(path, mode="r")[...], data)
        return seconds

    def time_limit(self, row):
        """Seconds that the system calls and codec calls of `row` need, or None."""
        if row.limit is None or self.limit.missing:
            return None
        target = self.folder / "limit" if row.limit in ("write", "replace") else None
        return self.limit.seconds(
            row.limit,
            row.codec,
            LEVELS[row.codec],
            row.shape,
            row.chunks,
            self.filled(row),
            target,
        )


def check(peer, row, found, expected):
    """Raise unless both are equal."""
    if not np.array_equal(found, expected):
        raise SystemExit(f"{peer.name}: wrong result of {row.title!r}")


def measure(bench, row, rounds, budget):
    """Seconds of every implementation in every round, within about `budget` seconds."""
    end = perf_counter() + budget
    peers = [peer for peer in bench.peers if row.dtype not in peer.lacks]
    for peer in peers:
        bench.time(peer, row)  # warms caches, pools and the file system; not counted
    seconds = {peer.name: [] for peer in peers} | {"limit": []}
    for number in range(rounds):
        turn = number % len(peers)
        for peer in peers[turn:] + peers[:turn]:
            seconds[peer.name].append(bench.time(peer, row))
        limit = bench.time_limit(row)
        if limit is not None:
            seconds["limit"].append(limit)
        if number >= 1 and perf_counter() > end:
            break
    return {name: times for name, times in seconds.items() if times}


def ratios(seconds):
    """Medians over rounds of fastest peer / zarr_c and zarr_c / limit; None where unknown."""
    own = seconds["zarr_c"]
    others = [times for name, times in seconds.items() if name not in ("zarr_c", "limit")]
    best = (
        median(min(times) / t for t, *times in zip(own, *others, strict=True))
        if others
        else None
    )
    if "limit" not in seconds:
        return best, None
    return best, median(t / bound for t, bound in zip(own, seconds["limit"], strict=True))


def machine(bench, threads):
    """What the numbers depend on."""
    model = "unknown"
    if Path("/proc/cpuinfo").exists():
        lines = Path("/proc/cpuinfo").read_text().splitlines()
        model = next(
            (line.split(":")[1].strip() for line in lines if "model name" in line), model
        )
    return {
        "processor": model,
        "cores": len(os.sched_getaffinity(0)),
        "threads": threads,
        "kernel": platform.release(),
        "python": platform.python_version(),
        "numpy": np.__version__,
        **{peer.name: peer.version for peer in bench.peers},
    }


def table(results, names):
    """The rich table of all rows."""
    shown = Table(title="milliseconds, medians", header_style="bold cyan")
    shown.add_column("work", no_wrap=True)
    for name in (*names, "limit", "best peer/zarr_c", "zarr_c/limit"):
        shown.add_column(name, justify="right")
    for title, seconds in results.items():
        cells = [
            f"{median(seconds[n]) * 1e3:.3g}" if n in seconds else "-"
            for n in (*names, "limit")
        ]
        best, limit = ratios(seconds)
        colour = "" if best is None else "[green]" if best >= 1 else "[red]"
        cells.append("-" if best is None else f"{colour}{best:.2f}")
        cells.append("-" if limit is None else f"{limit:.2f}")
        shown.add_row(title, *cells)
    return shown


def parse(argv):
    """The options."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument(
        "--rows", nargs="*", default=[], help="words: only rows with one in the title"
    )
    parser.add_argument(
        "--rounds", type=int, default=7, help="at most, for each row (default 7)"
    )
    parser.add_argument(
        "--budget", type=float, default=6.0, help="seconds for each row (default 6)"
    )
    parser.add_argument("--threads", type=int, default=len(os.sched_getaffinity(0)))
    parser.add_argument("--json", type=Path, help="write all times there")
    parser.add_argument(
        "--quick", action="store_true", help="three rounds; shows that all works"
    )
    parser.add_argument(
        "--folder", type=Path, help="of the stores (default /dev/shm where it is)"
    )
    options = parser.parse_args(argv)
    if not rows(options.rows):
        parser.error(f"--rows: no row has one of {options.rows} in its title")
    if min(options.rounds, options.threads) < 1:
        parser.error("--rounds, --threads: expected 1 or more")
    return options


def main(argv=None):
    """Measure, print, write."""
    options = parse(argv)
    rounds = 3 if options.quick else options.rounds
    memory = Path("/dev/shm")
    place = options.folder or (memory if memory.is_dir() else None)
    console, results = Console(width=120), {}
    with tempfile.TemporaryDirectory(prefix="zarr_c-compare-", dir=place) as folder:
        bench = Bench(Path(folder), options.threads)
        facts = machine(bench, options.threads)
        console.print(", ".join(f"{name} {value}" for name, value in facts.items()))
        for name, reason in bench.missing.items():
            console.print(f"[yellow]without {name}: {reason}")
        for row in rows(options.rows):
            with console.status(row.title):
                results[row.title] = measure(bench, row, rounds, options.budget)
        ratio = ", ".join(f"{name} {value:.2f}" for name, value in bench.ratios.items())
    console.print(
        f"ratios of the stores: {ratio}; folder {place}; tensorstore file_io_sync false"
    )
    console.print(table(results, [peer.name for peer in bench.peers]))
    if options.json:
        document = {"machine": facts, "ratios": bench.ratios, "seconds": results}
        options.json.write_text(json.dumps(document, indent=1))
    return 0


if __name__ == "__main__":
    sys.exit(main())
