"""The two small ones: LZ4 behind its size, and the CRC-32C that is always verified."""

import google_crc32c
import numcodecs
import numpy as np
import pytest
from codec_cases import decode, encode, make_chain, sample
from hypothesis import given
from hypothesis import strategies as st

from zarr_c.codecs import Crc32cCodec, ZstdCodec
from zarr_c.codecs._checksum import crc32c
from zarr_c.codecs.checksums import CRC32C
from zarr_c.codecs.lz4 import LZ4
from zarr_c.errors import ChunkCorruptError, MetadataValidationError

DATA = sample(1000)


@given(st.binary(max_size=300), st.integers(0, 8))
def test_the_checksum_is_that_of_google(data, start):
    """At any alignment and length."""
    assert crc32c(np.frombuffer(data, "u1")[start:]) == google_crc32c.value(data[start:])


@pytest.mark.parametrize(
    ("data", "checksum"),
    [
        (b"123456789", 0xE3069283),
        (bytes(32), 0x8A9136AA),
        (b"\xff" * 32, 0x62A8AB43),
        (bytes(range(32)), 0x46DD794E),
    ],
)
def test_the_checksum_is_that_of_rfc_3720(data, checksum):
    assert crc32c(data) == checksum


@pytest.mark.parametrize("length", [1, 1000, 8192, 100_003, 3_000_000])
def test_long_checksums(length):
    """Long inputs go through interleaved loops."""
    data = sample(length)
    assert crc32c(data) == google_crc32c.value(data)


# format.md 1.6 crc32c
@pytest.mark.parametrize(
    ("codec", "place"),
    [(Crc32cCodec(), slice(-4, None)), (CRC32C(location="start"), slice(4))],
)
def test_where_the_checksum_stands(codec, place):
    chain = make_chain(codec, len(DATA))
    encoded = encode(chain, DATA)
    assert encoded[place] == google_crc32c.value(DATA).to_bytes(4, "little")
    damaged = bytearray(encoded)
    damaged[500] ^= 1
    with pytest.raises(ChunkCorruptError, match="crc32c does not match"):
        decode(chain, bytes(damaged))


# format.md 1.6 crc32c
def test_a_checksum_of_compressed_bytes():
    """The object must be longer than a checksum, and what it checks may have any length."""
    chain = make_chain([ZstdCodec(), Crc32cCodec()], len(DATA))
    assert decode(chain, encode(chain, DATA)) == DATA
    for length in range(4):
        with pytest.raises(ChunkCorruptError, match="wrong number of bytes for a checksum"):
            decode(chain, bytes(length))


def test_where_the_checksum_stands_is_checked():
    with pytest.raises(MetadataValidationError, match="location: expected 'start' or 'end'"):
        CRC32C(location="middle")


# format.md 5.22
@pytest.mark.parametrize("size", [0, 999, 1001, 2**31, 2**32 - 1])
def test_an_lz4_size_that_is_wrong(size):
    chain = make_chain(LZ4(), len(DATA))
    encoded = encode(chain, DATA)
    assert encoded[:4] == (1000).to_bytes(4, "little")
    with pytest.raises(ChunkCorruptError, match="lz4 data"):
        decode(chain, size.to_bytes(4, "little") + encoded[4:])


def test_an_lz4_block_with_more_than_it_says():
    chain = make_chain(LZ4(), len(DATA))
    long = bytes(numcodecs.LZ4().encode(bytes(5000)))
    with pytest.raises(ChunkCorruptError, match="damaged lz4 data"):
        decode(chain, (1000).to_bytes(4, "little") + long[4:])


def test_the_acceleration_is_checked():
    with pytest.raises(
        MetadataValidationError, match="acceleration: expected a 32-bit integer"
    ):
        LZ4(acceleration=2**31)
