"""Stored arrays of every form and type, for property tests."""

import numpy as np
from hypothesis import strategies as st

import zarr_c as zarr
from zarr_c.codecs import TransposeCodec

RECORD = np.dtype([("a", "<i4"), ("b", "<f8"), ("c", "u1")])
TYPES = ["<f4", ">i2", "u1", "<c16", "string", RECORD]


def values(shape, dtype, rng):
    """Elements that are all different where the type has that many."""
    n = int(np.prod(shape))
    if dtype == "string":
        texts = ["" if i % 3 else f"text number {i}" for i in range(n)]
        return np.array(texts, np.dtypes.StringDType()).reshape(shape)
    if dtype == RECORD:
        found = np.zeros(n, RECORD)
        found["a"], found["b"], found["c"] = np.arange(n), rng.random(n), np.arange(n) % 251
        return found.reshape(shape)
    return (np.arange(n) % 251).astype(dtype).reshape(shape)


def lengths(draw, extent):
    """Lengths of chunks that differ."""
    found = []
    while sum(found) < extent:
        found.append(draw(st.integers(1, min(6, extent - sum(found)))))
    return found


@st.composite
def arrays(draw, least=1, most=4):
    """An array in memory, and what is in it."""
    ndim = draw(st.integers(least, most))
    shape = draw(st.tuples(*[st.integers(1, 12)] * ndim))
    chunks = draw(st.tuples(*[st.integers(1, 6)] * ndim))
    form = draw(st.sampled_from(["v2 C", "v2 F", "v3", "shards", "rectilinear", "transposed"]))
    more = {"zarr_format": 2, "order": form[-1]} if form[:2] == "v2" else {}
    if form == "shards":
        more["shards"] = tuple(c * draw(st.integers(1, 3)) for c in chunks)
    if form == "rectilinear":
        chunks = [lengths(draw, extent) for extent in shape]
    if form == "transposed":
        more["filters"] = [TransposeCodec(order=draw(st.permutations(range(ndim))))]
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    data = values(shape, draw(st.sampled_from(TYPES)), rng)
    array = zarr.create_array(
        {},
        shape=shape,
        chunks=chunks,
        dtype=data.dtype,
        compressors=draw(st.sampled_from([None, "auto"])),
        **more,
    )
    if draw(st.booleans()):
        array[...] = data
    else:  # absent chunks
        data = np.asarray(array[...])
    return array, data, rng
