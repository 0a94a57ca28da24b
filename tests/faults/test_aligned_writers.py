"""Ten processes that write whole units of one array, and readers meanwhile: nothing is lost."""

import threading

import numpy as np
import pytest
from children import start

import zarr_c

WRITERS, WRITES = 10, 1000
LAYOUTS = {
    "chunks": {"chunks": (1, 16)},
    "shards": {"chunks": (1, 8), "shards": (1, 16), "compressors": None},
}
WRITE = """
import sys
import numpy as np
import zarr_c

path, me, of, count = sys.argv[1], *map(int, sys.argv[2:])
array = zarr_c.open_array(path, mode="r+")
for i in np.random.default_rng(me).permutation(count):
    row = int(i) * of + me  # neighbours belong to others
    array.write_region(row, 1 + row)
"""


@pytest.mark.parametrize("layout", LAYOUTS)
def test_aligned_writes_of_many_processes(tmp_path, layout):
    rows = WRITERS * WRITES
    array = zarr_c.create_array(tmp_path / "x", shape=(rows, 16), dtype="i4", **LAYOUTS[layout])
    ended, torn = threading.Event(), []

    def read():
        chance = np.random.default_rng()
        while not ended.is_set():
            row = int(chance.integers(rows))
            found = set(array[row].tolist())
            if found not in ({0}, {1 + row}):
                torn.append((row, found))

    reader = threading.Thread(target=read)
    reader.start()
    children = [start(WRITE, tmp_path / "x", me, WRITERS, WRITES) for me in range(WRITERS)]
    printed = [child.communicate(timeout=120)[0] for child in children]
    ended.set()
    reader.join()
    assert [child.returncode for child in children] == [0] * WRITERS, printed
    assert not torn
    assert (array[...] == 1 + np.arange(rows)[:, None]).all()
