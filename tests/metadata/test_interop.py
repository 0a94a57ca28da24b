"""What zarr-python makes of the same documents: the independent reading of every field."""

from __future__ import annotations

import base64
import warnings

import numpy as np
import pytest

from zarr_c.errors import MetadataValidationError
from zarr_c.metadata import v2, v3
from zarr_c.metadata.array import ArrayMetadata
from zarr_c.metadata.fill_value import fill_scalar

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    zarr_v2 = pytest.importorskip("zarr.core.metadata.v2")
    zarr_v3 = pytest.importorskip("zarr.core.metadata.v3")

pytestmark = pytest.mark.filterwarnings("ignore")

NUMBERS = (
    *("bool", "int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64"),
    *("float16", "float32", "float64", "complex64", "complex128"),
)
FILLS = {
    "b": [True, False],
    "i": [0, -1, 127, 1.0],
    "u": [0, 255],
    "f": [0.0, -0.0, 0.1, "NaN", "Infinity", "-Infinity", 1e-5, 1e300],
    "c": [[0.0, -0.0], ["NaN", 1.5], ["-Infinity", "Infinity"]],
}


CODECS = {"bytes", "transpose", "gzip", "blosc", "zstd", "crc32c", "sharding_indexed"}


def oracle(doc):
    """Read a document with zarr-python."""
    cls = zarr_v3.ArrayV3Metadata if doc["zarr_format"] == 3 else zarr_v2.ArrayV2Metadata
    return cls.from_dict(doc)


def native(dtype):
    return dtype if isinstance(dtype, np.dtype) else dtype.to_native_dtype()


def assert_same(meta, theirs):
    assert meta.shape == theirs.shape
    assert meta.chunk_shape == (theirs.shards or theirs.chunks)
    assert meta.attributes == theirs.attributes
    dtype = native(theirs.data_type if meta.zarr_format == 3 else theirs.dtype)
    assert meta.dtype == dtype
    if meta.fill_value is None:
        assert theirs.fill_value is None
    elif meta.data_type.variable:
        assert fill_scalar(meta.fill_value, meta.data_type) == theirs.fill_value
    else:
        assert np.array(theirs.fill_value, dtype).tobytes() == meta.fill_value
        assert type(theirs.fill_value) is type(fill_scalar(meta.fill_value, meta.data_type))
    coords = tuple(range(meta.ndim))
    assert meta.chunk_key.encode_chunk_key(coords) == theirs.encode_chunk_key(coords)


# format.md 1.2 data_type
def test_v3_corpora(v3_documents):
    seen = 0
    for key, doc in v3_documents:
        if doc["node_type"] == "group":
            meta = v3.parse_node(doc, key)
            assert v3.parse_node(v3.group_document(meta), key) == meta
        elif isinstance(doc["data_type"], dict) and doc["data_type"]["name"] == "optional":
            with pytest.raises(
                MetadataValidationError, match=r"data_type: .* is not supported"
            ):
                v3.parse_node(doc, key)
        else:
            meta = v3.parse_node(doc, key)
            assert isinstance(meta, ArrayMetadata)
            written = v3.array_document(meta)
            assert v3.parse_node(written, key) == meta
            names = {c["name"] for c in written["codecs"]}
            if names <= CODECS:
                assert_same(meta, oracle(written))
                seen += 1
    assert seen > 50


def test_v2_corpora(v2_documents):
    seen = 0
    for key, doc in v2_documents:
        meta = v2.parse_array(doc, {"a": [1]}, key)
        documents = v2.array_documents(meta)
        assert v2.parse_array(documents[".zarray"], documents[".zattrs"], key) == meta
        known = {k: v for k, v in documents[".zarray"].items() if k not in meta.extra}
        expected = {"dimension_separator": ".", "compressor": None}
        expected |= {k: v for k, v in doc.items() if k not in meta.extra}
        if meta.data_type.name == "string" and doc["fill_value"] == 0:
            expected["fill_value"] = ""
        if meta.dtype.kind == "S":
            expected["fill_value"] = base64.b64encode(meta.fill_value).decode()
        assert known == expected | {
            "filters": doc.get("filters") or None,
            "dtype": meta.data_type.v2_name,
        }
        codec = meta.compressor and meta.compressor["id"]
        known_to_all = codec in (None, "zlib", "blosc", "zstd", "gzip")
        if known_to_all and meta.data_type.name != "object":
            assert_same(meta, oracle(known | {"attributes": {"a": [1]}}))
            seen += 1
    assert seen > 50


@pytest.mark.parametrize("name", NUMBERS)
def test_v3_fill_values(v3_array, name):
    for fill in FILLS[np.dtype(name).kind]:
        bytes_codec = {"name": "bytes", "configuration": {"endian": "little"}}
        doc = v3_array | {"data_type": name, "fill_value": fill, "codecs": [bytes_codec]}
        meta = v3.parse_array(doc, "zarr.json")
        theirs = oracle(doc)
        assert_same(meta, theirs)
        assert_same(meta, oracle(v3.array_document(meta)))
        written = theirs.to_dict()["fill_value"]
        assert v3.array_document(meta)["fill_value"] == (
            list(written) if isinstance(written, tuple) else written
        )


@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize("name", NUMBERS)
def test_v2_fill_values(v2_array, name, order):
    for fill in (None, *FILLS[np.dtype(name).kind]):
        doc = v2_array | {"dtype": np.dtype(name).newbyteorder(order).str, "fill_value": fill}
        meta = v2.parse_array(doc, None, ".zarray")
        assert_same(meta, oracle(doc))
        assert_same(meta, oracle(v2.array_documents(meta)[".zarray"]))


def test_raw_bytes(v3_array, v2_array):
    doc = v3_array | {
        "data_type": {"name": "raw_bytes", "configuration": {"length_bytes": 3}},
        "fill_value": "AAEC",
        "codecs": [{"name": "bytes"}],
    }
    meta = v3.parse_array(doc, "zarr.json")
    assert_same(meta, oracle(doc))
    assert v3.array_document(meta) == doc
    doc = v2_array | {"dtype": "|V3", "fill_value": "AAEC"}
    meta = v2.parse_array(doc, None, ".zarray")
    assert_same(meta, oracle(doc))
    assert v2.array_documents(meta)[".zarray"] == doc


@pytest.mark.parametrize("name", ["default", "v2"])
@pytest.mark.parametrize("separator", ["/", "."])
@pytest.mark.parametrize("ndim", [0, 1, 3])
def test_chunk_keys(v3_array, name, separator, ndim):
    doc = v3_array | {
        "shape": [4] * ndim,
        "chunk_grid": {"name": "regular", "configuration": {"chunk_shape": [2] * ndim}},
        "chunk_key_encoding": {"name": name, "configuration": {"separator": separator}},
        "dimension_names": None,
    }
    assert_same(v3.parse_array(doc, "zarr.json"), oracle(doc))
