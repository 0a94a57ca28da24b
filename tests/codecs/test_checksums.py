"""Checksums: those of zlib and numcodecs, where they stand, and what damage says."""

import zlib

import google_crc32c
import numcodecs
import numpy as np
import pytest
from codec_cases import decode, encode, make_chain
from hypothesis import given
from hypothesis import strategies as st

import zarr_c
from zarr_c.codecs import Crc32cCodec
from zarr_c.codecs.numcodecs import CRC32, CRC32C, Adler32, Fletcher32, JenkinsLookup3
from zarr_c.errors import ChunkCorruptError, MetadataValidationError

CODECS = {
    "crc32c": (Crc32cCodec(), numcodecs.CRC32C(), slice(-4, None)),
    "crc32c-start": (CRC32C(location="start"), numcodecs.CRC32C("start"), slice(4)),
    "crc32c-numcodecs": (CRC32C(), numcodecs.CRC32C(), slice(-4, None)),
    "crc32": (CRC32(), numcodecs.CRC32(), slice(4)),
    "crc32-end": (CRC32(location="end"), numcodecs.CRC32("end"), slice(-4, None)),
    "adler32": (Adler32(), numcodecs.Adler32(), slice(4)),
    "adler32-end": (Adler32(location="end"), numcodecs.Adler32("end"), slice(-4, None)),
    "fletcher32": (Fletcher32(), numcodecs.Fletcher32(), slice(-4, None)),
    "lookup3": (JenkinsLookup3(), numcodecs.JenkinsLookup3(), slice(-4, None)),
    "lookup3-start": (
        JenkinsLookup3(initval=2**32 - 1),
        numcodecs.JenkinsLookup3(2**32 - 1),
        slice(-4, None),
    ),
}
TWINS = {"crc32c": google_crc32c.value, "crc32": zlib.crc32, "adler32": zlib.adler32}


# format.md D3 5.21
@pytest.mark.parametrize("name", CODECS)
@given(data=st.binary(min_size=1, max_size=2000))
def test_bytes_are_those_of_numcodecs(name, data):
    ours, theirs, place = CODECS[name]
    chain = make_chain(ours, len(data))
    encoded = encode(chain, data)
    assert encoded == bytes(theirs.encode(np.frombuffer(data, "u1")))
    assert decode(chain, encoded) == data
    if ours.kind in TWINS:
        assert encoded[place] == TWINS[ours.kind](data).to_bytes(4, "little")


@pytest.mark.parametrize("name", CODECS)
@pytest.mark.parametrize("fill", [b"\0", b"\xff", b"\xff\xfe", b"\0\1"])
@pytest.mark.parametrize("length", [1, 511, 512, 513, 2**16, 2**20 + 1])
def test_extreme_sums(name, fill, length):
    """Fletcher's sums at their largest, and zeros, which it tells from 65535."""
    ours, theirs, _ = CODECS[name]
    data = (fill * length)[:length]
    encoded = encode(make_chain(ours, length), data)
    assert encoded == bytes(theirs.encode(np.frombuffer(data, "u1")))


@pytest.mark.parametrize("name", CODECS)
def test_damage_is_named_unless_nobody_looks(name):
    codec, _, place = CODECS[name]
    data = bytes(range(100))
    encoded = bytearray(encode(make_chain(codec, 100), data))
    encoded[range(104)[place][0]] ^= 1
    with pytest.raises(ChunkCorruptError, match=f"{codec.kind} does not match"):
        decode(make_chain(codec, 100), bytes(encoded))
    with zarr_c.config.set({"codec_pipeline.validate_checksums": False}):
        unchecked = make_chain(codec, 100)
    assert decode(unchecked, bytes(encoded)) == data
    for length in (0, 3, 105, 202):
        with pytest.raises(ChunkCorruptError, match="bytes for a checksum"):
            decode(unchecked, bytes(length))


# format.md 5.21
def test_an_array_is_verified_as_the_setting_was_when_it_was_opened():
    store = {}
    array = zarr_c.create_array(store, data=np.arange(9), compressors=["crc32c"])
    store["c/0"] = store["c/0"][:-1] + b"!"
    with pytest.raises(ChunkCorruptError, match="crc32c does not match"):
        array[...]
    with zarr_c.config.set({"codec_pipeline.validate_checksums": False}):
        careless = zarr_c.open_array(store)
    assert careless[...].tolist() == list(range(9))


@pytest.mark.parametrize(
    ("codec", "configuration", "message"),
    [
        (CRC32C, {"location": "middle"}, "location: expected 'start' or 'end'"),
        (Adler32, {"location": 1}, "location: expected 'start' or 'end'"),
        (Crc32cCodec, {"location": "end"}, "location: expected one of"),
        (Fletcher32, {"location": "end"}, "location: expected one of"),
        (JenkinsLookup3, {"initval": -1}, "initval: expected an integer of 32 bits"),
        (JenkinsLookup3, {"initval": True}, "initval: expected an integer of 32 bits"),
        (JenkinsLookup3, {"prefix": "abc"}, "prefix: expected null"),
    ],
)
def test_configurations_that_cannot_be(codec, configuration, message):
    with pytest.raises(MetadataValidationError, match=f"codec '{codec.name}': {message}"):
        codec.from_configuration(configuration)


# format.md P3
def test_all_have_a_fixed_size():
    assert all(codec.fixed_size for codec, _, _ in CODECS.values())
