"""Chunks where they lie and as they are: keys, empty dimensions, edges, wrong lengths."""

import gzip

import numpy as np
import pytest
from by_hand import LITTLE, by_zarr_python, opened, store, v2, v3

import zarr_c
from zarr_c.errors import ChunkCorruptError, MetadataValidationError
from zarr_c.storage import MemoryStore

pytestmark = pytest.mark.filterwarnings("ignore")

FORMS = [
    ({"name": "default"}, "c/0/1"),
    ({"name": "default", "configuration": {}}, "c/0/1"),
    ({"name": "default", "configuration": {"separator": "/"}}, "c/0/1"),
    ({"name": "default", "configuration": {"separator": "."}}, "c.0.1"),
    ({"name": "v2"}, "0.1"),
    ({"name": "v2", "configuration": {"separator": "."}}, "0.1"),
    ({"name": "v2", "configuration": {"separator": "/"}}, "0/1"),
]


# format.md 5.30 C4 C5 C6
@pytest.mark.parametrize(("encoding", "key"), FORMS)
def test_every_form_of_a_chunk_key_finds_its_chunk(encoding, key):
    """All of these were read as fill values by somebody, without an error."""
    document = v3(np.zeros((2, 4), "u1"), chunks=[2, 2], chunk_key_encoding=encoding)
    given = store(document)
    given[key] = bytes([1, 2, 3, 4])
    array = zarr_c.open_array(given, mode="r")
    assert array[...].tolist() == [[0, 0, 1, 2], [0, 0, 3, 4]]
    assert array.nchunks_initialized == 1


# format.md 5.30 A3
@pytest.mark.parametrize(("separator", "key"), [(None, "0.1"), (".", "0.1"), ("/", "0/1")])
def test_every_form_of_a_chunk_key_of_v2_finds_its_chunk(separator, key):
    changes = {} if separator is None else {"dimension_separator": separator}
    given = store(v2(np.zeros((2, 4), "u1"), chunks=[2, 2], **changes))
    given[key] = bytes([1, 2, 3, 4])
    assert zarr_c.open_array(given, mode="r")[...].tolist() == [[0, 0, 1, 2], [0, 0, 3, 4]]


# format.md C4 C5 A4 5.27
@pytest.mark.parametrize(
    ("encoding", "key"),
    [(None, "0"), ("default", "c"), ("v2", "0"), *((form, None) for form, _ in FORMS)],
)
def test_the_key_of_an_array_without_dimensions(encoding, key):
    data = np.array(7, "u1")
    if encoding is None:
        document = v2(data)
    else:
        document = v3(data, chunk_key_encoding=encoding)
        key = key or {"default": "c", "v2": "0"}[encoding["name"]]
    array = opened(document, **{key: b"\7"})
    assert array[()] == 7
    assert array.shape == ()
    if isinstance(encoding, dict) or encoding is None:
        assert by_zarr_python(document, **{key: b"\7"})[()] == 7


# format.md C1 5.27 1.2 shape chunk_grid
@pytest.mark.parametrize(
    ("shape", "chunks", "read"),
    [
        ([0], [0], True),
        ([0], [5], True),
        ([0, 3], [0, 2], True),
        ([3, 0], [2, 0], True),
        ([3], [0], False),
        ([0, 3], [0, 0], False),
        ([3], [-1], False),
        ([3], [2, 2], False),
        ([3, 3], [2], False),
        ([], [1], False),
        ([3.0], [2], False),
        ([3], [2.0], False),
    ],
)
@pytest.mark.parametrize("make", [v2, v3])
def test_empty_dimensions_and_chunks_of_no_length(make, shape, chunks, read):
    """A chunk of length 0 is what older writers gave an empty dimension; elsewhere an error."""
    document = make(np.zeros(1, "u1"), chunks=chunks) | {"shape": shape}
    if not read:
        with pytest.raises(MetadataValidationError, match=r"shape|chunks"):
            opened(document)
        return
    array = opened(document)
    assert array[...].shape == tuple(shape)
    assert array.nchunks == 0
    assert 0 not in array.chunks


# format.md C2
@pytest.mark.parametrize("make", [v2, v3])
def test_a_chunk_may_be_larger_than_its_array(make):
    document = make(np.zeros((1, 2), "u1"), chunks=[2, 4])
    chunk = {"0.0" if make is v2 else "c_0_0": bytes(range(8))}
    assert opened(document, **chunk)[...].tolist() == [[0, 1]]
    assert by_zarr_python(document, **chunk)[...].tolist() == [[0, 1]]


# format.md P6 A5
@pytest.mark.parametrize("zarr_format", [2, 3])
def test_a_chunk_at_the_edge_has_full_size(zarr_format):
    """What lies outside of the array is written as fill, and not looked at."""
    ours = MemoryStore()
    options = {"compressors": None, "fill_value": 9, "zarr_format": zarr_format}
    zarr_c.create_array(ours, data=np.ones((3, 3), "u1"), chunks=(2, 2), **options)
    separator, prefix = (".", "") if zarr_format == 2 else ("/", "c/")
    assert ours[f"{prefix}1{separator}1"] == b"\1\x09\x09\x09"
    assert ours[f"{prefix}0{separator}1"] == b"\1\x09\1\x09"
    array = zarr_c.open_array(ours, mode="r+")
    ours[f"{prefix}1{separator}1"] = b"\5\6\7\x08"
    assert array[2].tolist() == [1, 1, 5]


# format.md P4
@pytest.mark.parametrize("make", [v2, v3])
@pytest.mark.parametrize("compressed", [False, True])
@pytest.mark.parametrize("length", [0, 1, 11, 13, 24])
def test_a_chunk_of_another_length_is_an_error(make, compressed, length):
    raw = bytes(length)
    changes = {}
    if compressed:
        raw = gzip.compress(raw)
        codec = {"name": "gzip", "configuration": {"level": 1}}
        changes = {"codecs": [LITTLE, codec]}
        changes = changes if make is v3 else {"compressor": {"id": "gzip", "level": 1}}
    array = opened(make(**changes), **{"0.0" if make is v2 else "c_0_0": raw})
    with pytest.raises(ChunkCorruptError, match="expected 12"):
        array[...]
