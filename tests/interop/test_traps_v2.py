"""Zarr v2 as its many writers have written it."""

import json

import numcodecs
import numpy as np
import pytest
from by_hand import DATA, RAW, by_zarr_python, opened, store, v2, without
from matrix import bits

import zarr_c
from zarr_c.errors import ChunkCorruptError, MetadataValidationError
from zarr_c.storage import MemoryStore

pytestmark = pytest.mark.filterwarnings("ignore")


# format.md A2 D1 5.17
@pytest.mark.parametrize("filters", ["absent", None, []])
@pytest.mark.parametrize("compressor", ["absent", None])
def test_fields_of_v2_that_may_lack(filters, compressor):
    """An empty list, null and nothing are the same; null is what is written."""
    document = v2() | {"filters": filters, "compressor": compressor, "someone's": {"own": 1}}
    document = {name: value for name, value in document.items() if value != "absent"}
    given = store(document, **{"0.0": RAW})
    array = zarr_c.open_array(given, mode="r+")
    assert bits(array[...]) == bits(DATA)
    array.resize((3, 3))
    written = json.loads(given[".zarray"])
    assert written["filters"] is None
    assert written["compressor"] is None
    assert written["someone's"] == {"own": 1}


# format.md A2
@pytest.mark.parametrize(
    "name", ["zarr_format", "shape", "chunks", "dtype", "fill_value", "order"]
)
def test_fields_of_v2_that_may_not_lack(name):
    text = json.dumps(without(v2(), name)).encode()
    with pytest.raises(MetadataValidationError, match=name):
        zarr_c.open_array(MemoryStore({".zarray": text}), mode="r")


# format.md A6
@pytest.mark.parametrize("dtype", ["|b1", "<i4", ">f8", "<c16", "|V3"])
def test_a_null_fill_value_reads_as_zeros_and_stays_null(dtype):
    """zarr-python 2 gave what the memory held before."""
    data = np.ones(4, dtype)
    given = store(v2(data, chunks=[2], fill_value=None))
    array = zarr_c.open_array(given, mode="r+")
    assert array.fill_value is None
    assert array[...].tobytes() == bytes(data.nbytes)
    array[0] = data[0]
    assert array[...].tobytes() == data[:1].tobytes() + bytes(3 * data.itemsize)
    array.resize(6)
    assert json.loads(given[".zarray"])["fill_value"] is None


# format.md A7
def test_no_compressor_is_assumed():
    """Writers have had several defaults; what counts is the document, which says what it is."""
    array = opened(v2(), **{"0.0": RAW})
    assert bits(array[...]) == bits(DATA)
    for compressor in ({"id": "zstd", "level": 0}, {"id": "blosc"}, {"id": "zlib"}):
        stored = bytes(numcodecs.get_codec(dict(compressor)).encode(DATA))
        array = opened(v2(compressor=compressor), **{"0.0": stored})
        assert bits(array[...]) == bits(DATA)
        with pytest.raises(ChunkCorruptError):
            opened(v2(), **{"0.0": stored})[...]


# format.md D2
@pytest.mark.parametrize("slot", ["filters", "compressor"])
@pytest.mark.parametrize(
    "codec",
    [
        numcodecs.Zlib(1),
        numcodecs.LZ4(),
        numcodecs.Blosc(),
        numcodecs.Delta("<i2"),
        numcodecs.Shuffle(2),
        numcodecs.CRC32(),
    ],
    ids=lambda codec: codec.codec_id,
)
def test_any_codec_in_either_slot(slot, codec):
    config = codec.get_config()
    given = {slot: [config] if slot == "filters" else config}
    stored = np.asarray(codec.encode(DATA.ravel())).tobytes()
    assert bits(opened(v2(**given), **{"0.0": stored})[...]) == bits(DATA)


# format.md D4 5.30
def test_order_f_is_column_order_and_what_filters_see():
    stored = DATA.tobytes(order="F")
    assert bits(opened(v2(order="F"), **{"0.0": stored})[...]) == bits(DATA)
    delta = numcodecs.Delta("<i2")
    stored = np.asarray(delta.encode(DATA.ravel(order="F"))).tobytes()
    document = v2(order="F", filters=[delta.get_config()])
    assert bits(opened(document, **{"0.0": stored})[...]) == bits(DATA)
    assert bits(by_zarr_python(document, **{"0.0": stored})[...]) == bits(DATA)
