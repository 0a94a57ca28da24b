"""Metadata of v3 that implementations read in different ways."""

import json
import math

import numcodecs
import numpy as np
import pytest
from by_hand import DATA, LITTLE, RAW, opened, store, v3
from matrix import bits

import zarr_c
from zarr_c.errors import BaseZarrError, MetadataValidationError, UnknownCodecError
from zarr_c.storage import MemoryStore

pytestmark = pytest.mark.filterwarnings("ignore")


# format.md 5.1 E5
@pytest.mark.parametrize("encoding", ["default", {"name": "default"}])
def test_bare_names(encoding):
    """Of which only the objects are read by zarr-python."""
    document = v3(data_type="uint8", codecs=["bytes", "crc32c"], chunk_key_encoding=encoding)
    raw = bytes(range(6))
    checksum = bytes(numcodecs.CRC32C(location="end").encode(raw))
    array = opened(document, c_0_0=checksum)
    assert array[...].tobytes() == raw
    array = zarr_c.open_array(store(document, c_0_0=checksum), mode="r+")
    array.attrs["x"] = 1
    written = json.loads(array.store["zarr.json"])
    assert written["codecs"] == [{"name": "bytes"}, {"name": "crc32c"}]
    expected = {"name": "default", "configuration": {"separator": "/"}}
    assert written["chunk_key_encoding"] == expected


# format.md 5.2 1.6 bytes
@pytest.mark.parametrize("dtype", ["int16", "float16", "float64", "complex64"])
@pytest.mark.parametrize(
    "codec", ["bytes", {"name": "bytes"}, {"name": "bytes", "configuration": {}}]
)
def test_no_byte_order_is_an_error_where_it_matters(dtype, codec):
    data = np.zeros(2, dtype)
    fill = [0, 0] if data.dtype.kind == "c" else 0
    document = v3(data, fill_value=fill, codecs=[codec])
    with pytest.raises(MetadataValidationError, match=f"endian.*{dtype}, found none"):
        opened(document)


# format.md 5.3
@pytest.mark.parametrize("dtype", ["bool", "int8", "uint8", "r8", "r24"])
@pytest.mark.parametrize(
    "codec",
    [
        "bytes",
        {"name": "bytes"},
        {"name": "bytes", "configuration": {}},
        LITTLE,
        {"name": "bytes", "configuration": {"endian": "big"}},
    ],
)
def test_byte_order_of_single_bytes_may_be_there_or_not(dtype, codec):
    size = 3 if dtype == "r24" else 1
    fill = {"bool": False, "r8": [0], "r24": [0, 0, 0]}.get(dtype, 0)
    raw = bytes([1, 0, 1] * size)
    document = v3(np.zeros(3, "u1"), data_type=dtype, fill_value=fill, codecs=[codec])
    assert opened(document, c_0=raw)[...].tobytes() == raw


# format.md E3 2.3 chunk_key_encoding storage_transformer
@pytest.mark.parametrize(
    "change",
    [
        {"data_type": {"name": "x", "must_understand": False}},
        {"chunk_grid": {"name": "x", "must_understand": False}},
        {"chunk_key_encoding": {"name": "x", "must_understand": False}},
        {"storage_transformers": [{"name": "x", "must_understand": False}]},
        {"codecs": [LITTLE, {"name": "x", "must_understand": False}]},
    ],
    ids=lambda change: next(iter(change)),
)
def test_nothing_unknown_is_skipped(change):
    """A codec that is left out gives other data, whatever the document allows."""
    with pytest.raises((MetadataValidationError, UnknownCodecError), match="x"):
        opened(v3(**change), c_0_0=RAW)


# format.md E4
@pytest.mark.parametrize("must", [True, False])
def test_must_understand_on_a_known_codec(must):
    """It is read, although tensorstore does not, and not written."""
    given = store(v3(codecs=[LITTLE | {"must_understand": must}]), c_0_0=RAW)
    array = zarr_c.open_array(given, mode="r+")
    assert bits(array[...]) == bits(DATA)
    array.attrs["x"] = 1
    assert json.loads(given["zarr.json"])["codecs"] == [LITTLE]


# format.md E6
@pytest.mark.parametrize("configuration", [None, {}])
@pytest.mark.parametrize("name", ["bytes", "crc32c"])
def test_a_configuration_without_required_keys_may_be_absent(name, configuration):
    codec = {"name": name} if configuration is None else {"name": name, "configuration": {}}
    codecs = [codec] if name == "bytes" else [LITTLE, codec]
    raw = bytes(range(3))
    stored = raw if name == "bytes" else bytes(numcodecs.CRC32C(location="end").encode(raw))
    document = v3(np.zeros(3, "u1"), codecs=codecs)
    assert opened(document, c_0=stored)[...].tolist() == [0, 1, 2]


# format.md E7
@pytest.mark.parametrize(
    "codec",
    [
        {"name": "bytes", "configuration": {"endian": "little", "x": 1}},
        {"name": "transpose", "configuration": {"order": [1, 0], "x": 1}},
        {"name": "gzip", "configuration": {"level": 1, "x": 1}},
        {"name": "zstd", "configuration": {"level": 1, "x": 1}},
        {"name": "crc32c", "configuration": {"x": 1}},
        {"name": "blosc", "configuration": {"cname": "lz4", "clevel": 5, "x": 1}},
    ],
    ids=lambda codec: codec["name"],
)
def test_an_unknown_key_of_a_codec_is_an_error(codec):
    codecs = {"bytes": [codec], "transpose": [codec, LITTLE]}.get(
        codec["name"], [LITTLE, codec]
    )
    with pytest.raises(MetadataValidationError, match=f"{codec['name']}.*x"):
        opened(v3(codecs=codecs))


# format.md 1.2 dimension_names
@pytest.mark.parametrize("names", [["x", "x"], ["", "x"], ["", None], [None, None], None])
def test_names_of_dimensions_may_be_empty_repeated_or_none(names):
    """Null instead of the list is read as if there were none, and not written."""
    given = store(v3(dimension_names=names))
    array = zarr_c.open_array(given, mode="r+")
    assert array.metadata.dimension_names == (names if names is None else tuple(names))
    array.attrs["x"] = 1
    written = json.loads(given["zarr.json"])
    assert written.get("dimension_names") == names
    assert ("dimension_names" in written) == (names is not None)


# format.md E9
@pytest.mark.parametrize("literal", ["NaN", "Infinity", "-Infinity"])
@pytest.mark.parametrize("mark", [b"", b"\xef\xbb\xbf"])
def test_documents_that_are_nearly_json(literal, mark):
    """Read, and refused when they are written, unless asked for."""
    text = json.dumps(v3()).replace("{", f'{{"attributes": {{"x": {literal}}}, ', 1)
    given = MemoryStore({"zarr.json": mark + text.encode(), "c/0/0": RAW})
    array = zarr_c.open_array(given, mode="r+")
    assert bits(array[...]) == bits(DATA)
    assert not math.isfinite(array.attrs["x"])
    with pytest.raises(BaseZarrError, match="finite"):
        array.attrs["y"] = 1
    assert given["zarr.json"].startswith(mark + b'{"attributes"')
