"""What zarr-python selects is selected here too, and what it refuses is refused alike."""

import numpy as np
import pytest
import zarr
from hypothesis import given, settings
from hypothesis import strategies as st
from selections import around, coordinates, fancy, masks, numbered, orthogonal, shapes

import zarr_c
from zarr_c import errors

many = settings(max_examples=100, deadline=None)


def pair(shape, chunks=2):
    """The same array of both libraries, and of NumPy."""
    data = numbered(shape)
    options = {"shape": shape, "chunks": tuple(chunks for _ in shape), "dtype": data.dtype}
    both = [package.create_array({}, **options) for package in (zarr, zarr_c)]
    for array in both:
        array[...] = data
    return *both, data


def same(found, theirs):
    """Scalars here are arrays there, without axes or, of `vindex`, with one of length one."""
    if np.isscalar(found):
        return np.size(theirs) == 1 and found == np.ravel(theirs)[0]
    return np.array_equal(found, theirs)


SELECTIONS = {
    "[]": (
        lambda array: array,
        lambda shape: st.one_of(fancy(shape), orthogonal(shape), coordinates(shape)),
    ),
    "oindex": (lambda array: array.oindex, lambda shape: orthogonal(shape, newaxis=False)),
    "vindex": (
        lambda array: array.vindex,
        lambda shape: st.one_of(coordinates(shape), masks(shape)),
    ),
    "blocks": (
        lambda array: array.blocks,
        lambda shape: st.tuples(*[blocks((n + 1) // 2) for n in shape]).flatmap(
            lambda items: around(items, newaxis=False)
        ),
    ),
}


def blocks(count):
    # further below the first block, zarr-python takes a part of one
    bound = st.none() | st.integers(-count, count + 1)
    return st.one_of(st.integers(-count, count - 1), st.builds(slice, bound, bound))


@pytest.mark.parametrize("way", SELECTIONS)
@given(data=st.data())
@many
def test_what_zarr_python_reads_is_read(way, data):
    shape = data.draw(shapes(least=1, most=3))
    theirs, ours, _ = pair(shape)
    index, strategy = SELECTIONS[way]
    selection = data.draw(strategy(shape))
    try:
        expected = index(theirs)[selection]
    except (IndexError, ValueError, TypeError):
        return  # what it cannot do is not its measure
    assert same(index(ours)[selection], expected)


# ---- what is refused

NAMES = {"np": np, "L": slice(1, 3), "MASK": np.array([True, False, True, False])}
REFUSED = """
a[4] | a[-5] | a[0, 0, 0, 0] | a[..., 0, ...] | a[[4]] | a[[-5]] | a[[0], [5], [0]]
a[[0], [0], [0], [0]] | a[1.5] | a[[1.5]] | a[np.array([1.5])] | a[np.array([], float)]
a[[None]] | a[b"f"] | a["f"] | a["f", 0] | a[[0, 1], [0, 1, 2], 0] | a[True]
a[np.array([2**63], "u8")] | a[MASK[:3], L] | a[::0] | a[np.array([1], object)]
a.oindex[4] | a.oindex[[4]] | a.oindex[-5] | a.oindex[[1.5]] | a.oindex[1.5] | a.oindex["f"]
a.oindex[np.zeros((2, 2), int)] | a.oindex[np.ones((4, 5), bool)] | a.oindex[MASK[:3]]
a.oindex[0, 0, 0, 0] | a.oindex[..., ...] | a.oindex[::0] | a.oindex[True]
a.oindex[package.array(np.array([0.5]))]
a.vindex[...] | a.vindex[:] | a.vindex[None] | a.vindex[()] | a.vindex[MASK]
a.vindex[MASK, MASK, MASK] | a.vindex[[1.5], [0], [0]] | a.vindex[[0], [0], [0], [0]]
a.vindex[[4], [0], [0]] | a.vindex[4, 0, 0] | a.vindex[[0, 1], [0, 1, 2], 0]
a.vindex[np.array([2**63], "u8"), 0, 0] | a.vindex["f"]
a.get_coordinate_selection([0, 1]) | a.get_coordinate_selection(np.ones(a.shape, bool))
a.get_coordinate_selection((L, [0], [0])) | a.get_coordinate_selection((..., [0]))
a.get_mask_selection(MASK) | a.get_mask_selection([0, 1]) | a.get_mask_selection(L)
a.get_basic_selection([0, 1]) | a.get_basic_selection(MASK) | a.get_basic_selection("f")
a.get_basic_selection(0, fields="f") | a.get_orthogonal_selection(0, fields=["f"])
a.get_basic_selection(0, fields=5)
a.blocks[2] | a.blocks[-3] | a.blocks[::2] | a.blocks[::-1] | a.blocks[[0, 1]]
a.blocks[MASK] | a.blocks[0, 0, 0, 0] | a.blocks[None] | a.blocks[1.5] | a.blocks[True]
a.blocks["f"]
"""


@pytest.mark.parametrize("case", REFUSED.replace("\n", "|").strip("|").split("|"))
def test_what_zarr_python_refuses_is_refused_alike(case):
    theirs, ours, _ = pair((4, 5, 6))
    with pytest.raises((IndexError, ValueError)) as expected:
        eval(case.strip(), {**NAMES, "a": theirs, "package": zarr})
    kind = expected.type
    if kind.__module__ == zarr.errors.__name__:
        kind = getattr(errors, kind.__name__)
    with pytest.raises(kind):
        eval(case.strip(), {**NAMES, "a": ours, "package": zarr_c})


# What zarr-python refuses and NumPy, or common sense, does not: why, and what it is here.
MORE = {
    "lists among an Ellipsis, newaxis and axes that are left out": """
        a[..., [0, 2]] = n[..., [0, 2]] | a[[0, 2], ..., 1] = n[[0, 2], ..., 1]
        a[[0, 2], [1, 3]] = n[[0, 2], [1, 3]] | a[[0, 2], [1, 3], ...] = n[[0, 2], [1, 3]]
        a[None, [0, 2]] = n[None, [0, 2]] | a[1, ..., [0, 2]] = n[1][:, [0, 2]]
        a.oindex[[0, 2], ...] = n[[0, 2]] | a.oindex[None, 0] = n[None, 0]""",
    "several lists among slices, which NumPy pairs": """
        a[[0, 2], [1, 3], L] = n[[0, 2], [1, 3], L]
        a[[0, 2], L, [1, 3]] = n[[0, 2], L, [1, 3]]
        a[L, [0, 2], [1, 3]] = n[L, [0, 2], [1, 3]]""",
    "whatever NumPy takes for an array": """
        a[[]] = n[[]] | a[[[0, 2], [1, 3]]] = n[[[0, 2], [1, 3]]] | a[range(3)] = n[:3]
        a[(0, 1), (1, 2)] = n[[0, 1], [1, 2]] | a[[0, True]] = n[[0, 1]]
        a[np.array([[0, 2]])] = n[[[0, 2]]] | a.oindex[[]] = n[[]] | a.oindex[range(2)] = n[:2]
        a.oindex[np.array(1)] = n[1] | a.oindex[np.ix_([0, 2], [1])] = n[np.ix_([0, 2], [1])]
        a.vindex[[], [], []] = n[[], [], []]""",
    "masks of some axes": """
        a[MASK] = n[MASK] | a[MASK, 1, [1]] = n[MASK, 1, [1]]
        a[n[..., 0] > 9] = n[n[..., 0] > 9]
        a[MASK, [0, 1]] = n[MASK, [0, 1]] | a[:, n[0] > 9] = n[:, n[0] > 9]
        a[(n > 9).tolist()] = n[n > 9]""",
    "steps backwards": """
        a[::-1] = n[::-1] | a[[0, 1], ::-2] = n[[0, 1], ::-2]
        a.oindex[::-1, [0]] = n[::-1, [0]]
        a.get_basic_selection(slice(None, None, -1)) = n[::-1]""",
    "points along some axes, as in dask": """
        a.vindex[[0, 1], [0, 1]] = n[[0, 1], [0, 1]] | a.vindex[[0, 1]] = n[[0, 1]]
        a.vindex[[0, 1], :, [2, 3]] = n[[0, 1], :, [2, 3]] | a.vindex[0, L] = n[0, L]
        a.vindex[L, [0, 1], [2, 3]] = n[L, [0, 1], [2, 3]].T""",
    "slices of blocks are clipped as all slices": """
        a.blocks[2:] = n[4:] | a.blocks[-9:] = n | a.blocks[:-9] = n[:0]
        a.blocks[5:2] = n[:0]""",
}


@pytest.mark.parametrize("reason", MORE)
def test_what_only_zarr_python_refuses(reason):
    _, ours, data = pair((4, 5, 6))
    names = {**NAMES, "a": ours, "n": data}
    for case in MORE[reason].replace("\n", "|").split("|"):
        if case.strip():
            found, expected = case.split(" = ")
            np.testing.assert_array_equal(eval(found.strip(), names), eval(expected, names))


@pytest.mark.parametrize(
    "case",
    ["a[1, :, [0, 2]]", "a[1, L, MASK6]", "a[MASK, MASK5, MASK6]", "a[MASK, [0, 1], [0, 1]]"],
)
def test_where_it_differs_from_numpy_zarr_python_is_followed(case):
    theirs, ours, data = pair((4, 5, 6))
    names = {**NAMES, "MASK5": data[0, :, 0] % 4 == 0, "MASK6": data[0, 0] % 3 == 0}
    expected = eval(case, {**names, "a": theirs})
    np.testing.assert_array_equal(eval(case, {**names, "a": ours}), expected)
    try:
        numpy = eval(case, {**names, "a": data})
    except IndexError:
        return
    assert not np.array_equal(numpy, expected)


# ---- what is written


@pytest.mark.parametrize(
    "statement",
    [
        "a.vindex[np.array([[0, 1], [2, 3]]), 0, 0] = [7, 8, 9, 10]",
        "a.vindex[np.array([[0, 1], [2, 3]]), 0, 0] = np.arange(4).reshape(4, 1)",
        "a[np.array([[0, 1], [2, 3]]), 0, 0] = np.arange(4)",
        "a.set_coordinate_selection((np.array([[0, 1]]), 0, 0), np.array([5, 6]))",
        "a.vindex[0, 0, 0] = [5]",
        "a.oindex[0, [2, 3]] = np.ones((2, 6))",
        "a.oindex[[0, 0]] = np.stack([np.ones((5, 6), int), 2 * np.ones((5, 6), int)])",
        "a[[1, 1], [0, 0], [0, 0]] = [3, 4]",
        "a[np.ones((4, 5, 6), bool)] = -np.arange(120)",
        "a[MASK, L] = 3",
        "a.blocks[0, 1:] = 9",
    ],
)
def test_what_zarr_python_writes_is_written(statement):
    theirs, ours, _ = pair((4, 5, 6))
    exec(statement, {**NAMES, "a": theirs, "package": zarr})
    exec(statement, {**NAMES, "a": ours, "package": zarr_c})
    np.testing.assert_array_equal(ours[...], theirs[...])


def test_stored_arrays_are_indices_and_values():
    _, ours, data = pair((4, 5, 6))
    index, mask = zarr_c.array(np.array([3, 0])), zarr_c.array(data % 7 == 0)
    np.testing.assert_array_equal(ours[index], data[[3, 0]])
    np.testing.assert_array_equal(ours.oindex[index, :, index], data[[3, 0]][..., [3, 0]])
    np.testing.assert_array_equal(ours.vindex[mask], data[data % 7 == 0])
    ours[[0, 2], 1:3] = zarr_c.array(np.ones((2, 2, 6), int))
    ours.vindex[[[0, 1]], 0, 0] = zarr_c.array(np.array([7, 8]))
    data[[0, 2], 1:3], data[[0, 1], 0, 0] = 1, [7, 8]
    np.testing.assert_array_equal(ours[...], data)


def test_a_buffer_of_zarr_python_is_an_out():
    _, ours, data = pair((4, 5, 6))
    prototype = zarr.core.buffer.default_buffer_prototype()
    for get, selection, expected in [
        (ours.get_basic_selection, slice(2), data[:2]),
        (ours.get_orthogonal_selection, ([0, 3], slice(2)), data[[0, 3], :2]),
        (ours.get_coordinate_selection, ([0, 3], 1, 2), data[[0, 3], 1, 2]),
        (ours.get_mask_selection, data > 100, data[data > 100]),
        (ours.get_block_selection, (1, 0), data[2:, :2]),
    ]:
        out = prototype.nd_buffer.create(shape=expected.shape, dtype=data.dtype)
        found = get(selection, out=out, prototype=prototype)
        np.testing.assert_array_equal(out.as_numpy_array(), expected)
        assert np.shares_memory(found, out.as_ndarray_like())
