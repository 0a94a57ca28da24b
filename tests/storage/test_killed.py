"""Writers that are killed: every object is whole, acknowledged ones are there, nothing else is.

ZIP archives and servers have such tests of their own.
"""

import random
import time

import pytest
from children import start

from zarr_c.storage import FsspecStore, LocalStore

WRITER = """
import sys
from zarr_c.storage import FsspecStore, LocalStore
kind, path = sys.argv[1:]
store = {
    "local": lambda: LocalStore(path),
    "durable": lambda: LocalStore(path, durability="write"),
    "fsspec": lambda: FsspecStore(f"file://{path}"),
}[kind]()
for round in range(10_000):
    for i in range(10):
        store[f"d{i % 3}/{i}"] = round.to_bytes(4, "little") * 50_000
        print(round, i, flush=True)
"""
SIZE = 200_000


@pytest.mark.parametrize("kind", ["local", "durable", "fsspec"])
def test_what_a_killed_writer_leaves(tmp_path, kind):
    chance = random.Random(kind)
    for attempt in range(6):
        path = tmp_path / str(attempt)
        child = start(WRITER, kind, path)
        child.stdout.readline()
        time.sleep(chance.uniform(0, 0.2))
        child.kill()
        said = child.communicate()[0].rpartition("\n")[0]  # the last line may be cut
        acknowledged = {}
        for line in said.splitlines():
            round, i = line.split()
            acknowledged[int(i)] = int(round)
        store = LocalStore(path) if kind != "fsspec" else FsspecStore(f"file://{path}")
        assert set(store) <= {f"d{i % 3}/{i}" for i in range(10)}
        for key, value in store.items():
            assert len(value) == SIZE, key
            assert value == value[:4] * 50_000, key
            written = int.from_bytes(value[:4], "little")
            assert written >= acknowledged.get(int(key[3:]), 0), key
        assert {int(key[3:]) for key in store} >= acknowledged.keys()
