"""Points grouped by the chunks that hold them, against plain Python; fields of records."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from zarr_c.errors import ArrayIndexError, BoundsCheckError
from zarr_c.indexing._points import grouped
from zarr_c.indexing.fields import field_spans


@st.composite
def cases(draw):
    ndim = draw(st.integers(1, 4))
    scale = draw(st.sampled_from([1, 10_000]))  # a table of all chunks, or of those met
    shape = tuple(scale * draw(st.integers(1, 30)) for _ in range(ndim))
    inner = draw(st.tuples(*[st.integers(1, 7)] * ndim))
    sharded = draw(st.booleans())
    many = draw(st.tuples(*[st.integers(1, 4)] * ndim)) if sharded else (1,) * ndim
    chunk = tuple(a * b for a, b in zip(inner, many, strict=True))
    seed, count = draw(st.integers(0, 2**32 - 1)), draw(st.sampled_from([0, 1, 2, 30, 500]))
    rng = np.random.default_rng(seed)
    points = [rng.integers(0, extent, count) for extent in shape]
    if draw(st.booleans()):  # as users have them who sort
        order = np.lexsort(points[::-1])
        points = [along[order] for along in points]
    return shape, chunk, points, inner if sharded else None


def twin(chunk, points, inner):
    """What `grouped` lists, point by point."""
    found = {}
    for i, point in enumerate(zip(*(along.tolist() for along in points), strict=True)):
        name = tuple(p // c for p, c in zip(point, chunk, strict=True))
        extent, rest = chunk, tuple(p % c for p, c in zip(point, chunk, strict=True))
        if inner is not None:
            name += tuple(r // c for r, c in zip(rest, inner, strict=True))
            extent, rest = inner, tuple(r % c for r, c in zip(rest, inner, strict=True))
        which, numbers = found.setdefault(name, ([], []))
        which.append(i)
        numbers.append(int(np.ravel_multi_index(rest, extent)))
    return [(name, *found[name]) for name in sorted(found)]


@given(cases())
@settings(max_examples=200, deadline=None)
def test_points_are_grouped_as_in_plain_python(case):
    shape, chunk, points, inner = case
    assert grouped(shape, chunk, points, inner) == twin(chunk, points, inner)


def test_points_in_a_grid_that_no_address_can_count():
    shape = (2**60, 2**60)
    points = [np.array([0, 2**60 - 1, 0]), np.array([5, 2**60 - 1, 5])]
    assert grouped(shape, (1, 1), points) == [
        ((0, 5), [0, 2], [0, 0]),
        ((2**60 - 1, 2**60 - 1), [1], [0]),
    ]


@pytest.mark.parametrize("wrong", [-1, 10, 2**62])
def test_a_point_outside_the_array_is_refused(wrong):
    points = [np.zeros(3, np.int64), np.array([0, wrong, 2])]
    with pytest.raises(
        BoundsCheckError, match=f"index {wrong} is out of bounds for axis 1 with size 10"
    ):
        grouped((5, 10), (2, 3), points)


@pytest.mark.parametrize(
    "along", [np.zeros(2, np.int64), np.zeros(3, np.int32), np.zeros(6, np.int64)[::2]]
)
def test_what_is_no_list_of_coordinates_is_refused(along):
    with pytest.raises(TypeError, match="coordinates: expected 3 contiguous int64"):
        grouped((5, 5), (2, 2), [np.zeros(3, np.int64), along])


RECORD = np.dtype([("a", "<i4"), ("b", "<f8"), ("s", "<i2", (3,))])


def test_where_the_bytes_of_fields_lie():
    assert field_spans(RECORD, None) == (RECORD, [])
    assert field_spans(RECORD, "b") == (np.dtype("<f8"), [(4, 0, 8)])
    some = np.dtype([("s", "<i2", (3,)), ("a", "<i4")])
    assert field_spans(RECORD, ["s", "a"]) == (some, [(12, 0, 6), (0, 6, 4)])


@pytest.mark.parametrize("fields", ["z", ["a", "z"], ["a", "a"], []])
def test_fields_that_are_not_there_are_refused(fields):
    with pytest.raises(ArrayIndexError, match="fields: expected"):
        field_spans(RECORD, fields)
    with pytest.raises(ArrayIndexError, match="fields: expected"):
        field_spans(np.dtype("i4"), "a")


@pytest.mark.parametrize("inner", [None, (3, 5)])
def test_threads_group_points_as_one_does(inner):
    rng = np.random.default_rng(4)
    points = [rng.integers(0, extent, 300_001) for extent in (90, 70)]
    found = grouped((90, 70), (6, 10), points, inner, 3)
    assert found == grouped((90, 70), (6, 10), points, inner, 1)
    assert sum(len(which) for _, which, _ in found) == 300_001
    points[1][250_000] = 70
    with pytest.raises(BoundsCheckError, match="index 70 is out of bounds for axis 1"):
        grouped((90, 70), (6, 10), points, inner, 3)
