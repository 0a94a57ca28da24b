"""Zarr v2 documents: what is read leniently, what is written, and what is an error."""

from __future__ import annotations

import struct

import numpy as np
import pytest

from zarr_c.errors import MetadataValidationError
from zarr_c.metadata import document, v2
from zarr_c.metadata.group import GroupMetadata

KEY = "a/.zarray"


def test_a_document_of_zarr_python_comes_back_byte_for_byte(v2_array):
    meta = v2.parse_array(v2_array, {"x": 1}, KEY)
    documents = v2.array_documents(meta)
    assert document.dumps(documents[".zarray"]) == document.dumps(v2_array)
    assert documents[".zattrs"] == {"x": 1}


# format.md A2 D1
def test_what_may_be_missing(v2_array):
    optional = ("filters", "compressor", "dimension_separator")
    for absent in ({}, dict.fromkeys(optional), {"filters": []}):
        doc = {k: v for k, v in v2_array.items() if k not in optional} | absent
        meta = v2.parse_array(doc, None, KEY)
        assert (meta.filters, meta.compressor, meta.attributes) == ((), None, {})
        assert meta.chunk_key.encode_chunk_key((1, 2)) == "1.2"
        written = v2.array_documents(meta)[".zarray"]
        assert written["filters"] is None
        assert written["compressor"] is None
        assert written["dimension_separator"] == "."


def test_everything_of_v2(v2_array):
    v2_array |= {
        "dtype": ">f8",
        "order": "F",
        "filters": [{"id": "delta", "dtype": ">f8"}, {"id": "zlib", "level": 1}],
        "dimension_separator": "/",
        "fill_value": "-Infinity",
    }
    meta = v2.parse_array(v2_array, None, KEY)
    assert meta.dtype == np.dtype(">f8")
    assert meta.fill_value == struct.pack(">d", -np.inf)
    assert meta.order == "F"
    assert [f["id"] for f in meta.filters] == ["delta", "zlib"]
    assert meta.chunk_key.encode_chunk_key((1, 2)) == "1/2"
    assert v2.array_documents(meta)[".zarray"] == v2_array


# format.md A6 5.15
def test_null_fill_value_is_not_zero(v2_array):
    meta = v2.parse_array(v2_array | {"fill_value": None}, None, KEY)
    assert meta.fill_value is None
    assert v2.array_documents(meta)[".zarray"]["fill_value"] is None


def test_unknown_fields_are_kept(v2_array):
    extra = {"_nczarr_array": {"x": 1}}
    meta = v2.parse_array(v2_array | extra, None, KEY)
    assert meta.extra == extra
    assert v2.array_documents(meta)[".zarray"] == v2_array | extra


# format.md A4
def test_empty_and_zero_dimensional_arrays(v2_array):
    meta = v2.parse_array(v2_array | {"shape": [0, 5], "chunks": [0, 5]}, None, KEY)
    assert meta.chunk_shape == (1, 5)
    assert meta.grid_shape == (0, 1)
    meta = v2.parse_array(v2_array | {"shape": [], "chunks": []}, None, KEY)
    assert meta.chunk_key.encode_chunk_key(()) == "0"


# format.md A5
@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"zarr_format": 3}, "zarr_format: expected the integer 2, found 3"),
        ({"zarr_format": "2"}, "zarr_format"), ({"zarr_format": 2.0}, "zarr_format"),
        ({"shape": 3}, "shape: expected a list of integers, found 3"),
        ({"shape": [1.0, 2, 3]}, "shape"),
        ({"chunks": None}, "chunks: expected a list"),
        ({"chunks": [1, 2]}, "chunks: expected 3"),
        ({"chunks": [0, 2, 3]}, "chunks: expected integers from 1"),
        ({"chunks": True}, "chunks"),
        ({"dtype": "=f4"}, "dtype: expected a byte order, '<f4' or '>f4', found '=f4'"),
        ({"dtype": "|O"}, "dtype: expected a codec for the objects of '|O'"),
        ({"dtype": [["x", "<i5"]]}, "dtype: field 'x': '<i5' is not supported"),
        ({"fill_value": "0x7fc00001"}, "fill_value"), ({"fill_value": [1]}, "fill_value"),
        ({"order": "A"}, "order: expected 'C' or 'F'"), ({"order": None}, "order"),
        ({"filters": {"id": "delta"}}, "filters: expected a list"),
        ({"filters": ""}, "filters"),
        ({"filters": [None]}, "filters[0]: expected a codec"),
        ({"filters": ["delta"]}, "filters[0]"),
        ({"filters": [{"id": "a"}, {"name": "b"}]}, "filters[1].id: expected the name"),
        ({"compressor": "zstd"}, "compressor: expected an object"),
        ({"compressor": {}}, "compressor.id"),
        ({"dimension_separator": "-"}, "dimension_separator: expected '/' or '.'"),
        ({"dimension_separator": ["."]}, "dimension_separator"),
    ],
)  # fmt: skip
def test_errors_name_the_key_and_the_field(v2_array, change, said):
    with pytest.raises(MetadataValidationError) as error:
        v2.parse_array(v2_array | change, None, KEY)
    assert str(error.value).startswith(f"{KEY}: {said}")


@pytest.mark.parametrize(
    "field", ["shape", "chunks", "dtype", "fill_value", "order", "zarr_format"]
)
def test_missing_fields_are_named(v2_array, field):
    del v2_array[field]
    with pytest.raises(MetadataValidationError, match=f"^{KEY}: {field}: expected .* found"):
        v2.parse_array(v2_array, None, KEY)


def test_groups():
    meta = v2.parse_group({"zarr_format": 2}, None, ".zgroup")
    assert meta == GroupMetadata(zarr_format=2)
    assert v2.group_documents(meta) == {".zgroup": {"zarr_format": 2}, ".zattrs": {}}
    nczarr = {"zarr_format": 2, "_nczarr_group": {}}
    meta = v2.parse_group(nczarr, {"a": 1}, ".zgroup")
    assert v2.group_documents(meta) == {".zgroup": nczarr, ".zattrs": {"a": 1}}
    with pytest.raises(MetadataValidationError, match=r"^g/.zgroup: zarr_format: expected"):
        v2.parse_group({"zarr_format": 3}, None, "g/.zgroup")


@pytest.mark.parametrize("bad", [[1], 3, "x"])
def test_documents_from_consolidated_metadata_may_be_anything(v2_array, bad):
    for call in (v2.parse_array, v2.parse_group):
        with pytest.raises(
            MetadataValidationError, match=f"^{KEY}: document: expected an object"
        ):
            call(bad, None, KEY)
        with pytest.raises(
            MetadataValidationError, match=f"^{KEY}: .zattrs: expected an object"
        ):
            call(v2_array, bad, KEY)


def test_consolidated_groups(v2_array):
    zmetadata = {"metadata": {"x/.zarray": v2_array}, "zarr_consolidated_format": 1}
    meta = v2.parse_group({"zarr_format": 2}, None, ".zgroup", zmetadata)
    assert meta.consolidated == {"x/.zarray": v2_array}
    zmetadata["metadata"] |= {".zgroup": {"zarr_format": 2}, ".zattrs": {}}
    assert v2.group_documents(meta)[".zmetadata"] == zmetadata
    for bad, said in (
        ({"metadata": {}}, "zarr_consolidated_format"),
        ({"zarr_consolidated_format": 1}, "metadata: expected an object"),
    ):
        with pytest.raises(MetadataValidationError, match=said):
            v2.parse_group({"zarr_format": 2}, None, ".zgroup", bad)
