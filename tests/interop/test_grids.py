"""Grids whose chunks differ, and keys beside those of the core, read and written by others."""

import json
import subprocess

import numpy as np
import pytest
from peers import PEERS

import zarr_c

pytestmark = pytest.mark.filterwarnings("ignore")

SHAPE = (30, 21)
LITTLE = {"name": "bytes", "configuration": {"endian": "little"}}
ZSTD = {"name": "zstd", "configuration": {"level": 1, "checksum": False}}
SHARDS = {
    "name": "sharding_indexed",
    "configuration": {
        "chunk_shape": [5, 7],
        "codecs": [LITTLE, ZSTD],
        "index_codecs": [LITTLE, {"name": "crc32c"}],
        "index_location": "end",
    },
}
GRIDS = {
    "lengths": ([[10, 15, 5], [7, 7, 7]], [LITTLE]),
    "runs and a step": ([[[6, 2], 18], 8], [LITTLE, ZSTD]),
    "one run": ([[[11, 3]], [21]], [LITTLE, ZSTD]),
    "beyond the end": ([[20, 20, 5], 21], [LITTLE, ZSTD]),
    "transposed": (
        [[4, 26], [20, 1]],
        [{"name": "transpose", "configuration": {"order": [1, 0]}}, LITTLE],
    ),
    "shards": ([[5, 20, 5], [7, 14]], [SHARDS]),
}
# a version of zarr-python that has them, and with it zarrs as its pipeline
SINCE = (3, 4)


def peer(name):
    """A peer that has grids whose chunks differ; the test is skipped where there is none."""
    found = PEERS[name]
    if found.why_absent:
        pytest.skip(found.why_absent)
    version = PEERS["zarr-python"].version
    if tuple(map(int, version.split(".")[:2])) < SINCE:
        pytest.skip(f"zarr-python {version} has regular grids only")
    return found


def document(chunk_shapes, codecs):
    grid = {"kind": "inline", "chunk_shapes": chunk_shapes}
    return {
        "zarr_format": 3,
        "node_type": "array",
        "shape": list(SHAPE),
        "data_type": "int32",
        "chunk_grid": {"name": "rectilinear", "configuration": grid},
        "chunk_key_encoding": {"name": "default", "configuration": {"separator": "/"}},
        "fill_value": 3,
        "codecs": codecs,
        "attributes": {},
    }


DATA = np.arange(630, dtype="i4").reshape(SHAPE)


# format.md C3
@pytest.mark.parametrize("name", ["zarr-python", "zarrs"])
@pytest.mark.parametrize("grid", GRIDS)
def test_what_zarr_c_writes_in_such_a_grid_is_read(name, grid, tmp_path):
    reader = peer(name)
    path = tmp_path / "array"
    path.mkdir()
    (path / "zarr.json").write_text(json.dumps(document(*GRIDS[grid])))
    array = zarr_c.open_array(path)
    array[...] = DATA
    array[3:17, 5:9] = 3
    expected = array[...]
    assert np.array_equal(reader.read(path, 3), expected)


# format.md C3
@pytest.mark.parametrize("name", ["zarr-python", "zarrs"])
@pytest.mark.parametrize("grid", GRIDS)
def test_what_others_write_in_such_a_grid_is_read(name, grid, tmp_path):
    path = tmp_path / "array"
    peer(name).write(path, document(*GRIDS[grid]), DATA)
    array = zarr_c.open_array(path)
    assert np.array_equal(array[...], DATA)
    assert np.array_equal(array[::-3, 4:19:2], DATA[::-3, 4:19:2])
    before = json.loads((path / "zarr.json").read_text())["chunk_grid"]
    array.attrs["seen"] = True
    assert json.loads((path / "zarr.json").read_text())["chunk_grid"] == before
    array.append(np.full((10, 21), 9, "i4"))
    longer = np.concatenate([DATA, np.full((10, 21), 9, "i4")])
    assert np.array_equal(peer(name).read(path, 3), longer)


ARGUMENTS = [
    {"chunks": [[10, 15, 5], [7] * 3]},
    {"chunks": [[15, 15], 8]},
    {"chunks": [[30], [1, 20]]},
    {"chunks": [5, 7], "shards": [[10, 20], [7, 14]]},
]
THEIRS = """
import json, sys, zarr
zarr.config.set({"array.rectilinear_chunks": True})
arguments, shape, longer = json.loads(sys.argv[1])
array = zarr.create_array({}, shape=shape, dtype="i4", **arguments)
facts = [array.metadata.to_dict()["chunk_grid"], array.read_chunk_sizes, array.cdata_shape]
array.resize(longer)
print(json.dumps([*facts, array.write_chunk_sizes]))
"""


# format.md C3
@pytest.mark.parametrize("arguments", ARGUMENTS)
def test_the_same_arguments_make_the_same_grid(arguments):
    longer = (30, 21) if "shards" in arguments else (41, 25)
    given = json.dumps([arguments, SHAPE, longer])
    python = peer("zarr-python").python
    answer = subprocess.run([python, "-c", THEIRS, given], check=True, capture_output=True)
    array = zarr_c.create_array(None, shape=SHAPE, dtype="i4", **arguments)
    facts = [array.metadata.chunk_grid.to_json(), array.read_chunk_sizes, array.cdata_shape]
    array.resize(longer)
    facts.append(array.write_chunk_sizes)
    assert json.loads(answer.stdout) == json.loads(json.dumps(facts))
