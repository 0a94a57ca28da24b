"""What every native codec promises: its own bytes, numcodecs' bytes, and no others."""

import zlib

import pytest
from codec_cases import CASES, CNAMES, SHUFFLES, decode, encode, make_chain, sample
from hypothesis import example, given, settings
from hypothesis import strategies as st

from zarr_c.codecs import BloscCodec, Crc32cCodec, GzipCodec, ZstdCodec
from zarr_c.codecs.lz4 import LZ4
from zarr_c.errors import ChunkCorruptError

every_case = pytest.mark.parametrize("name", CASES)


@every_case
@given(data=st.binary(min_size=1, max_size=600), repeats=st.sampled_from([1, 1, 30]))
@settings(max_examples=40, deadline=None)
def test_round_trip_and_numcodecs_both_ways(name, data, repeats):
    ours, theirs = CASES[name]
    data *= repeats
    chain = make_chain(ours, len(data))
    encoded = encode(chain, data)
    assert decode(chain, encoded) == data
    assert bytes(theirs.decode(encoded)) == data
    assert decode(chain, bytes(theirs.encode(data))) == data


@every_case
def test_a_large_chunk(name):
    """Larger than any buffer that the libraries have inside."""
    ours, theirs = CASES[name]
    data = sample(700_001)
    chain = make_chain(ours, len(data))
    encoded = encode(chain, data)
    assert decode(chain, encoded) == data
    assert bytes(theirs.decode(encoded)) == data
    assert decode(chain, bytes(theirs.encode(data))) == data


CHAINED = st.sampled_from(
    [
        *(BloscCodec(cname=cname, shuffle=shuffle) for cname in CNAMES for shuffle in SHUFFLES),
        GzipCodec(level=1),
        ZstdCodec(),
        LZ4(),
        Crc32cCodec(),
    ]
)


@given(st.lists(CHAINED, max_size=16), st.binary(min_size=1, max_size=300))
@example([Crc32cCodec()] * 16, b"sixteen stages are the most")
@settings(max_examples=60, deadline=None)
def test_chains_of_any_length(codecs, data):
    """Stages go to and fro between two buffers, whatever their number."""
    chain = make_chain(codecs, len(data))
    assert decode(chain, encode(chain, data)) == data


@every_case
def test_every_truncation_is_an_error(name):
    data = sample(300)
    chain = make_chain(CASES[name][0], len(data))
    encoded = encode(chain, data)
    for length in range(len(encoded)):
        with pytest.raises(ChunkCorruptError):
            decode(chain, encoded[:length])


# format.md P4
@every_case
def test_data_of_another_length_are_an_error(name):
    """A chunk is never padded and never cut."""
    codec = CASES[name][0]
    for length in (1, 299, 301, 3000):
        data = sample(length)
        with pytest.raises(ChunkCorruptError, match=r"bytes|damaged"):
            decode(make_chain(codec, 300), encode(make_chain(codec, length), data))


@every_case
def test_more_than_any_encoding_is_refused_unread(name):
    chain = make_chain(CASES[name][0], 300)
    with pytest.raises(ChunkCorruptError, match="larger than any encoding of its chunk"):
        decode(chain, bytes(100_000))


@every_case
@given(
    st.lists(st.tuples(st.integers(0, 10**6), st.integers(1, 255)), min_size=1, max_size=6),
    st.integers(0, 3),
)
@example([(316, 1), (316, 233)], 0)  # such a change of zlib-default
@settings(max_examples=150, deadline=None)
def test_damage_is_an_error_or_at_least_of_the_right_length(name, flips, seed):
    """Never a crash; a checksum also notices every single change."""
    data = sample(2000, seed)
    chain = make_chain(CASES[name][0], len(data))
    damaged = bytearray(encode(chain, data))
    for place, bits in flips:
        damaged[place % len(damaged)] ^= bits
    try:
        decoded = decode(chain, bytes(damaged))
    except ChunkCorruptError:
        return
    assert len(decoded) == len(data)
    if "zlib" in name:  # Adler-32 of few bytes misses some changes
        assert decoded == zlib.decompress(damaged, 47)
    elif "crc32c" in name or "checksum" in name or "gzip" in name:
        assert decoded == data


@pytest.mark.parametrize("codec", [GzipCodec(), ZstdCodec(), BloscCodec(), LZ4()])
def test_rubbish_is_an_error(codec):
    chain = make_chain(codec, 64)
    for rubbish in (b"", b"\0", b"\0" * 64, b"\xff" * 64, bytes(range(64)), b"\x02\x01" * 40):
        with pytest.raises(ChunkCorruptError):
            decode(chain, rubbish)


def test_input_of_another_length_is_refused():
    chain = make_chain(ZstdCodec(), 8)
    with pytest.raises(ValueError, match="expected 8 bytes, found 7"):
        encode(chain, b"1234567")
