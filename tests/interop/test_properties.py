"""Arrays drawn by the strategies of zarr-python are the same to both, whoever writes them."""

import json

import numpy as np
import pytest
import zarr
from hypothesis import given, settings
from hypothesis import strategies as st
from matrix import bits
from zarr.core.buffer import cpu, default_buffer_prototype
from zarr.core.metadata import ArrayV2Metadata, ArrayV3Metadata
from zarr.testing import strategies

import zarr_c
from zarr_c.metadata import v2, v3
from zarr_c.storage import MemoryStore

pytestmark = pytest.mark.filterwarnings("ignore")

FORMATS = st.sampled_from([2, 3])


def copied(store):
    """What a store of zarr-python holds, as one of ours."""
    return MemoryStore({key: value.to_bytes() for key, value in store._store_dict.items()})


def by_zarr_python(store, path, zarr_format):
    """What a store of ours holds, as zarr-python reads it."""
    theirs = {key: cpu.Buffer.from_bytes(bytes(store[key])) for key in store}
    return zarr.open_array(
        zarr.storage.MemoryStore(theirs), path=path, mode="r", zarr_format=zarr_format
    )


def same_scalars(ours, theirs, dtype):
    """Those of texts and bytes have lost the zeros at their end, and so their length."""
    if theirs is not None:
        ours, theirs = np.asarray(ours, dtype), np.asarray(theirs, dtype)
    assert bits(ours) == bits(theirs)


@given(st.data())
@settings(max_examples=150)
def test_an_array_of_zarr_python_is_the_same_to_us(data):
    """Elements, shape, chunks, fill value, attributes and every selection."""
    theirs = data.draw(strategies.arrays())
    zarr_format = theirs.metadata.zarr_format
    store = copied(theirs.store)
    ours = zarr_c.open_array(store, path=theirs.path, zarr_format=zarr_format)
    assert (ours.shape, ours.dtype) == (theirs.shape, theirs.dtype)
    assert ours.chunks == tuple(max(1, n) for n in theirs.chunks)
    assert dict(ours.attrs) == dict(theirs.attrs)
    assert bits(ours[...]) == bits(theirs[...])
    selection = data.draw(strategies.basic_indices(shape=theirs.shape))
    same_scalars(ours[selection], theirs[selection], ours.dtype)
    same_scalars(ours.fill_value, theirs.fill_value, ours.dtype)


@given(strategies.numpy_arrays(), FORMATS, st.data())
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
    if theirs.zarr_format == 3:
        given = documents["zarr.json"]
        read = ArrayV3Metadata.from_dict(given)
        again = ArrayV3Metadata.from_dict(v3.array_document(v3.parse_array(given, "zarr.json")))
    else:
        given, attributes = documents[".zarray"], {"attributes": documents[".zattrs"]}
        read = ArrayV2Metadata.from_dict(given | attributes)
        parsed = v2.parse_array(given, documents[".zattrs"], ".zarray")
        again = ArrayV2Metadata.from_dict(v2.array_documents(parsed)[".zarray"] | attributes)
    same_scalars(again.fill_value, read.fill_value, theirs.dtype.to_native_dtype())
    expected, found = ({**x.to_dict(), "fill_value": None} for x in (read, again))
    assert found == expected
