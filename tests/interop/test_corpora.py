"""Arrays that other implementations wrote are read as an oracle reads them, or refused.

Refused for a reason that stands in a table (`corpora.REFUSALS`), and only for one.
"""

import checklist
import corpora
import numpy as np
import pytest
from peers import PEERS

import zarr_c
from zarr_c.errors import BaseZarrError

pytestmark = [
    pytest.mark.filterwarnings("ignore"),
    pytest.mark.skipif(
        not corpora.CORPORA.is_dir(), reason=f"there are no corpora in {corpora.CORPORA}"
    ),
]
ARRAYS = corpora.arrays()
READ = [array for array in ARRAYS if not array.refusals]
REFUSED = [array for array in ARRAYS if array.refusals]


def name(array):
    return array.name


def by_zarr_c(array):
    opened = zarr_c.open_array(array.path, mode="r", zarr_format=array.zarr_format)
    return np.asarray(opened[...])


@pytest.mark.parametrize("array", READ, ids=name)
def test_an_array_is_read_as_an_oracle_reads_it(array):
    found, value = by_zarr_c(array), corpora.expected(array)
    assert found.shape == value.shape
    if found.dtype.kind in "OT" or value.dtype.kind in "OT":
        assert found.tolist() == value.tolist()
        return
    assert found.dtype.newbyteorder("=") == value.dtype.newbyteorder("=")
    if tolerance := corpora.tolerance(array):
        assert np.abs(found - value).max() <= tolerance
    else:
        assert found.tobytes() == value.astype(found.dtype).tobytes()


@pytest.mark.parametrize("array", REFUSED, ids=name)
def test_an_array_is_refused_for_a_reason(array):
    """Where it is read, take the row out of `corpora.REFUSALS`."""
    with pytest.raises(BaseZarrError) as caught:
        by_zarr_c(array)
    assert len(str(caught.value)) > 20, "too short to say what is not supported"


@pytest.mark.parametrize("array", ARRAYS, ids=name)
def test_there_is_an_oracle_for_every_array(array):
    """Also for those that are refused so far; but for types that are nobody else's."""
    if "type optional" in array.traits:
        with pytest.raises(LookupError):
            corpora.expected(array)
        return
    if "id json2" in array.traits and PEERS["zarr-python 2"].why_absent:
        pytest.skip(PEERS["zarr-python 2"].why_absent)
    assert corpora.expected(array).shape == tuple(array.document["shape"])


def test_every_refusal_is_of_some_array_and_names_a_rule():
    met = set().union(*(array.traits for array in ARRAYS))
    assert corpora.REFUSALS.keys() <= met
    assert {row.rule for row in corpora.REFUSALS.values()} <= checklist.rules().names.keys()
