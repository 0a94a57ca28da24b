"""The strided kernels copy and fill exactly what NumPy does, in every memory layout."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from zarr_c.indexing._copy import copy_into, fill

ITEMSIZES = [1, 2, 3, 4, 8, 16, 24]


def raw(shape, itemsize, seed=0):
    """Random elements that are nothing but bytes."""
    rng = np.random.default_rng(seed)
    data = rng.integers(0, 256, int(np.prod(shape)) * itemsize, "u1")
    return data.view(f"V{itemsize}").reshape(shape)


@st.composite
def layouts(draw, shape, itemsize):
    """A view of memory of its own: transposed, reversed, spread out, unaligned."""
    ndim = len(shape)
    axes = draw(st.permutations(range(ndim)))
    steps = [draw(st.sampled_from([1, 1, 1, 2, 3, -1, -2])) for _ in range(ndim)]
    spread = [max(1, shape[axis] * abs(steps[axis])) for axis in axes]
    pad = draw(st.sampled_from([0, 0, 1, 5]))
    memory = np.full(int(np.prod(spread)) * itemsize + pad, 0xA5, "u1")
    base = memory[pad:].view(f"V{itemsize}").reshape(spread).transpose(np.argsort(axes))
    view = base[(..., *(slice(None, None, step) for step in steps))]
    return view[(..., *(slice(0, n) for n in shape))], memory


@st.composite
def blocks(draw):
    shape = tuple(draw(st.lists(st.integers(0, 9), max_size=5)))
    itemsize = draw(st.sampled_from(ITEMSIZES))
    dst, memory = draw(layouts(shape, itemsize))
    src, _ = draw(layouts(shape, itemsize))
    src[...] = raw(shape, itemsize, draw(st.integers(0, 99)))
    for axis in range(len(shape)):
        if draw(st.integers(0, 5)) == 0 and shape[axis]:  # a source that repeats itself
            src = np.broadcast_to(src.take([0], axis), shape)
    return dst, memory, src


@given(blocks())
@settings(max_examples=120, deadline=None)
def test_a_copy_writes_what_numpy_writes_and_nothing_else(block):
    dst, memory, src = block
    before = memory.copy()
    dst[...] = src
    expected = memory.copy()
    memory[...] = before
    copy_into(dst, src)
    assert memory.tobytes() == expected.tobytes()


@given(blocks())
@settings(max_examples=80, deadline=None)
def test_a_fill_writes_every_element_and_nothing_else(block):
    dst, memory, src = block
    item = src.tobytes()[: dst.itemsize] or b"\x01" * dst.itemsize
    before = memory.copy()
    dst[...] = np.frombuffer(item, dst.dtype)
    expected = memory.copy()
    memory[...] = before
    fill(dst, item)
    assert memory.tobytes() == expected.tobytes()


@pytest.mark.parametrize("itemsize", ITEMSIZES)
@pytest.mark.parametrize("shape", [(70, 65), (3, 40, 70), (33, 2, 34)])
def test_transposes_larger_than_a_tile(shape, itemsize):
    """Both axes are longer than the square tiles in which they are exchanged."""
    src = raw(shape, itemsize)
    for axes in ([1, 0], [0, 1]) if len(shape) == 2 else ([2, 1, 0], [1, 2, 0], [0, 2, 1]):
        moved = src.transpose(axes)
        dst = np.zeros(moved.shape, src.dtype)
        copy_into(dst, moved)
        assert dst.tobytes() == moved.tobytes()


@pytest.mark.parametrize("itemsize", ITEMSIZES)
def test_fills_longer_than_the_doubled_pattern(itemsize):
    """The pattern is doubled up to 16 KiB and then repeated."""
    dst = np.zeros(40_001 // itemsize * 3, f"V{itemsize}")
    item = bytes(range(1, itemsize + 1))
    fill(dst, item)
    assert dst.tobytes() == item * dst.size


def test_elements_between_packed_fields_stay():
    """A field of a packed structure is unaligned and has others around it."""
    packed = np.zeros(50, "u1, f8, u2")
    copy_into(packed["f1"], np.arange(50.0))
    assert np.array_equal(packed["f1"], np.arange(50.0))
    assert not packed["f0"].any()
    assert not packed["f2"].any()
    fill(packed["f2"], b"\x01\x02")
    assert packed["f2"].tobytes() == b"\x01\x02" * 50
    assert np.array_equal(packed["f1"], np.arange(50.0))


def test_what_does_not_fit_is_refused():
    with pytest.raises(ValueError, match=r"expected shape \(2,\).*found \(3,\)"):
        copy_into(np.zeros(2), np.zeros(3))
    with pytest.raises(ValueError, match=r"item size 8, found .* 4"):
        copy_into(np.zeros(2), np.zeros(2, "f4"))
    with pytest.raises(ValueError, match="expected 8 bytes, found 4"):
        fill(np.zeros(2), b"1234")
