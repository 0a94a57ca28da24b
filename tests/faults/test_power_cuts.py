"""The power fails after each file call of a change: what `durability` promises is there."""

import random
import shutil
import sys

import fault_works
import faults
import pytest
from children import run
from fault_works import Case
from power_cuts import Disk, items

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


def cuts(tmp_path, name, durability):
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
        for names, contents in ARRIVED:
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
