"""Chunk grids: documents, what users ask for, and what ``auto`` promises."""

from __future__ import annotations

from math import prod

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from zarr_c.errors import MetadataValidationError
from zarr_c.metadata.auto_chunks import auto_chunks
from zarr_c.metadata.chunk_arguments import normalize_chunks
from zarr_c.metadata.chunk_grid import RegularGrid, parse

MIB = 2**20


def regular(*lengths):
    return {"name": "regular", "configuration": {"chunk_shape": list(lengths)}}


def test_a_grid_is_read_and_written():
    assert parse(regular(2, 3), (10, 10)) == RegularGrid((2, 3))
    assert parse(regular(), ()) == RegularGrid(())
    assert RegularGrid((2, 3)).to_json() == regular(2, 3)


# format.md C1
def test_a_chunk_length_of_zero_is_one_along_an_empty_dimension():
    assert parse(regular(0, 3), (0, 10)) == RegularGrid((1, 3))
    assert parse(regular(0, 3), (5, 10)) == RegularGrid(
        (0, 3)
    )  # and the array metadata refuses it


# format.md C3
@pytest.mark.parametrize(
    ("spec", "said"),
    [
        ("regular", "chunk_grid.configuration.chunk_shape: expected a list of integers"),
        ({"name": "regular"}, "chunk_shape"),
        ({"name": "regular", "configuration": {"chunk_shape": 3}}, "found 3"),
        ({"name": "spiral", "configuration": {}}, "chunk_grid.name: expected 'regular', or"),
        (regular(1) | {"configuration": {"chunk_shape": [1], "x": 1}}, "only chunk_shape"),
        (None, "chunk_grid: expected a name or an object"),
        ({"name": "regular", "configuration": None}, "configuration: expected an object"),
    ],
)  # fmt: skip
def test_a_bad_grid_is_named(spec, said):
    with pytest.raises(MetadataValidationError) as error:
        parse(spec, (10,))
    assert said in str(error.value)


@pytest.mark.parametrize(
    ("chunks", "shape", "expected"),
    [
        (5, (10, 20), (5, 5)),
        ((5, -1), (10, 20), (5, 20)),
        (-1, (10, 20), (10, 20)),
        (None, (np.int64(10), np.uint8(20)), (10, 20)),
        ("auto", (np.int64(10), np.uint8(20)), (10, 20)),
        ([np.int64(5), np.uint8(7)], (10, 20), (5, 7)),
        (np.array([5, 7]), (10, 20), (5, 7)),
        (np.array(5), (10, 20), (5, 5)),
        (None, (10, 0), (10, 1)),
        (False, (10, 20), (10, 20)),
        ((100, 3), (10, 20), (100, 3)),
        ((0, -1), (0, 0), (1, 1)),
        ((), (), ()),
        (3, (), ()),
        ("auto", (10, 20), (10, 20)),
    ],
)
def test_what_users_may_ask_for(chunks, shape, expected):
    found = normalize_chunks(chunks, shape, 8)
    assert found == expected
    assert all(type(c) is int for c in found)


@pytest.mark.parametrize(
    ("chunks", "kind"),
    [
        (True, TypeError), (np.True_, TypeError), ("big", TypeError), (b"auto", TypeError),
        (2.0, TypeError), ((2.0, 3), TypeError), ((True, 3), TypeError), ((None, 3), TypeError),
        (("auto", 3), TypeError), ([[1, 2], [3]], TypeError), (object(), TypeError),
        ((5,), ValueError), ((5, 5, 5), ValueError), ((), ValueError), ((0, 3), ValueError),
        ((-2, 3), ValueError), (0, ValueError), (2**63, ValueError),
        (np.array([5]), ValueError),
    ],
)  # fmt: skip
def test_what_users_may_not_ask_for(chunks, kind):
    with pytest.raises(kind, match=r"^chunks: expected .*, found "):
        normalize_chunks(chunks, (10, 20), 8)


# ---- auto

shapes = st.lists(
    st.one_of(st.integers(0, 20), st.integers(0, 3000), st.integers(0, 2**40)), max_size=8
).map(tuple)
itemsizes = st.sampled_from([1, 2, 4, 8, 16, 100])


@given(shapes, itemsizes)
def test_auto_chunks_are_chunks_of_the_array(shape, itemsize):
    chunks = auto_chunks(shape, itemsize)
    assert chunks == auto_chunks(list(shape), itemsize)
    assert len(chunks) == len(shape)
    assert all(
        type(c) is int and 1 <= c <= (n or 1024) for c, n in zip(chunks, shape, strict=True)
    )


@given(shapes, itemsizes)
def test_auto_chunks_have_1_to_16_mib_or_are_the_array(shape, itemsize):
    chunks = auto_chunks(shape, itemsize)
    whole = tuple(n or 1024 for n in shape)
    if prod(whole) * itemsize <= 4 * MIB:
        assert chunks == whole
    else:
        assert MIB <= prod(chunks) * itemsize <= 16 * MIB


@given(
    st.lists(st.integers(1, 10_000), min_size=1, max_size=4).map(tuple),
    st.sampled_from([1, 4, 8]),
)
def test_auto_chunks_pad_little(shape, itemsize):
    chunks = auto_chunks(shape, itemsize)
    padded = prod(-(-n // c) * c for n, c in zip(shape, chunks, strict=True))
    assert padded <= 1.15 * prod(shape)


@given(st.integers(2, 4), st.data())
def test_auto_chunks_are_boxes(rank, data):
    shape = data.draw(st.lists(st.integers(256, 4096), min_size=rank, max_size=rank))
    chunks = auto_chunks(shape, 8)
    # An axis may be 16 times another, and an edge move by two: (99, 3407) of (297, 3407).
    assert max(chunks) <= 64 * min(chunks)


@pytest.mark.parametrize(
    ("shape", "itemsize", "expected"),
    [
        ((), 8, ()),
        ((100, 100), 8, (100, 100)),
        ((1024, 1024, 1024), 4, (64, 128, 128)),
        ((10_000, 10_000), 4, (1000, 1250)),
        ((10**9,), 1, (4_000_000,)),
        ((10**8, 3), 8, (156_250, 3)),
        ((0, 512, 512), 4, (64, 128, 128)),
        ((0,), 8, (1024,)),
        ((3,), 10**8, (1,)),
        ((2**62, 2**62), 1, (1024, 4096)),
    ],
)
def test_auto_chunks_of_common_shapes(shape, itemsize, expected):
    assert auto_chunks(shape, itemsize) == expected
