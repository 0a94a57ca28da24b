"""Conversion of arrays: the same data, and what the formats call their codecs and types."""

import json
import warnings

import numpy as np
import pytest
from hierarchies import chunks_of, documents_of

import zarr_c
from zarr_c.errors import MetadataValidationError
from zarr_c.hierarchies.array_conversion import array_to_v2, array_to_v3
from zarr_c.metadata import v2, v3

DTYPES = ("|b1", "|u1", "<i2", ">i4", "<u8", ">f2", "<f4", ">f8", "<c8", ">c16", "|V5")
COMPRESSORS = (
    None,
    {"id": "zstd", "level": 3},
    {"id": "zstd", "level": 1, "checksum": True},
    {"id": "gzip", "level": 4},
    {"id": "blosc", "cname": "lz4", "clevel": 5, "shuffle": 1, "blocksize": 0},
    {"id": "blosc", "cname": "zstd", "clevel": 3, "shuffle": 2, "blocksize": 4096},
    {"id": "crc32c"},
)


def values(dtype, shape):
    raw = np.random.default_rng(1).integers(0, 2, (*shape, np.dtype(dtype).itemsize), "u1")
    return raw.view(dtype).reshape(shape)


def check_both_ways(mapping, data, read_by_others):
    """Convert an array to v3 and back; data, chunks and documents stay."""
    before, chunks = dict(mapping), chunks_of(mapping)
    written = zarr_c.convert_metadata(mapping, remove=True)
    assert documents_of(mapping) == written.keys() == {"zarr.json"}
    array = zarr_c.open_array(mapping, mode="r")
    assert array.metadata.zarr_format == 3
    assert array[...].tobytes() == data.astype(array.dtype).tobytes()
    if read_by_others:
        assert theirs(mapping)[...].tobytes() == array[...].tobytes()
    zarr_c.convert_metadata(mapping, zarr_format=2, remove=True)
    assert documents_of(mapping) == {".zarray", ".zattrs"}
    assert chunks_of(mapping) == chunks
    return json.loads(before[".zarray"]), json.loads(mapping[".zarray"])


def theirs(mapping):
    zarr = pytest.importorskip("zarr")
    store = zarr.storage.MemoryStore(
        {key: zarr.core.buffer.cpu.Buffer.from_bytes(bytes(v)) for key, v in mapping.items()}
    )
    return zarr.open_array(store, mode="r")


# format.md 1.6 transpose
@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize(("order", "separator"), [("C", "."), ("F", "/"), ("C", "/")])
def test_data_are_the_same_in_the_other_format(dtype, order, separator):
    mapping = {}
    data = values(dtype, (5, 7))
    zarr_c.create_array(
        mapping,
        data=data,
        chunks=(2, 3),
        order=order,
        zarr_format=2,
        chunk_key_encoding={"name": "v2", "separator": separator},
    )
    known = dtype != "|V5"  # which zarr-python does not read as r40
    before, after = check_both_ways(mapping, data, known)
    assert after == before


@pytest.mark.parametrize("compressor", COMPRESSORS, ids=str)
def test_codecs_are_the_same_in_the_other_format(compressor):
    mapping = {}
    data = np.arange(3000, dtype="<f4").reshape(60, 50)
    zarr_c.create_array(
        mapping, data=data, chunks=(20, 25), compressors=compressor, zarr_format=2
    )
    before, after = check_both_ways(mapping, data, read_by_others=True)
    assert after == before


@pytest.mark.parametrize("shape", [(), (0,), (3,), (2, 0, 4)])
def test_shapes(shape):
    mapping = {}
    data = np.ones(shape, "i2")
    zarr_c.create_array(mapping, data=data, zarr_format=2, order="F")
    before, after = check_both_ways(mapping, data, read_by_others=True)
    order = "F" if len(shape) > 1 else "C"  # which mean the same below two axes
    assert after == before | {"order": order}


def v2_array(**changes):
    document = {
        "zarr_format": 2,
        "shape": [4, 6],
        "chunks": [2, 3],
        "dtype": "<i4",
        "fill_value": 0,
        "order": "C",
        "filters": None,
        "compressor": None,
        "dimension_separator": ".",
    }
    return v2.parse_array(document | changes, {"a": 1}, ".zarray")


NUMCODECS = [
    {"compressor": {"id": "zlib", "level": 2}},
    {"compressor": {"id": "lz4", "acceleration": 1}},
    {"compressor": {"id": "bz2", "level": 3}},
    {"compressor": {"id": "lzma", "format": 1, "check": -1, "preset": None, "filters": None}},
    {"filters": [{"id": "delta", "dtype": "<i4", "astype": "<i4"}]},
    {"filters": [{"id": "delta", "dtype": ">i4", "astype": ">i4"}], "dtype": ">i4"},
    {
        "dtype": "<f8",
        "filters": [
            {
                "id": "fixedscaleoffset",
                "scale": 10,
                "offset": 1,
                "dtype": "<f8",
                "astype": "<i2",
            }
        ],
        "compressor": {
            "id": "blosc",
            "cname": "lz4",
            "clevel": 5,
            "shuffle": 1,
            "blocksize": 0,
        },
    },
    {"dtype": "<f4", "filters": [{"id": "bitround", "keepbits": 4}], "order": "F"},
    {
        "dtype": "<f8",
        "filters": [{"id": "quantize", "digits": 2, "dtype": "<f8", "astype": "<f4"}],
    },
    {"dtype": "|b1", "filters": [{"id": "packbits"}]},
]


@pytest.mark.parametrize("changes", NUMCODECS, ids=str)
@pytest.mark.filterwarnings("ignore:Numcodecs codecs are not in the Zarr version 3")
def test_numcodecs_as_zarr_python_names_them(changes):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        migrate = pytest.importorskip("zarr.metadata.migrate_v3")
        from zarr.core.metadata.v2 import ArrayV2Metadata

    meta = v2_array(**changes)
    document = v2.array_documents(meta)[".zarray"]
    expected = migrate._convert_array_metadata(ArrayV2Metadata.from_dict(document)).to_dict()
    ours = v3.array_document(array_to_v3(meta))
    for found, named in zip(ours["codecs"], expected["codecs"], strict=True):
        assert found["name"] == named["name"]
        configuration = json.loads(json.dumps(named.get("configuration", {})))
        configuration.pop("id", None)
        assert found.get("configuration", {}) == configuration
    assert array_to_v2(array_to_v3(meta)) == meta.with_(
        order="F" if "order" in changes else "C"
    )


@pytest.mark.parametrize("order", ["C", "F"])
@pytest.mark.parametrize("changes", NUMCODECS, ids=str)
@pytest.mark.filterwarnings("ignore:Numcodecs codecs are not in the Zarr version 3")
def test_data_behind_filters_are_the_same(changes, order):
    mapping = {}
    array = zarr_c.create_array(
        mapping,
        shape=(4, 6),
        chunks=(2, 3),
        dtype=changes.get("dtype", "<i4"),
        order=order,
        filters=changes.get("filters"),
        compressors=changes.get("compressor"),
        zarr_format=2,
    )
    if changes.get("dtype") == ">i4":  # a byte order in v3 that is not that of `bytes`
        with pytest.raises(MetadataValidationError, match="expected no byte order"):
            zarr_c.convert_metadata(mapping)
        return
    numbers = np.arange(24).reshape(4, 6)
    array[...] = numbers % 3 == 0 if array.dtype == "?" else numbers
    # zarr-python takes what quantize stores for elements of another size
    read = changes.get("filters", [{}])[0].get("id") != "quantize"
    before, after = check_both_ways(mapping, array[...], read)
    assert after == before


@pytest.mark.parametrize("codec", ["vlen-utf8", "vlen-bytes"])
def test_elements_of_any_length(codec):
    mapping = {}
    values = ["", "a", "ß" * 300, "z"]
    values = values if codec == "vlen-utf8" else [value.encode() for value in values]
    array = zarr_c.create_array(
        mapping,
        shape=4,
        chunks=3,
        dtype="O",
        filters=[{"id": codec}],
        compressors={"id": "zstd", "level": 1},
        zarr_format=2,
    )
    array[...] = np.array(values, object)
    before = dict(mapping)
    zarr_c.convert_metadata(mapping, remove=True)
    assert zarr_c.open_array(mapping)[...].tolist() == values
    zarr_c.convert_metadata(mapping, zarr_format=2, remove=True)
    assert json.loads(mapping[".zarray"]) == json.loads(before[".zarray"])
    assert zarr_c.open_array(mapping)[...].tolist() == values


def test_filters_may_hold_codecs_of_bytes():
    meta = v2_array(
        filters=[{"id": "shuffle", "elementsize": 4}, {"id": "zlib", "level": 1}],
        compressor={"id": "crc32c"},
    )
    chain = array_to_v3(meta).codecs
    assert [codec["name"] for codec in chain] == [
        *("bytes", "numcodecs.shuffle", "numcodecs.zlib", "crc32c"),
    ]
    assert array_to_v2(array_to_v3(meta)) == meta


@pytest.mark.parametrize(
    ("dtype", "fill_value", "filters", "expected"),
    [
        ("<U5", "ab", None, ("fixed_length_utf32", "ab", "little")),
        (">U5", "ab", None, ("fixed_length_utf32", "ab", "big")),
        ("|S4", "YWI=", None, ("null_terminated_bytes", "YWIAAA==", None)),
        ("<M8[ns]", 5, None, ("numpy.datetime64", 5, "little")),
        (">m8[10us]", -(2**63), None, ("numpy.timedelta64", -(2**63), "big")),
        ([["x", ">f4"], ["y", ">i2"]], "P4AAAAAC", None, ("struct", {"x": 1.0, "y": 2}, "big")),
        ("|V2", "AQI=", None, ("r16", [1, 2], None)),
        ("|O", "", [{"id": "vlen-utf8"}], ("string", "", None)),
        ("|O", "", [{"id": "vlen-bytes"}], ("bytes", "", None)),
    ],
)
def test_types(dtype, fill_value, filters, expected):
    meta = v2_array(dtype=dtype, fill_value=fill_value, filters=filters)
    document = v3.array_document(array_to_v3(meta))
    spec, first = document["data_type"], document["codecs"][0]
    name = spec["name"] if isinstance(spec, dict) else spec
    endian = first.get("configuration", {}).get("endian")
    assert (name, document["fill_value"], endian) == expected
    assert first["name"] == (filters[0]["id"] if filters else "bytes")
    assert array_to_v2(array_to_v3(meta)) == meta


def test_records_of_two_byte_orders_are_refused():
    with pytest.raises(MetadataValidationError, match="dtype: expected one byte order"):
        array_to_v3(v2_array(dtype=[["x", "<f4"], ["y", ">i2"]], fill_value=None))


# format.md B1 A6
def test_fill_values():
    payload = np.array([0x7FC00001], "<u4").view("<f4").tobytes()
    assert array_to_v3(v2_array(fill_value=None)).fill_value == bytes(4)
    swapped = array_to_v3(v2_array(dtype=">i4", fill_value=-2))
    assert swapped.fill_value == np.array(-2, "=i4").tobytes()
    assert array_to_v2(swapped) == v2_array(dtype=">i4", fill_value=-2)
    document = v3.array_document(array_to_v3(v2_array(dtype="<f4", fill_value="NaN")))
    assert document["fill_value"] == "NaN"
    odd = array_to_v3(v2_array(dtype="<f4")).with_(fill_value=payload)
    with pytest.raises(MetadataValidationError, match="fill_value: expected one that Zarr v2"):
        array_to_v2(odd)


def test_dimension_names_are_those_of_xarray():
    named = v2_array().with_(attributes={"_ARRAY_DIMENSIONS": ["y", "x"], "u": "K"})
    converted = array_to_v3(named)
    assert converted.dimension_names == ("y", "x")
    assert converted.attributes == {"u": "K"}
    assert array_to_v2(converted) == named.with_(
        attributes={"u": "K", "_ARRAY_DIMENSIONS": ["y", "x"]}
    )
    for other in (["y"], "yx", ["y", None], ["y", 1]):
        odd = array_to_v3(v2_array().with_(attributes={"_ARRAY_DIMENSIONS": other}))
        assert odd.dimension_names is None
        assert odd.attributes == {"_ARRAY_DIMENSIONS": other}
    assert array_to_v2(converted.with_(dimension_names=(None, None))).attributes == {"u": "K"}
    for wrong, said in (
        ({"dimension_names": ("y", None)}, "dimension_names: expected a name for all"),
        ({"attributes": {"_ARRAY_DIMENSIONS": ["a", "b"]}}, "attributes._ARRAY_DIMENSIONS"),
    ):
        with pytest.raises(MetadataValidationError, match=said):
            array_to_v2(converted.with_(**wrong))


def test_xarray_opens_what_was_converted(tmp_path):
    xarray = pytest.importorskip("xarray")
    data = xarray.Dataset({"t": (("y", "x"), np.arange(6.0).reshape(2, 3), {"units": "K"})})
    data.to_zarr(tmp_path, zarr_format=2)
    zarr_c.convert_metadata(tmp_path, remove=True)
    xarray.testing.assert_identical(xarray.open_zarr(tmp_path).load(), data)


# ---- what is refused


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"compressor": {"id": "mine"}}, "compressor: expected a codec that Zarr v3 has too"),
        ({"filters": [{"id": "json2"}]}, r"filters\[0\]: expected a codec that Zarr v3"),
        (
            {"filters": [{"id": "zlib"}, {"id": "delta", "dtype": "<i4"}]},
            r"filters\[1\]: expected codecs that take elements before",
        ),
        (
            {"compressor": {"id": "blosc", "shuffle": 7}},
            "blosc.shuffle: expected -1, 0, 1 or 2",
        ),
    ],
)
def test_what_v3_cannot_say(changes, said):
    with pytest.raises(MetadataValidationError, match=said):
        array_to_v3(v2_array(**changes))


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"chunk_key_encoding": "default"}, "chunk_key_encoding.name: expected 'v2'"),
        (
            {"codecs": [{"name": "transpose", "configuration": {"order": [1, 2, 0]}}]},
            r"codecs\[0\]: expected all axes in order",
        ),
        (
            {"codecs": [{"name": "sharding_indexed"}]},
            "codecs: expected codecs that Zarr v2 has",
        ),
        ({"codecs": [{"name": "numcodecs.mine"}]}, "codecs: expected codecs that Zarr v2 has"),
    ],
)
def test_what_v2_cannot_say(changes, said):
    document = {
        "zarr_format": 3,
        "node_type": "array",
        "shape": [2, 2, 2],
        "data_type": "int32",
        "chunk_grid": {"name": "regular", "configuration": {"chunk_shape": [1, 2, 2]}},
        "chunk_key_encoding": {"name": "v2"},
        "fill_value": 0,
        "codecs": [{"name": "bytes", "configuration": {"endian": "big"}}],
    }
    plain = array_to_v2(v3.parse_array(document, "zarr.json"))
    assert plain.data_type.v2_name == ">i4"
    mapping = {"x/zarr.json": json.dumps(document | changes).encode()}
    before = dict(mapping)
    with pytest.raises(MetadataValidationError, match=rf"x/zarr.json: .* to Zarr v2: {said}"):
        zarr_c.convert_metadata(mapping, "x", zarr_format=2)
    assert mapping == before
