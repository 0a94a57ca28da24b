"""Records: struct of v3, the structured types of v2, and what NumPy makes of both."""

from __future__ import annotations

import base64
import copy
import json
import pickle

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import zarr_c
from zarr_c.errors import (
    DataTypeValidationError,
    LimitError,
    MetadataValidationError,
    ZarrUserWarning,
)
from zarr_c.metadata import document
from zarr_c.metadata.dtype import from_numpy, parse_v2, parse_v3
from zarr_c.metadata.fill_value import fill_from_user

TIME = {"name": "numpy.datetime64", "configuration": {"unit": "s", "scale_factor": 1}}
NESTED = [("a", "<i4"), ("b", [("c", "u1"), ("d", "<M8[s]"), ("e", "<c8")])]
NESTED_V2 = [["a", "<i4"], ["b", [["c", "|u1"], ["d", "<M8[s]"], ["e", "<c8"]]]]


def struct(*fields):
    named = [{"name": name, "data_type": spec} for name, spec in fields]
    return {"name": "struct", "configuration": {"fields": named}}


NESTED_V3 = struct(
    ("a", "int32"), ("b", struct(("c", "uint8"), ("d", TIME), ("e", "complex64")))
)


# format.md 2.1 struct
def test_a_record_is_one_instance_in_every_spelling():
    found = parse_v3(NESTED_V3)
    assert found is parse_v2(NESTED_V2) is from_numpy(NESTED, 3) is from_numpy(NESTED, 2)
    assert found.dtype == np.dtype(NESTED)
    assert (found.name, found.itemsize, found.word) == ("struct", 21, 0)
    assert found.words == ((0, 4, 1), (5, 8, 1), (13, 4, 2))
    assert (found.to_v3(), found.v2_name) == (NESTED_V3, NESTED_V2)
    assert pickle.loads(pickle.dumps(found)) is copy.deepcopy(found) is found
    assert from_numpy(found, 3) is from_numpy(found, 2) is found


def test_a_record_of_single_bytes_has_no_words():
    found = parse_v3(struct(("a", "uint8"), ("b", "bool"), ("c", "r24")))
    assert (found.word, found.words) == (1, ())


def test_v2_keeps_the_byte_order_of_each_field():
    found = parse_v2([["a", ">i4"], ["b", "<f8"], ["c", ">U2"]])
    assert found.dtype == np.dtype([("a", ">i4"), ("b", "<f8"), ("c", ">U2")])
    assert pickle.loads(pickle.dumps(found)) is found
    native = from_numpy(found, 3)
    assert native.dtype == np.dtype([("a", "i4"), ("b", "f8"), ("c", "U2")])
    assert native is from_numpy(found.dtype, 3)


# format.md 3 records
# format.md 5.12
def test_nested_fields_and_subarrays_of_v2():
    spec = [["x", "<f4"], ["y", ">i2", [2, 2]], ["z", [["q", "<i4"]], [3]]]
    found = parse_v2(spec)
    nested = [("x", "<f4"), ("y", ">i2", (2, 2)), ("z", [("q", "<i4")], (3,))]
    assert found.dtype == np.dtype(nested)
    assert found is from_numpy(nested, 2) is pickle.loads(pickle.dumps(found))
    assert found.v2_name == spec
    assert found.words[:3] == ((0, 4, 1), (4, 2, 1), (6, 2, 1))
    assert len(found.words) == 1 + 4 + 3
    assert parse_v2([["y", ">i2", 2]]) is parse_v2([["y", ">i2", [2]]])
    with pytest.raises(DataTypeValidationError, match=r"v3 has no subarrays.*'y'.*\(2, 2\)"):
        from_numpy(nested, 3)
    with pytest.raises(DataTypeValidationError, match="v3 has no subarrays"):
        from_numpy(found, 3)


def test_padding_of_v2_is_kept():
    aligned = np.dtype([("a", "u1"), ("b", "<f4"), ("c", "u1")], align=True)
    spec = [["a", "|u1"], ["", "|V3"], ["b", "<f4"], ["c", "|u1"], ["", "|V3"]]
    found = parse_v2(spec)
    assert found.dtype == aligned
    assert found.dtype.itemsize == aligned.itemsize == 12
    assert found.v2_name == spec
    assert found.words == ((4, 4, 1),)
    assert pickle.loads(pickle.dumps(found)) is found
    packed = from_numpy([("a", "u1"), ("b", "<f4"), ("c", "u1")], 3)
    assert from_numpy(aligned, 3) is from_numpy(aligned, 2) is packed
    with pytest.raises(DataTypeValidationError, match="v3 has no padding"):
        from_numpy(parse_v2([["r", spec]]), 3)


# format.md 2.1 structured
def test_legacy_structured_is_read_and_never_written():
    configuration = {"fields": [["x", "float32"], ["t", TIME]]}
    found = parse_v3({"name": "structured", "configuration": configuration})
    written = struct(("x", "float32"), ("t", TIME))
    assert found.to_v3() == written
    assert found.legacy
    assert not parse_v3(written).legacy
    assert found.dtype == parse_v3(written).dtype
    assert pickle.loads(pickle.dumps(found)) is found
    inner = {"name": "structured", "configuration": {"fields": [["p", "int8"]]}}
    nested = parse_v3({"name": "structured", "configuration": {"fields": [["x", inner]]}})
    assert nested.to_v3() == struct(("x", struct(("p", "int8"))))


@pytest.mark.parametrize(
    ("spec", "message"),
    [
        (struct(), "fields, each with a name of its own"),
        (struct(("a", "int8"), ("a", "int8")), "a name of its own"),
        (struct(("", "int8")), "a name for every field"),
        (struct((3, "int8")), "a name for every field"),
        (struct(("a", "string")), "fixed size for field 'a'"),
        (struct(("a", struct(("b", "float33")))), "field 'a': field 'b': 'float33' is not"),
        (struct(("a", "r17179869176"), ("b", "int64")), "records of 1 to"),
        ({"name": "struct", "configuration": {"fields": [["a", "int8"]]}}, "name and data"),
        ({"name": "struct", "configuration": {"fields": {"a": "int8"}}}, "a list of fields"),
        ({"name": "struct", "configuration": {"fields": [], "x": 1}}, "only a list"),
        ({"name": "struct"}, "only a list of fields"),
        (struct(("a", None)), "field 'a'"),
    ],
)  # fmt: skip
def test_other_structs_are_refused(spec, message):
    with pytest.raises(DataTypeValidationError, match=f"^data_type: .*{message}"):
        parse_v3(spec)


@pytest.mark.parametrize(
    ("spec", "message"),
    [
        ([], "a name of its own"), ([["", "|V3"]], "a name of its own"),
        ([["", "<i4"]], "a name for every field"), ([[3, "<i4"]], "a name for every field"),
        (["a", "<i4"], "name, type"), ([["a"]], "name, type"),
        ([["a", "<i4", [2], 3]], "name, type"), ([["a", "<i4", [0]]], "shape of integers"),
        ([["a", "<i4", [2.0]]], "shape of integers"), ([["a", "<i4", "2"]], "shape of int"),
        ([["a", "|O"]], "field 'a': expected a codec"), ([["a", "i4"]], "field 'a'"),
        ([["a", "<i4"], ["a", "<i4"]], "a name of its own"),
        ([["a", "<i4", [2**31]]], "records of 1 to"), ([["a", "|u1", [1] * 99]], "NumPy refu"),
    ],
)  # fmt: skip
def test_other_lists_are_refused(spec, message):
    with pytest.raises(DataTypeValidationError, match=f"^dtype: .*{message}"):
        parse_v2(spec)


@pytest.mark.parametrize("depth", [33, 300])
def test_deep_nesting_is_refused(depth):
    v2_spec, v3_spec = "<i4", "int32"
    for _ in range(depth):
        v2_spec, v3_spec = [["a", v2_spec]], struct(("a", v3_spec))
    with pytest.raises(LimitError, match="dtype: levels of records: expected at most 32"):
        parse_v2(v2_spec)
    with pytest.raises(LimitError, match="data_type: levels of records: expected at most 32"):
        parse_v3(v3_spec)


@pytest.mark.parametrize(
    ("dtype", "message"),
    [
        ([("a", "O")], "field 'a'.*'string' and 'bytes'"), ([("a", "longdouble")], "field 'a'"),
        ([(("title", "a"), "i4")], "no title of field 'a'"), ([("a", "S0")], "field 'a'"),
    ],
)  # fmt: skip
def test_other_dtypes_are_refused(dtype, message):
    with pytest.raises(DataTypeValidationError, match=message):
        from_numpy(np.dtype(dtype), 3)


# ---- fill values


def through_json(data_type, raw, zarr_format):
    text = document.dumps({"fill_value": data_type.fill_to_json(raw, zarr_format)})
    return data_type.fill_from_json(document.loads(text, "k")["fill_value"], zarr_format)


@given(st.binary(min_size=21, max_size=21))
def test_any_bits_survive_a_document_of_either_format(raw):
    found = parse_v3(NESTED_V3)
    assert through_json(found, raw, 3) == raw
    assert through_json(found, raw, 2) == raw


# format.md 5.11
def test_fills_of_v3_are_written_complete_and_read_leniently():
    found = parse_v3(NESTED_V3)
    value = {"a": 7, "b": {"c": 1, "d": 5, "e": [0.0, "NaN"]}}
    raw = found.fill_from_json(value, 3)
    assert found.fill_to_json(raw, 3) == value
    scalar = found.scalar(raw)
    assert scalar["a"] == 7
    assert scalar["b"]["d"] == np.datetime64(5, "s")
    partial = found.fill_from_json({"b": {"c": 1}}, 3)
    assert found.fill_to_json(partial, 3) == {
        "a": 0,
        "b": {"c": 1, "d": -(2**63), "e": [0.0, 0.0]},
    }
    assert found.fill_from_json(base64.b64encode(raw).decode(), 3) == raw


# format.md B4
def test_fills_of_v2_are_base64_or_an_old_0():
    found = parse_v2([["x", ">f4"], ["y", "<i2", [2]]])
    raw = b"\x3f\x80\0\0\1\0\2\0"
    assert found.fill_from_json(base64.b64encode(raw).decode(), 2) == raw
    assert found.fill_to_json(raw, 2) == base64.b64encode(raw).decode()
    assert found.fill_from_json(0, 2) == bytes(8)
    assert found.scalar(raw).tolist()[0] == 1.0


@pytest.mark.parametrize(
    ("zarr_format", "value", "message"),
    [
        (3, 0, "fill_value: expected an object with a value for every field"),
        (3, {"a": 1, "x": 2}, "the fields .* found 'x'"),
        (3, {"a": 1.5}, r"fill_value\['a'\]: "),
        (3, {"b": {"c": 256}}, r"fill_value\['b'\]\['c'\]: expected .* found 256"),
        (3, "AAAA", "21 bytes in base64"), (3, None, "21 bytes"), (3, [1, 2], "21 bytes"),
        (2, {"a": 1}, "fill_value: expected 21 bytes in base64"), (2, 1, "21 bytes"),
    ],
)  # fmt: skip
def test_other_fills_are_refused(zarr_format, value, message):
    with pytest.raises(MetadataValidationError, match=message):
        parse_v3(NESTED_V3).fill_from_json(value, zarr_format)


def test_what_users_may_pass():
    dtype = np.dtype([("a", "<i4"), ("b", ">f8"), ("c", "i1", (2, 2))])
    found = from_numpy(dtype, 2)
    expected = np.array((1, 2.5, [[1, 2], [3, 4]]), dtype)
    other = np.array(
        (2.5, [[1, 2], [3, 4]], 1), [("b", "f4"), ("c", "i8", (2, 2)), ("a", "u8")]
    )
    for value in (
        expected, expected[()], other[()], expected.tobytes(), np.void(expected.tobytes()),
        (1, 2.5, [[1, 2], [3, 4]]), {"c": np.array([[1, 2], [3, 4]]), "b": 2.5, "a": 1},
        base64.b64encode(expected.tobytes()).decode(),
    ):  # fmt: skip
        assert fill_from_user(value, found) == expected.tobytes()
    assert fill_from_user((1, 2, 3), found) == np.array((1, 2, 3), dtype).tobytes()
    assert fill_from_user(0, found) == found.zero() == bytes(16)


@pytest.mark.parametrize(
    "value",
    [
        (1, 2), (1, 2, 300), (1, 2, [1, 2, 3]), (1.5, 2, 3), {"a": 1}, {"a": 1, "b": 2, "d": 3},
        b"abc", 1, None, "*", np.zeros((), "i4,i4")[()],
    ],
)  # fmt: skip
def test_what_users_may_not_pass(value):
    found = from_numpy([("a", "<i4"), ("b", ">f8"), ("c", "i1", (2, 2))], 2)
    with pytest.raises(MetadataValidationError, match=r"^fill_value.*: expected .* found"):
        fill_from_user(value, found)


def test_bools_and_small_numbers_within_are_put_right():
    found = parse_v3(struct(("a", "int4"), ("b", struct(("c", "bool"), ("d", "uint8")))))
    array = np.frombuffer(bytearray(b"\xf7\2\xff\x18\0\1"), found.dtype)
    assert found.needs_normalizing
    found.normalize(array)
    assert array.tobytes() == b"\7\1\xff\x08\0\1"
    assert not parse_v3(NESTED_V3).needs_normalizing


# format.md 2.1 structured
# format.md 5.2
@pytest.mark.parametrize("sharded", [False, True])
def test_legacy_records_without_a_byte_order_are_little(sharded):
    codecs = [{"name": "bytes"}]
    if sharded:
        index = [{"name": "bytes", "configuration": {"endian": "little"}}]
        configuration = {"chunk_shape": [1], "codecs": codecs, "index_codecs": index}
        codecs = [{"name": "sharding_indexed", "configuration": configuration}]
    document = {
        "zarr_format": 3,
        "node_type": "array",
        "shape": [2],
        "data_type": {
            "name": "structured",
            "configuration": {"fields": [["a", "int16"], ["b", "int8"]]},
        },
        "chunk_grid": {"name": "regular", "configuration": {"chunk_shape": [2]}},
        "chunk_key_encoding": {"name": "default"},
        "fill_value": "AAAA",
        "codecs": codecs,
    }
    store = {"zarr.json": json.dumps(document).encode()}
    if not sharded:
        store["c/0"] = b"\1\0\2\3\0\4"
    with pytest.warns(ZarrUserWarning, match="taken as 'little'"):
        array = zarr_c.open_array(store)
    assert array[...].tolist() == ([(0, 0), (0, 0)] if sharded else [(1, 2), (3, 4)])
    with pytest.warns(ZarrUserWarning):  # the stored document is read again
        array.attrs["changed"] = True
    written = json.loads(store["zarr.json"])
    assert written["data_type"]["name"] == "struct"
    assert zarr_c.open_array(store)[0].dtype == array.dtype, "no warning any more"
