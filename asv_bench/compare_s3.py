"""zarr_c over S3 beside zarr-python and tensorstore: times and numbers of requests.

``make compare-s3`` starts SeaweedFS on this machine. Every library reads the very same store,
in turning order, with the same number of requests under way at once, and every result is
compared with the data. Requests are counted in a run of their own, through a proxy, so that
the proxy costs nobody time. The table shows medians in milliseconds and, behind the slash,
requests; ``best peer`` is the median over rounds of fastest other library / fastest of the
two stores of zarr_c.
"""

import argparse
import os
import platform
import sys
import tempfile
from pathlib import Path
from statistics import median
from time import perf_counter

import numpy as np
from rich.console import Console
from rich.table import Table

sys.path.append(str(Path(__file__).parents[1] / "tests" / "helpers"))
from proxy import Proxy
from s3_peers import PEERS, PORTIONS, ROWS
from servers import KEY, SECRET, SeaweedServer

import zarr_c

CHUNK, GRID = 128, (40, 25)  # 1,000 chunks of 128 x 128 float32, 64 KiB each
MEMBERS = 100
SHARD = 10 * CHUNK, 5 * CHUNK  # 20 of 50 inner chunks
SMALL, REPEAT = (
    ("element", "open", "shard_element", "shard_first"),
    20,
)  # as compare.py has it: one by itself is mostly noise


def prepare(server):
    """The array and the group that all rows read."""
    data = np.arange(GRID[0] * GRID[1] * CHUNK**2, dtype="f4").reshape(
        GRID[0] * CHUNK, GRID[1] * CHUNK
    )
    store = zarr_c.storage.ObjectStore("s3://zarr/bench", **server.obstore_options)
    root = zarr_c.create_group(store)
    array = root.create_array(
        "array", shape=data.shape, chunks=(CHUNK, CHUNK), dtype="f4", compressors=None
    )
    array[...] = data
    shards = root.create_array(
        "shards",
        shape=data.shape,
        chunks=(CHUNK, CHUNK),
        shards=SHARD,
        dtype="f4",
        compressors=None,
    )
    shards[...] = data
    for name in ("group", "consolidated"):
        group = root.create_group(name)
        for number in range(MEMBERS):
            group.create_array(f"a{number}", shape=(10,), chunks=(10,), dtype="f4")
    zarr_c.consolidate_metadata(store, path="consolidated")
    for peer in PEERS:  # everybody writes to an array of its own
        root.create_array(
            f"write-{peer.name}",
            shape=data.shape,
            chunks=(CHUNK, CHUNK),
            dtype="f4",
            compressors=None,
        )
    return data


def run(peer, row, data):
    """Seconds of one row, with a check of what it gave."""
    repeat = REPEAT if row in SMALL else 1
    start = perf_counter()
    for _ in range(repeat):
        found = getattr(peer, row)(data)
    seconds = (perf_counter() - start) / repeat
    if row in PORTIONS:
        assert np.array_equal(found, data[PORTIONS[row]]), (peer.name, row)
    elif row in ("group", "consolidated"):
        assert found == MEMBERS, (peer.name, found)
    return seconds


def measure(peers, data, rounds):
    """Seconds by row and peer, a list over rounds."""
    seconds = {row: {peer.name: [] for peer in peers if hasattr(peer, row)} for row in ROWS}
    for row in ROWS:
        able = [peer for peer in peers if hasattr(peer, row)]
        for number in range(rounds + 1):  # the first warms up
            turn = number % len(able)
            for peer in able[turn:] + able[:turn]:
                taken = run(peer, row, data)
                if number:
                    seconds[row][peer.name].append(taken)
    return seconds


def count(server, data, concurrency):
    """Requests by row and peer, seen by a proxy."""
    counts = {row: {} for row in ROWS}
    with Proxy(server.port) as proxy:
        for kind in PEERS:
            peer = kind(proxy.url, concurrency)
            for row in ROWS:
                if hasattr(peer, row):
                    proxy.reset()
                    run(peer, row, data)
                    repeat = REPEAT if row in SMALL else 1
                    counts[row][peer.name] = round(proxy.count() / repeat)
    return counts


def table(seconds, counts, names):
    """The rich table of all rows."""
    shown = Table(title="milliseconds (medians) / requests", header_style="bold cyan")
    for name in ("work", *names, "best peer"):
        shown.add_column(name)
    for row, title in ROWS.items():
        times = seconds[row]
        cells = [
            f"{median(times[n]) * 1e3:.3g} / {counts[row][n]}" if n in times else "-"
            for n in names
        ]
        own = [min(pair) for pair in zip(*(times[n] for n in names[:2]), strict=True)]
        others = zip(*(times[n] for n in names[2:] if n in times), strict=True)
        ratio = median(min(other) / mine for mine, other in zip(own, others, strict=True))
        shown.add_row(title, *cells, f"{ratio:.2f}")
    return shown


def main():
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--concurrency", type=int, default=32)
    options = parser.parse_args()
    os.environ.update(AWS_ACCESS_KEY_ID=KEY, AWS_SECRET_ACCESS_KEY=SECRET)
    memory = Path("/dev/shm")
    place = memory if memory.is_dir() else None
    console = Console(width=150)
    with (
        tempfile.TemporaryDirectory(prefix="zarr_c-s3-", dir=place) as folder,
        SeaweedServer(folder) as server,
    ):
        server.make_bucket("zarr")
        data = prepare(server)
        counts = count(server, data, options.concurrency)
        peers = [kind(server.url, options.concurrency) for kind in PEERS]
        seconds = measure(peers, data, options.rounds)
    versions = ", ".join(f"{peer.name} {peer.version}" for peer in peers)
    console.print(f"Python {platform.python_version()}, {versions}")
    console.print(table(seconds, counts, [peer.name for peer in peers]))


if __name__ == "__main__":
    main()
