"""Zarr v3 documents: what is read leniently, what is written, and what is an error."""

from __future__ import annotations

import pytest

from zarr_c.errors import MetadataValidationError, NodeTypeValidationError
from zarr_c.metadata import document, v3
from zarr_c.metadata.array import ArrayMetadata
from zarr_c.metadata.group import GroupMetadata

KEY = "a/zarr.json"
GROUP = {"attributes": {"a": 1}, "zarr_format": 3, "node_type": "group"}


def test_a_document_of_zarr_python_comes_back_byte_for_byte(v3_array):
    meta = v3.parse_node(v3_array, KEY)
    assert isinstance(meta, ArrayMetadata)
    assert document.dumps(v3.array_document(meta)) == document.dumps(v3_array)


# format.md E1 E4 E5 E6 1.2 data_type chunk_key_encoding
def test_short_hand_is_read_and_written_in_full(v3_array):
    v3_array |= {
        "data_type": {"name": "uint8"},
        "chunk_key_encoding": "default",
        "codecs": [
            "bytes",
            {"name": "crc32c", "must_understand": True},
            "numcodecs.fletcher32",
        ],
        "fill_value": 1,
    }
    meta = v3.parse_array(v3_array, KEY)
    assert meta.codecs[0] == {"name": "bytes", "configuration": {}}
    written = v3.array_document(meta)
    assert written["data_type"] == "uint8"
    assert written["chunk_key_encoding"] == {
        "name": "default",
        "configuration": {"separator": "/"},
    }
    assert written["codecs"] == [
        {"name": "bytes"},
        {"name": "crc32c"},
        {"name": "numcodecs.fletcher32", "configuration": {}},
    ]
    assert v3.parse_array(written, KEY) == meta


# format.md 1.2 attributes
def test_nulls_are_read_as_absent_and_not_written(v3_array):
    nulls = ("attributes", "dimension_names", "storage_transformers")
    absent = {k: v for k, v in v3_array.items() if k not in nulls}
    meta = v3.parse_array(v3_array | dict.fromkeys(nulls), KEY)
    assert meta == v3.parse_array(absent, KEY)
    assert meta.attributes == {}
    written = v3.array_document(meta)
    assert "dimension_names" not in written
    assert written["attributes"] == {}
    assert written["storage_transformers"] == []


def test_fields_that_need_not_be_understood_are_kept(v3_array):
    field = {"must_understand": False, "x": [1]}
    meta = v3.parse_array(v3_array | {"custom": field}, KEY)
    assert meta.extra == {"custom": field}
    assert v3.array_document(meta)["custom"] == field


# format.md 1.2 shape
def test_an_array_without_dimensions(v3_array):
    v3_array |= {
        "shape": [],
        "chunk_grid": {"name": "regular", "configuration": {"chunk_shape": []}},
        "dimension_names": [],
    }
    meta = v3.parse_array(v3_array, KEY)
    assert (meta.shape, meta.chunk_shape, meta.grid_shape, meta.ndim) == ((), (), (), 0)
    assert meta.chunk_nbytes == 4
    assert v3.array_document(meta) == v3_array


GRID = {"name": "regular", "configuration": {"chunk_shape": [32, 0, 128]}}


# format.md 1.2 zarr_format shape chunk_grid codecs storage_transformers 2.3 storage_transformer
@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"zarr_format": "3"}, "zarr_format: expected the integer 3, found '3'"),
        ({"zarr_format": 3.0}, "zarr_format"), ({"zarr_format": True}, "zarr_format"),
        ({"zarr_format": None}, "zarr_format"),
        ({"shape": None}, "shape: expected a list of integers, found None"),
        ({"shape": 3}, "shape"), ({"shape": [100, 200, 300.0]}, "shape: expected integers"),
        ({"shape": [100, 200, "300"]}, "shape"), ({"shape": [1, 2]}, "chunk_shape"),
        ({"shape": [-1, 2, 3]}, "shape"), ({"shape": {"0": 1}}, "shape"),
        ({"data_type": "strings"}, "data_type: 'strings' is not supported"),
        ({"data_type": None}, "data_type"), ({"data_type": ["int8"]}, "data_type"),
        ({"chunk_grid": "regular"}, "chunk_grid"), ({"chunk_grid": GRID}, "chunk_shape"),
        ({"chunk_key_encoding": {"name": "braid"}}, "chunk_key_encoding"),
        ({"fill_value": None}, "fill_value: expected a number"),
        ({"fill_value": "0x7fc0"}, "fill_value"), ({"fill_value": {}}, "fill_value"),
        ({"codecs": []}, "codecs: expected a non-empty list"), ({"codecs": None}, "codecs"),
        ({"codecs": {"name": "bytes"}}, "codecs"), ({"codecs": ["bytes", 3]}, "codecs[1]"),
        ({"codecs": [{"configuration": {}}]}, "codecs[0].name: expected a name, found None"),
        ({"codecs": [{"name": "bytes", "configuration": []}]}, "codecs[0].configuration"),
        ({"codecs": [{"name": "bytes", "x": 1}]}, "codecs[0]: expected no key 'x'"),
        ({"codecs": [{"name": "bytes", "must_understand": 1}]}, "codecs[0].must_understand"),
        ({"attributes": [1]}, "attributes: expected an object, found [1]"),
        ({"dimension_names": "tyx"}, "dimension_names: expected a list"),
        ({"dimension_names": ["t"]}, "dimension_names: expected 3"),
        ({"dimension_names": ["t", "y", 1]}, "dimension_names"),
        ({"storage_transformers": [{"name": "x"}]}, "storage_transformers: expected none"),
        ({"custom": 1}, "custom: expected a known field"),
        ({"custom": {"must_understand": True}}, "custom"), ({"custom": {}}, "custom"),
        ({"custom": {"must_understand": 0}}, "custom"),
    ],
)  # fmt: skip
def test_errors_name_the_key_and_the_field(v3_array, change, said):
    with pytest.raises(MetadataValidationError) as error:
        v3.parse_array(v3_array | change, KEY)
    assert str(error.value).startswith(f"{KEY}: {said}")
    assert len(str(error.value)) < 400


@pytest.mark.parametrize(
    "field",
    [
        *("shape", "data_type", "chunk_grid", "chunk_key_encoding"),
        *("fill_value", "codecs", "zarr_format"),
    ],
)
def test_missing_fields_are_named(v3_array, field):
    del v3_array[field]
    with pytest.raises(MetadataValidationError, match=f"^{KEY}: {field}: expected .* found"):
        v3.parse_array(v3_array, KEY)


# format.md 1.2 node_type
def test_node_types(v3_array):
    with pytest.raises(
        NodeTypeValidationError, match="node_type: expected 'group', found 'array'"
    ):
        v3.parse_group(v3_array, KEY)
    with pytest.raises(
        NodeTypeValidationError, match="node_type: expected 'array', found 'group'"
    ):
        v3.parse_array(GROUP, KEY)
    with pytest.raises(MetadataValidationError, match=f"{KEY}: node_type: expected 'array' or"):
        v3.parse_node({"zarr_format": 3, "node_type": "table"}, KEY)
    assert isinstance(v3.parse_node(GROUP, KEY), GroupMetadata)


def test_groups():
    meta = v3.parse_group(GROUP, KEY)
    assert meta == GroupMetadata(attributes={"a": 1})
    assert document.dumps(v3.group_document(meta)) == document.dumps(GROUP)
    assert v3.parse_group({"zarr_format": 3, "node_type": "group"}, KEY) == GroupMetadata()
    nulls = GROUP | {"attributes": None, "consolidated_metadata": None}
    assert v3.parse_group(nulls, KEY) == GroupMetadata()
    assert "consolidated_metadata" not in v3.group_document(v3.parse_group(nulls, KEY))


@pytest.mark.parametrize("bad", [[1], 3, "x", None])
def test_documents_from_consolidated_metadata_may_be_anything(bad):
    for call in (v3.parse_array, v3.parse_group, v3.parse_node):
        with pytest.raises(
            MetadataValidationError, match=f"^{KEY}: document: expected an object"
        ):
            call(bad, KEY)


def test_consolidated_metadata_comes_back(v3_array):
    doc = {
        "attributes": {},
        "zarr_format": 3,
        "consolidated_metadata": {
            "kind": "inline",
            "must_understand": False,
            "metadata": {"a": v3_array},
        },
        "node_type": "group",
    }
    meta = v3.parse_group(doc, KEY)
    assert meta.consolidated == {"a": v3_array}
    assert document.dumps(v3.group_document(meta)) == document.dumps(doc)


def test_consolidated_metadata_of_another_kind_is_kept_or_refused():
    other = {"kind": "elsewhere", "must_understand": False}
    meta = v3.parse_group(GROUP | {"consolidated_metadata": other}, KEY)
    assert meta.consolidated is None
    assert v3.group_document(meta)["consolidated_metadata"] == other


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"consolidated_metadata": {"kind": "x"}}, "consolidated_metadata.kind"),
        ({"consolidated_metadata": {"kind": "inline"}}, "consolidated_metadata.metadata"),
        ({"consolidated_metadata": 1}, "consolidated_metadata: expected an object"),
        ({"attributes": 1}, "attributes"),
        ({"shape": [1]}, "shape: expected a known field"),
        ({"zarr_format": 2}, "zarr_format"),
    ],
)
def test_group_errors_name_the_key_and_the_field(change, said):
    with pytest.raises(MetadataValidationError) as error:
        v3.parse_group(GROUP | change, KEY)
    assert str(error.value).startswith(f"{KEY}: {said}")
