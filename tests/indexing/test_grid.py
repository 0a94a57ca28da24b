"""Which chunks a selection touches and which part of each, against plain Python; chunk keys."""

from bisect import bisect_right
from itertools import product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from zarr_c._plan import Plan
from zarr_c.codecs._chain import Chain
from zarr_c.indexing._grid import parts
from zarr_c.metadata import chunk_key
from zarr_c.storage._memory import MemoryObjects

NONE = st.none()


@st.composite
def axes(draw, runs=NONE):
    """One axis: its length, that of a chunk or of each run of them, an ascending selection."""
    lengths = draw(runs)
    most = 40 if lengths is None else sum(length * count for length, count in lengths)
    extent = draw(st.integers(1, most))
    start = draw(st.integers(0, extent - 1))
    step = draw(st.integers(1, 45))
    count = draw(st.integers(1, (extent - 1 - start) // step + 1))
    return extent, draw(st.integers(1, 45)), start, step, count, lengths


def twin(extent, chunk, start, step, count, runs):
    """For each chunk what `parts` says of it, along one axis."""
    if runs is None:
        runs = [(chunk, -(-extent // chunk))]
    lengths = [length for length, count in runs for _ in range(count)]
    begins = [sum(lengths[:i]) for i in range(len(lengths))]
    found = {}
    for index in range(start, start + count * step, step):
        found.setdefault(bisect_right(begins, index) - 1, []).append(index)
    for coord, elements in found.items():
        begin, length = begins[coord], lengths[coord]
        covers = len(elements) == min(length, extent - begin)
        yield coord, elements[0] - begin, len(elements), covers, begin, length


def all_parts(axes):
    for combined in product(*(list(twin(*axis)) for axis in axes)):
        coords, lo, count, covers, begin, chunk = zip(*combined, strict=True)
        yield coords, lo, count, all(covers), begin, chunk


@given(st.lists(axes(), min_size=1, max_size=3))
@settings(max_examples=150, deadline=None)
def test_the_parts_are_those_of_plain_python(axes):
    shape, chunk, starts, steps, counts, _ = zip(*axes, strict=True)
    assert parts(shape, chunk, starts, steps, counts) == list(all_parts(axes))


RUNS = st.lists(st.tuples(st.integers(1, 9), st.integers(1, 4)), min_size=1, max_size=6)


# format.md C3
@given(st.lists(axes(runs=st.one_of(st.none(), RUNS)), min_size=1, max_size=3))
@settings(max_examples=300, deadline=None)
def test_the_parts_are_those_of_plain_python_where_chunks_differ(axes):
    shape, chunk, starts, steps, counts, runs = zip(*axes, strict=True)
    assert parts(shape, chunk, starts, steps, counts, runs) == list(all_parts(axes))


# format.md C3
def test_runs_of_very_many_chunks_cost_as_much_as_short_ones():
    far = 2**61
    runs = [[(1, 2**60), (2**20, 2**30), (3, 2**60)]]
    found = parts((far,), (1,), (5,), (2**59 + 1,), (4,), runs)
    assert [part[0][0] for part in found[:2]] == [5, 2**59 + 6]
    assert [part[4][0] + part[1][0] for part in found] == [
        5 + i * (2**59 + 1) for i in range(4)
    ]
    assert [part[5] for part in found] == [(1,), (1,), (2**20,), (3,)]


def test_an_array_without_axes_is_one_chunk():
    assert parts((), (), (), (), ()) == [((), (), (), True, (), ())]


def test_an_empty_selection_touches_no_chunk():
    assert parts((5, 5), (2, 2), (0, 0), (1, 1), (0, 5)) == []


def test_far_apart_elements_of_a_huge_axis():
    """Cost and correctness do not depend on the length of the axis."""
    far = 2**62
    second = 1 + far // 2
    assert parts((far,), (3,), (1,), (far // 2,), (2,)) == [
        ((0,), (1,), (1,), False, (0,), (3,)),
        (((second // 3),), (second % 3,), (1,), False, (second // 3 * 3,), (3,)),
    ]


def test_more_chunks_than_an_address_counts_are_refused():
    with pytest.raises(OverflowError, match="more chunks"):
        parts((2**40,) * 2, (1, 1), (0, 0), (1, 1), (2**40,) * 2)


def make_plan(shape, encoding, path=""):
    """A plan whose only use is to make keys."""
    head = f"{path}/" if path else ""
    before, between, behind = encoding.affixes(len(shape))
    store = MemoryObjects()
    return Plan(
        shape, shape, 1, tuple(range(len(shape))), 1, b"\0", Chain((), 1), store,
        head + before, between, behind, False, True,
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
    key = encoding.encode_chunk_key(tuple(coords))
    assert plan.key(tuple(coords)) == (f"{path}/{key}" if path else key)


def test_a_key_longer_than_its_buffer_is_an_error():
    plan = make_plan((1,), chunk_key.parse("default"), "x" * 9000)
    with pytest.raises(MemoryError, match="too long"):
        plan.key((0,))
