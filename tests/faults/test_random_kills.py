"""A process that writes without end and is killed at any moment, a thousand times.

What it had acknowledged is there, what it was about to write is there as a whole or not at all,
nothing else is listed, and what it left is swept.
"""

import sys

import pytest
from children import run

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="needs fork and SIGKILL")

# A step is written to one of the targets; which one began and which ended, the parent sees.
KILLED = """
import mmap, os, random, signal, struct, sys, time
import numpy as np
import zarr_c
from zarr_c.storage import LocalStore

folder, kills = sys.argv[1], int(sys.argv[2])
DURABILITIES = ["none", "none", "none", "write", "commit"]
SETTINGS = {
    "raw": {"chunks": (8, 64), "compressors": None},
    "zstd": {"chunks": (8, 64)},
    "v2": {"chunks": (8, 64), "zarr_format": 2},
    "shards": {"chunks": (4, 16), "shards": (8, 64)},
}
store = LocalStore(folder)
zarr_c.create_group(store)
for name, settings in SETTINGS.items():
    if name == "v2":
        zarr_c.create_group(store, "old", zarr_format=2)
    path = "old/v2" if name == "v2" else name
    zarr_c.create_array(store, path, shape=(32, 64), dtype="i4", **settings)
PLACES = {name: f"old/{name}" if name == "v2" else name for name in SETTINGS}
# none of the values is the fill value, so each chunk is an object for ever
for place in PLACES.values():
    zarr_c.open_array(store, path=place, mode="r+")[:] = 1
KEYS = set(store.list())

# whole chunks (rows 8k to 8k + 8) of the first half, single rows of the second, an attribute
TARGETS = [(name, rows) for name in SETTINGS
           for rows in [*(slice(8 * k, 8 * k + 8) for k in range(2)), *range(16, 32)]]
TARGETS += [(name, None) for name in SETTINGS]
shared = mmap.mmap(-1, 16 * len(TARGETS))
NUMBERS = np.frombuffer(shared, "i8").reshape(-1, 2)
NUMBERS[:] = 1


def value_of(arrays, name, rows):
    if rows is None:
        return np.array(arrays[name].attrs.get("step", 1))
    return arrays[name][rows]


def write_without_end(durability, lock, seed, opened):
    chance = random.Random(seed)
    place = LocalStore(folder, durability=durability)
    arrays = {name: zarr_c.open_array(place, path=path, mode="r+", lock=lock)
              for name, path in PLACES.items()}
    step = int(NUMBERS.max())
    os.write(opened, b"1")
    while True:
        step += 1
        i = chance.randrange(len(TARGETS))
        name, rows = TARGETS[i]
        NUMBERS[i, 0] = step
        if rows is None:
            arrays[name].attrs["step"] = step
        else:
            arrays[name][rows] = step
        NUMBERS[i, 1] = step


chance = random.Random(7)
cut = 0
for kill in range(kills):
    durability = chance.choice(DURABILITIES)
    ready, opened = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            write_without_end(durability, chance.random() < 0.3, kill, opened)
        finally:
            os._exit(1)
    os.close(opened)
    assert os.read(ready, 1), "it ended before it wrote"
    os.close(ready)
    time.sleep(chance.uniform(0, 0.006))
    os.kill(child, signal.SIGKILL)
    status = os.waitpid(child, 0)[1]
    assert os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGKILL, status
    arrays = {name: zarr_c.open_array(store, path=path, mode="r")
              for name, path in PLACES.items()}
    for i in np.flatnonzero(NUMBERS[:, 0] != NUMBERS[:, 1]).tolist():  # at most one of them
        found = np.unique(value_of(arrays, *TARGETS[i]))
        assert found.size == 1 and found[0] in NUMBERS[i], (kill, TARGETS[i], found, NUMBERS[i])
        cut += 1
        NUMBERS[i] = found[0]
    for i, target in enumerate(TARGETS):
        assert (value_of(arrays, *target) == NUMBERS[i, 1]).all(), (kill, target)
    assert set(store.list()) == KEYS, kill
left = [n for _, _, names in os.walk(folder) for n in names if n.startswith(".zc-tmp-")]
swept = store.sweep(0)
assert swept == len(left) - left.count(".zc-tmp-lock"), (swept, left)
files = {os.path.relpath(os.path.join(d, n), folder) for d, _, names in os.walk(folder)
         for n in names}
assert {f for f in files if not f.endswith(".zc-tmp-lock")} == KEYS
print(cut, swept, int(NUMBERS.max()))
"""


def test_a_thousand_kills(tmp_path):
    cut, swept, steps = map(int, run(KILLED, tmp_path / "s", 1000, timeout=300).split())
    # many were killed while they wrote, and left something half-written
    assert cut > 100
    assert swept > 10
    assert steps > 500
