"""Arrays drawn by the strategies of zarr-python are the same to both, whoever writes them."""

import json

import numpy as np
import pytest
import zarr
from hypothesis import given, settings
from hypothesis import strategies as st
from matrix import bits
from matrix_tables import NOT_YET
from zarr.core.buffer import cpu, default_buffer_prototype
from zarr.core.metadata import ArrayV2Metadata, ArrayV3Metadata
from zarr.testing import strategies

import zarr_c
from zarr_c.errors import BaseZarrError, DataTypeValidationError
from zarr_c.metadata import v2, v3
from zarr_c.storage import MemoryStore

pytestmark = pytest.mark.filterwarnings("ignore")

# the types among zarr-python's that zarr_c refuses so far, by their kind
WAITING = {"S": "|S5", "U": "<U5", "M": "<M8[ms]", "m": ">m8[10s]"}
FORMATS = st.sampled_from([2, 3])


def waits(array):
    """Whether zarr_c refuses an array of zarr-python's so far."""
    kind = WAITING.get(np.dtype(array.dtype).kind)
    return kind in NOT_YET or (array.shards is not None and "sharded" in NOT_YET)


def copied(store):
    """What a store of zarr-python holds, as one of ours."""
    return MemoryStore({key: value.to_bytes() for key, value in store._store_dict.items()})


def by_zarr_python(store, path, zarr_format):
    """What a store of ours holds, as zarr-python reads it."""
    theirs = {key: cpu.Buffer.from_bytes(bytes(store[key])) for key in store}
    return zarr.open_array(
        zarr.storage.MemoryStore(theirs), path=path, mode="r", zarr_format=zarr_format
    )


@st.composite
def plain_arrays(draw):
    """NumPy arrays of the types that are stored already."""
    array = draw(strategies.numpy_arrays())
    if WAITING.get(array.dtype.kind) in NOT_YET:
        array = np.zeros(array.shape, draw(st.sampled_from(["u1", "i8", "f4", "c16", "?"])))
    return array


# format.md 2.3 attributes
@given(st.data())
@settings(max_examples=150)
def test_an_array_of_zarr_python_is_the_same_to_us(data):
    """Elements, shape, chunks, fill value, attributes and every selection."""
    theirs = data.draw(strategies.arrays())
    zarr_format = theirs.metadata.zarr_format
    store = copied(theirs.store)
    if waits(theirs):
        with pytest.raises((BaseZarrError, DataTypeValidationError)):
            zarr_c.open_array(store, path=theirs.path, zarr_format=zarr_format)
        return
    ours = zarr_c.open_array(store, path=theirs.path, zarr_format=zarr_format)
    assert (ours.shape, ours.dtype) == (theirs.shape, theirs.dtype)
    assert ours.chunks == tuple(max(1, n) for n in theirs.chunks)
    assert dict(ours.attrs) == dict(theirs.attrs)
    assert bits(ours[...]) == bits(theirs[...])
    selection = data.draw(strategies.basic_indices(shape=theirs.shape))
    assert bits(ours[selection]) == bits(theirs[selection])
    assert bits(ours.fill_value) == bits(theirs.fill_value)


@given(plain_arrays(), FORMATS, st.data())
@settings(max_examples=150)
def test_an_array_of_ours_is_the_same_to_zarr_python(array, zarr_format, data):
    """Also after a part of it was written again."""
    chunks = tuple(max(1, n) for n in data.draw(strategies.chunk_shapes(shape=array.shape)))
    store = MemoryStore()
    ours = zarr_c.create_array(
        store, name="a", data=array, chunks=chunks, zarr_format=zarr_format
    )
    assert bits(by_zarr_python(store, "a", zarr_format)[...]) == bits(array)
    selection = data.draw(strategies.basic_indices(shape=array.shape))
    value = array[selection][..., ::-1] if np.ndim(array[selection]) else array[selection]
    expected = array.copy()
    expected[selection] = value
    ours[selection] = value
    assert bits(by_zarr_python(store, "a", zarr_format)[...]) == bits(expected)
    assert bits(ours[...]) == bits(expected)


@given(strategies.array_metadata())
@settings(max_examples=200)
def test_metadata_of_zarr_python_come_back(theirs):
    """Into our document and back, in which zarr-python sees no change."""
    documents = {
        key: json.loads(buffer.to_bytes())
        for key, buffer in theirs.to_buffer_dict(default_buffer_prototype()).items()
    }
    refused = WAITING.get(theirs.dtype.to_native_dtype().kind) in NOT_YET
    try:
        if theirs.zarr_format == 3:
            ours = v3.array_document(v3.parse_array(documents["zarr.json"], "zarr.json"))
            again = ArrayV3Metadata.from_dict(ours)
        else:
            parsed = v2.parse_array(documents[".zarray"], documents[".zattrs"], ".zarray")
            ours = v2.array_documents(parsed)
            again = ArrayV2Metadata.from_dict(ours[".zarray"] | {"attributes": ours[".zattrs"]})
    except BaseZarrError:
        assert refused
        return
    assert again.to_dict() == theirs.to_dict()
