"""gzip and zlib: what RFC 1952 allows is read, what it does not is an error."""

import gzip
import zlib

import numpy as np
import pytest
from codec_cases import decode, encode, make_chain, sample

from zarr_c.codecs import GzipCodec
from zarr_c.codecs.gzip import Zlib
from zarr_c.errors import ChunkCorruptError, MetadataValidationError

DATA = sample(1000)


@pytest.fixture(params=[GzipCodec(), Zlib()], ids=["gzip", "zlib"])
def chain(request):
    return make_chain(request.param, len(DATA))


@pytest.mark.parametrize("level", range(10))
def test_every_level_and_the_standard_library(level):
    for codec, inflate in ((GzipCodec, gzip.decompress), (Zlib, zlib.decompress)):
        chain = make_chain(codec(level=level), len(DATA))
        encoded = encode(chain, DATA)
        assert inflate(encoded) == DATA
        assert decode(chain, encoded) == DATA


# format.md 1.6 gzip 5.18
@pytest.mark.parametrize("cuts", [[500], [0, 1000], [1, 2, 3, 999]])
def test_several_members_are_one_chunk(chain, cuts):
    """RFC 1952 allows them; tensorstore does not read them, zarr-python does."""
    pieces = np.split(np.frombuffer(DATA, "u1"), cuts)
    assert decode(chain, b"".join(gzip.compress(piece.tobytes()) for piece in pieces)) == DATA


def test_members_with_names_comments_and_checksums_of_headers(chain):
    raw = gzip.compress(DATA, mtime=0)[10:]
    head = b"\x1f\x8b\x08\x1c\0\0\0\0\0\x03" + b"\x02\0xy" + b"name\0" + b"comment\0"
    assert decode(chain, head + raw) == DATA


# format.md 1.6 gzip 5.18
@pytest.mark.parametrize("padding", [1, 7, 512])
def test_zeros_may_follow(chain, padding):
    assert decode(chain, gzip.compress(DATA) + bytes(padding)) == DATA
    assert decode(chain, zlib.compress(DATA) + bytes(padding)) == DATA


def test_zeros_may_stand_between_members(chain):
    """As Python's gzip, and so zarr-python, reads them."""
    encoded = gzip.compress(DATA[:400]) + bytes(9) + gzip.compress(DATA[400:])
    assert gzip.decompress(encoded) == DATA
    assert decode(chain, encoded) == DATA


# format.md 1.6 gzip 5.18
@pytest.mark.parametrize("rubbish", [b"x", b"\0\0x", b"\x1f", b"\x1f\x8b", b"\x1f\x8b\x08\0"])
def test_rubbish_behind_is_an_error(chain, rubbish):
    with pytest.raises(ChunkCorruptError, match=r"rubbish|damaged or cut"):
        decode(chain, gzip.compress(DATA) + rubbish)


def test_a_member_too_many_is_an_error(chain):
    encoded = gzip.compress(DATA)
    with pytest.raises(ChunkCorruptError, match="more bytes than its chunk has: expected 1000"):
        decode(chain, encoded + gzip.compress(b"1"))
    assert decode(chain, encoded + gzip.compress(b"")) == DATA


def test_wrong_checksums_and_lengths_are_errors(chain):
    encoded = gzip.compress(DATA)
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
