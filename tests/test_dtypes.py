"""Data types as objects, compared with those of zarr-python."""

import json
import pickle

import numpy as np
import pytest
import zarr
import zarr.dtype as theirs

import zarr_c
import zarr_c.dtype as ours
from zarr_c.errors import DataTypeValidationError
from zarr_c.metadata.dtype import REGISTERED

pytestmark = [
    # older versions warn of types that no specification has
    pytest.mark.filterwarnings("ignore::zarr.errors.UnstableSpecificationWarning"),
    # and newer ones of NumPy of times without a unit
    pytest.mark.filterwarnings("ignore:The 'generic' unit:DeprecationWarning"),
]
NUMBERS = "Int16 Int32 Int64 UInt16 UInt32 UInt64 Float16 Float32 Float64 Complex64 Complex128"
CASES = [
    *[(name, {}) for name in ("Bool", "Int8", "UInt8", "VariableLengthUTF8")],
    *[(name, {"endianness": order}) for name in NUMBERS.split() for order in ("little", "big")],
    ("VariableLengthBytes", {}),
    ("FixedLengthUTF32", {"length": 3}),
    ("FixedLengthUTF32", {"length": 1, "endianness": "big"}),
    ("NullTerminatedBytes", {"length": 3}),
    ("RawBytes", {"length": 5}),
    ("DateTime64", {"unit": "s", "scale_factor": 10}),
    ("DateTime64", {}),
    ("TimeDelta64", {"unit": "ns", "endianness": "big"}),
]


def both(name, parameters):
    return getattr(ours, name)(**parameters), getattr(theirs, name)(**parameters)


@pytest.mark.parametrize(("name", "parameters"), CASES)
def test_types_say_what_those_of_zarr_python_say(name, parameters):
    mine, its = both(name, parameters)
    assert mine.to_native_dtype() == its.to_native_dtype()
    assert mine.dtype_cls is its.dtype_cls
    for zarr_format in (2, 3):
        assert mine.to_json(zarr_format) == its.to_json(zarr_format)
    assert repr(mine) == repr(its)
    if hasattr(its, "item_size"):
        assert mine.item_size == its.item_size
    scalar, other = mine.default_scalar(), its.default_scalar()
    assert type(scalar) is type(other)
    np.testing.assert_equal(np.asarray(scalar), np.asarray(other))


@pytest.mark.parametrize(("name", "parameters"), CASES)
def test_types_come_back_from_documents_dtypes_and_pickles(name, parameters):
    mine, _ = both(name, parameters)
    assert type(mine).from_json(mine.to_json(2), zarr_format=2) == mine
    in_v3 = type(mine).from_json(mine.to_json(3), zarr_format=3)
    native = type(mine)(**{k: v for k, v in parameters.items() if k != "endianness"})
    assert in_v3 == native
    assert ours.parse_dtype(mine.to_json(2), zarr_format=2) == mine
    assert ours.parse_dtype(mine.to_json(3), zarr_format=3) == native
    assert pickle.loads(pickle.dumps(mine)) == mine
    if name != "VariableLengthBytes":
        assert type(mine).from_native_dtype(mine.to_native_dtype()) == mine
        assert ours.parse_dtype(mine.to_native_dtype(), zarr_format=3) == mine


@pytest.mark.parametrize("zarr_format", [2, 3])
@pytest.mark.parametrize(
    ("name", "parameters", "value"),
    [
        ("Bool", {}, True),
        ("Int8", {}, -3),
        ("UInt64", {}, 2**64 - 1),
        ("Float32", {}, np.float32("nan")),
        ("Float64", {}, -np.inf),
        ("Complex64", {}, 1 - 2j),
        ("FixedLengthUTF32", {"length": 3}, "aä"),
        ("NullTerminatedBytes", {"length": 2}, b"ab"),
        ("RawBytes", {"length": 2}, np.void(b"\1\2")),
        ("DateTime64", {"unit": "s"}, np.datetime64("2020-01-02", "s")),
        ("VariableLengthUTF8", {}, "text"),
        ("VariableLengthBytes", {}, b"bytes"),
    ],
)
def test_scalars_are_written_and_read_as_zarr_python_does(name, parameters, value, zarr_format):
    mine, its = both(name, parameters)
    # through JSON, as zarr-python has tuples for lists
    document = json.loads(json.dumps(its.to_json_scalar(value, zarr_format=zarr_format)))
    assert mine.to_json_scalar(value, zarr_format=zarr_format) == document
    found = mine.from_json_scalar(document, zarr_format=zarr_format)
    np.testing.assert_equal(found, mine.cast_scalar(value))
    np.testing.assert_equal(found, its.from_json_scalar(document, zarr_format=zarr_format))


@pytest.mark.parametrize("zarr_format", [2, 3])
@pytest.mark.parametrize(
    ("name", "parameters"),
    # zarr-python cannot read a fill value of a time without a unit
    [case for case in CASES if case != ("DateTime64", {})],
)
def test_arrays_of_a_type_are_read_by_zarr_python(name, parameters, zarr_format):
    mine, its = both(name, parameters)
    store = {}
    array = zarr_c.create_array(store, shape=3, dtype=mine, zarr_format=zarr_format)
    expected = its.to_native_dtype()
    native = expected.newbyteorder("=") if hasattr(mine, "endianness") else expected
    assert array.dtype == (expected if zarr_format == 2 else native)
    memory = zarr.storage.MemoryStore()
    for key, value in store.items():
        memory._store_dict[key] = zarr.core.buffer.cpu.Buffer.from_bytes(value)
    found = zarr.open_array(memory, mode="r")
    assert found.dtype == array.dtype


def test_records():
    fields = [("a", ours.Int8()), ("b", ours.Struct(fields=[("c", ours.Float64())]))]
    record = ours.Struct(fields=fields)
    dtype = np.dtype([("a", "i1"), ("b", [("c", "<f8")])])
    assert record.to_native_dtype() == dtype
    assert ours.parse_dtype(dtype, zarr_format=3) == record
    assert record.has_multi_byte_fields()
    assert not ours.Struct(fields=fields[:1]).has_multi_byte_fields()
    assert record.to_json(2) == {
        "name": [["a", "|i1"], ["b", [["c", "<f8"]]]],
        "object_codec_id": None,
    }
    for zarr_format in (2, 3):
        document = record.to_json(zarr_format)
        assert ours.Struct.from_json(document, zarr_format=zarr_format) == record
    old = ours.Structured(fields=fields[:1])
    assert old.to_json(3) == {
        "name": "structured",
        "configuration": {"fields": [["a", "int8"]]},
    }
    array = zarr_c.create_array({}, shape=2, dtype=record)
    array[:] = [(1, (2.5,)), (3, (4.5,))]
    assert array[1]["b"]["c"] == 4.5


@pytest.mark.parametrize(
    "spec",
    [
        *("int8", "<i4", "i4", "U3", "S2", "datetime64[s]", "string", "T", "bool", ">f8"),
        *(int, float, np.float32, str, np.dtype(">i4"), [("a", "i1"), ("b", "f4")]),
    ],
)
@pytest.mark.parametrize("zarr_format", [2, 3])
def test_what_names_a_type_for_zarr_python_names_it_here(spec, zarr_format):
    mine = ours.parse_dtype(spec, zarr_format=zarr_format)
    its = theirs.parse_dtype(spec, zarr_format=zarr_format)
    assert mine.to_json(2) == its.to_json(2)
    assert ours.parse_data_type is ours.parse_dtype
    assert ours.parse_dtype(mine, zarr_format=zarr_format) is mine


@pytest.mark.parametrize(
    ("call", "error", "text"),
    [
        (lambda: ours.Int8.from_native_dtype(np.dtype("f4")), DataTypeValidationError, "Int8"),
        (lambda: ours.Int8.from_json("int16", zarr_format=3), DataTypeValidationError, "int16"),
        (lambda: ours.Int8.from_json("|i1", zarr_format=2), DataTypeValidationError, "name"),
        (lambda: ours.Int8().cast_scalar(300), TypeError, "-128 to 127"),
        (lambda: ours.Int16(endianness="middle"), ValueError, "endianness"),
        (lambda: ours.RawBytes(length=0), ValueError, "length"),
        (lambda: ours.DateTime64(unit="moon"), ValueError, "unit"),
        (lambda: ours.Struct(fields=()), ValueError, "fields"),
        (lambda: ours.parse_dtype(object, zarr_format=3), DataTypeValidationError, "objects"),
        (lambda: ours.parse_dtype("nope", zarr_format=3), TypeError, "nope"),
        (lambda: ours.parse_dtype({"name": "x"}, zarr_format=3), DataTypeValidationError, "x"),
    ],
)
def test_what_is_no_type_is_refused(call, error, text):
    with pytest.raises(error, match=text):
        call()


def test_documents_are_told_from_others():
    plain = {"name": "<i4", "object_codec_id": None}
    text = {"name": "|O", "object_codec_id": "vlen-utf8"}
    for check, expected in (
        (ours.check_dtype_spec_v2, [True, True, False]),
        (ours.check_dtype_spec_no_object_codec_v2, [True, False, False]),
    ):
        assert [check(item) for item in (plain, text, "<i4")] == expected


class Money(ours.ZDType):
    """Hundredths, as a program may define them."""

    dtype_cls = type(np.dtype("f16"))
    _zarr_v3_name = "test.money"

    @classmethod
    def from_native_dtype(cls, dtype):
        if not cls._check_native_dtype(dtype):
            raise DataTypeValidationError("no money")
        return cls()

    def to_native_dtype(self):
        return np.dtype("f16")

    @classmethod
    def _from_json_v2(cls, data):
        if data != cls().to_json(2):
            raise DataTypeValidationError("no money")
        return cls()

    @classmethod
    def _from_json_v3(cls, data):
        if data != cls._zarr_v3_name:
            raise DataTypeValidationError("no money")
        return cls()

    def to_json(self, zarr_format):
        name = self._zarr_v3_name
        return name if zarr_format == 3 else {"name": "<f16", "object_codec_id": None}

    def _check_scalar(self, data):
        return isinstance(data, int | float)

    def cast_scalar(self, data):
        return np.longdouble(data)

    def default_scalar(self):
        return np.longdouble(0)

    def from_json_scalar(self, data, *, zarr_format):
        return np.longdouble(data)

    def to_json_scalar(self, data, *, zarr_format):
        return str(data)

    def __eq__(self, other):
        return type(other) is Money

    def __hash__(self):
        return 1


@pytest.fixture
def money():
    ours.data_type_registry.register("test.money", Money)
    yield Money()
    ours.data_type_registry.unregister("test.money")


@pytest.mark.parametrize("zarr_format", [2, 3])
def test_a_type_of_a_program_is_stored_and_read(money, zarr_format):
    assert ours.data_type_registry.get("test.money") is Money
    store = {}
    for dtype in (money, np.longdouble):
        array = zarr_c.create_array(
            store, shape=5, chunks=2, dtype=dtype, fill_value=7, zarr_format=zarr_format,
            overwrite=True,
        )  # fmt: skip
        array[:2] = np.longdouble([1, 3]) / 3
        found = zarr_c.open_array(store, mode="r")
        assert found.fill_value == 7
        assert found.dtype == np.longdouble
        np.testing.assert_array_equal(found[:], np.longdouble([1, 3, 21, 21, 21]) / 3)
        assert pickle.loads(pickle.dumps(found.metadata)) == found.metadata
    assert ours.parse_dtype(np.longdouble, zarr_format=3) == money


def test_an_unregistered_type_is_refused_again():
    assert "test.money" not in REGISTERED
    with pytest.raises(DataTypeValidationError, match=r"float128|longdouble"):
        zarr_c.create_array({}, shape=1, dtype=np.longdouble)
    ours.data_type_registry.register("int8", ours.Int8)
    assert "int8" not in REGISTERED
