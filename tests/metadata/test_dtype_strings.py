"""Strings, bytes and objects, of fixed and of any length."""

from __future__ import annotations

import copy
import pickle

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from zarr_c.errors import DataTypeValidationError, MetadataValidationError
from zarr_c.metadata import document
from zarr_c.metadata.dtype import SLOT, from_numpy, parse_v2, parse_v3
from zarr_c.metadata.fill_value import fill_from_user

UTF8, BYTES = {"id": "vlen-utf8"}, {"id": "vlen-bytes"}
ZSTD = {"id": "zstd", "level": 1}


def sized(name, nbytes):
    return {"name": name, "configuration": {"length_bytes": nbytes}}


# format.md 2.1 fixed_length_utf32
# format.md 3 <U5
@pytest.mark.parametrize("order", "<>")
def test_strings_of_a_number_of_code_points(order):
    found = parse_v2(f"{order}U5")
    assert found.dtype == np.dtype(f"{order}U5")
    assert (found.itemsize, found.word, found.words) == (20, 4, ((0, 4, 5),))
    assert found is from_numpy(f"{order}U5", 2)
    assert from_numpy(found, 3) is from_numpy(f"{order}U5", 3)
    assert from_numpy(found, 3) is parse_v3(sized("fixed_length_utf32", 20))
    assert from_numpy(found, 3).to_v3() == sized("fixed_length_utf32", 20)
    assert pickle.loads(pickle.dumps(found)) is copy.deepcopy(found) is found
    raw = found.fill_from_json("aé\U0001f600", 2)
    assert raw == np.array("aé\U0001f600", f"{order}U5").tobytes()
    assert found.fill_to_json(raw, 2) == "aé\U0001f600"
    assert found.scalar(raw) == "aé\U0001f600"
    assert (
        found.fill_from_json(0, 2) == found.fill_from_json("", 3) == bytes(20) == found.zero()
    )


# format.md 2.1 null_terminated_bytes
# format.md 3 |S12
def test_bytes_of_a_fixed_length():
    found = parse_v2("|S3")
    assert found is from_numpy("S3", 2) is from_numpy("S3", 3)
    assert found is parse_v3(sized("null_terminated_bytes", 3))
    assert found.to_v3() == sized("null_terminated_bytes", 3)
    assert (found.dtype, found.v2_name, found.words) == (np.dtype("S3"), "|S3", ())
    assert found.fill_from_json("", 2) == found.fill_from_json(0, 2) == bytes(3)
    assert found.fill_from_json("YWI=", 2) == found.fill_from_json("YWIA", 3) == b"ab\0"
    assert found.fill_to_json(b"ab\0", 2) == "YWIA"
    assert found.scalar(b"ab\0") == b"ab"
    assert pickle.loads(pickle.dumps(found)) is found


# format.md 3 |S0
@pytest.mark.parametrize(("zero", "one"), [("|S0", "|S1"), ("<U0", "<U1"), (">U0", ">U1")])
def test_length_0_of_zarr_python_2_is_1(zero, one):
    assert parse_v2(zero) is parse_v2(one)


@pytest.mark.parametrize("dtype", ["S", "U", "S0", "U0"])
def test_numpy_strings_without_a_length_are_refused(dtype):
    with pytest.raises(DataTypeValidationError, match=r"a length, such as '[SU]8'"):
        from_numpy(np.dtype(dtype), 3)


@pytest.mark.parametrize(
    "spec",
    [
        sized("fixed_length_utf32", 5), sized("fixed_length_utf32", 0),
        sized("fixed_length_utf32", 2**31), sized("null_terminated_bytes", -1),
        sized("null_terminated_bytes", "3"), "fixed_length_utf32", "null_terminated_bytes",
    ],
)  # fmt: skip
def test_lengths_in_v3_are_checked(spec):
    with pytest.raises(DataTypeValidationError, match=r"data_type: expected .*length_bytes"):
        parse_v3(spec)


@pytest.mark.parametrize(
    ("dtype", "value"),
    [
        ("<U2", "abc"), ("<U2", 1), ("<U2", None), ("<U2", b"a"), ("|S2", "YWJj"), ("|S2", "*"),
        ("|S2", 1), ("|S2", ["a"]), ("|S2", None),
    ],
)  # fmt: skip
def test_what_fixed_strings_must_not_have_as_fill(dtype, value):
    with pytest.raises(MetadataValidationError, match=r"fill_value: expected .* found"):
        parse_v2(dtype).fill_from_json(value, 2)


def test_what_users_may_pass_for_fixed_strings():
    assert fill_from_user("ab", parse_v2("<U3")) == np.array("ab", "<U3").tobytes()
    assert fill_from_user(np.array("ab"), parse_v2(">U3")) == np.array("ab", ">U3").tobytes()
    for value in (b"ab", "ab", bytearray(b"ab"), np.bytes_(b"ab"), np.array(b"ab")):
        assert fill_from_user(value, parse_v2("|S3")) == b"ab\0"
    for dtype, value in (("|S3", b"abcd"), ("|S3", "é"), ("|S3", 1), ("<U1", "ab"), ("<U1", 1)):
        with pytest.raises(MetadataValidationError, match="fill_value: expected"):
            fill_from_user(value, parse_v2(dtype))


# ---- any length


# format.md 2.1 string
def test_string():
    found = parse_v3("string")
    for dtype in (str, "str", "string", np.dtypes.StringDType()):
        assert from_numpy(dtype, 3) is from_numpy(dtype, 2) is found
    assert from_numpy(np.dtypes.StringDType(na_object=None), 3) is found
    assert parse_v2("|O", [UTF8]) is found
    assert (found.to_v3(), found.v2_name, found.serializer) == ("string", "|O", "vlen-utf8")
    assert found.dtype == np.dtypes.StringDType()
    assert (found.variable, found.itemsize, found.zero()) == (True, SLOT, b"")
    assert pickle.loads(pickle.dumps(found)) is copy.deepcopy(found) is found


# format.md 2.1 bytes
def test_bytes():
    found = parse_v3("bytes")
    assert found is from_numpy(bytes, 3) is from_numpy("bytes", 2) is parse_v2("|O", [BYTES])
    assert (found.to_v3(), found.v2_name, found.serializer) == ("bytes", "|O", "vlen-bytes")
    assert found.dtype == np.dtype(object)
    assert (found.variable, found.itemsize, found.zero()) == (True, SLOT, b"")
    assert pickle.loads(pickle.dumps(found)) is found


# format.md 5.10
@pytest.mark.parametrize("name", ["bytes", "variable_length_bytes"])
@pytest.mark.parametrize("value", ["AAH/", [0, 1, 255]])
def test_bytes_in_either_spelling_with_either_fill(name, value):
    found = parse_v3(name)
    assert found.to_v3() == name
    assert pickle.loads(pickle.dumps(found)) is found
    raw = found.fill_from_json(value, 3)
    assert raw == found.scalar(raw) == b"\0\1\xff"
    assert found.fill_to_json(raw, 3) == "AAH/"


# format.md 3 |O
@pytest.mark.parametrize(
    "codec",
    ["vlen-array", "json2", "msgpack2", "pickle", "categorize", "json", "msgpack"],
)
def test_objects_are_what_the_first_object_codec_stores(codec):
    found = parse_v2("|O", [ZSTD, {"id": codec}, UTF8])
    assert found is parse_v2("|O", [{"id": codec}])
    assert (found.name, found.v2_name, found.serializer) == ("object", "|O", codec)
    assert (found.dtype, found.variable, found.itemsize) == (np.dtype(object), True, SLOT)
    assert found is from_numpy(object, 2, [{"id": codec}]) is from_numpy(found, 2)
    assert pickle.loads(pickle.dumps(found)) is found
    with pytest.raises(DataTypeValidationError, match="v3 has no type of any objects"):
        from_numpy(found, 3)


@pytest.mark.parametrize("codecs", [[], [ZSTD]])
def test_objects_without_an_object_codec_are_refused(codecs):
    with pytest.raises(DataTypeValidationError, match=r"dtype: .*vlen-utf8, vlen-bytes.*found"):
        parse_v2("|O", codecs)
    with pytest.raises(DataTypeValidationError, match=r"v3, which has 'string' and 'bytes'"):
        from_numpy(object, 3)


# format.md 5.16
# format.md B5
@pytest.mark.parametrize(
    ("value", "raw"), [(0, b""), ("", b""), ("0", b"0"), ("é", "é".encode())]
)
def test_fills_of_strings_in_v2(value, raw):
    found = parse_v2("|O", [UTF8])
    assert found.fill_from_json(value, 2) == raw
    assert found.scalar(raw) == found.fill_to_json(raw, 2) == raw.decode()


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("string", 0), ("string", None), ("string", ["a"]), ("string", "\ud800"),
        ("bytes", 0), ("bytes", None), ("bytes", "*"), ("bytes", [256]), ("bytes", [True]),
    ],
)  # fmt: skip
def test_what_types_of_any_length_must_not_have_as_fill(name, value):
    with pytest.raises(MetadataValidationError, match=r"fill_value: expected .* found"):
        parse_v3(name).fill_from_json(value, 3)


def test_fills_of_objects_are_any_json():
    found = parse_v2("|O", [{"id": "json2"}])
    for value in (0, "", "é\ud800", [1, {"a": None}], 1.5, float("inf")):
        raw = found.fill_from_json(value, 2)
        assert found.scalar(raw) == found.fill_to_json(raw, 2) == value
        assert fill_from_user(value, found) == raw
    assert found.scalar(found.zero()) is None
    assert found.scalar(fill_from_user(np.int64(3), found)) == 3
    with pytest.raises(MetadataValidationError, match="fill_value: metadata that is not JSON"):
        fill_from_user({1, 2}, found)


def test_what_users_may_pass_for_types_of_any_length():
    assert fill_from_user("é", parse_v3("string")) == "é".encode()
    assert fill_from_user(np.str_("é"), parse_v3("string")) == "é".encode()
    for value in (b"ab", bytearray(b"ab"), memoryview(b"ab"), np.bytes_(b"ab")):
        assert fill_from_user(value, parse_v3("bytes")) == b"ab"
    for name, value in (("string", b"a"), ("string", 0), ("bytes", "a"), ("bytes", [1])):
        with pytest.raises(MetadataValidationError, match="fill_value: expected"):
            fill_from_user(value, parse_v3(name))


def through_json(data_type, raw, zarr_format):
    text = document.dumps({"fill_value": data_type.fill_to_json(raw, zarr_format)})
    return data_type.fill_from_json(document.loads(text, "k")["fill_value"], zarr_format)


@given(st.text(st.characters(codec="utf-8")), st.binary(), st.sampled_from([2, 3]))
def test_fills_of_any_length_survive_a_document(text, data, zarr_format):
    assert through_json(parse_v3("string"), text.encode(), zarr_format) == text.encode()
    assert through_json(parse_v3("bytes"), data, zarr_format) == data


@given(st.text(max_size=5), st.binary(max_size=5), st.sampled_from("<>"))
def test_fills_of_fixed_strings_survive_a_document(text, data, order):
    for zarr_format in (2, 3):
        raw = np.array(text, f"{order}U5").tobytes()
        assert through_json(parse_v2(f"{order}U5"), raw, zarr_format) == raw
        raw = data.ljust(5, b"\0")
        assert through_json(parse_v2("|S5"), raw, zarr_format) == raw
