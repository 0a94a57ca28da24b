"""gzip and zlib: what RFC 1952 allows is read, what it does not is an error."""

import gzip
import zlib

import numpy as np
import pytest
from codec_cases import decode, encode, make_chain, sample

from zarr_c.codecs import GzipCodec
from zarr_c.codecs.gzip import Zlib
from zarr_c.errors import ChunkCorruptError, MetadataValidationError


@pytest.fixture(params=[1000, 300_000], ids=["zlib-ng", "ISA-L"])
def data(request):
    """Chunks that either library reads first."""
    return sample(request.param)


@pytest.fixture(params=[GzipCodec(), Zlib()], ids=["gzip", "zlib"])
def chain(request, data):
    return make_chain(request.param, len(data))


@pytest.mark.parametrize("level", range(10))
def test_every_level_and_the_standard_library(level, data):
    for codec, inflate in ((GzipCodec, gzip.decompress), (Zlib, zlib.decompress)):
        chain = make_chain(codec(level=level), len(data))
        encoded = encode(chain, data)
        assert inflate(encoded) == data
        assert decode(chain, encoded) == data


# format.md 1.6 gzip 5.18
@pytest.mark.parametrize("cuts", [[500], [0, 1000], [1, 2, 3, 999]])
def test_several_members_are_one_chunk(chain, data, cuts):
    """RFC 1952 allows them; tensorstore does not read them, zarr-python does."""
    pieces = np.split(np.frombuffer(data, "u1"), cuts)
    assert decode(chain, b"".join(gzip.compress(piece.tobytes()) for piece in pieces)) == data


def test_members_with_names_comments_and_checksums_of_headers(chain, data):
    raw = gzip.compress(data, mtime=0)[10:]
    head = b"\x1f\x8b\x08\x1c\0\0\0\0\0\x03" + b"\x02\0xy" + b"name\0" + b"comment\0"
    assert decode(chain, head + raw) == data


# format.md 1.6 gzip 5.18
@pytest.mark.parametrize("padding", [1, 7, 512])
def test_zeros_may_follow(chain, data, padding):
    assert decode(chain, gzip.compress(data) + bytes(padding)) == data
    assert decode(chain, zlib.compress(data) + bytes(padding)) == data


def test_zeros_may_stand_between_members(chain, data):
    """As Python's gzip, and so zarr-python, reads them."""
    encoded = gzip.compress(data[:400]) + bytes(9) + gzip.compress(data[400:])
    assert gzip.decompress(encoded) == data
    assert decode(chain, encoded) == data


# format.md 1.6 gzip 5.18
@pytest.mark.parametrize("rubbish", [b"x", b"\0\0x", b"\x1f", b"\x1f\x8b", b"\x1f\x8b\x08\0"])
def test_rubbish_behind_is_an_error(chain, data, rubbish):
    with pytest.raises(ChunkCorruptError, match=r"rubbish|damaged or cut"):
        decode(chain, gzip.compress(data) + rubbish)


def test_a_member_too_many_is_an_error(chain, data):
    encoded = gzip.compress(data)
    with pytest.raises(
        ChunkCorruptError, match=f"more bytes than its chunk has: expected {len(data)}"
    ):
        decode(chain, encoded + gzip.compress(b"1"))
    assert decode(chain, encoded + gzip.compress(b"")) == data


def test_a_stream_that_is_cut_is_an_error(chain, data):
    for encoded in (gzip.compress(data), zlib.compress(data)):
        for length in (1, len(encoded) // 2, len(encoded) - 1):
            with pytest.raises(ChunkCorruptError, match="damaged or cut"):
                decode(chain, encoded[:length])


def test_wrong_checksums_and_lengths_are_errors(chain, data):
    encoded = gzip.compress(data)
    for place in (-1, -4, -5, -8):
        damaged = bytearray(encoded)
        damaged[place] ^= 1
        with pytest.raises(ChunkCorruptError, match="damaged or cut"):
            decode(chain, bytes(damaged))


@pytest.mark.parametrize("level", [-1, 10, 1.0, True, "5", None])
def test_the_level_is_checked(level):
    with pytest.raises(
        MetadataValidationError, match="codec 'gzip': level: expected an integer"
    ):
        GzipCodec(level=level)
