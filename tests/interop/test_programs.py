"""Programs written for zarr-python see the same under ``import zarr_c as zarr``."""

import numpy as np
import pytest
import zarr
from programs import PROGRAMS

import zarr_c

pytestmark = pytest.mark.filterwarnings("ignore")


def same(mine, its, place):
    """Assert that two programs saw the same; NumPy's scalars are arrays without axes."""
    if isinstance(its, list | tuple):
        assert isinstance(mine, list | tuple), place
        assert len(mine) == len(its), place
        for i, pair in enumerate(zip(mine, its, strict=True)):
            same(*pair, f"{place}[{i}]")
    elif isinstance(its, dict):
        assert mine.keys() == its.keys(), place
        for key in its:
            same(mine[key], its[key], f"{place}[{key!r}]")
    elif isinstance(its, np.ndarray | np.generic):
        mine, its = np.asarray(mine), np.asarray(its)
        assert (mine.dtype, mine.shape) == (its.dtype, its.shape), place
        np.testing.assert_array_equal(mine, its, err_msg=place)
    else:
        assert mine == its, place


def files(path):
    return sorted(str(p.relative_to(path)) for p in path.rglob("*") if p.is_file())


@pytest.mark.parametrize("program", PROGRAMS, ids=lambda program: program.__name__)
def test_programs_see_the_same(program, tmp_path):
    here, there = tmp_path / "zarr_c", tmp_path / "zarr"
    here.mkdir()
    there.mkdir()
    same(program(zarr_c, here), program(zarr, there), program.__name__)
    assert files(here) == files(there)
