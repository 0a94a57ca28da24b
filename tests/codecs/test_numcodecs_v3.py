"""``numcodecs.*`` in Zarr v3, both ways with zarr-python, and their configurations."""

import json
import pickle

import numpy as np
import pytest

import zarr_c
from zarr_c.codecs import get_codec_class
from zarr_c.codecs import numcodecs as ours
from zarr_c.errors import MetadataValidationError
from zarr_c.storage import LocalStore

zarr = pytest.importorskip("zarr")
theirs = pytest.importorskip("zarr.codecs.numcodecs")

pytestmark = pytest.mark.filterwarnings("ignore")

RAMP = (np.arange(400) % 97).reshape(20, 20)
FILTERS = {
    "astype": ("f8", {"encode_dtype": "<f4", "decode_dtype": "<f8"}),
    "bitround": ("f4", {"keepbits": 8}),
    "delta": ("i4", {"dtype": "<i4"}),
    "delta astype": ("i4", {"dtype": "<i4", "astype": "<i2"}),
    "fixedscaleoffset": ("f8", {"offset": 3, "scale": 10, "dtype": "<f8", "astype": "<i2"}),
    "packbits": ("?", {}),
    "quantize": ("f8", {"digits": 3, "dtype": "<f8"}),
}
COMPRESSORS = {
    "adler32": {},
    "blosc": {"cname": "zstd", "clevel": 3, "shuffle": 2},
    "bz2": {"level": 5},
    "crc32": {},
    "crc32c": {"location": "start"},
    "fletcher32": {},
    "gzip": {"level": 2},
    "lz4": {"acceleration": 2},
    "lzma": {"preset": 2},
    "shuffle": {"elementsize": 4},
    "zlib": {"level": 3},
    "zstd": {"level": 3},
}
NAMES = [
    *("adler32", "astype", "bitround", "blosc", "bz2", "crc32", "crc32c", "delta"),
    *("fixedscaleoffset", "fletcher32", "gzip", "jenkins_lookup3", "lz4", "lzma"),
    *("packbits", "pcodec", "quantize", "shuffle", "zfpy", "zlib", "zstd"),
]
CLASSES = {name.lower(): name for name in ours.__all__} | {"jenkins_lookup3": "JenkinsLookup3"}


def both_ways(path, dtype, make):
    """Each library reads what the other wrote, and the same from it."""
    data = (RAMP % 2 if dtype == "?" else RAMP).astype(dtype)
    common = {"shape": data.shape, "chunks": (7, 6), "dtype": dtype}
    a = zarr_c.create_array(path / "ours", **common, **make(ours))
    b = zarr.create_array(path / "theirs", **common, **make(theirs))
    a[...] = b[...] = data
    expected = b[...]
    assert expected.any()
    assert np.array_equal(a[...], expected)
    assert np.array_equal(zarr_c.open_array(path / "theirs")[...], expected)
    assert np.array_equal(zarr.open_array(path / "ours", mode="r")[...], expected)
    assert LocalStore(path / "ours")["c/1/2"] == LocalStore(path / "theirs")[
        "c/1/2"
    ] or not any(
        name in str(make(ours)) for name in ("Delta", "PackBits", "BitRound", "Fletcher")
    )


# format.md 2.2 numcodecs.*
@pytest.mark.parametrize("case", FILTERS)
def test_filters(tmp_path, case):
    dtype, configuration = FILTERS[case]
    name = CLASSES[case.split()[0]]

    def make(module):
        return {"filters": getattr(module, name)(**configuration), "compressors": None}

    both_ways(tmp_path, dtype, make)


# format.md 2.2 numcodecs.*
@pytest.mark.parametrize("case", COMPRESSORS)
def test_compressors(tmp_path, case):
    def make(module):
        return {"compressors": getattr(module, CLASSES[case])(**COMPRESSORS[case])}

    both_ways(tmp_path, "i4", make)


def make_array(codecs, dtype="i4", shape=(6, 4), fill=0, store=None):
    document = {
        "zarr_format": 3,
        "node_type": "array",
        "shape": list(shape),
        "data_type": np.dtype(dtype).name,
        "chunk_grid": {"name": "regular", "configuration": {"chunk_shape": list(shape)}},
        "chunk_key_encoding": {"name": "default"},
        "fill_value": fill,
        "codecs": codecs,
    }
    store = {} if store is None else store
    store["zarr.json"] = json.dumps(document).encode()
    return zarr_c.open_array(store)


LITTLE = {"name": "bytes", "configuration": {"endian": "little"}}


# format.md E6
@pytest.mark.parametrize(
    "name", ["adler32", "fletcher32", "crc32", "crc32c", "jenkins_lookup3"]
)
def test_an_absent_configuration_is_an_empty_one(name):
    array = make_array([LITTLE, {"name": f"numcodecs.{name}"}])
    array[...] = 7
    assert (array[...] == 7).all()
    assert len(array.store["c/0/0"]) == array.nbytes + 4


def test_all_names_are_there():
    """The 21 of zarr-python."""
    for name in NAMES:
        found = get_codec_class(f"numcodecs.{name}")
        assert found.name == f"numcodecs.{name}"
        assert found is getattr(ours, CLASSES[name])
    assert len(ours.__all__) == 21


# format.md E8
@pytest.mark.parametrize(
    ("uri", "name"),
    [
        ("array_to_array/bitround", "bitround"),
        ("array_to_bytes/pcodec", "numcodecs.pcodec"),
        ("array_to_bytes/zfp", "zfp"),
        ("bytes_to_bytes/bz2", "numcodecs.bz2"),
        ("bytes_to_bytes/fletcher32", "numcodecs.fletcher32"),
    ],
)
def test_addresses_that_were_names(uri, name):
    assert get_codec_class(f"https://codec.zarrs.dev/{uri}") is get_codec_class(name)


SPECS = [
    ("delta", {"dtype": "<i4", "astype": "<i2"}),
    ("astype", {"encode_dtype": "<f4", "decode_dtype": "<f8"}),
    ("blosc", {"cname": "lz4", "clevel": 5, "shuffle": -1, "blocksize": 0}),
    ("blosc", {"cname": "lz4", "clevel": 5, "shuffle": 2, "blocksize": 0, "typesize": 4}),
    ("bitround", {"keepbits": 3}),
    ("shuffle", {"elementsize": 8}),
    ("lzma", {"format": 1, "check": -1, "preset": None, "filters": None}),
    ("fixedscaleoffset", {"offset": 1, "scale": 2.5, "dtype": "<f4"}),
    ("zfpy", {"mode": 4, "tolerance": 0.5, "rate": -1, "precision": -1}),
]


@pytest.mark.parametrize(("name", "configuration"), SPECS)
def test_configurations_come_back(name, configuration):
    codec = get_codec_class(f"numcodecs.{name}").from_configuration(configuration)
    assert codec.to_dict() == {"name": f"numcodecs.{name}", "configuration": configuration}
    assert pickle.loads(pickle.dumps(codec)) == codec


# format.md F9
@pytest.mark.parametrize(
    ("codecs", "dtype", "fill", "expected"),
    [
        ([ours.AsType(encode_dtype="<i2", decode_dtype="<f8")], "f8", 7.0, np.int16(7)),
        ([ours.FixedScaleOffset(offset=2, scale=10, astype="<i4")], "f8", 7.26, np.int32(53)),
        ([ours.BitRound(keepbits=1)], "f4", 1.9, np.float32(2)),
        ([ours.Quantize(digits=0)], "f8", 7.3, np.float64(7)),
        ([ours.Delta(dtype="<i4", astype="<i8")], "i4", 7, np.int64(7)),
        ([ours.PackBits()], "?", True, np.uint8(255)),
        ([ours.Delta(dtype="<i4"), ours.AsType(encode_dtype="|i1")], "i4", 7, np.int8(7)),
    ],
)
def test_fill_values_pass_through(codecs, dtype, fill, expected):
    from zarr_c.codecs.representation import Representation
    from zarr_c.metadata.dtype import from_numpy

    data_type = from_numpy(dtype, 3)
    given = Representation((3, 5), data_type, np.array(fill, dtype).tobytes())
    for codec in codecs:
        given = codec.encoded(given)
    assert given.fill_value == expected.tobytes()
    assert given.data_type.dtype == expected.dtype
    assert given.shape == ((3,) if dtype == "?" else (3, 5))


# format.md P2
def test_each_codec_works_on_the_type_that_the_one_before_made():
    chain = [
        ours.AsType(encode_dtype="<i2", decode_dtype="<i4").to_dict(),
        ours.Delta(dtype="<i2").to_dict(),
        {"name": "transpose", "configuration": {"order": [1, 0]}},
        {"name": "bytes", "configuration": {"endian": "big"}},
        {"name": "numcodecs.shuffle"},
    ]
    array = make_array(chain)
    data = np.arange(24, dtype="i4").reshape(6, 4) ** 2
    array[...] = data
    assert np.array_equal(array[...], data)
    steps = np.diff(data.ravel().astype("i2"), prepend=np.int16(0)).reshape(6, 4)
    stored = np.ascontiguousarray(steps.T).astype(">i2")
    assert array.store["c/0/0"] == stored.view("u1").reshape(-1, 2).T.tobytes()


@pytest.mark.parametrize("astype", [">i4", ">i2"])
def test_byte_order_is_not_for_a_filter(astype):
    with pytest.raises(MetadataValidationError, match="byte order, which is that of 'bytes'"):
        make_array([ours.Delta(dtype="<i4", astype=astype).to_dict(), LITTLE])
