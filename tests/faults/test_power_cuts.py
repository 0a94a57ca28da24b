"""The power fails after each file call of a change: what `durability` promises is there."""

import random
import shutil
import sys

import fault_works
import faults
import numpy as np
import pytest
from children import run
from fault_works import Case
from power_cuts import Disk, items

import zarr_c
from zarr_c.errors import ChunkCorruptError, MetadataValidationError, NodeNotFoundError

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="the shim is for Linux")

RECORDED = """
import sys
from fault_works import Case
from faults import Faults

name, durability, folder, record = sys.argv[1:]
case, faults = Case(name, durability, folder), Faults(folder)
path = case.fresh("changed")
faults.record(record)
case.change(case.store(path))
faults.mark("done")
"""

ARRIVED = [
    ("none", "none"),
    ("all", "none"),
    ("none", "all"),
    ("some", "some"),
    ("some", "all"),
]


def cuts(tmp_path, name, durability, arrived=ARRIVED):
    """Each state of the disk: its path, the case, and whether the change was acknowledged."""
    folder, like, record = tmp_path / "case", tmp_path / "like", tmp_path / "record"
    for made in (folder, like):
        made.mkdir()
    run(RECORDED, name, durability, folder, record, preload=faults.library())
    case = Case(name, durability, like)
    case.fresh("changed")
    disk, chance, left = Disk(folder, like), random.Random(name), tmp_path / "left"
    done = False
    for item, data in items(record):
        if item[0] == "mark":
            done = True
        else:
            disk.apply(item, data)
        for names, contents in arrived:
            shutil.rmtree(left, ignore_errors=True)
            disk.after_a_cut(left, chance, names, contents)
            yield left / "changed", case, done
    assert done


@pytest.mark.parametrize("durability", ["commit", "write"])
@pytest.mark.parametrize("name", fault_works.WORKS)
def test_what_is_durable(tmp_path, name, durability):
    for path, case, done in cuts(tmp_path, name, durability):
        found = case.content(path)
        if done:
            assert found == case.new
            continue
        # "write": each object is whole. "commit": what was there is, until its successor is.
        promised = case.old if durability == "commit" else case.old | case.new
        for key in promised:
            assert found.get(key) in (case.old.get(key), case.new.get(key)), key
        assert found.keys() <= case.old.keys() | case.new.keys()


def elements(path):
    """What an array has where, 80 x 80 with fill value beyond its ends; None without one."""
    try:
        array = zarr_c.open_array(path, path="a", mode="r")
    except NodeNotFoundError:
        return None
    found = np.zeros((80, 80), "i4")
    found[: array.shape[0], : array.shape[1]] = array[...]
    return found


@pytest.mark.parametrize("name", fault_works.CHECKED_WORKS)
def test_without_durability_damage_is_noticed(tmp_path, name):
    """Nothing was forced to the disk, and checksums are there: old, new or an error.

    An object of which not even the name arrived reads as it did before, so a new chunk may be
    absent: fill value, as it was.
    """
    arrived = [*ARRIVED, ("all", "some"), ("all", "zeros"), ("some", "zeros")]
    noticed = 0
    old = new = None
    for path, case, _ in cuts(tmp_path, name, "none", arrived):
        if new is None:
            old, new = elements(case.start), elements(case.folder / "done")
            if old is None:
                old = np.zeros_like(new)
        try:
            array = zarr_c.open_array(path, path="a", mode="r")
        except (MetadataValidationError, NodeNotFoundError) as error:
            noticed += isinstance(error, MetadataValidationError)
            continue
        for row in range(0, array.shape[0], 16):
            for column in range(0, array.shape[1], 16):
                here = np.s_[row : min(row + 16, array.shape[0]), column : column + 16]
                try:
                    found = array[here]
                except ChunkCorruptError:
                    noticed += 1
                    continue
                same = (found == old[here]) | (found == new[here])
                assert same.all(), (here, found)
    assert noticed > 10
