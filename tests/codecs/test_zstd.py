"""Zstandard: every frame that the format allows, and no more bytes than the chunk has."""

import numcodecs
import pytest
from codec_cases import decode, encode, make_chain, sample

from zarr_c.codecs import Crc32cCodec, ZstdCodec
from zarr_c.errors import ChunkCorruptError, MetadataValidationError

DATA = sample(1000)
MAGIC = b"\x28\xb5\x2f\xfd"
SKIPPABLE = b"\x50\x2a\x4d\x18\x05\0\0\0hello"


def stored(data, last=True):
    """One block of stored bytes."""
    return (len(data) << 3 | last).to_bytes(3, "little") + data


def unsized(*blocks):
    """A frame that does not tell its size, as streaming writers make it."""
    body = b"".join(stored(block, block is blocks[-1]) for block in blocks)
    return MAGIC + b"\x00\x58" + body


@pytest.fixture(params=["last", "inner"])
def chain(request):
    """As the stage that writes to the caller, and as one that only feeds another."""
    codecs = {"last": [ZstdCodec()], "inner": [Crc32cCodec(), ZstdCodec()]}[request.param]
    return make_chain(codecs, len(DATA))


@pytest.fixture
def inside(chain):
    """What the zstd frames of that chain hold."""
    return bytes(numcodecs.Zstd().decode(encode(chain, DATA)))


# format.md 1.6 zstd 5.19
def test_frames_without_a_size(chain, inside):
    assert decode(chain, unsized(inside[:300], inside[300:])) == DATA


# format.md 1.6 zstd 5.19
def test_several_frames(chain, inside):
    zstd = numcodecs.Zstd()
    halves = zstd.encode(inside[:400]), zstd.encode(inside[400:])
    assert decode(chain, b"".join(halves)) == DATA
    assert decode(chain, unsized(inside[:400]) + halves[1]) == DATA


# format.md 1.6 zstd 5.19
def test_skippable_frames(chain, inside):
    frame = numcodecs.Zstd().encode(inside)
    assert decode(chain, SKIPPABLE + frame + SKIPPABLE) == DATA


# format.md 1.6 zstd
def test_the_checksum_of_a_frame_is_verified_whatever_the_metadata_says():
    frame = encode(make_chain(ZstdCodec(checksum=True), 1000), DATA)
    plain = make_chain(ZstdCodec(), 1000)
    assert len(frame) == len(encode(plain, DATA)) + 4
    assert decode(plain, frame) == DATA
    with pytest.raises(ChunkCorruptError, match="damaged zstd data"):
        decode(plain, frame[:-1] + bytes([frame[-1] ^ 1]))


@pytest.mark.parametrize("behind", [b"x", b"\0\0\0\0", MAGIC, SKIPPABLE[:-1]])
def test_rubbish_behind_is_an_error(chain, behind):
    with pytest.raises(ChunkCorruptError, match="damaged zstd data"):
        decode(chain, encode(chain, DATA) + behind)


# format.md 5.19
def test_more_than_the_chunk_has_is_an_error():
    chain = make_chain(ZstdCodec(), 1000)
    for frames in (
        unsized(DATA, b"1"),
        encode(chain, DATA) * 2,
        bytes(numcodecs.Zstd().encode(bytes(10**6))),
    ):
        with pytest.raises(ChunkCorruptError, match="more bytes than its chunk has"):
            decode(chain, frames)


def test_dictionaries_and_huge_windows_do_no_harm():
    chain = make_chain(ZstdCodec(), 1000)
    needs_dictionary = MAGIC + b"\x03\x58" + b"\1\2\3\4" + stored(DATA)
    with pytest.raises(ChunkCorruptError, match="damaged zstd data"):
        decode(chain, needs_dictionary)
    largest_window = MAGIC + b"\x00\xff" + stored(DATA)
    try:
        assert decode(chain, largest_window) == DATA
    except ChunkCorruptError as error:
        assert "damaged" in str(error)  # noqa: PT017  (either is right)


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"level": 23}, "level: expected an integer from -131072 to 22, found 23"),
        ({"level": -131073}, "level"),
        ({"level": 1.5}, "level"),
        ({"checksum": 1}, "checksum: expected true or false, found 1"),
    ],
)
def test_parameters_are_checked(parameters, message):
    with pytest.raises(MetadataValidationError, match=f"codec 'zstd': {message}"):
        ZstdCodec(**parameters)
