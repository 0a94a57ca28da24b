"""What earlier versions wrote is read for ever, and written in the same bytes.

`make golden ARGS=--renew` writes the stores anew where that was meant to change.
"""

import pytest
from golden import GOLDEN, chunks, exact, golden_cases, names, stored, written
from matrix import bits, elements

import zarr_c

CASES = golden_cases()


def test_there_is_a_store_for_every_codec():
    assert names() == sorted(CASES), "make golden ARGS=--renew"


@pytest.mark.parametrize("name", names())
def test_a_golden_store_is_read(name):
    case = CASES[name]
    array = zarr_c.open_array(GOLDEN / name, mode="r", zarr_format=case.zarr_format)
    assert bits(array[...]) == bits(elements(case))


@pytest.mark.parametrize("name", names())
def test_the_same_is_written_today(name):
    """Metadata and, where the format leaves no choice, every byte of every chunk."""
    found, expected = written(CASES[name]), stored(name)
    assert found.keys() == expected.keys()
    if not exact(CASES[name]):
        found |= chunks(expected)
    assert found == expected
