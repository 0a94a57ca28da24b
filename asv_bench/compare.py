"""zarr_c beside other Zarr libraries, HDF5 and Blosc2, and beside the limit of the machine.

``make compare`` or ``python asv_bench/compare.py --help``. In each round every implementation
does the same work, those of Zarr on the very same store, in turning order, and every result is
compared with the data. The table shows medians; its two ratios are medians of the ratios within
rounds, which noise of the machine changes least:

* ``best peer``: fastest other implementation / zarr_c (above 1: zarr_c is faster);
* ``limit``: zarr_c / the system calls and codec calls alone (see ``limit.c``).

Nobody fsyncs where a row does not say so: tensorstore is told so, the others do not by default.
"""

import argparse
import json
import os
import platform
import signal
import subprocess
import sys
import tempfile
from pathlib import Path

import chart
import numpy as np
from bench import PEERS, Bench, measure, summary
from rich.console import Console
from rich.table import Table
from sets import SETS, THREADS, rows

NOTES = """\
Nobody fsyncs unless a row says so. z5py opens arrays through their group.
* HDF5 and Blosc2 read and write a copy of the data in their own format, with the nearest codec;
HDF5 runs on one thread and without a chunk cache, and flushes what it writes."""


def file_system(folder):
    """Kind of the file system that holds `folder`, as Linux names it."""
    mounts = Path("/proc/mounts")
    if not mounts.exists():
        return "unknown"
    place = Path(folder).resolve()
    kinds = {Path(line.split()[1]): line.split()[2] for line in mounts.read_text().splitlines()}
    return next(kinds[parent] for parent in (place, *place.parents) if parent in kinds)


def machine(bench, threads):
    """What the numbers depend on."""
    model = "unknown"
    if Path("/proc/cpuinfo").exists():
        lines = Path("/proc/cpuinfo").read_text().splitlines()
        names = (line.split(":")[1].strip() for line in lines if "model name" in line)
        model = next(names, model)
    return {
        "processor": model,
        "cores": len(os.sched_getaffinity(0)),
        "threads": threads,
        "kernel": platform.release(),
        "file system": file_system(bench.folder),
        "python": platform.python_version(),
        "numpy": np.__version__,
        **bench.versions(),
    }


def table(results, unit):
    """The rich table of the rows measured in this unit."""
    results = [row for row in results if row["unit"] == unit]
    present = {name for row in results for name in row["medians"]}
    names = [peer.name for peer in PEERS if peer.name in present]
    other = {peer.name for peer in PEERS if peer.suffix}
    shown = Table(
        title="milliseconds, medians" if unit == "s" else "MiB beside the values, medians",
        header_style="bold cyan",
    )
    shown.add_column("work", no_wrap=True)
    heads = [name + " *" * (name in other) for name in names]
    for head in (*heads, "limit", "best peer/zarr_c", "zarr_c/limit", "bar"):
        shown.add_column(head, justify="right")
    for row in results:
        scale = 1e3 if unit == "s" else 1
        cells = [
            f"{row['medians'][name] * scale:.3g}" if name in row["medians"] else "-"
            for name in (*names, "limit")
        ]
        best = row["best_peer"]
        colour = "" if best is None else "[green]" if round(best, 2) >= 1 else "[red]"
        cells.append("-" if best is None else f"{colour}{best:.2f}")
        cells.append("-" if row["limit"] is None else f"{row['limit']:.2f}")
        shown.add_row(row["title"], *cells, verdict(row))
    return shown


def verdict(row):
    """The bar and whether it was met, in colour."""
    if row["bar"] is None:
        return ""
    colour = {True: "green", False: "red", None: "yellow"}[row["met"]]
    word = {True: "met", False: "missed", None: "unknown"}[row["met"]]
    return f"[{colour}]{row['bar']}: {word}"


def failures(runs):
    """A line for each bar that was not met and each row where a peer was faster."""
    found = []
    for number, results in enumerate(runs, 1):
        for row in results:
            if row["bar"] is not None and not row["met"]:
                word = "missed" if row["met"] is False else "unknown"
                found.append(f"run {number}: {row['title']}: {row['bar']} {word}")
            if (
                row["unit"] == "s"
                and row["best_peer"] is not None
                and round(row["best_peer"], 2) < 1
            ):
                line = f"{row['fastest_peer']} is faster ({row['best_peer']:.2f})"
                found.append(f"run {number}: {row['title']}: {line}")
    return found


def parse(argv):
    """The options."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    add = parser.add_argument
    add("--set", nargs="+", default=["section7"], choices=SETS, help="(default section7)")
    add("--rows", nargs="*", default=[], help="words: only rows with one in the title")
    add("--rounds", type=int, default=7, help="at most, for each row (default 7)")
    add("--budget", type=float, default=4.0, help="seconds for each row (default 4)")
    add("--threads", type=int, nargs="+", help="one table of each (default: all cores)")
    add("--repeat", type=int, default=1, help="whole runs (default 1)")
    add("--json", type=Path, help="write all times there")
    add("--chart", type=Path, help="draw times relative to zarr_c there, as PNG")
    add("--check", action="store_true", help="fail if a bar is missed or a peer is faster")
    add("--quick", action="store_true", help="three rounds; shows that all works")
    add("--folder", type=Path, help="of the stores (default /dev/shm where it is)")
    options = parser.parse_args(argv)
    if not rows(options.set, options.rows):
        parser.error(f"--rows: no row of {options.set} has one of {options.rows} in its title")
    if options.threads is None:
        cores = (len(os.sched_getaffinity(0)),)
        options.threads = sorted({n for name in options.set for n in THREADS.get(name, cores)})
    if min(options.rounds, options.repeat, *options.threads) < 1:
        parser.error("--rounds, --repeat, --threads: expected 1 or more")
    return options


def run(options, console, place):
    """Measure all rows, `repeat` times: the machine and the results of each run."""
    rounds, runs = 3 if options.quick else options.rounds, []
    chosen = rows(options.set, options.rows)
    for _ in range(options.repeat):
        with tempfile.TemporaryDirectory(prefix="zarr_c-compare-", dir=place) as folder:
            bench, results = Bench(Path(folder), options.threads[0]), []
            facts = machine(bench, options.threads[0])
            for number, row in enumerate(chosen):
                bench.keep(chosen[number:])
                with console.status(row.title):
                    times = measure(bench, row, rounds, options.budget)
                results.append(summary(row, times))
        runs.append(results)
    return {"machine": facts, "missing": bench.missing, "ratios": bench.ratios, "runs": runs}


def run_by_threads(options, place):
    """The same in a process for each number of threads: pools cannot be made anew."""
    documents = []
    for threads in options.threads:
        with tempfile.TemporaryDirectory(prefix="zarr_c-compare-", dir=place) as folder:
            found = Path(folder, "times.json")
            words = ["--set", *options.set, "--threads", threads, "--repeat", options.repeat]
            words += ["--rounds", options.rounds, "--budget", options.budget]
            words += ["--rows", *options.rows, "--json", found, "--folder", folder]
            words += ["--quick"] * options.quick
            command = [sys.executable, __file__, *map(str, words)]
            subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
            document = json.loads(found.read_text())
        for row in (row for results in document["runs"] for row in results):
            row["title"] += f", {threads} thread{'s' * (threads > 1)}"
        documents.append(document)
    first = documents[0]
    first["machine"]["threads"] = options.threads
    runs = zip(*(document["runs"] for document in documents), strict=True)
    first["runs"] = [[row for part in parts for row in part] for parts in runs]
    return first


def show(console, document):
    """Print facts, tables and what was not reached."""
    facts = document["machine"]
    console.print(", ".join(f"{name} {value}" for name, value in facts.items()))
    for name, reason in document["missing"].items():
        console.print(f"[yellow]without {name}: {reason}", markup=True)
    ratio = ", ".join(f"{name} {value:.2f}" for name, value in document["ratios"].items())
    console.print(f"ratios of the stores: {ratio}\n{NOTES}")
    for results in document["runs"]:
        for unit in ("s", "MiB"):
            if any(row["unit"] == unit for row in results):
                console.print(table(results, unit))
    for line in failures(document["runs"]):
        console.print(f"[red]{line}")


def main(argv=None):
    """Measure, print, write."""
    options = parse(argv)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # stores are deleted then, too
    shared = Path("/dev/shm")
    place = options.folder or (shared if shared.is_dir() else None)
    console = Console(width=190)
    several = len(options.threads) > 1
    document = run_by_threads(options, place) if several else run(options, console, place)
    show(console, document)
    if "durability" in options.set and document["machine"]["file system"] == "tmpfs":
        console.print("[yellow]fsync costs nothing on tmpfs: give --folder on a disk")
    if options.json:
        options.json.write_text(json.dumps(document, indent=1))
    if options.chart:
        chart.draw(document["runs"], options.chart)
    return 1 if options.check and failures(document["runs"]) else 0


if __name__ == "__main__":
    sys.exit(main())
