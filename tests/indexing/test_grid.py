"""Which chunks a selection touches and which part of each, against plain Python; chunk keys."""

from itertools import product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from zarr_c._plan import Plan
from zarr_c.codecs._chain import Chain
from zarr_c.indexing._grid import parts
from zarr_c.metadata import chunk_key
from zarr_c.storage._memory import MemoryObjects


@st.composite
def axes(draw):
    """One axis: length of the array, of a chunk, and an ascending selection of it."""
    extent = draw(st.integers(1, 40))
    start = draw(st.integers(0, extent - 1))
    step = draw(st.integers(1, 45))
    count = draw(st.integers(1, (extent - 1 - start) // step + 1))
    return extent, draw(st.integers(1, 45)), start, step, count


def twin(extent, chunk, start, step, count):
    """Chunk coordinate -> (first inside, how many, whether all that exists is selected)."""
    found = {}
    for index in range(start, start + count * step, step):
        found.setdefault(index // chunk, []).append(index % chunk)
    return [
        (coord, inside[0], len(inside), len(inside) == min(chunk, extent - coord * chunk))
        for coord, inside in sorted(found.items())
    ]


@given(st.lists(axes(), max_size=3))
@settings(max_examples=150, deadline=None)
def test_the_parts_are_those_of_plain_python(axes):
    shape, chunk, starts, steps, counts = zip(*axes, strict=True) if axes else ((),) * 5
    expected = [
        (
            tuple(part[0] for part in combined),
            tuple(part[1] for part in combined),
            tuple(part[2] for part in combined),
            all(part[3] for part in combined),
        )
        for combined in product(*(twin(*axis) for axis in axes))
    ]
    assert parts(shape, chunk, starts, steps, counts) == expected


def test_an_empty_selection_touches_no_chunk():
    assert parts((5, 5), (2, 2), (0, 0), (1, 1), (0, 5)) == []


def test_far_apart_elements_of_a_huge_axis():
    """Cost and correctness do not depend on the length of the axis."""
    far = 2**62
    assert parts((far,), (3,), (1,), (far // 2,), (2,)) == [
        ((0,), (1,), (1,), False),
        (((1 + far // 2) // 3,), ((1 + far // 2) % 3,), (1,), False),
    ]


def test_more_chunks_than_an_address_counts_are_refused():
    with pytest.raises(OverflowError, match="more chunks"):
        parts((2**40,) * 2, (1, 1), (0, 0), (1, 1), (2**40,) * 2)


def make_plan(shape, encoding, path=""):
    """A plan whose only use is to make keys."""
    head = f"{path}/" if path else ""
    default = encoding.name == "default"
    prefix = f"{head}c{encoding.separator}" if default and shape else head
    store = MemoryObjects()
    return Plan(
        shape, shape, 1, tuple(range(len(shape))), 1, b"\0", Chain((), 1), store,
        prefix, encoding.separator, "c" if default else "0", False, True,
    )  # fmt: skip


@given(
    st.lists(st.one_of(st.integers(0, 12), st.integers(0, 2**63 - 1)), max_size=8),
    st.sampled_from(["default", "v2"]),
    st.sampled_from([".", "/"]),
    st.sampled_from(["", "a", "group/ünïcode"]),
)
def test_compiled_keys_are_those_of_the_metadata(coords, name, separator, path):
    encoding = chunk_key.parse({"name": name, "configuration": {"separator": separator}})
    plan = make_plan((1,) * len(coords), encoding, path)
    key = encoding.key(tuple(coords))
    assert plan.key(tuple(coords)) == (f"{path}/{key}" if path else key)


def test_a_key_longer_than_its_buffer_is_an_error():
    plan = make_plan((1,), chunk_key.parse("default"), "x" * 9000)
    with pytest.raises(MemoryError, match="too long"):
        plan.key((0,))
