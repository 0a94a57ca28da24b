"""Plans of rechunking: every element once, nothing read or written oftener than is said."""

from itertools import product
from math import prod

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from zarr_c.rechunking.boxes import Boxes, cuts_of, direct, finer, longest, pieces, through

PROFILE = settings(max_examples=150, deadline=None)


@st.composite
def grids(draw, count=2):
    """Several ways to cut one array of up to three axes."""
    found = [[] for _ in range(count)]
    for _ in range(draw(st.integers(1, 3))):
        extent = draw(st.integers(0, 24))
        for grid in found:
            if draw(st.booleans()):
                length = draw(st.integers(1, 26))
                cuts = np.array(sorted({*range(0, extent, length), extent}), np.int64)
            else:
                ends = draw(st.sets(st.integers(0, extent)))
                cuts = np.array(sorted(ends | {0, extent}), np.int64)
            grid.append(cuts)
    return tuple(map(tuple, found))


def intervals(grid):
    """The intervals of a grid, by plain Python."""
    return list(product(*[list(zip(c.tolist(), c[1:].tolist(), strict=False)) for c in grid]))


def overlaps(grid, plan):
    """How many pairs of boxes of both grids overlap."""
    return sum(
        all(max(a, c) < min(b, d) for (a, b), (c, d) in zip(one, other, strict=True))
        for one in intervals(grid)
        for other in intervals(plan.grid)
    )


def covers_whole(boxes, grid):
    return all(np.isin(cuts, ours).all() for cuts, ours in zip(boxes.grid, grid, strict=True))


def largest(grid):
    return prod(map(longest, grid))


@PROFILE
@given(grids(1))
def test_boxes_cover_each_element_once(found):
    (grid,) = found
    boxes = Boxes(grid)
    counts = np.zeros([cuts[-1] for cuts in grid], int)
    sizes = []
    for region in boxes:
        counts[region] += 1
        sizes.append(counts[region].size)
    assert (counts == 1).all()
    assert len(boxes) == len(sizes)
    assert boxes.largest == max(sizes, default=0)


@PROFILE
@given(grids(2), st.integers(1, 4000))
def test_direct(found, most):
    """Whole chunks of the target within the bound; reads are counted as plain Python does."""
    source, target = found
    plan = direct(source, target, most)
    if plan is None:
        assert largest(target) > most
        return
    chosen, reads = plan
    assert covers_whole(chosen, target)
    assert chosen.largest <= most
    assert reads == overlaps(source, chosen)
    assert reads >= len(Boxes(source))
    if most >= prod(int(cuts[-1]) for cuts in source):  # the whole array fits
        assert reads == len(Boxes(source))


@PROFILE
@given(grids(2), st.integers(1, 4000))
def test_direct_reads_once_where_common_ends_allow_it(found, most):
    source, target = found
    common = [np.intersect1d(a, b) for a, b in zip(source, target, strict=True)]
    if most >= largest(common) and most >= largest(target):
        _, reads = direct(source, target, most)
        assert reads == len(Boxes(source))


@PROFILE
@given(grids(2), st.integers(1, 4000), st.integers(1, 100))
def test_through(found, most, chunk):
    """Both passes take whole chunks, and what lies between is in one box of each."""
    source, target = found
    plan = through(source, target, most)
    if plan is None:
        assert max(largest(source), largest(target)) > most
        return
    first, second = plan
    assert covers_whole(first, source)
    assert covers_whole(second, target)
    assert max(first.largest, second.largest) <= most
    between = finer(first.grid, second.grid, chunk)
    assert largest(between) <= chunk
    for cuts, one, other in zip(between, first.grid, second.grid, strict=True):
        assert np.isin(one, cuts).all()
        assert np.isin(other, cuts).all()
        assert (np.diff(cuts) > 0).all()


def test_rows_to_columns():
    """The hard case: rows of 1,000 to columns of 1,000, with memory for 20 of them."""
    n, most = 1000, 20_000
    rows = cuts_of([1] * n), cuts_of([n])
    columns = rows[::-1]
    _, reads = direct(rows, columns, most)
    assert reads == n * n // 20  # each row 50 times
    first, second = through(rows, columns, most)
    assert len(first) == len(second) <= 64
    between = Boxes(finer(first.grid, second.grid, most))
    assert len(between) == len(first) * len(second)


def test_chunks_that_do_not_divide_each_other():
    """7 and 10 have common ends at 70: boxes of 70 read each chunk once."""
    source, target = (cuts_of([7] * 100),), (cuts_of([10] * 70),)
    boxes, reads = direct(source, target, 150)
    assert reads == 100
    assert boxes.largest == 140
    assert direct(source, target, 60)[1] > 100


def test_as_many_axes_as_there_are_in_practice():
    source = tuple(cuts_of([3] * 40) for _ in range(6))
    target = tuple(cuts_of([4] * 30) for _ in range(6))
    boxes, reads = direct(source, target, 12**6)
    assert reads == 40**6
    assert boxes.largest == 12**6


def test_a_million_chunks():
    source, target = (cuts_of([1] * 10**6),), (cuts_of([1000] * 1000),)
    boxes, reads = direct(source, target, 10**5)
    assert reads == 10**6
    assert len(boxes) < 20


@pytest.mark.parametrize(("one", "other", "expected"), [([5], [5], 1), ([2, 3], [4, 1], 3)])
def test_pieces(one, other, expected):
    assert pieces(cuts_of(one), cuts_of(other)) == expected
