"""Grids whose chunks differ: documents, what users ask for, and lengths beyond any memory."""

import pickle
import tracemalloc

import numpy as np
import pytest

from zarr_c.errors import MetadataValidationError
from zarr_c.metadata import v3
from zarr_c.metadata.chunk_arguments import normalize_grid, normalize_shards
from zarr_c.metadata.chunk_grid import RegularGrid, parse
from zarr_c.metadata.rectilinear import RectilinearGrid, every_length, spell


def inline(*chunk_shapes, **changes):
    configuration = {"kind": "inline", "chunk_shapes": list(chunk_shapes)} | changes
    return {"name": "rectilinear", "configuration": configuration}


def document(grid, shape):
    return {
        "zarr_format": 3,
        "node_type": "array",
        "shape": list(shape),
        "data_type": "int32",
        "chunk_grid": grid,
        "chunk_key_encoding": {"name": "default", "configuration": {"separator": "/"}},
        "fill_value": 0,
        "codecs": [{"name": "bytes", "configuration": {"endian": "little"}}],
    }


# format.md C3 1.2 chunk_grid
@pytest.mark.parametrize(
    ("axis", "extent", "lengths"),
    [
        ([[2, 3]], 6, (2, 2, 2)),
        ([[1, 6]], 6, (1,) * 6),
        ([1, [2, 1], 3], 6, (1, 2, 3)),
        ([[1, 3], 3], 6, (1, 1, 1, 3)),
        ([6], 6, (6,)),
        (4, 6, (4, 2)),
        ([4, 4], 6, (4, 2)),
        ([2, 9, 9, [9, 9]], 6, (2, 4)),
        ([3, 3, [3, 4]], 12, (3,) * 4),
        ([5, 5], 0, ()),
        ([], 0, ()),
        (7, 0, ()),
    ],
)
def test_an_axis_is_read_and_written_as_it_was_spelled(axis, extent, lengths):
    stored = document(inline(axis, 3), (extent, 3))
    meta = v3.parse_array(stored, "zarr.json")
    assert v3.array_document(meta)["chunk_grid"] == stored["chunk_grid"]
    assert meta.chunk_grid.chunk_sizes(meta.shape) == (lengths, (3,))
    assert meta.grid_shape == (len(lengths), 1)
    assert pickle.loads(pickle.dumps(meta)) == meta
    with pytest.raises(NotImplementedError, match="'rectilinear' grid differ in shape"):
        assert meta.chunk_shape


# format.md C3 2.3 chunk_grid
@pytest.mark.parametrize(
    ("grid", "shape", "lengths"),
    [
        (
            {"name": "rectangular", "configuration": {"chunk_shape": [[1, 2, 5], 4]}},
            (8, 8),
            ((1, 2, 5), (4, 4)),
        ),
        (
            {"name": "zarrs.regular_bounded", "configuration": {"chunk_shape": [3, 7, 9]}},
            (10, 14, 5),
            ((3, 3, 3, 1), (7, 7), (5,)),
        ),
    ],
)
def test_grids_of_zarrs_are_read_and_written_under_their_names(grid, shape, lengths):
    meta = v3.parse_array(document(grid, shape), "zarr.json")
    assert v3.array_document(meta)["chunk_grid"] == grid
    assert meta.chunk_grid.chunk_sizes(shape) == lengths
    assert meta.chunk_nbytes == 4 * np.prod([max(axis) for axis in lengths])


# format.md C3 E3
@pytest.mark.parametrize(
    ("grid", "said"),
    [
        (inline([4, 4]), "chunk_shapes: expected 2 items, one per dimension"),
        (inline([4, 5], 5), r"chunk_shapes\[0\]: expected lengths that reach 10.*found 9"),
        (inline([], 5), r"chunk_shapes\[0\]: expected lengths that reach 10"),
        (inline([10, 0], 5), r"chunk_shapes\[0\]: expected integers from 1 to 2\*\*63 - 1"),
        (inline([[10, 0]], 5), "found 0"),
        (inline([[0, 10]], 5), "found 0"),
        (inline([[5, -2], 10], 5), "found -2"),
        (inline([10, -1], 5), "found -1"),
        (inline([2**63], 5), "integers from 1"),
        (inline([[1, 2**63]], 5), "integers from 1"),
        (inline([10.0], 5), r"found 10\.0"),
        (inline([True, 9], 5), "found True"),
        (inline(["10"], 5), "found '10'"),
        (inline([[5, 2, 1]], 5), "pairs of length and count"),
        (inline([[[5, 1], 2]], 5), "integers from 1"),
        (inline([{"5": 2}], 5), "integers from 1"),
        (inline(0, 5), "found 0"),
        (inline("10", 5), "expected a length or a list of them, found '10'"),
        (inline(None, 5), "found None"),
        (inline([10], 5, kind="external"), "kind: expected 'inline', found 'external'"),
        (inline([10], 5, chunk_shapes=7), "chunk_shapes: expected a list, found 7"),
        (inline([10], 5, x=1), "configuration: expected chunk_shapes and kind"),
        ({"name": "rectilinear"}, "configuration: expected chunk_shapes and kind"),
        ({"name": "rectilinear", "configuration": {"kind": "inline"}}, "chunk_shapes and kind"),
        (
            {"name": "rectangular", "configuration": {"chunk_shape": [[[5, 2]], 5]}},
            "integers from 1",
        ),
        (
            {"name": "zarrs.regular_bounded", "configuration": {"chunk_shape": [0, 1]}},
            "chunk_shape: expected integers from 1",
        ),
        (
            {"name": "voronoi", "configuration": {}, "must_understand": False},
            "chunk_grid.name: expected 'regular', or one of rectilinear",
        ),
    ],
)
def test_a_bad_grid_is_named(grid, said):
    with pytest.raises(MetadataValidationError, match=f"^zarr.json: .*{said}"):
        v3.parse_array(document(grid, (10, 5)), "zarr.json")


# format.md C3
def test_runs_are_not_spelled_out():
    """A few bytes of JSON may speak of more chunks than there is memory for."""
    far = 2**62
    tracemalloc.start()
    meta = v3.parse_array(document(inline([[1, 2**60], [2, 2**61]]), (far,)), "zarr.json")
    assert meta.grid_shape == (2**60 + (far - 2**60) // 2,)
    assert meta.chunk_grid.runs(0, far) == [(1, 2**60), (2, (far - 2**60) // 2)]
    assert meta.chunk_grid.shape_of((2**60,), (far,)) == (2,)
    assert tracemalloc.get_traced_memory()[1] < 1 << 20
    tracemalloc.stop()


def test_a_chunk_of_too_many_bytes_is_refused():
    grid = inline([2**40], [2**40, 1])
    with pytest.raises(MetadataValidationError, match=r"fewer than 2\*\*63 bytes in a chunk"):
        v3.parse_array(document(grid, (5, 2**40)), "zarr.json")


# format.md C3
def test_growing_adds_one_chunk_and_shrinking_keeps_all():
    grid = parse(inline([[2, 3], 4], 5), (10, 8))
    grown = grid.resized((10, 8), (17, 20), (1, 1))
    assert grown.to_json() == inline([[2, 3], 4, 7], 5)
    assert grid.resized((10, 8), (17, 20), (4, 1)).to_json() == inline([[2, 3], 4, 8], 5)
    assert grid.resized((10, 8), (3, 2), (1, 1)) == grid
    assert grid.grid_shape((3, 2)) == (2, 1)


def test_a_bounded_grid_changes_only_where_no_chunk_would():
    grid = parse({"name": "zarrs.regular_bounded", "configuration": {"chunk_shape": [4]}}, (8,))
    for old, new in ((8, 12), (8, 4), (8, 11), (0, 3), (7, 4), (7, 7)):
        assert grid.resized((old,), (new,), (1,)) is grid
    for old, new in ((7, 8), (7, 12), (8, 7), (7, 6), (3, 2), (9, 6)):
        with pytest.raises(ValueError, match="one would change its length"):
            grid.resized((old,), (new,), (1,))


def test_every_length_of_an_axis_is_in_one_of_the_shapes():
    grid = parse(inline([1, [2, 2], 1], 7, [3, 1, 2]), (6, 14, 6))
    assert list(every_length(grid, (6, 14, 6))) == [(2, 7, 3), (1, 7, 2), (1, 7, 1)]
    assert list(every_length(RectilinearGrid(()), ())) == [()]
    assert grid.largest((6, 14, 6)) == (2, 7, 3)
    assert grid.largest((1, 0, 3)) == (1, 1, 3)


def test_runs_are_spelled_where_that_is_shorter():
    assert spell([5, 5, 5]) == ((5, 3),)
    assert spell([1, 5, 5, 1]) == (1, (5, 2), 1)
    assert spell([1, 2, 3]) == (1, 2, 3)


# ---- what users ask for


# format.md C3
@pytest.mark.parametrize(
    ("chunks", "shape", "expected"),
    [
        ([[10, 20, 5], [7] * 3], (35, 21), ((10, 20, 5), ((7, 3),))),
        ([[10, 20, 5], 7], (35, 20), ((10, 20, 5), 7)),
        ([[10, 20, 5], -1], (35, 20), ((10, 20, 5), 20)),
        (((4, 4, 2),), (10,), (((4, 2), 2),)),
        (np.array([[4, 6], [3, 7]]), (10, 10), ((4, 6), (3, 7))),
        ([(np.int64(4), np.uint8(6))], (10,), ((4, 6),)),
        ([range(1, 4)], (6,), ((1, 2, 3),)),
        ([[4, 6]], (0,), ((4, 6),)),
    ],
)
def test_lengths_of_every_chunk(chunks, shape, expected):
    assert normalize_grid(chunks, shape, 4) == RectilinearGrid(expected)


@pytest.mark.parametrize(
    ("chunks", "error", "said"),
    [
        ([[10, 20]], ValueError, "chunks: expected lengths along axis 0 that add up to 35"),
        ([[10, 20, 10]], ValueError, "add up to 35, found 40"),
        ([[]], ValueError, "add up to 35, found 0"),
        ([[10, -1]], ValueError, "chunks: expected positive lengths"),
        ([[10, np.int64(-1)]], ValueError, "chunks: expected positive lengths"),
        ([[35, 0]], ValueError, "chunks: expected positive lengths"),
        ([[35.0]], TypeError, "chunks: expected"),
        ([["35"]], TypeError, "chunks: expected"),
        ([[[5, 7]]], TypeError, "chunks: expected"),
        ([[10, 25], 5], ValueError, "chunks: expected 1 lengths"),
    ],
)
def test_bad_lengths_are_named(chunks, error, said):
    with pytest.raises(error, match=said):
        normalize_grid(chunks, (35,), 4)


# format.md C3
@pytest.mark.parametrize(
    ("shards", "chunks", "shape", "expected"),
    [
        ([[10, 20, 5], 14], (5, 7), (35, 21), (((10, 20, 5), 14), (5, 7))),
        ([[10, 20, 10], [7, 7]], 5, (36, 10), None),
        ([[10, 20, 10], [10]], 5, (36, 10), (((10, 20, 10), (10,)), (5, 5))),
        ([[10, 20, 10], 10], "auto", (40, 10), (((10, 20, 10), 10), (10, 10))),
        ([[10, 20], -1], (5, 4), (30, 10), (((10, 20), 12), (5, 4))),
    ],
)
def test_shards_that_differ(shards, chunks, shape, expected):
    if expected is None:
        with pytest.raises(ValueError, match="shards: expected"):
            normalize_shards(shards, chunks, shape, 4, None)
    else:
        grid, inner = expected
        found = normalize_shards(shards, chunks, shape, 4, None)
        assert found == (RectilinearGrid(grid), inner)


def test_chunks_within_shards_have_one_shape():
    with pytest.raises(ValueError, match=r"chunks: expected one shape within shards"):
        normalize_shards((10,), [[5, 5]], (10,), 4, None)
    assert normalize_grid(RegularGrid((3,)), (10,), 4) == RegularGrid((3,))
