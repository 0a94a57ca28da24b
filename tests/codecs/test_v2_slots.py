"""Zarr v2: any codec of numcodecs in either slot, and the bytes that numcodecs itself makes."""

import numcodecs
import numpy as np
import pytest

import zarr_c
from zarr_c.codecs import get_codec_class
from zarr_c.codecs import numcodecs as ours
from zarr_c.errors import ChunkCorruptError, MetadataValidationError

pytestmark = pytest.mark.filterwarnings("ignore::RuntimeWarning")

CODECS = {
    "adler32": ("<i4", {}),
    "adler32 end": ("<i4", {"location": "end"}),
    "astype": ("<i4", {"encode_dtype": "<i8", "decode_dtype": "<i4"}),
    "bitround": ("<f4", {"keepbits": 5}),
    "bz2": ("<i4", {"level": 1}),
    "crc32": ("<i4", {}),
    "crc32c": ("<i4", {"location": "start"}),
    "delta": ("<i4", {"dtype": "<i4"}),
    "delta big": (">i4", {"dtype": ">i4", "astype": ">i2"}),
    "delta of parts": ("<c8", {"dtype": "<f4"}),
    "delta of halves": ("<f2", {"dtype": "<f2"}),
    "fixedscaleoffset": (
        "<f8",
        {"offset": 1, "scale": 10, "dtype": "<f8", "astype": "<i4"},
    ),
    "fletcher32": ("<i4", {}),
    "jenkins_lookup3": ("<i4", {"initval": 5}),
    "lz4": ("<i4", {"acceleration": 1}),
    "lzma": ("<i4", {"preset": 1}),
    "packbits": ("|b1", {}),
    "quantize": ("<f4", {"digits": 1, "dtype": "<f4"}),
    "shuffle": ("<i4", {"elementsize": 4}),
    "zlib": ("<i4", {"level": 1}),
    "zstd": ("<i4", {"level": 1}),
}


def make(dtype, filters, compressor, order="C"):
    data = (np.arange(24) % 11).reshape(4, 6).astype(dtype)
    store = {}
    array = zarr_c.create_array(
        store,
        shape=data.shape,
        chunks=data.shape,
        dtype=dtype,
        zarr_format=2,
        filters=filters,
        compressors=compressor,
        order=order,
        fill_value=0,
    )
    array[...] = data
    return data, store, array


# format.md D2 D3 D4
@pytest.mark.parametrize("case", CODECS)
@pytest.mark.parametrize("slot", ["filter", "compressor", "second"])
@pytest.mark.parametrize("order", ["C", "F"])
def test_in_either_slot_and_order(case, slot, order):
    dtype, configuration = CODECS[case]
    spec = {"id": case.split()[0], **configuration}
    chain = [spec]
    if slot == "second":
        chain = [
            {"id": "shuffle", "elementsize": 1},
            spec,
        ]  # bytes; only the codec knows its type
        if case in ("bitround", "packbits"):  # numcodecs takes those of the array alone
            chain = [{"id": "astype", "encode_dtype": dtype, "decode_dtype": dtype}, spec]
        data, store, array = make(dtype, chain[:1], spec, order)
    elif slot == "filter":
        data, store, array = make(dtype, chain, None, order)
    else:
        data, store, array = make(dtype, None, spec, order)
    value = data.ravel(order)
    for one in chain:
        value = numcodecs.get_codec(dict(one)).encode(value)
    theirs = np.asarray(value).tobytes() if not isinstance(value, bytes) else value
    if case in ("lz4", "zlib", "zstd"):  # compressors differ by version
        assert numcodecs.get_codec(dict(spec)).decode(store["0.0"]) is not None
    else:
        assert store["0.0"] == theirs
    expected = value
    for one in reversed(chain):
        expected = numcodecs.get_codec(dict(one)).decode(expected)
    expected = np.frombuffer(np.asarray(expected).tobytes(), dtype)
    assert np.array_equal(array[...], expected.reshape(data.shape, order=order))
    assert np.array_equal(zarr_c.open_array(store)[1:3, ::2], array[...][1:3, ::2])


# format.md 5.22
@pytest.mark.parametrize("size", [0, 95, 97, 2**31 - 1, 2**32 - 1])
def test_an_lz4_size_is_not_believed(size):
    store = {}
    data = np.ones(24, "<i4")
    array = zarr_c.create_array(store, data=data, chunks=24, compressors=[ours.LZ4()])
    stored = bytes(store["c/0"])
    assert stored[:4] == (96).to_bytes(4, "little")
    assert numcodecs.LZ4().decode(stored) == data.tobytes()
    store["c/0"] = size.to_bytes(4, "little") + stored[4:]
    with pytest.raises(ChunkCorruptError, match="lz4"):
        array[...]


@pytest.mark.parametrize(
    ("spec", "message"),
    [
        ({"id": "delta"}, "dtype: expected this parameter"),
        ({"id": "quantize", "digits": 3}, "dtype: expected this parameter"),
        ({"id": "fixedscaleoffset", "offset": 0, "scale": 1}, "dtype: expected this parameter"),
        ({"id": "astype", "encode_dtype": "<i4"}, "decode_dtype: expected this parameter"),
        ({"id": "shuffle"}, "elementsize: expected this parameter"),
        ({"id": "crc32c", "location": 7}, "location: expected 'start' or 'end'"),
    ],
)
def test_what_numcodecs_could_not_read_is_not_written(spec, message):
    with pytest.raises(MetadataValidationError, match=message):
        make("<i4", [spec], None)


# format.md P3
def test_what_has_a_fixed_size():
    """These may encode the index of a shard; what compresses may not."""
    fixed = {
        *("bytes", "packbits", "transpose", "reshape", "crc32c"),
        *("bitround", "scale_offset", "cast_value"),
        *(f"numcodecs.{name}" for name in ("adler32", "crc32", "crc32c", "fletcher32")),
        *(f"numcodecs.{name}" for name in ("jenkins_lookup3", "delta", "bitround", "shuffle")),
        *(
            f"numcodecs.{name}"
            for name in ("astype", "fixedscaleoffset", "quantize", "packbits")
        ),
    }
    from zarr_c.codecs.registry import _V3

    found = {get_codec_class(name).name for name in _V3 if get_codec_class(name).fixed_size}
    assert found == fixed
