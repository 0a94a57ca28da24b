"""What a call takes beside the caller's array: a few chunks per thread, however large it is."""

import os
import subprocess
import sys

import pytest

pytestmark = [
    pytest.mark.skipif(
        not sys.platform.startswith("linux"), reason="peak memory is read from Linux's /proc"
    ),
    pytest.mark.skipif("LD_PRELOAD" in os.environ, reason="a sanitizer adds memory of its own"),
]

# The bound in MiB: threads x (decoded + encoded chunk) + 16, for 2 threads and 2 MiB of chunk
# or shard.
BOUND = 2 * (2 + 2) + 16

PROGRAM = """
import sys
import numpy as np
import zarr_c
from zarr_c.codecs import BloscCodec, GzipCodec, ZstdCodec

work, codec, layout, path = sys.argv[1:]
chunks = {"chunks": (32, 128, 128)}
if layout == "shards":
    chunks = {"chunks": (16, 32, 32), "shards": (32, 128, 128)}
compressors = {"none": None, "zstd": ZstdCodec(), "gzip": GzipCodec(level=1),
               "blosc": BloscCodec(cname="lz4")}[codec]
values = np.empty((64, 512, 1024), "f4")   # 128 MiB
values[...] = np.random.default_rng(0).integers(0, 4000, (512, 1024)) / 8
if work == "write":
    z = zarr_c.create_array(path, shape=values.shape, dtype="f4", compressors=compressors,
                            **chunks)
else:
    z = zarr_c.open_array(path, mode="r")

def status(name):
    with open("/proc/self/status") as file:
        return next(int(line.split()[1]) for line in file if line.startswith(name)) / 1024

with open("/proc/self/clear_refs", "w") as file:
    file.write("5")   # the high-water mark starts anew
before = status("VmRSS:")
with zarr_c.config.set({"threads": 2}):
    if work == "write":
        z[...] = values
    else:
        z.get_basic_selection(..., out=values)
print(status("VmHWM:") - before)
"""


@pytest.mark.parametrize("layout", ["chunks", "shards"])
@pytest.mark.parametrize("codec", ["none", "zstd", "gzip", "blosc"])
def test_memory_beside_the_array(tmp_path, codec, layout):
    """Peak memory above the array itself stays within the stated bound, writing and reading."""
    for work in ("write", "read"):
        command = [sys.executable, "-c", PROGRAM, work, codec, layout, str(tmp_path / "z")]
        done = subprocess.run(command, check=True, capture_output=True, text=True)
        assert 0 <= float(done.stdout) <= BOUND, work


RECHUNK = """
import sys
import numpy as np
import zarr_c

work, source, target, limit = sys.argv[1:]

def status(name):
    with open("/proc/self/status") as file:
        return next(int(line.split()[1]) for line in file if line.startswith(name)) / 1024

if work == "make":
    z = zarr_c.create_array(source, shape=(4096, 4096), chunks=(64, 4096), dtype="f4")
    random = np.random.default_rng(0)
    for row in range(0, 4096, 512):
        z[row:row + 512] = random.integers(0, 4000, (512, 4096)) / 8
    sys.exit()
options = {
    "rechunk": {"chunks": (4096, 64)},
    "shards": {"chunks": (64, 64), "shards": (1024, 1024)},
    "v2": {"chunks": (500, 700), "zarr_format": 2},
}[work]
z = zarr_c.open_array(source, mode="r")
zarr_c.rechunk(zarr_c.ones((9, 9), chunks=(1, 9)), None, (9, 1))  # imports what is needed
with open("/proc/self/clear_refs", "w") as file:
    file.write("5")
before = status("VmRSS:")
with zarr_c.config.set({"threads": 2}):
    copied = zarr_c.rechunk(z, target, max_memory=f"{limit} MiB", **options)
print(status("VmHWM:") - before)
for row in range(0, 4096, 1024):
    assert (copied[row:row + 1024] == z[row:row + 1024]).all()
"""


def test_memory_of_rechunking(tmp_path):
    """Peak memory is within what was allowed, in one pass and in two; the array has 64 MiB."""

    def run(work, limit):
        target = tmp_path / f"{work}-{limit}"
        command = [sys.executable, "-c", RECHUNK, work, tmp_path / "source", target]
        done = subprocess.run([*command, limit], check=True, capture_output=True, text=True)
        return float(done.stdout or 0)

    run("make", "0")
    for work, limit in (("rechunk", 20), ("shards", 24), ("v2", 40)):
        used = run(work, str(limit))
        assert limit / 4 <= used <= limit + 16, (work, limit)
